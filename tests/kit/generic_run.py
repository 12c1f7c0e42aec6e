"""Runs the generic WebSocket layer against a server and gives back what it found: for the tests of the layer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.contract.channel import read_socket_contract
from conformance.contract.load import load_contract
from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.generic.bench import Patience
from conformance.generic.stage import run_generic
from conformance.stage import Run
from conformance.violation import Violation, merge
from conformance.wire.addresses import Addresses

HURRY = Patience(reply_s=1.0, alone_s=2.0, late_s=4.0)
"""For tests of what never comes; a run for real is more patient."""

Credentials = Callable[[], Awaitable[dict[str, str]]]


async def no_credentials() -> dict[str, str]:
    """For a channel that anybody may open."""
    return {}


@dataclass
class Findings:
    """What a run has reported."""

    violations: list[Violation] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    summary: str = ""
    first_after_s: float | None = None

    @property
    def rules(self) -> set[str]:
        """Ids of the rules that were found broken."""
        return {violation.rule for violation in self.violations}

    def told(self) -> str:
        """Return the violations for people."""
        lines = [f"{v.rule} | {v.subject} | {v.detail} | {v.expected} | {v.got}" for v in self.violations]
        return "\n".join([self.summary, *lines])


def contract_of(source: Path | str, change: Callable[[dict[str, Any]], None] | None = None) -> SocketContract:
    """Return the WebSocket contract of a document, changed first where a test needs another one."""
    document = load_contract(str(source), "asyncapi")
    if change is not None:
        change(document)
    return read_socket_contract(document)


def run_layer(
    url: str,
    contract: SocketContract,
    *,
    seconds: float,
    seed: int = 1,
    credentials: Credentials = no_credentials,
    known: dict[str, list[Any]] | None = None,
    until: Callable[[Violation], bool] | None = None,
    fail_fast: bool = False,
    meanwhile: Callable[[], None] | None = None,
    patience: Patience | None = None,
) -> Findings:
    """Run the layer and return what it reported.

    Args:
        until: End early at the first violation for which this holds.
        patience: How long to wait for what does not come.
        meanwhile: Done in a thread beside the run.
    """
    findings = Findings()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        began = time.monotonic()

        def report(violation: Violation) -> None:
            if findings.first_after_s is None:
                findings.first_after_s = time.monotonic() - began
            findings.violations.append(violation)
            if until is not None and until(violation):
                loop.call_soon_threadsafe(ended.set)

        run = Run(
            base_url=url,
            sources={},
            http=None,
            socket=contract,
            seed=seed,
            budget_s=seconds,
            deadline=began + seconds,
            addresses=Addresses(url, first=seed * 1000),
            coverage=findings.coverage,
            report=report,
            progress=lambda _stage, _line: None,
            credentials=credentials,
            known=known or {},
            fail_fast=fail_fast,
            ended=ended,
        )
        run.settled.set()
        beside = [asyncio.to_thread(meanwhile)] if meanwhile is not None else []
        findings.summary, *_ = await asyncio.gather(run_generic(run, patience), *beside)

    asyncio.run(work())
    findings.violations = merge(findings.violations)
    return findings
