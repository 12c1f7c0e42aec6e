"""A file that is served as it is, with what every page of ours says about caching, types and other origins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from flask import Response, request

from gochat.contract import bundled_text

HEADERS = {
    "Cache-Control": "no-cache",  # asked for each time, answered with 304 mostly: an update never meets old modules
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class AssetMissing(RuntimeError):
    """A file that the pages need is not there; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Asset:
    """The bytes of a file, their media type, and a tag that changes with them."""

    body: bytes
    mimetype: str
    etag: str


def read_asset(name: str, mimetype: str) -> Asset:
    """Return a file of the chat page.

    Raises:
        AssetMissing: it is not there.
    """
    try:
        return _asset(files("gochat").joinpath("web", name).read_bytes(), mimetype)
    except FileNotFoundError:
        raise AssetMissing(f"gochat/web/{name} is missing: the installation is incomplete") from None


def read_generated(name: str, mimetype: str) -> Asset:
    """Return a file of `generated/`, by its path there.

    Raises:
        AssetMissing: it is not there.
    """
    try:
        return _asset(bundled_text(name), mimetype)
    except FileNotFoundError:
        raise AssetMissing(f"generated/{name} is missing: run `gochat generate`") from None


def _asset(body: bytes, mimetype: str) -> Asset:
    return Asset(body, mimetype, hashlib.sha256(body).hexdigest()[:32])


def answer_asset(asset: Asset, policy: str) -> Response:
    """Return the answer to the request under way: the file, or 304 where the browser has it.

    Args:
        policy: The Content-Security-Policy.
    """
    response = Response(asset.body, mimetype=asset.mimetype, headers=HEADERS)
    response.headers["Content-Security-Policy"] = policy
    response.set_etag(asset.etag)
    response.make_conditional(request.environ)
    return response
