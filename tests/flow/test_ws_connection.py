"""Who may open the socket, what ends it, and what is left of the connection after that."""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import httpx
import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.harness.api import (
    Api,
    User,
    at_once,
    befriend,
    expect_error,
    expect_ok,
    fresh_name,
    group,
    login_again,
    new_guest,
    new_user,
    single,
)
from tests.harness.contract import load_contract
from tests.harness.frames import (
    expect_auth_failed,
    pushes_up_to,
    read_text,
    read_until_close,
    say,
    text_message,
    wait_until,
)
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import (
    OP_CLOSE,
    OP_CONTINUATION,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    Json,
    RawSocket,
    Socket,
    encode_frame,
)

OpenSocket = Callable[..., Socket]

GRACE_S = 1.0  # GOCHAT_PRESENCE_GRACE_S of the shared server
NORMAL_CLOSE = encode_frame(OP_CLOSE, struct.pack("!H", 1000))
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def account(server: GoChatServer) -> User:
    """Somebody whose logins come and go."""
    return new_user(server)


@pytest.fixture
def user(account: User) -> User:
    """A login of his that a test may end."""
    return login_again(account)


@pytest.fixture(scope="module")
def pair(server: GoChatServer) -> tuple[User, User]:
    """Two friends."""
    ann, ben = new_user(server), new_user(server)
    befriend(ann, ben)
    return ann, ben


@pytest.fixture
def friends(server: GoChatServer, pair: tuple[User, User]) -> tuple[User, User]:
    """The two friends, of whom the first is offline."""
    ann, ben = pair
    with Socket(server, ben.token) as bens:
        bens.settle()
        statuses = [frame["data"]["status"] for frame in bens.drain()]
        if statuses[-1:] == ["online"]:
            bens.expect("online-status", where={"userId": ann.id, "status": "offline"})
    return pair


# The token


def _unsigned(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), key=None, algorithm="none")


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "null", "口令", "%00", "x" * 4000, "Bearer {token}", "{token}x", "{token} ", "{token},{token}"],
    ids=lambda token: token[:20],
)
def test_a_bad_token_gets_an_error_after_the_upgrade_and_the_close(
    open_socket: OpenSocket, alice: User, token: str
) -> None:
    expect_auth_failed(open_socket(token.format(token=alice.token)))


def test_a_missing_token_gets_an_error_after_the_upgrade_and_the_close(
    server: GoChatServer, open_socket: OpenSocket
) -> None:
    expect_auth_failed(open_socket(None))
    expect_auth_failed(open_socket(None, url=server.ws_url(None) + "?tokens=x&Token=y"))


def test_a_token_in_a_header_opens_no_socket(server: GoChatServer, open_socket: OpenSocket, alice: User) -> None:
    expect_auth_failed(open_socket(None, headers={"Authorization": f"Bearer {alice.token}"}))


def test_a_refresh_token_opens_no_socket(open_socket: OpenSocket, alice: User) -> None:
    expect_auth_failed(open_socket(alice.refresh_token))


def test_an_unsigned_token_opens_no_socket(open_socket: OpenSocket, alice: User) -> None:
    expect_auth_failed(open_socket(_unsigned(alice.token)))


def test_a_revoked_token_opens_no_socket(open_socket: OpenSocket, user: User) -> None:
    expect_ok(user.api.logout())
    expect_auth_failed(open_socket(user))


def test_a_bad_token_is_told_and_closed_in_these_bytes(server: GoChatServer) -> None:
    with RawSocket(server, "no-token") as raw:
        assert raw.status == 101
        frames, code = read_until_close(raw)
        load_contract().check_frame(frames[0])
        assert [frame["data"]["code"] for frame in frames] == ["AUTH_FAILED"]
        assert code == 4401
        raw.send_frame(OP_CLOSE, struct.pack("!H", code))
        assert raw.read_rest() == b""


