"""Where the values of a wire log come from: what the server said first, and where, and what we had said before.

Built once for a log; `symbolize` asks it. The rules of what may become a reference stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.load import escaped
from conformance.contract.socket import TAGS
from conformance.replay.values import strings

SENT = ("http", "connect", "send", "raw", "close", "drop", "wait")
NOT_IN_TRACES = ("at", "group", "answer")
ALIASES = {"cursor": ("seqId", "nextCursor"), "after": ("seqId", "nextCursor")}
"""Query parameters of GoChat that take what a body calls otherwise; harmless where a contract has no such names."""
COUNTERS = re.compile(r"(?:.*[a-z_])?(?:[Ii]d|[Ss]eq|[Cc]ursor|[Oo]ffset|[Vv]ersion)|after")
"""Names under which an integer says which one, and not how many or what kind."""

REFERABLE_CHARS = 8
SURELY_REFERABLE_CHARS = 20
WORD = re.compile(r"[A-Za-z0-9_.%~-]{8,}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was first seen: the entry, and the place in its body or frame."""

    index: int
    pointer: str


class Sources:
    """The values in the entries of a log, by where they were first seen."""

    def __init__(self, entries: Sequence[dict[str, Any]]) -> None:
        self._entries = entries
        self._answers: dict[str, Source] = {}
        self._frames: dict[str, Source] = {}
        self._integers: dict[tuple[str, int], list[Source]] = {}
        self._ours: dict[str, int] = {}
        self._context: dict[int, frozenset[str]] = {}
        self._last_send: dict[str, frozenset[str]] = {}
        for index, entry in enumerate(entries):
            self._read(index, entry)

    def is_ours(self, text: str, index: int) -> bool:
        """Say whether we had sent a text before the entry `index`, whoever said it first."""
        return self._ours.get(text, index) < index

    def of_text(self, text: str, index: int) -> Source | None:
        """Return where the server gave out a text before the entry `index`, and before we ever sent it."""
        for sources in (self._answers, self._frames):
            source = sources.get(text)
            if source is not None and source.index < index and self._ours.get(text, index) > source.index:
                return source
        return None

    def of_integer(self, name: str, value: int, index: int, context: frozenset[str]) -> list[Source]:
        """Return where an integer under a name came from before the entry `index`, the first place first.

        Args:
            context: The ids that stand beside it; one that counts otherwise next time must stand beside the source.
        """
        names = (name, *ALIASES.get(name, ())) if COUNTERS.fullmatch(name) else ()
        return [
            source
            for each in names
            for source in self._integers.get((each, value), ())
            if source.index < index
            and any(self._differs_next_time(text, index) for text in context & self._context[source.index])
        ]

    def _read(self, index: int, entry: dict[str, Any]) -> None:
        if entry["step"] in SENT:
            for text in strings({name: entry[name] for name in entry if name not in (*NOT_IN_TRACES, "step", "who")}):
                for word in {text, *WORD.findall(text)}:
                    self._ours.setdefault(word, index)
        if entry["step"] == "send":
            ids = referable(entry.get("json"))
            self._last_send.update((text, ids) for text in free_texts(entry.get("json")))
        said = said_in(entry)
        if said is None:
            return
        sources = self._answers if entry["step"] == "http" else self._frames
        for pointer, name, value in leaves(said):
            if "}" in pointer:
                continue
            if isinstance(value, str):
                if is_referable(value):
                    sources.setdefault(value, Source(index, pointer))
            elif isinstance(value, int) and not isinstance(value, bool):
                self._integers.setdefault((name, value), []).append(Source(index, pointer))
        self._context[index] = referable(said) | referable(entry.get("path", "")) | self._asked_with(said)

    def _asked_with(self, said: Any) -> frozenset[str]:
        """Return the ids in the last frames of ours of which this repeats a text: an ack does not say where it was."""
        return frozenset[str]().union(*(self._last_send.get(text, frozenset()) for text in free_texts(said)))

    def _differs_next_time(self, text: str, index: int) -> bool:
        """Say whether what has this id may count otherwise in a replay: it is older than the log, or had a race."""
        if any("group" in entry for entry in self._entries[:index]):
            return True
        source = self.of_text(text, index)
        if source is None:
            return False  # of our own making, hence new
        entry = self._entries[source.index]
        return bool(entry["step"] != "http" or entry["method"] == "GET")


def said_in(entry: dict[str, Any]) -> Any:
    """Return what the server said in an entry, parsed; None when it said nothing that is JSON."""
    if entry["step"] == "http":
        return entry.get("answer", {}).get("body")
    return entry.get("frame") if entry["step"] == "frame" else None


def leaves(value: Any, pointer: str = "", name: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield (pointer, name of the member, value) of everything in `value` that is no object and no list."""
    if isinstance(value, dict):
        for each, item in value.items():
            yield from leaves(item, f"{pointer}/{escaped(each)}", each)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{number}", name)
    else:
        yield pointer, name, value


def free_texts(value: Any) -> list[str]:
    """Return every string in a value but the constants that tell frames apart."""
    return [text for _, name, text in leaves(value) if isinstance(text, str) and name not in TAGS]


def is_referable(text: str) -> bool:
    return (
        len(text) >= REFERABLE_CHARS
        and not any(each.isspace() for each in text)
        and (len(text) >= SURELY_REFERABLE_CHARS or any(each.isdecimal() for each in text))
    )


def referable(value: Any) -> frozenset[str]:
    """Return the texts and words in a value that may be ids."""
    found: set[str] = set()
    for text in strings(value):
        found.update(word for word in (text, *WORD.findall(text)) if is_referable(word))
    return frozenset(found)
