"""The one writer of a connection: a bounded queue of whole frames, everything that waits in one write.

Frames are encoded once a message, not once a recipient: what is queued is the bytes on the wire.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import gevent
from gevent.event import Event
from wsproto.frame_protocol import CloseReason, FrameProtocol

WRITE_BYTES = 64 * 1024
"""At most so much goes into one write, so that a reader that is closed as too slow sees the close soon after it
reads again."""

_framing = FrameProtocol(client=False, extensions=[])


def text_frame(payload: bytes) -> bytes:
    """Return a text message as one unmasked frame (RFC 6455, 5.6). `payload` is UTF-8."""
    length = len(payload)
    if length <= 125:
        return b"\x81" + length.to_bytes(1, "big") + payload
    if length <= 0xFFFF:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def close_frame(code: int) -> bytes:
    """Return a close frame; 1005 (no status) goes out without one."""
    return bytes(_framing.close(None if code == CloseReason.NO_STATUS_RCVD else code))


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping."""
    return bytes(_framing.pong(payload))


class Outbox:
    """What waits to be written to one socket.

    Args:
        sock: A cooperative socket; nobody else writes to it.
        max_bytes: More than this waiting means the reader is too slow.
        is_open: Whether to write from now on; else from `open` on.
    """

    def __init__(self, sock: Any, max_bytes: int, *, is_open: bool = True) -> None:
        self._sock = sock
        self._max_bytes = max_bytes
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._wake = Event()
        self._last = False
        self._is_awake = False  # asked before each `set`, which costs as much as queueing
        self._writer: gevent.Greenlet | None = None
        if is_open:
            self.open()

    def open(self, first: bytes = b"") -> None:
        """Write from now on: `first`, by itself, then what waits."""
        self._writer = gevent.spawn(self._run, first)

    def put(self, frame: bytes) -> bool:
        """Queue a frame; False when it does not fit any more. After `finish` frames are dropped."""
        if self._last:
            return True
        if self._bytes + len(frame) > self._max_bytes:
            return False
        self._frames.append(frame)
        self._bytes += len(frame)
        if not self._is_awake:
            self._is_awake = True
            self._wake.set()
        return True

    @property
    def is_half_full(self) -> bool:
        """Whether more than half of what may wait waits."""
        return self._bytes * 2 > self._max_bytes and not self._last

    def finish(self, *frames: bytes, drop_waiting: bool = False) -> None:
        """Queue the last frames; the writer ends after them. `drop_waiting` forgets what is not being written."""
        if self._last:
            return
        self._last = True
        if drop_waiting:
            self._frames.clear()
        self._frames.extend(frames)
        self._wake.set()

    def wait_finished(self, timeout_s: float) -> None:
        """Wait until the last frame is written, or the time is over."""
        if self._writer is not None:
            self._writer.join(timeout_s)

    def _run(self, first: bytes) -> None:
        frames = self._frames
        if first and not self._write(first):
            return
        while True:
            self._wake.wait()
            self._wake.clear()
            while frames:
                chunk = frames.popleft()
                if frames:
                    chunks = [chunk]
                    size = len(chunk)
                    while frames and size + len(frames[0]) <= WRITE_BYTES:
                        size += len(frames[0])
                        chunks.append(frames.popleft())
                    chunk = b"".join(chunks)
                if not self._write(chunk):
                    return
                self._bytes -= len(chunk)
            if self._last:
                return
            self._is_awake = False

    def _write(self, data: bytes) -> bool:
        try:
            self._sock.sendall(data)
        except OSError:
            self._last = True  # the reader notices, too
            self._frames.clear()
            return False
        return True
