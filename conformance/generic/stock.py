"""Values that the server takes for real, by property name: given ones, and those learnt from frames that came.

Ids, mostly: no schema tells one that exists.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

from conformance.contract.socket import Message, SocketContract

LEARNT_MAX = 64
"""Values kept of each property name."""

TAKE_KNOWN, TAKE_LEARNT = 0.5, 0.15
"""How often a property gets a value that was given, or learnt, instead of a made one."""


class Stock:
    """The values of one channel.

    Args:
        known: Given values by property name.
        names: Properties that clients send; no others are learnt.
    """

    def __init__(self, known: Mapping[str, list[Any]], names: Iterable[str]) -> None:
        self._known = known
        self._names = frozenset(names)
        self._learnt: dict[str, deque[Any]] = {}

    def learn(self, value: Any) -> None:
        """Keep the values of a frame that came."""
        for _, name, leaf in leaves(value):
            if name in self._names:
                kept = self._learnt.setdefault(name, deque(maxlen=LEARNT_MAX))
                if leaf not in kept:
                    kept.append(leaf)

    def put(self, message: Message, frame: Any, rng: Random) -> None:
        """Put real values into a frame that is the caller's own copy, as long as it stays valid."""
        for holder, name, made in list(leaves(frame)):
            turn = rng.random()
            values: Any = ()
            if turn < TAKE_KNOWN:
                values = self._known.get(name) or ()
            elif turn < TAKE_KNOWN + TAKE_LEARNT:
                values = self._learnt.get(name) or ()
            if values:
                holder[name] = values[int(rng.random() * len(values))]
                if type(holder[name]) is not type(made) or not message.schema.accepts(frame):
                    holder[name] = made


def declared_limit(contract: SocketContract) -> int | None:
    """Return the most bytes that a frame may have, 0 for any number; None where the contract does not say."""
    limit = (contract.document.get("x-limits") or {}).get("maxFrameBytes")
    return limit if isinstance(limit, int) else None


def leaves(value: Any) -> Iterator[tuple[Any, str, Any]]:
    """Yield (holder, name, value) of each text and number that is a member of an object."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                yield from leaves(inner)
            elif isinstance(inner, str | int | float) and not isinstance(inner, bool):
                yield value, name, inner
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
