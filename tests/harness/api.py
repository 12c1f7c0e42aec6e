"""An HTTP client with one method an operation, named after the operationId in snake_case.

Every answer that passes through it is held to the contract before a test sees it. Knows the wire
and the harness, nothing of the server's code.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from tests.harness.contract import BASE_PATH, load_contract
from tests.harness.server import GoChatServer

Json = dict[str, Any]
T = TypeVar("T")

TYPE_SINGLE, TYPE_GROUP, TYPE_WORLD = 1, 2, 3
ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER = 1, 2, 3
TEXT, IMAGE, FILE = 1, 2, 3


@dataclass(frozen=True)
class Operation:
    """How an operation is addressed: method, path template, and whether it needs a token."""

    method: str
    path: str
    protected: bool = True

    def path_with(self, value: str) -> str:
        """The path with every parameter set to `value`."""
        parts = [quote(value, safe="") if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)


_CONVERSATION = "/conversations/{conversationId}"
_MEMBER = _CONVERSATION + "/members/{userId}"

OPERATIONS: Mapping[str, Operation] = {
    "register": Operation("POST", "/auth/register", protected=False),
    "login": Operation("POST", "/auth/login", protected=False),
    "guestLogin": Operation("POST", "/auth/guest", protected=False),
    "logout": Operation("POST", "/auth/logout"),
    "refreshSession": Operation("POST", "/auth/refresh", protected=False),
    "getProfile": Operation("GET", "/users/profile"),
    "updateProfile": Operation("PUT", "/users/profile"),
    "searchUsers": Operation("GET", "/users/search"),
    "listConversations": Operation("GET", "/conversations"),
    "createConversation": Operation("POST", "/conversations"),
    "getConversation": Operation("GET", _CONVERSATION),
    "updateConversation": Operation("PUT", _CONVERSATION),
    "listMessages": Operation("GET", _CONVERSATION + "/messages"),
    "sendMessage": Operation("POST", _CONVERSATION + "/messages"),
    "markRead": Operation("PUT", _CONVERSATION + "/read"),
    "listMembers": Operation("GET", _CONVERSATION + "/members"),
    "addMembers": Operation("POST", _CONVERSATION + "/members"),
    "updateMember": Operation("PUT", _MEMBER),
    "removeMember": Operation("DELETE", _MEMBER),
    "listFriends": Operation("GET", "/friends"),
    "listFriendRequests": Operation("GET", "/friends/requests"),
    "createFriendRequest": Operation("POST", "/friends/requests"),
    "updateFriendRequest": Operation("PUT", "/friends/requests/{requestId}"),
}


class Api:
    """One party's view of the HTTP API: a base address, a token, perhaps a language."""

    def __init__(self, server: GoChatServer, token: str | None = None, *, language: str | None = None) -> None:
        self.server = server
        self.token = token
        self.language = language

    def with_token(self, token: str | None) -> Api:
        """The same view with another token; None for nobody's."""
        return Api(self.server, token, language=self.language)

    def with_language(self, language: str) -> Api:
        """The same view with an Accept-Language header."""
        return Api(self.server, self.token, language=language)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = ...,
        content: bytes | Iterable[bytes] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Sends one request and returns its answer, which the contract allows.

        path: below /api, percent-encoded, with or without a query.
        body: sent as JSON, unless it is left out; `content` is sent as it is instead.
        Raises ContractViolationError when the contract does not allow the answer.
        """
        all_headers: dict[str, str] = {}
        if self.token is not None:
            all_headers["Authorization"] = f"Bearer {self.token}"
        if self.language is not None:
            all_headers["Accept-Language"] = self.language
        if body is not ...:
            content = json.dumps(body, ensure_ascii=False).encode("utf-8")
        if content is not None:
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        response = self.server.http.request(
            method,
            self.server.url + BASE_PATH + path,
            content=content,
            params=dict(query) if query else None,
            headers=all_headers,
        )
        self._remember_secrets(response, body)
        load_contract().check_response(response)
        return response

    def call(self, operation_id: str, value: str = "x", **request: Any) -> httpx.Response:
        """Sends a request for the operation, with every path parameter set to `value`."""
        operation = OPERATIONS[operation_id]
        return self.request(operation.method, operation.path_with(value), **request)

    # auth

    def register(self, body: Any = ...) -> httpx.Response:
        return self.request("POST", "/auth/register", body=body)

    def login(self, body: Any = ...) -> httpx.Response:
        return self.request("POST", "/auth/login", body=body)

    def guest_login(self, body: Any = ...) -> httpx.Response:
        return self.request("POST", "/auth/guest", body=body)

    def logout(self) -> httpx.Response:
        return self.request("POST", "/auth/logout")

    def refresh_session(self, body: Any = ...) -> httpx.Response:
        return self.request("POST", "/auth/refresh", body=body)

    # users

    def get_profile(self) -> httpx.Response:
        return self.request("GET", "/users/profile")

    def update_profile(self, body: Any = ...) -> httpx.Response:
        return self.request("PUT", "/users/profile", body=body)

    def search_users(self, **query: Any) -> httpx.Response:
        return self.request("GET", "/users/search", query=query)

    # conversations

    def list_conversations(self, **query: Any) -> httpx.Response:
        return self.request("GET", "/conversations", query=query)

    def create_conversation(self, body: Any = ...) -> httpx.Response:
        return self.request("POST", "/conversations", body=body)

    def get_conversation(self, conversation_id: str) -> httpx.Response:
        return self.request("GET", f"/conversations/{_segment(conversation_id)}")

    def update_conversation(self, conversation_id: str, body: Any = ...) -> httpx.Response:
        return self.request("PUT", f"/conversations/{_segment(conversation_id)}", body=body)

    # messages

    def list_messages(self, conversation_id: str, **query: Any) -> httpx.Response:
        return self.request("GET", f"/conversations/{_segment(conversation_id)}/messages", query=query)

    def send_message(self, conversation_id: str, body: Any = ...) -> httpx.Response:
        return self.request("POST", f"/conversations/{_segment(conversation_id)}/messages", body=body)

    def mark_read(self, conversation_id: str, body: Any = ...) -> httpx.Response:
        return self.request("PUT", f"/conversations/{_segment(conversation_id)}/read", body=body)

    # members

    def list_members(self, conversation_id: str, **query: Any) -> httpx.Response:
        return self.request("GET", f"/conversations/{_segment(conversation_id)}/members", query=query)

    def add_members(self, conversation_id: str, body: Any = ...) -> httpx.Response:
        return self.request("POST", f"/conversations/{_segment(conversation_id)}/members", body=body)

    def update_member(self, conversation_id: str, user_id: str, body: Any = ...) -> httpx.Response:
        path = f"/conversations/{_segment(conversation_id)}/members/{_segment(user_id)}"
        return self.request("PUT", path, body=body)

    def remove_member(self, conversation_id: str, user_id: str) -> httpx.Response:
        path = f"/conversations/{_segment(conversation_id)}/members/{_segment(user_id)}"
        return self.request("DELETE", path)

    # friends

    def list_friends(self) -> httpx.Response:
        return self.request("GET", "/friends")

    def list_friend_requests(self, **query: Any) -> httpx.Response:
        return self.request("GET", "/friends/requests", query=query)

    def create_friend_request(self, body: Any = ...) -> httpx.Response:
        return self.request("POST", "/friends/requests", body=body)

    def update_friend_request(self, request_id: str, body: Any = ...) -> httpx.Response:
        return self.request("PUT", f"/friends/requests/{_segment(request_id)}", body=body)

    # what many tests do

    def say(self, conversation_id: str, content: str = "hello", **more: Any) -> Json:
        """Sends a text message and returns the stored Message."""
        body = {"messageType": TEXT, "content": content, **more}
        return expect_ok(self.send_message(conversation_id, body), 201)

    def history(self, conversation_id: str, **query: Any) -> list[Json]:
        """The messages of one page of history."""
        messages: list[Json] = expect_ok(self.list_messages(conversation_id, **query))["messages"]
        return messages

    def conversation_in_list(self, conversation_id: str) -> Json:
        """The conversation as the first hundred of the list show it; fails when it is not there."""
        listed = expect_ok(self.list_conversations(size=100))["conversations"]
        found = [conversation for conversation in listed if conversation["id"] == conversation_id]
        assert len(found) == 1, f"{conversation_id} is {len(found)} times in {[c['id'] for c in listed]}"
        return dict(found[0])

    def world_id(self) -> str:
        """The id of the world chat."""
        listed = expect_ok(self.list_conversations(type=TYPE_WORLD))["conversations"]
        assert len(listed) == 1, f"there is one world chat, got {listed}"
        return str(listed[0]["id"])

    def _remember_secrets(self, response: httpx.Response, body: Any) -> None:
        if isinstance(body, dict) and isinstance(body.get("password"), str) and len(body["password"]) >= 16:
            self.server.secrets.add(body["password"])
        if '"refreshToken"' in response.text:
            data = response.json().get("data", {})
            self.server.secrets.update({data["accessToken"], data["refreshToken"]})


@dataclass(frozen=True)
class User:
    """An account with one login: who it is, how it logs in, and its view of the API.

    A guest has no password: it is "".
    """

    id: str
    username: str
    password: str
    api: Api
    token: str
    refresh_token: str

    @property
    def credentials(self) -> Json:
        """The body that logs this user in."""
        return {"username": self.username, "password": self.password}


# What an answer has to be. The first two return what is in it.


def expect_ok(response: httpx.Response, status: int = 200) -> Json:
    """Holds an answer to be a success with the given status; returns its data."""
    assert response.status_code == status, f"{_called(response)}: expected {status}, got {_got(response)}"
    return dict(response.json()["data"])


def expect_error(response: httpx.Response, code: str) -> Json:
    """Holds an answer to be the error of that code, with the catalogue's status; returns the whole body."""
    body = response.json()
    assert body.get("code") == code, f"{_called(response)}: expected {code}, got {_got(response)}"
    return dict(body)


