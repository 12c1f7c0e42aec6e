"""Turns what a room found into violations: repeats it with new users, makes it short, and writes it down as a trace.

Repeating costs real time, so it is done for each rule at each place once, one after the other, beside the rest of the
stage.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from conformance.chat.operation import Finding, Operation, Step
from conformance.chat.room import Room
from conformance.chat.stock import NoAccount, Stock
from conformance.coverage import Coverage
from conformance.replay.shrink import shrink, shrink_trace
from conformance.replay.symbolize import make_trace
from conformance.rules import all_rules
from conformance.stage import Run
from conformance.trace import Trace
from conformance.violation import Violation

SHRINK_S = 20.0
"""How long one violation may be made short. It was 5 to 15 s on 2 cores."""

TRACE_S = 6.0
"""How long its trace may be made short after that."""

ATTEMPTS = 80

OVERTIME_S = 20.0
"""How long after the budget violations may still be made short, all together."""

PATIENCE_S = 1.5
"""How long a repeat waits for what should come: a wrong server is waited for each time."""

MOST_TRACE_CHARS = 2_000_000
"""Of what went over the wire. What fills a slow reader's outbox is ten times that; its story tells it better."""

AT_ONCE = 3
"""Findings of one step that are reported; what follows them is mostly their consequence."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a room found, and after which steps.

    Attributes:
        source: The story's name, or `the machine`.
        steps: All that were done in the room, the one that found it last.
        began: Where the steps of this story begin, in a room that several share.
    """

    source: str
    steps: tuple[Step, ...]
    found: tuple[Finding, ...]
    room: Room
    began: int = 0


