"""Names that an object may have beside the declared ones: any, those of a pattern, those that propertyNames allows.

Made once for each form, by a fixed seed, when a sampler is compiled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from conformance.generate.alphabets import NAMES
from conformance.generate.form import Form
from conformance.generate.pattern import UnreadablePattern, compile_pattern
from conformance.generate.schemas import UnusableSchema
from conformance.generate.shape import Shape

Sample = Callable[[Shape, Random], Any]
"""Makes a valid value of a shape."""


def extra_names(form: Form, count: int, sample: Sample) -> list[tuple[str, Shape]]:
    """Return names that are not declared and yet allowed, at most `count`, each with what its value has to be."""
    rng = Random(1)
    names = [*NAMES, *(f"x{number}" for number in range(count))]
    patterns = [pattern for part in form.parts for pattern in part.schema.get("patternProperties", {})]
    matching = [_matching(form, pattern, rng) for pattern in patterns]
    pointers = [f"{part.pointer}/propertyNames" for part in form.parts if "propertyNames" in part.schema]
    if pointers:
        allowed = form.document.shape(*pointers)
        names = [*_names(allowed, rng, count, sample), *names]
        names, *matching = [list(filter(allowed.judge.accepts, each)) for each in (names, *matching)]
    known = set(form.known)
    names = [*excluded_names(form), *(name for each in matching for name in each[:4]), *names]
    found = [(name, form.property(name)) for name in dict.fromkeys(names) if name not in known]
    return [(name, shape) for name, shape in found if not math.isinf(shape.height)][:count]


def excluded_names(form: Form) -> list[str]:
    """Return the names that only a `not` speaks of: to have them may be what it takes."""
    found = [excluded for excluded in form.all("not") if isinstance(excluded, dict)]
    return [name for excluded in found for name in (*excluded.get("properties", ()), *excluded.get("required", ()))]


def _matching(form: Form, pattern: str, rng: Random) -> list[str]:
    """Return names in which a pattern is found, the plain ones first."""
    try:
        make = compile_pattern(pattern)
    except UnreadablePattern:
        return []
    least = make(rng, 0)
    found = dict.fromkeys((f"a{least}", least, f"{least}a", *(make(rng, rng.randint(1, 8)) for _ in range(12))))
    return [name for name in found if form.document.schemas.matches(pattern, name)]


def _names(shape: Shape, rng: Random, count: int, sample: Sample) -> list[str]:
    found = []
    for _ in range(count * 3):
        try:
            found.append(sample(shape, rng))
        except UnusableSchema:
            break
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))[:count]
