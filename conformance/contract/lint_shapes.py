"""Lint rule about shapes that both documents have: one name is one schema.

Compared is what a validator sees; descriptions and examples may differ, and so may the way in which the two kinds of
document write the same thing (`nullable`, `const`, a reference).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from conformance.contract.lint_places import Contract, Place
from conformance.contract.load import FILES, escaped
from conformance.violation import Violation

SILENT = {
    *("description", "title", "example", "examples", "$comment", "default", "deprecated", "readOnly", "writeOnly"),
    *("externalDocs", "xml", "discriminator", "summary"),
}
"""Members that decide about no value."""

NAMED = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies")
UNORDERED = ("required", "enum", "type")


def judge_shapes(openapi: Contract, asyncapi: Contract) -> Iterator[Violation]:
    """Yield the names under which the two documents have different schemas."""
    of_http, of_frames = _shapes(openapi), _shapes(asyncapi)
    for name in of_http.keys() & of_frames.keys():
        compared = [
            (theirs, _Comparison(openapi, asyncapi).difference(mine.pointer, theirs.pointer))
            for mine in of_http[name]
            for theirs in of_frames[name]
        ]
        if all(difference is not None for _, difference in compared):
            theirs, at = compared[0]
            expected = f"{name} as in the openapi document"
            yield asyncapi.violation("shape-shared", name, theirs.pointer, expected, f"another schema, at {at or '/'}")


def _shapes(contract: Contract) -> dict[str, list[Place]]:
    """Return the named schemas: those of the components, and those that stand by themselves in a file."""
    found: dict[str, list[Place]] = {}
    for place in contract.all("schema"):
        is_component = place.pointer.startswith("#/components/schemas/") and place.pointer.count("/") == 3
        if is_component or (place.pointer.startswith(f"#/{FILES}/") and place.pointer.count("/") == 3):
            found.setdefault(place.pointer.rpartition("/")[2], []).append(place)
    return found


class _Comparison:
    """Compares two schemas, one of each document; shapes that refer to themselves are compared once."""

    def __init__(self, *contracts: Contract) -> None:
        self._contracts = contracts
        self._seen: set[tuple[str, str]] = set()

    def difference(self, *pointers: str) -> str | None:
        """Return where the schemas at two pointers are different, None when they are the same."""
        if pointers in self._seen:
            return None
        self._seen.add((pointers[0], pointers[1]))
        schemas = [c.follow({"$ref": p}, p)[0] for c, p in zip(self._contracts, pointers, strict=True)]
        return self._schemas(schemas, list(pointers), "")

    def _schemas(self, schemas: list[Any], pointers: list[str], at: str) -> str | None:
        for index, schema in enumerate(schemas):
            if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
                schemas[index], pointers[index] = self._contracts[index].follow(schema, pointers[index])
        if at and all(isinstance(schema, dict) and schema for schema in schemas):
            key = (unquote(pointers[0]), unquote(pointers[1]))
            if key in self._seen:
                return None
            self._seen.add(key)
        if not all(isinstance(schema, dict) for schema in schemas):
            return None if schemas[0] == schemas[1] else at
        mine, theirs = (_plain(schema) for schema in schemas)
        for keyword in sorted(mine.keys() | theirs.keys()):
            here = f"{at}/{escaped(keyword)}"
            if keyword not in mine or keyword not in theirs:
                return here
            inside = [f"{pointer}/{escaped(keyword)}" for pointer in pointers]
            found = self._values(keyword, [mine[keyword], theirs[keyword]], inside, here)
            if found is not None:
                return found
        return None

    def _values(self, keyword: str, values: list[Any], pointers: list[str], at: str) -> str | None:
        first, second = values
        if keyword in UNORDERED:
            return None if _as_set(first) == _as_set(second) else at
        is_named = keyword in NAMED and isinstance(first, dict) and isinstance(second, dict)
        if is_named or (isinstance(first, list) and isinstance(second, list)):
            names: Any = first.keys() | second.keys() if is_named else range(max(len(first), len(second)))
            for name in sorted(names):
                here = f"{at}/{escaped(str(name))}"
                if name not in (first if is_named else range(len(first))) or name not in (
                    second if is_named else range(len(second))
                ):
                    return here
                inside = [f"{pointer}/{escaped(str(name))}" for pointer in pointers]
                found = self._schemas([first[name], second[name]], inside, here)
                if found is not None:
                    return found
            return None
        return self._schemas(values, pointers, at)


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a schema that decide, written in one way."""
    plain = {name: value for name, value in schema.items() if name not in SILENT and not name.startswith("x-")}
    if "const" in plain:
        plain["enum"] = [plain.pop("const")]
    nullable = plain.pop("nullable", False)
    if "type" in plain:
        types = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
        plain["type"] = [*types, "null"] if nullable is True else types
    for bound in ("Minimum", "Maximum"):
        # OpenAPI 3.0: `minimum: 1, exclusiveMinimum: true`; later: `exclusiveMinimum: 1`.
        sharp = plain.get(f"exclusive{bound}")
        if sharp is False:
            del plain[f"exclusive{bound}"]
        elif sharp is True and bound.lower() in plain:
            plain[f"exclusive{bound}"] = plain.pop(bound.lower())
    for name, nothing in (("additionalProperties", True), ("properties", {}), ("required", []), ("uniqueItems", False)):
        if plain.get(name) == nothing:
            del plain[name]
    return plain


def _as_set(value: Any) -> set[str]:
    return {f"{type(each).__name__} {each}" for each in (value if isinstance(value, list) else [value])}
