"""The checks at the end of a trace: each says whether it is wrong, what came, and in what way it is wrong.

Looks at what a replay has collected, and waits for what may still come. Knows no steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.replay.judging import covers, holds, json_type, shown
from conformance.trace import Step
from conformance.wire.http import Answer
from conformance.wire.socket import HandshakeRefused, Received, Socket

WITHIN_S = 2.0
"""How long a check waits when it does not say."""

Opened = Mapping[str, Socket | HandshakeRefused]


class CannotGoOn(Exception):
    """A step or the check can't be done; the text says why, for people."""


def any_one(sockets: Opened, step: Step) -> Socket | HandshakeRefused:
    """Return the connection that a step or a check is about, open or not.

    Raises:
        CannotGoOn: It was not tried to open it.
    """
    opened = sockets.get(step["socket"])
    if opened is None:
        raise CannotGoOn(f"{step['socket']} is not connected")
    return opened


def open_one(sockets: Opened, step: Step) -> Socket:
    """Return the connection that a step or a check is about.

    Raises:
        CannotGoOn: It was never open.
    """
    opened = any_one(sockets, step)
    if isinstance(opened, HandshakeRefused):
        raise CannotGoOn(f"{step['socket']} is not connected: {opened}")
    return opened


class Checker:
    """Judges by one check."""

    def __init__(self, answers: Mapping[str, Answer], sockets: Opened, within_s: float | None) -> None:
        """Prepare.

        Args:
            within_s: Wait no longer than that, whatever the check says; None: as it says.
        """
        self._answers = answers
        self._sockets = sockets
        self._within_s = within_s
        self.waited_s = 0.0

    async def judge(self, check: Step) -> tuple[bool, str, str]:
        """Return whether it is wrong, what came, for people, and in what way it is wrong.

        Raises:
            CannotGoOn: The check can't be done.
        """
        evaluate = {
            "response": self._check_response,
            "frame": self._check_frame,
            "frame-value": self._check_frame_value,
            "close": self._check_close,
        }.get(check["check"])
        if evaluate is None:
            raise CannotGoOn(f"there is no check {check['check']}")
        try:
            return await evaluate(check)
        except KeyError as error:
            raise CannotGoOn(f"the check has no member {error}") from error

    async def _check_response(self, check: Step) -> tuple[bool, str, str]:
        answer = self._answers.get(check["step"])
        if answer is None:
            raise CannotGoOn(f"{check['step']} was not asked for")
        came = f"{answer.status} {answer.code}".rstrip() if answer.status else f"no answer ({answer.failure})"
        looks = "pointer" in check or "header" in check
        if looks and not answer.status:
            return False, came, ""
        if "status" in check and (answer.status not in check["status"] or not looks):
            return (not looks and answer.status not in check["status"]), came, f"{answer.status} {answer.code}".rstrip()
        if "header" in check:
            value, place = answer.headers.get(check["header"], ABSENT), check["header"]
        else:
            value, place = value_at(answer.body, check["pointer"]), check["pointer"] or "the body"
        return not holds(check, value), f"{came}, {place} is {shown(value)}", f"{answer.status} {json_type(value)}"

    async def _check_frame(self, check: Step) -> tuple[bool, str, str]:
        opened = open_one(self._sockets, check)
        least, most = int(check.get("min", 0)), check.get("max")

        def count() -> int:
            return sum(covers(each.value, check["match"]) for each in opened.received)

        def is_decided() -> bool:
            return count() > most if most is not None else count() >= least

        await self._wait_for(opened, is_decided, check)
        number = count()
        came = f"{number or 'no'} such frame{'' if number == 1 else 's'}"
        if number < least:
            return True, came, "too few"
        return most is not None and number > most, came, "too many"

    async def _check_frame_value(self, check: Step) -> tuple[bool, str, str]:
        opened = open_one(self._sockets, check)

        def found() -> Received | None:
            return next((each for each in opened.received if covers(each.value, check["match"])), None)

        await self._wait_for(opened, lambda: found() is not None, check)
        received = found()
        if received is None:
            return False, "no such frame", ""
        value = value_at(received.value, check["pointer"])
        place = check["pointer"] or "the frame"
        return not holds(check, value), f"{place} is {shown(value)}", json_type(value)

    async def _check_close(self, check: Step) -> tuple[bool, str, str]:
        opened = any_one(self._sockets, check)
        if isinstance(opened, HandshakeRefused):
            return True, str(opened), f"refused {opened.status}"
        await self._wait_for(opened, lambda: opened.closed is not None, check)
        closed = opened.closed
        if closed is None:
            return bool(check["codes"]), f"still open after {float(check.get('within_s', WITHIN_S)):g} s", "open"
        return closed.code not in check["codes"], f"closed with {closed.code}", f"closed {closed.code}"

    async def _wait_for(self, opened: Socket, is_there: Callable[[], bool], check: Step) -> None:
        """Wait for what the check looks at, as long as it says."""
        within_s = float(check.get("within_s", WITHIN_S))
        began = asyncio.get_running_loop().time()
        if await opened.wait_until(is_there, within_s if self._within_s is None else min(within_s, self._within_s)):
            self.waited_s = asyncio.get_running_loop().time() - began
