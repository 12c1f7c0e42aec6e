"""Which keywords of a schema can be tried valid and invalid, where they stand, and which of them a value reaches.

For coverage: what is declared (`keyword_places`), what valid values reach (`reach`), and what can't be broken alone,
with the reason (`unbreakable`). A place is the pointer of a schema object and a keyword in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from conformance.contract.load import escaped
from conformance.generate.broken import CHANGES, Break
from conformance.generate.change import is_kind
from conformance.generate.form import TYPE_OF_KEYWORD, Part
from conformance.generate.shape import Document, Shape

KeywordPlace = tuple[str, str]
"""`#/components/schemas/Id` and `minLength`."""

_NOTHING_SAID: dict[str, tuple[Any, ...]] = {
    "minLength": (0,),
    "minItems": (0,),
    "minProperties": (0,),
    "uniqueItems": (False,),
    "required": ([],),
    "dependencies": ({},),
}
"""Values of a keyword that every value satisfies."""


def keyword_places(schema: Any, root: Any) -> set[KeywordPlace]:
    """Return every keyword of a schema, at every depth, that some value does not satisfy.

    Not among them: what only holds others (properties, items, allOf, if), and what says nothing: minLength 0, or a
    format that is none of draft 7's, such as int64 and uuid.
    """
    return {place for part in _parts(Document(schema, root)) for place in _places(part)}


def _parts(document: Document) -> Iterator[Part]:
    """Yield the parts of all schemas at every depth, but for what stands under `if`, `not` and `contains`."""
    seen: set[str] = set()
    waiting = [document.schemas.entry]
    while waiting:
        pointer = waiting.pop(0)
        if pointer in seen:
            continue
        seen.add(pointer)
        for part in {part.pointer: part for way in document.expand(Part(pointer, {})) for part in way}.values():
            if not part.assumed:
                yield part
                waiting += _inside(part)


def _inside(part: Part) -> Iterator[str]:
    """Yield the pointers of the schemas of what stands inside a value."""
    for keyword in ("properties", "patternProperties"):
        yield from (f"{part.pointer}/{keyword}/{escaped(name)}" for name in part.schema.get(keyword, ()))
    for keyword in ("additionalProperties", "additionalItems", "items"):
        inner = part.schema.get(keyword)
        if isinstance(inner, list):
            yield from (f"{part.pointer}/{keyword}/{index}" for index in range(len(inner)))
        elif isinstance(inner, dict):
            yield f"{part.pointer}/{keyword}"


def _places(part: Part) -> Iterator[KeywordPlace]:
    yield from ((part.pointer, keyword) for keyword in part.schema if _says_something(part.schema, keyword))


def _says_something(schema: dict[str, Any], keyword: str) -> bool:
    if keyword not in CHANGES:
        return False
    if keyword == "additionalProperties":
        return schema[keyword] is False
    if keyword == "format":
        return _is_judged(str(schema[keyword]))
    if keyword == "additionalItems":
        return schema[keyword] is False and isinstance(schema.get("items"), list)
    return schema[keyword] not in _NOTHING_SAID.get(keyword, ())


def reach(schema: Any, root: Any) -> Callable[[Any], set[KeywordPlace]]:
    """Return a function from a valid value to the places of keywords that had a say in it.

    A keyword has a say where its schema holds and the value is of the type that it speaks of. Slower than sending: some
    100 us a frame. A caller with thousands of frames asks for some of them.
    """
    document = Document(schema, root)
    declared = keyword_places(schema, root)

    def reached(value: Any, shape: Shape) -> Iterator[KeywordPlace]:
        for form in shape.forms:
            if not form.judge.accepts(value):
                continue
            for part in form.parts:
                for keyword in part.schema if not part.assumed else ():
                    if is_kind(value, TYPE_OF_KEYWORD.get(keyword, "")):
                        yield part.pointer, keyword
            if isinstance(value, dict):
                for name, item in value.items():
                    inner = form.property(name)
                    if inner.pointers:
                        yield from reached(item, inner)
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    inner = form.item(min(index, form.tuple_length))
                    if inner.pointers:
                        yield from reached(item, inner)

    return lambda value: declared.intersection(reached(value, document.entry))


def unbreakable(schema: Any, root: Any, found: Iterable[Break]) -> dict[KeywordPlace, str]:
    """Return the places that no break covers, each with the reason, for people.

    Args:
        found: What `breaks` returned for this schema.
    """
    covered = {(each.schema_pointer, each.keyword) for each in found}
    parts = _parts(Document(schema, root))
    return {place: _reason(part, place[1]) for part in parts for place in _places(part) if place not in covered}


def _reason(part: Part, keyword: str) -> str:
    value = part.schema[keyword]
    if keyword == "dependencies" and not any(isinstance(needed, list) for needed in value.values()):
        return "a schema under dependencies is not entered"
    if keyword in ("maxItems", "maxProperties"):
        return f"more than {value} members are too many to make, or can't be made without breaking another keyword"
    if keyword == "type" and set(value if isinstance(value, list) else [value]) >= {
        *("null", "boolean", "number", "string", "array", "object")
    }:
        return "every type is allowed"
    return "no value was found that breaks this keyword and no other"


@cache
def _is_judged(name: str) -> bool:
    """Say whether the validator knows a format in draft 7."""
    judge = jsonschema_rs.Draft7Validator({"format": name}, validate_formats=True)
    return not all(judge.is_valid(text) for text in ("\x00 [", "a", "~", "", "[", "//["))
