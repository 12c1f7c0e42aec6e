"""One WebSocket connection as a stream of text messages in and whole frames out.

Takes the socket and the protocol state (wsproto) that flask-sock has made in the handshake, and does what flask-sock
leaves to us: whole writes, one writer, bounds on what comes in and on what waits to go out, the closing handshake, and
the end of the TCP connection. Knows nothing of the chat.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import gevent
from msgspec import Struct
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.utilities import RemoteProtocolError

from generated.errors import Close
from gochat.turn import end_turn
from gochat.ws.outbox import Outbox, close_frame, pong_frame, text_frame

RECEIVE_BYTES = 16 * 1024

TURN_S = 0.005
"""How long one connection may keep the hub while more comes in; then the others get their turn."""

BLOCKED_S = 0.0002
"""A read that took longer has let others run."""

CLOSE_TIMEOUT_S = 3.0
"""How long the peer has to take what waits for it and to answer a close, before the TCP connection is cut."""

SLOW_CLOSE_TIMEOUT_S = 10.0
"""The same for a peer that is closed because it reads slowly."""

LINGER_S = 1.0
"""How long the peer has to end the TCP connection after we have ended our side of it (RFC 6455, 7.1.1)."""

ABNORMAL = 1006
"""Never on the wire: the connection ended without a close frame (RFC 6455, 7.4.1)."""


class Link:
    """A WebSocket connection after the handshake.

    Args:
        server: What flask-sock hands to a route; its socket and its protocol state are taken over.
        max_message_bytes: A larger message is the end (1009).
        outbox_max_bytes: More waiting for the peer than this is the end (4408).
        idle_timeout_s: No frame for so long is the end (4410); None for never.
        received: Bytes that the HTTP server has read beyond the handshake.
        too_large_notice: Text message that goes out before a close with 1009.
        response: The end of the handshake, which goes out by `open`, before all that waits; None: it went out already.
    """

    def __init__(
        self,
        server: Any,
        *,
        max_message_bytes: int,
        outbox_max_bytes: int,
        idle_timeout_s: float | None = None,
        received: bytes = b"",
        too_large_notice: bytes | None = None,
        response: bytes | None = None,
    ) -> None:
        server.connected = False  # flask-sock's own close must not write
        self._socket = server.sock
        self._protocol = server.ws
        self._max_message_bytes = max_message_bytes
        self._received = received
        self._too_large_notice = too_large_notice
        self._response = response
        self._outbox = Outbox(self._socket, outbox_max_bytes, is_open=response is None)
        self._socket.settimeout(None)
        self._parts: list[str] = []
        self._parts_bytes = 0
        self._peer_is_done = False  # it has closed, or what it sends can't be understood any more
        self._heard_at = time.monotonic()  # when the last whole frame came; bytes of one that never ends do not count
        self._turn_began = 0.0
        self._idle_timer: Any = None
        self.close_code: int | None = None
        if idle_timeout_s is not None:
            self._watch_idle(idle_timeout_s)

    @property
    def is_closing(self) -> bool:
        """Whether a close was sent or received; no message comes in or goes out any more."""
        return self.close_code is not None

    @property
    def is_behind(self) -> bool:
        """Whether so much waits for the peer that he should be waited for, where that is possible."""
        return self._outbox.is_half_full

    def open(self) -> None:
        """Let the client know that it is connected; what was queued until now follows. Does not block."""
        if self._response is not None:
            self._outbox.open(self._response)

    def send(self, payload: bytes) -> None:
        """Queue a text message; UTF-8. Does not block."""
        self.send_frame(text_frame(payload))

    def send_frame(self, frame: bytes) -> None:
        """Queue bytes made by `text_frame`, which many links may share. Does not block."""
        if not self._outbox.put(frame):
            self.close(Close.SLOW_READER, drop_waiting=True)

    def close(self, code: int, last: bytes | None = None, *, drop_waiting: bool = False) -> None:
        """Begin to close, once; who iterates over `messages` finishes it. Does not block.

        Args:
            last: Text message that goes out before the close frame.
            drop_waiting: Forget what waits for the peer.
        """
        if self.close_code is not None:
            return
        self.close_code = code
        frames = [] if last is None else [text_frame(last)]
        self._outbox.finish(*frames, close_frame(code), drop_waiting=drop_waiting)
        gevent.spawn_later(SLOW_CLOSE_TIMEOUT_S if code == Close.SLOW_READER else CLOSE_TIMEOUT_S, self.cut)

    def cut(self) -> None:
        """End the TCP connection now, whatever waits."""
        with suppress(OSError):  # it may have ended already
            self._socket.shutdown(socket.SHUT_RDWR)

    def messages(self) -> Iterator[list[str]]:
        """Yield the text messages that come in, those of one read together; pings are answered.

        Ends when the closing handshake is done or the connection is lost; `close_code` is set then, and `finish` must
        be called.
        """
        self._turn_began = time.monotonic()
        while not self._peer_is_done:
            self.give_way()
            data = self._received or self._receive()
            self._received = b""
            if not data:
                self.close_code = self.close_code or ABNORMAL
                self._outbox.finish(drop_waiting=True)
                return
            texts, ending = self._read(data)
            if texts:
                yield texts
            if ending is not None:
                self.close(ending.code, ending.last)

    def finish(self) -> None:
        """Write what waits, end our side of the TCP connection, give the peer `LINGER_S` to end its own, close.

        Closing at once could destroy what the peer has not read yet: unread input makes the kernel send a reset.
        """
        if self._idle_timer is not None:
            self._idle_timer.stop()
        self._outbox.finish()
        self._outbox.wait_finished(SLOW_CLOSE_TIMEOUT_S)
        try:
            self._socket.shutdown(socket.SHUT_WR)
            with gevent.Timeout(LINGER_S, False):
                while self._socket.recv(RECEIVE_BYTES):
                    pass
        except OSError:
            pass  # the peer was faster
        self.cut()
        self._socket.close()

    def give_way(self) -> None:
        """Let other connections run when this one has had its turn; a read that finds data at once does not."""
        if time.monotonic() - self._turn_began > TURN_S:
            end_turn()
            self._turn_began = time.monotonic()

    def _receive(self) -> bytes:
        """Return what comes in, b"" at the end."""
        began = time.monotonic()
        try:
            data = bytes(self._socket.recv(RECEIVE_BYTES))
        except OSError:
            return b""
        now = time.monotonic()
        if now - began > BLOCKED_S:
            self._turn_began = now
        return data

    def _watch_idle(self, idle_timeout_s: float) -> None:
        """Close when the last frame is too long ago, else look again when it could be; runs on the hub.

        One timer that is set again when it fires: a timeout around each read took 5 us.
        """
        left_s = self._heard_at + idle_timeout_s - time.monotonic()
        if left_s <= 0:
            self.close(Close.IDLE)
            return
        self._idle_timer = gevent.get_hub().loop.timer(left_s)
        self._idle_timer.start(self._watch_idle, idle_timeout_s)

    def _read(self, data: bytes) -> tuple[list[str], _Ending | None]:
        """Feed bytes to the protocol; return the messages that are complete, and how to close after them.

        The close comes after the messages: what the peer sent before its close, or before its mistake, counts.
        """
        texts: list[str] = []
        ending: _Ending | None = None
        try:
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                self.give_way()
                if isinstance(event, CloseConnection):
                    self._peer_is_done = True
                    return texts, ending or _Ending(int(event.code))  # an echo, RFC 6455, 5.5.1
                if self.is_closing or ending is not None:
                    continue
                if not isinstance(event, Message) or event.frame_finished:
                    self._heard_at = time.monotonic()
                if isinstance(event, TextMessage):
                    if not self._take(event.data):
                        ending = _Ending(Close.FRAME_TOO_LARGE, self._too_large_notice)
                    elif event.message_finished:
                        texts.append("".join(self._parts))
                        self._parts.clear()
                        self._parts_bytes = 0
                elif isinstance(event, Ping):
                    self.send_frame(pong_frame(bytes(event.payload)))
                elif isinstance(event, BytesMessage):
                    ending = _Ending(Close.BINARY_FRAME)
        except RemoteProtocolError as error:
            self._peer_is_done = True
            hint = error.event_hint
            ending = ending or _Ending(int(hint.code) if isinstance(hint, CloseConnection) else Close.PROTOCOL_ERROR)
        return texts, ending

    def _take(self, piece: str) -> bool:
        """Keep a piece of a message; False when the message gets too large."""
        if piece:
            self._parts.append(piece)
            self._parts_bytes += len(piece) if piece.isascii() else len(piece.encode())
        return self._parts_bytes <= self._max_message_bytes


class _Ending(Struct, frozen=True):
    """How to close: the code, and a text message to go before the close frame."""

    code: int
    last: bytes | None = None
