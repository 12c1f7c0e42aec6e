"""Values that break exactly one keyword of a schema at one place, every keyword at every depth in turn.

The tables of changes propose, the validator decides: a value is given out only where the validator has one complaint,
that keyword at that place. In a branch of oneOf or anyOf it complains of the combinator, and inside of that keyword.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from conformance.contract.load import escaped
from conformance.generate.change import Change, Spot, is_kind
from conformance.generate.container_changes import CONTAINER_CHANGES
from conformance.generate.form import Part
from conformance.generate.place import Enclosing, Place, places
from conformance.generate.sampler import Missed, Sampler
from conformance.generate.scalar_changes import SCALAR_CHANGES
from conformance.generate.schemas import Complaint, Judge, UnusableSchema, pointer_of
from conformance.generate.shape import Document

CHANGES = {**SCALAR_CHANGES, **CONTAINER_CHANGES}

PROPOSALS_MAX = 48  # for one valid value
TRIES = 12  # valid values, for one broken one
TRIES_FIRST = 6  # before a break is taken to be impossible

# What can't hold either where a keyword is broken: a value of another type is not listed.
_TOGETHER = {"type": {"enum", "const"}, "enum": {"const"}, "const": {"enum"}}


@dataclass(frozen=True, slots=True)
class Break:
    """One way to break one keyword at one place.

    Attributes:
        pointer: What is wrong, RFC 6901 into the value; a missing or unknown property is named itself.
        keyword: What does not hold: `required`, `maxLength`.
        how: For people, one line, the same in every run.
        schema_pointer: The schema that has the keyword: `#/components/schemas/Id`.
        reported_at: Where validators report it: for a property's presence or name, the object.
        enclosing: Pointer and keyword that validators report instead, inside a branch of oneOf or anyOf.
        also: Other keywords of the same place that a value may break too: enum beside type.
        open: A server may take it all the same: JSON Schema leaves it open whether `format` decides.
        apply: Returns a broken value, made from a valid one, which stays as it is; the same random source, the same
            value. What the place needs and the valid one lacks is made up; where that does not do, all of it is.
    """

    pointer: str
    keyword: str
    how: str
    schema_pointer: str
    reported_at: str
    enclosing: Enclosing | None
    also: tuple[str, ...]
    open: bool
    apply: Callable[[Any, Random], Any] = field(repr=False, compare=False)


def breaks(schema: Any, root: Any, others: Iterable[Any] = ()) -> list[Break]:
    """Return every way to break a schema that was tried with success, in a fixed order.

    Args:
        schema: A schema of draft 7; a `$ref` to one will do.
        root: The document that its references lead into; the schema itself where it stands alone.
        others: Schemas which the broken values must not satisfy either: the channel's other messages.

    Raises:
        UnusableSchema: It allows no value.
    """
    document = Document(schema, root)
    sampler = Sampler(document)
    sampler.sample(document.entry, Random(0))
    others_accept = [Document(other, root).entry.judge.accepts for other in others]
    found: dict[tuple[Any, ...], Break] = {}
    for place in places(document, sampler):
        for part in place.form.parts:
            if place.assumes(part):
                continue
            for keyword in part.schema:
                if keyword not in CHANGES:
                    continue
                for change in CHANGES[keyword](Spot(part, place.form, sampler, keyword)):
                    key = (place.tokens, part.pointer, keyword, change.how)
                    if key not in found:
                        made = _Maker(place, part, keyword, change, sampler, others_accept).made()
                        if made is not None:
                            found[key] = made
    return list(found.values())


class _Maker:
    """Makes the broken values of one break, and asks the validator about each."""

    def __init__(
        self,
        place: Place,
        part: Part,
        keyword: str,
        change: Change,
        sampler: Sampler,
        others_accept: list[Callable[[Any], bool]],
    ) -> None:
        self._way = [place]
        while self._way[0].above is not None:
            self._way.insert(0, self._way[0].above)
        self._change = change
        self._sampler = sampler
        self._others_accept = others_accept
        self._judge: Judge = sampler.document.entry.judge
        self._at = pointer_of(place.tokens)
        self._keyword = keyword
        self._schema_pointer = part.pointer
        self._enclosing = place.enclosing_of(part) if keyword not in ("oneOf", "anyOf") else self._outer(place, part)
        self._strict = True
        # Breaks only this keyword at only this place, but in two schemas: allOf with the same in two of its parts.
        self._lenient: Any = None

    @staticmethod
    def _outer(place: Place, part: Part) -> Enclosing | None:
        """Return what encloses a combinator itself."""
        own = part.branch
        return place.enclosing_of(part) if own is None or own[0] != part.pointer else place.enclosing[part.origin]

    def made(self) -> Break | None:
        """Return the break, None where it turns out to be impossible."""
        example = self._broken(None, Random(0), TRIES_FIRST)
        if example is None and self._lenient is not None:
            self._strict = False
            example = [self._lenient]
        if example is None:
            return None
        also = [keyword for keyword in _TOGETHER.get(self._keyword, ()) if self._way[-1].form.all(keyword)]
        name = self._change.name

        def apply(valid: Any, rng: Random) -> Any:
            return (self._broken([valid], rng, TRIES) or copy.deepcopy(example))[0]

        return Break(
            self._at if name is None else f"{self._at}/{escaped(name)}",
            self._keyword,
            self._change.how,
            self._schema_pointer,
            self._at,
            self._enclosing,
            tuple(sorted(also)),
            self._change.open,
            apply,
        )

    def _broken(self, valid: list[Any] | None, rng: Random, tries: int) -> list[Any] | None:
        """Return a broken value in a list, None where none came out.

        Args:
            valid: The valid value to start from, in a list; None to make one up each time.
        """
        for turn in range(tries):
            try:
                fits = valid is not None and turn < tries // 2
                start = valid[0] if valid is not None and fits else self._sampler.sample(self._way[0].shape, rng)
                for count, value in enumerate(self._changed(start, 0, rng)):
                    if self._is_right(value):
                        return [value]
                    if count >= PROPOSALS_MAX:
                        break
            except (Missed, UnusableSchema):
                continue
        return None

    def _changed(self, value: Any, level: int, rng: Random) -> Iterator[Any]:
        """Yield `value`, which stands at a level of the way, with the place at its end changed."""
        place = self._way[level]
        last = level == len(self._way) - 1
        token = None if last else self._way[level + 1].tokens[-1]
        kind = self._change.kind if last else "array" if isinstance(token, int) else "object"
        if not is_kind(value, kind) or not place.form.judge.accepts(value):
            value = place.value(rng, kind)
        if last:
            # Whether 1.0 is an integer is left open.
            proposed = self._change.propose(value, rng)
            yield from (new for new in proposed if not (isinstance(new, float) and new.is_integer()))
        elif isinstance(token, int):
            items = list(value)
            while len(items) <= token:
                items.append(self._sampler.sample(place.form.item(len(items)), rng))
            for new in self._changed(items[token], level + 1, rng):
                yield [*items[:token], new, *items[token + 1 :]]
        else:
            inner = value[token] if token in value else self._way[level + 1].value(rng, "")
            for new in self._changed(inner, level + 1, rng):
                yield {**value, token: new}

    def _is_right(self, value: Any) -> bool:
        if any(accepts(value) for accepts in self._others_accept):
            return False
        complaints = self._judge.complaints(value)
        if not complaints:
            return False
        if self._enclosing is not None and {(each.pointer, each.keyword) for each in complaints} != {self._enclosing}:
            return False
        if self._explains(complaints, strict=self._strict):
            return True
        if self._lenient is None and self._explains(complaints, strict=False):
            self._lenient = value
        return False

    def _explains(self, complaints: Iterable[Complaint], *, strict: bool) -> bool:
        """Say whether complaints come down to this keyword at this place, once, or with `strict` off in any schema."""
        own = 0
        for each in complaints:
            here = each.pointer == self._at
            same = here and each.keyword == self._keyword
            if same and each.schema_pointer == self._schema_pointer:
                own += 1
            elif here and each.keyword in _TOGETHER.get(self._keyword, ()):
                continue
            elif any(self._explains(branch, strict=strict) for branch in each.branches):
                own += 1
            elif strict or not same:
                return False
        return own == 1 if strict else own > 0
