"""The page of figures beside `gochat logic`, for Prometheus: im-logic itself speaks gRPC only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gevent.pywsgi import WSGIServer

from gochat import metrics

PATH = "/metrics"


class MetricsPage:
    """Listens for HTTP and shows the figures of this process at `/metrics`, and nothing else.

    Raises:
        OSError: the address cannot be had (from `start`).
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = WSGIServer((host, port), _answer, log=None)

    @property
    def port(self) -> int:
        """The port that is listened on; known after `start`."""
        return int(self._server.server_port)

    def start(self) -> None:
        """Answer from now on."""
        self._server.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.stop(timeout=0.2)


def _answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != PATH:
        status, body = "404 Not Found", f"here is {PATH} only\n".encode()
    elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, body = "405 Method Not Allowed", b"here is something to GET\n"
    else:
        status, body = "200 OK", metrics.render()
    headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), ("Content-Length", str(len(body)))]
    if status.startswith("405"):
        headers.append(("Allow", "GET, HEAD"))
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