def test_frames_of_somebody_without_a_good_token_do_nothing(server: GoChatServer, alice: User, user: User) -> None:
    group_id = group(alice, user)
    expect_ok(user.api.logout())
    frame = json.dumps({"type": "send-message", "data": text_message(group_id)}).encode()
    early = encode_frame(OP_TEXT, b'{"type":"ping"}') + encode_frame(OP_TEXT, frame)
    with RawSocket(server, user.token, right_behind=early) as raw:
        frames, code = read_until_close(raw)
    assert [frame["type"] for frame in frames] == ["error"]
    assert code == 4401
    assert alice.api.history(group_id) == []


def test_a_bad_token_closes_no_other_socket(open_socket: OpenSocket, alice: User) -> None:
    alices = open_socket(alice)
    expect_auth_failed(open_socket(alice.token + "x"))
    alices.settle()


def test_a_guest_has_a_socket_too(server: GoChatServer, open_socket: OpenSocket) -> None:
    open_socket(new_guest(server)).settle()


def test_unknown_query_parameters_are_ignored(server: GoChatServer, open_socket: OpenSocket, alice: User) -> None:
    url = server.ws_url(alice.token)
    open_socket(None, url=f"{url}&v=2&compress=true&x&&=").settle()
    query = url.partition("?")[2]
    open_socket(None, url=f"{server.ws_url(None)}?a=%FF&{query}").settle()


# The newest connection wins


def test_the_newest_connection_wins_and_friends_notice_nothing(
    friends: tuple[User, User], open_socket: OpenSocket
) -> None:
    ann, ben = friends
    chat_id = single(ann, ben)
    bens = open_socket(ben)
    older = open_socket(ann)
    bens.expect("online-status", where={"userId": ann.id, "status": "online"})
    newer = open_socket(login_again(ann))
    assert older.expect_close() == 4409
    newest = open_socket(ann)
    assert newer.expect_close() == 4409
    bens.expect_none("online-status", GRACE_S + 0.5)
    newest.settle()
    say(bens, chat_id, "to the newest")
    assert newest.expect("new-message")["data"]["content"] == "to the newest"
    for closed in (older, newer):
        assert {frame["type"] for frame in closed.drain()} <= {"online-status"}


def test_of_twenty_connections_at_once_exactly_one_is_left(server: GoChatServer, friends: tuple[User, User]) -> None:
    ann, ben = friends
    group_id = group(ann, ben)
    with Socket(server, ben.token) as bens:
        sockets = at_once([partial(Socket, server, ann.token) for _ in range(20)])
        try:
            wait_until(lambda: sum(socket.is_closed for socket in sockets) >= 19, "nineteen are closed", 10)
            say(bens, group_id, "to whoever is left")
            (left,) = [socket for socket in sockets if not socket.is_closed]
            assert left.expect("new-message")["data"]["content"] == "to whoever is left"
            left.settle()
            closed = [socket for socket in sockets if socket is not left]
            assert {socket.expect_close() for socket in closed} == {4409}
            bens.expect("online-status", where={"userId": ann.id, "status": "online"})
            bens.expect_none("online-status", GRACE_S + 0.5)
            left.settle()
        finally:
            for socket in sockets:
                socket.close()
        bens.expect("online-status", where={"userId": ann.id, "status": "offline"})


# What ends a socket


def test_logout_closes_the_socket_of_that_login(open_socket: OpenSocket, user: User) -> None:
    socket = open_socket(user)
    socket.settle()
    expect_ok(user.api.logout())
    expect_auth_failed(socket)


def test_logout_of_another_login_leaves_the_socket(open_socket: OpenSocket, user: User) -> None:
    socket = open_socket(user)
    expect_ok(login_again(user).api.logout())
    socket.expect_none("error", 0.3)
    socket.settle()


