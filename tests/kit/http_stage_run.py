"""One run of the HTTP stage against a server, as the kit does it, which ends when a rule has been found broken."""

from __future__ import annotations

import asyncio
import time

from conformance.contract.http import HttpContract
from conformance.contract.judge import compiler
from conformance.contract.socket import Limits, SocketContract
from conformance.coverage import Coverage
from conformance.http.stage import run_http
from conformance.stage import Run
from conformance.violation import Violation
from conformance.wire.addresses import Addresses


class StageRun:
    """A run, and what it found."""

    def __init__(
        self,
        url: str,
        contract: HttpContract,
        seconds: float,
        *,
        until: str = "",
        fail_fast: bool = False,
        seed: int = 1,
    ) -> None:
        """Prepare.

        until: The id of a rule; the first violation of it ends the run.
        """
        self.found: list[Violation] = []
        self.coverage = Coverage()
        self._until = until
        self.run = Run(
            base_url=url,
            sources={},
            http=contract,
            socket=SocketContract({}, "", "/ws", None, {}, {}, {}, None, Limits(), {}, compiler({})),
            seed=seed,
            budget_s=seconds,
            deadline=time.monotonic() + seconds,
            addresses=Addresses(url),
            coverage=self.coverage,
            report=self._report,
            progress=lambda *_: None,
            credentials=_nobody,
            fail_fast=fail_fast,
        )

    def work(self) -> str:
        """Run the stage."""
        return asyncio.run(run_http(self.run))

    def of(self, rule: str) -> Violation | None:
        """Return the first violation of a rule."""
        return next((violation for violation in self.found if violation.rule == rule), None)

    def told(self) -> str:
        """Return what was found, for a failed assertion."""
        return "\n".join(
            f"{each.rule} {each.subject} {each.detail}: {each.expected}; {each.got}" for each in self.found
        )

    def _report(self, violation: Violation) -> None:
        self.found.append(violation)
        if violation.rule == self._until:
            self.run.ended.set()


async def _nobody() -> dict[str, str]:
    return {}
