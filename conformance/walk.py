"""Walks every operation, every frame and every error code of a running GoChat server, once each.

`python conformance/walk.py http://HOST:PORT`: one line a step, a summary, exit status 1 when a step failed.
A stranger's view: it needs the standard library, httpx and websockets, and knows nothing of the server's code.
Made for a server with default settings. It stays below the limits of logins (some 30 of 60 a minute), and goes over
those of messages and failed logins once, on purpose. It leaves its accounts and messages behind.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

Json = dict[str, Any]

ANSWER_TIMEOUT_S = 10.0
PRESENCE_TIMEOUT_S = 30.0  # a user goes offline 10 s after the socket closed
MAX_BODY_BYTES = 65_536  # GOCHAT_MAX_FRAME_BYTES by default
MAX_CONTENT = 4000  # Unicode code points
MESSAGE_BURST = 40
FAILED_LOGINS = 10  # a minute and account
ABUSE_REFUSALS = 100  # refused sends without a pause of 2 s: close 4429
PASSWORD = "correct horse battery"

SINGLE, GROUP, WORLD = 1, 2, 3
MEMBER, ADMIN, OWNER = 1, 2, 3
TEXT, IMAGE = 1, 2
NOWHERE = "no-such-id"


@dataclass(frozen=True)
class Row:
    """One HTTP operation and its answers, beside those that every operation of its kind has (see `expected`)."""

    operation: str  # method and path below /api
    answers: tuple[str, ...]  # a status, for an error with the code
    is_secured: bool = True
    has_body: bool = False

    @property
    def expected(self) -> set[str]:
        """All answers that a client can bring about."""
        common = {"400 INVALID_REQUEST"}
        if self.is_secured:
            common.add("401 AUTH_FAILED")
        if self.has_body:
            common |= {"413 MESSAGE_TOO_LARGE", "415 UNSUPPORTED_MEDIA_TYPE"}
        return common | set(self.answers)


GUEST_OR_STRANGER = "403 FORBIDDEN"
NO_CONVERSATION = "404 CONVERSATION_NOT_FOUND"
NO_USER = "404 USER_NOT_FOUND"
NO_REQUEST = "404 REQUEST_NOT_FOUND"
CONFLICT = "409 CONFLICT"
LIMITED = "429 RATE_LIMITED"
_ONE = "/conversations/{conversationId}"

ROWS = (
    Row("POST /auth/register", ("201", "409 USERNAME_TAKEN"), is_secured=False, has_body=True),
    Row("POST /auth/login", ("200", "401 INVALID_CREDENTIALS", LIMITED), is_secured=False, has_body=True),
    Row("POST /auth/guest", ("201",), is_secured=False, has_body=True),
    Row("POST /auth/logout", ("200",)),
    Row("POST /auth/refresh", ("200", "401 AUTH_FAILED"), is_secured=False, has_body=True),
    Row("GET /users/profile", ("200",)),
    Row("PUT /users/profile", ("200", GUEST_OR_STRANGER), has_body=True),
    Row("GET /users/search", ("200", GUEST_OR_STRANGER)),
    Row("GET /conversations", ("200",)),
    Row("POST /conversations", ("200", "201", GUEST_OR_STRANGER, NO_USER), has_body=True),
    Row(f"GET {_ONE}", ("200", GUEST_OR_STRANGER, NO_CONVERSATION)),
    Row(f"PUT {_ONE}", ("200", GUEST_OR_STRANGER, NO_CONVERSATION), has_body=True),
    Row(f"GET {_ONE}/messages", ("200", GUEST_OR_STRANGER, NO_CONVERSATION)),
    Row(
        f"POST {_ONE}/messages",
        ("201", GUEST_OR_STRANGER, NO_CONVERSATION, "409 CLIENT_MSG_ID_CONFLICT", LIMITED),
        has_body=True,
    ),
    Row(f"PUT {_ONE}/read", ("200", GUEST_OR_STRANGER, NO_CONVERSATION), has_body=True),
    Row(f"GET {_ONE}/members", ("200", GUEST_OR_STRANGER, NO_CONVERSATION)),
    Row(f"POST {_ONE}/members", ("201", GUEST_OR_STRANGER, NO_CONVERSATION, NO_USER), has_body=True),
    Row(f"PUT {_ONE}/members/{{userId}}", ("200", GUEST_OR_STRANGER, NO_CONVERSATION, NO_USER), has_body=True),
    Row(f"DELETE {_ONE}/members/{{userId}}", ("200", GUEST_OR_STRANGER, NO_CONVERSATION, NO_USER)),
    Row("GET /friends", ("200", GUEST_OR_STRANGER)),
    Row("GET /friends/requests", ("200", GUEST_OR_STRANGER)),
    Row("POST /friends/requests", ("201", GUEST_OR_STRANGER, NO_USER, CONFLICT), has_body=True),
    Row("PUT /friends/requests/{requestId}", ("200", GUEST_OR_STRANGER, NO_REQUEST, CONFLICT), has_body=True),
)

FRAMES_OUT = {"send-message", "ping", "mark-read"}
FRAMES_IN = {"new-message", "message-ack", "online-status", "pong", "error"}
SOCKET_CODES = {
    *("AUTH_FAILED", "INVALID_MESSAGE", "CONVERSATION_NOT_FOUND", "MESSAGE_TOO_LARGE", "RATE_LIMITED"),
    *("FORBIDDEN", "CLIENT_MSG_ID_CONFLICT"),
}

# The required properties of each shape: a type, or the name of another shape; [..] for a list of such.
SHAPES: dict[str, dict[str, Any]] = {
    "User": {"id": str, "username": str, "isGuest": bool, "createdAt": int},
    "Session": {"accessToken": str, "refreshToken": str, "expiresIn": int, "user": "User"},
    "RegisteredUser": {"user": "User"},
    "UserList": {"users": ["User"]},
    "Message": {
        **{"id": str, "conversationId": str, "senderId": str, "messageType": int},
        **{"content": str, "seqId": int, "createdAt": int},
    },
    "MessageList": {"messages": ["Message"], "hasMore": bool},
    "UnreadCount": {"unreadCount": int},
    "Conversation": {"id": str, "type": int, "memberCount": int, "updatedAt": int},
    "ConversationList": {"conversations": ["Conversation"], "hasMore": bool},
    "ConversationMember": {"userId": str, "conversationId": str, "role": int, "joinedAt": int},
    "MemberList": {"members": ["ConversationMember"], "hasMore": bool},
    "AddedMembers": {"members": ["ConversationMember"]},
    "FriendRequest": {"id": str, "requesterId": str, "targetId": str, "status": int, "createdAt": int},
    "FriendRequestList": {"requests": ["FriendRequest"]},
    "Friend": {"userId": str, "friendId": str, "status": int, "createdAt": int},
    "FriendList": {"friends": ["Friend"]},
    "Empty": {},
    "MessageSender": {"id": str, "username": str},
    "new-message": {
        **{"id": str, "conversationId": str, "sender": "MessageSender", "content": str},
        **{"messageType": int, "seqId": int, "createdAt": int},
    },
    "message-ack": {"client_msg_id": str, "messageId": str, "status": str, "seqId": int, "createdAt": int},
    "online-status": {"userId": str, "status": str},
    "error": {"code": str, "message": str, "details": dict},
}


class Wrong(Exception):
    """A step did not give what it has to; the text says what arrived and what was expected."""


def check_shape(value: Any, shape: Any, where: str = "data") -> None:
    """Raise `Wrong` unless `value` has the required properties of `shape`, by type; others are ignored."""
    if isinstance(shape, list):
        check_shape(value, list, where)
        for index, item in enumerate(value):
            check_shape(item, shape[0], f"{where}/{index}")
    elif isinstance(shape, str):
        check_shape(value, dict, where)
        for name, inner in SHAPES[shape].items():
            if name not in value:
                raise Wrong(f"{where}/{name} of {shape} is missing")
            check_shape(value[name], inner, f"{where}/{name}")
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise Wrong(f"{where} is {value!r}, expected {shape.__name__}")


def check(condition: bool, text: str) -> None:
    """Raise `Wrong` with `text` unless the condition holds."""
    if not condition:
        raise Wrong(text)


@dataclass
class Person:
    """One account of the walk and its present login."""

    name: str
    id: str = ""
    token: str | None = None
    refresh_token: str = ""

    @property
    def credentials(self) -> Json:
        """The body that registers this person or logs him in."""
        return {"username": self.name, "password": PASSWORD}

    def take(self, session: Json) -> None:
        """Use the tokens of a login from now on."""
        self.id = session["user"]["id"]
        self.token, self.refresh_token = session["accessToken"], session["refreshToken"]


@dataclass
class Walk:
    """The server's address, the people, and what was seen so far."""

    url: str
    http: httpx.Client
    steps: int = 0
    failed: int = 0
    answers: dict[str, set[str]] = field(default_factory=dict)
    frames_out: set[str] = field(default_factory=set)
    frames_in: set[str] = field(default_factory=set)
    socket_codes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        run = secrets.token_hex(4)
        names = ("alice", "bob", "carol", "dave", "erin")
        self.alice, self.bob, self.carol, self.dave, self.erin = (Person(f"{name}-{run}") for name in names)
        self.guest = Person("guest")
        self.group_id = self.world_id = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count and print a step; it fails when its block raises. The walk goes on."""
        problem = ""
        try:
            yield
        except ConnectionClosed as error:
            problem = f"the socket was closed: {error}"
        except (Wrong, KeyError, IndexError, OSError, httpx.HTTPError, WebSocketException) as error:
            problem = f"{error}" if isinstance(error, Wrong) else repr(error)
        self.steps += 1
        self.failed += bool(problem)
        print(f"{'FAIL' if problem else 'ok  '} {name}" + (f": {problem}" if problem else ""), flush=True)

    def call(
        self,
        operation: str,
        answer: str,
        body: Any = None,
        *,
        by: Person | None = None,
        ids: tuple[str, ...] = (),
        query: Json | None = None,
        shape: str = "",
        note: str = "",
        holds: Callable[[Json], bool] | None = None,
        raw: tuple[str, bytes] | None = None,
    ) -> Json:
        """Make one request as one step, and return the `data` of a success or the whole envelope of an error.

        Args:
            operation: As in `ROWS`; `ids` fill its path in.
            answer: The status, for an error with the code, that has to come.
            shape: What the `data` of a success is.
            holds: Says of what is returned whether it is right.
            raw: Content type and bytes instead of a JSON body.
        """
        result: Json = {}
        with self.step(f"{operation} {answer}" + (f"  ({note})" if note else "")):
            response = self._request(operation, body, by, ids, query, raw)
            envelope = read_envelope(response)
            got = f"{response.status_code} {envelope.get('code', '')}".strip()
            check(got == answer, f"got {got}: {shortened(response.text)}")
            self.answers.setdefault(operation, set()).add(answer)
            result = envelope["data"] if envelope["success"] else envelope
            if shape:
                check_shape(result, shape)
            check(holds is None or holds(result), f"not what it has to be: {shortened(response.text)}")
        return result

    def _request(
        self,
        operation: str,
        body: Any,
        by: Person | None,
        ids: tuple[str, ...],
        query: Json | None,
        raw: tuple[str, bytes] | None,
    ) -> httpx.Response:
        method, path = operation.split(" ")
        rest = iter(ids)
        parts = [quote(next(rest), safe="") if part.startswith("{") else part for part in path.split("/")]
        headers = {"Authorization": f"Bearer {by.token}"} if by is not None else {}
        content = None if body is None else json.dumps(body).encode()
        if raw is not None:
            headers["Content-Type"], content = raw
        elif content is not None:
            headers["Content-Type"] = "application/json"
        return self.http.request(
            method, f"{self.url}/api{'/'.join(parts)}", params=query, headers=headers, content=content
        )

    def open(self, person: Person) -> Socket:
        """Connect a person's socket; the server has it when this returns."""
        socket = Socket(self, person.token)
        socket.send("ping")
        socket.expect("pong")
        return socket


