"""A lane: one connection that is kept busy with batches for as long as the run lasts, and opened again when it ends.

Decides what goes out next; `Line` sends it, `Judge` judges it and `Bench` takes it apart when it does not add up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from conformance.contract.judge import ABSENT
from conformance.contract.socket import Message, Operation
from conformance.generic.bench import Bench
from conformance.generic.finding import WITHIN_S
from conformance.generic.judge import Outcome
from conformance.generic.line import Line
from conformance.generic.pace import Pace, hint_s
from conformance.generic.seat import Seat
from conformance.generic.shot import VALID, Shot

BATCH = 32
"""Frames in one go: enough that the round trip does not matter, few enough that a server's queue is no topic."""

FRAMES_PER_S = 180.0
"""Sent by one lane at most: with the answers, pushes and faults some 1,400 frames/s and a fifth of a core, so that the
other stages, which share the event loop and the server, get on. Without it: 4,200 frames/s on two busy cores."""

OPENING_FRAMES_PER_S = 50.0
"""The same while the stories are told: what a person would notice first is found first."""

BATCHES_A_CONNECTION = 400
"""Then the lane connects anew, as real clients do."""

IDLE_S = 0.05

EXPIRED_MAX = 2
"""Connections in a row that end as they do when the credentials are too old, after which something else is wrong."""

OPEN_MAX = 50
"""Frames that may be taken or refused and wait for their batch."""

COUNTED_FIRST, COUNTED_LATER = 100, 20
"""Valid frames of which the keywords are counted: the first ones, then one of so many; it takes longer than sending."""


