"""The HTTP stage: runs the worker, takes in what it finds, and shows each violation again by its trace.

Schemathesis is synchronous and wants a processor of its own, so it works in another process; here lines are read
only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from conformance.contract.http import HttpContract
from conformance.coverage import Coverage
from conformance.http.worker import Job
from conformance.replay.runner import replay
from conformance.stage import Run
from conformance.violation import Violation, from_json

LONGEST_LINE = 64 * 2**20
GRACE_S = 2.0
"""How long the worker may take to end after its time; it is killed then."""

RESERVE_S = 1.0
"""Of the time that is left, for the worker's last lines."""

REPLAY_LIMIT_S = 10.0
OVERTIME_S = 20.0
"""How long the replays that are still to do may take after the time."""

REPLAYED_OF_A_RULE = 3
"""A replay makes accounts and logs in, which costs a server more than all the rest."""

FIRST_ADDRESS = 6_000_000
ADDRESSES_A_PROCESS = 200


async def run_http(run: Run) -> str:
    """Run the stage until the run's time is over.

    Returns:
        One line of figures.
    """
    if run.http is None:
        return "no OpenAPI document"
    left_out = [name for name in run.http.operations if not run.wants("http", name)]
    if len(left_out) == len(run.http.operations):
        return "none of its operations is asked for"
    seconds = run.seconds_left - RESERVE_S
    if seconds <= 0:
        return "no time left"
    job = Job(
        run.http.document,
        run.base_url,
        run.seed,
        time.time() + seconds,
        run.socket.limits.max_frame_bytes,
        int(run.socket.limits.logins_per_min),
        FIRST_ADDRESS + os.getpid() % 30_000 * ADDRESSES_A_PROCESS,
        left_out,
        run.fail_fast,
    )
    return await _Stage(run, run.http).work(job)


class _Stage:
    """One run of the worker."""

    def __init__(self, run: Run, contract: HttpContract) -> None:
        self._run = run
        self._contract = contract
        self._seen = Coverage()
        self._keys: set[str] = set()
        self._of_rule: Counter[str] = Counter()
        self._replays: set[asyncio.Task[None]] = set()
        self._one_replay = asyncio.Semaphore(1)
        self._done: dict[str, Any] | None = None

    async def work(self, job: Job) -> str:
        """Start the worker, read what it says, and end it."""
        with tempfile.TemporaryDirectory(prefix="gochat-conform-") as directory:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "conformance.http.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=directory,
                env=_environment(),
                limit=LONGEST_LINE,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            errors = asyncio.create_task(_last_lines(process.stderr))
            watching = asyncio.create_task(self._end_in_time(process))
            try:
                process.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
                with contextlib.suppress(ConnectionError):
                    await process.stdin.drain()
                async for line in process.stdout:
                    self._take(json.loads(line))
                await process.wait()
            finally:
                watching.cancel()
                if process.returncode is None:
                    process.kill()
                    await process.wait()
                said = await errors
                await self._end_replays()
        return self._summary(process.returncode, said)

    def _take(self, line: dict[str, Any]) -> None:
        if "violation" in line:
            self._found(from_json(line["violation"]))
        elif "coverage" in line:
            seen = Coverage.from_json(line["coverage"])
            self._run.coverage.add(seen)
            self._seen.add(seen)
        elif "progress" in line:
            self._run.progress("http", line["progress"])
        elif "done" in line:
            self._done = line["done"]

    def _found(self, violation: Violation) -> None:
        if not self._run.wants("http", violation.subject):
            return
        self._keys.add(violation.key)
        self._of_rule[violation.rule] += 1
        is_known = self._of_rule[violation.rule] > REPLAYED_OF_A_RULE
        if self._run.fail_fast or violation.trace is None or is_known:
            self._run.report(violation)
            return
        task = asyncio.create_task(self._show_again(violation))
        self._replays.add(task)
        task.add_done_callback(self._replays.discard)

    async def _show_again(self, violation: Violation) -> None:
        """Repeat a violation by its trace, and report it with what came of that."""
        assert violation.trace is not None
        try:
            async with self._one_replay, asyncio.timeout(REPLAY_LIMIT_S):
                outcome = await replay(violation.trace, self._run.base_url)
        except (TimeoutError, asyncio.CancelledError):
            self._run.report(violation)
            return
        self._run.report(replace(violation, reproduced=outcome.reproduced, log=outcome.log))

    async def _end_replays(self) -> None:
        if self._replays:
            _, late = await asyncio.wait(self._replays, timeout=OVERTIME_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _end_in_time(self, process: asyncio.subprocess.Process) -> None:
        """Close the worker's stdin when the run ends early, and kill it when it does not end in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._run.seconds_left):
                await self._run.ended.wait()
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.sleep(GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    def _summary(self, code: int | None, said: str) -> str:
        requests = self._seen.counts["requests"]
        operations = {name.split(" ")[0] for name in self._seen.statuses}
        reached = len(operations & set(self._contract.operations))
        declared = len(self._contract.operations)
        text = f"{requests:,} requests, {reached} of {declared} operations, {len(self._keys)} violations"
        if self._done is None:
            return f"{text}; the worker stopped early (exit code {code}): {said or 'it was too slow to end'}"
        if self._done["wrong"]:
            return f"{text}; Schemathesis: {'; '.join(self._done['wrong'][:3])}"
        return text


def _environment() -> dict[str, str]:
    """Return the environment with this package on the path and without settings of Schemathesis and Hypothesis."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCHEMATHESIS_", "HYPOTHESIS_"))}
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


async def _last_lines(stream: asyncio.StreamReader) -> str:
    """Return the last line that was written, reading all of them, so that the writer is never held up."""
    last = ""
    while chunk := await stream.read(65_536):
        lines = [line for line in (last + chunk.decode("utf-8", "replace")).splitlines() if line.strip()]
        last = lines[-1][-500:] if lines else ""
    return last
