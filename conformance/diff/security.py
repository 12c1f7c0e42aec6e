"""Compares what a client has to bring: alternatives, each of which is a set of schemes with their scopes.

A scheme is known by what it is (a bearer token in the Authorization header), not by its name in the document.
"""

from __future__ import annotations

import json
from typing import Any

from conformance.diff.collector import Collector, Spot
from conformance.diff.node import Node
from conformance.diff.values import canonical

Demand = frozenset[tuple[str, str]]  # (what a scheme is, one scope or "")

_KEPT = ("type", "scheme", "in", "name", "flows", "openIdConnectUrl")


def compare_security(
    collector: Collector, demands: list[list[Demand] | None], spot: Spot, nodes: tuple[Node, Node]
) -> None:
    """Compare two lists of alternatives, the old and the new; None or an empty one: nothing is needed."""
    before, after = (each or [frozenset()] for each in demands)
    facts = {"old": _text(before), "new": _text(after)}
    if not all(any(demand <= brought for demand in after) for brought in before):
        rule = "security-required" if frozenset() in before else "security-changed"
        collector.add(rule, spot, *nodes, **facts)
    elif not all(any(demand <= brought for demand in before) for brought in after):
        collector.add("security-relaxed", spot, *nodes, **facts)


def http_demands(root: Node, listed: Node | None) -> list[Demand] | None:
    """Return the demands of an OpenAPI `security` list."""
    if listed is None:
        return None
    components = root.get("components")
    schemes = components.get("securitySchemes") if components is not None else None
    demands = []
    for requirement in listed.elements():
        demand: set[tuple[str, str]] = set()
        for name, scopes in requirement.items():
            scheme = schemes.get(name) if schemes is not None else None
            identity = _identity(scheme) if scheme is not None else name
            demand |= {(identity, scope) for scope in ["", *(scopes.value or [])]}
        demands.append(frozenset(demand))
    return demands


def socket_demands(listed: Node | None) -> list[Demand] | None:
    """Return the demands of an AsyncAPI `security` list, whose elements are schemes, each enough by itself."""
    if listed is None:
        return None
    demands = []
    for scheme in listed.elements():
        scopes = scheme.plain("scopes") or []
        demands.append(frozenset((_identity(scheme), scope) for scope in ["", *scopes]))
    return demands


def _identity(scheme: Node) -> str:
    kept: dict[str, Any] = {key: scheme.value[key] for key in _KEPT if key in scheme.value}
    if isinstance(kept.get("scheme"), str):
        kept["scheme"] = kept["scheme"].lower()
    if kept.get("type") == "http":
        kept.pop("name", None)
        kept.pop("in", None)
    return canonical(kept)


def _text(demands: list[Demand]) -> str:
    return " or ".join(_demand_text(demand) for demand in demands)


def _demand_text(demand: Demand) -> str:
    if not demand:
        return "no credential"
    names = []
    for identity in sorted({identity for identity, _ in demand}):
        scopes = sorted(scope for scheme, scope in demand if scheme == identity and scope)
        names.append(_scheme_text(identity) + (f" with {', '.join(scopes)}" if scopes else ""))
    return " and ".join(names)


def _scheme_text(identity: str) -> str:
    try:
        scheme = json.loads(identity)
    except ValueError:
        return f"`{identity}`"
    if scheme.get("type") == "http":
        return f"an HTTP {scheme.get('scheme')} credential"
    if scheme.get("type") in ("apiKey", "httpApiKey"):
        return f"the {scheme.get('in')} parameter `{scheme.get('name')}`"
    return f"a {scheme.get('type')} credential"
