"""Two WebSocket clients: one that plays a chat client, one that writes the bytes itself.

`Socket` collects frames in a thread and holds each to the contract. `RawSocket` is for tests of
the protocol below the frames, and judges nothing.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from conformance.walk import tls_context
from tests.harness.contract import load_contract
from tests.harness.server import GoChatServer

Json = dict[str, Any]
Where = Callable[[Json], bool] | Mapping[str, Any] | None

CONNECT_TIMEOUT_S = 10.0
FRAME_TIMEOUT_S = 5.0

OP_CONTINUATION, OP_TEXT, OP_BINARY, OP_CLOSE, OP_PING, OP_PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Socket:
    """A chat client's connection. Frames wait until a test expects them."""

    def __init__(
        self,
        server: GoChatServer,
        token: str | None,
        *,
        origin: str | None = None,
        language: str | None = None,
        url: str | None = None,
        offer_compression: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Connects; authentication is judged by the server after that, so a bad token connects too.

        url: instead of the server's own address for the token.
        headers: more headers for the handshake.
        Any certificate is good enough for wss.
        Raises websockets.exceptions.InvalidStatus when the server refuses the upgrade.
        """
        all_headers = {"Accept-Language": language} if language is not None else {}
        all_headers.update(headers or {})
        address = url or server.ws_url(token)
        connecting = connect(
            address,
            ssl=tls_context(verify=False) if address.startswith("wss:") else None,
            origin=origin,
            additional_headers=all_headers,
            compression="deflate" if offer_compression else None,
            proxy=None,
            open_timeout=CONNECT_TIMEOUT_S,
            close_timeout=2,
            ping_interval=None,  # a silent client is what some tests are about
            max_size=None,
            max_queue=None,
        )
        self._connection = connecting.__enter__()  # `close` is the other half
        self._changed = threading.Condition()
        self._frames: list[Json] = []
        self._violations: list[str] = []
        self._closed = False
        self._receiver = threading.Thread(target=self._receive, daemon=True)
        self._receiver.start()

    @property
    def response_headers(self) -> Mapping[str, str]:
        """The headers of the server's 101."""
        assert self._connection.response is not None
        return self._connection.response.headers

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended, by whichever side."""
        with self._changed:
            return self._closed

    def send(self, frame_type: str, data: Any = ..., **more: Any) -> None:
        """Sends a frame; without data the frame has none."""
        frame: Json = {"type": frame_type, **more}
        if data is not ...:
            frame["data"] = data
        self.send_raw(json.dumps(frame, ensure_ascii=False))

    def send_raw(self, message: str | bytes) -> None:
        """Sends a text message as it is; bytes go out as a binary message."""
        self._connection.send(message)

    def ping(self) -> bool:
        """Sends a WebSocket ping (a control frame); returns whether the pong came in time."""
        return self._connection.ping().wait(FRAME_TIMEOUT_S)

    def expect(self, frame_type: str, timeout: float = FRAME_TIMEOUT_S, *, where: Where = None) -> Json:
        """Takes the oldest waiting frame of that type (and fit), or waits for one; returns the whole frame.

        timeout: seconds.
        where: a predicate on the frame, or values that its data has.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                self._raise_violations()
                for index, frame in enumerate(self._frames):
                    if frame["type"] == frame_type and _fits(frame, where):
                        return self._frames.pop(index)
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    state = f"closed with {self._connection.close_code}" if self._closed else "still open"
                    raise AssertionError(
                        f"no {frame_type} frame within {timeout} s; the socket is {state}; waiting: {self._frames}"
                    )
                self._changed.wait(left)

    def expect_none(self, frame_type: str, within_s: float, *, where: Where = None) -> None:
        """Holds that no such frame waits or arrives within so many seconds; a closed socket sends none."""
        deadline = time.monotonic() + within_s
        with self._changed:
            while True:
                self._raise_violations()
                found = [f for f in self._frames if f["type"] == frame_type and _fits(f, where)]
                assert not found, f"an unexpected {frame_type} frame: {found[0]}"
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    return
                self._changed.wait(left)

    def expect_close(self, timeout: float = FRAME_TIMEOUT_S) -> int:
        """Waits for the end of the connection; returns the close code, 1006 when there was no close frame."""
        self._receiver.join(timeout)
        with self._changed:
            self._raise_violations()
            assert self._closed, f"the socket is still open after {timeout} s; waiting: {self._frames}"
        code = self._connection.close_code
        assert code is not None
        return code

    def drain(self) -> list[Json]:
        """Takes all waiting frames, oldest first."""
        with self._changed:
            self._raise_violations()
            frames, self._frames = self._frames, []
            return frames

    def settle(self) -> None:
        """Waits until the server has handled all that was sent before, by a ping and its pong."""
        self.send("ping")
        self.expect("pong")

    def close(self, code: int = 1000) -> None:
        """Closes the connection, if it is still open, and judges what came in until then."""
        self._connection.close(code)
        self._receiver.join(FRAME_TIMEOUT_S)
        with self._changed:
            self._raise_violations()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self) -> None:
        try:
            while True:
                self._take(self._connection.recv())
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()

    def _take(self, message: str | bytes) -> None:
        violation = None
        frame: Json = {}
        try:
            frame = json.loads(message)
            if isinstance(message, bytes):
                violation = f"a binary message from the server: {message[:300]!r}"
            load_contract().check_frame(frame)
        except (ValueError, AssertionError) as error:
            violation = str(error)
        with self._changed:
            if violation is not None:
                self._violations.append(violation)
            else:
                self._frames.append(frame)
            self._changed.notify_all()

    def _raise_violations(self) -> None:
        assert not self._violations, f"frames that the contract does not allow: {self._violations}"