def expect_invalid(response: httpx.Response, pointer: str, rule: str | tuple[str, ...]) -> None:
    """Holds an answer to be INVALID_REQUEST that names this pointer only, with this rule among the reasons.

    rule: several are alternatives.
    """
    found = violations(response)
    rules = (rule,) if isinstance(rule, str) else rule
    assert {at for at, _ in found} == {pointer}, f"{_called(response)}: expected {pointer!r}, got {found}"
    assert any((pointer, each) in found for each in rules), f"{_called(response)}: no {rules} in {found}"


def violations(response: httpx.Response) -> set[tuple[str, str]]:
    """Holds an answer to be INVALID_REQUEST; returns its pairs of pointer and rule."""
    body = expect_error(response, "INVALID_REQUEST")
    return {(error["pointer"], error["rule"]) for error in body["details"]["errors"]}


# Who and what a story starts with.


def fresh_name(prefix: str = "u") -> str:
    """A username that nobody has."""
    return f"{prefix}-{secrets.token_hex(6)}"


def register_only(server: GoChatServer, username: str | None = None) -> tuple[str, Json]:
    """Registers an account without logging it in; returns its id and its credentials."""
    credentials = {"username": username or fresh_name(), "password": f"pw-{secrets.token_hex(12)}"}
    data = expect_ok(Api(server).register(credentials), 201)
    return str(data["user"]["id"]), credentials


