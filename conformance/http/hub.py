"""Where every exchange of the HTTP layer comes together: judged, counted, remembered, and findings kept once.

Called from Schemathesis' thread and from the worker's; a lock keeps them apart. Knows nothing of how requests come
about.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from schemathesis.core.failures import Failure

from conformance.contract.http import HttpContract
from conformance.coverage import Coverage
from conformance.http.exchange import Exchange, Finding
from conformance.http.failures import WIRE_DECIDES, finding_of
from conformance.http.judge import Judge
from conformance.http.sender import Sender
from conformance.http.world import World

REMEMBERED = 4_000
MOST_DETAILS = 6
"""Findings of one rule at one operation that are told apart; one defect easily shows at twenty places."""

THROWAWAY = "kit.as-throwaway"


class Hub:
    """The memory of a run."""

    def __init__(self, contract: HttpContract, judge: Judge) -> None:
        self.coverage = Coverage()
        self.sender: Sender | None = None
        self.world: World | None = None
        self.recent: OrderedDict[int, Exchange] = OrderedDict()
        self.times: dict[tuple[str, str, str, str], int] = {}
        self._contract = contract
        self._judge = judge
        self._lock = threading.RLock()
        self._new: list[Finding] = []
        self._by_case: OrderedDict[str, Exchange] = OrderedDict()
        self._count = 0
        self._is_logging_in = threading.local()

    def on_exchange(self, exchange: Exchange, case_id: str = "") -> None:
        """Judge an exchange, count it, and keep it for chains."""
        with self._lock:
            self._count += 1
            self.recent[self._count] = exchange
            if case_id:
                self._by_case[case_id] = exchange
            for memory in (self.recent, self._by_case):
                while len(memory) > REMEMBERED:
                    memory.popitem(last=False)
            self._cover(exchange)
            for finding in self._judge.findings(exchange):
                self.add(finding)
        self._check_token(exchange)

    def on_failure(self, failure: Failure, case_ids: Iterable[str]) -> None:
        """Take a failure of Schemathesis, with the cases that led to it."""
        with self._lock:
            chain = tuple(self._by_case[each] for each in case_ids if each in self._by_case)
            if not chain:
                return
            finding = finding_of(failure, self._contract, chain)
            rules = {each.rule for each in self._judge.findings(chain[-1])}
            if finding.rule in rules or finding.rule in WIRE_DECIDES:
                return  # told already, more exactly; or not so, by what was really sent
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Keep a finding, unless it is known."""
        with self._lock:
            if finding.key in self.times:
                self.times[finding.key] += 1
                return
            same = [key for key in self.times if key[:2] == finding.key[:2]]
            if len(same) >= MOST_DETAILS:
                self.times[same[0]] += 1
                return
            self.times[finding.key] = 1
            self._new.append(finding)

    def take(self) -> list[Finding]:
        """Return the findings that are new since the last call, and count them as told."""
        with self._lock:
            if self.world is not None:
                for finding in self.world.findings:
                    self.add(finding)
                self.world.findings.clear()
            new, self._new = self._new, []
            return new

    def take_coverage(self) -> Coverage:
        """Return what was counted since the last call."""
        with self._lock:
            taken, self.coverage = self.coverage, Coverage()
            return taken

    def _cover(self, exchange: Exchange) -> None:
        self.coverage.counts["requests"] += 1
        operation = self._contract.operation_at(exchange.sent.method, exchange.sent.path)
        if operation is not None and exchange.status:
            self.coverage.statuses[f"{operation.id} {exchange.status}"] += 1
        body = exchange.value if exchange.status >= 400 else None
        if isinstance(body, dict) and isinstance(body.get("code"), str):
            self.coverage.errors[f"{body['code']} http"] += 1

    def _check_token(self, exchange: Exchange) -> None:
        """Log in again after 401; a token that was given out a moment ago has to do."""
        token = exchange.written.token
        operation = self._contract.operation_at(exchange.sent.method, exchange.sent.path)
        if exchange.status != 401 or not token.startswith("kit.as-") or token == THROWAWAY or operation is None:
            return
        if not operation.secured or self.world is None or self.sender is None or not exchange.sent.token:
            return
        if getattr(self._is_logging_in, "now", False) or not self.world.log_in_again(token):
            return
        self._is_logging_in.now = True
        try:
            again = self.sender.ask(exchange.written)
        finally:
            self._is_logging_in.now = False
        if again.status == 401:
            got = f"401 {again.body[:200].decode('utf-8', 'replace')}"
            others = [int(status) for status in operation.responses if status.isdigit() and status != "401"]
            pointer = f"openapi{operation.pointer}/security"
            expected = "anything but 401 with a new token"
            check = {"status": sorted(others)}
            self.add(Finding("http-refused-token", operation.id, pointer, "", expected, got, (again,), check))
