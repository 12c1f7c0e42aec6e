"""Makes the steps of a trace simpler: shorter texts, nothing optional; each change a small function.

A frame that was valid by the contract stays valid, and one that was not stays wrong in the same places, so that the
expected answer is the same. Texts are replaced wherever they stand, two that differ by two that differ. Of requests
only headers, parameters and list items go; a server that refuses what is left ends the attempt.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.socket import CLIENT, TAGS, SocketContract
from conformance.replay.causes import Item
from conformance.replay.values import references, strings
from conformance.trace import Step

Change = Callable[[list[Item], Step], tuple[list[Item], Step]]


def changes(items: Sequence[Item], check: Step, contract: SocketContract) -> Iterator[Change]:
    """Yield what makes the steps simpler; each can be done by itself, or one after the other in this order."""
    for item in items:
        for path in _optional(item.step):
            step = _without(item.step, path)
            if item.step["step"] == "http" or _verdict(contract, step) == _verdict(contract, item.step):
                yield _dropping(item.number, path)
    sends = [item.step for item in items if item.step["step"] == "send" and "json" in item.step]
    taken = set(strings([*(item.step for item in items), check]))
    names = (letter for letter in string.ascii_lowercase if letter not in taken)
    for text in dict.fromkeys(text for step in sends for text in _free_texts(step["json"])):
        name = next(names, None)
        if name is None:
            return
        if all(_verdict(contract, _replaced(step, text, name)) == _verdict(contract, step) for step in sends):
            yield _replacing(text, name)


def _optional(step: Step) -> Iterator[tuple[str, ...]]:
    """Yield the paths of what may be left out: members of frames; headers, parameters and list items of requests."""
    if step["step"] == "send":
        yield from _members(step.get("json"), ("json",))
    elif step["step"] == "http":
        for part in ("headers", "query"):
            yield from ((part, name) for name in step.get(part) or ())
        yield from _list_items(step.get("json"), ("json",))


def _verdict(contract: SocketContract, step: Step) -> object:
    message, problems = contract.judge(step["json"], CLIENT)
    return message and message.name, frozenset((problem.pointer, problem.keyword) for problem in problems)


def _dropping(number: int, path: tuple[str, ...]) -> Change:
    def change(items: list[Item], check: Step) -> tuple[list[Item], Step]:
        return [
            replace(item, step=_without(item.step, path)) if item.number == number else item for item in items
        ], check

    return change


def _replacing(old: str, new: str) -> Change:
    def change(items: list[Item], check: Step) -> tuple[list[Item], Step]:
        return [replace(item, step=_replaced(item.step, old, new)) for item in items], _replaced(check, old, new)

    return change


def _members(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all members of objects in objects, the outer ones first."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from _members(item, (*path, name))


def _list_items(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all items of lists, the last ones first, so that leaving one out moves none to come."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _list_items(item, (*path, name))
    elif isinstance(value, list):
        for number in reversed(range(len(value))):
            yield from _list_items(value[number], (*path, str(number)))
            yield (*path, str(number))


def _without(value: Any, path: tuple[str, ...]) -> Any:
    """Return a copy without what stands at a path; the value itself when it is gone already."""
    name, rest = path[0], path[1:]
    if isinstance(value, list) and int(name) < len(value):
        number = int(name)
        return [*value[:number], *([_without(value[number], rest)] if rest else []), *value[number + 1 :]]
    if not isinstance(value, dict) or name not in value:
        return value
    if rest:
        return {**value, name: _without(value[name], rest)}
    return {each: item for each, item in value.items() if each != name}


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(item, old, new) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    return new if value == old and isinstance(value, str) else value


def _free_texts(value: Any) -> Iterator[str]:
    """Yield the texts in a frame that we chose: no constants that tell frames apart, nothing that a server gave out."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in TAGS or not isinstance(item, str):
                yield from _free_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _free_texts(item)
    elif isinstance(value, str) and len(value) > 1 and not any(references(value)):
        yield value
