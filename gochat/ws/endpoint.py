"""The route `/ws`: from flask-sock's connection object to a session, and the end of the HTTP connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import SimpleNamespace
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

INPUT = "gochat.input"
"""Key in the WSGI environ: the real `wsgi.input`, in whose place flask-sock finds a `HeldSocket`."""


class NoThread:
    """Stands in for the reader thread that flask-sock would start: the session's own greenlet reads."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        pass

    def start(self) -> None:
        """Start nothing."""


class HeldSocket:
    """What flask-sock makes its handshake on: keeps the response, so that it can go out later.

    A client that sees the response may rely on pushes, so its connection has to count before, and where several
    gateways share the users that takes a commit.
    """

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.response = b""

    def dup(self) -> HeldSocket:
        """Take a socket of our own; the HTTP server closes the other one."""
        with suppress(NotImplementedError):  # TLS: there is one alone
            self.sock = self.sock.dup()
        return self

    def send(self, data: bytes) -> None:
        """Keep `data`."""
        self.response += data


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


def hold_response(environ: dict[str, Any]) -> None:
    """Let flask-sock's handshake wait for the session."""
    environ[INPUT] = environ["wsgi.input"]
    environ["wsgi.input"] = SimpleNamespace(raw=SimpleNamespace(_sock=HeldSocket(environ[INPUT].raw._sock)))


def make_link(server: Any, environ: dict[str, Any], **options: Any) -> Link:
    """Return the link of a connection whose handshake was held; `options` are those of `Link`."""
    held: HeldSocket = server.sock
    server.sock = held.sock
    return Link(server, received=take_buffered(environ[INPUT]), response=held.response, **options)


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
        link = make_link(
            server,
            environ,
            max_message_bytes=config.max_frame_bytes,
            outbox_max_bytes=config.outbox_max_bytes,
            idle_timeout_s=config.idle_timeout_s,
            too_large_notice=error_payload(MessageTooLarge(), language),
        )
        token = parse_qs(environ["QUERY_STRING"]).get("token", [""])[0]
        Session(link, services, registry, handlers, language).run(token)
