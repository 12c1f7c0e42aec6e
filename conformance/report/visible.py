"""Makes text from a server safe to show: nothing in it steers a terminal, turns the line round or hides.

Knows no format: escaping for HTML is in `markup`, for XML in `junit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# Controls but tab and line feed; what turns the direction of text or can't be seen (the joiners stay: scripts and emoji
# need them); surrogates without a partner and non-characters, which no encoding and no XML can hold.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
_SECRETS = frozenset({"token", "accessToken", "refreshToken", "password", "authorization", "Authorization"})
ELLIPSIS = "…"
MAX_DEPTH = 100
"""How deep values are followed; a server may send deeper ones than Python's stack."""


def visible(text: str) -> str:
    """Return `text` with the number of each character that can't be seen: `⟨U+202E⟩`."""
    return _UNSEEN.sub(_sign, text)


def cut(text: str, limit: int) -> str:
    """Return `text`, or its beginning with its length where it has more than `limit` characters."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()}{ELLIPSIS} ({len(text):,} characters)"


def one_line(text: str, limit: int) -> str:
    """Return visible text without line breaks, cut at `limit` with an ellipsis."""
    # First the rough cut: a server's 100 MB are not to be worked through for one line.
    line = visible(" ".join(text[: limit * 4].split()))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + ELLIPSIS


def short(value: Any, limit: int) -> str:
    """Return a value in a few words for a diagram: `content: "hi", seqId: 3`, without secrets."""
    if isinstance(value, dict):
        return one_line(", ".join(_members(value, limit)), limit)
    return one_line(_brief(value, limit, 0), limit)


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value that every JSON reader takes: no NaN, no infinity, nothing deeper than `MAX_DEPTH`."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if not isinstance(value, (dict, list, tuple)):
        return value
    if depth >= MAX_DEPTH:
        return ELLIPSIS
    if isinstance(value, dict):
        return {str(name): plain(item, depth + 1) for name, item in value.items()}
    return [plain(item, depth + 1) for item in value]


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON in UTF-8, readable, a line break at its end."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2, default=str)
    # A lone surrogate has no UTF-8; what backslashreplace writes for it is JSON's own escape.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _sign(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match[0]):04X}⟩"


def _members(value: dict[Any, Any], limit: int) -> Iterator[str]:
    left = limit
    for name, item in value.items():
        if left <= 0:
            return
        told = ELLIPSIS if name in _SECRETS else _brief(item, left, 1)
        yield f"{name}: {told}"
        left -= len(str(name)) + len(told) + 4


def _brief(value: Any, limit: int, depth: int) -> str:
    if isinstance(value, str):
        return '"' + one_line(value, max(8, min(limit, 40))) + '"'
    if isinstance(value, dict):
        return "{" + (ELLIPSIS if depth > 1 and value else ", ".join(_nested(value, limit, depth))) + "}"
    if isinstance(value, (list, tuple)):
        items = [] if depth > 2 else [_brief(item, 16, depth + 1) for item in value[:3]]
        return "[" + ", ".join(items) + (f", {ELLIPSIS}" if len(value) > len(items) else "") + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return one_line(str(value), limit)


def _nested(value: dict[Any, Any], limit: int, depth: int) -> Iterator[str]:
    for name, item in list(value.items())[:4]:
        yield f"{name}: {ELLIPSIS if name in _SECRETS else _brief(item, max(8, limit // 2), depth + 1)}"
