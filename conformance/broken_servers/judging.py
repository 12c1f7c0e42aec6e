"""Lets a conformance kit judge broken servers: a fresh server and a process of the kit for each server and seed.

Knows of the kit what its command line promises: exit status 0 clean, 1 violations, 2 cannot run, and report.json in the
report directory. What the verdicts add up to is for `conformance.broken_servers.tally`.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.broken_servers.catalogue import CHECKOUT, BrokenServer, CatalogueError
from conformance.broken_servers.serve import ServerFailed, running, stop

DEFAULT_COMMAND = (
    "{python} -m gochat conform {url} --openapi {openapi} --asyncapi {asyncapi}"
    " --budget {budget} --seed {seed} --fail-fast --quiet --report {report}"
)
KILLED, SURVIVED, FAILED = "killed", "survived", "error"
VERDICTS = {0: SURVIVED, 1: KILLED}
GRACE_S = 60.0
"""How much longer than twice its budget a kit may take before it counts as hung."""

POLL_S = 0.1
MAX_FINDINGS = 5
OUTPUT_CHARS = 600


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the kit said of one server under one seed.

    Attributes:
        verdict: killed, survived or error (the kit or the server could not run).
        seconds: From the start of the kit's process to its end.
        findings: The first violations that it reported: rule and subject.
        note: Why it is an error; else "".
        digest: Of the server's edits, so that an older judgement is not taken for one of a changed server.
    """

    server: str
    seed: int
    verdict: str
    seconds: float
    findings: tuple[str, ...]
    note: str
    digest: str


@dataclass(frozen=True, slots=True)
class Kit:
    """How to run the kit.

    Attributes:
        command: Template with {python} {url} {openapi} {asyncapi} {budget} {seed} {report}.
        budget: As the kit takes it: 60s, 2m.
    """

    command: str
    budget: str

    @property
    def timeout_s(self) -> float:
        """After this a kit is hung."""
        return 2 * budget_seconds(self.budget) + GRACE_S


def budget_seconds(text: str) -> float:
    """Return the seconds of `60`, `60s` or `2m`; raises ValueError for anything else."""
    units = {"s": 1.0, "m": 60.0}
    return float(text[:-1]) * units[text[-1]] if text and text[-1] in units else float(text)


def digest(server: BrokenServer) -> str:
    """Return twelve hex digits that change with the server's edits."""
    text = json.dumps([asdict(edit) for edit in server.edits])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def judge_all(pairs: Sequence[tuple[BrokenServer, int]], kit: Kit, jobs: int) -> Iterator[Judgement]:
    """Yield a judgement for each pair of server and seed as it comes, `jobs` at once.

    When the caller stops iterating, the processes that run are ended.
    """
    stopping = threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        waiting: set[Future[Judgement]] = {pool.submit(_judge, server, seed, kit, stopping) for server, seed in pairs}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            stopping.set()
            pool.shutdown(cancel_futures=True)


def _judge(server: BrokenServer, seed: int, kit: Kit, stopping: threading.Event) -> Judgement:
    try:
        with running(server) as url, tempfile.TemporaryDirectory(prefix="gochat-report-") as report:
            started = time.monotonic()
            status, output = _run(kit, url, seed, Path(report), stopping)
            seconds = round(time.monotonic() - started, 1)
            findings = _findings(Path(report))
    except (ServerFailed, CatalogueError) as error:
        return Judgement(server.name, seed, FAILED, 0.0, (), str(error), digest(server))
    verdict = VERDICTS.get(status, FAILED)
    note = "" if verdict != FAILED else f"exit status {status}: {output.strip()[-OUTPUT_CHARS:]}"
    return Judgement(server.name, seed, verdict, seconds, findings, note, digest(server))


def _run(kit: Kit, url: str, seed: int, report: Path, stopping: threading.Event) -> tuple[int, str]:
    """Run the kit once; return its exit status, -1 when it hung or was stopped, and the end of its output."""
    values = {
        "python": sys.executable,
        "url": url,
        "openapi": str(CHECKOUT / "generated" / "openapi.yaml"),
        "asyncapi": str(CHECKOUT / "generated" / "asyncapi.yaml"),
        "budget": kit.budget,
        "seed": str(seed),
        "report": str(report),
    }
    command = [part.format(**values) for part in shlex.split(kit.command)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        until = time.monotonic() + kit.timeout_s
        try:
            while process.poll() is None and time.monotonic() < until and not stopping.is_set():
                time.sleep(POLL_S)
            status, reason = process.poll(), ""
            if status is None:
                status, reason = -1, " stopped" if stopping.is_set() else f" no end within {kit.timeout_s:g} s"
        finally:
            stop(process)
        output.seek(0)
        return status, output.read().decode("utf-8", "replace") + reason


def _findings(report: Path) -> tuple[str, ...]:
    try:
        violations: Any = json.loads((report / "report.json").read_text(encoding="utf-8"))["violations"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    named = [f"{each.get('rule') or each.get('kind')} {each.get('subject', '')}".strip() for each in violations]
    return tuple(dict.fromkeys(named))[:MAX_FINDINGS]
