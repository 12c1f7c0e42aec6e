"""Whatever a client does wrong over HTTP, it gets an envelope that says what, in a fixed order.

Paths, methods, media types, sizes, broken bodies, names of what is wrong, languages, browsers' own
requests, and the connection that goes on after all that.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import httpx
import pytest

from tests.harness.api import (
    OPERATIONS,
    TEXT,
    TYPE_GROUP,
    Api,
    Json,
    User,
    expect_error,
    expect_invalid,
    expect_ok,
    fresh_name,
    group,
    new_user,
    violations,
)
from tests.harness.contract import load_contract
from tests.harness.server import GoChatServer, running_server

MAX_BODY_BYTES = 65_536
LONG_PASSWORD = "a password that is good enough"

# A body that keeps its schema, for each operation that has one.
VALID_BODIES: dict[str, Json] = {
    "register": {"username": "somebody", "password": LONG_PASSWORD},
    "login": {"username": "somebody", "password": LONG_PASSWORD},
    "guestLogin": {},
    "refreshSession": {"refreshToken": "nonsense"},
    "updateProfile": {"avatarUrl": "https://example.org/a.png"},
    "createConversation": {"type": TYPE_GROUP, "name": "a group", "members": []},
    "updateConversation": {"name": "a group"},
    "sendMessage": {"messageType": TEXT, "content": "hello"},
    "markRead": {"seqId": 1},
    "addMembers": {"members": ["x"]},
    "updateMember": {"role": 1},
    "createFriendRequest": {"targetUserId": "x"},
    "updateFriendRequest": {"action": "accept"},
}
WITH_BODY = sorted(VALID_BODIES)
WITHOUT_BODY = sorted(set(OPERATIONS) - set(VALID_BODIES))
WITH_PATH_PARAMETER = sorted(name for name, operation in OPERATIONS.items() if "{" in operation.path)


class Connection:
    """One keep-alive connection; `ask` holds each answer to the contract."""

    def __init__(self, server: GoChatServer, token: str | None = None) -> None:
        host, port = server.host_and_port
        self._http = http.client.HTTPConnection(host, port, timeout=5)
        self._http.connect()
        self._tcp: socket.socket = self._http.sock
        self._token = token
        self.closes = False

    def ask(
        self,
        method: str,
        path: str,
        content: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Sends a request (an iterable of bytes goes out in chunks) and reads its answer."""
        with suppress(BrokenPipeError, ConnectionResetError):  # answered before the body was sent
            self._http.request(method, path, content, self._headers(headers), encode_chunked=True)
        return self._read(method, path)

    def announce(self, method: str, path: str, length: int) -> httpx.Response:
        """Sends a head that announces a body of that length, and no body."""
        self._http.putrequest(method, path)
        for name, value in {**self._headers(None), "Content-Length": str(length)}.items():
            self._http.putheader(name, value)
        self._http.endheaders()
        return self._read(method, path)

    def send_rest(self, content: bytes) -> bool:
        """Sends the body that was announced; returns whether the server still took it."""
        try:
            self._tcp.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def ends(self) -> bool:
        """Whether the server ends the connection without being sent more, within seconds."""
        if self._tcp.fileno() < 0:  # the client has ended it, because the answer said `Connection: close`
            return True
        with suppress(ConnectionResetError):
            try:
                return self._tcp.recv(1) == b""
            except TimeoutError:
                return False
        return True

    def close(self) -> None:
        self._http.close()

    def _headers(self, headers: dict[str, str] | None) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return {"Content-Type": "application/json", **authorization, **(headers or {})}

    def _read(self, method: str, path: str) -> httpx.Response:
        answer = self._http.getresponse()
        self.closes = answer.will_close
        request = httpx.Request(method, f"http://{self._http.host}:{self._http.port}{path}")
        response = httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read(), request=request)
        load_contract().check_response(response)
        return response


