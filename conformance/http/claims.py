"""What a document says about refusals: which `pointer` and `rule` its examples show, what its schemas state.

A rule that no schema can state is shown by an example of the refusal, or is none. Pure functions over documents and
values.
"""

from __future__ import annotations

from typing import Any

from conformance.contract.load import escaped, followed, resolve


def claims(value: Any, document: dict[str, Any], depth: int = 30) -> set[tuple[str, str]]:
    """Return all pairs of `pointer` and `rule` that stand anywhere in a value, local references followed."""
    found: set[tuple[str, str]] = set()
    if depth and isinstance(value, list):
        for item in value:
            found |= claims(item, document, depth - 1)
    elif depth and isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            return claims(resolve(document, reference), document, depth - 1) if "/responses/" in reference else found
        pointer, rule = value.get("pointer"), value.get("rule")
        if isinstance(pointer, str) and isinstance(rule, str):
            found.add((pointer, rule))
        for name, item in value.items():
            if name not in ("schema", "requestBody", "links"):
                found |= claims(item, document, depth - 1)
    return found


def claim_in(value: Any, pointer: str, rule: str, at: str = "") -> tuple[str, Any]:
    """Return where in an answer a claim stands, as an RFC 6901 pointer, and the claim; ("", None) for nowhere."""
    if isinstance(value, dict) and value.get("pointer") == pointer and value.get("rule") == rule:
        return at, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        found = claim_in(item, pointer, rule, f"{at}/{escaped(str(name))}")
        if found[1] is not None:
            return found
    return "", None


def is_stated(document: dict[str, Any], schema: Any, pointer: str, keyword: str) -> bool:
    """Say whether a body's schema itself states a keyword at a place of the body."""
    *parents, last = pointer.split("/")[1:] or [""]
    if not pointer:
        return any(keyword in each for each in _at(document, schema, []))
    name = last.replace("~1", "/").replace("~0", "~")
    if keyword == "required":
        return any(name in each.get("required", ()) for each in _at(document, schema, parents))
    if keyword == "additionalProperties":
        return any(each.get("additionalProperties") is False for each in _at(document, schema, parents))
    return any(keyword in each for each in _at(document, schema, [*parents, last]))


def schemas_at(document: dict[str, Any], schema: Any, pointer: str) -> list[dict[str, Any]]:
    """Return the schemas that hold for a place of a value: its own and those of its branches."""
    return _at(document, schema, pointer.split("/")[1:])


def _at(document: dict[str, Any], schema: Any, parts: list[str], depth: int = 20) -> list[dict[str, Any]]:
    schema, _ = followed(document, schema)
    if not isinstance(schema, dict) or not depth:
        return []
    branches = [
        each
        for name in ("allOf", "anyOf", "oneOf")
        for branch in schema.get(name, ())
        for each in _at(document, branch, parts, depth - 1)
    ]
    if not parts:
        return [schema, *branches]
    name = parts[0].replace("~1", "/").replace("~0", "~")
    properties = schema.get("properties") or {}
    following = properties[name] if name in properties else schema.get("items") if name.isdigit() else None
    return branches + (_at(document, following, parts[1:], depth - 1) if following is not None else [])