def test_after_a_refresh_the_older_socket_stays_and_logout_closes_it(
    server: GoChatServer, open_socket: OpenSocket, user: User
) -> None:
    socket = open_socket(user)
    session = expect_ok(Api(server).refresh_session({"refreshToken": user.refresh_token}))
    socket.expect_none("error", 0.3)
    socket.settle()
    expect_ok(Api(server, session["accessToken"]).logout())
    expect_auth_failed(socket)


def test_a_refresh_token_used_twice_closes_the_socket(
    server: GoChatServer, open_socket: OpenSocket, user: User
) -> None:
    nobody = Api(server)
    session = expect_ok(nobody.refresh_session({"refreshToken": user.refresh_token}))
    socket = open_socket(session["accessToken"])
    socket.settle()
    expect_error(nobody.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    expect_auth_failed(socket)


def test_a_refresh_token_used_twice_leaves_the_socket_of_another_login(
    server: GoChatServer, open_socket: OpenSocket, user: User
) -> None:
    socket = open_socket(login_again(user))
    for _ in range(2):
        Api(server).refresh_session({"refreshToken": user.refresh_token})
    socket.expect_none("error", 0.3)
    socket.settle()


def test_a_closed_login_sends_nothing_any_more(open_socket: OpenSocket, user: User, alice: User) -> None:
    group_id = group(alice, user)
    socket = open_socket(user)

    def keep_sending() -> None:
        with suppress(ConnectionClosed):
            while True:
                socket.send("send-message", text_message(group_id))

    sender = threading.Thread(target=keep_sending)
    sender.start()
    socket.expect("message-ack")
    expect_ok(user.api.logout())
    assert socket.expect_close() == 4401
    sender.join(10)
    assert not sender.is_alive()
    stored = _settled_seq_id(alice, group_id)
    *acks, last = socket.drain()
    assert (last["type"], last["data"]["code"]) == ("error", "AUTH_FAILED")
    assert {frame["type"] for frame in acks} <= {"message-ack"}
    assert all(ack["data"]["seqId"] <= stored for ack in acks)
    alice.api.say(group_id, "are you still there?")
    assert alice.api.history(group_id, limit=1)[0]["seqId"] == stored + 1


def _settled_seq_id(user: User, group_id: str) -> int:
    """The last seqId, once what was on its way to the disk at the close has arrived there; it is soon."""
    until = time.monotonic() + 5
    seq_id, before = 0, -1
    while seq_id != before:
        assert time.monotonic() < until, "more and more is stored"
        seq_id, before = user.api.history(group_id, limit=1)[0]["seqId"], seq_id
        time.sleep(0.3)
    return seq_id


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_close_is_answered_with_its_own_code(server: GoChatServer, alice: User, code: int) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_CLOSE, struct.pack("!H", code) + "再见".encode())
        assert raw.expect_close() == code
        assert raw.read_rest() == b""


def test_a_close_without_a_code_is_answered(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_CLOSE)
        assert raw.expect_close() in (1000, 1005)
        assert raw.read_rest() == b""


# Expiry

SHORT_LIFE_S = 2


@pytest.fixture(scope="module")
def impatient_server() -> Iterator[GoChatServer]:
    """A server whose access tokens live two seconds."""
    with running_server({"GOCHAT_ACCESS_TOKEN_TTL_S": str(SHORT_LIFE_S)}) as running:
        yield running


@pytest.fixture(scope="module")
def credentials(impatient_server: GoChatServer) -> Json:
    """Somebody who can log in there."""
    body = {"username": fresh_name(), "password": "a good password"}
    expect_ok(Api(impatient_server).register(body), 201)
    return body


def _expect_expiry(socket: Socket, logged_in: float) -> None:
    """Holds that the socket is closed when the token expires, give or take the whole seconds of a token."""
    expect_auth_failed(socket, SHORT_LIFE_S + 3)
    lived_s = time.monotonic() - logged_in
    assert SHORT_LIFE_S - 1 <= lived_s <= SHORT_LIFE_S + 1.5, f"closed after {lived_s} s"


