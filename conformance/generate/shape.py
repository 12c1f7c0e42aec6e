"""Takes schemas apart: what the value at one place has to be, as alternatives without references and combinators.

A `Shape` is one place of a value: all schemas that hold there. Each of its `Form`s is one way to satisfy them: the
choice of a branch in each anyOf, oneOf and if. Shapes are made when asked for, once for each set of schemas, so that
recursion is no problem.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import Any

from conformance.generate.form import Form, Part, Parts
from conformance.generate.schemas import Judge, Schemas, UnusableSchema

FORMS_MAX = 32
"""More combinations of branches than this are not tried; then each branch is in at least one form."""

SHAPES_MAX = 5000
DEPTH_MAX = 12


class Shape:
    """What the value at one place has to be."""

    def __init__(self, document: Document, pointers: tuple[str, ...]) -> None:
        self.document = document
        self.pointers = pointers
        self.measured: float | None = None

    @property
    def height(self) -> float:
        """How deep the value must at least be: 0 for a scalar, infinite where no value exists."""
        if self.measured is None:
            self.document.measure(self)
        return math.inf if self.measured is None else self.measured

    @cached_property
    def forms(self) -> list[Form]:
        """The ways to satisfy it."""
        factors = [self.document.expand(Part(pointer, {}, index)) for index, pointer in enumerate(self.pointers)]
        return [Form(self.document, parts) for parts in _combined(factors)]

    @cached_property
    def judge(self) -> Judge:
        """The judge of all its schemas."""
        return self.document.schemas.judge(*self.pointers)


class Document:
    """The shapes of one document, and of a schema in or beside it: the entry."""

    def __init__(self, schema: Any, root: Any) -> None:
        self.schemas = Schemas(schema, root)
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self.entry = self.shape(self.schemas.entry)
        self.depth = self._depth()
        """How deep a sample may be."""

    def shape(self, *pointers: str) -> Shape:
        """Return the place where the schemas at these pointers hold."""
        key = tuple(dict.fromkeys(pointers))
        if key not in self._shapes:
            if len(self._shapes) >= SHAPES_MAX:
                raise UnusableSchema(f"{self.schemas.entry} has more than {SHAPES_MAX} places")
            self._shapes[key] = Shape(self, key)
        return self._shapes[key]

    def reachable(self, start: Shape, *, contained: bool = False) -> dict[Shape, list[Shape]]:
        """Return the places inside a place, itself first, each with those directly inside it.

        Args:
            contained: Also what stands under `contains`, where an item that is otherwise is not invalid.
        """
        found: dict[Shape, list[Shape]] = {}
        waiting = [start]
        while waiting:
            shape = waiting.pop(0)
            if shape not in found:
                inside = [child for form in shape.forms for child in form.children()]
                if contained:
                    inside += [child for form in shape.forms for child in form.contained]
                found[shape] = list(dict.fromkeys(inside))
                waiting += found[shape]
        return found

    def expand(self, part: Part, within: tuple[str, ...] = ()) -> list[Parts]:
        """Return the ways to satisfy the schema at `part.pointer`, one for each choice of branches."""
        if part.pointer in within:
            raise UnusableSchema(f"{part.pointer} contains itself at the same place")
        within = (*within, part.pointer)
        schema = self.schemas.at(part.pointer)
        if isinstance(schema, bool):
            return [()] if schema else []
        if "$ref" in schema:  # what stands beside it does not count in draft 7
            return self.expand(replace(part, pointer=self.schemas.target(schema["$ref"])), within)

        def inner(*path: str, **changes: Any) -> list[Parts]:
            return self.expand(replace(part, pointer="/".join((part.pointer, *path)), **changes), within)

        factors: list[list[Parts]] = [[(replace(part, schema=schema),)]]
        factors += [inner("allOf", str(index)) for index in range(len(schema.get("allOf", ())))]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                branch = part.branch or (part.pointer, keyword)
                branches = range(len(schema[keyword]))
                factors.append([way for index in branches for way in inner(keyword, str(index), branch=branch)])
        for keyword in ("not", "if"):
            if keyword in schema:
                inner(keyword)  # finds a schema that contains itself at the same place
        if "if" in schema and ("then" in schema or "else" in schema):
            holds = _combined([inner("if", assumed=True), inner("then") if "then" in schema else [()]])
            factors.append([*holds, *(inner("else") if "else" in schema else [()])])
        return _combined(factors)

    def measure(self, start: Shape) -> None:
        """Set the height of a place and of all places inside it."""
        new = [shape for shape in self.reachable(start, contained=True) if shape.measured is None]
        for shape in new:
            shape.measured = math.inf
        changed = True
        while changed:
            changed = False
            for shape in new:
                height = min((least for form in shape.forms for least in form.heights().values()), default=math.inf)
                if height < shape.height:
                    shape.measured, changed = height, True

    def _depth(self) -> int:
        if math.isinf(self.entry.height):
            return 0
        longest = self._longest(self.reachable(self.entry, contained=True))
        least = int(self.entry.height)
        return least + 3 if longest is None else min(longest, max(DEPTH_MAX, least))

    def _longest(self, shapes: dict[Shape, list[Shape]]) -> int | None:
        """Return the length of the longest path inwards; None where places contain themselves."""
        level, length = {self.entry}, 0
        while level:
            if length > len(shapes):
                return None
            level = {child for shape in level for child in shapes[shape]}
            length += 1
        return length


def _combined(factors: list[list[Parts]]) -> list[Parts]:
    """Return the ways to choose one of each factor."""
    if math.prod(len(options) for options in factors) <= FORMS_MAX:
        return [tuple(part for option in options for part in option) for options in product(*factors)]
    rounds = range(max(len(options) for options in factors))
    return [tuple(part for options in factors for part in options[turn % len(options)]) for turn in rounds]
