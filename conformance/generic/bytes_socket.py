"""A WebSocket connection made of bytes: writes whatever it is told to, and reads the server's frames by itself.

For faults below the frames, and for what a library would hide: a frame that is masked, bytes after the close, the end
of the TCP connection. Judges nothing.
"""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from conformance.generic.framing import CLOSE, CONTINUATION, NAMES, NO_STATUS, PONG, TEXT
from conformance.tls import tls_context
from conformance.wire.log import WireLog
from conformance.wire.socket import CONNECT_TIMEOUT_S, HandshakeRefused


@dataclass(eq=False)
class BytesSocket(asyncio.Protocol):
    """A connection after its handshake. Make it by `open_bytes_socket`.

    Attributes:
        texts: The text messages that came, joined from their fragments, as far as they are UTF-8.
        pongs: Payloads of the pongs, in order.
        binary: How many binary messages came.
        close_code: Of the server's close frame; None before one, `NO_STATUS` when it has no code.
        faults: What of the server's frames is not RFC 6455.
        behind: Bytes that came after the server's close frame.
        ended: Whether the TCP connection has ended from the server's side; `reset` when not in order.
    """

    log: WireLog
    name: str = "s1"
    head: bytes = b""
    texts: list[str] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    binary: int = 0
    close_code: int | None = None
    faults: list[str] = field(default_factory=list)
    behind: bytes = b""
    ended: bool = False
    reset: bool = False
    is_open: bool = False

    def __post_init__(self) -> None:
        self._changed = asyncio.Event()
        self._buffer = bytearray()
        self._parts: list[bytes] = []
        self._joining: int | None = None
        self._transport: asyncio.Transport | None = None

    # What a client does.

    def write(self, data: bytes) -> None:
        """Put bytes on the stream; on one that has ended they are lost."""
        if self._transport is not None and not self._transport.is_closing():
            self.log.add("raw", socket=self.name, base64=base64.b64encode(data).decode())
            self._transport.write(data)

    def write_head(self, data: bytes) -> None:
        """Put the request on the stream, which the log has as the step `connect`."""
        assert self._transport is not None
        self._transport.write(data)

    def write_end(self) -> None:
        """End our side of the TCP connection (FIN), as a half-open client."""
        if self._transport is not None and self._transport.can_write_eof():
            self._transport.write_eof()

    def drop(self) -> None:
        """Tear the TCP connection with a reset."""
        if self._transport is not None and not self._transport.is_closing():
            self.log.add("drop", socket=self.name)
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def end(self) -> None:
        """Close the TCP connection."""
        if self._transport is not None:
            self._transport.close()

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `condition` holds, looked at whenever something comes; say whether it did in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not condition():
            left = deadline - loop.time()
            if left <= 0:
                return False
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                return condition()
        return True

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.is_open:
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if separator and not self.head:
                self.head = head
                self._buffer[:] = rest
                self.is_open = self.status == 101
        if self.is_open:
            self._read_frames()
        self._changed.set()

    def eof_received(self) -> bool:
        self.ended = True
        self._changed.set()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.reset = self.reset or (error is not None and not self.ended)
        self.ended = True
        self._changed.set()

    # Inside.

    @property
    def status(self) -> int:
        """Of the answer to the handshake, 0 before it or when it is no HTTP."""
        parts = self.head.split(None, 2)
        return int(parts[1]) if len(parts) > 1 and parts[0].startswith(b"HTTP/") and parts[1].isdigit() else 0

    @property
    def body(self) -> str:
        """What followed the head of an answer that is no 101."""
        return "" if self.is_open else self._buffer.decode("utf-8", "replace")

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer to the handshake; names in lower case."""
        lines = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        return {name.decode("latin-1").strip().lower(): value.decode("latin-1").strip() for name, _, value in lines}

    def _read_frames(self) -> None:
        while self.close_code is None:
            frame = self._next_frame()
            if frame is None:
                return
            self._take(*frame)
        self.behind += bytes(self._buffer)
        self._buffer.clear()

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        """Take one whole frame from what has come; None when there is none yet."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        length, start = second & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        key = bytes(buffer[start : start + 4]) if second & 0x80 else b""
        start += len(key)
        if len(buffer) < start + length:
            return None
        payload = bytes(buffer[start : start + length])
        if key:
            payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
        del buffer[: start + length]
        if second & 0x80:
            self.faults.append("a masked frame")
        if first & 0x70:
            self.faults.append("a frame with reserved bits")
        return bool(first & 0x80), first & 0x0F, payload

    def _take(self, fin: bool, opcode: int, payload: bytes) -> None:
        if opcode not in NAMES:
            self.faults.append(f"a frame with the opcode {opcode}")
        elif opcode >= CLOSE:
            if not fin or len(payload) > 125:
                self.faults.append("a control frame that is fragmented or too long")
            self._take_control(opcode, payload)
        else:
            if (opcode == CONTINUATION) != (self._joining is not None):
                self.faults.append("a continuation of nothing, or a message inside another")
            self._joining = opcode if self._joining is None else self._joining
            self._parts.append(payload)
            if fin:
                self._take_message(self._joining, b"".join(self._parts))
                self._parts.clear()
                self._joining = None

    def _take_control(self, opcode: int, payload: bytes) -> None:
        if opcode == PONG:
            self.pongs.append(payload)
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else NO_STATUS
            if len(payload) == 1:
                self.faults.append("a close frame with half a code")
            reason = payload[2:].decode("utf-8", "replace")
            self.log.add("closed", socket=self.name, code=self.close_code, reason=reason)

    def _take_message(self, opcode: int, payload: bytes) -> None:
        if opcode != TEXT:
            self.binary += 1
            return
        try:
            text = payload.decode("utf-8")
        except UnicodeDecodeError:
            self.faults.append("a text message that is not UTF-8")
            return
        self.texts.append(text)
        self.log.add("frame", socket=self.name, text=text)


async def open_bytes_socket(
    base_url: str,
    path: str,
    query: Mapping[str, str],
    log: WireLog,
    *,
    headers: Mapping[str, str | None] | None = None,
    method: str = "GET",
    address: str | None = None,
) -> BytesSocket:
    """Connect, ask for the upgrade, and return the connection once the server has answered, whatever it did.

    Args:
        headers: On top of those of a valid handshake; None takes one away.
        address: The local address to connect from.

    Raises:
        HandshakeRefused: No HTTP answer came.
    """
    parts = urlsplit(base_url)
    is_tls = parts.scheme == "https"
    host, port = parts.hostname or "localhost", parts.port or (443 if is_tls else 80)
    target = path + (f"?{urlencode(query)}" if query else "")
    shown = {name: value for name, value in (headers or {}).items() if value is not None}
    log.add("connect", socket="s1", query=dict(query), headers=shown or None)
    all_headers: dict[str, str | None] = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **(headers or {}),
    }
    lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in all_headers.items() if v is not None), "", ""]
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"local_addr": (address, 0)} if address is not None else {}
    if is_tls:
        options["ssl"] = tls_context(base_url)
    try:
        connecting = loop.create_connection(lambda: BytesSocket(log), host, port, **options)
        _, opened = await asyncio.wait_for(connecting, CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError) as error:
        raise HandshakeRefused(0) from error
    raw = opened._transport.get_extra_info("socket") if opened._transport is not None else None
    if raw is not None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.write_head("\r\n".join(lines).encode("latin-1"))
    await opened.wait_until(lambda: bool(opened.head) or opened.ended, CONNECT_TIMEOUT_S)
    if not opened.head:
        opened.end()
        raise HandshakeRefused(0)
    return opened