class Socket:
    """One WebSocket connection; every frame that comes is held to its envelope and its shape."""

    def __init__(self, walk: Walk, token: str | None) -> None:
        self._walk = walk
        self._waiting: list[Json] = []
        url = "ws" + walk.url.removeprefix("http") + "/ws"
        self._connection: ClientConnection = connect(
            url if token is None else f"{url}?token={quote(token, safe='')}",
            compression=None,
            ping_interval=None,
            proxy=None,
            open_timeout=ANSWER_TIMEOUT_S,
        )

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if it is still open."""
        self._connection.close()

    def send(self, kind: str, data: Json | None = None) -> None:
        """Send one frame."""
        self.send_raw(json.dumps({"type": kind} if data is None else {"type": kind, "data": data}))
        self._walk.frames_out.add(kind)

    def send_raw(self, message: str | bytes, *, as_text: bool | None = None) -> None:
        """Send a message as it is; `as_text` sends bytes as a text frame."""
        self._connection.send(message, text=as_text)

    def expect(self, kind: str, timeout_s: float = ANSWER_TIMEOUT_S, **data: Any) -> Json:
        """Return the data of the first frame of this type whose data has these values; others wait."""
        deadline = time.monotonic() + timeout_s
        for index, frame in enumerate(self._waiting):
            if _fits(frame, kind, data):
                return dict(self._waiting.pop(index).get("data", {}))
        while True:
            try:
                frame = self._receive(deadline - time.monotonic())
            except TimeoutError:
                kinds = [waiting["type"] for waiting in self._waiting]
                raise Wrong(f"no {kind} with {data} within {timeout_s:g} s, but {kinds}") from None
            if _fits(frame, kind, data):
                return dict(frame.get("data", {}))
            self._waiting.append(frame)

    def expect_error(self, code: str, **data: Any) -> Json:
        """Return the `details` of the next error frame with this code."""
        details = self.expect("error", code=code, **data)["details"]
        self._walk.socket_codes.add(code)
        return dict(details)

    def expect_none(self, kind: str, **data: Any) -> None:
        """Raise `Wrong` if such a frame came before the server answered a ping."""
        self.send("ping")
        self.expect("pong")
        check(not any(_fits(frame, kind, data) for frame in self._waiting), f"a {kind} with {data} that must not come")

    def expect_close(self, code: int) -> None:
        """Wait for the end of the connection and hold it to its close code."""
        try:
            while True:
                self._waiting.append(self._receive(ANSWER_TIMEOUT_S))
        except ConnectionClosed:
            got = self._connection.close_code
        except TimeoutError:
            raise Wrong(f"still open after {ANSWER_TIMEOUT_S:g} s") from None
        check(got == code, f"closed with {got}")

    def _receive(self, timeout_s: float) -> Json:
        message = self._connection.recv(max(timeout_s, 0.0))
        check(isinstance(message, str), "a binary frame came")
        frame = json.loads(message)
        check_shape(frame, dict, "frame")
        check_shape(frame.get("type"), str, "type")
        check_shape(frame.get("timestamp"), int, "timestamp")
        if frame["type"] in SHAPES:
            check_shape(frame.get("data"), frame["type"])
        self._walk.frames_in.add(frame["type"])
        return dict(frame)


def _fits(frame: Json, kind: str, data: Json) -> bool:
    return frame["type"] == kind and all(frame.get("data", {}).get(name) == value for name, value in data.items())


def read_envelope(response: httpx.Response) -> Json:
    """Return the answer's JSON; raise `Wrong` unless it is the one envelope that all answers have."""
    try:
        envelope = response.json()
    except ValueError:
        raise Wrong(f"{response.status_code} without JSON: {shortened(response.text)}") from None
    check_shape(envelope, dict, "envelope")
    check(envelope.get("success") is response.is_success, f"`success` is {envelope.get('success')!r}")
    check_shape(envelope.get("message"), str, "message")
    check_shape(envelope.get("data" if response.is_success else "code"), dict if response.is_success else str)
    headers = {401: "WWW-Authenticate", 405: "Allow", 426: "Sec-WebSocket-Version", 429: "Retry-After"}
    needed = headers.get(response.status_code)
    check(needed is None or needed in response.headers, f"no {needed} header")
    if response.status_code == 400:
        check_shape(envelope.get("details", {}).get("errors"), list, "details/errors")
    if response.status_code == 429:
        check_shape(envelope.get("details", {}).get("retryAfterMs"), int, "details/retryAfterMs")
    return dict(envelope)


