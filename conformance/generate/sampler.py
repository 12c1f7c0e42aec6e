"""Compiles a schema into a fast, seeded maker of valid values: for sending thousands of frames a second.

Closures over the shapes of `shape`. What is not right by construction (not, oneOf, contains, ...) is asked of the
validator at the place where it stands, so that a retry costs little; the whole is asked once more at the end.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

from conformance.generate.form import Form
from conformance.generate.names import excluded_names, extra_names
from conformance.generate.numbers import compile_numbers
from conformance.generate.schemas import UnusableSchema
from conformance.generate.shape import Document, Shape
from conformance.generate.texts import Texts

Make = Callable[[Random, int], Any]
"""Makes a value; the number is how deep it may be."""

TRIES = 40
ITEMS_MORE = 4  # than the least number, mostly
ITEMS_MAX = 100  # a longer array is never made, unless minItems asks for it
EXTRAS = 10

_NOT_BY_CONSTRUCTION = (
    "not",
    "oneOf",
    "if",
    "contains",
    "dependencies",
    "minProperties",
    "maxProperties",
    "uniqueItems",
)


class Missed(Exception):
    """By chance, or for good, no valid value came out."""


class Sampler:
    """Makes values of the shapes of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._makers: dict[Shape, list[list[Make]]] = {}
        self._texts: dict[Form, Texts] = {}
        self._form_makers: dict[tuple[Form, bool], Make | None] = {}

    def sample(self, shape: Shape, rng: Random, depth: int | None = None) -> Any:
        """Return a valid value of a shape.

        Raises:
            UnusableSchema: None was found; the schema may allow none.
        """
        limit = max(self.document.depth, 0 if math.isinf(shape.height) else int(shape.height))
        for _ in range(TRIES):
            try:
                value = self.make(shape, rng, limit if depth is None else depth)
            except Missed:
                continue
            if shape.judge.accepts(value):
                return value
        raise UnusableSchema(f"no value was found for {' and '.join(shape.pointers)}")

    def make(self, shape: Shape, rng: Random, depth: int) -> Any:
        """Return a value that is mostly valid.

        Raises:
            Missed: None was found this time.
        """
        makers = self._makers.get(shape) or self._compile(shape)
        return rng.choice(makers[min(max(depth, 0), len(makers) - 1)])(rng, depth)

    def texts(self, form: Form) -> Texts:
        """Return the texts of a form."""
        if form not in self._texts:
            self._texts[form] = Texts(form)
        return self._texts[form]

    def form_maker(self, form: Form, *, checked: bool = True) -> Make | None:
        """Return a maker for one form, None where it allows no value.

        Args:
            checked: Whether what is not right by construction is asked of the validator.
        """
        key = (form, checked)
        if key not in self._form_makers:
            makers = [make for _, make in self._of_form(form, checked=checked)]
            self._form_makers[key] = (lambda rng, depth: rng.choice(makers)(rng, depth)) if makers else None
        return self._form_makers[key]

    def _compile(self, shape: Shape) -> list[list[Make]]:
        """Return the makers of a shape by the depth that is left; where that is too little, the lowest there are."""
        self._makers[shape] = [[_miss]]  # for recursion while compiling: nobody asks for a value yet
        found = [pair for form in shape.forms for pair in self._of_form(form)] or [(0.0, _miss)]
        lowest = min(height for height, _ in found)
        depths = range(int(max(height for height, _ in found)) + 1)
        self._makers[shape] = [[make for height, make in found if height <= max(depth, lowest)] for depth in depths]
        return self._makers[shape]

    def _of_form(self, form: Form, *, checked: bool = True) -> list[tuple[float, Make]]:
        if form.values is not None:
            values = form.values
            return [(0.0, lambda rng, _depth: copy.deepcopy(rng.choice(values)))] if values else []
        found: list[tuple[float, Make]] = []
        for kind, height in form.heights().items():
            make = None if math.isinf(height) else self._of_type(form, kind)
            if make is not None:
                found.append((height, make))
        if checked and any(keyword in part.schema for part in form.parts for keyword in _NOT_BY_CONSTRUCTION):
            return [(height, _checked(make, form.judge.accepts)) for height, make in found]
        return found

    def _of_type(self, form: Form, kind: str) -> Make | None:
        if kind == "null":
            return lambda _rng, _depth: None
        if kind == "boolean":
            return lambda rng, _depth: rng.random() < 0.5
        if kind in ("integer", "number"):
            number = compile_numbers(form, whole=kind == "integer")
            return None if number is None else lambda rng, _depth: number(rng)
        if kind == "string":
            texts = self.texts(form)
            return (lambda rng, _depth: texts.make(rng)) if texts.exists else None
        return self._array(form) if kind == "array" else self._object(form)

    def _array(self, form: Form) -> Make:
        least = int(form.most("minItems", 0))
        most = int(form.least("maxItems", max(ITEMS_MAX, least)))
        usual = min(most, least + ITEMS_MORE, max(ITEMS_MAX, least))
        fixed = [form.item(index) for index in range(form.tuple_length)]
        further = form.item(form.tuple_length)
        needed = form.contained
        if math.isinf(further.height):
            usual = most = min(most, len(fixed))
        unique = any(form.all("uniqueItems"))
        make = self.make

        def make_array(rng: Random, depth: int) -> list[Any]:
            length = rng.randint(least, max(least, usual))
            if most <= ITEMS_MAX and rng.random() < 0.03:
                length = most
            length = max(length, len(needed))
            result: list[Any] = []
            seen: set[str] = set()
            tries = 0
            while len(result) < length:
                index = len(result)
                shape = fixed[index] if index < len(fixed) else further
                if shape.height >= max(depth, 1) and index >= least:
                    break
                if length - index <= len(needed):
                    shape = needed[length - index - 1]
                value = make(shape, rng, depth - 1)
                if unique:
                    key = canonical(value)
                    tries += 1
                    if key in seen:
                        if tries > length + TRIES:
                            break
                        continue
                    seen.add(key)
                result.append(value)
            return result

        return make_array

    def _object(self, form: Form) -> Make:
        required = [(name, form.property(name)) for name in form.required]
        optional = [(name, form.property(name)) for name in form.known if name not in form.required]
        optional = [(name, shape) for name, shape in optional if not math.isinf(shape.height)]
        least, most = int(form.most("minProperties", 0)), int(form.least("maxProperties", 1000))
        extras = extra_names(form, EXTRAS + max(0, least - len(form.known)), self.sample)
        share = 0.5 if excluded_names(form) or any(_is_map(part.schema) for part in form.parts) else 0.1
        make = self.make

        def make_object(rng: Random, depth: int) -> dict[str, Any]:
            inside = depth - 1
            result = {name: make(shape, rng, inside) for name, shape in required}
            room = max(depth, 1)
            if optional:
                bits = rng.getrandbits(len(optional))
                for name, shape in optional:
                    if bits & 1 and shape.height < room and len(result) < most:
                        result[name] = make(shape, rng, inside)
                    bits >>= 1
            if extras and (len(result) < least or rng.random() < share):
                for name, shape in rng.sample(extras, rng.randint(1, min(3, len(extras)))):
                    if shape.height < room and len(result) < most:
                        result[name] = make(shape, rng, inside)
            if len(result) < least:
                for name, shape in [*optional, *extras]:
                    if name not in result and len(result) < least:
                        result[name] = make(shape, rng, inside)
            if len(result) > 1 and rng.random() < 0.2:
                members = list(result.items())
                rng.shuffle(members)
                return dict(members)
            return result

        return make_object


