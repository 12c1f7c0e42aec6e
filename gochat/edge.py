"""The WSGI fork: one port, /api to Connexion, /ws after a look at the handshake and everything else to Flask.

Connexion 3 is ASGI and flask-sock is WSGI, so that neither can serve both. What holds for every request is here: who
the client is behind a trusted proxy, TLS, the language, cross-origin rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from generated.errors import Forbidden
from gochat.config import Config
from gochat.http.cors import Cors
from gochat.http.envelope import Answer, Headers, error_answer
from gochat.language import choose_language
from gochat.site import is_contract_document
from gochat.ws.endpoint import WEBSOCKET, hold_response
from gochat.ws.handshake import check_handshake, strip_headers

PROBES = ("/healthz", "/readyz")
"""Open for plain text even where TLS is required: a load balancer asks from near, and nothing in them is secret."""

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Edge:
    """The whole server as one WSGI application.

    Args:
        api: Everything under /api.
        site: Everything else, /ws included.
    """

    def __init__(self, config: Config, api: WsgiApp, site: WsgiApp) -> None:
        self._config = config
        self._api = api
        self._site = site
        self._cors = Cors(config.allowed_origins)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        language = environ["gochat.language"] = choose_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        is_secure = self._look_behind_proxy(environ)
        path = environ["PATH_INFO"]
        if self._config.require_tls and not is_secure and path not in PROBES:
            return _give(error_answer(Forbidden(), language), start_response)
        if path == "/ws":
            return self._open_websocket(environ, start_response)
        if path == "/api" or path.startswith("/api/"):
            return self._call_api(environ, start_response)
        app = self._site
        return _without_body(environ, app(environ, start_response))

    def _look_behind_proxy(self, environ: dict[str, Any]) -> bool:
        """Set the client's address, and say whether the client speaks TLS, by a trusted proxy's word if need be."""
        address = environ.get("REMOTE_ADDR", "")
        is_secure: bool = environ["wsgi.url_scheme"] == "https"
        if self._config.trusts(address):
            protocol: str = environ.get("HTTP_X_FORWARDED_PROTO", environ["wsgi.url_scheme"])
            is_secure = protocol.split(",")[-1].strip().lower() == "https"
            # The rightmost address that is no proxy of ours: what stands left of it the client may have made up.
            for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                if hop.strip():
                    address = hop.strip()
                if not self._config.trusts(address):
                    break
        environ["gochat.address"] = address
        return is_secure

    def _open_websocket(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        refusal = check_handshake(environ, self._config.allowed_origins)
        if refusal is not None:
            return _give(error_answer(refusal, environ["gochat.language"]), start_response)
        strip_headers(environ)
        hold_response(environ)
        environ[WEBSOCKET] = True
        return self._site(environ, start_response)

    def _call_api(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        preflight = self._cors.preflight(environ)
        if preflight is not None:
            return _give(preflight, start_response)
        added = self._cors.headers(environ)

        def start_with_cors(status: str, headers: Headers, exc_info: Any = None) -> Any:
            return start_response(status, headers + added)

        app = self._site if is_contract_document(environ["PATH_INFO"]) else self._api
        return _without_body(environ, app(environ, start_with_cors if added else start_response))


def _without_body(environ: dict[str, Any], body: Iterable[bytes]) -> Iterable[bytes]:
    """Drop the body of an answer to HEAD (RFC 9110, 9.3.2); Content-Length stays."""
    return body if environ["REQUEST_METHOD"] != "HEAD" else []


def _give(answer: Answer, start_response: Any) -> Iterable[bytes]:
    start_response(answer.status_line, answer.headers)
    return [answer.body] if answer.body else []
