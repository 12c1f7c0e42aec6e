"""Whatever goes wrong, no token, password or traceback reaches the log, and no token an answer."""

from __future__ import annotations

import socket as tcp
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import pytest

from tests.harness.api import Api, User, befriend, expect_error, expect_ok, fresh_name, group, login_again, new_user
from tests.harness.frames import expect_auth_failed, read_until_close, say, text_message
from tests.harness.server import GoChatServer
from tests.harness.socket import OP_TEXT, RawSocket, Socket, encode_frame


def _exchange(server: GoChatServer, request: bytes) -> bytes:
    """Sends bytes as a request and reads everything up to the end of the connection."""
    answer = b""
    with tcp.create_connection(server.host_and_port, timeout=10) as connection:
        with suppress(OSError):  # it need not read a request that is no good to its end
            connection.sendall(request)
            connection.shutdown(tcp.SHUT_WR)
        with suppress(OSError):
            while chunk := connection.recv(65536):
                answer += chunk
    return answer


def _pieces(user: User) -> list[str]:
    """The user's secrets, and parts of them that are secret still."""
    _, payload, signature = user.token.split(".")
    assert min(map(len, (payload, signature, user.refresh_token, user.password))) >= 16
    return [user.token, payload, signature, signature[:20], user.refresh_token, user.password]


def _expect_no_secret(text: str, users: list[User]) -> None:
    for user in users:
        for piece in _pieces(user):
            assert piece not in text, f"{piece!r} in {text[max(0, text.index(piece) - 300) :][:600]!r}"


GARBAGE: dict[str, str] = {
    "no-http": "{token}\r\n\r\n",
    "token-as-method": "{token} /ws HTTP/1.1\r\nHost: x\r\n\r\n",
    "token-as-version": "GET /ws {token}\r\nHost: x\r\n\r\n",
    "too-many-words": "GET /ws?token={token} and more HTTP/1.1\r\nHost: x\r\n\r\n",
    "no-version": "GET /ws?token={token}\r\n\r\n",
    "old-version": "GET /ws?token={token} HTTP/0.9\r\n\r\n",
    "new-version": "GET /ws?token={token} HTTP/3.0\r\nHost: x\r\n\r\n",
    "bad-version": "GET /ws?token={token} HTTP/x.y\r\nHost: x\r\n\r\n",
    "unknown-method": "BREW /ws?token={token} HTTP/1.1\r\nHost: x\r\n\r\n",
    "long-request-line": "GET /ws?token={token}&x={long} HTTP/1.1\r\nHost: x\r\n\r\n",
    "long-path": "GET /{long}?token={token} HTTP/1.1\r\nHost: x\r\n\r\n",
    "long-header": "GET /ws?token={token} HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n",
    "many-headers": "GET /ws?token={token} HTTP/1.1\r\nHost: x\r\n{many}\r\n",
    "header-without-colon": "GET /ws?token={token} HTTP/1.1\r\nHost: x\r\nAuthorization Bearer {token}\r\n\r\n",
    "token-as-header": "GET /ws HTTP/1.1\r\nHost: x\r\n{token}: x\r\n{token}\r\n\r\n",
    "bad-length": "POST /api/auth/guest?t={token} HTTP/1.1\r\nHost: x\r\nContent-Length: {token}\r\n\r\n{{}}",
    "negative-length": "POST /api/auth/guest?t={token} HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{{}}",
    "bad-chunk": "POST /api/auth/guest?t={token} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{token}\r\n",
    "short-body": 'POST /api/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{{"refreshToken":"{refresh}',
    "half-a-request": "GET /ws?token={token} HTTP/1.1\r\nHost: x\r\nUpgrade: webso",
    "null": "GET /ws?token={token}\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "not-ascii": "GET /ws?token={token}\xff\xfe HTTP/1.1\r\nHost: x\xff\r\n\r\n",
    "absolute": "GET http://{token}@x/ws?token={token} HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": "CONNECT {token}:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "handshake-without-key": (
        "GET /ws?token={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ),
}


