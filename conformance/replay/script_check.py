"""Writes the check of a trace as the end of a script's function `scenario`: `return is_wrong, what_came`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.replay.checks import WITHIN_S
from conformance.replay.python_code import LINE_LENGTH, Code, Variable, call, flat, statement, text_code, value_code
from conformance.replay.script_pieces import compared, not_in, printable, value_at
from conformance.replay.values import escaped_text
from conformance.trace import Step
from conformance.violation import Violation


class CheckWriter:
    """Knows in which variables the answers and the connections are."""

    def __init__(self, answers: Mapping[str, str], sockets: Mapping[str, str], variable: Variable) -> None:
        self._answers = answers
        self._sockets = sockets
        self._variable = variable

    def lines(self, violation: Violation) -> Iterator[str]:
        """Yield the code line by line, with what the contract says as a comment."""
        assert violation.trace is not None
        check = violation.trace.check
        yield '    print("The check.")'
        for name, text in (("Expected", violation.expected), ("Contract", violation.pointer)):
            yield from textwrap.wrap(
                f"{name}: {printable(text)}", LINE_LENGTH - 6, initial_indent="    # ", subsequent_indent="    #   "
            )
        yield from {
            "response": self._check_response,
            "frame": self._check_frame,
            "frame-value": self._check_frame_value,
            "close": self._check_close,
        }[check["check"]](check)

    def _code(self, value: Any) -> Code:
        return value_code(value, self._variable)

    def _check_response(self, check: Step) -> Iterator[str]:
        answer = self._answers.get(check["step"], "None")
        codes = check.get("status")
        looks = "pointer" in check or "header" in check
        wrong = f"not {answer}.status" if codes is None else not_in(f"{answer}.status", codes)
        if not looks:
            yield f'    return {wrong}, f"{{{answer}.status}} {{shown({answer}.body)}}"'
            return
        yield f"    if {wrong}:"
        yield f'        raise NotReproduced(f"the status is {{{answer}.status}}")'
        if "header" in check:
            yield f'    value = {answer}.headers.get("{check["header"]}", NOTHING)'
        else:
            yield f"    value = {value_at(f'{answer}.body', check['pointer'])}"
        yield from self._verdict(check, check.get("header") or check["pointer"] or "the body")

    def _check_frame(self, check: Step) -> Iterator[str]:
        line = self._sockets.get(check["socket"], "None")
        least, most = int(check.get("min", 0)), check.get("max")
        if most is None:
            enough, wrong = least, f"number < {least}"
        elif least == most:
            enough, wrong = most + 1, f"number != {least}"
        else:
            enough, wrong = most + 1, f"number > {most}" if not least else f"not {least} <= number <= {most}"
        counted = call(
            f"{line}.count",
            self._code(check["match"]),
            seconds=f"{check.get('within_s', WITHIN_S):g}",
            enough=str(enough),
        )
        yield statement("number = await ", counted)
        yield f'    return {wrong}, f"{{number}} of these frames"'

    def _check_frame_value(self, check: Step) -> Iterator[str]:
        line = self._sockets.get(check["socket"], "None")
        yield statement("pattern = ", self._code(check["match"]))
        yield f"    if not await {line}.count(pattern, seconds={check.get('within_s', WITHIN_S):g}, enough=1):"
        yield '        raise NotReproduced("no such frame has come")'
        yield f"    value = {value_at(f'{line}.found(pattern)[0]', check['pointer'])}"
        yield from self._verdict(check, check["pointer"] or "the frame")

    def _check_close(self, check: Step) -> Iterator[str]:
        line = self._sockets.get(check["socket"], "None")
        yield f"    code = await {line}.wait_closed(seconds={check.get('within_s', WITHIN_S):g})"
        wrong = not_in("code", check["codes"]) if check["codes"] else "code is not None"
        yield f'    return {wrong}, f"the close code {{code}}" if code else "an open connection"'

    def _verdict(self, check: Step, place: str) -> Iterator[str]:
        wanted = self._code(check.get("equals", check.get("not")))
        if len(flat(wanted)) > 40:
            yield statement("wanted = ", wanted)
            wanted = "wanted"
        if "equals" in check:
            wrong = compared(check["equals"], flat(wanted), equal=False)
        elif "not" in check:
            wrong = compared(check["not"], flat(wanted), equal=True)
        elif "type" in check:
            types = check["type"] if isinstance(check["type"], list) else [check["type"]]
            types = [*types, "integer"] if "number" in types and "integer" not in types else types
            wrong = not_in("kind_of(value)", types)
        else:
            is_absence = check.get("absent", not check.get("present", True))
            wrong = "value is not NOTHING" if is_absence else "value is NOTHING"
        came = text_code("${value#} at " + escaped_text(place), lambda found: "shown(value)")
        yield f"    return {wrong}, {flat(came)}"