def test_a_quiet_socket_is_closed_when_its_token_expires(impatient_server: GoChatServer, credentials: Json) -> None:
    logged_in = time.monotonic()
    token = expect_ok(Api(impatient_server).login(credentials))["accessToken"]
    with Socket(impatient_server, token) as socket:
        socket.settle()
        _expect_expiry(socket, logged_in)
    with Socket(impatient_server, token) as socket:
        expect_auth_failed(socket)


def test_a_busy_socket_is_closed_when_its_token_expires(impatient_server: GoChatServer, credentials: Json) -> None:
    logged_in = time.monotonic()
    session = expect_ok(Api(impatient_server).login(credentials))
    api = Api(impatient_server, session["accessToken"])
    group_id = expect_ok(api.create_conversation({"type": 2, "name": "busy", "members": []}), 201)["id"]
    with Socket(impatient_server, session["accessToken"]) as socket:

        def keep_sending() -> None:
            with suppress(ConnectionClosed):
                while True:
                    socket.send("ping")
                    socket.send("send-message", text_message(group_id))
                    time.sleep(0.005)

        sender = threading.Thread(target=keep_sending, daemon=True)
        sender.start()
        _expect_expiry(socket, logged_in)
        sender.join(5)
        assert not sender.is_alive()
        acked = sum(frame["type"] == "message-ack" for frame in socket.drain())
    fresh = expect_ok(Api(impatient_server).refresh_session({"refreshToken": session["refreshToken"]}))
    stored = Api(impatient_server, fresh["accessToken"]).history(group_id, limit=1)[0]["seqId"]
    assert 0 < acked <= stored


def test_a_refresh_does_not_lengthen_an_open_socket(impatient_server: GoChatServer, credentials: Json) -> None:
    logged_in = time.monotonic()
    session = expect_ok(Api(impatient_server).login(credentials))
    with Socket(impatient_server, session["accessToken"]) as socket:
        expect_ok(Api(impatient_server).refresh_session({"refreshToken": session["refreshToken"]}))
        _expect_expiry(socket, logged_in)


# Silence

IDLE_TIMEOUT_S = 1


@pytest.fixture(scope="module")
def lively_server() -> Iterator[GoChatServer]:
    """A server that closes a socket after one second of silence."""
    with running_server({"GOCHAT_IDLE_TIMEOUT_S": str(IDLE_TIMEOUT_S)}) as running:
        yield running


@pytest.fixture(scope="module")
def sleepy(lively_server: GoChatServer) -> User:
    """Somebody on it."""
    return new_user(lively_server)


def test_a_silent_socket_is_closed_with_4410(lively_server: GoChatServer, sleepy: User) -> None:
    with Socket(lively_server, sleepy.token) as socket:
        socket.settle()
        last = time.monotonic()
        assert socket.expect_close(IDLE_TIMEOUT_S + 3) == 4410
        assert IDLE_TIMEOUT_S - 0.1 <= time.monotonic() - last <= IDLE_TIMEOUT_S + 1.5


def test_who_never_says_anything_is_closed_with_4410(lively_server: GoChatServer, sleepy: User) -> None:
    with Socket(lively_server, sleepy.token) as socket:
        assert socket.expect_close(IDLE_TIMEOUT_S + 3) == 4410


SIGNS_OF_LIFE: dict[str, bytes] = {
    "control-ping": encode_frame(OP_PING),
    "control-pong": encode_frame(OP_PONG),
    "ping": encode_frame(OP_TEXT, b'{"type":"ping"}'),
    "nonsense": encode_frame(OP_TEXT, b"nonsense"),
}


