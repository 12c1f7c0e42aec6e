"""Makes the texts that a form allows, of any length asked for: code points count, as JSON Schema wants it.

Half come from a pool that is filled when compiled (each alphabet at each boundary length), half are made on the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from conformance.generate.alphabets import ALPHABETS, TEXTS
from conformance.generate.form import Form
from conformance.generate.formats import FORMATS
from conformance.generate.pattern import UnreadablePattern, compile_pattern

LONG = 64
"""Longer texts come from the pool only, and rarely: they cost more time than everything else in a frame."""

LONG_SHARE = 0.02
LENGTHS_WITHOUT_MAX = (100, 1000)
POOL_TRIES = 400

_ALPHABETS = tuple(ALPHABETS.values())


class Texts:
    """Makes the texts of one form. `make` gives any of them; `of_length` one of a length, valid apart from that."""

    def __init__(self, form: Form) -> None:
        self._accepts = form.judge.accepts
        self.shortest = int(form.most("minLength", 0))
        longest = form.least("maxLength")
        self.longest = None if longest is None else int(longest)
        self._format = next((FORMATS[name] for name in form.all("format") if name in FORMATS), None)
        self._patterns = form.all("pattern")
        self._matching = self._compile_patterns()
        pool = self._fill(Random(0), [text for each in form.all("examples") for text in each if isinstance(text, str)])
        self._short = [text for text in pool if len(text) <= LONG]
        self._long = [text for text in pool if len(text) > LONG]
        self._spread = 24 if self.longest is None else min(24, self.longest - self.shortest)

    @property
    def exists(self) -> bool:
        """Whether any text was found."""
        return bool(self._short or self._long)

    def make(self, rng: Random) -> str:
        """Return a text that is valid."""
        turn = rng.random()
        if not self._short or (turn < LONG_SHARE and self._long):
            return rng.choice(self._long)
        if turn < 0.5 or self.shortest > LONG or self._format is not None:
            return rng.choice(self._short)
        length = self.shortest + int(rng.random() ** 2 * (self._spread + 1))
        if not self._patterns:
            return "".join(rng.choices(rng.choice(_ALPHABETS), k=length))
        text = self.of_length(rng, length)
        return text if self._accepts(text) else rng.choice(self._short)

    def of_length(self, rng: Random, length: int) -> str:
        """Return a text of about this length, whatever the bounds; not sure to be valid otherwise."""
        if self._format is not None:
            text = self._format(rng)
            return text + "a" * (length - len(text)) if length > len(text) else text
        if self._matching:
            return rng.choice(self._matching)(rng, length)
        return "".join(rng.choices(rng.choice(_ALPHABETS), k=length))

    def _compile_patterns(self) -> list[Callable[[Random, int], str]]:
        found = []
        for source in self._patterns:
            try:
                found.append(compile_pattern(source))
            except UnreadablePattern:
                continue
        return found

    def _lengths(self) -> list[int]:
        least, most = self.shortest, self.longest
        wanted = [least, least + 1, least + 2, least + 7, 16, 64]
        wanted += LENGTHS_WITHOUT_MAX if most is None else (most - 1, most)
        return sorted({each for each in wanted if least <= each and (most is None or each <= most)})

    def _fill(self, rng: Random, examples: list[str]) -> list[str]:
        """Return different valid texts, in the same order every time."""
        found = dict.fromkeys(text for text in examples if self._accepts(text))
        lengths = self._lengths()
        if self._format is not None:
            made = [self._format(rng) for _ in range(POOL_TRIES)]
        elif self._patterns:
            # Each length several times: what looks around, or has little to choose from, is met by chance only.
            made = [self.of_length(rng, length) for length in lengths for _ in range(24 if length <= LONG else 4)]
            made += list(TEXTS)
            made += [_cut(alphabet, length) for alphabet in _ALPHABETS for length in lengths]
        else:
            made = [*TEXTS, *(_cut(alphabet, length) for alphabet in _ALPHABETS for length in lengths)]
        found |= dict.fromkeys(text for text in made if self._accepts(text))
        if not found and self._matching:
            tries = (self.of_length(rng, rng.choice(lengths or [self.shortest])) for _ in range(POOL_TRIES))
            found |= dict.fromkeys(text for text in tries if self._accepts(text))
        return [text for text in found if "\x00" not in text] or list(found)


def _cut(alphabet: str, length: int) -> str:
    return (alphabet * (length // len(alphabet) + 1))[:length]
