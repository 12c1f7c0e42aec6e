"""WebSocket from the client's side for `gochat bench`: upgrade, masked frames out, many frames cut at once.

Only what a load generator needs of RFC 6455, on raw sockets, so that it costs less than the server it
loads. Knows bytes and opcodes; what the frames mean is the caller's.
"""

import base64
import hashlib
import os
import socket

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONNECT_TIMEOUT_S = 10.0
MAX_HEAD_BYTES = 16_384


class FrameError(Exception):
    """The server broke RFC 6455, or did what no server of this benchmark has reason to do (fragments)."""


class FrameWriter:
    """Makes masked client frames under one random mask a connection.

    RFC 6455 5.3 asks for a fresh, unpredictable key a frame, against proxies that take a frame's bytes for
    HTTP; on a loopback benchmark a key a connection does. Key 0 would make masking free, but an unmasking
    server could then be quicker than it is in life. As one big xor the masking costs under a microsecond.
    """

    def __init__(self, mask: bytes | None = None) -> None:
        self.mask = os.urandom(4) if mask is None else mask
        self.mask_streams: dict[int, int] = {}

    def frame(self, payload: bytes, opcode: int = TEXT) -> bytes:
        """Return `payload` as one final frame; at most 65,535 bytes."""
        length = len(payload)
        stream = self.mask_streams.get(length)
        if stream is None:
            stream = int.from_bytes((self.mask * (length // 4 + 1))[:length], "big")
            self.mask_streams[length] = stream
        head = (
            bytes((0x80 | opcode, 0x80 | length))
            if length < 126
            else (bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big"))
        )
        return head + self.mask + (int.from_bytes(payload, "big") ^ stream).to_bytes(length, "big")


def cut_frames(received: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the whole frames in `received` as (opcode, payload), in order, and the bytes of the one begun.

    Raises FrameError on a masked or fragmented frame.
    """
    frames: list[tuple[int, bytes]] = []
    at, end = 0, len(received)
    while end - at >= 2:
        first, length, start = received[at], received[at + 1], at + 2
        if length == 126:
            start = at + 4
            length = int.from_bytes(received[at + 2 : start], "big")
        elif length == 127:
            start = at + 10
            length = int.from_bytes(received[at + 2 : start], "big")
        elif length > 127:
            raise FrameError("a server must not mask its frames (RFC 6455 5.1)")
        if start + length > end or start > end:
            break
        if first & 0xF0 != 0x80:
            raise FrameError(f"expected an unfragmented frame without extensions, got first byte {first:#x}")
        frames.append((first & 0x0F, received[start : start + length]))
        at = start + length
    return frames, received[at:]


def open_websocket(host: str, port: int, target: str) -> tuple[socket.socket, bytes]:
    """Connect, upgrade at `target` (path and query) and return the non-blocking socket and early bytes.

    Raises FrameError, with the status line, when the upgrade is refused; OSError when nobody listens.
    """
    connection = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16))
        connection.sendall(
            f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key.decode()}\r\n\r\n".encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(4096)
            if not piece or len(received) > MAX_HEAD_BYTES:
                raise FrameError(f"the connection ended in the upgrade, after {len(received)} bytes")
            received += piece
        head, _, rest = received.partition(b"\r\n\r\n")
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT_GUID).digest())
        if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
            raise FrameError(f"the upgrade was refused: {head.splitlines()[0].decode('latin-1')}")
    except BaseException:
        connection.close()
        raise
    connection.setblocking(False)
    return connection, rest