@pytest.fixture
def connect(server: GoChatServer) -> Iterator[Callable[..., Connection]]:
    """Opens keep-alive connections to the shared server."""
    opened: list[Connection] = []

    def open_one(user: User | None = None) -> Connection:
        opened.append(Connection(server, user.token if user else None))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


# Paths and methods


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nope",
        "/users",
        "/users/profile/",
        "/Users/Profile",
        "/auth/login/now",
        "/conversations/x/nope",
        "/conversations/x/messages/y/z",
        "/conversations/x/members/y/z",
        "/friends/requests/x/y",
        "/名字",
        "/%FF",
        "/..%2f..%2fetc%2fpasswd",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found_with_or_without_a_token(nobody: Api, alice: User, method: str, path: str) -> None:
    expect_error(nobody.request(method, path), "NOT_FOUND")
    expect_error(alice.api.request(method, path, content=b"{broken"), "NOT_FOUND")


def test_an_unknown_path_outside_the_api_is_not_found_too(connect: Callable[..., Connection]) -> None:
    expect_error(connect().ask("GET", "/no/such/page"), "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/auth/login", {"POST"}),
        ("DELETE", "/auth/register", {"POST"}),
        ("PUT", "/auth/guest", {"POST"}),
        ("GET", "/auth/logout", {"POST"}),
        ("PATCH", "/auth/refresh", {"POST"}),
        ("PATCH", "/users/profile", {"GET", "PUT"}),
        ("DELETE", "/users/profile", {"GET", "PUT"}),
        ("POST", "/users/search", {"GET"}),
        ("PUT", "/conversations", {"GET", "POST"}),
        ("POST", "/conversations/x", {"GET", "PUT"}),
        ("PUT", "/conversations/x/messages", {"GET", "POST"}),
        ("GET", "/conversations/x/read", {"PUT"}),
        ("DELETE", "/conversations/x/members", {"GET", "POST"}),
        ("POST", "/conversations/x/members/y", {"PUT", "DELETE"}),
        ("POST", "/friends", {"GET"}),
        ("DELETE", "/friends/requests", {"GET", "POST"}),
        ("GET", "/friends/requests/x", {"PUT"}),
        ("PROPFIND", "/conversations", {"GET", "POST"}),
    ],
)
def test_another_method_is_not_allowed_and_the_answer_says_which_are(
    nobody: Api, method: str, path: str, allowed: set[str]
) -> None:
    response = nobody.request(method, path)
    expect_error(response, "METHOD_NOT_ALLOWED")
    told = {name.strip() for name in response.headers["allow"].split(",")}
    assert told - {"HEAD", "OPTIONS"} == allowed


@pytest.mark.parametrize("path", ["/users/profile", "/nope", "/conversations"])
def test_an_answer_to_head_has_no_body(connect: Callable[..., Connection], alice: User, path: str) -> None:
    connection = connect(alice)
    assert connection.ask("HEAD", f"/api{path}").content == b""
    assert expect_ok(connection.ask("GET", "/api/users/profile"))["id"] == alice.id


# The order of errors

TOO_LARGE = b"{" + b" " * MAX_BODY_BYTES


