"""Somebody else: a connection that does nothing but ask, from time to time, whether it is still served."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.generic.finding import WITHIN_S, Finding, steps_of
from conformance.generic.line import Line
from conformance.generic.seat import Seat
from conformance.trace import Step
from conformance.wire.socket import ABNORMAL

if TYPE_CHECKING:
    from conformance.generic.bench import Bench

JUST_NOW_S = 1.0

NOBODY = "nobody can connect any more"
LOST = "another connection ended without a closing handshake"


class Witness:
    """Asks for the bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._seat = Seat()
        self._busy = asyncio.Lock()
        self._line: Line | None = None
        self._served_at = 0.0

    async def all_served(self) -> bool:
        """Say whether somebody else was served a moment ago, or is now; report it if not."""
        return time.monotonic() - self._served_at < JUST_NOW_S or await self.others_served("", [])

    async def others_served(self, what: str, steps: Sequence[Step]) -> bool:
        """Say whether somebody else is still served after something went wrong on a connection; report it if not.

        Args:
            what: What had been done, for people and stable over runs; "" where nobody knows what it was.
            steps: What had been done, to be repeated.
        """
        bench = self._bench
        async with self._busy:
            got = await self._ask_twice()
        if got == "" or bench.is_over:
            return True
        if got == NOBODY and not what:
            return False  # reported as such
        probe = bench.probe()
        check: Step = {"check": "close", "socket": "s2", "codes": [], "within_s": WITHIN_S}
        if probe is not None:
            check = {**bench.judge.checks.of_reply(probe), "socket": "s2"}
        expected = f"others are served after: {what}" if what else "everybody is served"
        finding = Finding("others-served", bench.run.socket.channel, bench.channel, expected, got, check, what)
        after = steps_of([probe] if probe is not None else [], bench.opening, "s2")
        bench.report(finding, [*steps, *after])
        return False

    async def _ask_twice(self) -> str:
        """Have the connection answered; return "" when it was, and else what came of it.

        One answer that does not come may be a defect of its own; two on two connections are no service.
        """
        got = ""
        for _ in range(2):
            line = self._line
            if line is not None and not line.is_open:
                self._line = None
                if line.closed is not None and line.closed.code == ABNORMAL:
                    return LOST
                self._seat.query = None  # credentials do not last for ever
            if self._line is None:
                self._line = await self._bench.open_line(self._seat)
                if self._line is None:
                    return NOBODY
            got = await self._ask(self._line)
            if got in ("", LOST):
                break
            self._line.close()
        if got == "":
            self._served_at = time.monotonic()
        return got

    async def _ask(self, line: Line) -> str:
        bench = self._bench
        probe = bench.probe()
        if probe is None:
            pong = await line.ping(bench.patience.alone_s)
            return "" if pong or bench.is_over else "a ping of another connection was not answered"
        outcome = await line.exchange([probe], timeout_s=bench.patience.alone_s)
        line.forget()
        if outcome.closed is not None and outcome.closed.code == ABNORMAL:
            return LOST
        return f"another connection's {probe.name} was not answered" if outcome.missing and not outcome.ran_out else ""

    def leave(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
