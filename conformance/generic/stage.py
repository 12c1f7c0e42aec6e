"""The generic WebSocket stage: lanes of frames, faults below the frames and tries at the door, side by side.

For any AsyncAPI 3 document with a WebSocket channel; what it knows of the server stands there.
"""

from __future__ import annotations

import asyncio
import time

from conformance.contract.socket import Message, Operation
from conformance.generic.bench import Bench, Patience
from conformance.generic.doors import Doors
from conformance.generic.judge import Judge
from conformance.generic.lane import Lane
from conformance.generic.repertoire import Repertoire
from conformance.generic.shot import Expected
from conformance.generic.transport import Transport
from conformance.stage import STAGES, Run

STAGE = "generic"

LANES = 4
"""Busy connections; together they keep more frames under way than a server that is not broken needs to be found out."""

PROGRESS_S = 0.5


async def run_generic(run: Run, patience: Patience | None = None) -> str:
    """Exercise the channel until the run's time is over; return one line of figures."""
    began = time.monotonic()

    def wants(operation: Operation, message: Message) -> bool:
        return run.wants(STAGE, operation.key, message.name)

    expected = Expected.read(run.socket)
    repertoire = await asyncio.to_thread(Repertoire, expected, run.known, wants)
    if not repertoire.frames and run.only - STAGES:
        return "none of its frames is asked for"
    judge = Judge(expected)
    bench = Bench(run, expected, repertoire, judge, patience or Patience())
    has_quiet = bool(repertoire.unanswered())
    lanes = [
        Lane(bench, number, quiet=has_quiet and number == 0) for number in range(LANES if repertoire.frames else 0)
    ]
    transport, doors = Transport(bench), Doors(bench)
    counts = run.coverage.counts

    def figures() -> str:
        seconds = max(0.001, time.monotonic() - began)
        frames = counts["frames_sent"] + counts["frames_received"] - before
        tried = sum(keywords[f"{name} {place} {keyword} invalid"] > 0 for name, place, keyword in breakable)
        return (
            f"{sum(lane.sent for lane in lanes):,} frames sent, {frames / seconds:,.0f} frames/s, "
            f"{tried} of {len(breakable)} keywords broken, {transport.played} transport faults, "
            f"{doors.tried} handshakes"
        )

    before = counts["frames_sent"] + counts["frames_received"]
    keywords, breakable = run.coverage.keywords, repertoire.breakable

    async def tell() -> None:
        while not bench.is_over:
            await asyncio.sleep(PROGRESS_S)
            run.progress(STAGE, figures())

    await asyncio.gather(*(lane.run() for lane in lanes), transport.run(), doors.run(), tell())
    bench.witness.leave()
    bench.report_times()
    unusable = "".join(f"; {name} can't be generated: {why}" for name, why in repertoire.unusable.items())
    unexplained = f"; {bench.unexplained} exchanges did not add up, once only" if bench.unexplained else ""
    return figures() + unexplained + unusable
