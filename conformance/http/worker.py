"""The process that does the HTTP layer's work: a job on stdin, JSON lines on stdout.

First the tour, then Schemathesis until the time is over; findings are shrunk as they come and written out at once.
Lines hold one of `violation`, `coverage`, `progress`, `done`. Ends by itself in time; ends early when stdin is
closed.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

from conformance.contract.http import HttpContract, read_http_contract
from conformance.http.exchange import Finding
from conformance.http.fuzz import SETTLES_WITHIN_S, run_schemathesis
from conformance.http.hub import Hub
from conformance.http.judge import Judge
from conformance.http.rules import RULES
from conformance.http.sender import Sender
from conformance.http.shrink import shrunk
from conformance.http.tour import rushed, tour
from conformance.http.traces import trace_of, with_causes
from conformance.http.world import World
from conformance.violation import Violation
from conformance.wire.addresses import Addresses

NICENESS = 5
TOUR_SHARE = 0.5
SHRINK_SHARE = 0.25
SHRINK_ONE_S = 2.0
SHRUNK_OF_A_RULE = 3
"""One defect easily shows at twenty operations; the first few are made small."""

LEAST_FOR_SCHEMATHESIS_S = 3.0
TOLD_EVERY_S = 1.0
MOST_IN_A_RUSH = 200
"""A higher limit is not worth the requests that it takes to meet it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the stage asks for; goes over stdin as JSON.

    Attributes:
        document: The OpenAPI document, with local references only.
        base_url: `http://HOST:PORT`.
        ends_at: When to be over, Unix seconds: starting Python takes a while on a busy machine.
        max_body_bytes: The server's limit for a body, 0 when there is none.
        logins_per_min: The server's limit for an address, 0 when there is none.
        first_address: Where to begin with local addresses.
        skip: Ids of operations to leave out; the set-up uses them all the same.
        fail_fast: End with the first finding, as it is.
    """

    document: dict[str, Any]
    base_url: str
    seed: int
    ends_at: float
    max_body_bytes: int = 65_536
    logins_per_min: int = 60
    first_address: int = 0
    skip: list[str] = field(default_factory=list)
    fail_fast: bool = False


class Worker:
    """One job."""

    def __init__(self, job: Job, out: TextIO) -> None:
        self._job = job
        self._out = out
        self._out_lock = threading.Lock()
        self._seconds = max(0.0, job.ends_at - time.time())
        self._deadline = time.monotonic() + self._seconds
        self._contract: HttpContract = read_http_contract(job.document)
        judge = Judge(self._contract, job.max_body_bytes)
        self._judge = judge
        self._hub = Hub(self._contract, judge)
        self._sender = Sender(
            job.base_url, self._contract, Addresses(job.base_url, job.first_address), self._hub.on_exchange
        )
        self._world = World(self._contract, self._sender)
        self._sender.world = self._world
        self._hub.world, self._hub.sender = self._world, self._sender
        self._pending: list[Finding] = []
        self._wrong: list[str] = []
        self._told = 0
        self._is_over = threading.Lock()
        self._of_rule: Counter[str] = Counter()
        self._shrinking_s = 0.0
        self._told_at = 0.0
        self._requests = 0
        self.ended = threading.Event()

    def work(self) -> None:
        """Do the job."""
        people = self._world.people
        skip = set(self._job.skip)
        self._world.prepare()
        tour_deadline = time.monotonic() + self._seconds * TOUR_SHARE
        for sent in tour(self._contract, people, self._job.max_body_bytes, self._job.seed, skip):
            if time.monotonic() > tour_deadline or not self._goes_on("tour"):
                break
            self._sender.ask(sent)
        limited = rushed(self._contract, skip)
        if limited and 0 < self._job.logins_per_min <= MOST_IN_A_RUSH and time.monotonic() < tour_deadline:
            self._sender.burst(limited, self._job.logins_per_min + 10)
        left_s = self._deadline - time.monotonic() - SETTLES_WITHIN_S
        if self._goes_on("tour") and left_s >= LEAST_FOR_SCHEMATHESIS_S:
            self._wrong = run_schemathesis(
                self._contract,
                self._sender,
                self._job.base_url,
                seed=self._job.seed,
                seconds=left_s,
                people=people,
                skip=skip,
                on_failure=self._hub.on_failure,
                on_progress=self._goes_on,
            )

    def finish(self) -> None:
        """Tell what is left to tell, at the end of the work or, where that is late, of the time."""
        if not self._is_over.acquire(blocking=False):
            return
        self._tell_findings()
        self._tell_coverage()
        self._write({"done": {"requests": self._requests, "wrong": self._wrong, "again": self._seen_again()}})

    @property
    def seconds_left(self) -> float:
        """How long it may still work."""
        return max(0.0, self._deadline - time.monotonic())

    def _goes_on(self, part: str) -> bool:
        """Tell what is new, and say whether there is more to do."""
        self._tell_findings()
        if time.monotonic() - self._told_at > TOLD_EVERY_S:
            self._told_at = time.monotonic()
            self._tell_coverage()
            self._write({"progress": f"{part}: {self._requests:,} requests"})
        if self._job.fail_fast and self._told:
            return False
        return not self.ended.is_set() and time.monotonic() < self._deadline

    def _tell_findings(self) -> None:
        # What is in hand stays in the list until it is told, so that nothing is lost when the time is over meanwhile.
        self._pending += self._hub.take()
        for finding in list(self._pending):
            if not (self._job.fail_fast and self._told):
                self._write({"violation": self._violation(finding).to_json()})
                self._told += 1
            if finding in self._pending:
                self._pending.remove(finding)

    def _violation(self, finding: Finding) -> Violation:
        if not self._job.fail_fast:
            finding = self._shrunk(finding)
        exchanges = with_causes(finding.exchanges, list(self._hub.recent.values()))
        finding = replace(finding, exchanges=exchanges)
        title = f"{RULES[finding.rule].title}: {finding.subject}"
        return Violation(
            finding.rule,
            finding.subject,
            finding.pointer,
            finding.expected,
            finding.got,
            finding.detail,
            trace_of(finding, self._world, title),
            narrative=tuple(_told(each.written.method, each.written.path, each.status) for each in exchanges),
        )

    def _shrunk(self, finding: Finding) -> Finding:
        now = time.monotonic()
        left_s = min(SHRINK_ONE_S, self._seconds * SHRINK_SHARE - self._shrinking_s, self._deadline - now)
        self._of_rule[finding.rule] += 1
        if len(finding.exchanges) != 1 or left_s <= 0 or self._of_rule[finding.rule] > SHRUNK_OF_A_RULE:
            return finding
        smaller = shrunk(
            finding,
            self._contract,
            lambda sent: self._sender.ask(sent, is_judged=False),
            self._judge.findings,
            now + left_s,
        )
        self._shrinking_s += time.monotonic() - now
        return smaller

    def _seen_again(self) -> int:
        return sum(times - 1 for times in self._hub.times.values())

    def _tell_coverage(self) -> None:
        coverage = self._hub.take_coverage()
        self._requests += coverage.counts["requests"]
        self._write({"coverage": coverage.to_json()})

    def _write(self, line: dict[str, Any]) -> None:
        with self._out_lock:
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()


def _told(method: str, path: str, status: int) -> str:
    return f"{method} {path[:120]} is answered with {status or 'nothing'}"


def main() -> None:
    """Read the job, do it, and end."""
    # Whatever a library prints goes to stderr; stdout has our lines only.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.nice(NICENESS)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    worker = Worker(Job(**json.loads(sys.stdin.readline())), out)

    def end_with_stdin() -> None:
        sys.stdin.read()
        worker.ended.set()

    def end_in_time() -> None:
        worker.finish()
        os._exit(0)  # Schemathesis' thread may be anywhere

    threading.Thread(target=end_with_stdin, daemon=True).start()
    timer = threading.Timer(worker.seconds_left, end_in_time)
    timer.daemon = True
    timer.start()
    worker.work()
    end_in_time()


if __name__ == "__main__":
    main()
