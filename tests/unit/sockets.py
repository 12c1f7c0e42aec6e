"""Real socket pairs for the outbox and the link: ours, which notes its writes, and a client's that speaks frames."""

from __future__ import annotations

import socket
from typing import Any

import gevent
import gevent.socket
from simple_websocket import Server
from wsproto.frame_protocol import FrameProtocol, Opcode

from gochat.ws.endpoint import NoThread

SMALL_BUFFER_BYTES = 4096


class CountingSocket(gevent.socket.socket):
    """Notes the size of each write that it is asked for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.writes: list[int] = []

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.writes.append(len(data))
        super().sendall(data, flags)


class Peer:
    """The client's end of a connection."""

    def __init__(self, sock: gevent.socket.socket) -> None:
        self.sock = sock
        self._framing = FrameProtocol(client=True, extensions=[])

    def text(self, text: str) -> bytes:
        """Returns a text message as a client's frame."""
        return bytes(self._framing.send_data(text, fin=True))

    def close_frame(self, code: int) -> bytes:
        """Returns a client's close frame."""
        return bytes(self._framing.close(code))

    def read_until_end(self, *, bytes_at_once: int = 65536, pause_s: float = 0.0) -> bytes:
        """Returns everything that comes until our side ends the connection."""
        read = b""
        while data := self.sock.recv(bytes_at_once):
            read += data
            gevent.sleep(pause_s)
        return read

    def frames(self, data: bytes) -> list[tuple[Opcode, Any]]:
        """Returns (opcode, payload) of all frames in `data`, which ends with a whole one."""
        self._framing.receive_bytes(data)
        return [(frame.opcode, frame.payload) for frame in self._framing.received_frames()]


def connect_pair() -> tuple[CountingSocket, Peer]:
    """Returns two connected sockets with small buffers, so that a reader who pauses is noticed soon."""
    ours, theirs = gevent.socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER_BYTES)
    return CountingSocket(fileno=ours.detach()), Peer(theirs)


def shake_hands(sock: CountingSocket, peer: Peer) -> Server:
    """Returns the connection object that flask-sock would hand to a route; the peer has read the handshake."""
    environ = {
        "werkzeug.socket": sock,
        "HTTP_HOST": "test",
        "HTTP_CONNECTION": "Upgrade",
        "HTTP_UPGRADE": "websocket",
        "HTTP_SEC_WEBSOCKET_VERSION": "13",
        "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    server = Server(environ, thread_class=NoThread)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += peer.sock.recv(1)
    return server