def new_user(server: GoChatServer, username: str | None = None) -> User:
    """Registers an account and logs it in."""
    user_id, credentials = register_only(server, username)
    session = expect_ok(Api(server).login(credentials))
    assert session["user"]["id"] == user_id
    return _user(server, session, credentials["password"])


def login_again(user: User) -> User:
    """The same account under a login of its own."""
    session = expect_ok(Api(user.api.server).login(user.credentials))
    return _user(user.api.server, session, user.password)


def new_guest(server: GoChatServer) -> User:
    """Logs a new guest in."""
    return _user(server, expect_ok(Api(server).guest_login(), 201), "")


def ask_to_be_friends(requester: User, target: User) -> str:
    """Sends a friend request; returns its id."""
    response = requester.api.create_friend_request({"targetUserId": target.id})
    return str(expect_ok(response, 201)["id"])


def befriend(requester: User, target: User) -> None:
    """Makes two users friends, which also opens their single chat."""
    request_id = ask_to_be_friends(requester, target)
    expect_ok(target.api.update_friend_request(request_id, {"action": "accept"}))


def single(creator: User, other: User) -> str:
    """The id of the single chat of two users, created if need be."""
    response = creator.api.create_conversation({"type": TYPE_SINGLE, "members": [other.id]})
    assert response.status_code in (200, 201), _got(response)
    return str(response.json()["data"]["id"])


def group(owner: User, *members: User, name: str = "a group") -> str:
    """Creates a group; returns its id."""
    body = {"type": TYPE_GROUP, "name": name, "members": [member.id for member in members]}
    return str(expect_ok(owner.api.create_conversation(body), 201)["id"])


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Makes all calls at the same moment, each in a thread of its own; returns their results in order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait(10)
        return call()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return list(pool.map(run, calls))


def _user(server: GoChatServer, session: Json, password: str) -> User:
    return User(
        id=session["user"]["id"],
        username=session["user"]["username"],
        password=password,
        api=Api(server, session["accessToken"]),
        token=session["accessToken"],
        refresh_token=session["refreshToken"],
    )


def _segment(value: str) -> str:
    return quote(value, safe="")


def _called(response: httpx.Response) -> str:
    return f"{response.request.method} {response.request.url.raw_path.decode('ascii')[:200]}"


def _got(response: httpx.Response) -> str:
    return f"{response.status_code} {response.text[:600]}"