def test_any_frame_is_a_sign_of_life(lively_server: GoChatServer) -> None:
    with ExitStack() as stack:
        raws = {
            name: stack.enter_context(RawSocket(lively_server, new_guest(lively_server).token))
            for name in SIGNS_OF_LIFE
        }
        end = time.monotonic() + IDLE_TIMEOUT_S * 2.5
        while time.monotonic() < end:
            for name, raw in raws.items():
                raw.send_bytes(SIGNS_OF_LIFE[name])
            time.sleep(IDLE_TIMEOUT_S * 0.3)
        for name, raw in raws.items():
            raw.send_frame(OP_PING, b"still open?")
            while True:
                _, opcode, payload = raw.read_frame()
                assert opcode != OP_CLOSE, f"{name}: closed with {payload!r}"
                if payload == b"still open?":
                    break


def test_what_the_server_sends_is_no_sign_of_life(lively_server: GoChatServer, sleepy: User) -> None:
    other = new_user(lively_server)
    group_id = group(other, sleepy)
    with Socket(lively_server, sleepy.token) as socket:
        socket.settle()
        deadline = time.monotonic() + IDLE_TIMEOUT_S + 3
        while not socket.is_closed and time.monotonic() < deadline:
            other.api.say(group_id, "are you there?")
            time.sleep(0.1)
        assert socket.expect_close() == 4410


def test_bytes_of_a_frame_that_never_ends_are_no_sign_of_life(lively_server: GoChatServer, sleepy: User) -> None:
    with RawSocket(lively_server, sleepy.token, timeout_s=IDLE_TIMEOUT_S + 3) as raw:
        message = encode_frame(OP_TEXT, b" " * 1000)
        stop = threading.Event()

        def trickle() -> None:
            with suppress(OSError):  # the server has ended the connection
                for byte in message[:-1]:
                    raw.send_bytes(bytes([byte]))
                    if stop.wait(IDLE_TIMEOUT_S * 0.2):
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert raw.expect_close() == 4410
        finally:
            stop.set()
            thread.join(5)


# The handshake


def _handshake(**changes: str | None) -> dict[str, str]:
    headers: dict[str, str | None] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in headers.items() if value is not None}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("POST", {}),
        ("PUT", {}),
        ("DELETE", {}),
        ("OPTIONS", {}),
        ("POST", _handshake()),
        ("GET", _handshake(Sec_WebSocket_Version="12")),
        ("GET", _handshake(Sec_WebSocket_Version="14")),
        ("GET", _handshake(Sec_WebSocket_Version="x")),
        ("GET", _handshake(Sec_WebSocket_Version="")),
        ("GET", _handshake(Sec_WebSocket_Version=None)),
        ("GET", _handshake(Sec_WebSocket_Key=None)),
        ("GET", _handshake(Sec_WebSocket_Key="")),
        ("GET", _handshake(Sec_WebSocket_Key="not base64!")),
        ("GET", _handshake(Sec_WebSocket_Key=base64.b64encode(b"15 bytes, not 16"[:15]).decode())),
        ("GET", _handshake(Sec_WebSocket_Key=base64.b64encode(b"17 bytes, not 16!").decode())),
        ("GET", _handshake(Upgrade=None)),
        ("GET", _handshake(Upgrade="h2c")),
        ("GET", _handshake(Connection=None)),
        ("GET", _handshake(Connection="keep-alive")),
    ],
    ids=str,
)
def test_what_is_no_handshake_is_answered_with_426(
    server: GoChatServer, alice: User, method: str, headers: dict[str, str]
) -> None:
    address = server.url + "/ws"
    for query in ({}, {"token": alice.token}):
        response = server.http.request(method, address, headers=headers, params=query)
        load_contract().check_response(response)
        expect_error(response, "UPGRADE_REQUIRED")
        assert response.status_code == 426
        assert response.headers["sec-websocket-version"] == "13"
        assert response.headers["upgrade"].lower() == "websocket", "RFC 9110, section 15.5.22"
        assert alice.token not in response.text


