"""What may have happened when several things ran at the same time: every order in which the outcomes are right.

Mostly the outcomes tell the order. Where they do not (two edits that both succeed), all models that fit are kept until
an answer tells them apart. What one of them pushes and another does not may come, and need not. Pure: knows models, no
wire.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.chat.model import Due, Model
from conformance.chat.operation import Findings, Operation

MAX_ORDERS = 24
"""Orders that are tried of what ran at the same time: all of four operations."""

MAX_MODELS = 8
"""Models that are kept; races that leave more open are not made by the stories or the machine."""


@dataclass(slots=True)
class World:
    """A model after the outcomes in one order, and what is wrong with them in it."""

    model: Model
    found: Findings


def judge_orders(operations: Sequence[Operation], outcomes: Sequence[Any], models: Sequence[Model]) -> list[World]:
    """Judge the outcomes in every order by every model that may be the server's state.

    The models stay as they are, but for the only one when there is only one operation.

    Args:
        models: The first one has what is due; the others are other states behind the same frames.
    """
    first = models[0]
    if len(models) == len(operations) == 1:
        found = Findings()
        operations[0].judge(first, outcomes[0], found)
        return [World(first, found)]
    worlds = []
    for model in models:
        for order in itertools.islice(_orders(operations, outcomes), MAX_ORDERS):
            copied, found = model.copy(), Findings()
            if model is not first:
                ours = first.copy()
                copied.due, copied.closing, copied.links = ours.due, ours.closing, ours.links
                copied.presence = ours.presence
            for index in order:
                operations[index].judge(copied, outcomes[index], found)
            worlds.append(World(copied, found))
    return worlds


def settled(worlds: Sequence[World], best: int) -> tuple[Model, list[Model]]:
    """Return the model to go on with, and the others that may be right as well."""
    chosen = worlds[best].model
    due = {_key(each) for each in chosen.due}
    others: list[Model] = []
    for world in worlds:
        if world.model is chosen or world.found.items:
            continue
        for each in world.model.due:
            if _key(each) not in due:
                due.add(_key(each))
                chosen.due.append(replace(each, is_optional=True))
        if len(others) < MAX_MODELS and not any(_same(world.model, other) for other in (chosen, *others)):
            others.append(world.model)
    return chosen, others


def _key(due: Due) -> tuple[str, str]:
    return (due.socket, json.dumps(due.match, sort_keys=True))


def _same(one: Model, other: Model) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("conversations", "logins", "current", "friends", "requests", "people", "names", "sends")
    )


def _orders(operations: Sequence[Operation], outcomes: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    """Yield orders to try: by the seqIds that the server gave first, which mostly is the right one, then all others."""
    seqs = [getattr(outcome, "seq", None) or math.inf for outcome in outcomes]
    likely = tuple(sorted(range(len(operations)), key=lambda index: seqs[index]))
    yield likely
    if len(operations) <= 5:
        for order in itertools.permutations(range(len(operations))):
            if order != likely:
                yield order
