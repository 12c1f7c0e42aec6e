"""Walks every operation, every frame and every error code of a running GoChat server, once each.

`python conformance/walk.py http://HOST:PORT`: one line a step, a summary, exit status 1 when a step failed.
A stranger's view, in one file that can be copied next to any server: it needs httpx and websockets, and knows nothing
of the server's code. Made for default settings: it stays below the limit of logins (some 30 of 60 a minute), and goes
over those of messages and of failed logins on purpose. It leaves its accounts and messages behind.
"""

from __future__ import annotations

import sys

# Run as a file, its own folder stands first on the path, and the `http` there is not Python's.
if __name__ == "__main__":
    sys.path.pop(0)

import argparse
import json
import secrets
import select
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
ADMIN, OWNER = 2, 3
TEXT, IMAGE = 1, 2
NOBODY = "no-such-id"

INVALID = "400 INVALID_REQUEST"
NO_LOGIN = "401 AUTH_FAILED"
FORBIDDEN = "403 FORBIDDEN"
NO_CONVERSATION = "404 CONVERSATION_NOT_FOUND"
NO_USER = "404 USER_NOT_FOUND"
NO_REQUEST = "404 REQUEST_NOT_FOUND"
CONFLICT = "409 CONFLICT"
TOO_LARGE = "413 MESSAGE_TOO_LARGE"
NOT_JSON = "415 UNSUPPORTED_MEDIA_TYPE"
LIMITED = "429 RATE_LIMITED"


@dataclass(frozen=True)
class Row:
    """One HTTP operation: what a success carries, and its answers beside those in `expected`."""

    operation: str  # method and path below /api
    shape: str
    answers: tuple[str, ...]  # a status, for an error with the code
    is_secured: bool = True

    @property
    def has_body(self) -> bool:
        """Whether the operation reads a body."""
        return self.operation.startswith(("POST", "PUT")) and self.shape != "Empty"

    @property
    def expected(self) -> set[str]:
        """All answers that a client can bring about."""
        return {
            *self.answers,
            INVALID,
            *([NO_LOGIN] if self.is_secured else []),
            *([TOO_LARGE, NOT_JSON] if self.has_body else []),
        }


_ONE = "/conversations/{conversationId}"
ROWS = (
    Row("POST /auth/register", "RegisteredUser", ("201", "409 USERNAME_TAKEN"), is_secured=False),
    Row("POST /auth/login", "Session", ("200", "401 INVALID_CREDENTIALS", LIMITED), is_secured=False),
    Row("POST /auth/guest", "Session", ("201",), is_secured=False),
    Row("POST /auth/logout", "Empty", ("200",)),
    Row("POST /auth/refresh", "Session", ("200", NO_LOGIN), is_secured=False),
    Row("GET /users/profile", "User", ("200",)),
    Row("PUT /users/profile", "User", ("200", FORBIDDEN)),
    Row("GET /users/search", "UserList", ("200", FORBIDDEN)),
    Row("GET /conversations", "ConversationList", ("200",)),
    Row("POST /conversations", "Conversation", ("200", "201", FORBIDDEN, NO_USER)),
    Row(f"GET {_ONE}", "Conversation", ("200", FORBIDDEN, NO_CONVERSATION)),
    Row(f"PUT {_ONE}", "Conversation", ("200", FORBIDDEN, NO_CONVERSATION)),
    Row(f"GET {_ONE}/messages", "MessageList", ("200", FORBIDDEN, NO_CONVERSATION)),
    Row(
        f"POST {_ONE}/messages",
        "Message",
        ("201", FORBIDDEN, NO_CONVERSATION, "409 CLIENT_MSG_ID_CONFLICT", LIMITED),
    ),
    Row(f"PUT {_ONE}/read", "UnreadCount", ("200", FORBIDDEN, NO_CONVERSATION)),
    Row(f"GET {_ONE}/members", "MemberList", ("200", FORBIDDEN, NO_CONVERSATION)),
    Row(f"POST {_ONE}/members", "AddedMembers", ("201", FORBIDDEN, NO_CONVERSATION, NO_USER)),
    Row(f"PUT {_ONE}/members/{{userId}}", "ConversationMember", ("200", FORBIDDEN, NO_CONVERSATION, NO_USER)),
    Row(f"DELETE {_ONE}/members/{{userId}}", "Empty", ("200", FORBIDDEN, NO_CONVERSATION, NO_USER)),
    Row("GET /friends", "FriendList", ("200", FORBIDDEN)),
    Row("GET /friends/requests", "FriendRequestList", ("200", FORBIDDEN)),
    Row("POST /friends/requests", "FriendRequest", ("201", FORBIDDEN, NO_USER, CONFLICT)),
    Row("PUT /friends/requests/{requestId}", "FriendRequest", ("200", FORBIDDEN, NO_REQUEST, CONFLICT)),
)

FRAMES = {"send-message", "ping", "mark-read", "new-message", "message-ack", "online-status", "pong", "error"}
SOCKET_CODES = {
    *("AUTH_FAILED", "INVALID_MESSAGE", "CONVERSATION_NOT_FOUND", "MESSAGE_TOO_LARGE", "RATE_LIMITED"),
    *("FORBIDDEN", "CLIENT_MSG_ID_CONFLICT"),
}