@pytest.mark.parametrize(
    ("method", "path", "signed_in", "content_type", "content", "code"),
    [
        ("PUT", "/nope?x=1", False, "text/plain", TOO_LARGE, "NOT_FOUND"),
        ("POST", "/users/profile?x=1", False, "text/plain", TOO_LARGE, "METHOD_NOT_ALLOWED"),
        ("PUT", "/users/profile?x=1", False, "text/plain", TOO_LARGE, "AUTH_FAILED"),
        ("PUT", "/users/profile?x=1", True, "text/plain", TOO_LARGE, "UNSUPPORTED_MEDIA_TYPE"),
        ("PUT", "/users/profile?x=1", True, "application/json", TOO_LARGE, "MESSAGE_TOO_LARGE"),
        ("PUT", "/users/profile?x=1", True, "application/json", b"{", "INVALID_REQUEST"),
        ("POST", "/auth/login?x=1", False, "text/plain", TOO_LARGE, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/auth/login?x=1", False, "application/json", TOO_LARGE, "MESSAGE_TOO_LARGE"),
        ("POST", "/conversations/none/messages", True, "application/json", b"{}", "INVALID_REQUEST"),
        ("GET", "/conversations/none/messages?limit=0", True, "application/json", None, "INVALID_REQUEST"),
        ("GET", "/conversations/none/messages", True, "application/json", None, "CONVERSATION_NOT_FOUND"),
    ],
)
def test_the_contract_is_judged_in_order_and_before_the_state(
    nobody: Api,
    alice: User,
    method: str,
    path: str,
    signed_in: bool,
    content_type: str,
    content: bytes | None,
    code: str,
) -> None:
    api = alice.api if signed_in else nobody
    response = api.request(method, path, content=content, headers={"Content-Type": content_type})
    expect_error(response, code)


def test_a_guests_request_is_held_to_the_contract_first(guest: User) -> None:
    expect_error(guest.api.search_users(), "INVALID_REQUEST")
    expect_error(guest.api.create_conversation({}), "INVALID_REQUEST")


# Media types


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "text/json",
    ],
)
@pytest.mark.parametrize("operation", ["register", "sendMessage", "guestLogin"])
def test_a_body_that_is_not_json_is_unsupported(alice: User, operation: str, content_type: str) -> None:
    content = json.dumps(VALID_BODIES[operation]).encode()
    response = alice.api.call(operation, content=content, headers={"Content-Type": content_type})
    expect_error(response, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
)
def test_a_json_body_may_name_its_charset(alice: User, content_type: str) -> None:
    content = json.dumps(VALID_BODIES["sendMessage"]).encode()
    headers = {"Content-Type": content_type}
    response = alice.api.call("sendMessage", group(alice), content=content, headers=headers)
    expect_ok(response, 201)


# Bodies where none belongs


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(b"{}", "application/json"), (b"{broken", "application/json"), (b"\xff\x00", "text/plain")],
)
@pytest.mark.parametrize("operation", [name for name in WITHOUT_BODY if name not in ("logout", "removeMember")])
def test_a_body_where_none_belongs_is_ignored(alice: User, operation: str, content: bytes, content_type: str) -> None:
    query = {"q": "abc"} if operation == "searchUsers" else None
    headers = {"Content-Type": content_type}
    group_id = group(alice) if operation in WITH_PATH_PARAMETER else "x"
    response = alice.api.call(operation, group_id, content=content, query=query, headers=headers)
    expect_ok(response)


def test_a_body_of_a_logout_and_of_a_leave_is_ignored(server: GoChatServer, alice: User) -> None:
    user = new_user(server)
    group_id = group(alice, user)
    leave = f"/conversations/{group_id}/members/{user.id}"
    headers = {"Content-Type": "text/plain"}
    expect_ok(user.api.request("DELETE", leave, content=b"{broken", headers=headers))
    expect_ok(user.api.request("POST", "/auth/logout", content=b"{broken", headers=headers))
    expect_error(user.api.get_profile(), "AUTH_FAILED")


# Broken bodies


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"{'username': 'alice'}",
        b'{"username": "alice",}',
        b'{"username": "alice"} {}',
        b'{"username": alice}',
        b'{"username": "ali\nce"}',
        b'{"username": "\\x41"}',
        b'{"username": NaN}',
        b'{"username": Infinity}',
        b'{"username": 01}',
        b"[" * 50_000,
    ],
    ids=lambda content: repr(content[:24]),
)
@pytest.mark.parametrize("operation", ["register", "sendMessage"])
def test_broken_json_is_named(alice: User, operation: str, content: bytes) -> None:
    expect_invalid(alice.api.call(operation, content=content), "", "json")


