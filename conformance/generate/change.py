"""What the tables of changes speak of: a keyword at a place, and a change to the value there which may break just that.

A change proposes; `broken` asks the validator which proposal breaks this keyword and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from conformance.generate.form import Form, Part
from conformance.generate.sampler import Missed, Sampler
from conformance.generate.schemas import UnusableSchema
from conformance.generate.shape import Shape

Propose = Callable[[Any, Random], Iterable[Any]]
"""From the valid value at a place to values that may break it there, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A keyword of a part, at a place where a form of it holds."""

    part: Part
    form: Form
    sampler: Sampler
    keyword: str

    @property
    def value(self) -> Any:
        """What the schema says for the keyword."""
        return self.part.schema[self.keyword]

    def shape(self, *path: str | int) -> Shape:
        """Return the shape of a schema inside the part."""
        return self.form.document.shape("/".join((self.part.pointer, *map(str, path))))

    def samples(self, shape: Shape, rng: Random, count: int) -> list[Any]:
        """Return up to `count` valid values of a shape."""
        found = []
        for _ in range(count):
            try:
                found.append(self.sampler.sample(shape, rng))
            except (UnusableSchema, Missed):
                break
        return found

    def unchecked(self, shape: Shape, rng: Random, count: int) -> list[Any]:
        """Return up to `count` values that meet each schema of a shape, apart from `not`, `oneOf` and the like."""
        found = []
        makers = [maker for form in shape.forms if (maker := self.sampler.form_maker(form, checked=False)) is not None]
        for _ in range(count if makers else 0):
            try:
                found.append(rng.choice(makers)(rng, form_depth(shape)))
            except (UnusableSchema, Missed):
                continue
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """One way to break a keyword.

    Attributes:
        how: For people, one line, the same in every run.
        kind: JSON type that the value has to have before, "" for any.
        name: The property that is missing or unknown afterwards.
        open: Whether a server may take it all the same.
    """

    how: str
    propose: Propose
    kind: str = ""
    name: str | None = None
    open: bool = False


def kind_of(value: Any) -> str:
    """Return the JSON type of a value; whole numbers are integers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def is_kind(value: Any, kind: str) -> bool:
    """Say whether a value is of a type; integers are numbers."""
    actual = kind_of(value)
    return not kind or actual == kind or (kind == "number" and actual == "integer")


def form_depth(shape: Shape) -> int:
    """Return how deep a value of a shape may be."""
    least = 0 if shape.height == float("inf") else int(shape.height)
    return max(shape.document.depth, least)
