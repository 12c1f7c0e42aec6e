"""Makes numbers within bounds: those at the bounds, those where the types of other languages end, and any between.

Without a bound of the schema's own, integers stay within what every JSON reader keeps exactly, 2^53 - 1. Whole numbers
are always ints: whether `1.0` is an integer is left open.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from random import Random

from conformance.generate.form import Form

SAFE = 2**53 - 1
_FORMAT_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_EDGES = sorted(
    {sign * (2**bits + step) for bits in (0, 7, 8, 15, 16, 31, 32, 53) for step in (-1, 0, 1) for sign in (1, -1)}
)
_FRACTIONS = (0.5, -0.5, 1.5, 0.1, -0.25, 1e-9, 123456.789, 1e12 + 0.5)
FAR = 2**32

Number = int | float


def bounds(form: Form, *, whole: bool) -> tuple[Number, Number]:
    """Return the least and the greatest number that a form allows, both included where `whole`."""
    lows, highs = form.all("minimum"), form.all("maximum")
    above, below = form.all("exclusiveMinimum"), form.all("exclusiveMaximum")
    if whole:
        for name in form.all("format"):
            if name in _FORMAT_BOUNDS and not (form.all("minimum") and form.all("maximum")):
                lows, highs = [*lows, max(-SAFE, _FORMAT_BOUNDS[name][0])], [*highs, min(SAFE, _FORMAT_BOUNDS[name][1])]
        lows = [math.ceil(each) for each in lows] + [math.floor(each) + 1 for each in above]
        highs = [math.floor(each) for each in highs] + [math.ceil(each) - 1 for each in below]
    else:
        lows, highs = lows + above, highs + below
    low, high = max(lows, default=None), min(highs, default=None)
    if low is None:
        low = -SAFE if high is None or high >= -SAFE else high - FAR
    if high is None:
        high = SAFE if low <= SAFE else low + FAR
    return low, high


def compile_numbers(form: Form, *, whole: bool) -> Callable[[Random], Number] | None:
    """Return a maker of the numbers that a form allows, None where there are none.

    Args:
        whole: Integers only.
    """
    low, high = bounds(form, whole=whole)
    steps = form.all("multipleOf")
    accepts = form.judge.accepts
    if steps:
        return _compile_multiples(form, low, high, whole=whole)
    ends = [low, low + 1, high, high - 1]
    pool: list[Number] = [*ends, *(edge for edge in _EDGES if low <= edge <= high)]
    if not whole:
        pool += [*(each for each in _FRACTIONS if low <= each <= high), (low + high) / 2, low + 0.5, high - 0.5]
    pool = list(dict.fromkeys(value for value in map(_plain, pool) if accepts(value)))
    if not pool:
        return None
    base = math.ceil(low)
    span = math.floor(high) - base

    def make(rng: Random) -> Number:
        turn = rng.random()
        if turn < 0.4 or span < 1:
            return rng.choice(pool)
        if turn < 0.6:
            return rng.randint(base, base + span)
        near = base + int(rng.random() * min(span, 1000))
        value = near if whole else _plain(near + round(rng.random(), 3))
        return value if accepts(value) else rng.choice(pool)

    return make


def _compile_multiples(form: Form, low: Number, high: Number, *, whole: bool) -> Callable[[Random], Number] | None:
    step = Decimal(str(form.all("multipleOf")[0]))
    for other in form.all("multipleOf")[1:]:
        step = step * Decimal(str(other)) / _common(step, Decimal(str(other)))
    if whole and step % 1:
        step = step * (1 / _common(step, Decimal(1)))
    first, last = math.ceil(Decimal(str(low)) / step), math.floor(Decimal(str(high)) / step)

    def value(count: int) -> Number:
        product = count * step
        return int(product) if product == int(product) else float(product)

    middle = max(first, min(last, 0))
    counts = [first, first + 1, last, last - 1, middle, middle + 1, middle - 1, middle + 7]
    pool = [value(count) for count in dict.fromkeys(counts) if first <= count <= last]
    pool = [each for each in pool if form.judge.accepts(each)]
    if not pool:
        return None

    def make(rng: Random) -> Number:
        made = value(rng.randint(max(first, middle - 1000), min(last, middle + 1000)))
        return made if rng.random() < 0.6 and form.judge.accepts(made) else rng.choice(pool)

    return make


def _common(first: Decimal, second: Decimal) -> Decimal:
    """Return the greatest common divisor."""
    while second:
        first, second = second, first % second
    return first


def _plain(value: Number) -> Number:
    """Return a whole number as an int."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
