"""What the contract alone says of an answer or a frame: that it is declared, and that it fits its schema.

Knows no model; whether it is the right one in the state of the chat is asked elsewhere.
"""

from __future__ import annotations

from typing import Any

from conformance.chat.operation import Findings
from conformance.contract.judge import Problem
from conformance.contract.socket import ABSENT, value_at
from conformance.wire.http import Answer
from conformance.wire.socket import Received, Socket

Json = dict[str, Any]


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
        check = {"check": "response", "step": answer.id, **_value_check(problem, answer.body)}
        pointer = f"openapi{operation.pointer}/responses/{answer.status}"
        where = _stable(problem.pointer)
        expected = f"a valid answer: {problem.keyword} at {where or 'the body'}"
        found.add(
            "answer-valid", operation.id, pointer, expected, problem.text, check, f"{where} {problem.keyword}"
        )  # fmt: skip


def judge_frame(socket: Socket, received: Received, found: Findings) -> None:
    """Ask for a declared and valid frame."""
    channel = socket.contract.channel
    if received.message is None:
        value = received.value if isinstance(received.value, dict) else {}
        match = {"type": value["type"]} if isinstance(value.get("type"), str) else {}
        check: Json = {"check": "frame", "socket": socket.name, "match": match, "min": 0, "max": 0, "within_s": 2.0}
        pointer = f"asyncapi#/channels/{channel}/messages"
        found.add("frame-declared", str(match.get("type", "?")), pointer, "a declared frame", received.text, check)
    elif received.problems:
        problem = received.problems[0]
        check = {"check": "frame-value", "socket": socket.name, "match": {"type": received.name}}
        check |= _value_check(problem, received.value)
        pointer = f"asyncapi{received.message.pointer}/payload"
        expected = f"a valid frame: {problem.keyword} at {problem.pointer or 'the frame'}"
        detail = f"{_stable(problem.pointer)} {problem.keyword}"
        found.add("frame-valid", received.name, pointer, expected, problem.text, check, detail)


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
