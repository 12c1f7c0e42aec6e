"""The kit's clients see what a wrong server does on the wire, and nothing wrong on the right one; the log has it."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from conformance.contract.channel import read_socket_contract
from conformance.contract.http import HttpContract, read_http_contract
from conformance.contract.judge import ABSENT
from conformance.contract.load import load_contract
from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.wire.addresses import Addresses
from conformance.wire.connecting import open_socket
from conformance.wire.http import Answer, Http
from conformance.wire.log import WireLog
from conformance.wire.socket import ABNORMAL, Closed, HandshakeRefused, Received, Socket
from tests.harness.server import GoChatServer
from tests.kit.lint_documents import CHECKOUT

API: HttpContract = read_http_contract(load_contract(str(CHECKOUT / "generated" / "openapi.yaml"), "openapi"))
CHANNEL: SocketContract = read_socket_contract(load_contract(str(CHECKOUT / "generated" / "asyncapi.yaml"), "asyncapi"))
WAIT_S = 5.0
"""For what must come; a slow machine may take as long."""

LOGIN = {"username": "alice", "password": "correct horse"}
PONG = {"type": "pong", "timestamp": 1}


# A wrong server, which answers whatever a test wants.


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Run a server that gives the same bytes to each request; yields its URL and what it was sent."""
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        seen.append(head + await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    finally:
        server.close()
        await server.wait_closed()


def http_answer(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def speaking(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """Run a WebSocket server with this handler; yields its URL."""
    async with serve(handler, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def connect(url: str, **options: Any) -> Socket:
    log = options.pop("log", None) or WireLog()
    coverage = options.pop("coverage", None) or Coverage()
    return await open_socket(url, CHANNEL, log, coverage, name="s1", **options)


async def ask(answer: bytes) -> tuple[Answer, WireLog, Coverage, bytes]:
    log, coverage = WireLog(), Coverage()
    async with answering(answer) as (url, seen):
        http = Http(url, API, log, coverage, who="alice")
        try:
            given = await http.request("POST", "/api/auth/login", data=LOGIN, query={"a": "b"}, token="t")
        finally:
            await http.close()
    return given, log, coverage, b"".join(seen)


# HTTP.


def test_a_request_goes_out_and_into_the_log_as_it_is() -> None:
    answer, log, coverage, seen = asyncio.run(ask(http_answer(418, b"")))
    assert seen.startswith(b"POST /api/auth/login?a=b HTTP/1.1\r\n")
    assert b"authorization: bearer t\r\n" in seen.lower()
    assert json.loads(seen.partition(b"\r\n\r\n")[2]) == LOGIN
    (entry,) = log.entries
    assert entry.pop("answer")["status"] == 418
    assert entry.pop("at") >= 0
    assert entry == {
        "step": "http",
        "id": "r1",
        "who": "alice",
        "method": "POST",
        "path": "/api/auth/login",
        "query": {"a": "b"},
        "token": "t",
        "json": LOGIN,
    }
    assert coverage.counts["requests"] == 1
    assert coverage.statuses == {"login 418": 1}
    assert (answer.id, answer.declared, answer.operation and answer.operation.id) == ("r1", False, "login")


@pytest.mark.parametrize(
    ("status", "body", "keywords"),
    [
        (200, b"", {"json"}),
        (200, b"<html>", {"json"}),
        (200, b'{"success": NaN}', {"json"}),
        (200, b"\xff", {"json"}),
        (200, b"[" * 100_000, {"json"}),
        (200, b'{"success": true, "message": "\\ud800", "data": {}}', {"unicode"}),
        (200, b"{}", {"required"}),
        (401, b'{"success": false, "message": "no", "code": "FORBIDDEN"}', {"enum"}),
    ],
)
def test_a_wrong_answer_is_judged(status: int, body: bytes, keywords: set[str]) -> None:
    answer, log, _, _ = asyncio.run(ask(http_answer(status, body, "WWW-Authenticate: Bearer")))
    assert (answer.status, answer.declared) == (status, True)
    assert {each.keyword for each in answer.problems} == keywords
    member = "body" if body[:1] == b"{" and b"NaN" not in body else "text"
    assert member in log.entries[0]["answer"]


def test_an_error_is_counted_by_its_code() -> None:
    body = b'{"success": false, "message": "no", "code": "INVALID_CREDENTIALS"}'
    answer, _, coverage, _ = asyncio.run(ask(http_answer(401, body)))
    assert [each.pointer for each in answer.problems] == ["/header/WWW-Authenticate"]
    assert (answer.code, answer.data, answer.is_success) == ("INVALID_CREDENTIALS", {}, False)
    assert coverage.errors == {"INVALID_CREDENTIALS http": 1}


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_no_answer_is_status_0_with_a_reason(answer: bytes) -> None:
    given, log, _, _ = asyncio.run(ask(answer))
    assert (given.status, given.body, given.declared, given.problems) == (0, ABSENT, False, ())
    assert given.failure
    assert log.entries[0]["answer"]["text"] == given.failure


def test_a_body_may_be_any_bytes() -> None:
    async def scenario() -> bytes:
        async with answering(http_answer(400, b"{}")) as (url, seen):
            http = Http(url, API, WireLog(), Coverage())
            await http.request("POST", "/api/auth/login", text=b"\xff{", headers={"Content-Type": "text/plain"})
            await http.request("POST", "/api/auth/login", data="\ud800")
            await http.close()
            return b"".join(seen)

    seen = asyncio.run(scenario())
    assert b"\r\n\r\n\xff{" in seen
    assert b"content-type: text/plain\r\n" in seen.lower()
    assert b'"\xed\xa0\x80"' in seen


def test_whoever_listens_is_told_before_the_request_returns() -> None:
    told: list[Answer] = []

    async def scenario() -> Answer:
        async with answering(http_answer(200, b"{}")) as (url, _):
            http = Http(url, API, WireLog(), Coverage(), on_answer=told.append)
            answer = await http.request("GET", "/nowhere")
            await http.close()
            return answer

    answer = asyncio.run(scenario())
    assert told == [answer]
    assert (answer.operation, answer.declared, answer.problems) == (None, True, ())


# WebSocket.


def test_frames_are_judged_as_they_come() -> None:
    async def talk(connection: ServerConnection) -> None:
        for frame in (json.dumps(PONG), '{"type": "pong"}', '{"type": "new"}', "null", "no json", '{"type": NaN}'):
            await connection.send(frame)
        await connection.send([json.dumps(PONG)[:5], json.dumps(PONG)[5:]])  # in two fragments
        await connection.send(b"{}")
        await connection.send(b"\xff", text=True)
        await connection.wait_closed()

    frames: list[Received] = []

    async def scenario() -> tuple[Socket, WireLog, Coverage]:
        log, coverage = WireLog(), Coverage()
        async with speaking(talk) as url:
            socket = await connect(
                url, log=log, coverage=coverage, who="bob", on_frame=lambda _, each: frames.append(each)
            )
            assert await socket.wait_until(lambda: len(socket.received) == 9, WAIT_S)
            socket.close()
            assert await socket.wait_closed(WAIT_S)
        return socket, log, coverage

    socket, log, coverage = asyncio.run(scenario())
    assert frames == socket.received
    assert [each.index for each in frames] == list(range(9))
    assert [each.name for each in frames] == ["pong", "pong", "?", "?", "?", "?", "pong", "?", "?"]
    assert [len(each.problems) for each in frames] == [0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert frames[1].problems[0].keyword == "required"
    assert [each.value is ABSENT for each in frames] == [False, False, False, False, True, True, False, False, True]
    assert frames[3].value is None
    assert socket.binary == 1
    assert (frames[0].data, frames[3].data) == ({}, {})
    logged = [entry for entry in log.entries if entry["step"] == "frame"]
    assert [set(entry) - {"step", "at", "socket", "who"} for entry in logged] == [
        {"text"} if each.value is ABSENT else {"frame"} for each in frames
    ]
    assert {entry["who"] for entry in logged} == {"bob"}
    assert coverage.counts["frames_received"] == 9
    assert coverage.frames["pong received"] == 3


def test_what_is_sent_arrives_and_stands_in_the_log() -> None:
    seen: list[Any] = []

    async def listen(connection: ServerConnection) -> None:
        seen.append(connection.request.path)  # type: ignore[union-attr]
        seen.append(connection.request.headers["Accept-Language"])  # type: ignore[union-attr]
        async for frame in connection:
            seen.append(frame)

    async def scenario() -> tuple[WireLog, Coverage, bytes]:
        log, coverage = WireLog(), Coverage()
        async with speaking(listen) as url:
            headers = {"Accept-Language": "en"}
            socket = await connect(url, log=log, coverage=coverage, query={"token": "a b"}, headers=headers)
            socket.send({"type": "ping"})
            socket.send({"type": "ping", "data": {"x": "你"}})
            socket.send_text("{")
            socket.send_raw(bytes.fromhex("818400000000") + b"null")  # a text frame with a mask of zeros
            socket.send_ping(b"p")
            assert await socket.wait_until(lambda: bool(socket.pongs), WAIT_S)
            socket.close(1001)
            assert not socket.is_open
            closed = await socket.wait_closed(WAIT_S)
            socket.send({"type": "ping"})  # lost
            assert closed is not None
            assert (closed.code, closed.by_server) == (1001, False)
        return log, coverage, socket.pongs[0]

    log, coverage, pong = asyncio.run(scenario())
    assert seen == ["/ws?token=a+b", "en", '{"type": "ping"}', '{"type": "ping", "data": {"x": "你"}}', "{", "null"]
    assert pong == b"p"
    assert [entry["step"] for entry in log.entries] == [
        *("connect", "send", "send", "send", "raw", "close", "closed"),
        "send",
    ]
    assert log.entries[0]["query"] == {"token": "a b"}
    assert (log.entries[1]["json"], log.entries[3]["text"]) == ({"type": "ping"}, "{")
    assert coverage.counts["frames_sent"] == 5
    assert coverage.frames["ping sent valid"] == 2
    assert coverage.frames["ping sent invalid"] == 1
    assert coverage.closes == {"1001": 1}


@pytest.mark.parametrize(
    ("end", "code", "reason"),
    [
        (lambda connection: connection.close(4409, "replaced"), 4409, "replaced"),
        (lambda connection: connection.close(), 1000, ""),
        (lambda connection: _torn(connection), ABNORMAL, ""),
    ],
)
def test_how_the_server_ended_it_is_known(end: Callable[[ServerConnection], Any], code: int, reason: str) -> None:
    ended: list[Closed | None] = []

    async def talk(connection: ServerConnection) -> None:
        await connection.recv()
        await end(connection)

    async def scenario() -> tuple[Closed | None, WireLog]:
        log = WireLog()
        async with speaking(talk) as url:
            socket = await connect(url, log=log, on_close=lambda each: ended.append(each.closed))
            assert await socket.wait_closed(0.05) is None
            assert socket.is_open
            socket.send({})
            return await socket.wait_closed(WAIT_S), log

    closed, log = asyncio.run(scenario())
    assert closed is not None
    assert (closed.code, closed.reason, closed.by_server) == (code, reason, True)
    assert ended == [closed]
    last = log.entries[-1]
    assert (last["step"], last["code"], last["reason"]) == ("closed", code, reason)


async def _torn(connection: ServerConnection) -> None:
    connection.transport.abort()


def test_a_client_that_drops_is_not_the_servers_doing() -> None:
    async def scenario() -> Closed | None:
        async with speaking(lambda connection: connection.wait_closed()) as url:
            socket = await connect(url)
            socket.drop()
            return await socket.wait_closed(WAIT_S)

    closed = asyncio.run(scenario())
    assert closed is not None
    assert (closed.code, closed.by_server) == (ABNORMAL, False)


def test_a_paused_client_takes_nothing_until_it_reads_again() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps(PONG))
        await connection.wait_closed()

    async def scenario() -> None:
        async with speaking(talk) as url:
            socket = await connect(url, receive_buffer_bytes=4096)
            socket.pause()
            socket.send({})
            assert not await socket.wait_until(lambda: bool(socket.received), 0.3)
            socket.resume()
            assert await socket.wait_until(lambda: bool(socket.received), WAIT_S)
            socket.drop()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (http_answer(426, b"no", "Sec-WebSocket-Version: 13"), 426, "no"),
        (http_answer(200, b"{}"), 200, "{}"),
        (b"", 0, ""),
        (b"nonsense\r\n\r\n", 0, ""),
        (b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n", 101, ""),
    ],
)
def test_a_handshake_that_is_refused_says_how(answer: bytes, status: int, body: str) -> None:
    async def scenario() -> HandshakeRefused:
        async with answering(answer) as (url, _):
            started = asyncio.get_running_loop().time()
            with pytest.raises(HandshakeRefused) as refused:
                await connect(url)
            assert asyncio.get_running_loop().time() - started < WAIT_S
            return refused.value

    refused = asyncio.run(scenario())
    assert (refused.status, refused.body) == (status, body)
    if status == 426:
        assert refused.headers["Sec-WebSocket-Version"] == "13"


@pytest.mark.parametrize("answer", [http_answer(426, b""), b"nonsense\r\n\r\n"])
def test_a_refused_connection_is_not_kept(answer: bytes) -> None:
    async def scenario() -> None:
        ended = asyncio.Event()

        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Hold the connection open, whatever the client says, until it is gone."""
            await reader.readuntil(b"\r\n\r\n")
            try:
                writer.write(answer)
                while True:
                    await writer.drain()
                    await asyncio.sleep(0.01)
                    writer.write(b"x" * 1000)
            except ConnectionError:
                ended.set()

        server = await asyncio.start_server(keep, "127.0.0.1", 0)
        async with server, asyncio.timeout(WAIT_S):
            with pytest.raises(HandshakeRefused):
                await connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            await ended.wait()

    asyncio.run(scenario())


def test_a_handshake_that_nobody_waits_for_any_more_fails_in_silence() -> None:
    async def scenario() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        abandoned = Socket("s1", CHANNEL, WireLog(), Coverage())
        abandoned.connection_lost(None)
        del abandoned
        await asyncio.sleep(0)
        gc.collect()
        return told

    assert asyncio.run(scenario()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://nowhere.invalid"])
def test_where_nobody_listens_the_handshake_is_refused(url: str) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        asyncio.run(connect(url))
    assert refused.value.status == 0


def test_a_server_without_tls_refuses_the_handshake_of_tls() -> None:
    async def scenario() -> int:
        async with speaking(lambda connection: connection.wait_closed()) as url:
            with pytest.raises(HandshakeRefused) as refused:
                await connect(url.replace("http:", "https:"))
            return refused.value.status

    assert asyncio.run(scenario()) == 0


# The log and the addresses.


def test_the_log_numbers_and_groups_and_leaves_out_what_is_not_there() -> None:
    log = WireLog("b")
    assert [log.new_id("r"), log.new_id("r"), log.new_id("e")] == ["br1", "br2", "be1"]
    log.group = 3
    entry = log.add("wait", seconds=0, who=None)
    log.group = None
    assert {name: entry[name] for name in ("step", "seconds", "group")} == {"step": "wait", "seconds": 0, "group": 3}
    assert "who" not in entry
    assert entry["at"] >= 0
    assert "group" not in log.add("wait")
    assert len(log.entries) == 2


def test_everybody_has_an_address_of_his_own_on_loopback() -> None:
    addresses = Addresses("http://127.0.0.1:80")
    if not addresses.are_many:
        pytest.skip("this machine answers for 127.0.0.1 only, as macOS does")
    taken = [addresses.take() for _ in range(70_000)]
    assert len(set(taken)) == len(taken)
    assert taken[0] == "127.20.1.1"
    assert not set(taken[:100]) & {Addresses("http://localhost", 100).take()}
    assert all(0 < int(part) < 255 for address in taken[:2000] for part in str(address).split(".")[1:])


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1", "http://example.org", "http://[::1]:80", "http://localhost.example"]
)
def test_elsewhere_the_machine_has_one_address(url: str) -> None:
    addresses = Addresses(url)
    assert (addresses.are_many, addresses.take()) == (False, None)


# The right server.


def test_the_right_server_does_nothing_wrong(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server()
    addresses = Addresses(server.url)

    async def scenario() -> tuple[WireLog, Coverage, list[Answer], list[Received], Closed | None]:
        log, coverage = WireLog(), Coverage()
        answers: list[Answer] = []
        http = Http(server.url, API, log, coverage, address=addresses.take(), who="guest", on_answer=answers.append)
        guest = await http.request("POST", "/api/auth/guest", data={})
        token = guest.data["accessToken"]
        world = await http.request("GET", "/api/conversations", token=token)
        await http.request("GET", "/api/users/search", token=token, query={"q": "a"})
        await http.request("GET", "/api/friends")
        await http.request("GET", "/nowhere")
        socket = await open_socket(
            server.url, CHANNEL, log, coverage, name="s1", who="guest", query={"token": token}, address=addresses.take()
        )
        conversation = world.data["conversations"][0]["id"]
        data = {"conversationId": conversation, "content": "你好", "messageType": 1, "client_msg_id": "c1"}
        socket.send({"type": "send-message", "data": data})
        socket.send({"type": "ping", "data": 5})
        socket.send({"type": "ping"})
        assert await socket.wait_until(lambda: len(socket.received) == 3, WAIT_S), socket.received
        await http.request("POST", "/api/auth/logout", token=token)
        closed = await socket.wait_closed(WAIT_S)
        await http.close()
        with pytest.raises(HandshakeRefused) as refused:
            await open_socket(server.url, _elsewhere(), log, coverage, name="s2")
        assert refused.value.status == 404
        return log, coverage, answers, socket.received, closed

    log, coverage, answers, frames, closed = asyncio.run(scenario())
    assert [each.status for each in answers] == [201, 200, 403, 401, 404, 200]
    assert all(each.declared and not each.problems for each in answers)
    assert sorted(each.name for each in frames) == ["error", "error", "message-ack", "pong"]
    assert not any(each.problems for each in frames)
    assert closed is not None
    assert (closed.code, closed.by_server) == (4401, True)
    assert coverage.closes == {"4401": 1}
    assert coverage.errors["AUTH_FAILED http"] == 1
    assert json.dumps(log.entries)


def _elsewhere() -> SocketContract:
    asyncapi = json.loads(json.dumps(CHANNEL.document))
    asyncapi["channels"]["ws"]["address"] = "/api/nowhere"
    return read_socket_contract(asyncapi)
