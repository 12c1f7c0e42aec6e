"""HTML and SVG by construction: whatever is not markup already is made visible and escaped where it is put in.

There is no other way onto the page, so a page can't be broken by what a server said.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from conformance.report.visible import cut, visible

MAX_TEXT = 20_000
"""Characters of one text on the page, whatever put it there."""

_VOID = frozenset({"meta", "input", "br", "hr", "path", "line", "rect", "circle", "polyline"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | None


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element; children that are no `Markup` are escaped, None is left out.

    Args:
        attributes: `class_` is `class`, `stroke_width` is `stroke-width`; None and False are left out, True is bare.
    """
    head = "".join(_attribute(each, value) for each, value in attributes.items())
    if name in _VOID and not children:
        return Markup(f"<{name}{head}>" if name in ("meta", "input", "br", "hr") else f"<{name}{head}/>")
    return Markup(f"<{name}{head}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Return children one after another, escaped where they are text."""
    return Markup("".join(escaped(child) for child in children if child is not None))


def escaped(text: str) -> Markup:
    """Return text as markup: visible, cut at `MAX_TEXT`, escaped for elements and for attributes in quotes."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(visible(cut(text, MAX_TEXT)), quote=True))


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    if isinstance(value, float):
        value = f"{value:.1f}".removesuffix(".0")
    return f' {name}="{escaped(str(value))}"'