class Evidence:
    """Collects cases and reports them as violations."""

    def __init__(self, run: Run, stock: Stock) -> None:
        self._run = run
        self._stock = stock
        self._seen: set[tuple[str, ...]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._one = asyncio.Semaphore(1)
        self._until = run.deadline + OVERTIME_S

    async def take(self, case: Case) -> None:
        """Report a case at once when the run ends by it; else make it short in the background, then report it."""
        if self._run.fail_fast:
            for finding in case.found[:AT_ONCE]:
                self._run.report(self._violation(finding, case, self._trace(finding, case.room), None))
            return
        fresh = [finding for finding in case.found[:AT_ONCE] if _key(finding) not in self._seen]
        for finding in case.found[:AT_ONCE]:
            if finding not in fresh:
                self._run.report(self._violation(finding, case, None, None))
        self._seen.update(_key(finding) for finding in fresh)
        if fresh:
            self._tasks.append(asyncio.create_task(self._make_short(fresh, case)))

    def no_account(self, error: NoAccount) -> None:
        """Report that the server gives no account though nothing limits it.

        Where all users share one address, they meet its limit of logins in good time, and there are fewer of them.
        """
        answer = error.answer
        if answer.status == 429 and not self._run.addresses.are_many:
            return
        subject = answer.operation.id if answer.operation else answer.path
        pointer = f"openapi{answer.operation.pointer}" if answer.operation else "openapi#/paths"
        got = f"{answer.status} {answer.code}{answer.failure}".strip()
        self._run.report(
            Violation("account-given", subject, pointer, "an account, and a login for it", got, str(answer.status))
        )

    async def finish(self) -> None:
        """Wait until all cases are reported."""
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            await asyncio.gather(*tasks)

    async def _make_short(self, findings: Sequence[Finding], case: Case) -> None:
        async with self._one:
            first, *others = findings
            deadline = min(time.monotonic() + SHRINK_S, self._until)
            best: tuple[Finding, Room] = (first, case.room)
            steps: list[Step] = list(case.steps)
            was_seen_again = False

            async def still_fails(attempt: Sequence[Step]) -> bool:
                nonlocal best, was_seen_again
                again = await self._again(attempt, first, deadline)
                if again is not None:
                    best, was_seen_again = again, True
                return again is not None

            if time.monotonic() < deadline:
                for attempt in (_slice(steps[case.began :]), steps[case.began :], steps):
                    if await still_fails(attempt):
                        steps = await shrink(attempt, still_fails, deadline=deadline, attempts=ATTEMPTS)
                        break
            trace = self._trace(*best)
            if trace is not None and was_seen_again and time.monotonic() < deadline + TRACE_S:
                # What takes longer than the time that is left, a token that ends, stays as long as it is.
                with suppress(TimeoutError):
                    async with asyncio.timeout(deadline + TRACE_S + PATIENCE_S - time.monotonic()):
                        shrunk = await shrink_trace(
                            trace,
                            self._run.base_url,
                            self._run.socket,
                            deadline=deadline + TRACE_S,
                            addresses=self._run.addresses,
                        )
                        trace, was_seen_again = shrunk.trace, shrunk.reproduced
            self._run.report(
                self._violation(first, replace(case, steps=tuple(steps), room=best[1]), trace, was_seen_again)
            )
            for finding in others:
                self._run.report(self._violation(finding, case, self._trace(finding, case.room), None))

    async def _again(self, steps: Sequence[Step], finding: Finding, deadline: float) -> tuple[Finding, Room] | None:
        """Play the steps with new users; return the same finding, None when it does not come again."""
        run = replace(self._run, coverage=Coverage(), deadline=deadline + PATIENCE_S, ended=asyncio.Event())
        room = Room(run, self._stock, patience_s=PATIENCE_S)
        try:
            async with asyncio.timeout(deadline + PATIENCE_S - time.monotonic()):
                found = await room.play(steps)
        except (NoAccount, TimeoutError):
            return None
        finally:
            await room.close()
        same = next((each for each in found if _key(each)[:2] == _key(finding)[:2]), None)
        return (same, room) if same is not None else None

    def _trace(self, finding: Finding, room: Room) -> Trace | None:
        if sum(len(str(entry)) for entry in room.log.entries) > MOST_TRACE_CHARS:
            return None
        return make_trace(
            room.log.entries,
            finding.check,
            rule=finding.rule,
            title=all_rules()[finding.rule].title,
            run_marker=room.marker,
        )

    def _violation(self, finding: Finding, case: Case, trace: Trace | None, reproduced: bool | None) -> Violation:
        return Violation(
            finding.rule,
            finding.subject,
            finding.pointer,
            finding.expected,
            finding.got,
            finding.detail,
            trace=trace,
            reproduced=reproduced,
            narrative=tuple(_told(step) for step in case.steps[0 if trace is not None else case.began :]),
            log=tuple(case.room.log.entries) if trace is not None and reproduced is not None else (),
        )


def _key(finding: Finding) -> tuple[str, ...]:
    return (finding.rule, finding.subject, finding.pointer, finding.detail)


def _told(step: Step) -> str:
    if isinstance(step, Operation):
        return step.describe()
    return "at the same time: " + "; ".join(operation.describe() for operation in step)


def _slice(steps: Sequence[Step]) -> list[Step]:
    """Return the steps that the last one seems to need: by its users, on what it names, and connects of theirs."""
    flat = [step if isinstance(step, tuple) else (step,) for step in steps]
    names = {name for operation in flat[-1] for name in _names(operation)}
    users = {user for operation in flat[-1] for user in operation.users()}
    for group in reversed(flat[:-1]):
        for operation in group:
            if getattr(operation, "label", None) in names:
                names.update(_names(operation))
                users.update(operation.users())
    kept: list[Step] = []
    for step, group in zip(steps, flat, strict=True):
        if any(_names(operation) & names or not _names(operation) & _all_names(flat) for operation in group) and any(
            users.intersection(operation.users()) or not operation.users() or getattr(operation, "to", None) in names
            for operation in group
        ):
            kept.append(step)
    return kept


def _names(operation: Operation) -> set[str]:
    members = vars(operation)
    return {str(members[name]) for name in ("to", "label") if members.get(name)}


def _all_names(flat: Sequence[tuple[Operation, ...]]) -> set[str]:
    return {name for group in flat for operation in group for name in _names(operation)}