class RawSocket:
    """A TCP connection with a hand-written upgrade and hand-written frames."""

    def __init__(
        self,
        server: GoChatServer,
        token: str | None = None,
        *,
        target: str | None = None,
        method: str = "GET",
        headers: Mapping[str, str | None] | None = None,
        timeout_s: float = FRAME_TIMEOUT_S,
        right_behind: bytes = b"",
        receive_buffer_bytes: int | None = None,
    ) -> None:
        """Connects, asks for the upgrade and reads the head of the answer.

        target: the request target, instead of `/ws` with the token.
        headers: on top of a valid request's; None takes one away.
        right_behind: bytes that go out together with the request.
        receive_buffer_bytes: how much the kernel takes in for this side while nobody reads.
        """
        self.status = 0
        self.headers: dict[str, str] = {}
        self._rest = b""
        host, port = server.host_and_port
        self._tcp = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S)
        self._tcp.settimeout(timeout_s)
        self._tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer_bytes is not None:
            self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        if target is None:
            target = "/ws" + server.ws_url(token).partition("/ws")[2]
        all_headers: dict[str, str | None] = {
            "Host": f"{host}:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode("ascii"),
            "Sec-WebSocket-Version": "13",
            **(headers or {}),
        }
        head = [f"{method} {target} HTTP/1.1"]
        head += [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
        self.send_bytes(("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + right_behind)
        self._read_head()

    def send_bytes(self, data: bytes) -> None:
        """Writes bytes as they are."""
        self._tcp.sendall(data)

    def send_frame(
        self, opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, rsv: int = 0
    ) -> None:
        """Writes one WebSocket frame (RFC 6455, section 5.2)."""
        self.send_bytes(encode_frame(opcode, payload, fin=fin, masked=masked, rsv=rsv))

    def send_text(self, message: Any) -> None:
        """Writes a text frame; what is not a string goes out as JSON."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.send_frame(OP_TEXT, text.encode("utf-8"))

    def read_frame(self) -> tuple[bool, int, bytes]:
        """Reads one frame: fin, opcode, payload. Raises EOFError at the end, TimeoutError in silence."""
        first, second = self._read(2)
        assert not second & 0x80, "a server does not mask its frames (RFC 6455, section 5.1)"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._read(8))
        return bool(first & 0x80), first & 0x0F, self._read(length)

    def expect_close(self) -> int:
        """Skips frames up to the close frame; returns its code: 1005 for none, 1006 without a frame."""
        while True:
            try:
                _, opcode, payload = self.read_frame()
            except (EOFError, ConnectionError):
                return 1006
            if opcode == OP_CLOSE:
                return int(struct.unpack("!H", payload[:2])[0]) if len(payload) >= 2 else 1005

    def read_rest(self) -> bytes:
        """Reads up to the end of the connection. Raises TimeoutError when the server keeps it open."""
        data = self._rest
        self._rest = b""
        while True:
            try:
                chunk = self._tcp.recv(65536)
            except ConnectionError:
                return data
            if not chunk:
                return data
            data += chunk

    def finish_writing(self) -> None:
        """Ends this side's half of the TCP connection; what the server says can still be read."""
        self._tcp.shutdown(socket.SHUT_WR)

    def shut(self) -> None:
        """Ends both halves of the TCP connection, which wakes the threads that read and write it."""
        with suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Ends the TCP connection by a reset, as a crashed machine or a firewall does."""
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._tcp.close()

    def close(self) -> None:
        """Ends the TCP connection without a close frame."""
        self._tcp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_head(self) -> None:
        while b"\r\n\r\n" not in self._rest:
            chunk = self._tcp.recv(65536)
            if not chunk:
                raise EOFError(f"the server ended the connection in the head of its answer: {self._rest!r}")
            self._rest += chunk
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status_line.split(" ")[1])
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def _read(self, count: int) -> bytes:
        while len(self._rest) < count:
            chunk = self._tcp.recv(65536)
            if not chunk:
                raise EOFError("the server ended the connection")
            self._rest += chunk
        data, self._rest = self._rest[:count], self._rest[count:]
        return data


def encode_frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """Encodes one frame (RFC 6455, section 5.2), right or wrong.

    rsv: the three reserved bits, 0-7.
    """
    first = (0x80 if fin else 0) | (rsv << 4) | opcode
    mask_bit = 0x80 if masked else 0
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, mask_bit | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, mask_bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


def _fits(frame: Json, where: Where) -> bool:
    if where is None:
        return True
    if callable(where):
        return where(frame)
    data = frame.get("data", {})
    return all(data.get(name) == value for name, value in where.items())