def shortened(text: str) -> str:
    """Return the start of a text, for a message."""
    return text if len(text) <= 300 else text[:300] + " ..."


def message(content: str = "hello", **more: Any) -> Json:
    """Return the body of a text message."""
    return {"messageType": TEXT, "content": content, **more}


def fresh_id() -> str:
    """Return a client_msg_id that nobody has used."""
    return secrets.token_hex(8)


# --- the sections of the walk, in order; each needs what those before it have made ---------------------------


def walk_accounts(walk: Walk) -> None:
    """Registering, logging in, guests, refreshing."""
    alice = walk.alice
    for person in (alice, walk.bob, walk.carol, walk.dave, walk.erin):
        walk.call("POST /auth/register", "201", person.credentials, shape="RegisteredUser")
        person.take(walk.call("POST /auth/login", "200", person.credentials, shape="Session"))
    shouted = {**alice.credentials, "username": alice.name.upper()}
    walk.call("POST /auth/register", "409 USERNAME_TAKEN", shouted, note="a name in other case")
    wrong = {**alice.credentials, "password": "not the password"}
    walk.call("POST /auth/login", "401 INVALID_CREDENTIALS", wrong)
    walk.guest.take(walk.call("POST /auth/guest", "201", shape="Session", holds=lambda d: bool(d["user"]["isGuest"])))
    walk.call("POST /auth/guest", "201", {}, shape="Session", note="with an empty body")


