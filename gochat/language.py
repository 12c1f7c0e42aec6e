"""Chooses the language of `message` texts: Chinese, or English where Accept-Language prefers it (RFC 9110, 12.5.4)."""

from __future__ import annotations

from functools import lru_cache

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = ("zh", "en")
DEFAULT = "zh"


@lru_cache(maxsize=1024)
def choose_language(accept_language: str) -> str:
    """Return zh or en for the value of an Accept-Language header; empty is zh."""
    if not accept_language:
        return DEFAULT
    for tag, quality in parse_accept_header(accept_language, LanguageAccept):  # best first
        primary = tag.partition("-")[0].lower()
        if quality > 0 and (primary in LANGUAGES or tag == "*"):
            return primary if primary in LANGUAGES else DEFAULT
    return DEFAULT
