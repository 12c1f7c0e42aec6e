"""Everything that can be sent on a channel, made from its document: valid frames, broken ones, what is no frame at all.

Broken frames come in turn, so that each keyword of each frame is tried as often as any other. Values that the server
takes for real (ids, mostly) are put in by property name: given ones, and those learnt from frames that came.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.socket import CLIENT, SERVER, Message, Operation, SocketContract, value_at
from conformance.generate.broken import Break, breaks
from conformance.generate.keywords import KeywordPlace, reach
from conformance.generate.schemas import UnusableSchema
from conformance.generate.structural import Fault, structural_faults
from conformance.generate.valid import compile_sampler
from conformance.generic.shot import INVALID, STRUCTURAL, VALID, Blame, Expected, Shot
from conformance.generic.stock import Stock, declared_limit, leaves

TRIES = 8

COMBINATORS = ("oneOf", "anyOf", "not", "if", "contains", "propertyNames", "dependencies", "falseSchema")
"""Keywords at which a validator may stop or go on inside: what is named there may be anything inside."""

UNKNOWN_LIMIT = 4096
"""Bytes of a frame that any server takes, where the contract has no limit."""

NAMES_NOBODY_HAS = ("no-such-frame", "", "🙂", "x" * 300)


@dataclass(frozen=True, slots=True)
class _Breakable:
    """One way to break one frame."""

    message: Message
    operation: Operation
    how: Break

    @property
    def place(self) -> str:
        """What is broken; all unknown members of one object are one thing."""
        return self.how.reported_at if self.how.keyword == "additionalProperties" else self.how.pointer

    @property
    def key(self) -> str:
        """Of the shots."""
        return f"{self.message.name} {self.place or '/'} {self.how.keyword}"


class Repertoire:
    """The shots of one channel.

    Attributes:
        stock: Values that the server takes for real.
        unusable: Frames that nothing can be generated for, with the reason.
        muted: Keys of shots that are not to be made any more, as what is wrong with them has been found.
    """

    def __init__(
        self,
        expected: Expected,
        known: Mapping[str, list[Any]],
        wants: Callable[[Operation, Message], bool] = lambda _operation, _message: True,
    ) -> None:
        self.contract: SocketContract = expected.contract
        self.unusable: dict[str, str] = {}
        self.muted: set[str] = set()
        self._expected = expected
        self._samplers: dict[str, Callable[[Random], Any]] = {}
        self._reach: dict[str, Callable[[Any], set[KeywordPlace]]] = {}
        self._breakables: list[_Breakable] = []
        self._structural: list[Fault] = structural_faults()
        self._turn = itertools.count()
        self._structural_turn = itertools.count()
        self._ids = itertools.count(1, 7)  # apart, so that an id that is off by one is nobody's
        declared = declared_limit(self.contract)
        self._limit = UNKNOWN_LIMIT if declared is None else declared or sys.maxsize
        self.frames: list[tuple[Operation, Message]] = []
        names: set[str] = set()
        for operation in self.contract.operations.values():
            if operation.sender != CLIENT:
                continue
            for message in operation.messages:
                if wants(operation, message):
                    self._prepare(operation, message, names)
        self.stock = Stock(known, names)

    def _prepare(self, operation: Operation, message: Message, names: set[str]) -> None:
        others = [other.payload for other in self.contract.sent_by(CLIENT).values() if other is not message]
        root = self.contract.document
        try:
            sampler = compile_sampler(message.payload, root)
            found = breaks(message.payload, root, others)
        except UnusableSchema as error:
            self.unusable[message.name] = str(error)
            return
        self._samplers[message.name] = sampler
        self._reach[message.name] = reach(message.payload, root)
        self.frames.append((operation, message))
        self._breakables += [_Breakable(message, operation, each) for each in found]
        rng = Random(0)
        for _ in range(50):
            names.update(name for _, name, _ in leaves(sampler(rng)))

    def reached(self, shot: Shot) -> set[KeywordPlace]:
        """Return the keywords that had a say in a valid frame: where they stand in the document, and their names."""
        return self._reach[shot.name](shot.frame) if shot.name in self._reach else set()

    # What may be sent.

    @property
    def breakable(self) -> set[tuple[str, str, str]]:
        """Frame, place in the document and name of each keyword that can be broken."""
        return {(each.message.name, each.how.schema_pointer, each.how.keyword) for each in self._breakables}

    def answered(self) -> list[tuple[Operation, Message]]:
        """Return the frames whose valid ones always have a reply."""
        return [each for each in self._live() if self._expected.must_answer(each[0])]

    def unanswered(self) -> list[tuple[Operation, Message]]:
        """Return the others: those that are answered by failures only, or never."""
        return [each for each in self._live() if not self._expected.must_answer(each[0])]

    def _live(self) -> list[tuple[Operation, Message]]:
        return [each for each in self.frames if f"{each[1].name} {VALID}" not in self.muted]

    def valid(self, operation: Operation, message: Message, rng: Random, *, plain: bool = False) -> Shot:
        """Return a valid frame.

        Args:
            plain: Spelled as usual; else sometimes with escapes and white space, which JSON allows.
        """
        frame = self._value(message, rng)
        text = json.dumps(frame, ensure_ascii=False)
        shot = Shot(VALID, f"{message.name} {VALID}", message.name, text, operation, frame, message)
        shot.correlation = _correlation(message, frame)
        if not plain and rng.random() < 0.15:
            spelled = json.dumps(frame, ensure_ascii=rng.random() < 0.7, indent=rng.choice((None, 1)))
            if self._fits(len(spelled.encode("utf-8", "surrogatepass"))):
                shot.text, shot.frame = spelled, ABSENT
        return shot

    def next_broken(self, rng: Random) -> Shot | None:
        """Return the next broken frame in turn; None when all are muted, or this one does not come out."""
        for _ in range(len(self._breakables)):
            each = self._breakables[next(self._turn) % len(self._breakables)]
            if each.key in self.muted:
                continue
            shot = self._broken(each, rng)
            if shot is not None:
                return shot
        return None

    def misnamed(self, rng: Random) -> Shot | None:
        """Return a frame by a name that is not declared, or that only the server uses; None without a tag."""
        tag = self.contract.tag
        if tag is None or not self.frames:
            return None
        declared = self.contract.sent_by(CLIENT)
        names = [*NAMES_NOBODY_HAS, *(name for name in self.contract.sent_by(SERVER) if name not in declared)]
        operation, message = rng.choice(self.frames)
        frame = {**self._value(message, rng), tag[1:]: rng.choice(names)}
        text = json.dumps(frame, ensure_ascii=False)
        shot = Shot(INVALID, f"{message.name} {tag} of nobody", message.name, text, operation, frame, message)
        shot.correlation = _correlation(message, frame)
        shot.broken = (tag, "enum")
        shot.blame = frozenset((tag, rule) for rule in ("enum", "const"))
        return None if shot.key in self.muted or shot.frame[tag[1:]] in declared else shot

    def next_structural(self, rng: Random) -> Shot | None:
        """Return the next text that is no frame; None when there is nothing to make it of, or this one is muted."""
        frames = self.answered() or self.frames
        if not frames:
            return None
        fault = self._structural[next(self._structural_turn) % len(self._structural)]
        key = f"{STRUCTURAL} {fault.name}"
        if key in self.muted or fault.closes:
            return None
        operation, message = rng.choice(frames)
        value = self._value(message, rng)
        if not isinstance(value, dict):
            return None
        text = fault.make(rng, value)
        if isinstance(text, bytes) or not self._fits(len(text.encode("utf-8", "surrogatepass"))):
            return None
        shot = Shot(STRUCTURAL, key, "no frame", text, operation, is_open=fault.open)
        shot.correlation = _correlation(message, value)
        shot.broken = _structural_blame(text)
        shot.blame = frozenset((shot.broken,))
        if shot.is_open or shot.broken[1] != "json":
            shot.vague = ("",)  # an array may be judged as the wrong type, or item by item
        return shot

    # Values.

    def _value(self, message: Message, rng: Random) -> Any:
        for _ in range(TRIES):
            frame = self._samplers[message.name](rng)
            self.stock.put(message, frame, rng)
            self._put_correlation(message, frame)
            if self._fits(len(json.dumps(frame, ensure_ascii=False).encode())):
                return frame
        return frame

    def _put_correlation(self, message: Message, frame: Any) -> None:
        """Make the correlation id of a frame one that no other frame of the run has, if its schema lets us."""
        if message.correlation is None:
            return
        *path, last = message.correlation.split("/")[1:]
        holder = value_at(frame, "".join(f"/{part}" for part in path))
        if not isinstance(holder, dict) or last not in holder:
            return
        made, number = holder[last], next(self._ids)
        holder[last] = number if isinstance(made, int) else f"{made[:24]}-{number}" if isinstance(made, str) else made
        if not message.schema.accepts(frame):
            holder[last] = f"c-{number}" if isinstance(made, str) else made
            if not message.schema.accepts(frame):
                holder[last] = made

    def _broken(self, each: _Breakable, rng: Random) -> Shot | None:
        message, how = each.message, each.how
        try:
            frame = how.apply(self._value(message, rng), rng)
        except UnusableSchema:
            return None
        text = json.dumps(frame, ensure_ascii=False)
        shot = Shot(INVALID, each.key, message.name, text, each.operation, frame, message)
        if not self._fits(len(shot.text.encode("utf-8", "surrogatepass"))):
            return None
        shot.correlation = _correlation(message, frame)
        shot.broken = (how.pointer, how.keyword)
        shot.place = (how.schema_pointer, how.keyword)
        shot.is_open = how.open
        shot.blame, shot.vague = self._blame(message, frame, how)
        return shot

    def _blame(self, message: Message, frame: Any, how: Break) -> tuple[frozenset[Blame], tuple[str, ...]]:
        blame: set[Blame] = {(how.pointer, how.keyword), *((how.reported_at, keyword) for keyword in how.also)}
        vague = [] if how.enclosing is None else [how.enclosing[0]]
        for problem in message.schema.problems(frame):
            blame.add((problem.pointer, problem.keyword))
            if problem.keyword in COMBINATORS:
                vague.append(problem.pointer)
        for pointer, keyword in list(blame):
            if keyword in ("const", "enum", "type") and pointer == self.contract.tag:
                blame |= {(pointer, "enum"), (pointer, "const")}
            if keyword == "const":
                blame.add((pointer, "enum"))
            if keyword in ("pattern", "format") and _has_no_unicode(value_at(frame, pointer)):
                blame.add((pointer, "unicode"))
        return frozenset(blame), tuple(vague)

    def _fits(self, size: int) -> bool:
        return size <= self._limit


def _correlation(message: Message, frame: Any) -> Any:
    value = value_at(frame, message.correlation) if message.correlation is not None else ABSENT
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else ABSENT


def _has_no_unicode(value: Any) -> bool:
    """Say whether a text has what is no text in many languages: U+0000, or half a character."""
    return isinstance(value, str) and any(each == "\0" or "\ud800" <= each <= "\udfff" for each in value)


def _structural_blame(text: str) -> Blame:
    """Return what is wrong with a text that is no frame: `json`, or the type of the whole."""

    def refuse(_constant: str) -> Any:
        raise ValueError

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return ("", "json")
    except RecursionError:
        pass
    return ("", "type")
