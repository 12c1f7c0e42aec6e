"""Valid values of a JSON Schema: as Hypothesis strategies, which shrink, and as a fast seeded sampler.

The strategies are our own: hypothesis-jsonschema 0.23.1, the newest, uses internals that Hypothesis 6.170 no longer has
("'many' object has no attribute 'more'" for objects). Every value goes through the validator before it is given out.
"""

from __future__ import annotations

import math
import re
from random import Random
from typing import Any

from hypothesis import strategies as st

from conformance.generate.form import Form
from conformance.generate.formats import FORMATS
from conformance.generate.names import extra_names
from conformance.generate.numbers import SAFE, bounds, compile_numbers
from conformance.generate.sampler import Sampler, canonical, compile_sampler, sample
from conformance.generate.schemas import UnusableSchema
from conformance.generate.shape import Document, Shape

__all__ = ["UnusableSchema", "compile_sampler", "sample", "strategy"]

ITEMS_MORE = 4
CHARACTERS_MORE = 64
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")

Values = st.SearchStrategy[Any]


def strategy(schema: Any, root: Any) -> Values:
    """Return a strategy of the valid values of a schema, recursive ones included.

    Args:
        schema: A schema of draft 7; a `$ref` to one will do.
        root: The document that its references lead into; the schema itself where it stands alone.

    Raises:
        UnusableSchema: It allows no value.
    """
    document = Document(schema, root)
    sampler = Sampler(document)
    sampler.sample(document.entry, Random(0))
    return _Strategies(sampler).of_shape(document.entry, document.depth)


class _Hidden:
    """A strategy without its text, which for a large schema is of hundreds of kilobytes."""

    def __init__(self, inner: Values) -> None:
        self.inner = inner


@st.composite
def _valid(draw: st.DrawFn, hidden: _Hidden) -> Any:
    return draw(hidden.inner)


class _Strategies:
    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._made: dict[tuple[Shape, int], Values] = {}

    def of_shape(self, shape: Shape, depth: int) -> Values:
        """Return the values of a shape, at most so deep; the lowest there are where that is too little."""
        key = (shape, max(depth, 0))
        if key not in self._made:
            lowest = shape.height
            found = [
                self._of_type(form, kind, depth - 1)
                for form in shape.forms
                for kind, height in form.heights().items()
                if not math.isinf(height) and height <= max(depth, lowest)
            ]
            self._made[key] = _valid(_Hidden(st.one_of(found).filter(shape.judge.accepts)))
        return self._made[key]

    def _of_type(self, form: Form, kind: str, inside: int) -> Values:
        if kind == "values":
            return st.sampled_from(form.values or [])
        if kind == "null":
            return st.none()
        if kind == "boolean":
            return st.booleans()
        if kind in ("integer", "number"):
            return self._number(form, whole=kind == "integer")
        if kind == "string":
            return self._text(form)
        return self._array(form, inside) if kind == "array" else self._object(form, inside)

    def _number(self, form: Form, *, whole: bool) -> Values:
        if form.all("multipleOf"):
            make = compile_numbers(form, whole=whole)
            return st.nothing() if make is None else st.integers(0, 2**32).map(lambda seed: make(Random(seed)))
        low, high = bounds(form, whole=whole)
        lowest, highest = math.ceil(low), math.floor(high)
        integers: Values = st.integers(lowest, highest) if lowest <= highest else st.nothing()
        if whole or low > high or abs(low) > SAFE or abs(high) > SAFE:
            return integers
        fractions = st.floats(low, high, allow_nan=False, allow_infinity=False).filter(lambda each: each % 1 != 0)
        return integers | fractions if low < high else integers | st.just(low)

    def _text(self, form: Form) -> Values:
        texts = self._sampler.texts(form)
        if not texts.exists:
            return st.nothing()
        least = texts.shortest
        most = least + CHARACTERS_MORE if texts.longest is None else texts.longest
        made = st.integers(0, 2**32).map(lambda seed: texts.make(Random(seed)))
        if any(name in FORMATS for name in form.all("format")):
            return made
        free = st.text(_CHARACTERS, min_size=least, max_size=most)
        if not form.all("pattern"):
            return free
        probes = [probe * max(least, 1) for probe in ("0", "a", " ", "/", "é", "😀")]
        if all(map(form.judge.accepts, probes)):  # a pattern that forbids next to nothing
            return free.filter(form.judge.accepts)
        try:
            return st.from_regex(re.compile(form.all("pattern")[0])).filter(lambda text: "\x00" not in text) | made
        except re.error:
            return made

    def _array(self, form: Form, inside: int) -> Values:
        least = int(form.most("minItems", 0))
        most = min(int(form.least("maxItems", least + ITEMS_MORE)), least + ITEMS_MORE)
        length = form.tuple_length
        further = form.item(length)
        # A contained item is put in by hand: by chance it would hardly be there.
        needed = form.contained
        unique = canonical if any(form.all("uniqueItems")) else None

        def fits(shape: Shape) -> bool:
            return shape.height <= max(inside, 0)

        head = [self.of_shape(form.item(index), inside) for index in range(min(length, max(least, 1)))]
        rest_least = max(0, least - len(head) - len(needed))
        rest_most = max(rest_least, most - len(head) - len(needed)) if fits(further) or rest_least else 0
        if len(head) < length:  # a tuple is cut short, or made whole
            whole = [form.item(index) for index in range(length)]
            if all(fits(shape) for shape in whole) and length <= int(form.least("maxItems", length)):
                full = st.tuples(*(self.of_shape(shape, inside) for shape in whole)).map(list)
                return full | st.tuples(*head).map(list)
            return st.tuples(*head).map(list)
        if not rest_most:
            rest: Values = st.just([])
        else:
            rest = st.lists(self.of_shape(further, inside), min_size=rest_least, max_size=rest_most, unique_by=unique)
        put = [self.of_shape(shape, inside) for shape in needed]
        joined: Values = st.tuples(st.tuples(*head), st.tuples(*put), rest).map(
            lambda each: [*each[0], *each[1], *each[2]]
        )
        if least == 0 and head and not needed:
            return joined | st.just([])
        return joined

    def _object(self, form: Form, inside: int) -> Values:
        required = {name: self.of_shape(form.property(name), inside) for name in form.required}
        optional = {
            name: self.of_shape(form.property(name), inside)
            for name in form.known
            if name not in form.required and form.property(name).height <= max(inside, 0)
        }
        least, most = int(form.most("minProperties", 0)), int(form.least("maxProperties", 1000))
        extras = [
            (name, self.of_shape(shape, inside))
            for name, shape in extra_names(form, ITEMS_MORE + max(0, least - len(form.known)), self._sampler.sample)
            if shape.height <= max(inside, 0) and name not in form.known
        ]
        declared = st.fixed_dictionaries(required, optional=optional)
        if not extras or len(required) >= most:
            return declared
        others = st.fixed_dictionaries({}, optional=dict(extras))
        few = st.fixed_dictionaries(dict(extras[: max(0, least - len(form.known))]))
        joined: Values = st.tuples(declared, st.one_of(st.just({}), others), few).map(
            lambda all_: {**all_[2], **all_[1], **all_[0]}
        )
        return joined