def walk_tokens(walk: Walk) -> None:
    """Refreshing and logging out: what ends and what stays."""
    second = Person(walk.dave.name)
    second.take(walk.call("POST /auth/login", "200", second.credentials, note="a second login"))
    spent = {"refreshToken": second.refresh_token}
    second.take(walk.call("POST /auth/refresh", "200", spent, shape="Session"))
    walk.call("GET /users/profile", "200", by=second, note="with the new token")
    walk.call("POST /auth/refresh", "401 AUTH_FAILED", spent, note="a refresh token used twice")
    walk.call("GET /users/profile", "401 AUTH_FAILED", by=second, note="the whole login is revoked")
    third = Person(walk.dave.name)
    third.take(walk.call("POST /auth/login", "200", third.credentials, note="a third login"))
    with walk.open(third) as socket:
        walk.call("POST /auth/logout", "200", by=third, shape="Empty")
        with walk.step("socket of the login that ended: error AUTH_FAILED, close 4401"):
            socket.expect_error("AUTH_FAILED")
            socket.expect_close(4401)
    walk.call("GET /users/profile", "401 AUTH_FAILED", by=third, note="after the logout")
    walk.call("POST /auth/refresh", "401 AUTH_FAILED", {"refreshToken": third.refresh_token})
    walk.call("GET /users/profile", "200", by=walk.dave, note="other logins stay")


def walk_contract(walk: Walk) -> None:
    """What every operation refuses before it looks at anything, and what is outside of all operations."""
    nobody = Person("nobody", token="not-a-token")
    too_large = ("application/json", b'"' + b"x" * MAX_BODY_BYTES + b'"')
    for row in ROWS:
        ids = ("x",) * row.operation.count("{")
        by = walk.alice if row.is_secured else None
        if row.is_secured:
            walk.call(row.operation, "401 AUTH_FAILED", ids=ids, note="no token")
            walk.call(row.operation, "401 AUTH_FAILED", ids=ids, by=nobody, note="a bad token")
        if row.has_body:
            plain = ("text/plain", b"{}")
            walk.call(row.operation, "415 UNSUPPORTED_MEDIA_TYPE", ids=ids, by=by, raw=plain)
            walk.call(row.operation, "413 MESSAGE_TOO_LARGE", ids=ids, by=by, raw=too_large)
            broken = ("application/json", b"{")
            walk.call(row.operation, "400 INVALID_REQUEST", ids=ids, by=by, raw=broken, note="broken JSON")
            body, query, pointer = {"surprise": 1}, None, "/surprise"
        else:
            body, query, pointer = None, {"surprise": "1"}, "/query/surprise"
        walk.call(
            row.operation,
            "400 INVALID_REQUEST",
            body,
            ids=ids,
            by=by,
            query=query,
            note="an unknown property",
            holds=lambda e, pointer=pointer: pointer in [found["pointer"] for found in e["details"]["errors"]],  # type: ignore[misc]  # a default binds the loop's value
        )
    walk.call("GET /surprise", "404 NOT_FOUND", note="an unknown path")
    walk.call("PATCH /users/profile", "405 METHOD_NOT_ALLOWED", by=walk.alice)
    with walk.step("GET /ws without an upgrade: 426 UPGRADE_REQUIRED"):
        response = walk.http.get(f"{walk.url}/ws")
        check(read_envelope(response)["code"] == "UPGRADE_REQUIRED", shortened(response.text))
        check(response.status_code == 426, f"got {response.status_code}")
    with walk.step("Accept-Language: texts are Chinese, English where that is preferred"):
        texts = [
            walk.http.get(f"{walk.url}/api/surprise", headers={"Accept-Language": language}).json()["message"]
            for language in ("*", "en")
        ]
        check(not texts[0].isascii() and texts[1].isascii(), f"got {texts}")


def walk_users(walk: Walk) -> None:
    """Profiles and search."""
    alice, guest = walk.alice, walk.guest
    walk.call("GET /users/profile", "200", by=alice, shape="User", holds=lambda d: bool(d["id"] == alice.id))
    walk.call("GET /users/profile", "200", by=guest, shape="User", note="a guest")
    avatar = {"avatarUrl": "https://example.com/alice.png"}
    walk.call(
        *("PUT /users/profile", "200", avatar),
        by=alice,
        shape="User",
        holds=lambda d: bool(d["avatarUrl"] == avatar["avatarUrl"]),
    )
    walk.call("PUT /users/profile", "403 FORBIDDEN", avatar, by=guest, note="a guest")
    walk.call("PUT /users/profile", "400 INVALID_REQUEST", {"avatarUrl": "ftp://example.com/a"}, by=alice)
    walk.call(
        *("GET /users/search", "200"),
        by=alice,
        query={"q": walk.bob.name[:-1].upper(), "limit": 20},
        shape="UserList",
        holds=lambda d: walk.bob.id in [user["id"] for user in d["users"]],
    )
    walk.call("GET /users/search", "400 INVALID_REQUEST", by=alice, query={"q": "a", "limit": 21})
    walk.call("GET /users/search", "400 INVALID_REQUEST", by=alice, note="without q")
    walk.call("GET /users/search", "403 FORBIDDEN", by=guest, query={"q": "a"}, note="a guest")


