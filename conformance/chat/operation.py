"""What an operation of the chat profile is: an act on the wire, and a judgement by the model.

The two are apart so that operations can run at the same time: first all act, then the model looks for an order in
which the outcomes are right. See `conformance.chat.room`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

from conformance.chat.model import Model
from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.wire.http import Answer

if TYPE_CHECKING:
    from conformance.chat.room import Room

Json = dict[str, Any]

FIXED = ("world", "nowhere", "nothing")
"""Labels that mean the same everywhere: the world chat, a conversation and a request that are not there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that an outcome breaks, before it is a violation; `check` is a trace's, with the values of this run."""

    rule: str
    subject: str
    pointer: str
    expected: str
    got: str
    check: Json
    detail: str = ""


@dataclass(slots=True)
class Findings:
    """Collects what an operation's judgement finds, with shorthands for what is asked again and again."""

    items: list[Finding] = field(default_factory=list)

    def add(
        self, rule: str, subject: str, pointer: str, expected: str, got: object, check: Json, detail: str = ""
    ) -> None:
        """Note a broken rule."""
        self.items.append(Finding(rule, subject, pointer, expected, _short(got), check, detail))

    def status(
        self, answer: Answer, status: int, code: str = "", *, rule: str = "answer-status", why: str = ""
    ) -> bool:
        """Ask for a status, and for an error's code; say whether the answer has both."""
        if answer.status == status and (not code or answer.code == code):
            return True
        wanted = f"{status} {code}".strip() + (f" ({why})" if why else "")
        got = f"{answer.status} {answer.code}".strip() if answer.status else f"no answer: {answer.failure}"
        if answer.status == status:
            check: Json = {"check": "response", "step": answer.id, "pointer": "/code", "equals": code}
        else:
            check = {"check": "response", "step": answer.id, "status": [status]}
        self.add(rule, _subject(answer), _pointer(answer), wanted, got, check, f"{status} {code} not {answer.status}")
        return False

    def value(self, answer: Answer, pointer: str, wanted: Any, *, rule: str = "answer-value", what: str = "") -> bool:
        """Ask for a value in the answer's body (`ABSENT`: for none there), objects as subsets; say whether it is so."""
        got = value_at(answer.body, pointer) if answer.body is not ABSENT else ABSENT
        if wanted is ABSENT:
            is_right = got is ABSENT
            check: Json = {"absent": True}
        else:
            is_right, check = is_within(wanted, got), {"equals": wanted}
            if not is_right and isinstance(wanted, dict) and isinstance(got, dict):
                return self._first_difference(answer, pointer, wanted, got, rule, what)
        if not is_right:
            expected = f"{what or pointer}: {_short(wanted)}"
            full = {"check": "response", "step": answer.id, "pointer": pointer, **check}
            self.add(rule, _subject(answer), _pointer(answer), expected, got, full, _stable(pointer))
        return is_right

    def that(
        self, holds: bool, rule: str, answer: Answer, pointer: str, expected: str, got: object, **check: Any
    ) -> bool:
        """Note a broken rule about a place in an answer unless `holds`; `check` has equals, not, present or absent."""
        if not holds:
            full = {"check": "response", "step": answer.id, "pointer": pointer, **(check or {"not": got})}
            self.add(rule, _subject(answer), _pointer(answer), expected, got, full, _stable(pointer))
        return holds

    def _first_difference(self, answer: Answer, pointer: str, wanted: Json, got: Json, rule: str, what: str) -> bool:
        for name, value in wanted.items():
            if not is_within(value, got.get(name, ABSENT)):
                return self.value(answer, f"{pointer}/{name}", value, rule=rule, what=f"{what} {name}".strip())
        return True


@dataclass(frozen=True)
class Operation:
    """One thing that a user does. Its fields are labels and plain values: it can be written down and done again."""

    is_slow: ClassVar[bool] = False

    def applies(self, model: Model) -> bool:
        """Say whether it can be done at all: the users and things that it names exist."""
        return True

    async def act(self, room: Room) -> Any:
        """Do it on the wire and return what came."""
        raise NotImplementedError

    def judge(self, model: Model, outcome: Any, found: Findings) -> None:
        """Hold the outcome to the model, and take it over into the model."""
        raise NotImplementedError

    def users(self) -> tuple[str, ...]:
        """Return the labels of the users who take part."""
        return tuple(value for name, value in vars(self).items() if name in ("user", "whom") and isinstance(value, str))

    def renamed(self, prefix: str) -> Operation:
        """Return the same with other labels, so that it can be done again beside what has these labels already."""
        members = vars(self)
        new = {
            name: f"{prefix}{members[name]}"
            for name in ("to", "label")
            if members.get(name) and members[name] not in FIXED and not str(members[name]).startswith("single-")
        }
        return replace(self, **new) if new else self

    def describe(self) -> str:
        """Return it as one line for people: `alice: send (to g, label m1, edge http)`."""
        told = {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }
        who = told.pop("user", "")
        what = re.sub(r"(?<!^)(?=[A-Z])", " ", type(self).__name__).lower()
        rest = ", ".join(f"{name} {_plain(value)}" for name, value in told.items())
        return (f"{who}: " if who else "") + what + (f" ({rest})" if rest else "")


Together = tuple[Operation, ...]
"""Operations that run at the same time."""

Step = Operation | Together


def is_within(wanted: Any, got: Any) -> bool:
    """Say whether `got` is `wanted`; objects may have more members, but none whose value is to be `ABSENT`."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return False
        return all(
            name not in got if value is ABSENT else name in got and is_within(value, got[name])
            for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(got, list) and len(wanted) == len(got) and all(map(is_within, wanted, got))
    return type(wanted) is type(got) and bool(wanted == got)


def first(*errors: tuple[bool, int, str]) -> tuple[int, str] | None:
    """Return (status, code) of the first error whose condition holds, in the declared order; None when none does."""
    return next(((status, code) for holds, status, code in errors if holds), None)


def _subject(answer: Answer) -> str:
    return answer.operation.id if answer.operation else f"{answer.method} {answer.path.split('?')[0]}"


def _pointer(answer: Answer) -> str:
    return f"openapi{answer.operation.pointer}" if answer.operation else "openapi#/paths"


def _stable(pointer: str) -> str:
    """Return a pointer without indices: which entry of a list is wrong changes from run to run."""
    return "/".join("*" if part.isdigit() else part for part in pointer.split("/"))


def _default(operation: Operation, name: str) -> object:
    return next(each.default for each in fields(operation) if each.name == name)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return " and ".join("/".join(each) if isinstance(each, tuple) else _plain(each) for each in value) or "nobody"
    text = str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return text if re.fullmatch(r"[\w.-]+", text, re.ASCII) else repr(text)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