class Lane:
    """One busy connection.

    Args:
        quiet: It sends the frames whose success is not answered, which makes what is too much harder to count; so the
            other lanes do not.
    """

    def __init__(self, bench: Bench, number: int, *, quiet: bool) -> None:
        self.sent = 0
        self._bench = bench
        self._quiet = quiet
        self._rng = Random(f"{bench.run.seed} lane {number}")
        self._pace = Pace()
        self._seat = Seat()
        self._line: Line | None = None
        self._before: Sequence[Shot] = ()
        self._open_shots: list[Shot] = []
        self._expired = 0
        self._turn = 0
        self._counted = 0

    async def run(self) -> None:
        """Work until the run is over."""
        bench, loop = self._bench, asyncio.get_running_loop()
        batches = 0
        while not bench.is_over:
            line = await self._open()
            if line is None:
                await asyncio.sleep(1.0)
                continue
            began = loop.time()
            shots = self._next_batch(began)
            if not shots:
                await asyncio.sleep(IDLE_S)
                continue
            outcome = await line.exchange(shots, timeout_s=bench.patience.reply_s)
            self.sent += len(shots)
            batches += 1
            self._note(outcome, loop.time())
            await self._judge(line, outcome, self._before)
            self._before = shots
            line.forget()
            if batches % BATCHES_A_CONNECTION == 0:
                self._leave()
            frames_per_s = FRAMES_PER_S if bench.run.settled.is_set() else OPENING_FRAMES_PER_S
            await asyncio.sleep(max(0.0, began + len(shots) / frames_per_s - loop.time()))
        self._leave()

    # Inside.

    async def _open(self) -> Line | None:
        line = self._line
        if line is not None and not line.is_open:
            # It ended between two batches: what went out last did it, or nothing we did.
            await line.wait_closed(WITHIN_S)
            await self._judge(line, line.remains(self._before), ())
            line = self._line = None
        if line is None:
            line = self._line = await self._bench.open_line(self._seat)
            self._before = ()
        return line

    def _leave(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line, self._before = None, ()

    async def _judge(self, line: Line, outcome: Outcome, before: Sequence[Shot]) -> None:
        bench = self._bench
        if not outcome.shots:
            return  # it ended before anything went out, which `Bench.open_line` sees when it comes again
        findings = bench.judge.of_exchange(outcome)
        if outcome.last_error is not ABSENT and outcome.closed is None:
            findings += await bench.promised_close(line, outcome.last_error)
        ended = outcome.closed is not None and outcome.closed.by_server
        if ended and bench.tied(outcome.last_error) is not None:
            self._seat.query = None  # credentials do not last for ever
            self._expired += 1
            if self._expired <= EXPIRED_MAX:
                return
        elif not findings and not ended:
            self._expired = 0
        if ended and not findings and bench.run.socket.invalid is None and outcome.shots[-1].kind != VALID:
            return  # where the contract does not say otherwise, an invalid frame may end the connection
        if findings or ended:
            await bench.look_into(line, outcome, findings, before)
            if line.is_open and findings:
                self._leave()  # what is still under way on it would be taken for something else

    def _next_batch(self, now: float) -> list[Shot]:
        """Return what goes out next: valid frames and broken ones in turn, now and then what is no frame."""
        self._turn += 1
        if self._quiet and self._turn % 2:
            shots = self._silent_batch(now)
        elif self._turn % 2:
            shots = self._valid_batch(now)
        else:
            shots = []
        return shots or self._broken_batch()

    def _valid_batch(self, now: float) -> list[Shot]:
        """Return valid frames that are all answered; of those whose answers have no id, of one operation only."""
        repertoire, rng = self._bench.repertoire, self._rng
        frames = list(repertoire.answered())
        rng.shuffle(frames)
        shots: list[Shot] = []
        has_loose = False
        for operation, message in frames:
            first = repertoire.valid(operation, message, rng)
            loose = not self._bench.expected.is_correlated(first)
            if loose and has_loose:
                continue
            allowed = self._pace.allow(operation.key, rng.randint(1, BATCH // 2), now)
            has_loose = has_loose or (loose and allowed > 0)
            shots += [first, *self._valid(operation, message, allowed - 1)][: max(0, allowed)]
        rng.shuffle(shots)
        return shots[:BATCH]

    def _silent_batch(self, now: float) -> list[Shot]:
        """Return valid frames which are answered when they fail, if at all, and one behind them that is always."""
        repertoire, rng = self._bench.repertoire, self._rng
        frames = repertoire.unanswered()
        if not frames:
            return []
        operation, message = rng.choice(frames)
        wanted = 1 if self._turn < 4 else rng.randint(1, BATCH // 2)
        shots = self._valid(operation, message, self._pace.allow(operation.key, wanted, now))
        if shots:
            probe = self._bench.probe()
            shots += [probe] if probe is not None else []
        return shots

    def _valid(self, operation: Operation, message: Message, count: int) -> list[Shot]:
        return [self._bench.repertoire.valid(operation, message, self._rng) for _ in range(count)]

    def _broken_batch(self) -> list[Shot]:
        """Return broken frames, in turn; behind them at most one that may be taken.

        The answer to a frame that is taken may come later than those to what is refused behind it.
        """
        repertoire, rng = self._bench.repertoire, self._rng
        if self._bench.run.socket.invalid is None:
            kinds = [repertoire.next_broken if rng.random() < 0.8 else repertoire.next_structural]
        else:
            kinds = [
                repertoire.next_structural if rng.random() < 0.12 else repertoire.next_broken for _ in range(BATCH)
            ]
            kinds.append(repertoire.misnamed)
        made = [shot for shot in (make(rng) for make in kinds) if shot is not None]
        self._open_shots += [shot for shot in made if shot.is_open]
        del self._open_shots[:-OPEN_MAX]
        last = [self._open_shots.pop(0)] if self._open_shots else []
        return [shot for shot in made if not shot.is_open] + last

    def _note(self, outcome: Outcome, now: float) -> None:
        """Count what was tried, and keep away from what the server wants to be left alone with."""
        coverage = self._bench.run.coverage
        for shot in outcome.shots:
            for received in shot.replies[:1]:
                if self._bench.judge.is_retryable(received) and shot.operation is not None:
                    self._pace.refused(shot.operation.key, hint_s(received.value), now)
            if shot.kind == VALID and shot.frame is not ABSENT:
                self._counted += 1
                if self._counted < COUNTED_FIRST or self._counted % COUNTED_LATER == 0:
                    for pointer, keyword in self._bench.repertoire.reached(shot):
                        coverage.keywords[f"{shot.name} {pointer} {keyword} valid"] += 1
            elif shot.place is not None:
                coverage.keywords[f"{shot.name} {shot.place[0]} {shot.place[1]} invalid"] += 1
