"""The schemas of one document by pointer, and judging values by any of them, alone or several at once.

The ground of this package: `shape` takes the schemas apart, the makers of valid and broken values ask here what holds.
jsonschema-rs judges, as everywhere in the kit: its regular expressions are ECMA's, and it names the schema of an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs

from conformance.contract.load import escaped

ENTRY = "x-generate-entry"
"""Member of the document under which a schema stands that is not part of it."""

_URI = "gochat:///document"

Schema = dict[str, Any] | bool


class UnusableSchema(Exception):
    """A schema that nothing can be generated from: it allows no value, or refers to what is not there."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that a validator has against a value.

    Attributes:
        pointer: RFC 6901 into the value, as validators have it: for a missing or unknown property that of the object.
        keyword: What does not hold. `propertyNames` and `dependencies` stand for what they contain.
        schema_pointer: The schema that has the keyword, references followed: `#/components/schemas/Id`.
        branches: For oneOf and anyOf: the complaints of each branch, empty when more than one branch holds.
    """

    pointer: str
    keyword: str
    schema_pointer: str
    branches: tuple[tuple[Complaint, ...], ...] = ()


class Judge:
    """Judges values by one or more schemas at once."""

    __slots__ = ("_validator", "accepts")

    def __init__(self, validator: Any) -> None:
        self._validator = validator
        self.accepts = validator.is_valid
        """Say whether a value is valid."""

    def complaints(self, value: Any) -> list[Complaint]:
        """Return all that does not hold in `value`, empty when it is valid."""
        return [] if self.accepts(value) else [_complaint(error) for error in self._validator.iter_errors(value)]


class Schemas:
    """All schemas of a document, and one that is looked at, the entry, which need not be part of it."""

    def __init__(self, schema: Schema, root: Any) -> None:
        """Take a schema, and the document that its references lead into.

        Raises:
            UnusableSchema: A reference leads out of the document.
        """
        self.entry = "#" if schema is root else f"#/{ENTRY}"
        self._root: Any = schema if schema is root else {**(root if isinstance(root, dict) else {}), ENTRY: schema}
        try:
            self._registry = jsonschema_rs.Registry([(_URI, self._root)], draft=jsonschema_rs.Draft7)
        except ValueError as error:
            raise UnusableSchema(f"the document refers to what is not in it: {error}") from error
        self._judges: dict[tuple[str, ...], Judge] = {}
        self._patterns: dict[str, Any] = {}

    def at(self, pointer: str) -> Schema:
        """Return the schema at a pointer that starts with `#`.

        Raises:
            UnusableSchema: Nothing stands there, or no schema.
        """
        value = self._root
        for part in pointer.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            try:
                value = value[int(name)] if isinstance(value, list) else value[name]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise UnusableSchema(f"nothing stands at {pointer}") from error
        if not isinstance(value, dict | bool):
            raise UnusableSchema(f"no schema stands at {pointer}")
        return value

    def target(self, reference: str) -> str:
        """Return the pointer that a `$ref` stands for.

        Raises:
            UnusableSchema: It leads out of the document.
        """
        if not (reference == "#" or reference.startswith("#/")):
            raise UnusableSchema(f"{reference} leads out of the document")
        return unquote(reference)

    def judge(self, *pointers: str) -> Judge:
        """Return the judge of the schemas at these pointers, which all have to hold.

        Raises:
            UnusableSchema: One of them is no schema of draft 7.
        """
        if pointers not in self._judges:
            parts = [{"$ref": f"{_URI}{quote(pointer, safe='#/~')}"} for pointer in pointers]
            schema: Schema = {"allOf": parts} if parts else True
            try:
                validator = jsonschema_rs.Draft7Validator(schema, registry=self._registry, validate_formats=True)
            except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
                raise UnusableSchema(f"{' and '.join(pointers)}: {str(error).splitlines()[0]}") from error
            self._judges[pointers] = Judge(validator)
        return self._judges[pointers]

    def matches(self, pattern: str, text: str) -> bool:
        """Say whether an ECMA regular expression is found in `text`."""
        if pattern not in self._patterns:
            try:
                self._patterns[pattern] = jsonschema_rs.Draft7Validator({"pattern": pattern})
            except jsonschema_rs.ValidationError as error:
                raise UnusableSchema(f"{pattern} is no regular expression") from error
        return bool(self._patterns[pattern].is_valid(text))


def pointer_of(parts: Sequence[str | int]) -> str:
    """Return the RFC 6901 pointer of a path into a value; the empty string is the value itself."""
    return "".join("/" + escaped(str(part)) for part in parts)


def _complaint(error: Any) -> Complaint:
    kind, path = error.kind, list(error.schema_path)
    keyword = kind.name
    if keyword == "falseSchema":
        # So does jsonschema-rs call `additionalProperties: false` where no properties are declared.
        of_property = list(error.instance_path[-1:]) == path[-1:] and path[-2:-1] == ["properties"]
        if path[-1:] in (["additionalProperties"], ["propertyNames"]) and not of_property:
            keyword = str(path[-1])
        else:
            path.append(keyword)
    elif keyword == "propertyNames":
        path = path[: len(path) - path[::-1].index("propertyNames")]
    elif path[-1] == "dependencies":
        keyword = "dependencies"
    branches: tuple[tuple[Complaint, ...], ...] = ()
    if keyword in ("oneOf", "anyOf"):
        branches = tuple(tuple(_complaint(each) for each in branch) for branch in kind.context)
        if not all(branches):
            branches = ()
    return Complaint(pointer_of(error.instance_path), keyword, "#" + pointer_of(path[:-1]), branches)