@pytest.mark.parametrize("request_text", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_token_in_a_broken_request_reaches_neither_the_log_nor_the_answer(
    server: GoChatServer, alice: User, request_text: str
) -> None:
    many = "".join(f"X-{number}: {number}\r\n" for number in range(500))
    request = request_text.format(token=alice.token, refresh=alice.refresh_token, long="x" * 100_000, many=many)
    answer = _exchange(server, request.encode("latin-1")).decode("latin-1")
    _expect_no_secret(answer, [alice])
    assert "Traceback" not in answer
    expect_ok(alice.api.get_profile())
    _expect_no_secret(server.log, [alice])
    assert "Traceback" not in server.log


def test_no_error_answer_holds_a_token(server: GoChatServer, alice: User) -> None:
    token = alice.token
    nobody = Api(server)
    bearer = {"Authorization": f"Bearer {token}x"}
    answers = [
        nobody.request("GET", "/users/profile", headers=bearer),
        nobody.request("GET", "/users/profile", query={"token": token}),
        alice.api.request("GET", "/users/profile", query={"token": token}),
        alice.api.request("GET", f"/nowhere/{token}"),
        alice.api.request("PATCH", "/users/profile", body={"token": token}),
        alice.api.request("POST", "/conversations", body={"type": token}),
        alice.api.request("POST", "/conversations", content=f'{{"{token}'.encode()),
        alice.api.request("POST", "/conversations", content=token.encode(), headers={"Content-Type": token}),
        alice.api.list_messages("no-such-conversation", cursor=token),
        alice.api.search_users(q="x", limit=token),
        nobody.refresh_session({"refreshToken": token}),
        nobody.refresh_session({"refreshToken": alice.refresh_token[:-1]}),
        nobody.refresh_session({"refreshToken": alice.refresh_token, "x": 1}),
        nobody.login({"username": alice.username, "password": alice.refresh_token[:100]}),
        nobody.login({"username": alice.username, "password": alice.password + "x"}),
        nobody.register({"username": alice.username, "password": alice.password}),
        server.http.get(server.url + "/ws", params={"token": token}),
        server.http.post(server.url + "/ws", params={"token": token}, headers=bearer),
        server.http.get(server.url + "/nowhere", params={"token": token}),
    ]
    for answer in answers:
        assert answer.status_code >= 400, answer.request.url
        _expect_no_secret(answer.text + repr(answer.headers.raw), [alice])
    expect_ok(alice.api.get_profile())


def test_no_error_frame_holds_a_token(server: GoChatServer, alice: User, open_socket: Callable[..., Socket]) -> None:
    refused = open_socket(alice.token + "x")
    frames = [refused.expect("error")]
    assert refused.expect_close() == 4401
    socket = open_socket(alice)
    for message in (alice.token, f'{{"type":"{alice.token}"}}', f'{{"type":"ping","data":"{alice.token}"}}'):
        socket.send_raw(message)
        frames.append(socket.expect("error"))
    socket.send("send-message", text_message(alice.token[:64], alice.token * 20))
    frames.append(socket.expect("error"))
    for frame in frames:
        _expect_no_secret(str(frame), [alice])
    with RawSocket(server, alice.token) as raw:
        raw.send_bytes(encode_frame(OP_TEXT, alice.token.encode() + b"\xff"))
        assert read_until_close(raw) == ([], 1007)


def test_after_a_long_session_the_log_holds_no_secret(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server()
    ann, ben = new_user(server), new_user(server)
    befriend(ann, ben)
    group_id = group(ann, ben)
    with Socket(server, ann.token) as anns, Socket(server, ben.token) as bens:
        say(anns, group_id, "a confidential message")
        bens.expect("new-message")
        anns.send_raw("nonsense " + ann.token)
        anns.expect("error")
        anns.send_raw("x" * 100_000 + ann.token)
        assert anns.expect_close() == 1009
    again = login_again(ben)
    with Socket(server, again.token) as agains:
        agains.settle()
        expect_ok(again.api.logout())
        expect_auth_failed(agains)
    with Socket(server, again.token) as refused:
        expect_auth_failed(refused)
    for target in (f"/ws?token={quote(ann.token)}", f"/ws?%74oken={ann.token}", f"/ws/{ann.token}", f"/{ann.token}"):
        _exchange(server, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    nobody = Api(server)
    fresh = expect_ok(nobody.refresh_session({"refreshToken": ben.refresh_token}))
    expect_error(nobody.refresh_session({"refreshToken": ben.refresh_token}), "AUTH_FAILED")
    wrong = {"username": ann.username, "password": "a wrong but long password"}
    expect_error(nobody.login(wrong), "INVALID_CREDENTIALS")
    expect_error(nobody.register({"username": fresh_name(), "password": "short"}), "INVALID_REQUEST")
    server.stop()
    _expect_no_secret(server.log, [ann, ben, again])
    for text in (fresh["accessToken"], fresh["refreshToken"], wrong["password"], "a confidential message"):
        assert text not in server.log
    assert "Traceback" not in server.log
