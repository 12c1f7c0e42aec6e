"""Compares the extensions of the contract: close codes, the error catalogue, limits, the answer to invalid frames.

They say what a client has to do, so a change in them can break it without any schema changing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.diff.change import Direction
from conformance.diff.collector import Collector, Spot
from conformance.diff.node import Node

TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT
GRACES = ("presenceGraceS",)  # neither way is better: others see more, or later

_SOCKET_RULES = {  # (old, new) of a catalogue entry's column `socket`
    ("none", "frame"): "error-reaches-socket",
    ("none", "close"): "error-closes-socket",
    ("frame", "close"): "error-closes-socket",
    ("frame", "none"): "error-leaves-socket",
    ("close", "frame"): "error-keeps-socket",
    ("close", "none"): "error-keeps-socket",
}


def compare_close_codes(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    """Compare the `x-close-codes` of a channel."""
    spot = replace(spot, direction=TO_CLIENT)
    before, after = (_by(node, "x-close-codes", "code") for node in (old, new))
    for code, entry in before.items():
        here = replace(spot, place=f"close code {code}")
        known = after.get(code)
        if known is None:
            collector.add("close-code-removed", here, entry, None, what=code)
            continue
        if entry.plain("reconnect") is not known.plain("reconnect"):
            texts = [
                "may come back" if each.plain("reconnect") else "must not come back by itself"
                for each in (entry, known)
            ]
            nodes = entry.get("reconnect"), known.get("reconnect") or known
            collector.add("close-code-reconnect-changed", here, *nodes, what=code, old=texts[0], new=texts[1])
        if entry.plain("name") != known.plain("name"):
            texts = [entry.plain("name"), known.plain("name")]
            stand = entry.get("name"), known.get("name")
            collector.add("close-code-renamed", here, *stand, what=code, old=texts[0], new=texts[1])
        collector.words(entry, known, here, ("meaning", "hint"))
    for code, entry in after.items():
        if code not in before:
            what = f"{code} ({entry.plain('name')})"
            collector.add("close-code-added", replace(spot, place=f"close code {code}"), None, entry, what=what)


def compare_invalid_frames(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    """Compare the `x-invalid-frames` of a channel."""
    spot = replace(spot, direction=TO_CLIENT, place="invalid frames")
    before, after = old.get("x-invalid-frames"), new.get("x-invalid-frames")
    if before is None and after is None:
        return
    if before is None or after is None:
        rule = "invalid-frames-declared" if before is None else "invalid-frames-undeclared"
        collector.add(rule, spot, before, after)
        return
    for path, what in (
        (("reply",), "the frame"),
        (("code", "pointer"), "the place of the code"),
        (("code", "value"), "the code"),
        (("errors",), "the list of what is wrong"),
        (("exceptions",), "the list of exceptions"),
    ):
        (first, was), (last, is_) = (_deep(node, path) for node in (before, after))
        if was != is_:
            collector.add("invalid-frames-changed", spot, first, last, what=what, old=f"`{was}`", new=f"`{is_}`")


def _deep(node: Node, path: tuple[str, ...]) -> tuple[Node | None, Any]:
    here: Node | None = node
    for key in path:
        here = here.get(key) if here is not None else None
    return here, here.value if here is not None else None


def compare_catalogue(collector: Collector) -> None:
    """Compare the `x-error-catalogue` of a document."""
    before, after = (_by(root, "x-error-catalogue", "code") for root in (collector.old, collector.new))
    if not before:  # the old version had no catalogue: nothing in it is news to a client
        return
    for code, entry in before.items():
        spot = Spot("", TO_CLIENT, f"error code {code}")
        known = after.get(code)
        if known is None:
            collector.add("error-code-removed", spot, entry, None, what=code)
            continue
        _compare_entry(collector, code, entry, known, spot)
    for code, entry in after.items():
        if code not in before:
            collector.add("error-code-listed", Spot("", TO_CLIENT, f"error code {code}"), None, entry, what=code)


def _compare_entry(collector: Collector, code: str, old: Node, new: Node, spot: Spot) -> None:
    for column, rule in (("status", "error-status-changed"), ("closeCode", "error-close-code-changed")):
        if old.plain(column) != new.plain(column):
            texts = {"old": old.plain(column, "none"), "new": new.plain(column, "none")}
            collector.add(rule, spot, old.get(column), new.get(column), what=code, **texts)
    retries = old.plain("retryable") is True, new.plain("retryable") is True
    if retries[0] != retries[1]:
        rule = "error-now-retryable" if retries[1] else "error-no-longer-retryable"
        collector.add(rule, spot, old.get("retryable"), new.get("retryable"), what=code)
    step = str(old.plain("socket", "none")), str(new.plain("socket", "none"))
    if step in _SOCKET_RULES:
        collector.add(_SOCKET_RULES[step], spot, old.get("socket"), new.get("socket"), what=code)
    collector.words(old, new, spot, ("zh", "en", "note"))


def compare_limits(collector: Collector) -> None:
    """Compare the `x-limits` of a document; 0 there means that there is no limit."""
    before, after = (root.get("x-limits") for root in (collector.old, collector.new))
    if before is None or after is None:
        if before is not after:
            what = ", ".join(f"`{name}` {_limit_text(node.value)}" for name, node in (after.items() if after else ()))
            rule = "limits-undeclared" if after is None else "limits-declared"
            collector.add(rule, Spot("", TO_SERVER, "limits"), before, after, what=what)
        return
    for name in dict.fromkeys([*before.value, *after.value]):
        spot = Spot("", TO_SERVER, f"limit {name}")
        first, last = (node.get(name) for node in (before, after))
        was, is_ = (node.value if node is not None else None for node in (first, last))
        if was == is_:
            continue
        facts = {"what": name, "old": _limit_text(was), "new": _limit_text(is_)}
        if first is None:
            rule = "limit-declared" if is_ else "limit-raised"
        elif last is None:
            rule = "limit-undeclared"
        elif name in GRACES:
            rule = "grace-changed"
        else:
            rule = "limit-lowered" if _height(is_) < _height(was) else "limit-raised"
        collector.add(rule, spot, first, last, **facts)


def _height(limit: Any) -> float:
    return float(limit) if limit else float("inf")


def _limit_text(limit: Any) -> str:
    return "not stated" if limit is None else "unlimited" if limit == 0 else str(limit)


def _by(node: Node, group: str, column: str) -> dict[Any, Node]:
    listed = node.get(group)
    return {entry.plain(column): entry for entry in listed.elements()} if listed is not None else {}
