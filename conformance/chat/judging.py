"""What the contract alone says of an answer or a frame: that it is declared, and that it fits its schema.

Knows no model; whether it is the right one in the state of the chat is asked elsewhere.
"""

from __future__ import annotations

from typing import Any

from conformance.chat.operation import Findings
from conformance.contract.judge import ABSENT, Problem
from conformance.contract.socket import value_at
from conformance.wire.http import Answer
from conformance.wire.socket import Received, Socket

Json = dict[str, Any]


TIMES = ("timestamp", "createdAt", "updatedAt", "joinedAt")
SECONDS = range(1_577_836_800, 7_258_118_400)
"""From 2020 to 2200; milliseconds are far beyond it."""


def judge_answer(answer: Answer, found: Findings) -> None:
    """Ask for an answer at all, with a declared status and a valid body."""
    operation = answer.operation
    if answer.status == 0:
        check: Json = {"check": "response", "step": answer.id, "status": _declared(answer)}
        subject = operation.id if operation else answer.path
        found.add("answer-given", subject, "openapi#/paths", "an answer", answer.failure, check)
    elif operation is not None and not answer.declared:
        check = {"check": "response", "step": answer.id, "status": _declared(answer)}
        wanted = f"one of {', '.join(operation.responses)}"
        pointer = f"openapi{operation.pointer}/responses"
        got = f"{answer.status} {answer.code}".strip()
        found.add("answer-declared", operation.id, pointer, wanted, got, check, str(answer.status))
    elif answer.problems and operation is not None:
        problem = answer.problems[0]
        check = {"check": "response", "step": answer.id, **_value_check(problem, answer.body), "always": True}
        pointer = f"openapi{operation.pointer}/responses/{answer.status}"
        where = _stable(problem.pointer)
        expected = f"a valid answer: {problem.keyword} at {where or 'the body'}"
        found.add(
            "answer-valid", operation.id, pointer, expected, problem.text, check, f"{where} {problem.keyword}"
        )  # fmt: skip
    elif operation is not None and (place := wrong_time(answer.body)) is not None:
        check = {"check": "response", "step": answer.id, "pointer": place[0], "not": place[1]}
        pointer, where = f"openapi{operation.pointer}/responses/{answer.status}", _stable(place[0])
        found.add("time-plausible", operation.id, pointer, f"Unix seconds at {where}", str(place[1]), check, where)


def judge_frame(socket: Socket, received: Received, found: Findings) -> None:
    """Ask for a declared and valid frame."""
    channel = socket.contract.channel
    if received.message is None:
        value = received.value if isinstance(received.value, dict) else {}
        match = {"type": value["type"]} if isinstance(value.get("type"), str) else {}
        check: Json = {"check": "frame", "socket": socket.name, "match": match, "min": 0, "max": 0, "within_s": 2.0}
        pointer = f"asyncapi#/channels/{channel}/messages"
        found.add("received-declared", str(match.get("type", "?")), pointer, "a declared frame", received.text, check)
    elif received.problems:
        problem = received.problems[0]
        check = {"check": "frame-value", "socket": socket.name, "match": {"type": received.name}}
        check |= {**_value_check(problem, received.value), "always": True}
        pointer = f"asyncapi{received.message.pointer}/payload"
        expected = f"a valid frame: {problem.keyword} at {problem.pointer or 'the frame'}"
        detail = f"{_stable(problem.pointer)} {problem.keyword}"
        found.add("received-valid", received.name, pointer, expected, problem.text, check, detail)
    elif (place := wrong_time(received.value)) is not None:
        check = {"check": "frame-value", "socket": socket.name, "match": {"type": received.name}}
        check |= {"pointer": place[0], "not": place[1]}
        pointer = f"asyncapi{received.message.pointer}/payload"
        found.add(
            "time-plausible", received.name, pointer, f"Unix seconds at {place[0]}", str(place[1]), check, place[0]
        )


def wrong_time(value: Any, at: str = "") -> tuple[str, Any] | None:
    """Return the pointer and value of the first time that is none in whole seconds of our age, None without one."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        if name in TIMES and isinstance(inner, int) and inner not in SECONDS:
            return f"{at}/{name}", inner
        place = wrong_time(inner, f"{at}/{name}") if isinstance(inner, dict | list) else None
        if place is not None:
            return place
    return None


def _value_check(problem: Problem, body: Any) -> Json:
    """Return the members of a trace's check that tell the problem: missing, or another value."""
    if problem.keyword == "required":
        return {"pointer": problem.pointer, "present": True}
    value = value_at(body, problem.pointer) if body is not ABSENT else ABSENT
    return {"pointer": problem.pointer, "not": None if value is ABSENT else value}


def _declared(answer: Answer) -> list[int]:
    if answer.operation is None:
        return [200]
    return [int(status) for status in answer.operation.responses if status.isdigit()]


def _stable(pointer: str) -> str:
    return "/".join("*" if part.isdigit() else part for part in pointer.split("/"))
