"""One WebSocket connection: frames by the sans-I/O protocol of the websockets package, bytes by ourselves.

Every frame that comes is judged by the contract as it comes. Bytes can be put on the stream below the protocol, reading
can be stopped, and the connection can be torn, which no ordinary client allows. `connecting` opens it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from conformance.contract.judge import ABSENT, Problem, json_value
from conformance.contract.socket import CLIENT, Message, SocketContract, value_at
from conformance.coverage import Coverage
from conformance.wire.log import WireLog

CONNECT_TIMEOUT_S = 10.0
STAY = b"stay"
"""Payload of the control frames that only keep a connection open."""

ABNORMAL = 1006
"""RFC 6455, section 7.1.5: the connection ended without a closing handshake."""

Json = dict[str, Any]


class HandshakeRefused(Exception):
    """The server did not open a WebSocket. `status` is that of its answer, 0 without one; `body` its text."""

    def __init__(self, status: int, body: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"the handshake was answered with {status}" if status else "the handshake was not answered")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(slots=True, eq=False)
class Received:
    """A frame that came: its place on the connection, the parsed value, and what the contract says of it.

    Attributes:
        value: The parsed JSON, `ABSENT` when it is none.
        message: The declared frame that it is, None when it is none.
        problems: What of it does not hold.
        taken: Whether somebody expected it; for the use of the layers.
    """

    index: int
    text: str
    value: Any
    at: float
    message: Message | None
    problems: tuple[Problem, ...]
    taken: bool = False

    @property
    def name(self) -> str:
        """Return the frame's name, `?` for what is not declared."""
        return self.message.name if self.message else "?"

    @property
    def data(self) -> Any:
        """Return its member `data`, {} without one."""
        return self.value.get("data", {}) if isinstance(self.value, dict) else {}


@dataclass(frozen=True, slots=True)
class Closed:
    """How a connection ended: the close code (1006: without a handshake), and who began."""

    code: int
    reason: str
    by_server: bool
    at: float