@pytest.mark.parametrize(
    "content",
    ["{}".encode("utf-16"), "{}".encode("utf-16-le"), "{}".encode("utf-32-be"), b'{"username": "\xff\xfe"}'],
    ids=["utf-16", "utf-16 without a mark", "utf-32", "two bytes in a string"],
)
def test_a_body_that_is_not_utf_8_is_broken(nobody: Api, content: bytes) -> None:
    expect_invalid(nobody.call("register", content=content), "", ("json", "unicode"))


def test_a_surrogate_in_utf_8_is_refused(alice: User) -> None:
    content = b'{"messageType": 1, "content": "a\xed\xa0\x80b"}'
    found = violations(alice.api.call("sendMessage", content=content))
    assert found in ({("/content", "unicode")}, {("", "json")}, {("", "unicode")})


@pytest.mark.parametrize("content", [b"[]", b"[{}]", b'"text"', b"1", b"1.5", b"true", b"null"])
@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_that_is_not_an_object_has_the_wrong_type(alice: User, operation: str, content: bytes) -> None:
    expect_invalid(alice.api.call(operation, content=content), "", "type")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 30_000 + b"]" * 30_000,
        b'{"seqId": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"seqId": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
        b'{"seqId": ' + b"9" * 5_000 + b"}",
        b'{"seqId": 1e400}',
        b'{"seqId": -1e400}',
        b'{"seqId": 1e-400}',
        b'{"seqId": 18446744073709551616}',
        b'{"seqId": 9223372036854775808}',
        b'{"seqId": 9007199254740992}',
    ],
    ids=lambda content: f"{content[:16]!r} {len(content)}",
)
def test_a_body_that_is_deep_or_has_a_huge_number_is_invalid(alice: User, content: bytes) -> None:
    expect_error(alice.api.call("markRead", content=content), "INVALID_REQUEST")


# Names of what is wrong


@pytest.mark.parametrize("operation", sorted(set(WITH_BODY) - {"guestLogin", "updateConversation"}))
def test_a_missing_property_is_named_itself(alice: User, operation: str) -> None:
    found = violations(alice.api.call(operation, body={}))
    assert found
    assert all(rule == "required" and pointer.count("/") == 1 for pointer, rule in found)
    assert {pointer[1:] for pointer, _ in found} <= set(VALID_BODIES[operation])


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("surprise", "/surprise"),
        ("a/b", "/a~1b"),
        ("m~n", "/m~0n"),
        ("~1/", "/~01~1"),
        ("", "/"),
        ("名", "/名"),
        ('"', '/"'),
        ("__proto__", "/__proto__"),
    ],
)
@pytest.mark.parametrize("operation", ["register", "sendMessage", "guestLogin", "addMembers"])
def test_an_unknown_property_is_named_by_an_escaped_pointer(
    alice: User, operation: str, name: str, pointer: str
) -> None:
    body = {**VALID_BODIES[operation], name: 1}
    expect_invalid(alice.api.call(operation, body=body), pointer, "additionalProperties")


@pytest.mark.parametrize("operation", WITH_BODY)
def test_every_body_is_closed(alice: User, operation: str) -> None:
    body = {**VALID_BODIES[operation], "surprise": {"nested": [1]}}
    expect_invalid(alice.api.call(operation, body=body), "/surprise", "additionalProperties")


