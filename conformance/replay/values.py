"""The values in a trace that differ from run to run: `${ID#/pointer}`, `${run}`, and `${$}` for a plain dollar sign.

Pure functions and the table of what a replay has learnt so far. Knows nothing of sending.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at

RUN = "${run}"
RUN_MARKER_DIGITS = 10

REFERENCE = re.compile(r"\$\{(?:(?P<run>run)|(?P<dollar>\$)|(?P<id>[A-Za-z0-9_.-]+)#(?P<pointer>(?:/[^}]*)?))\}")
"""One `${...}`. A pointer has no closing brace in it; `symbolize` makes no reference that would need one."""


def new_run_marker() -> str:
    """Return digits that no other run has: the same in upper and lower case, so that a name can be tried in both."""
    return "".join(secrets.choice("0123456789") for _ in range(RUN_MARKER_DIGITS))


class MissingValue(Exception):
    """A step needs a value that no answer and no frame has given; the text says which."""


class Values:
    """What a replay knows: its own `${run}`, and the bodies and frames of the steps so far, by id."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._known: dict[str, Any] = {}

    def learn(self, identity: str, value: Any) -> None:
        """Keep an answer's body, or a frame, under the id of its step."""
        self._known[identity] = value

    def fill(self, value: Any) -> Any:
        """Return a copy of `value` with every `${...}` in its place; one that is a whole string keeps its JSON type.

        Raises:
            MissingValue: Something that it refers to has not come.
        """
        if isinstance(value, str):
            whole = REFERENCE.fullmatch(value)
            return self._value(whole) if whole else self._text(value, str)
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        return [self.fill(item) for item in value] if isinstance(value, list) else value

    def fill_path(self, path: str) -> str:
        """Return a path with every `${...}` in its place, quoted.

        Raises:
            MissingValue: Something that it refers to has not come.
        """
        return self._text(path, lambda value: quote(str(value), safe=""))

    def _text(self, text: str, shown: Callable[[Any], str]) -> str:
        return REFERENCE.sub(lambda found: "$" if found["dollar"] else shown(self._value(found)), text)

    def _value(self, found: re.Match[str]) -> Any:
        if found["run"]:
            return self.run
        if found["dollar"]:
            return "$"
        value = value_at(self._known.get(found["id"], ABSENT), found["pointer"])
        if value is ABSENT:
            raise MissingValue(f"nothing came as {found['id']}#{found['pointer']}")
        return value


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (id, pointer) of every reference in a value; `${run}` is none."""
    for text in strings(value):
        yield from ((found["id"], found["pointer"]) for found in REFERENCE.finditer(text) if found["id"])


def strings(value: Any) -> Iterator[str]:
    """Yield every string that stands as a value in `value`; names of members are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def escaped_text(text: str) -> str:
    """Return a text such that `fill` gives it back: what looks like a reference in it is none."""
    return text.replace("${", "${$}{")
