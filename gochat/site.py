"""The Flask application for everything that is not the API: health, metrics, the contracts, the pages, /ws."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from generated.errors import ContractError, MethodNotAllowed, NotFound, Unavailable
from gochat import metrics
from gochat.config import Config
from gochat.defect import report_defect
from gochat.docs import add_docs
from gochat.http.envelope import Answer, error_answer
from gochat.page import add_page
from gochat.publish import asyncapi_document, openapi_document

YAML = "application/yaml"
"""RFC 9512."""


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

    add_page(app)
    add_docs(app)

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