def test_each_thing_that_is_wrong_is_named(alice: User) -> None:
    body = {"messageType": 9, "content": "", "client_msg_id": "i" * 65, "surprise": 1}
    assert violations(alice.api.call("sendMessage", body=body)) == {
        ("/messageType", "enum"),
        ("/content", "minLength"),
        ("/client_msg_id", "maxLength"),
        ("/surprise", "additionalProperties"),
    }
    members = {"type": TYPE_GROUP, "name": "x", "members": ["ok", 5, "i" * 65]}
    assert violations(alice.api.create_conversation(members)) == {
        ("/members/1", "type"),
        ("/members/2", "maxLength"),
    }
    query = {"page": 0, "size": 101, "type": 9, "surprise": 1}
    assert violations(alice.api.list_conversations(**query)) == {
        ("/query/page", "minimum"),
        ("/query/size", "maximum"),
        ("/query/type", "enum"),
        ("/query/surprise", "additionalProperties"),
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_unknown_query_parameter_is_named(server: GoChatServer, alice: User, operation: str) -> None:
    user = new_user(server) if operation == "logout" else alice  # alice stays, whatever the answer
    query = {"surprise": "1", **({"q": "abc"} if operation == "searchUsers" else {})}
    response = user.api.call(operation, query=query, body=VALID_BODIES.get(operation, ...))
    expect_invalid(response, "/query/surprise", "additionalProperties")


@pytest.mark.parametrize("operation", WITH_PATH_PARAMETER)
@pytest.mark.parametrize(("value", "rule"), [("i" * 65, "maxLength"), ("a\x00b", "unicode")])
def test_a_path_parameter_is_held_to_its_bounds(alice: User, operation: str, value: str, rule: str) -> None:
    found = violations(alice.api.call(operation, value, body=VALID_BODIES.get(operation, ...)))
    names = [part[1:-1] for part in OPERATIONS[operation].path.split("/") if part.startswith("{")]
    assert {pointer for pointer, _ in found} == {f"/path/{name}" for name in names}
    assert {(f"/path/{name}", rule) for name in names} <= found


@pytest.mark.parametrize("path", ["/conversations/%FF", "/conversations/%ED%A0%80"])
def test_a_path_that_is_not_utf_8_is_invalid(alice: User, path: str) -> None:
    expect_invalid(alice.api.request("GET", path), "/path/conversationId", "unicode")


@pytest.mark.parametrize("q", ["%FF", "%ED%A0%80", "a%00"])
def test_a_query_that_is_not_clean_unicode_is_invalid(alice: User, q: str) -> None:
    expect_invalid(alice.api.request("GET", f"/users/search?q={q}"), "/query/q", "unicode")


def test_an_id_of_64_characters_of_any_script_is_looked_for(alice: User) -> None:
    expect_error(alice.api.get_conversation("会" * 64), "CONVERSATION_NOT_FOUND")
    expect_error(alice.api.get_conversation("a b?c#d%e"), "CONVERSATION_NOT_FOUND")


@pytest.mark.parametrize("value", ["a/b", "/", "a%2Fb"])
def test_an_encoded_slash_is_part_of_an_id(alice: User, value: str) -> None:
    expect_error(alice.api.get_conversation(value), "CONVERSATION_NOT_FOUND")


@pytest.mark.parametrize(
    ("operation", "field", "pointer"),
    [
        ("register", "username", "/username"),
        ("register", "password", "/password"),
        ("login", "password", "/password"),
        ("refreshSession", "refreshToken", "/refreshToken"),
        ("updateProfile", "avatarUrl", "/avatarUrl"),
        ("createConversation", "name", "/name"),
        ("createConversation", "description", "/description"),
        ("updateConversation", "description", "/description"),
        ("sendMessage", "content", "/content"),
        ("sendMessage", "client_msg_id", "/client_msg_id"),
        ("createFriendRequest", "targetUserId", "/targetUserId"),
        ("createFriendRequest", "message", "/message"),
        ("updateFriendRequest", "action", "/action"),
    ],
)
@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udfff", r"\ud83d!", r"\ude42\ud83d"])
def test_u_0000_and_lone_surrogates_are_refused_everywhere(
    alice: User, operation: str, field: str, pointer: str, escape: str
) -> None:
    body = {**VALID_BODIES[operation], field: "MARK-and-some-more"}
    content = json.dumps(body).replace("MARK", escape).encode()
    expect_invalid(alice.api.call(operation, content=content), pointer, "unicode")


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800"])
def test_u_0000_and_lone_surrogates_are_refused_in_a_list(alice: User, escape: str) -> None:
    content = f'{{"members": ["fine", "x{escape}"]}}'.encode()
    expect_invalid(alice.api.call("addMembers", content=content), "/members/1", "unicode")


def test_a_pair_of_surrogates_is_a_character(alice: User) -> None:
    content = rb'{"messageType": 1, "content": "\ud83d\ude42"}'
    message = expect_ok(alice.api.call("sendMessage", group(alice), content=content), 201)
    assert message["content"] == "🙂"


@pytest.mark.parametrize("name", [r"\ud800", r"\u0000", r"a\udfffb"])
def test_a_broken_property_name_is_invalid(alice: User, name: str) -> None:
    content = f'{{"messageType": 1, "content": "x", "{name}": 1}}'.encode()
    expect_error(alice.api.call("sendMessage", content=content), "INVALID_REQUEST")


def test_an_answer_does_not_repeat_what_was_secret(nobody: Api) -> None:
    secret = "top-secret-" + "x" * 130
    response = nobody.register({"username": fresh_name(), "password": secret})
    expect_invalid(response, "/password", "maxLength")
    assert "top-secret" not in response.text
    assert "tok-secret" not in nobody.refresh_session({"refreshToken": "tok-secret"}).text


@pytest.mark.parametrize("page", ["1000000", "999999999999", "18446744073709551616", "9" * 400])
def test_a_huge_page_is_empty_or_invalid(alice: User, page: str) -> None:
    response = alice.api.list_conversations(page=page)
    if response.status_code != 200:
        expect_error(response, "INVALID_REQUEST")
    else:
        assert response.json()["data"]["conversations"] == []


# Sizes


def _padded(body: Json, size: int) -> bytes:
    content = json.dumps(body).encode()
    return content[:-1] + b" " * (size - len(content)) + content[-1:]


def _in_chunks(content: bytes) -> Iterable[bytes]:
    return iter([content[at : at + 5_000] for at in range(0, len(content), 5_000)])


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
def test_a_body_of_the_largest_size_is_taken(connect: Callable[..., Connection], alice: User, chunked: bool) -> None:
    content = _padded(VALID_BODIES["sendMessage"], MAX_BODY_BYTES)
    path = f"/api/conversations/{group(alice)}/messages"
    expect_ok(connect(alice).ask("POST", path, _in_chunks(content) if chunked else content), 201)


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
@pytest.mark.parametrize("excess", [1, 20_000])
def test_a_larger_body_is_too_large(
    connect: Callable[..., Connection], alice: User, chunked: bool, excess: int
) -> None:
    content = _padded(VALID_BODIES["sendMessage"], MAX_BODY_BYTES + excess)
    group_id = group(alice)
    path = f"/api/conversations/{group_id}/messages"
    answer = connect(alice).ask("POST", path, _in_chunks(content) if chunked else content)
    expect_error(answer, "MESSAGE_TOO_LARGE")
    assert alice.api.history(group_id) == []


def test_a_body_that_is_announced_too_large_is_not_waited_for(connect: Callable[..., Connection], alice: User) -> None:
    connection = connect(alice)
    answer = connection.announce("PUT", "/api/users/profile", MAX_BODY_BYTES + 1)
    expect_error(answer, "MESSAGE_TOO_LARGE")
    if not connection.closes and connection.send_rest(b"x" * (MAX_BODY_BYTES + 1)):
        assert expect_ok(connection.ask("GET", "/api/users/profile"))["id"] == alice.id


def test_a_connection_ends_when_a_terabyte_is_announced(connect: Callable[..., Connection]) -> None:
    connection = connect()
    answer = connection.announce("POST", "/api/auth/login", 10**12)
    expect_error(answer, "MESSAGE_TOO_LARGE")
    assert answer.headers["connection"] == "close"
    assert connection.ends()


def test_who_leaves_in_the_middle_of_a_request_leaves_no_trace_in_the_log(
    start_server: Callable[..., GoChatServer],
) -> None:
    server = start_server()
    for _ in range(5):
        with socket.create_connection(server.host_and_port) as link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends with a reset
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost")
            time.sleep(0.05)  # the line is read, and the rest waited for
    assert server.http.get(f"{server.url}/healthz").status_code == 200
    assert "Traceback" not in server.log


def test_the_size_is_a_setting(start_server: Callable[..., GoChatServer]) -> None:
    api = Api(start_server(GOCHAT_MAX_FRAME_BYTES=2048))
    credentials = {"username": fresh_name(), "password": LONG_PASSWORD}
    expect_ok(api.call("register", content=_padded(credentials, 2048)), 201)
    expect_error(api.call("register", content=_padded(credentials, 2049)), "MESSAGE_TOO_LARGE")


# Languages


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("en", "en"),
        ("EN", "en"),
        ("en-US,en;q=0.9", "en"),
        ("en-GB", "en"),
        ("en;q=0.5,zh;q=0.9", "zh"),
        ("zh;q=0.5,en;q=0.9", "en"),
        ("zh;q=0.1, en-US;q=0.2", "en"),
        ("fr,en;q=0.5", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("en;q=0", "zh"),
        ("en;q=0,zh", "zh"),
        ("de,fr;q=0.9", "zh"),
        (";;q=,,=", "zh"),
        ("en;q=abc", None),
        ("x" * 2000, "zh"),
    ],
)
def test_messages_are_chinese_unless_english_is_preferred(
    server: GoChatServer, alice: User, header: str | None, language: str | None
) -> None:
    api = Api(server, alice.token, language=header)
    answers = [api.get_profile(), api.get_conversation("none"), api.with_token(None).get_profile()]
    answers += [api.request("GET", "/nope"), api.request("PATCH", "/users/profile"), api.search_users()]
    for answer in answers:
        message = answer.json()["message"]
        is_chinese = any("\u4e00" <= character <= "\u9fff" for character in message)
        assert language is None or is_chinese == (language == "zh"), f"{header!r}: {message!r}"
    assert [answer.json().get("code") for answer in answers] == [
        None,
        "CONVERSATION_NOT_FOUND",
        "AUTH_FAILED",
        "NOT_FOUND",
        "METHOD_NOT_ALLOWED",
        "INVALID_REQUEST",
    ]


