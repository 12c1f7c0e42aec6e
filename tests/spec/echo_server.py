"""Echoes every message over the product's own transport, for the Autobahn cases (test_autobahn.py).

Listener, edge, handshake, link and outbox are the server's; only the session is replaced, by an echo. GoChat closes
a binary frame with 1003, and Autobahn wants it echoed: so `BinaryEcho` answers those events of the protocol object
before the link sees them. Prints the line of `gochat serve` when it accepts connections; runs until it is killed.
"""

from __future__ import annotations

import gochat.patch  # noqa: F401  (first, before anything that holds a lock or a socket)

# isort: split

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_sock import Sock
from wsproto.events import BytesMessage, Event
from wsproto.frame_protocol import FrameProtocol

from gochat.config import load
from gochat.edge import Edge
from gochat.listener import Listener
from gochat.ws.endpoint import NoThread, make_link

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest message of the Autobahn cases (9.1.6)."""

OUTBOX_MAX_BYTES = 4 * MAX_MESSAGE_BYTES


class BinaryEcho:
    """Stands between the link and its protocol state: sends binary messages back, passes everything else on."""

    def __init__(self, protocol: Any) -> None:
        self.send_frame: Callable[[bytes], None]
        self._protocol = protocol
        self._parts = bytearray()

    def receive_data(self, data: bytes) -> None:
        self._protocol.receive_data(data)

    def events(self) -> Iterator[Event]:
        for event in self._protocol.events():
            if not isinstance(event, BytesMessage):
                yield event
                continue
            self._parts += event.data
            if event.message_finished:
                self.send_frame(bytes(FrameProtocol(client=False, extensions=[]).send_data(self._parts)))
                self._parts = bytearray()


def echo(server: Any) -> None:
    """Send back what comes in until the connection ends."""
    server.ws = protocol = BinaryEcho(server.ws)
    link = make_link(server, request.environ, max_message_bytes=MAX_MESSAGE_BYTES, outbox_max_bytes=OUTBOX_MAX_BYTES)
    protocol.send_frame = link.send_frame
    link.open()
    for texts in link.messages():
        for text in texts:
            link.send(text.encode())
    link.finish()


def main() -> None:
    app = Flask(__name__, static_folder=None)
    app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": NoThread}
    Sock(app).route("/ws")(echo)
    with tempfile.TemporaryDirectory() as data_dir:
        edge = Edge(load(Path(data_dir), {}), app, app)
        listener = Listener(("127.0.0.1", 0), edge, None)
        listener.start()
        print(f"gochat: listening on http://127.0.0.1:{listener.server_port}", flush=True)
        listener.serve_forever()


if __name__ == "__main__":
    main()
