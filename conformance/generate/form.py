"""What a schema says once every choice of a branch is made: parts which all hold, and what they say together.

The pieces of `shape`: a `Part` is one schema object without references, a `Form` those that hold at one place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.contract.load import escaped
from conformance.generate.schemas import Judge

if TYPE_CHECKING:
    from conformance.generate.shape import Document, Shape

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

_BY_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format", "contentEncoding"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties", "dependencies"),
    ),
}
TYPE_OF_KEYWORD = {keyword: kind for kind, keywords in _BY_TYPE.items() for keyword in keywords}


@dataclass(frozen=True, slots=True)
class Part:
    """One schema object that holds at a place.

    Attributes:
        pointer: Where it stands in the document.
        origin: Which of the shape's schemas it comes from.
        branch: Pointer and keyword of the outermost oneOf or anyOf of this shape that it is a branch of.
        assumed: It stands under `if`: a value that breaks it is not invalid.
    """

    pointer: str
    schema: dict[str, Any]
    origin: int = 0
    branch: tuple[str, str] | None = None
    assumed: bool = False


Parts = tuple[Part, ...]
"""Parts which hold together."""


class Form:
    """One way to satisfy a shape: parts which all hold, none of them with a choice left to make."""

    def __init__(self, document: Document, parts: Parts) -> None:
        self.document = document
        self.parts = parts
        self.types = _types(parts)

    @cached_property
    def judge(self) -> Judge:
        """The judge of all the parts."""
        return self.document.schemas.judge(*dict.fromkeys(part.pointer for part in self.parts))

    def all(self, keyword: str) -> list[Any]:
        """Return what the parts say for a keyword."""
        return [part.schema[keyword] for part in self.parts if keyword in part.schema]

    def least(self, keyword: str, default: Any = None) -> Any:
        """Return the smallest value for a keyword: that of the strictest `max...`."""
        return min(self.all(keyword), default=default)

    def most(self, keyword: str, default: Any = None) -> Any:
        """Return the largest value for a keyword: that of the strictest `min...`."""
        return max(self.all(keyword), default=default)

    @cached_property
    def values(self) -> list[Any] | None:
        """The values that enum and const leave; None where neither stands."""
        lists = [*self.all("enum"), *([value] for value in self.all("const"))]
        return [value for value in lists[0] if self.judge.accepts(value)] if lists else None

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Names that must be there."""
        return tuple(dict.fromkeys(name for names in self.all("required") for name in names))

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Names that are declared or required."""
        declared = (name for properties in self.all("properties") for name in properties)
        return tuple(dict.fromkeys((*declared, *self.required)))

    def property_parts(self, name: str) -> list[tuple[str, Part]]:
        """Return the pointers of the schemas of a property, each with the part that says so."""
        found = []
        for part in self.parts:
            schema, at = part.schema, part.pointer
            own = []
            if name in schema.get("properties", {}):
                own.append(f"{at}/properties/{escaped(name)}")
            for pattern in schema.get("patternProperties", {}):
                if self.document.schemas.matches(pattern, name):
                    own.append(f"{at}/patternProperties/{escaped(pattern)}")
            if not own and "additionalProperties" in schema:
                own.append(f"{at}/additionalProperties")
            found += [(pointer, part) for pointer in own]
        return found

    def item_parts(self, index: int) -> list[tuple[str, Part]]:
        """Return the pointers of the schemas of an item, each with the part that says so."""
        found = []
        for part in self.parts:
            items = part.schema.get("items", True)
            if not isinstance(items, list):
                found += [(f"{part.pointer}/items", part)] if "items" in part.schema else []
            elif index < len(items):
                found.append((f"{part.pointer}/items/{index}", part))
            elif "additionalItems" in part.schema:
                found.append((f"{part.pointer}/additionalItems", part))
        return found

    def property(self, name: str) -> Shape:
        """Return what a property has to be."""
        return self.document.shape(*(pointer for pointer, _ in self.property_parts(name)))

    def item(self, index: int) -> Shape:
        """Return what the item at an index has to be."""
        return self.document.shape(*(pointer for pointer, _ in self.item_parts(index)))

    @cached_property
    def contained(self) -> list[Shape]:
        """What items an array has to contain."""
        if "array" not in self.types:
            return []
        wanted = [f"{part.pointer}/contains" for part in self.parts if "contains" in part.schema]
        return [self.document.shape(pointer, *self.item(self.tuple_length).pointers) for pointer in wanted]

    @cached_property
    def tuple_length(self) -> int:
        """Up to which index items have schemas of their own."""
        return max((len(items) for items in self.all("items") if isinstance(items, list)), default=0)

    def children(self) -> Iterator[Shape]:
        """Yield what may stand inside, where the parts say anything: properties, unknown names, items."""
        yield from (child for child in self._children() if child.pointers)

    def _children(self) -> Iterator[Shape]:
        if "object" in self.types:
            yield from (self.property(name) for name in self.known)
            for part in self.parts:
                for pattern in part.schema.get("patternProperties", {}):
                    yield self.document.shape(f"{part.pointer}/patternProperties/{escaped(pattern)}")
                if isinstance(part.schema.get("additionalProperties"), dict):
                    yield self.document.shape(f"{part.pointer}/additionalProperties")
        if "array" in self.types:
            yield from (self.item(index) for index in range(self.tuple_length + 1))

    def heights(self) -> dict[str, float]:
        """Return how deep a value must at least be, by type; infinite where none exists."""
        if self.values is not None:
            return {"values": 0 if self.values else math.inf}
        found: dict[str, float] = dict.fromkeys(self.types, 0)
        if "object" in found:
            found["object"] = 1 + max((self.property(name).height for name in self.required), default=0)
        if "array" in found:
            indexes = range(min(int(self.most("minItems", 0)), self.tuple_length + 1))
            needed = [*(self.item(index) for index in indexes), *self.contained]
            found["array"] = 1 + max((shape.height for shape in needed), default=0)
        return found


def _types(parts: Parts) -> tuple[str, ...]:
    """Return the types that a value may have; those that the keywords speak of where no type is given."""
    allowed = set(TYPES)
    typed = False
    for part in parts:
        if "type" in part.schema:
            typed = True
            own = part.schema["type"]
            names = {own} if isinstance(own, str) else set(own)
            allowed &= names | ({"integer"} if "number" in names else set())
    if not typed:
        hinted = {TYPE_OF_KEYWORD[keyword] for part in parts for keyword in part.schema if keyword in TYPE_OF_KEYWORD}
        allowed = hinted or allowed
    if "number" in allowed:
        allowed.discard("integer")
    return tuple(kind for kind in TYPES if kind in allowed)
