"""Which steps of a trace hang on which, and which may be why a right server would do as the check expects.

A check's expectation was worked out for the whole trace. Leave out the step that removed a member, and a server that
still pushes to him does right: the check fails as before, and shows nothing. Without a model of what the server does
one can only be careful: a step that changes something stays when it speaks of the same things as the check.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.socket import TAGS
from conformance.replay.values import REFERENCE, references, strings
from conformance.trace import Step, Trace

READING_METHODS = ("GET", "HEAD", "OPTIONS")
SPOKEN_IN = ("path", "query", "json", "text", "frame")
"""Members that say what a step is about; a token says who does it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A step by itself. `number` is its place in the whole trace, `group` that of the `together` it is in, or None."""

    number: int
    step: Step
    group: int | None = None

    @property
    def changes(self) -> bool:
        """Whether it may change what the server keeps: all but reading and waiting for frames."""
        kind = self.step["step"]
        return kind != "expect" and not (kind == "http" and self.step["method"] in READING_METHODS)


def items_of(trace: Trace) -> list[Item]:
    """Return the steps of a trace one by one."""
    items: list[Item] = []
    for group, step in enumerate(trace.steps):
        if step["step"] == "together":
            items += [Item(number, inner, group) for number, inner in enumerate(step["steps"], len(items))]
        else:
            items.append(Item(len(items), step))
    return items


def trace_of(items: Sequence[Item], check: Step, like: Trace) -> Trace:
    """Return the trace of these steps; the inverse of `items_of`."""
    steps: list[Step] = []
    groups: list[int | None] = []
    for item in items:
        if item.group is not None and groups and groups[-1] == item.group:
            last = steps[-1]
            steps[-1] = {"step": "together", "steps": [*(last["steps"] if last["step"] == "together" else [last])]}
            steps[-1]["steps"].append(item.step)
        else:
            steps.append(item.step)
            groups.append(item.group)
    return Trace(tuple(steps), check, like.rule, like.title)


def without_orphans(items: Sequence[Item], check: Step, whole: Sequence[Item]) -> list[Item] | None:
    """Return the items that can be done: what they refer to, their connection, the cause of their frame is there.

    Args:
        whole: All items of the trace before anything was left out.

    Returns:
        None when the check itself can't be done any more.
    """
    kept = list(items)
    sent = {text for item in whole if item.step["step"] != "expect" for text in strings(item.step)}
    while True:
        ids = {item.step["id"] for item in kept if "id" in item.step}
        sockets = {item.step["socket"] for item in kept if item.step["step"] == "connect"}
        still_sent = {text for item in kept if item.step["step"] != "expect" for text in strings(item.step)}
        gone = sent - still_sent
        done = [
            item
            for item in kept
            if {identity for identity, _ in references(item.step)} <= ids
            and item.step.get("socket", "") in (sockets | {""})
            and not (item.step["step"] == "expect" and gone.intersection(strings(item.step.get("frame"))))
        ]
        if len(done) == len(kept):
            break
        kept = done
    needed = {identity for identity, _ in references(check)} | ({check["step"]} if "step" in check else set())
    return kept if needed <= ids and check.get("socket", "") in (sockets | {""}) else None


def causes(items: Sequence[Item], check: Step, sort: str) -> frozenset[int]:
    """Return the numbers of the steps that have to stay, for the expectation to be one for a right server.

    Args:
        sort: In what way the check does not hold, as in `Outcome.sort`.
    """
    asked = next((item for item in items if "step" in check and item.step.get("id") == check["step"]), None)
    actor = asked.step.get("who", "") if asked else _owner(items, check["socket"])
    subjects = _spoken(check) | (_spoken(asked.step) if asked else set())
    if check.get("always"):
        return _stimuli(items, check, subjects) if sort in ("too few", "open") else frozenset()
    # What somebody gets over HTTP does not hang on his own connections.
    own = [item for item in items if asked is None or item.step["step"] not in ("connect", "close", "drop")]
    return _related(items, own, actor, subjects)


def _stimuli(items: Sequence[Item], check: Step, subjects: set[str]) -> frozenset[int]:
    """Return what is answered by the frame, or the close, that should come and does not."""
    speaking = [item for item in items if item.step["step"] in ("send", "raw", "http")]
    found = {item.number for item in speaking if not subjects.isdisjoint(_spoken(item.step))} if subjects else set()
    return frozenset(found or {item.number for item in items if item.step.get("socket") == check.get("socket")})


def _related(items: Sequence[Item], own: Sequence[Item], actor: str, subjects: set[str]) -> frozenset[int]:
    """Return the changing steps that speak of the subjects, or of what such a step has made, and so on.

    Args:
        own: Where what the actor does without speaking of anything counts too: a logout, a new name.
    """
    has_subjects = bool(subjects)
    subjects = set(subjects)
    made: set[str] = set()
    found: set[int] = {item.number for item in items if item.step["step"] == "wait"}
    while True:
        people = _people(items, subjects)
        more = {
            item.number
            for item in items
            if item.changes
            and (
                not subjects.isdisjoint(_spoken(item.step))
                or any(identity in made for identity, _ in references(_about(item.step)))
                or item.step.get("who", "") in people
                or (
                    item in own
                    and item.step.get("who", "") == actor
                    and not any(references(_about(item.step)))
                    and (item.step["step"] != "send" or not has_subjects)
                )
            )
        }
        if more <= found:
            return frozenset(found)
        found |= more
        # What an account step gives, without a token, is an id of a person: who else is spoken of does not matter.
        made |= {
            item.step["id"] for item in items if item.number in found and "id" in item.step and "token" in item.step
        }


def _people(items: Sequence[Item], subjects: Collection[str]) -> set[str]:
    """Return those whose own id is a subject: it came at `/.../user/id` of an answer to them."""
    by_id = {item.step["id"]: item.step.get("who", "") for item in items if "id" in item.step}
    found = (subject.partition("#") for subject in subjects if "/user/" in subject)
    return {by_id[identity] for identity, _, _ in found if by_id.get(identity)}


def _owner(items: Sequence[Item], socket: str) -> str:
    return next((str(item.step.get("who", "")) for item in items if item.step.get("socket") == socket), "")


def _about(step: Step) -> dict[str, Any]:
    if step["step"] == "connect":
        return {}  # its query says who
    return {name: step[name] for name in SPOKEN_IN if name in step}


def _spoken(step: Step) -> set[str]:
    """Return what a step, or a check, speaks of: texts that are no constants, and references as `ID#/pointer`."""
    if "check" in step:
        about: dict[str, Any] = {name: step[name] for name in ("match", "equals", "not") if name in step}
    else:
        about = _about({name: value for name, value in step.items() if name != "path"})
    found = {text for text in _texts(about) if not REFERENCE.search(text) or "#" not in text}
    return found | {
        f"{identity}#{pointer}" for identity, pointer in references(step if "check" in step else _about(step))
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if not (name in TAGS and isinstance(item, str)):
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
