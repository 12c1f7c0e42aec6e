"""Turns what the comparisons find into changes: looks the verdict up, writes the sentence, names the place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.diff.change import Change, Direction, Side
from conformance.diff.document_rules import DOCUMENT_RULES
from conformance.diff.node import Node
from conformance.diff.schema_rules import SCHEMA_RULES
from conformance.diff.schemas import Difference, Place, compare_schemas
from conformance.diff.shape import Schemas, dialect_of


@dataclass(frozen=True)
class Spot:
    """Where in the protocol something is used: an operation or a frame, a part of it, and who sends that part."""

    subject: str
    direction: Direction
    place: str = ""
    noun: str = "it"  # what a sentence calls the whole
    failure: bool = False  # it tells of an error, so that a new code in it meets clients that expect errors


@dataclass
class Collector:
    """The changes of one document, in the order in which they were found."""

    kind: str
    old: Node
    new: Node
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._compared: dict[Any, list[Difference]] = {}
        self._dialects = dialect_of(self.old), dialect_of(self.new)
        listed = self.new.get("x-error-catalogue")
        self._codes = {entry.plain("code") for entry in listed.elements()} if listed is not None else set()

    def add(self, rule: str, spot: Spot, old: Node | None, new: Node | None, /, **facts: Any) -> None:
        """Note a change of the document itself; `old` and `new` are what changed, None where it is not."""
        known = DOCUMENT_RULES[rule]
        self._append(known.severity, rule, known.text.format(**facts), spot, old, new or (None if old else self.new))

    def compare(self, old: Schemas, new: Schemas, spot: Spot) -> None:
        """Compare two schemas and note what differs, with the verdict of the spot's direction."""
        pair = tuple(node.place for node in old), tuple(node.place for node in new)
        if pair not in self._compared:  # a shared answer is used by every operation
            self._compared[pair] = compare_schemas(old, new, *self._dialects)
        for difference in self._compared[pair]:
            rule = SCHEMA_RULES[self._rule(difference, spot)]
            where = f"{spot.place} /{'/'.join(difference.place)}" if difference.place else spot.place
            here = Spot(spot.subject, spot.direction, where)
            text = rule.text(spot.direction).format(name=_name(difference.place, spot.noun), **difference.facts)
            self._append(rule.severity(spot.direction), rule.id, text, here, difference.old, difference.new)

    def words(self, old: Node, new: Node, spot: Spot, keywords: tuple[str, ...]) -> None:
        """Note that one of the texts about something changed, and where the first of them stands."""
        for keyword in keywords:
            if old.plain(keyword) != new.plain(keyword):
                self.add("words-changed", spot, old.get(keyword), new.get(keyword))
                return

    def extensions(self, old: Node, new: Node, spot: Spot, known: tuple[str, ...] = ()) -> None:
        """Note that an extension changed of which nothing is known."""
        for keyword in sorted({*old.value, *new.value}):
            if keyword.startswith("x-") and keyword not in known and old.plain(keyword) != new.plain(keyword):
                self.add("extension-changed", spot, old.get(keyword), new.get(keyword), what=keyword)

    def _rule(self, difference: Difference, spot: Spot) -> str:
        if difference.rule == "enum-value-added" and spot.direction is Direction.TO_CLIENT:
            added = difference.facts["listed"]
            if spot.failure or all(isinstance(value, str) and value in self._codes for value in added):
                return "error-code-added"
        return difference.rule

    def _append(self, severity: Any, rule: str, text: str, spot: Spot, old: Node | None, new: Node | None) -> None:
        stands, side = (new, Side.NEW) if new is not None else (old or self.old, Side.OLD)
        self.changes.append(
            Change(
                severity=severity,
                document=self.kind,
                file=stands.file,
                pointer=stands.pointer,
                side=side,
                direction=spot.direction,
                subject=spot.subject,
                place=spot.place,
                rule=rule,
                text=text[:1].upper() + text[1:] + ".",
            )
        )


def _name(place: Place, noun: str) -> str:
    """Return how a sentence calls the value at `place`."""
    if not place:
        return noun
    last = place[-1]
    if last == "*":
        return f"an element of {_name(place[:-1], noun)}"
    return f"element {last} of {_name(place[:-1], noun)}" if last.isdecimal() else f"`{last}`"
