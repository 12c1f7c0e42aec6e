"""The HTTP server itself: gevent's pywsgi, with what it leaves to us.

TCP_NODELAY (or every keep-alive request waits 40 ms), errors of the HTTP parser in the envelope, bounded waiting and
draining, no request line in any log (it may hold a token), and the end of a connection that became a WebSocket.
"""

from __future__ import annotations

import logging
import socket
import ssl
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from gevent.pool import Pool
from gevent.pywsgi import Input, WSGIHandler, WSGIServer

from generated.errors import ContractError, InvalidRequest
from gochat.defect import report_defect
from gochat.http.body import MAX_DRAIN_BYTES
from gochat.http.bridge import RAW_PATH
from gochat.http.envelope import error_answer
from gochat.language import DEFAULT
from gochat.turn import end_turn
from gochat.ws.endpoint import WEBSOCKET

log = logging.getLogger(__name__)

HTTP_TIMEOUT_S = 75.0
"""How long a connection may be silent before, within and between requests."""

BACKLOG = 1024


class _DrainedInput(Input):
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


class Handler(WSGIHandler):
    """One HTTP connection."""

    wsgi_input: Any
    path: str

    def __init__(self, sock: Any, address: Any, server: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(HTTP_TIMEOUT_S)
        super().__init__(sock, address, server)

    def handle(self) -> None:
        """Serve the connection's requests; one that is gone before it is told what was wrong has just ended."""
        with suppress(OSError):
            super().handle()

    def read_request(self, raw_requestline: str) -> Any:
        """Parse a request; refuse framing that two readers could understand in two ways (RFC 9112, 6.1 and 6.3)."""
        result = super().read_request(raw_requestline)
        fields = [line.partition(":") for line in self.headers.headers]
        lengths = {value.strip() for name, _, value in fields if name.strip().lower() == "content-length"}
        encodings = [value.strip().lower() for name, _, value in fields if name.strip().lower() == "transfer-encoding"]
        if len(lengths) > 1 or (encodings and (lengths or encodings != ["chunked"])):
            raise ValueError("ambiguous framing")
        target = urlsplit(self.path) if self.path.lower().startswith(("http://", "https://")) else None
        if target is not None:  # absolute-form, RFC 9112, 3.2.2
            self.path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        return result

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ[RAW_PATH] = self.path.partition("?")[0]
        plain = self.wsgi_input
        drained = _DrainedInput(plain.rfile, plain.content_length, plain.socket, plain.chunked_input)
        drained.handler = self
        if environ["wsgi.input"] is plain:
            environ["wsgi.input"] = drained
        self.wsgi_input = drained
        return environ

    def finalize_headers(self) -> None:
        super().finalize_headers()
        if self.server.is_draining:
            self.close_connection = True
            self.response_headers.append((b"Connection", b"close"))

    def handle_one_response(self) -> None:
        self.server.requests_under_way += 1
        try:
            super().handle_one_response()
        finally:
            self.server.requests_under_way -= 1
        end_turn()  # or a client that sends requests without a pause keeps everybody else waiting
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
            with suppress(OSError):
                self.socket.sendall(self._raw_error(error))

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


class Listener(WSGIServer):
    """Accepts connections and serves `app` on them.

    Args:
        tls: Serve https and wss with it; None for plain text.
    """

    def __init__(self, address: tuple[str, int], app: Any, tls: ssl.SSLContext | None) -> None:
        options = {} if tls is None else {"ssl_context": tls}
        # A pool, so that `stop` ends the connections, too; pywsgi's default forgets them.
        super().__init__(
            address, app, handler_class=Handler, spawn=Pool(), log=None, error_log=None, backlog=BACKLOG, **options
        )
        self.is_draining = False
        self.requests_under_way = 0  # open WebSockets included

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