@dataclass(eq=False)
class Socket(asyncio.Protocol):
    """A connection to the channel. Make it by `open_socket`."""

    name: str
    contract: SocketContract
    log: WireLog
    coverage: Coverage
    who: str = ""
    on_frame: Callable[[Socket, Received], None] | None = None
    on_close: Callable[[Socket], None] | None = None
    received: list[Received] = field(default_factory=list)
    binary: int = 0
    closed: Closed | None = None
    response: Response | None = None
    opened_at: float = 0.0
    is_silent: bool = False
    pongs: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        # Who waited for it may have been cancelled, at the end of a run: then its failure is nobody's business.
        self._opened.add_done_callback(lambda opened: opened.cancelled() or opened.exception())
        self._transport: asyncio.Transport | None = None
        self._protocol: ClientProtocol | None = None
        self._parts: list[bytes] = []
        self._closing = False

    # What a client does.

    def send(self, frame: Any) -> None:
        """Send a value as one text frame."""
        self.send_text(json.dumps(frame, ensure_ascii=False), frame=frame)

    def send_text(self, text: str, *, frame: Any = ABSENT) -> None:
        """Send a text frame as it is. What is sent on a closed connection is lost, as in life."""
        entry = self.log.add("send", socket=self.name, who=self.who or None)
        if frame is ABSENT:
            entry["text"] = text
        else:
            entry["json"] = frame
            message, problems = self.contract.judge(frame, CLIENT)
            if message is not None:
                self.coverage.frames[f"{message.name} sent {'invalid' if problems else 'valid'}"] += 1
        self._count_sent()
        if self._protocol is not None and self.is_open:
            self._protocol.send_text(text.encode("utf-8", "surrogatepass"))
            self._flush()

    def send_raw(self, data: bytes) -> None:
        """Put bytes on the stream, below the protocol."""
        self.log.add("raw", socket=self.name, who=self.who or None, base64=base64.b64encode(data).decode())
        self._count_sent()
        if self._transport is not None:
            self._transport.write(data)

    def send_ping(self, payload: bytes = b"") -> None:
        """Send a control frame; its pong lands in `pongs`."""
        if self._protocol is not None and self.is_open:
            self._protocol.send_ping(payload)
            self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin the closing handshake."""
        self.log.add("close", socket=self.name, who=self.who or None, code=code)
        if self._protocol is not None and self.is_open:
            self._closing = True
            self._protocol.send_close(code, reason)
            self._flush()

    def drop(self) -> None:
        """Tear the TCP connection with a reset, as a dead phone does."""
        self.log.add("drop", socket=self.name, who=self.who or None)
        self._closing = True
        if self._transport is not None:
            raw = self._transport.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def pause(self) -> None:
        """Read no more, as a slow client."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `condition` holds, looked at whenever something comes; say whether it did in time."""
        deadline = self._loop.time() + timeout_s
        while not condition():
            left = deadline - self._loop.time()
            if left <= 0:
                return False
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                return condition()
        return True

    async def wait_closed(self, timeout_s: float) -> Closed | None:
        """Wait until the connection has ended; None when it has not in time."""
        await self.wait_until(lambda: self.closed is not None, timeout_s)
        return self.closed

    @property
    def fault(self) -> str:
        """What of the server's own frames is not RFC 6455, "" as long as they keep to it."""
        error = None if self._protocol is None else self._protocol.parser_exc
        return "" if error is None or isinstance(error, EOFError) else f"{type(error).__name__}: {error}"

    @property
    def is_open(self) -> bool:
        """Whether frames can still be sent."""
        is_broken = self._protocol is not None and self._protocol.state is not State.OPEN
        return self.closed is None and not self._closing and not is_broken

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._protocol is None:
            return
        self._protocol.receive_data(data)
        self._events()

    def eof_received(self) -> bool:
        if self._protocol is not None:
            self._protocol.receive_eof()
            self._events()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(HandshakeRefused(0))
        self._ended()

    # Inside.

    def start(self, protocol: ClientProtocol, headers: Mapping[str, str]) -> None:
        """Send the handshake; `open_socket` waits for its answer."""
        self._protocol = protocol
        request = protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        protocol.send_request(request)
        self._flush()

    async def opened(self) -> None:
        """Wait for the server's answer to the handshake."""
        await asyncio.wait_for(self._opened, CONNECT_TIMEOUT_S)

    def abandon(self) -> None:
        """End a connection that did not open; no step of the log."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    def _stay(self, *, is_first: bool = False) -> None:
        """Send a control frame now and then, so that the server does not take us for idle."""
        idle_s = self.contract.limits.idle_timeout_s
        if idle_s > 0 and self.is_open:
            if not is_first and not self.is_silent:
                self.send_ping(STAY)
            self._loop.call_later(idle_s / 3, self._stay)

    def _events(self) -> None:
        assert self._protocol is not None
        for event in self._protocol.events_received():
            assert not isinstance(event, Request)
            if isinstance(event, Response):
                self._answered(event)
            elif event.opcode in (Opcode.TEXT, Opcode.CONT, Opcode.BINARY):
                if event.opcode == Opcode.BINARY:
                    self.binary += 1
                self._parts.append(bytes(event.data))
                if event.fin:
                    self._frame(b"".join(self._parts))
                    self._parts.clear()
            elif event.opcode == Opcode.PONG:
                if event.data != STAY:
                    self.pongs.append(bytes(event.data))
            elif event.opcode == Opcode.CLOSE:
                self._note_close()
        if self._protocol.handshake_exc is not None and not self._opened.done():
            self._opened.set_exception(HandshakeRefused(0))  # what came is no HTTP answer
        self._flush()
        self._changed.set()

    def _answered(self, response: Response) -> None:
        assert self._protocol is not None
        self.response = response
        if self._opened.done():
            return
        if self._protocol.handshake_exc is not None:
            body = (response.body or b"").decode("utf-8", "replace")
            self._opened.set_exception(HandshakeRefused(response.status_code, body, dict(response.headers.raw_items())))
        else:
            self.opened_at = self._loop.time()
            self._opened.set_result(None)
            self._stay(is_first=True)

    def _frame(self, data: bytes) -> None:
        text, value = data.decode("utf-8", "replace"), json_value(data)
        message, problems = self.contract.judge(value)
        received = Received(len(self.received), text, value, self._loop.time(), message, tuple(problems))
        self.received.append(received)
        entry = self.log.add("frame", socket=self.name, who=self.who or None)
        entry["text" if value is ABSENT else "frame"] = text if value is ABSENT else value
        self.coverage.counts["frames_received"] += 1
        self.coverage.frames[f"{received.name} received"] += 1
        self._count_error(received)
        if self.on_frame is not None:
            self.on_frame(self, received)

    def _count_error(self, received: Received) -> None:
        invalid = self.contract.invalid
        if invalid is not None and invalid.code is not None and received.message is invalid.message:
            code = value_at(received.value, invalid.code[0])
            if isinstance(code, str):
                self.coverage.errors[f"{code} socket"] += 1

    def _note_close(self) -> None:
        protocol = self._protocol
        assert protocol is not None
        got = protocol.close_rcvd
        if self.closed is None and got is not None:
            by_server = bool(protocol.close_rcvd_then_sent) or protocol.close_sent is None
            self._set_closed(Closed(got.code, got.reason, by_server and not self._closing, self._loop.time()))

    def _ended(self) -> None:
        self._note_close() if self._protocol is not None else None
        if self.closed is None:
            self._set_closed(Closed(ABNORMAL, "", not self._closing, self._loop.time()))
        self._changed.set()

    def _set_closed(self, closed: Closed) -> None:
        self.closed = closed
        self.log.add("closed", socket=self.name, who=self.who or None, code=closed.code, reason=closed.reason)
        if closed.code in self.contract.close_codes or (closed.by_server and closed.code != ABNORMAL):
            self.coverage.closes[str(closed.code)] += 1
        if self.on_close is not None:
            self.on_close(self)

    def _flush(self) -> None:
        assert self._protocol is not None
        for data in self._protocol.data_to_send():
            if self._transport is None or self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()

    def _count_sent(self) -> None:
        self.coverage.counts["frames_sent"] += 1
