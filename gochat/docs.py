"""Serves the API docs at `/docs`: the files of `generated/docs/`, read once at start.

Beside the API, like the chat page. Redoc writes style sheets of its own into its pages, so these may have inline style;
nothing may come from another origin.
"""

from __future__ import annotations

from flask import Flask, Response, abort, redirect

from gochat.asset import answer_asset, read_generated

FILES = {
    "index.html": "text/html",
    "http.html": "text/html",
    "websocket.html": "text/html",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "skip.js": "text/javascript",
    "redoc.standalone.js": "text/javascript",
}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def add_docs(app: Flask) -> None:
    """Add `/docs/` and `/docs/<file>` to the application; `/docs` leads there.

    Raises:
        AssetMissing: a file is missing.
    """
    assets = {name: read_generated(f"docs/{name}", mimetype) for name, mimetype in FILES.items()}

    @app.get("/docs")
    def find_docs() -> Response:
        response: Response = redirect("docs/", 308)  # type: ignore[assignment]  # flask's is werkzeug's
        return response

    @app.get("/docs/")
    def show_docs() -> Response:
        return answer_asset(assets["index.html"], POLICY)

    @app.get("/docs/<name>")
    def show_docs_file(name: str) -> Response:
        asset = assets.get(name)
        return abort(404) if asset is None else answer_asset(asset, POLICY)