# The required properties of each shape and of each frame's data: a type, or the name of a shape; [..] for a list.
SHAPES: dict[str, dict[str, Any]] = {
    "User": {"id": str, "username": str, "isGuest": bool, "createdAt": int},
    "Session": {"accessToken": str, "refreshToken": str, "expiresIn": int, "user": "User"},
    "RegisteredUser": {"user": "User"},
    "UserList": {"users": ["User"]},
    "Message": {
        "id": str,
        "conversationId": str,
        "senderId": str,
        "messageType": int,
        "content": str,
        "seqId": int,
        "createdAt": int,
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
    "Sender": {"id": str, "username": str},
    "new-message": {
        "id": str,
        "conversationId": str,
        "sender": "Sender",
        "messageType": int,
        "content": str,
        "seqId": int,
        "createdAt": int,
    },
    "message-ack": {"client_msg_id": str, "messageId": str, "status": str, "seqId": int, "createdAt": int},
    "online-status": {"userId": str, "status": str},
    "error": {"code": str, "message": str, "details": dict},
}

HEADERS = {401: "WWW-Authenticate", 405: "Allow", 426: "Sec-WebSocket-Version", 429: "Retry-After"}


class StepError(Exception):
    """A step did not give what it has to; the text says what arrived or what was expected."""


def check(condition: bool, text: str) -> None:
    """Raise `StepError` with `text` unless the condition holds."""
    if not condition:
        raise StepError(text)


def check_shape(value: Any, shape: Any, where: str = "data") -> None:
    """Raise `StepError` unless `value` has the required properties of `shape`, by type; others are ignored."""
    if isinstance(shape, list):
        check_shape(value, list, where)
        for index, item in enumerate(value):
            check_shape(item, shape[0], f"{where}/{index}")
    elif isinstance(shape, str):
        check_shape(value, dict, where)
        for name, inner in SHAPES[shape].items():
            check_shape(value.get(name), inner, f"{where}/{name}")
    else:
        is_right = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        check(is_right, f"{where} is {value!r}, expected {shape.__name__}")


def read_envelope(response: httpx.Response) -> Json:
    """Return the answer's JSON; raise `StepError` unless it is the one envelope that all answers have."""
    try:
        envelope = response.json()
    except ValueError:
        raise StepError(f"{response.status_code} without JSON: {shortened(response.text)}") from None
    check_shape(envelope, dict, "envelope")
    check(envelope.get("success") is response.is_success, f"`success` is {envelope.get('success')!r}")
    check_shape(envelope.get("message"), str, "message")
    if response.is_success:
        check_shape(envelope.get("data"), dict)
    else:
        check_shape(envelope.get("code"), str, "code")
    header = HEADERS.get(response.status_code)
    check(header is None or header in response.headers, f"no {header} header")
    if response.status_code == 400:
        check_shape(envelope.get("details", {}).get("errors"), list, "details/errors")
    if response.status_code == 429:
        check_shape(envelope.get("details", {}).get("retryAfterMs"), int, "details/retryAfterMs")
    return dict(envelope)


def row_of(operation: str) -> Row | None:
    """Return the row that a method and a path (with ids, without a query) belong to."""
    parts = operation.split("/")
    for row in sorted(ROWS, key=lambda row: row.operation.count("{")):
        wanted = row.operation.split("/")
        if len(wanted) == len(parts) and all(a == b or b.startswith("{") for a, b in zip(parts, wanted, strict=True)):
            return row
    return None


def text(content: str = "hello", **more: Any) -> Json:
    """Return the body of a text message."""
    return {"messageType": TEXT, "content": content, **more}


def fresh_id() -> str:
    """Return a client_msg_id that nobody has used."""
    return secrets.token_hex(8)


def shortened(words: str) -> str:
    """Return the start of a text, for a message."""
    return words if len(words) <= 300 else words[:300] + " ..."


@dataclass
class Person:
    """One account of the walk and its present login."""

    name: str
    id: str = ""
    token: str = ""
    refresh_token: str = ""

    @property
    def credentials(self) -> Json:
        """The body that registers this person or logs him in."""
        return {"username": self.name, "password": PASSWORD}

    def take(self, session: Json) -> None:
        """Use the tokens of a login from now on."""
        self.id, self.token = session["user"]["id"], session["accessToken"]
        self.refresh_token = session["refreshToken"]


@dataclass
class Walk:
    """The server's address, the people, and what was seen so far."""

    url: str
    http: httpx.Client
    steps: int = 0
    failed: int = 0
    answers: set[tuple[str, str]] = field(default_factory=set)  # operation as in ROWS, answer
    frames: set[str] = field(default_factory=set)
    socket_codes: set[str] = field(default_factory=set)
    group_id: str = ""
    world_id: str = ""

    def __post_init__(self) -> None:
        run = secrets.token_hex(4)
        names = ("alice", "bob", "carol", "dave", "erin")
        self.alice, self.bob, self.carol, self.dave, self.erin = (Person(f"{name}-{run}") for name in names)
        self.guest = Person("guest")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count and print a step; it fails when its block raises. The walk goes on."""
        problem = ""
        try:
            yield
        except StepError as error:
            problem = f": {error}"
        except (KeyError, IndexError, OSError, httpx.HTTPError, WebSocketException) as error:
            problem = f": {error!r}"
        self.steps += 1
        self.failed += bool(problem)
        print(f"{'FAIL' if problem else 'ok  '} {name}{problem}", flush=True)

    def that(self, rule: str, condition: bool) -> None:
        """Hold one rule, as one step."""
        with self.step(rule):
            check(condition, "it is not so")

    def call(
        self,
        operation: str,
        answer: str,
        by: Person | None = None,
        body: Json | None = None,
        note: str = "",
        *,
        raw: tuple[str, bytes] | None = None,
        tries: int = 1,
    ) -> Json:
        """Make one request as one step; return the `data` of a success, the whole envelope of an error.

        Args:
            operation: Method and path below /api, with ids and query filled in.
            answer: What has to come, as in `ROWS`.
            raw: Content type and bytes instead of a JSON body.
            tries: How often it is made, at most, until that comes.
        """
        method, _, target = operation.partition(" ")
        row = row_of(operation.partition("?")[0])
        name = row.operation if row else operation
        with self.step(f"{name} {answer}" + (f"  ({note})" if note else "")):
            headers = {"Authorization": f"Bearer {by.token}"} if by is not None else {}
            content = None
            if body is not None or raw is not None:
                headers["Content-Type"], content = raw or ("application/json", json.dumps(body).encode())
            for _ in range(tries):
                response = self.http.request(method, f"{self.url}/api{target}", headers=headers, content=content)
                envelope = read_envelope(response)
                got = f"{response.status_code} {envelope.get('code', '')}".strip()
                if got == answer:
                    break
            check(got == answer, f"got {got}: {shortened(response.text)}")
            if row is not None and response.is_success:
                check_shape(envelope["data"], row.shape)
            self.answers.add((name, answer))
            return dict(envelope.get("data", envelope))
        return {}

    @contextmanager
    def connect(self, token: str | None) -> Iterator[Socket]:
        """Open a socket with a token, right or wrong, and close it at the end."""
        query = "" if token is None else f"?token={quote(token, safe='')}"
        with connect(
            f"ws{self.url.removeprefix('http')}/ws{query}",
            compression=None,
            ping_interval=None,
            proxy=None,
            open_timeout=ANSWER_TIMEOUT_S,
            ssl=tls_context() if self.url.startswith("https:") else None,
        ) as connection:
            yield Socket(self, connection)

    @contextmanager
    def open(self, person: Person) -> Iterator[Socket]:
        """Open a person's socket; the server has taken it in when this yields."""
        with self.connect(person.token) as socket:
            socket.settle()
            yield socket


class LockedTlsSocket(ssl.SSLSocket):
    """A TLS connection that one thread may read while another writes, as this WebSocket client does.

    OpenSSL wants one call at a time, and most versions of Python have no lock around them: of 500 handshakes one hung,
    because the request was written while tickets of TLS 1.3 were read. Waits are outside of the lock.
    """

    _LOOK_S = 0.1  # who waits does not notice that the other thread closes the socket
    _lock: threading.Lock | None = None  # until the TLS handshake is done
    _timeout_s: float | None = None

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        self._timeout_s = super().gettimeout()
        super().settimeout(0)
        self._lock = threading.Lock()

    def settimeout(self, value: float | None) -> None:
        if self._lock is None:
            super().settimeout(value)
        else:
            self._timeout_s = value

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        return bytes(self._call(super().recv, buflen))

    def send(self, data: Any, flags: int = 0) -> int:  # `sendall` sends by this
        return int(self._call(super().send, data))

    def _call(self, function: Callable[[Any], Any], argument: Any) -> Any:
        assert self._lock is not None
        until = None if self._timeout_s is None else time.monotonic() + self._timeout_s
        while True:
            try:
                with self._lock:
                    return function(argument)
            except ssl.SSLWantReadError:
                wanted: tuple[list[Any], list[Any]] = [self], []
            except ssl.SSLWantWriteError:
                wanted = [], [self]
            if until is not None and time.monotonic() > until:
                raise TimeoutError
            select.select(*wanted, [], self._LOOK_S)  # ValueError when it is closed


def tls_context(*, verify: bool = True) -> ssl.SSLContext:
    """Return what makes such connections; without `verify` any certificate is good enough."""
    context = ssl.create_default_context()
    context.sslsocket_class = LockedTlsSocket
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Socket:
    """One WebSocket connection; every frame that comes is held to its envelope and its shape."""

    def __init__(self, walk: Walk, connection: ClientConnection) -> None:
        self._walk = walk
        self._connection = connection
        self._waiting: list[Json] = []

    def send(self, kind: str, data: Json | None = None) -> None:
        """Send one frame."""
        self.send_raw(json.dumps({"type": kind} if data is None else {"type": kind, "data": data}))
        self._walk.frames.add(kind)

    def send_raw(self, message: str | bytes, *, as_text: bool | None = None) -> None:
        """Send a message as it is; `as_text` sends bytes as a text frame."""
        self._connection.send(message, text=as_text)

    def settle(self) -> None:
        """Wait until the server has handled all that was sent before."""
        self.send("ping")
        self.expect("pong")

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
                others = Counter(_named(waiting) for waiting in self._waiting)
                raise StepError(f"no {kind} with {data} within {timeout_s:g} s, but {dict(others)}") from None
            if _fits(frame, kind, data):
                return dict(frame.get("data", {}))
            self._waiting.append(frame)

    def expect_error(self, code: str) -> Json:
        """Return the `details` of the next error frame with this code."""
        details = self.expect("error", code=code)["details"]
        self._walk.socket_codes.add(code)
        return dict(details)

    def expect_none(self, kind: str, **data: Any) -> None:
        """Raise `StepError` if such a frame came before the server answered a ping."""
        self.settle()
        check(not any(_fits(frame, kind, data) for frame in self._waiting), f"a {kind} with {data} that must not come")

    def expect_close(self, code: int) -> None:
        """Wait for the end of the connection and hold it to its close code."""
        try:
            while True:
                self._receive(ANSWER_TIMEOUT_S)
        except ConnectionClosed:
            check(self._connection.close_code == code, f"closed with {self._connection.close_code}")
        except TimeoutError:
            raise StepError(f"still open after {ANSWER_TIMEOUT_S:g} s") from None

    def _receive(self, timeout_s: float) -> Json:
        message = self._connection.recv(max(timeout_s, 0.0))
        check(isinstance(message, str), "a binary frame came")
        frame = json.loads(message)
        check_shape(frame, dict, "frame")
        check_shape(frame.get("type"), str, "type")
        check_shape(frame.get("timestamp"), int, "timestamp")
        if frame["type"] in SHAPES:
            check_shape(frame.get("data"), frame["type"])
        self._walk.frames.add(frame["type"])
        return dict(frame)


def _named(frame: Json) -> str:
    return f"error {frame['data']['code']}" if frame["type"] == "error" else str(frame["type"])


def _fits(frame: Json, kind: str, data: Json) -> bool:
    return frame["type"] == kind and all(frame.get("data", {}).get(name) == value for name, value in data.items())


# --- the sections of the walk, in order; each needs what those before it have made ---------------------------


def walk_accounts(walk: Walk) -> None:
    """Registering, logging in, guests."""
    alice = walk.alice
    for person in (alice, walk.bob, walk.carol, walk.dave, walk.erin):
        walk.call("POST /auth/register", "201", None, person.credentials)
        person.take(walk.call("POST /auth/login", "200", None, person.credentials))
    shouted = {**alice.credentials, "username": alice.name.upper()}
    walk.call("POST /auth/register", "409 USERNAME_TAKEN", None, shouted, "a name in other case")
    wrong = {**alice.credentials, "password": "not the password"}
    walk.call("POST /auth/login", "401 INVALID_CREDENTIALS", None, wrong)
    session = walk.call("POST /auth/guest", "201", note="without a body")
    walk.guest.take(session)
    walk.that("a guest is marked as one", session["user"]["isGuest"])
    walk.call("POST /auth/guest", "201", None, {}, "with an empty object")


def walk_tokens(walk: Walk) -> None:
    """Refreshing and logging out: what ends and what stays."""
    second, third = Person(walk.dave.name), Person(walk.dave.name)
    second.take(walk.call("POST /auth/login", "200", None, second.credentials, "a second login"))
    spent = {"refreshToken": second.refresh_token}
    second.take(walk.call("POST /auth/refresh", "200", None, spent))
    walk.call("GET /users/profile", "200", second, note="with the new token")
    walk.call("POST /auth/refresh", NO_LOGIN, None, spent, "a refresh token used twice")
    walk.call("GET /users/profile", NO_LOGIN, second, note="the whole login is revoked")
    third.take(walk.call("POST /auth/login", "200", None, third.credentials, "a third login"))
    with walk.open(third) as socket:
        walk.call("POST /auth/logout", "200", third)
        with walk.step("logout: the socket of that login gets error AUTH_FAILED and is closed with 4401"):
            socket.expect_error("AUTH_FAILED")
            socket.expect_close(4401)
    walk.call("GET /users/profile", NO_LOGIN, third, note="after the logout")
    walk.call("POST /auth/refresh", NO_LOGIN, None, {"refreshToken": third.refresh_token}, "after the logout")
    walk.call("GET /users/profile", "200", walk.dave, note="other logins stay")


def walk_contract(walk: Walk) -> None:
    """What every operation refuses before it looks at anything, and what is outside of all operations."""
    liar = Person("liar", token="not-a-token")
    too_large = ("application/json", b'"' + b"x" * MAX_BODY_BYTES + b'"')
    for row in ROWS:
        operation = row.operation.replace("{", "").replace("}", "")  # the name of a parameter is an id like any other
        by = walk.alice if row.is_secured else None
        if row.is_secured:
            walk.call(operation, NO_LOGIN, note="no token")
            walk.call(operation, NO_LOGIN, liar, note="a bad token")
        if row.has_body:
            walk.call(operation, NOT_JSON, by, raw=("text/plain", b"{}"))
            walk.call(operation, TOO_LARGE, by, raw=too_large)
            walk.call(operation, INVALID, by, raw=("application/json", b"{"), note="broken JSON")
            error = walk.call(operation, INVALID, by, {"surprise": 1}, "an unknown property")
            pointer = "/surprise"
        else:
            error = walk.call(f"{operation}?surprise=1", INVALID, by, note="an unknown query parameter")
            pointer = "/query/surprise"
        pointers = [found["pointer"] for found in error["details"]["errors"]]
        walk.that(f"{row.operation}: details.errors names {pointer}", pointer in pointers)
    walk.call("GET /surprise", "404 NOT_FOUND", note="an unknown path")
    walk.call("PATCH /users/profile", "405 METHOD_NOT_ALLOWED", walk.alice)
    with walk.step("GET /ws without an upgrade: 426 UPGRADE_REQUIRED"):
        response = walk.http.get(f"{walk.url}/ws")
        got = response.status_code, read_envelope(response).get("code")
        check(got == (426, "UPGRADE_REQUIRED"), f"got {got}")
    with walk.step("Accept-Language: texts are Chinese, and English where that is preferred"):
        chinese, english = (
            walk.http.get(f"{walk.url}/api/surprise", headers={"Accept-Language": language}).json()["message"]
            for language in ("*", "en")
        )
        check(not chinese.isascii() and english.isascii(), f"got {chinese!r} and {english!r}")


def walk_users(walk: Walk) -> None:
    """Profiles and search."""
    alice, bob, guest = walk.alice, walk.bob, walk.guest
    walk.that("GET /users/profile is one's own", walk.call("GET /users/profile", "200", alice)["id"] == alice.id)
    walk.call("GET /users/profile", "200", guest, note="a guest")
    avatar = {"avatarUrl": "https://example.com/alice.png"}
    user = walk.call("PUT /users/profile", "200", alice, avatar)
    walk.that("the avatar is the new one", user["avatarUrl"] == avatar["avatarUrl"])
    walk.call("PUT /users/profile", INVALID, alice, {"avatarUrl": "ftp://example.com/a"}, "not http(s)")
    walk.call("PUT /users/profile", FORBIDDEN, guest, avatar, "a guest")
    found = walk.call(f"GET /users/search?q={bob.name[:-1].upper()}&limit=20", "200", alice)["users"]
    walk.that("search finds a prefix in any case", bob.id in [user["id"] for user in found])
    walk.call("GET /users/search?q=a&limit=21", INVALID, alice, note="limit over 20")
    walk.call("GET /users/search", INVALID, alice, note="without q")
    walk.call("GET /users/search?q=a", FORBIDDEN, guest, note="a guest")


def walk_friends(walk: Walk) -> None:
    """Asking, rejecting, accepting; alice and bob are friends at the end."""
    alice, bob, guest = walk.alice, walk.bob, walk.guest
    ask, answer = "POST /friends/requests", "PUT /friends/requests/"
    accept, reject = {"action": "accept"}, {"action": "reject"}
    to_bob = {"targetUserId": bob.id, "message": "hi"}
    first = walk.call(ask, "201", alice, to_bob)["id"]
    walk.call(ask, CONFLICT, alice, to_bob, "one is pending")
    walk.call(ask, CONFLICT, bob, {"targetUserId": alice.id}, "one is pending, the other way")
    walk.call(ask, INVALID, alice, {"targetUserId": alice.id}, "oneself")
    walk.call(ask, NO_USER, alice, {"targetUserId": NOBODY})
    walk.call(ask, FORBIDDEN, alice, {"targetUserId": guest.id}, "a guest as target")
    walk.call(ask, FORBIDDEN, guest, to_bob, "a guest")
    for kind, person in (("received", bob), ("sent", alice)):
        requests = walk.call(f"GET /friends/requests?type={kind}&status=0", "200", person)["requests"]
        walk.that(f"the request is among the {kind}", first in [request["id"] for request in requests])
    walk.call("GET /friends/requests?status=3", INVALID, bob, note="status 3 is reserved")
    walk.call("GET /friends/requests", FORBIDDEN, guest, note="a guest")
    walk.call(answer + first, FORBIDDEN, alice, accept, "not the target")
    walk.call(answer + NOBODY, NO_REQUEST, bob, accept)
    walk.that("a rejected request has status 2", walk.call(answer + first, "200", bob, reject)["status"] == 2)
    second = walk.call(ask, "201", alice, to_bob, "again, after the rejection")["id"]
    walk.that("an accepted request has status 1", walk.call(answer + second, "200", bob, accept)["status"] == 1)
    walk.call(answer + second, CONFLICT, bob, reject, "answered already")
    walk.call(ask, CONFLICT, alice, to_bob, "friends already")
    friends = walk.call("GET /friends", "200", alice)["friends"]
    walk.that("the two are friends", [friend["friendId"] for friend in friends] == [bob.id])
    walk.call("GET /friends", FORBIDDEN, guest, note="a guest")


def walk_conversations(walk: Walk) -> None:
    """Opening, listing, showing and editing; `group_id` is alice's group with bob at the end."""
    alice, bob, carol, dave, guest = walk.alice, walk.bob, walk.carol, walk.dave, walk.guest
    make = "POST /conversations"
    single = walk.call(make, "201", alice, {"type": SINGLE, "members": [carol.id]}, "a single chat")
    same = walk.call(make, "200", carol, {"type": SINGLE, "members": [alice.id]}, "by the other one")
    walk.that("there is one single chat a pair", single["id"] == same["id"])
    walk.call(make, "200", alice, {"type": SINGLE, "members": [bob.id]}, "opened by the friendship")
    members = [bob.id, bob.id, alice.id]
    group = walk.call(make, "201", alice, {"type": GROUP, "members": members, "name": "walkers"}, "a group")
    walk.that("duplicates and oneself do not count", group["memberCount"] == 2)
    walk.call(make, INVALID, alice, {"type": GROUP, "members": []}, "a group without a name")
    walk.call(make, INVALID, alice, {"type": SINGLE, "members": [alice.id]}, "with oneself")
    walk.call(make, FORBIDDEN, guest, {"type": SINGLE, "members": [bob.id]}, "a guest")
    walk.call(make, FORBIDDEN, alice, {"type": SINGLE, "members": [guest.id]}, "with a guest")
    walk.call(make, NO_USER, alice, {"type": SINGLE, "members": [NOBODY]})

    world = walk.call(f"GET /conversations?type={WORLD}", "200", guest, note="a guest's world chat")["conversations"]
    walk.that("there is one world chat", len(world) == 1)
    pages = [walk.call(f"GET /conversations?page={page}&size=2", "200", alice) for page in (1, 2)]
    ids = {conversation["id"] for page in pages for conversation in page["conversations"]}
    walk.that("two pages of two hold four conversations", len(ids) == 4)
    walk.that("hasMore is true on all pages but the last", [page["hasMore"] for page in pages] == [True, False])
    walk.call("GET /conversations?page=0", INVALID, alice)

    walk.group_id, walk.world_id = group["id"], world[0]["id"]
    here = f"/conversations/{walk.group_id}"
    shown = walk.call(f"GET {here}", "200", bob)["members"]
    walk.that("details have the members", {member["userId"] for member in shown} == {alice.id, bob.id})
    shown = walk.call(f"GET /conversations/{walk.world_id}", "200", guest, note="the world chat")
    walk.that("but not those of the world chat", "members" not in shown)
    walk.call(f"GET {here}", FORBIDDEN, dave, note="not a member")
    walk.call(f"GET {here}", FORBIDDEN, guest, note="a guest")
    walk.call(f"GET /conversations/{NOBODY}", NO_CONVERSATION, alice)
    renamed = {"name": "still walkers"}
    walk.that("the name is the new one", walk.call(f"PUT {here}", "200", alice, renamed)["name"] == renamed["name"])
    walk.call(f"PUT {here}", FORBIDDEN, bob, renamed, "not an admin")
    walk.call(f"PUT /conversations/{NOBODY}", NO_CONVERSATION, alice, renamed)


def walk_messages(walk: Walk) -> None:
    """Sending over HTTP, history by `cursor` and by `after`, the read pointer."""
    alice, bob, dave, guest = walk.alice, walk.bob, walk.dave, walk.guest
    here, nowhere = f"/conversations/{walk.group_id}", f"/conversations/{NOBODY}"
    send, history, read = f"POST {here}/messages", f"GET {here}/messages", f"PUT {here}/read"
    one = text("one", client_msg_id=fresh_id())
    stored = walk.call(send, "201", alice, one)
    repeated = walk.call(send, "201", alice, one, "the same again")
    walk.that("a repeat gives the same message", (repeated["id"], repeated["seqId"]) == (stored["id"], 1))
    walk.call(send, "409 CLIENT_MSG_ID_CONFLICT", alice, {**one, "content": "two"})
    walk.call(send, "201", bob, {"messageType": IMAGE, "content": "https://example.com/cat.png"}, "an image")
    longest = "\N{GRINNING FACE}" * MAX_CONTENT
    walk.call(send, "201", alice, text(longest), "the longest content")
    walk.call(send, TOO_LARGE, alice, text(longest + "x"), "one code point more")
    walk.call(send, INVALID, alice, {"messageType": 4, "content": "x"}, "a type that clients may not send")
    walk.call(f"POST /conversations/{walk.world_id}/messages", "201", guest, text(), "a guest in the world chat")
    walk.call(send, FORBIDDEN, dave, text(), "not a member")
    walk.call(f"POST {nowhere}/messages", NO_CONVERSATION, alice, text())

    for query, seq_ids, has_more in (
        ("limit=2", [3, 2], True),
        ("limit=2&cursor=2", [1], False),
        ("limit=2&after=0", [1, 2], True),
        ("limit=2&after=2", [3], False),
        ("after=3", [], False),
    ):
        page = walk.call(f"{history}?{query}", "200", bob, note=query)
        walk.that(f"the messages are {seq_ids}", [message["seqId"] for message in page["messages"]] == seq_ids)
        walk.that(f"hasMore is {has_more}", page["hasMore"] is has_more)
        walk.that("nextCursor is the last seqId", page.get("nextCursor") == (seq_ids[-1] if seq_ids else None))
    walk.call(f"{history}?cursor=3&after=1", INVALID, bob, note="cursor and after at once")
    walk.call(f"{history}?limit=101", INVALID, bob, note="limit over 100")
    walk.call(history, FORBIDDEN, dave, note="not a member")
    walk.call(f"GET {nowhere}/messages", NO_CONVERSATION, alice)

    for seq_id, unread, note in ((1, 1, "one of two others"), (999, 0, "past the end"), (1, 0, "backwards")):
        answer = walk.call(read, "200", bob, {"seqId": seq_id}, note)
        walk.that(f"{unread} unread", answer["unreadCount"] == unread)
    walk.call(read, INVALID, bob, {"seqId": 0})
    walk.call(read, FORBIDDEN, dave, {"seqId": 1}, "not a member")
    walk.call(f"PUT {nowhere}/read", NO_CONVERSATION, alice, {"seqId": 1})


def walk_members(walk: Walk) -> None:
    """Listing, adding, changing and removing members; the group has alice and bob again at the end."""
    alice, bob, carol, dave, erin = walk.alice, walk.bob, walk.carol, walk.dave, walk.erin
    here, nowhere = f"/conversations/{walk.group_id}/members", f"/conversations/{NOBODY}/members"
    added = walk.call(f"POST {here}", "201", alice, {"members": [carol.id, dave.id, bob.id]})["members"]
    walk.that("all who were named come back", [member["userId"] for member in added] == [carol.id, dave.id, bob.id])
    walk.call(f"POST {here}", INVALID, alice, {"members": []}, "nobody")
    walk.call(f"POST {here}", FORBIDDEN, bob, {"members": [erin.id]}, "not an admin")
    walk.call(f"POST {here}", FORBIDDEN, alice, {"members": [walk.guest.id]}, "a guest as target")
    walk.call(f"POST {here}", NO_USER, alice, {"members": [erin.id, NOBODY]})
    walk.call(f"POST {nowhere}", NO_CONVERSATION, alice, {"members": [carol.id]})
    page = walk.call(f"GET {here}?page=1&size=3", "200", bob)
    walk.that("three of four members, and more", len(page["members"]) == 3 and page["hasMore"])
    owners = walk.call(f"GET {here}?role={OWNER}", "200", bob)["members"]
    walk.that("the owner is who made the group", [member["userId"] for member in owners] == [alice.id])
    walk.call(f"GET {here}", FORBIDDEN, erin, note="not a member")
    walk.call(f"GET /conversations/{walk.world_id}/members", FORBIDDEN, alice, note="the world chat")
    walk.call(f"GET {nowhere}", NO_CONVERSATION, alice)

    admin = {"role": ADMIN}
    walk.that("carol is an admin", walk.call(f"PUT {here}/{carol.id}", "200", alice, admin)["role"] == ADMIN)
    walk.call(f"PUT {here}/{carol.id}", INVALID, alice, {"role": 4})
    walk.call(f"PUT {here}/{dave.id}", FORBIDDEN, carol, admin, "an admin is no owner")
    walk.call(f"PUT {here}/{erin.id}", NO_USER, alice, admin, "not in the group")
    walk.call(f"PUT {nowhere}/{carol.id}", NO_CONVERSATION, alice, admin)
    walk.call(f"DELETE {here}/{dave.id}", FORBIDDEN, bob, note="not an admin")
    walk.call(f"DELETE {here}/{erin.id}", NO_USER, alice, note="not in the group")
    walk.call(f"DELETE {nowhere}/{dave.id}", NO_CONVERSATION, alice)
    walk.call(f"DELETE {here}/{dave.id}", "200", carol, note="an admin removes a member")
    walk.call(f"DELETE {here}/{carol.id}", "200", carol, note="oneself: leaves")
    walk.call(f"GET {here}", FORBIDDEN, carol, note="after leaving")


def walk_frames(walk: Walk) -> None:
    """Every frame but online-status, in both directions, and the errors that leave the socket open."""
    alice, bob = walk.alice, walk.bob
    here = {"conversationId": walk.group_id}
    sent = {**here, **text(client_msg_id=fresh_id())}
    with walk.open(alice) as hers, walk.open(bob) as his, walk.open(walk.dave) as strangers:
        with walk.step("ping: pong"):
            hers.settle()
        with walk.step("send-message: message-ack to the sender, new-message to the other"):
            hers.send("send-message", sent)
            ack = hers.expect("message-ack", client_msg_id=sent["client_msg_id"], status="success")
            pushed = his.expect("new-message", id=ack["messageId"], seqId=ack["seqId"], content="hello")
            check(pushed["sender"]["id"] == alice.id, "from somebody else")
        with walk.step("new-message goes neither to the connection that sent nor to a stranger"):
            hers.expect_none("new-message", id=ack["messageId"])
            strangers.expect_none("new-message", id=ack["messageId"])
        with walk.step("send-message with the same client_msg_id: the same ack, no second push"):
            hers.send("send-message", sent)
            again = hers.expect("message-ack", client_msg_id=sent["client_msg_id"])
            check(again == ack, f"{again} is not {ack}")
            his.expect_none("new-message", id=ack["messageId"])
        over_http = walk.call(f"POST /conversations/{walk.group_id}/messages", "201", alice, text("over HTTP"))
        with walk.step("a message sent over HTTP is pushed to everybody, its sender too"):
            for socket in (hers, his):
                socket.expect("new-message", id=over_http["id"], seqId=ack["seqId"] + 1)
        with walk.step("mark-read: nothing is unread any more, and no answer"):
            check(unread_count(walk, bob) > 0, "nothing was unread before")
            his.send("mark-read", {**here, "seqId": over_http["seqId"]})
            deadline = time.monotonic() + ANSWER_TIMEOUT_S
            while (unread := unread_count(walk, bob)) > 0:  # without an answer, nobody says when it is done
                check(time.monotonic() < deadline, f"{unread} unread after {ANSWER_TIMEOUT_S:g} s")
                time.sleep(0.05)
            his.expect_none("error")
        walk_refused_frames(walk, hers, strangers, sent)
    with (
        walk.step("a second connection of the same user: the first is closed with 4409"),
        walk.open(alice) as older,
        walk.open(alice) as newer,
    ):
        older.expect_close(4409)
        newer.settle()


def unread_count(walk: Walk, person: Person) -> int:
    """Return how many messages of the group a person has not read."""
    headers = {"Authorization": f"Bearer {person.token}"}
    response = walk.http.get(f"{walk.url}/api/conversations/{walk.group_id}", headers=headers)
    return int(read_envelope(response)["data"]["unreadCount"])


def walk_refused_frames(walk: Walk, member: Socket, stranger: Socket, sent: Json) -> None:
    """Each error frame after which the socket goes on."""
    here, nowhere = {"conversationId": walk.group_id}, {"conversationId": NOBODY}

    def refuse(code: str, socket: Socket, kind: str, data: Json, note: str) -> None:
        with walk.step(f"{kind}: error {code}  ({note})"):
            socket.send(kind, data)
            given_back = socket.expect_error(code).get("client_msg_id")
            check(given_back == data.get("client_msg_id"), f"details.client_msg_id is {given_back!r}")
            socket.expect_none("message-ack")

    for socket, code, data, note in (
        (member, "CONVERSATION_NOT_FOUND", {**nowhere, **text()}, "no such conversation"),
        (stranger, "FORBIDDEN", {**here, **text()}, "not a member"),
        (member, "MESSAGE_TOO_LARGE", {**here, **text("x" * (MAX_CONTENT + 1))}, "content over its limit"),
        (member, "INVALID_MESSAGE", {**here, "content": "x", "messageType": 4}, "no type for clients"),
    ):
        refuse(code, socket, "send-message", {**data, "client_msg_id": fresh_id()}, note)
    refuse("CLIENT_MSG_ID_CONFLICT", member, "send-message", {**sent, "content": "other"}, "used for another message")
    refuse("CONVERSATION_NOT_FOUND", member, "mark-read", {**nowhere, "seqId": 1}, "no such conversation")
    refuse("FORBIDDEN", stranger, "mark-read", {**here, "seqId": 1}, "not a member")
    broken = (("{", ""), ('{"type": "surprise"}', "/type"), ('{"type": "ping", "surprise": 1}', "/surprise"))
    for frame, pointer in broken:
        with walk.step(f"{frame}: error INVALID_MESSAGE at {pointer!r}"):
            member.send_raw(frame)
            pointers = [found["pointer"] for found in member.expect_error("INVALID_MESSAGE")["errors"]]
            check(pointer in pointers, f"at {pointers}")


def walk_closes(walk: Walk) -> None:
    """Ways in which a client brings the close of its own socket about."""
    for token, note in ((None, "no token"), ("not-a-token", "a bad token")):
        with walk.step(f"connect: error AUTH_FAILED, close 4401  ({note})"), walk.connect(token) as socket:
            socket.expect_error("AUTH_FAILED")
            socket.expect_close(4401)
    with (
        walk.step("a frame over the limit of bytes: error MESSAGE_TOO_LARGE, close 1009"),
        walk.open(walk.carol) as big,
    ):
        big.send_raw("x" * (MAX_BODY_BYTES + 1))
        big.expect_error("MESSAGE_TOO_LARGE")
        big.expect_close(1009)
    with walk.step("a binary frame: close 1003"), walk.open(walk.carol) as binary:
        binary.send_raw(b'{"type": "ping"}')
        binary.expect_close(1003)
    with walk.step("a text frame that is not UTF-8: close 1007"), walk.open(walk.carol) as garbled:
        garbled.send_raw(b"\xff", as_text=True)
        garbled.expect_close(1007)


def walk_limits(walk: Walk) -> None:
    """Going over the limits of messages and of failed logins."""
    here = walk.call("POST /conversations", "201", walk.erin, {"type": GROUP, "members": [], "name": "echo"})["id"]

    def send_many(socket: Socket, count: int) -> None:
        for _ in range(count):
            socket.send("send-message", {"conversationId": here, **text(client_msg_id=fresh_id())})

    with walk.open(walk.erin) as socket:
        with walk.step("send-message too fast: error RATE_LIMITED with retryAfterMs and client_msg_id"):
            send_many(socket, 2 * MESSAGE_BURST)
            details = socket.expect_error("RATE_LIMITED")
            check_shape(details.get("retryAfterMs"), int, "details/retryAfterMs")
            check_shape(details.get("client_msg_id"), str, "details/client_msg_id")
        # A limit refills while we ask, so that a slow machine may be let through a few times.
        over_http = f"POST /conversations/{here}/messages"
        walk.call(over_http, LIMITED, walk.erin, text(), "the same limit over HTTP", tries=2 * MESSAGE_BURST)
        with walk.step("send-message on and on too fast: close 4429"):
            with suppress(ConnectionClosed):  # it may come while we send
                send_many(socket, MESSAGE_BURST + 2 * ABUSE_REFUSALS)
            socket.expect_close(4429)
    wrong = {"username": f"mallory-{secrets.token_hex(4)}", "password": "a wrong guess"}
    for _ in range(FAILED_LOGINS):
        walk.call("POST /auth/login", "401 INVALID_CREDENTIALS", None, wrong)
    note = "too many failed logins of one account"
    walk.call("POST /auth/login", LIMITED, None, wrong, note, tries=FAILED_LOGINS)


def walk_presence(walk: Walk) -> None:
    """online-status: between friends, and to nobody else."""
    alice, bob = walk.alice, walk.bob
    with walk.open(alice) as hers, walk.open(walk.dave) as strangers:
        with walk.step("online-status: a friend comes online, and sees who was there before"), walk.open(bob) as his:
            hers.expect("online-status", userId=bob.id, status="online")
            his.expect("online-status", userId=alice.id, status="online")
        with walk.step("online-status: a friend is offline some time after his socket closed (10 s by default)"):
            hers.expect("online-status", PRESENCE_TIMEOUT_S, userId=bob.id, status="offline")
        with walk.step("online-status: not to a stranger"):
            strangers.expect_none("online-status", userId=bob.id)


def walk_completeness(walk: Walk) -> None:
    """Hold the walk itself to its tables."""
    seen: dict[str, set[str]] = {row.operation: set() for row in ROWS}
    for operation, answer in walk.answers:
        seen.get(operation, set()).add(answer)
    for name, expected, met in (
        *((row.operation, row.expected, seen[row.operation]) for row in ROWS),
        ("frames", FRAMES, walk.frames),
        ("error codes of the socket", SOCKET_CODES, walk.socket_codes),
    ):
        with walk.step(f"{name}: all {len(expected)} were seen"):
            check(met >= expected, f"never seen: {', '.join(sorted(expected - met))}")


SECTIONS: tuple[Callable[[Walk], None], ...] = (
    *(walk_accounts, walk_tokens, walk_contract, walk_users, walk_friends, walk_conversations),
    *(walk_messages, walk_members, walk_frames, walk_closes, walk_limits, walk_presence, walk_completeness),
)


def run_section(walk: Walk, section: Callable[[Walk], None]) -> None:
    """Walk one section; where a step that others build on fails, the rest of the section fails as one step."""
    try:
        section(walk)
    except (StepError, LookupError, OSError, httpx.HTTPError, WebSocketException) as error:
        with walk.step(f"the rest of {section.__name__}"):
            raise StepError(f"cannot go on: {error!r}") from error


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
            run_section(walk, section)
    print(f"{walk.steps} steps, {walk.failed} failed")
    return 1 if walk.failed else 0


if __name__ == "__main__":
    sys.exit(main())
