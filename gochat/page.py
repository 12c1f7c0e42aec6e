"""Serves the chat page: the files of `gochat/web/` and the browser bundle of the generated TypeScript client.

Beside the API, not on it: the page is a client like any other. A fixed list of files, read once at start, under a
Content-Security-Policy that leaves markup no way to run anything.
"""

from __future__ import annotations

import re

from flask import Flask, Response, abort, request

from gochat.asset import answer_asset, read_asset, read_generated

BUNDLE = "clients/typescript/dist/browser/gochat.js"
"""Below `generated/`."""

MODULES = (
    "app.js",
    "banner.js",
    "chat.js",
    "composer.js",
    "controls.js",
    "conversations.js",
    "dialogs.js",
    "elements.js",
    "history.js",
    "members.js",
    "names.js",
    "outbox.js",
    "people.js",
    "preferences.js",
    "state.js",
    "texts.js",
    "timeline.js",
    "welcome.js",
)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'{socket}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # innerHTML and the like throw, with no policy that could allow them
        "trusted-types 'none'",
    )
)

HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
"""What may stand in the policy of a Host header, which is the client's word."""


def add_page(app: Flask) -> None:
    """Add `/` and `/page/<file>` to the application.

    Raises:
        AssetMissing: a file is missing.
    """
    index = read_asset("index.html", "text/html")
    assets = {name: read_asset(name, "text/javascript") for name in MODULES}
    assets["style.css"] = read_asset("style.css", "text/css")
    assets["icon.svg"] = read_asset("icon.svg", "image/svg+xml")
    assets["gochat.js"] = read_generated(BUNDLE, "text/javascript")

    @app.get("/")
    def show_page() -> Response:
        return answer_asset(index, _policy())

    @app.get("/page/<name>")
    def show_asset(name: str) -> Response:
        asset = assets.get(name)
        return abort(404) if asset is None else answer_asset(asset, _policy())


def _policy() -> str:
    return POLICY.format(socket=_name_socket(request.host))


def _name_socket(host: str) -> str:
    """Name the origin of /ws: browsers before CSP 3 do not see it in 'self'. Which scheme it has, a proxy may hide."""
    return f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