def test_a_426_is_localised(server: GoChatServer) -> None:
    (entry,) = [e for e in load_contract().openapi["x-error-catalogue"] if e["code"] == "UPGRADE_REQUIRED"]
    for accept, language in ((None, "zh"), ("en", "en")):
        headers = {} if accept is None else {"Accept-Language": accept}
        response = server.http.get(server.url + "/ws", headers=headers)
        assert response.json()["message"] == entry[language]


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "WebSocket"},
        {"Connection": "upgrade"},
        {"Connection": "keep-alive, Upgrade"},
        {"Sec-WebSocket-Protocol": "chat, superchat"},
        {"User-Agent": None, "Accept-Language": "xx"},
    ],
    ids=str,
)
def test_a_handshake_may_look_a_little_different(
    server: GoChatServer, alice: User, headers: dict[str, str | None]
) -> None:
    with RawSocket(server, alice.token, headers=headers) as raw:
        assert raw.status == 101
        assert "sec-websocket-protocol" not in raw.headers
        raw.send_text({"type": "ping"})
        assert read_text(raw)["type"] == "pong"


def test_no_compression_is_negotiated_even_if_offered(
    server: GoChatServer, open_socket: OpenSocket, alice: User
) -> None:
    socket = open_socket(alice, offer_compression=True)
    assert "sec-websocket-extensions" not in {name.lower() for name in socket.response_headers}
    socket.settle()
    offer = "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"
    with RawSocket(server, alice.token, headers={"Sec-WebSocket-Extensions": offer}) as raw:
        assert "sec-websocket-extensions" not in raw.headers


# The origin


def _origin_is_accepted(server: GoChatServer, user: User, origin: str | None) -> bool:
    try:
        with Socket(server, user.token, origin=origin) as socket:
            socket.settle()
            return True
    except InvalidStatus as error:
        assert error.response.status_code == 403
        body = json.loads(error.response.body)
        assert (body["success"], body["code"]) == (False, "FORBIDDEN")
        return False


@pytest.fixture(scope="module")
def choosy_server() -> Iterator[GoChatServer]:
    """A server with two origins on its list."""
    origins = "https://chat.example.com,http://localhost:5173"
    with running_server({"GOCHAT_ALLOWED_ORIGINS": origins}) as running:
        yield running


@pytest.fixture(scope="module")
def browser_user(choosy_server: GoChatServer) -> User:
    """Somebody on it."""
    return new_user(choosy_server)


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        (None, True),
        ("https://chat.example.com", True),
        ("http://localhost:5173", True),
        ("HTTPS://Chat.Example.com", True),
        ("http://chat.example.com", False),
        ("https://chat.example.com:8443", False),
        ("https://chat.example.com.evil.example", False),
        ("https://evil.example/https://chat.example.com", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_the_list_of_origins_decides(
    choosy_server: GoChatServer, browser_user: User, origin: str | None, accepted: bool
) -> None:
    assert _origin_is_accepted(choosy_server, browser_user, origin) is accepted


def test_the_servers_own_origin_passes(
    choosy_server: GoChatServer, browser_user: User, server: GoChatServer, alice: User
) -> None:
    assert _origin_is_accepted(choosy_server, browser_user, choosy_server.url)
    assert _origin_is_accepted(server, alice, server.url)


# Pieces


def test_a_message_may_come_in_pieces(server: GoChatServer, alice: User, open_socket: OpenSocket) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_TEXT, b'{"type":', fin=False)
        raw.send_frame(OP_PING, b"now")
        raw.send_frame(OP_CONTINUATION, b'"ping"', fin=False)
        raw.send_frame(OP_CONTINUATION, b"}")
        assert raw.read_frame()[2] == b"now"
        assert read_text(raw)["type"] == "pong"


# After the end


