"""Every place of a schema's values at which something can be broken, each in every form, with the way there.

A place is entered through one form of the place above it, so that it exists; a place inside itself is entered once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from conformance.generate.change import form_depth, is_kind
from conformance.generate.form import Form, Part
from conformance.generate.names import extra_names
from conformance.generate.sampler import Make, Missed, Sampler
from conformance.generate.schemas import pointer_of
from conformance.generate.shape import Document, Shape

PLACES_MAX = 3000
VALUE_TRIES = 12

Enclosing = tuple[str, str]
"""Pointer and keyword of a oneOf or anyOf, in a branch of which something stands."""


@dataclass(frozen=True)
class Place:
    """A place of a value in one of its forms, and the way there.

    `enclosing` has the combinator that each of the shape's schemas stands in, `assumed` whether it is under `if`.
    """

    tokens: tuple[str | int, ...]
    shape: Shape
    form: Form
    make: Make
    above: Place | None
    enclosing: tuple[Enclosing | None, ...]
    assumed: tuple[bool, ...]

    def enclosing_of(self, part: Part) -> Enclosing | None:
        """Return the outermost combinator that a part of the form is in a branch of."""
        outer = self.enclosing[part.origin]
        if outer is not None or part.branch is None:
            return outer
        return (pointer_of(self.tokens), part.branch[1])

    def assumes(self, part: Part) -> bool:
        """Say whether a part of the form stands under `if`, so that to break it is no error."""
        return part.assumed or self.assumed[part.origin]

    def value(self, rng: Random, kind: str) -> Any:
        """Return a valid value of this form, of a type; "" for any.

        Raises:
            Missed: None was found.
        """
        for _ in range(VALUE_TRIES):
            value = self.make(rng, form_depth(self.shape))
            if is_kind(value, kind) and self.form.judge.accepts(value):
                return value
        raise Missed


def places(document: Document, sampler: Sampler) -> Iterator[Place]:
    """Yield every place in every form, the whole value first; a place inside itself once."""
    seen: set[tuple[tuple[str | int, ...], Shape]] = set()
    waiting: list[tuple[tuple[str | int, ...], Shape, Place | None, tuple[Enclosing | None, ...], tuple[bool, ...]]]
    waiting = [((), document.entry, None, (None,), (False,))]
    while waiting:
        tokens, shape, above, enclosing, assumed = waiting.pop(0)
        if (tokens, shape) in seen or len(seen) >= PLACES_MAX or _is_within(shape, above):
            continue
        seen.add((tokens, shape))
        for form in shape.forms:
            make = sampler.form_maker(form)
            if make is None:
                continue
            place = Place(tokens, shape, form, make, above, enclosing, assumed)
            yield place
            for token, holders in _inside(form, sampler):
                by_pointer: dict[str, tuple[Enclosing | None, bool]] = {}
                for pointer, part in holders:
                    new = (place.enclosing_of(part), place.assumes(part))
                    old = by_pointer.get(pointer, new)
                    by_pointer[pointer] = (None if None in (old[0], new[0]) else new[0], old[1] and new[1])
                child = document.shape(*by_pointer)
                marks = list(by_pointer.values())
                waiting.append(((*tokens, token), child, place, tuple(m[0] for m in marks), tuple(m[1] for m in marks)))


def _is_within(shape: Shape, above: Place | None) -> bool:
    while above is not None:
        if above.shape is shape:
            return True
        above = above.above
    return False


def _inside(form: Form, sampler: Sampler) -> Iterator[tuple[str | int, list[tuple[str, Part]]]]:
    """Yield the places inside a form that its parts speak of: properties, an unknown name of each sort, items."""
    if form.values is not None:
        return
    if "object" in form.types:
        names = [name for name in form.known if form.property(name).pointers]
        sorts: set[Shape] = set()
        for name, shape in extra_names(form, 20, sampler.sample):
            if shape.pointers and shape not in sorts:
                sorts.add(shape)
                names.append(name)
        yield from ((name, form.property_parts(name)) for name in names)
    if "array" in form.types:
        indexes = [index for index in range(form.tuple_length + 1) if form.item(index).pointers]
        yield from ((index, form.item_parts(index)) for index in indexes)
