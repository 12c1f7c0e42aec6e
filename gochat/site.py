"""The Flask application for everything that is not the API: health, metrics, the contracts, the start page, /ws."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from generated.errors import ContractError, MethodNotAllowed, NotFound, Unavailable
from gochat import __version__, metrics
from gochat.config import Config
from gochat.defect import report_defect
from gochat.http.envelope import Answer, error_answer
from gochat.publish import asyncapi_document, openapi_document

YAML = "application/yaml"
"""RFC 9512."""

START_PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>GoChat</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color:#1a1a1a;
background:#fff}}code{{background:#eee;padding:.1em .3em;border-radius:.2em}}
@media(prefers-color-scheme:dark){{body{{color:#e6e6e6;background:#161616}}code{{background:#333}}a{{color:#8ab4f8}}}}
</style></head><body>
<h1>GoChat {__version__}</h1>
<p>The server is running. Its contracts:</p>
<ul>
<li><a href="/api/openapi.yaml">/api/openapi.yaml</a>: the HTTP API, OpenAPI 3.0.3</li>
<li><a href="/api/asyncapi.yaml">/api/asyncapi.yaml</a>: the WebSocket protocol at <code>/ws</code>, AsyncAPI 3.0</li>
</ul>
<p>For operators: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a>.</p>
</body></html>
"""


def build_site(config: Config, is_ready: Callable[[], bool]) -> Flask:
    """Return the application, without /ws.

    Args:
        config: Whose limits the published contracts have.
        is_ready: Whether the storage answers and the server takes work.
    """
    openapi, asyncapi = openapi_document(), asyncapi_document(config)
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False

    @app.get("/")
    def start_page() -> Response:
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return Response(START_PAGE, mimetype="text/html", headers={"Content-Security-Policy": policy})

    @app.get("/api/openapi.yaml")
    def show_openapi() -> Response:
        return Response(openapi, mimetype=YAML)

    @app.get("/api/asyncapi.yaml")
    def show_asyncapi() -> Response:
        return Response(asyncapi, mimetype=YAML)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        if not is_ready():
            return _response(error_answer(Unavailable(), request.environ["gochat.language"]))
        return Response("ready\n", mimetype="text/plain")

    @app.get("/metrics")
    def show_metrics() -> Response:
        return Response(metrics.render(), mimetype="text/plain; version=0.0.4")

    @app.errorhandler(Exception)
    def show_error(error: Exception) -> Response:
        known: ContractError
        extra: list[tuple[str, str]] = []
        if isinstance(error, HTTPException) and error.code == 404:
            known = NotFound()
        elif isinstance(error, HTTPException) and error.code == 405:
            known = MethodNotAllowed()
            extra = [("Allow", ", ".join(sorted(getattr(error, "valid_methods", None) or [])))]
        elif isinstance(error, HTTPException):
            known = NotFound()
        else:
            known = report_defect(error)
        return _response(error_answer(known, request.environ["gochat.language"], extra=extra))

    return app


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers)


def is_contract_document(path: str) -> bool:
    """Say whether a path below /api is one of the published documents."""
    return path in ("/api/openapi.yaml", "/api/asyncapi.yaml")