@pytest.mark.parametrize(
    ("last_words", "code"),
    [
        (NORMAL_CLOSE, 1000),
        (encode_frame(OP_TEXT, b"\xff"), 1007),
        (encode_frame(0x2, b"x"), 1003),
        (encode_frame(0x3, b"x"), 1002),
        (encode_frame(OP_TEXT, b" " * 65_537), 1009),
        (b"", 1002),
    ],
    ids=["close", "not-utf8", "binary", "broken", "too-large", "http-instead-of-frames"],
)
@pytest.mark.parametrize("together", [True, False], ids=["at-once", "after-the-answer"])
def test_bytes_after_the_end_are_never_answered_as_http(
    server: GoChatServer, alice: User, last_words: bytes, code: int, together: bool
) -> None:
    with RawSocket(server, alice.token) as raw:
        if together:
            raw.send_bytes(last_words + SMUGGLED * 3)
            frames, got = read_until_close(raw)
            with suppress(OSError):
                raw.finish_writing()
        else:
            raw.send_bytes(last_words or SMUGGLED)
            frames, got = read_until_close(raw)
            with suppress(OSError):  # the server may have ended the connection
                raw.send_bytes(encode_frame(OP_CLOSE, struct.pack("!H", code)) + SMUGGLED * 3)
        assert got == code
        assert all(frame["type"] == "error" for frame in frames)
        assert raw.read_rest() == b""


def test_bytes_after_a_refused_token_are_never_answered_as_http(server: GoChatServer) -> None:
    for right_behind in (SMUGGLED, NORMAL_CLOSE + SMUGGLED):
        with RawSocket(server, "no-token", right_behind=right_behind) as raw:
            frames, code = read_until_close(raw)
            assert [frame["type"] for frame in frames] == ["error"]
            assert code == 4401
            with suppress(OSError):
                raw.send_bytes(NORMAL_CLOSE + SMUGGLED)
            assert raw.read_rest() == b""


def test_a_client_that_never_answers_the_close_is_cut_off(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token, timeout_s=15) as raw:
        raw.send_frame(0x2, b"binary")
        assert raw.expect_close() == 1003
        assert raw.read_rest() == b""


# Gone without a word


def _vanish_with_fin(raw: RawSocket) -> None:
    raw.close()


def _vanish_with_reset(raw: RawSocket) -> None:
    raw.reset()


def _vanish_in_the_middle_of_a_frame(raw: RawSocket) -> None:
    raw.send_bytes(encode_frame(OP_TEXT, b'{"type":"ping"}')[:-5])
    raw.close()


@pytest.mark.parametrize("vanish", [_vanish_with_fin, _vanish_with_reset, _vanish_in_the_middle_of_a_frame])
def test_who_vanishes_without_a_close_goes_offline_and_comes_back(
    server: GoChatServer,
    friends: tuple[User, User],
    open_socket: OpenSocket,
    vanish: Callable[[RawSocket], None],
) -> None:
    ann, ben = friends
    group_id = group(ann, ben)
    bens = open_socket(ben)
    raw = RawSocket(server, ann.token)
    bens.expect("online-status", where={"userId": ann.id, "status": "online"})
    vanish(raw)
    say(bens, group_id, "are you there?")
    bens.expect("online-status", where={"userId": ann.id, "status": "offline"})
    back = open_socket(ann)
    bens.expect("online-status", where={"userId": ann.id, "status": "online"})
    say(bens, group_id, "there you are")
    assert [push["content"] for push in pushes_up_to(back, group_id, 2)] == ["there you are"]


def test_many_who_vanish_leave_no_connection_behind(server: GoChatServer, alice: User) -> None:
    def open_files() -> int:
        return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))

    with Socket(server, alice.token) as socket:
        socket.settle()
    spare = 19 if server.has_postgres else 3  # it keeps up to 16 connections to PostgreSQL
    most = open_files() + spare
    for _ in range(50):
        RawSocket(server, alice.token).close()
        with RawSocket(server, alice.token) as raw:
            raw.send_bytes(NORMAL_CLOSE)
            raw.expect_close()
    wait_until(lambda: open_files() <= most, f"the server has {most} files open at most", 10)


def test_a_plain_request_on_another_connection_works_meanwhile(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token):
        assert httpx.get(server.url + "/healthz", trust_env=False).status_code == 200
        expect_ok(alice.api.get_profile())