def walk_friends(walk: Walk) -> None:
    """Asking, rejecting, accepting; alice and bob are friends at the end."""
    alice, bob, guest = walk.alice, walk.bob, walk.guest
    ask, answer = "POST /friends/requests", "PUT /friends/requests/{requestId}"
    to_bob = {"targetUserId": bob.id, "message": "hi"}
    first = walk.call(ask, "201", to_bob, by=alice, shape="FriendRequest", holds=lambda d: bool(d["status"] == 0))
    walk.call(ask, CONFLICT, to_bob, by=alice, note="one is pending")
    walk.call(ask, CONFLICT, {"targetUserId": alice.id}, by=bob, note="one is pending, the other way")
    walk.call(ask, "400 INVALID_REQUEST", {"targetUserId": alice.id}, by=alice, note="oneself")
    walk.call(ask, NO_USER, {"targetUserId": NOWHERE}, by=alice)
    walk.call(ask, "403 FORBIDDEN", {"targetUserId": guest.id}, by=alice, note="a guest as target")
    walk.call(ask, "403 FORBIDDEN", to_bob, by=guest, note="a guest")
    for kind, person in (("received", bob), ("sent", alice)):
        walk.call(
            *("GET /friends/requests", "200"),
            by=person,
            query={"type": kind, "status": 0},
            shape="FriendRequestList",
            note=kind,
            holds=lambda d: first["id"] in [request["id"] for request in d["requests"]],
        )
    walk.call("GET /friends/requests", "400 INVALID_REQUEST", by=bob, query={"status": 3})
    walk.call("GET /friends/requests", "403 FORBIDDEN", by=guest, note="a guest")
    walk.call(answer, "403 FORBIDDEN", {"action": "accept"}, by=alice, ids=(first["id"],), note="not the target")
    walk.call(answer, NO_REQUEST, {"action": "accept"}, by=bob, ids=(NOWHERE,))
    rejected = walk.call(answer, "200", {"action": "reject"}, by=bob, ids=(first["id"],), shape="FriendRequest")
    second = walk.call(ask, "201", to_bob, by=alice, shape="FriendRequest", note="again, after the rejection")
    accepted = walk.call(answer, "200", {"action": "accept"}, by=bob, ids=(second["id"],), shape="FriendRequest")
    with walk.step("the statuses of an answered request: 2 rejected, 1 accepted"):
        check((rejected["status"], accepted["status"]) == (2, 1), f"{rejected['status']}, {accepted['status']}")
    walk.call(answer, CONFLICT, {"action": "reject"}, by=bob, ids=(second["id"],), note="answered already")
    walk.call(ask, CONFLICT, to_bob, by=alice, note="friends already")
    walk.call(
        *("GET /friends", "200"),
        by=alice,
        shape="FriendList",
        holds=lambda d: [friend["friendId"] for friend in d["friends"]] == [bob.id],
    )
    walk.call("GET /friends", "403 FORBIDDEN", by=guest, note="a guest")


def walk_conversations(walk: Walk) -> None:
    """Opening, listing, showing and editing; `group_id` is alice's group with bob at the end."""
    alice, bob, carol, dave, guest = walk.alice, walk.bob, walk.carol, walk.dave, walk.guest
    make, show, edit = "POST /conversations", f"GET {_ONE}", f"PUT {_ONE}"
    single = {"type": SINGLE, "members": [carol.id]}
    new = walk.call(make, "201", single, by=alice, shape="Conversation", note="a single chat")
    walk.call(
        *(make, "200", {"type": SINGLE, "members": [alice.id]}),
        by=carol,
        shape="Conversation",
        note="the same, by the other one",
        holds=lambda d: bool(d["id"] == new["id"]),
    )
    with_bob = {"type": SINGLE, "members": [bob.id]}
    walk.call(make, "200", with_bob, by=alice, note="opened by the friendship")
    group = {"type": GROUP, "members": [bob.id, bob.id, alice.id], "name": "walkers", "description": ""}
    made = walk.call(
        *(make, "201", group),
        by=alice,
        shape="Conversation",
        note="a group",
        holds=lambda d: bool(d["memberCount"] == 2 and d["ownerId"] == alice.id),
    )
    walk.group_id = made["id"]
    walk.call(make, "400 INVALID_REQUEST", {"type": GROUP, "members": []}, by=alice, note="a group without a name")
    walk.call(make, "400 INVALID_REQUEST", {"type": SINGLE, "members": [alice.id]}, by=alice, note="with oneself")
    walk.call(make, "403 FORBIDDEN", with_bob, by=guest, note="a guest")
    walk.call(make, "403 FORBIDDEN", {"type": SINGLE, "members": [guest.id]}, by=alice, note="with a guest")
    walk.call(make, NO_USER, {"type": SINGLE, "members": [NOWHERE]}, by=alice)

    world = walk.call(
        *("GET /conversations", "200"),
        by=guest,
        query={"type": WORLD},
        shape="ConversationList",
        note="a guest sees the world chat",
        holds=lambda d: len(d["conversations"]) == 1 and not d["hasMore"],
    )
    walk.world_id = world["conversations"][0]["id"]
    pages = [
        walk.call("GET /conversations", "200", by=alice, query={"page": page, "size": 2}, shape="ConversationList")
        for page in (1, 2)
    ]
    with walk.step("GET /conversations: two pages of two hold alice's four conversations"):
        ids = {conversation["id"] for page in pages for conversation in page["conversations"]}
        check(len(ids) == 4, f"{len(ids)} conversations")
        check([page["hasMore"] for page in pages] == [True, False], "hasMore is wrong")
    walk.call("GET /conversations", "400 INVALID_REQUEST", by=alice, query={"page": 0})

    walk.call(
        *(show, "200"),
        by=bob,
        ids=(walk.group_id,),
        shape="Conversation",
        holds=lambda d: {member["userId"] for member in d["members"]} == {alice.id, bob.id},
    )
    walk.call(show, "200", by=guest, ids=(walk.world_id,), note="the world chat", holds=lambda d: "members" not in d)
    walk.call(show, "403 FORBIDDEN", by=dave, ids=(walk.group_id,), note="not a member")
    walk.call(show, "403 FORBIDDEN", by=guest, ids=(walk.group_id,), note="a guest")
    walk.call(show, NO_CONVERSATION, by=alice, ids=(NOWHERE,))
    walk.call(
        *(edit, "200", {"name": "still walkers"}),
        by=alice,
        ids=(walk.group_id,),
        shape="Conversation",
        holds=lambda d: bool(d["name"] == "still walkers"),
    )
    walk.call(edit, "403 FORBIDDEN", {"name": "mine"}, by=bob, ids=(walk.group_id,), note="not an admin")
    walk.call(edit, NO_CONVERSATION, {"name": "mine"}, by=alice, ids=(NOWHERE,))


