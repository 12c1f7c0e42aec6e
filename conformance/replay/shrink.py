"""Makes what fails small: `shrink` any sequence, `shrink_trace` a trace, by trying what still fails without a part.

Every attempt at a trace costs real time on a real server, so the big parts go first (a user, a connection), what was
tried is not tried again, and attempts and time are bounded. Which steps may go at all is for `causes`. The same trace
against a server that always does the same gives the same result.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from conformance.contract.socket import SocketContract
from conformance.replay.causes import Item, causes, items_of, trace_of, without_orphans
from conformance.replay.runner import EXPECT_TIMEOUT_S, Outcome, replay
from conformance.replay.simplify import changes
from conformance.trace import Step, Trace
from conformance.wire.addresses import Addresses

T = TypeVar("T")

ATTEMPTS = 100
WAIT_MIN_S = 0.5


async def shrink(
    items: Sequence[T], still_fails: Callable[[Sequence[T]], Awaitable[bool]], *, deadline: float, attempts: int
) -> list[T]:
    """Return the items less those without which it still fails: no single one more can go, if time and attempts allow.

    The algorithm is ddmin (Zeller and Hildebrandt, 2002) by complements, from the end, because later items depend on
    earlier ones.

    Args:
        items: Which fail; that is not tried.
        still_fails: Says whether some of the items, in their order, fail too.
        deadline: By `time.monotonic()`; no attempt begins after it.
        attempts: How often `still_fails` is asked at most.
    """
    kept = list(items)
    chunks = min(2, len(kept))
    while kept:
        size = -(-len(kept) // chunks)
        for start in range((chunks - 1) * size, -1, -size):
            rest = kept[:start] + kept[start + size :]
            if len(rest) == len(kept):
                continue
            if attempts <= 0 or time.monotonic() >= deadline:
                return kept
            attempts -= 1
            if await still_fails(rest):
                kept, chunks = rest, max(min(chunks - 1, len(rest)), min(2, len(rest)))
                break
        else:
            if chunks >= len(kept):
                return kept
            chunks = min(len(kept), chunks * 2)
    return kept


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What came of shrinking a trace.

    Attributes:
        trace: The smallest that was seen to fail; as given where it was not seen to fail at all.
        outcome: Of the last replay that failed, or of the first one when none did.
        attempts: How many replays it took.
        is_done: Nothing more can go; False when the time or the attempts were over before that was known.
    """

    trace: Trace
    outcome: Outcome
    attempts: int
    is_done: bool

    @property
    def reproduced(self) -> bool:
        """Whether the violation was seen again."""
        return self.outcome.reproduced


async def shrink_trace(
    trace: Trace,
    base_url: str,
    contract: SocketContract | None = None,
    *,
    deadline: float,
    attempts: int = ATTEMPTS,
    tries: int = 1,
    addresses: Addresses | None = None,
    is_fair: Callable[[Trace], bool] | None = None,
) -> Shrunk:
    """Return the trace with as few steps, connections and values as still show the same violation.

    The same: the check fails in the same way (`Outcome.sort`), so that an access that should have been forbidden does
    not become one with a bad token.

    Args:
        contract: Needed for making frames simpler: one that is valid stays so, one that is not stays wrong in the
            same places.
        deadline: By `time.monotonic()`; no replay begins after it.
        tries: How often a candidate is repeated before it counts as not failing; more than 1 for races.
        is_fair: Says whether a right server would pass the check after the steps of a candidate, for a layer that
            knows (its model); without it `causes` guesses, on the safe side: it keeps every step that may be why.
    """
    return await _Shrinker(trace, base_url, contract, deadline, attempts, tries, addresses, is_fair).run()


class _OutOfTime(Exception):
    pass