def compile_sampler(schema: Any, root: Any) -> Callable[[Random], Any]:
    """Return a function from a random source to a valid value: the same source, the same value.

    Args:
        schema: A schema of draft 7; a `$ref` to one will do.
        root: The document that its references lead into; the schema itself where it stands alone.

    Raises:
        UnusableSchema: It allows no value, or none was found.
    """
    document = Document(schema, root)
    sampler = Sampler(document)
    shape = document.entry
    found = sampler.sample(shape, Random(0))  # the last resort where chance is slim
    accepts, make, depth = shape.judge.accepts, sampler.make, document.depth

    def sample(rng: Random) -> Any:
        try:
            value = make(shape, rng, depth)
            if accepts(value):
                return value
        except Missed:
            pass
        try:
            return sampler.sample(shape, rng)
        except UnusableSchema:
            return copy.deepcopy(found)

    return sample


def sample(schema: Any, root: Any, rng: Random) -> Any:
    """Return one valid value. Compiles each time: for more than one, `compile_sampler`."""
    return compile_sampler(schema, root)(rng)


def canonical(value: Any) -> str:
    """Return a text that is the same for values that JSON Schema calls equal."""

    def plain(each: Any) -> Any:
        if isinstance(each, float) and each.is_integer():
            return int(each)
        if isinstance(each, list):
            return [plain(item) for item in each]
        return {name: plain(item) for name, item in each.items()} if isinstance(each, dict) else each

    return json.dumps(plain(value), sort_keys=True)


def _checked(make: Make, accepts: Callable[[Any], bool]) -> Make:
    def make_checked(rng: Random, depth: int) -> Any:
        for _ in range(TRIES):
            value = make(rng, depth)
            if accepts(value):
                return value
        raise Missed

    return make_checked


def _miss(_rng: Random, _depth: int) -> Any:
    raise Missed


def _is_map(schema: dict[str, Any]) -> bool:
    """Say whether a schema describes the values of names that it does not list."""
    return "patternProperties" in schema or isinstance(schema.get("additionalProperties"), dict)
