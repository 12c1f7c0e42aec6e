"""Makes a trace of a wire log: what a server gave out becomes a reference, what has to be waited for becomes a step.

Which values become references `${ID#/pointer}`:

    strings   which a server gave out before we ever sent them, with 8 characters or more, no space, and a digit or 20
              characters; as a whole string, or as a word in a path, a header, a text. The answer that had it first is
              the source; a frame only where no answer had it in time, because a frame must be waited for.
    integers  that count or identify by their name (`seqId`, `cursor`), where source and use speak of the same thing (a
              string of the kind above stands in both) and that thing counts otherwise in a replay: it is older than
              the log, as a world chat is, or something ran at the same time. The first under such a name is the source;
              in a check it must be the only one. All others stay as they are: a new conversation counts from 1 again.
              A check that means a certain one says so by `Seen`.

The run's marker in any string becomes `${run}`. A received frame becomes an `expect` where a value comes from it, or
where a later step of ours may have waited for it: it repeats a text of ours, or names nobody that this log does not
know; and as often as we said what it repeats, or once after a step of ours. What a `frame` check with a maximum counts
is left to the check. Entries of one group become `together`; what came meanwhile is expected after it. All else stays:
to leave out what does not matter is for `shrink`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from conformance.contract.socket import TAGS, value_at
from conformance.replay.judging import covers
from conformance.replay.sources import (
    NOT_IN_TRACES,
    SENT,
    WORD,
    Source,
    Sources,
    free_texts,
    is_referable,
    leaves,
    referable,
    said_in,
)
from conformance.replay.values import RUN, escaped_text, strings
from conformance.trace import Step, Trace


@dataclass(frozen=True, slots=True)
class Seen:
    """Stands in a check for a value that came in the log, where the same value may have come in several places.

    Attributes:
        source: The id of a request, or the name of a socket.
        pointer: Into the answer's body, or the frame.
        frame: Which frame of the socket, counted from 0, as `Received.index`.
    """

    source: str
    pointer: str
    frame: int = 0


CHECK_WORDS = {"check", "step", "socket", "pointer", "header", "within_s", "min", "max", "status", "codes", "type"}
"""Members of a check that hold no values of the log."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
"""A constant of the protocol: a frame's type, a code, a status."""


def make_trace(
    log_entries: Sequence[dict[str, Any]],
    check: Step,
    rule: str,
    title: str,
    *,
    run_marker: str = "",
    socket_path: str = "/ws",
) -> Trace:
    """Return a trace which shows on a fresh server what the log shows.

    Args:
        log_entries: Of one `WireLog`, or of several in the order of their times, with ids that differ.
        check: With the values of the log; its `step` and `socket` are the log's.
        run_marker: What user names and the like have in them to be new in this run. Best digits only
            (`values.new_run_marker`), so that it is found in upper case too.
        socket_path: The channel's address, for connects that do not say theirs.
    """
    return _Symbolizer(list(log_entries), check, run_marker, socket_path).trace(rule, title)