def walk_messages(walk: Walk) -> None:
    """Sending over HTTP, history by `cursor` and by `after`, the read pointer."""
    alice, bob, dave, guest = walk.alice, walk.bob, walk.dave, walk.guest
    send, history, read = f"POST {_ONE}/messages", f"GET {_ONE}/messages", f"PUT {_ONE}/read"
    here = (walk.group_id,)
    first = message("one", client_msg_id=fresh_id())
    stored = walk.call(send, "201", first, by=alice, ids=here, shape="Message", holds=lambda d: bool(d["seqId"] == 1))
    walk.call(
        *(send, "201", first),
        by=alice,
        ids=here,
        note="the same again: the same message",
        holds=lambda d: bool(d["id"] == stored["id"] and d["seqId"] == 1),
    )
    walk.call(send, "409 CLIENT_MSG_ID_CONFLICT", {**first, "content": "two"}, by=alice, ids=here)
    picture = {"messageType": IMAGE, "content": "https://example.com/cat.png"}
    walk.call(send, "201", picture, by=bob, ids=here, shape="Message", note="an image, without client_msg_id")
    longest = "\N{GRINNING FACE}" * MAX_CONTENT
    walk.call(send, "201", message(longest), by=alice, ids=here, note="the longest content")
    walk.call(send, "413 MESSAGE_TOO_LARGE", message(longest + "x"), by=alice, ids=here, note="one code point more")
    walk.call(send, "400 INVALID_REQUEST", {"messageType": 4, "content": "x"}, by=alice, ids=here)
    walk.call(send, "201", message(), by=guest, ids=(walk.world_id,), note="a guest in the world chat")
    walk.call(send, "403 FORBIDDEN", message(), by=dave, ids=here, note="not a member")
    walk.call(send, NO_CONVERSATION, message(), by=alice, ids=(NOWHERE,))

    def seq_ids(page: Json) -> list[int]:
        return [stored["seqId"] for stored in page["messages"]]

    for query, expected, has_more in (
        ({"limit": 2}, [3, 2], True),
        ({"limit": 2, "cursor": 2}, [1], False),
        ({"limit": 2, "after": 0}, [1, 2], True),
        ({"limit": 2, "after": 2}, [3], False),
        ({"after": 3}, [], False),
    ):
        page = walk.call(history, "200", by=bob, ids=here, query=query, shape="MessageList", note=f"{query}")
        with walk.step(f"history {query}: {expected}, hasMore {has_more}"):
            check(seq_ids(page) == expected and page["hasMore"] is has_more, f"{seq_ids(page)}, {page['hasMore']}")
            check(page.get("nextCursor") == (expected[-1] if expected else None), f"{page.get('nextCursor')}")
    walk.call(history, "400 INVALID_REQUEST", by=bob, ids=here, query={"cursor": 3, "after": 1}, note="both at once")
    walk.call(history, "400 INVALID_REQUEST", by=bob, ids=here, query={"limit": 101})
    walk.call(history, "403 FORBIDDEN", by=dave, ids=here, note="not a member")
    walk.call(history, NO_CONVERSATION, by=alice, ids=(NOWHERE,))

    for seq_id, unread, note in ((1, 1, ""), (999, 0, "past the end"), (1, 0, "backwards: without effect")):
        walk.call(
            *(read, "200", {"seqId": seq_id}),
            by=bob,
            ids=here,
            shape="UnreadCount",
            note=note,
            holds=lambda d, unread=unread: bool(d["unreadCount"] == unread),  # type: ignore[misc]  # a default binds the loop's value
        )
    walk.call(read, "400 INVALID_REQUEST", {"seqId": 0}, by=bob, ids=here)
    walk.call(read, "403 FORBIDDEN", {"seqId": 1}, by=dave, ids=here, note="not a member")
    walk.call(read, NO_CONVERSATION, {"seqId": 1}, by=alice, ids=(NOWHERE,))