class _Shrinker:
    """The smallest trace so far, and what was tried."""

    def __init__(
        self,
        trace: Trace,
        base_url: str,
        contract: SocketContract | None,
        deadline: float,
        attempts: int,
        tries: int,
        addresses: Addresses | None,
        is_fair: Callable[[Trace], bool] | None,
    ) -> None:
        self._trace = trace
        self._whole = items_of(trace)
        self._items = self._whole
        self._check = trace.check
        self._base_url = base_url
        self._contract = contract
        self._deadline = deadline
        self._attempts = attempts
        self._tries = tries
        self._addresses = addresses
        self._is_fair = is_fair
        self._made = 0
        self._expect_timeout_s = EXPECT_TIMEOUT_S
        self._within_s: float | None = None
        self._results: dict[str, bool] = {}
        self._causes: frozenset[int] = frozenset()

    async def run(self) -> Shrunk:
        """Replay the trace, and make it smaller while that goes."""
        for _ in range(self._tries):
            self._outcome = await self._replay(self._trace)
            if self._outcome.reproduced:
                break
        else:
            return Shrunk(self._trace, self._outcome, self._made, False)
        if self._is_fair is None:
            self._causes = causes(self._whole, self._check, self._outcome.sort)
        # What comes, comes fast here: a step, or a check, that waits in vain must not cost seconds each time.
        soon_s = max(WAIT_MIN_S, 4 * self._outcome.slowest_s)
        self._expect_timeout_s = min(EXPECT_TIMEOUT_S, soon_s)
        if self._outcome.sort not in ("too few", "open"):
            self._within_s = soon_s
        try:
            await self._shrink()
        except _OutOfTime:
            return Shrunk(self._trace, self._outcome, self._made, False)
        return Shrunk(self._trace, self._outcome, self._made, True)

    async def _shrink(self) -> None:
        before: Trace | None = None
        while before != self._trace:
            before = self._trace
            for member in ("who", "socket"):
                for name in dict.fromkeys(item.step.get(member) for item in reversed(self._items)):
                    if name is not None:
                        await self._fails_with([item for item in self._items if item.step.get(member) != name])
            await shrink(self._items, self._fails_with, deadline=math.inf, attempts=sys.maxsize)
            for group in sorted({item.group for item in self._items if item.group is not None}):
                apart = [replace(item, group=None) if item.group == group else item for item in self._items]
                await self._fails_with(apart)
            # The size of a text may be what it is about; who can't say so leaves it as it is.
            if self._contract is not None and (self._is_fair is not None or self._check.get("always")):
                await self._simplify(self._contract)

    async def _simplify(self, contract: SocketContract) -> None:
        """Make the steps simpler, by all changes at once, or else by those that can be made."""
        possible = list(changes(self._items, self._check, contract))
        items, check = self._items, self._check
        for change in possible:
            items, check = change(items, check)
        if not possible or await self._fails_with(items, check):
            return
        for change in possible:
            await self._fails_with(*change(self._items, self._check))

    async def _fails_with(self, items: Sequence[Item], check: Step | None = None) -> bool:
        """Say whether a part of the trace fails in the same way; keep it when it does.

        Raises:
            _OutOfTime: No more attempts may be made.
        """
        check = check or self._check
        can_be_done = without_orphans(items, check, self._whole)
        if can_be_done is None or not self._causes <= {item.number for item in can_be_done}:
            return False
        candidate = trace_of(can_be_done, check, self._trace)
        key = json.dumps(candidate.to_json(), sort_keys=True)
        if key not in self._results:
            if self._is_fair is not None and not self._is_fair(candidate):
                return False
            self._results[key] = await self._reproduces(candidate)
        if self._results[key]:
            self._items, self._check, self._trace = can_be_done, check, candidate
        return self._results[key]

    async def _reproduces(self, candidate: Trace) -> bool:
        for _ in range(self._tries):
            if self._made >= self._attempts or time.monotonic() >= self._deadline:
                raise _OutOfTime
            outcome = await self._replay(candidate)
            if outcome.reproduced and outcome.sort == self._outcome.sort:
                self._outcome = outcome
                return True
        return False

    async def _replay(self, trace: Trace) -> Outcome:
        self._made += 1
        return await replay(
            trace,
            self._base_url,
            self._contract,
            addresses=self._addresses,
            expect_timeout_s=self._expect_timeout_s,
            within_s=self._within_s,
        )