class _Symbolizer:
    def __init__(self, entries: list[dict[str, Any]], check: Step, run_marker: str, socket_path: str) -> None:
        self._entries = entries
        self._check = check
        self._socket_path = socket_path
        self._marker = re.compile("|".join({re.escape(run_marker), re.escape(run_marker.upper())}))
        self._has_marker = bool(run_marker)
        self._sources = Sources(entries)
        self._used: set[int] = set()
        self._is_synced = self._find_synced()

    def trace(self, rule: str, title: str) -> Trace:
        """Return the trace."""
        end = len(self._entries)
        check = self._rendered(self._check, end, referable(self._check))
        if check["check"] == "response" and "status" not in check and ("pointer" in check or "header" in check):
            asked = next((each for each in self._entries if each.get("id") == check["step"]), {})
            if asked.get("answer", {}).get("status"):
                check["status"] = [asked["answer"]["status"]]
        # From the end, because a frame counts as used by what comes after it.
        made: dict[int, Step] = {}
        for index in range(end - 1, -1, -1):
            entry = self._entries[index]
            if entry["step"] in SENT:
                made[index] = self._own(index, entry)
            elif index in self._used or index in self._is_synced:
                made[index] = self._expect(index, entry)
                if index in self._used:
                    self._used.update(self._like(index, entry))
        return Trace(tuple(self._grouped(made)), check, rule, title)

    def _find_synced(self) -> set[int]:
        """Return the received entries that a later step of ours may have waited for."""
        last_own = max((index for index, entry in enumerate(self._entries) if entry["step"] in SENT), default=-1)
        counted = self._plain(self._check) if self._check["check"] == "frame" and "max" in self._check else None
        synced: set[int] = set()
        seen: Counter[str] = Counter()
        said: Counter[str] = Counter()
        ended_by_us: set[str] = set()
        for index, entry in enumerate(self._entries[: last_own + 1]):
            kind, socket = entry["step"], entry.get("socket", "")
            if kind in SENT:
                said.update(set(strings(entry.get("json"))))
                seen = Counter({look: times for look, times in seen.items() if not look.startswith("{")})
            if kind in ("close", "drop"):
                ended_by_us.add(socket)
            elif kind == "closed" and socket not in ended_by_us:
                synced.add(index)
            elif kind == "frame" and "frame" in entry:
                if counted and counted["socket"] == socket and covers(entry["frame"], counted["match"]):
                    continue
                if not self._is_explained(index, entry["frame"]):
                    continue
                # As often as we said what it repeats; or, where it repeats nothing, once after each step of ours.
                own = {text: said[text] for text in free_texts(entry["frame"]) if said[text]}
                tags = [value for _, name, value in leaves(entry["frame"]) if name in TAGS]
                look = f"{socket} {tags} {sorted(own)}"
                if not own:
                    look = f"{{}} {socket} {json.dumps(self._pattern(index, entry, is_final=False), sort_keys=True)}"
                seen[look] += 1
                if seen[look] <= min(own.values(), default=1):
                    synced.add(index)
        return synced

    def _is_explained(self, index: int, frame: Any) -> bool:
        """Say whether a frame is about what happened in this log, and not about others who use the server as well."""
        texts = free_texts(frame)
        if any(self._sources.is_ours(text, index) for text in texts):
            return True
        return all(self._sources.of_text(text, index) is not None for text in texts if is_referable(text))

    # The steps.

    def _own(self, index: int, entry: dict[str, Any]) -> Step:
        context = referable({name: entry[name] for name in ("path", "query", "json") if name in entry})
        step: Step = {}
        for name, value in entry.items():
            if name in NOT_IN_TRACES:
                continue
            if name in ("step", "id", "who", "socket", "base64", "method"):
                step[name] = value
            elif name == "path":
                step[name] = self._path(value, index)
            else:
                step[name] = self._rendered(value, index, context)
        if entry["step"] == "connect":
            step.setdefault("path", self._socket_path)
        if "answer" in entry:
            step["answered"] = entry["answer"]["status"]
        return step

    def _expect(self, index: int, entry: dict[str, Any]) -> Step:
        step: Step = {"step": "expect", "id": self._id(index), "socket": entry["socket"]}
        if entry.get("who"):
            step["who"] = entry["who"]
        if entry["step"] == "closed":
            return step | {"closed": True}
        return step | {"frame": self._pattern(index, entry, is_final=True)}

    def _like(self, index: int, entry: dict[str, Any]) -> Iterator[int]:
        """Yield the earlier frames that its expect would take instead, unless they are expected before."""
        pattern = self._pattern(index, entry, is_final=False)
        for earlier, other in enumerate(self._entries[:index]):
            is_frame = other["step"] == "frame" and other["socket"] == entry["socket"]
            if is_frame and covers(other.get("frame"), pattern):
                yield earlier

    def _pattern(self, index: int, entry: dict[str, Any], *, is_final: bool) -> Any:
        """Return what of a frame is known before it comes: its type, codes, our own texts, old ids."""

        def part(value: Any, name: str) -> Any:
            if isinstance(value, dict):
                parts = {each: part(item, each) for each, item in value.items()}
                return {each: item for each, item in parts.items() if item is not None and item != {}}
            if not isinstance(value, str):
                return None
            is_ours = self._sources.is_ours(value, index)
            is_old = self._sources.of_text(value, index) is not None
            if not (name in TAGS or is_ours or is_old or (NAME.fullmatch(value) and not is_referable(value))):
                return None
            return self._text(value, index) if is_final else value

        return part(entry.get("frame"), "") or {}

    def _grouped(self, made: dict[int, Step]) -> Iterator[Step]:
        done: set[int] = set()
        for index in sorted(made):
            if index in done:
                continue
            group = self._entries[index].get("group")
            if group is None or self._entries[index]["step"] not in SENT:
                yield made[index]
                continue
            members = [
                each
                for each in sorted(made)
                if self._entries[each].get("group") == group and self._entries[each]["step"] in SENT
            ]
            between = [each for each in sorted(made) if members[0] < each < members[-1] and each not in members]
            done.update(members, between)
            steps = [made[each] for each in members]
            yield steps[0] if len(steps) == 1 else {"step": "together", "steps": steps}
            yield from (made[each] for each in between)

    # The values.

    def _rendered(self, value: Any, index: int, context: frozenset[str], name: str = "") -> Any:
        if isinstance(value, Seen):
            return self._refer(Source(self._seen_at(value), value.pointer))
        if isinstance(value, str):
            return self._text(value, index)
        if isinstance(value, dict):
            pointed = str(value.get("pointer", "")).rpartition("/")[2]  # of a check: what its value is called
            return {
                each: item
                if each in CHECK_WORDS and value is self._check
                else self._rendered(item, index, context, pointed if each in ("equals", "not") else each)
                for each, item in value.items()
            }
        if isinstance(value, list):
            return [self._rendered(item, index, context, name) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            sources = self._sources.of_integer(name, value, index, context)
            is_of_check = index == len(self._entries)
            return self._refer(sources[0]) if len(sources) == 1 or (sources and not is_of_check) else value
        return value

    def _text(self, text: str, index: int) -> str:
        whole = self._reference(text, index)
        if whole:
            return whole
        parts: list[str] = []
        rest = 0
        for word in WORD.finditer(text):
            reference = self._reference(word.group(), index)
            if reference:
                parts += [self._own_text(text[rest : word.start()]), reference]
                rest = word.end()
        return "".join((*parts, self._own_text(text[rest:])))

    def _path(self, path: str, index: int) -> str:
        return "/".join(self._reference(unquote(part), index) or self._own_text(part) for part in path.split("/"))

    def _own_text(self, text: str) -> str:
        if not self._has_marker:
            return escaped_text(text)
        pieces = self._marker.split(text)
        return RUN.join(escaped_text(piece) for piece in pieces)

    def _reference(self, text: str, index: int) -> str:
        source = self._sources.of_text(text, index)
        return "" if source is None else self._refer(source)

    def _refer(self, source: Source) -> str:
        if self._entries[source.index]["step"] == "frame":
            self._used.add(source.index)
        return f"${{{self._id(source.index)}#{source.pointer}}}"

    def _seen_at(self, seen: Seen) -> int:
        """Return the entry that a check means; a KeyError is a mistake of the layer that made it."""
        frames = 0
        for index, entry in enumerate(self._entries):
            if entry.get("id") == seen.source:
                return index
            if entry["step"] == "frame" and entry["socket"] == seen.source:
                if frames == seen.frame:
                    return index
                frames += 1
        raise KeyError(seen)

    def _plain(self, value: Any) -> Any:
        """Return a value of the check with what it has `Seen` in place."""
        if isinstance(value, Seen):
            return value_at(said_in(self._entries[self._seen_at(value)]), value.pointer)
        if isinstance(value, dict):
            return {name: self._plain(item) for name, item in value.items()}
        return [self._plain(item) for item in value] if isinstance(value, list) else value

    def _id(self, index: int) -> str:
        return str(self._entries[index].get("id") or f"f{index}")
