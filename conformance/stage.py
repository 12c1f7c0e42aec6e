"""What every stage of a run is given: the target, the contracts, the time that is left, and where findings go.

A stage is a coroutine function that takes a `Run` and returns one line of figures. Stages run side by side on one event
loop; what would hold it up (Schemathesis, Hypothesis) goes into a process or thread of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.http import HttpContract
from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.trace import Step
from conformance.violation import Violation
from conformance.wire.addresses import Addresses

STAGES = frozenset(("contract", "http", "generic", "chat"))


@dataclass(eq=False)
class Run:
    """One run of the kit.

    Attributes:
        base_url: `http://HOST:PORT`.
        sources: Where each contract was read from, a path or a URL, for tools that read it themselves.
        http: None when the profile has no OpenAPI document.
        deadline: By `time.monotonic()`; a stage ends by itself before it.
        credentials: Returns query parameters that open the channel, of a user of its own each time.
        known: Values by property name that the server takes for real (`conversationId`), for valid frames.
        report: Takes each violation as it is found; may be called from any thread.
        progress: Takes (stage, one line) for the terminal; may be called from any thread.
        fail_fast: End at the first violation, without shrinking it.
        settled: Set when no stage needs the server to itself any more: the chat stage, which tells its stories first.
        login_steps: Steps of a trace that make the credentials, and the query that they lead to.
    """

    base_url: str
    sources: Mapping[str, str]
    http: HttpContract | None
    socket: SocketContract
    seed: int
    budget_s: float
    deadline: float
    addresses: Addresses
    coverage: Coverage
    report: Callable[[Violation], None]
    progress: Callable[[str, str], None]
    credentials: Callable[[], Awaitable[dict[str, str]]]
    known: dict[str, list[Any]] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    fail_fast: bool = False
    login_steps: Sequence[Step] = ()
    login_query: Mapping[str, str] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds_left(self) -> float:
        """How long a stage may still work; 0 when the run is over."""
        return 0.0 if self.ended.is_set() else max(0.0, self.deadline - time.monotonic())

    def wants(self, stage: str, *names: str) -> bool:
        """Say whether --only and --skip let a stage work on what has these names: operations, frames, stories.

        Names of stages choose among stages; the other names choose within them.
        """
        if self.skip.intersection((stage, *names)):
            return False
        stages, others = self.only & STAGES, self.only - STAGES
        return (not stages or stage in stages) and (not others or not names or bool(others.intersection(names)))
