"""The HTTP server itself: gevent's pywsgi, with what it leaves to us.

TCP_NODELAY (or every keep-alive request waits 40 ms), errors of the HTTP parser in the envelope, bounded waiting and
draining, no request line in any log (it may hold a token), and the end of a connection that became a WebSocket.
"""

from __future__ import annotations

import logging
import socket
import ssl
from typing import Any

from gevent.pywsgi import Input, WSGIHandler, WSGIServer

from generated.errors import ContractError, InvalidRequest
from gochat.http.app import report_defect
from gochat.http.envelope import error_answer
from gochat.language import DEFAULT
from gochat.ws.endpoint import WEBSOCKET

log = logging.getLogger(__name__)

HTTP_TIMEOUT_S = 75.0
"""How long a connection may be silent before, within and between requests."""

MAX_DRAIN_BYTES = 8 * 1024 * 1024
"""How much of a refused body is read and dropped, so that the client sees the answer and may keep the connection; after
that the connection is closed."""

BACKLOG = 1024


class _DrainedInput(Input):  # type: ignore[misc]  # gevent ships no type hints for it
    """A request's body that drops what nobody has read, up to a bound."""

    handler: Any

    def _discard(self) -> None:
        if self.content_length is not None and self.content_length - self.position > MAX_DRAIN_BYTES:
            self.handler.close_connection = True
            return
        self.send_100_continue_enabled = False
        dropped = 0
        while not self._chunked_input_error and (data := self.read(16384)):
            dropped += len(data)
            if dropped > MAX_DRAIN_BYTES:
                self.handler.close_connection = True
                return


class Handler(WSGIHandler):  # type: ignore[misc]  # gevent ships no type hints for it
    """One HTTP connection."""

    def __init__(self, sock: Any, address: Any, server: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(HTTP_TIMEOUT_S)
        super().__init__(sock, address, server)

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        plain = self.wsgi_input
        drained = _DrainedInput(plain.rfile, plain.content_length, plain.socket, plain.chunked_input)
        drained.handler = self
        if environ["wsgi.input"] is plain:
            environ["wsgi.input"] = drained
        self.wsgi_input = drained
        return environ

    def handle_one_response(self) -> None:
        if self.server.is_draining:
            self.close_connection = True
        super().handle_one_response()
        if self.environ.get(WEBSOCKET):
            self.close_connection = True  # never read the rest as HTTP

    def handle_error(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, OSError):
            self.close_connection = True  # the client is gone or silent
        elif isinstance(error, Exception):
            self._send_error(report_defect(error))
        else:
            self.close_connection = True  # the server is stopping

    def _handle_client_error(self, error: Exception) -> tuple[str, bytes]:
        return "400", self._raw_error(_bad_request())

    def _send_error_response_if_possible(self, error_code: int) -> None:
        self._send_error(_bad_request())

    def _send_error(self, error: ContractError) -> None:
        self.close_connection = True
        if not self.headers_sent and not self.environ.get(WEBSOCKET):
            try:
                self.socket.sendall(self._raw_error(error))
            except OSError:
                pass

    @staticmethod
    def _raw_error(error: ContractError) -> bytes:
        answer = error_answer(error, DEFAULT, extra=[("Connection", "close")])
        lines = [f"HTTP/1.1 {answer.status_line}", *(f"{name}: {value}" for name, value in answer.headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + answer.body

    def handle_one_request(self) -> Any:
        result = super().handle_one_request()
        if isinstance(result, tuple) and result[0] == "414":
            return "400", self._raw_error(_bad_request())
        return result

    def log_request(self) -> None:
        """Log nothing: `/metrics` counts, and a request line may hold a token."""

    def log_error(self, msg: str, *args: Any) -> None:
        """Log nothing of what a client got wrong."""


class Listener(WSGIServer):  # type: ignore[misc]  # gevent ships no type hints for it
    """Accepts connections and serves `app` on them.

    Args:
        tls: Serve https and wss with it; None for plain text.
    """

    def __init__(self, address: tuple[str, int], app: Any, tls: ssl.SSLContext | None) -> None:
        options = {} if tls is None else {"ssl_context": tls}
        super().__init__(address, app, handler_class=Handler, log=None, error_log=None, backlog=BACKLOG, **options)
        self.is_draining = False

    def wrap_socket_and_handle(self, client_socket: Any, address: Any) -> Any:
        try:
            client_socket.settimeout(HTTP_TIMEOUT_S)
            return super().wrap_socket_and_handle(client_socket, address)
        except (ssl.SSLError, OSError) as error:
            log.debug("connection ended before a request: %s", error)
            client_socket.close()

    def stop_accepting_connections(self) -> None:
        """Close the listening socket; connections that are open go on, each to the end of its request."""
        self.is_draining = True
        self.close()


def _bad_request() -> InvalidRequest:
    return InvalidRequest(details={"errors": [{"pointer": "", "rule": "not"}]})
