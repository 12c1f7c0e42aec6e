"""The route `/ws`: from flask-sock's connection object to a session, and the end of the HTTP connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, request
from flask_sock import Sock

from generated.errors import MessageTooLarge
from gochat.config import Config
from gochat.services.app import Services
from gochat.ws.link import Link
from gochat.ws.registry import Registry
from gochat.ws.session import Handler, Session, error_payload

WEBSOCKET = "gochat.websocket"
"""Key in the WSGI environ that says: this connection has become a WebSocket and is never HTTP again."""


class NoThread:
    """Stands in for the reader thread that flask-sock would start: the session's own greenlet reads."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        pass

    def start(self) -> None:
        """Start nothing."""


def take_buffered(reader: Any) -> bytes:
    """Return what the HTTP server has read beyond the handshake; a client may send frames without waiting."""
    socket = reader.raw._sock
    socket.settimeout(0)
    try:
        return bytes(reader.peek())
    except OSError:
        return b""
    finally:
        socket.settimeout(None)


def add_endpoint(
    app: Flask, config: Config, services: Services, registry: Registry, handlers: Mapping[str, Handler]
) -> None:
    """Add the route to `app`. The handshake was checked before (`gochat.ws.handshake`)."""
    app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": NoThread}
    sock = Sock(app)

    @sock.route("/ws")  # type: ignore[untyped-decorator]  # flask-sock ships no type hints
    def ws(server: Any) -> None:
        environ = request.environ
        language = environ["gochat.language"]
        link = Link(
            server,
            max_message_bytes=config.max_frame_bytes,
            outbox_max_bytes=config.outbox_max_bytes,
            idle_timeout_s=config.idle_timeout_s,
            received=take_buffered(environ["wsgi.input"]),
            too_large_notice=error_payload(MessageTooLarge(), language),
        )
        token = parse_qs(environ["QUERY_STRING"]).get("token", [""])[0]
        Session(link, services, registry, handlers, language).run(token)