def walk_members(walk: Walk) -> None:
    """Listing, adding, changing and removing members; the group has alice and bob again at the end."""
    alice, bob, carol, dave = walk.alice, walk.bob, walk.carol, walk.dave
    listing, add = f"GET {_ONE}/members", f"POST {_ONE}/members"
    change, remove = f"PUT {_ONE}/members/{{userId}}", f"DELETE {_ONE}/members/{{userId}}"
    here = (walk.group_id,)
    walk.call(
        *(add, "201", {"members": [carol.id, dave.id, bob.id]}),
        by=alice,
        ids=here,
        shape="AddedMembers",
        holds=lambda d: {member["userId"] for member in d["members"]} == {bob.id, carol.id, dave.id},
    )
    walk.call(add, "400 INVALID_REQUEST", {"members": []}, by=alice, ids=here)
    walk.call(add, "403 FORBIDDEN", {"members": [walk.erin.id]}, by=bob, ids=here, note="not an admin")
    walk.call(add, "403 FORBIDDEN", {"members": [walk.guest.id]}, by=alice, ids=here, note="a guest as target")
    walk.call(add, NO_CONVERSATION, {"members": [carol.id]}, by=alice, ids=(NOWHERE,))
    walk.call(add, NO_USER, {"members": [NOWHERE]}, by=alice, ids=here)
    walk.call(
        *(listing, "200"),
        by=bob,
        ids=here,
        query={"page": 1, "size": 3},
        shape="MemberList",
        holds=lambda d: bool(len(d["members"]) == 3 and d["hasMore"]),
    )
    walk.call(
        *(listing, "200"),
        by=bob,
        ids=here,
        query={"role": OWNER},
        shape="MemberList",
        holds=lambda d: [member["userId"] for member in d["members"]] == [alice.id],
    )
    walk.call(listing, "403 FORBIDDEN", by=alice, ids=(walk.world_id,), note="the world chat")
    walk.call(listing, "403 FORBIDDEN", by=walk.erin, ids=here, note="not a member")
    walk.call(listing, NO_CONVERSATION, by=alice, ids=(NOWHERE,))

    of_carol, of_dave = (walk.group_id, carol.id), (walk.group_id, dave.id)
    walk.call(
        *(change, "200", {"role": ADMIN}),
        by=alice,
        ids=of_carol,
        shape="ConversationMember",
        holds=lambda d: bool(d["role"] == ADMIN),
    )
    walk.call(change, "400 INVALID_REQUEST", {"role": 4}, by=alice, ids=of_carol)
    walk.call(change, "403 FORBIDDEN", {"role": ADMIN}, by=carol, ids=of_dave, note="an admin is no owner")
    walk.call(change, NO_CONVERSATION, {"role": ADMIN}, by=alice, ids=(NOWHERE, carol.id))
    walk.call(change, NO_USER, {"role": ADMIN}, by=alice, ids=(walk.group_id, walk.erin.id))
    walk.call(remove, "403 FORBIDDEN", by=bob, ids=of_dave, note="not an admin")
    walk.call(remove, NO_CONVERSATION, by=alice, ids=(NOWHERE, dave.id))
    walk.call(remove, NO_USER, by=alice, ids=(walk.group_id, walk.erin.id))
    walk.call(remove, "200", by=carol, ids=of_dave, shape="Empty", note="an admin removes a member")
    walk.call(remove, "200", by=carol, ids=of_carol, shape="Empty", note="oneself: leaves")
    walk.call(f"GET {_ONE}", "403 FORBIDDEN", by=carol, ids=here, note="after leaving")


def walk_frames(walk: Walk) -> None:
    """Every frame but online-status, in both directions, and the errors that leave the socket open."""
    alice, bob, dave = walk.alice, walk.bob, walk.dave
    here = {"conversationId": walk.group_id}
    sent = fresh_id()
    with walk.open(alice) as hers, walk.open(bob) as his, walk.open(dave) as strangers:
        with walk.step("ping: pong"):
            hers.send("ping", {})
            hers.expect("pong")
        with walk.step("send-message: message-ack to the sender, new-message to the other"):
            hers.send("send-message", {**here, **message(client_msg_id=sent)})
            ack = hers.expect("message-ack", client_msg_id=sent, status="success")
            pushed = his.expect("new-message", id=ack["messageId"], seqId=ack["seqId"], content="hello")
            check(pushed["sender"]["id"] == alice.id, "from somebody else")
        with walk.step("new-message goes neither to the connection that sent nor to a stranger"):
            hers.expect_none("new-message", id=ack["messageId"])
            strangers.expect_none("new-message", id=ack["messageId"])
        with walk.step("send-message again with the same client_msg_id: the same ack, no second push"):
            hers.send("send-message", {**here, **message(client_msg_id=sent)})
            again = hers.expect("message-ack", client_msg_id=sent)
            check(again == ack, f"{again}")
            his.expect_none("new-message", id=ack["messageId"])
        over_http = walk.call(f"POST {_ONE}/messages", "201", message("over HTTP"), by=alice, ids=(walk.group_id,))
        with walk.step("a message sent over HTTP is pushed to everybody, its sender too"):
            for socket in (hers, his):
                socket.expect("new-message", id=over_http["id"], seqId=ack["seqId"] + 1)
        with walk.step("mark-read: no answer, and nothing unread any more"):
            his.send("mark-read", {**here, "seqId": over_http["seqId"]})
            his.expect_none("error")
            listed = walk.http.get(
                f"{walk.url}/api/conversations/{walk.group_id}", headers={"Authorization": f"Bearer {bob.token}"}
            )
            check(listed.json()["data"]["unreadCount"] == 0, shortened(listed.text))
        walk_refused_frames(hers, strangers, walk, sent)
    with walk.step("a second connection of the same user: the first is closed with 4409"):
        with walk.open(alice) as older, walk.open(alice) as newer:
            older.expect_close(4409)
            newer.expect_none("error")


def walk_refused_frames(member: Socket, stranger: Socket, walk: Walk, used_id: str) -> None:
    """Each error frame after which the socket goes on."""
    here = {"conversationId": walk.group_id}

    def refused(note: str, code: str, socket: Socket, kind: str, data: Json) -> None:
        with walk.step(f"{kind}: error {code}  ({note})"):
            socket.send(kind, data)
            details = socket.expect_error(code)
            check(details.get("client_msg_id") == data.get("client_msg_id"), f"details {details}")
            socket.expect_none("message-ack")

    lost = {"conversationId": NOWHERE}
    refused("no such conversation", "CONVERSATION_NOT_FOUND", member, "mark-read", {**lost, "seqId": 1})
    refused("not a member", "FORBIDDEN", stranger, "mark-read", {**here, "seqId": 1})
    for note, code, socket, data in (
        ("no such conversation", "CONVERSATION_NOT_FOUND", member, {**lost, **message()}),
        ("not a member", "FORBIDDEN", stranger, {**here, **message()}),
        ("content over its limit", "MESSAGE_TOO_LARGE", member, {**here, **message("x" * (MAX_CONTENT + 1))}),
        ("a type that clients may not send", "INVALID_MESSAGE", member, {**here, "content": "x", "messageType": 4}),
    ):
        refused(note, code, socket, "send-message", {**data, "client_msg_id": fresh_id()})
    conflict = {**here, **message("another body"), "client_msg_id": used_id}
    refused("used for another message", "CLIENT_MSG_ID_CONFLICT", member, "send-message", conflict)
    for text, pointer in (("{", ""), ('{"type": "surprise"}', "/type"), ('{"type": "ping", "surprise": 1}', "/surprise")):
        with walk.step(f"{text}: error INVALID_MESSAGE at {pointer!r}"):
            member.send_raw(text)
            pointers = [found["pointer"] for found in member.expect_error("INVALID_MESSAGE")["errors"]]
            check(pointer in pointers, f"at {pointers}")