def test_success_says_so_in_both_languages(alice: User) -> None:
    assert alice.api.get_profile().json()["message"] == "操作成功"
    assert alice.api.with_language("en").get_profile().json()["message"] == "OK"


@pytest.mark.parametrize(("header", "language"), [("en", "en"), ("zh", "zh"), ("fr", "zh")])
def test_an_answer_names_its_language(alice: User, header: str, language: str) -> None:
    api = alice.api.with_language(header)
    assert api.get_profile().headers["content-language"] == language
    assert api.get_conversation("none").headers["content-language"] == language


# Browsers: OPTIONS and CORS

APP, LOCAL, STRANGER = "https://app.example.org", "http://localhost:5173", "https://evil.example.org"


@pytest.fixture(scope="module")
def cors_server() -> Iterator[GoChatServer]:
    """A server that two web pages may call."""
    with running_server({"GOCHAT_ALLOWED_ORIGINS": f"{APP},{LOCAL}"}) as running:
        yield running


def _preflight(server: GoChatServer, origin: str, method: str = "PUT") -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,accept-language",
    }
    return server.http.options(f"{server.url}/api/users/profile", headers=headers)


@pytest.mark.parametrize("origin", [APP, LOCAL])
def test_a_preflight_of_a_listed_page_is_granted(cors_server: GoChatServer, origin: str) -> None:
    response = _preflight(cors_server, origin)
    assert response.status_code in (200, 204), response.text
    assert response.headers["access-control-allow-origin"] == origin
    methods = {name.strip() for name in response.headers["access-control-allow-methods"].split(",")}
    assert "PUT" in methods
    allowed = {name.strip().lower() for name in response.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type"} <= allowed
    assert "origin" in response.headers.get("vary", "").lower()


@pytest.mark.parametrize("origin", [STRANGER, "https://app.example.org.evil.example", "null", APP + ":444"])
def test_a_preflight_of_another_page_is_not_granted(cors_server: GoChatServer, origin: str) -> None:
    assert "access-control-allow-origin" not in _preflight(cors_server, origin).headers


@pytest.mark.parametrize("path", ["/users/profile", "/nope", "/users/search", "/auth/login"])
def test_a_listed_page_can_read_answers_and_errors(cors_server: GoChatServer, path: str) -> None:
    response = Api(cors_server).request("GET", path, headers={"Origin": APP})
    assert response.headers["access-control-allow-origin"] == APP
    assert "origin" in response.headers.get("vary", "").lower()


def test_a_listed_page_can_read_a_success(cors_server: GoChatServer) -> None:
    response = Api(cors_server).request("POST", "/auth/guest", headers={"Origin": LOCAL})
    expect_ok(response, 201)
    assert response.headers["access-control-allow-origin"] == LOCAL


def test_another_page_cannot_read_answers(cors_server: GoChatServer) -> None:
    response = Api(cors_server).request("GET", "/users/profile", headers={"Origin": STRANGER})
    assert "access-control-allow-origin" not in response.headers


def test_without_a_list_no_other_page_can_read_answers(server: GoChatServer) -> None:
    response = Api(server).request("GET", "/users/profile", headers={"Origin": STRANGER})
    assert "access-control-allow-origin" not in response.headers


# The connection goes on


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "code"),
    [
        ("POST", "/api/nope", b'{"a": 1}', {}, "NOT_FOUND"),
        ("PATCH", "/api/users/profile", b'{"a": 1}', {}, "METHOD_NOT_ALLOWED"),
        ("PUT", "/api/users/profile", b'{"a": 1}', {"Authorization": "Bearer x"}, "AUTH_FAILED"),
        ("PUT", "/api/users/profile", b"<a/>", {"Content-Type": "text/xml"}, "UNSUPPORTED_MEDIA_TYPE"),
        ("PUT", "/api/users/profile", b"{broken", {}, "INVALID_REQUEST"),
        ("GET", "/api/users/search", b"ignored", {}, "INVALID_REQUEST"),
        ("GET", "/api/conversations/none", b"ignored", {}, "CONVERSATION_NOT_FOUND"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
def test_a_connection_goes_on_after_an_error(
    connect: Callable[..., Connection],
    alice: User,
    method: str,
    path: str,
    content: bytes,
    headers: dict[str, str],
    code: str,
    chunked: bool,
) -> None:
    connection = connect(alice)
    for _ in range(2):
        sent = iter([content]) if chunked else content
        expect_error(connection.ask(method, path, sent, headers), code)
        assert not connection.closes
        assert expect_ok(connection.ask("GET", "/api/users/profile"))["id"] == alice.id


@pytest.mark.parametrize("path", ["/api/nope", "/api/auth/logout", "/no/such/page", "/api/users/profile"])
def test_an_unread_body_is_not_taken_for_a_request(connect: Callable[..., Connection], alice: User, path: str) -> None:
    connection = connect()
    smuggled = b"GET /api/conversations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
    smuggled += alice.token.encode() + b"\r\n\r\n"
    first = connection.ask("POST", path, smuggled)
    assert first.status_code in (401, 404, 405)
    if not connection.closes:
        second = connection.ask("GET", "/api/users/profile")
        expect_error(second, "AUTH_FAILED")