def walk_closes(walk: Walk) -> None:
    """Each way in which a client brings the close of its socket about."""
    for token, note in ((None, "no token"), ("not-a-token", "a bad token")):
        with walk.step(f"connect: error AUTH_FAILED, close 4401  ({note})"), Socket(walk, token) as socket:
            socket.expect_error("AUTH_FAILED")
            socket.expect_close(4401)
    with walk.step("a frame over the limit of bytes: error MESSAGE_TOO_LARGE, close 1009"):
        with walk.open(walk.carol) as socket:
            socket.send_raw("x" * (MAX_BODY_BYTES + 1))
            socket.expect_error("MESSAGE_TOO_LARGE")
            socket.expect_close(1009)
    with walk.step("a binary frame: close 1003"), walk.open(walk.carol) as socket:
        socket.send_raw(b'{"type": "ping"}')
        socket.expect_close(1003)
    with walk.step("a text frame that is not UTF-8: close 1007"), walk.open(walk.carol) as socket:
        socket.send_raw(b"\xff", as_text=True)
        socket.expect_close(1007)


def walk_limits(walk: Walk) -> None:
    """Going over the limits of messages and of failed logins."""
    erin = walk.erin
    made = walk.call("POST /conversations", "201", {"type": GROUP, "members": [], "name": "echo"}, by=erin)
    here = made["id"]

    def too_fast(socket: Socket, count: int) -> None:
        for _ in range(count):
            socket.send("send-message", {"conversationId": here, **message(client_msg_id=fresh_id())})

    with walk.open(erin) as socket:
        with walk.step("send-message too fast: error RATE_LIMITED with retryAfterMs and client_msg_id"):
            too_fast(socket, 2 * MESSAGE_BURST)
            details = socket.expect_error("RATE_LIMITED")
            check_shape(details.get("retryAfterMs"), int, "details/retryAfterMs")
            check_shape(details.get("client_msg_id"), str, "details/client_msg_id")
        walk.call(f"POST {_ONE}/messages", LIMITED, message(), by=erin, ids=(here,), note="the same limit over HTTP")
        with walk.step("send-message goes on too fast: close 4429"):
            try:
                too_fast(socket, MESSAGE_BURST + 2 * ABUSE_REFUSALS)
            except ConnectionClosed:
                pass  # the close came while we sent
            socket.expect_close(4429)
    wrong = {"username": f"mallory-{secrets.token_hex(4)}", "password": "a wrong guess"}
    for _ in range(FAILED_LOGINS):
        walk.call("POST /auth/login", "401 INVALID_CREDENTIALS", wrong)
    walk.call("POST /auth/login", LIMITED, wrong, note="too many failed logins of one account")


def walk_presence(walk: Walk) -> None:
    """online-status between friends, and to nobody else."""
    alice, bob = walk.alice, walk.bob
    with walk.open(alice) as hers, walk.open(walk.dave) as strangers:
        with walk.step("online-status: a friend comes online, and sees who was there before"):
            with walk.open(bob) as his:
                hers.expect("online-status", userId=bob.id, status="online")
                his.expect("online-status", userId=alice.id, status="online")
        with walk.step("online-status: a friend is offline some time after his socket closed (10 s by default)"):
            hers.expect("online-status", PRESENCE_TIMEOUT_S, userId=bob.id, status="offline")
        with walk.step("online-status goes to friends only"):
            strangers.expect_none("online-status", userId=bob.id)


def walk_completeness(walk: Walk) -> None:
    """Hold the walk itself to its tables."""
    for row in ROWS:
        missing = row.expected - walk.answers.get(row.operation, set())
        if missing:
            with walk.step(f"{row.operation}: every answer was seen"):
                raise Wrong(f"never seen: {', '.join(sorted(missing))}")
    with walk.step("every frame and every error code of the socket was seen"):
        missing = (
            (FRAMES_OUT - walk.frames_out) | (FRAMES_IN - walk.frames_in) | (SOCKET_CODES - walk.socket_codes)
        )
        check(not missing, f"never seen: {', '.join(sorted(missing))}")


SECTIONS: tuple[Callable[[Walk], None], ...] = (
    *(walk_accounts, walk_tokens, walk_contract, walk_users, walk_friends, walk_conversations),
    *(walk_messages, walk_members, walk_frames, walk_closes, walk_limits, walk_presence, walk_completeness),
)


def main(arguments: list[str] | None = None) -> int:
    """Walk; return the exit status: 0 all well, 1 a step failed, 2 nobody answers at the URL."""
    parser = argparse.ArgumentParser(description="Walks every operation, frame and error code of a GoChat server.")
    parser.add_argument("url", help="http://HOST:PORT of a server with default settings")
    url: str = parser.parse_args(arguments).url.rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        parser.error(f"{url} is no URL like http://localhost:8080")
    with httpx.Client(timeout=ANSWER_TIMEOUT_S, trust_env=False) as http:
        try:
            http.get(url)
        except httpx.HTTPError as error:
            print(f"walk: nobody answers at {url}: {error}", file=sys.stderr)
            return 2
        walk = Walk(url, http)
        for section in SECTIONS:
            done = False
            with walk.step(f"-- {section.__name__.removeprefix('walk_')}"):
                section(walk)
                done = True
            if not done:
                continue
    print(f"{walk.steps} steps, {walk.failed} failed")
    return 1 if walk.failed else 0


if __name__ == "__main__":
    sys.exit(main())
