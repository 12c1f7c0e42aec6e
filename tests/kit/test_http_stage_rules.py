"""Every rule of the HTTP layer fires on a shop with the defect that it is about, and none on a right one.

The stage runs as it runs in the kit, worker process and all, against a server that has nothing to do with a chat.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from schemathesis.openapi.checks import ObjectLevelAuthorizationViolation

from conformance.contract.http import read_http_contract
from conformance.http.exchange import Exchange, Sent
from conformance.http.failures import finding_of
from conformance.http.rules import RULES
from conformance.replay.runner import replay
from tests.kit.http_stage_run import StageRun
from tests.kit.http_stage_shop import DOCUMENT, running_shop

pytestmark = pytest.mark.long  # minutes of real servers and real waiting: `tox -e kit`

CONTRACT = read_http_contract(DOCUMENT)
LONGEST_S = 90.0
"""Until a defect has to be found; most are within three seconds, and the machine may be busy."""

CLEAN_S = 25.0

DEFECTS = {
    "status not declared": "http-undeclared-status",
    "crash at the edge": "http-server-error",
    "no answer": "http-no-answer",
    "another content type": "http-answer-type",
    "header missing": "http-answer-header",
    "header invalid": "http-answer-header",
    "id as a number": "http-answer-body",
    "write-only shown": "http-second-opinion",
    "code of another status": "http-error-code",
    "unknown property accepted": "http-accepted-invalid",
    "unknown parameter accepted": "http-accepted-invalid",
    "bound not checked": "http-accepted-invalid",
    "valid refused": "http-refused-valid",
    "refused in words": "http-refused-valid",
    "no token needed": "http-ignored-auth",
    "any token will do": "http-ignored-auth",
    "token refused": "http-refused-token",
    "other methods succeed": "http-unsupported-method",
    "other methods not found": "http-unsupported-method",
    "no Allow": "http-unsupported-method",
    "wrong Allow": "http-allow-header",
    "header not needed": "http-missing-header-accepted",
    "deleted and there": "http-use-after-delete",
    "created and lost": "http-lost-resource",
    "nobody registers": "http-setup",
}
"""The rule that each defect of the shop breaks."""


def test_a_right_shop_breaks_no_rule() -> None:
    with running_shop() as url:
        runner = StageRun(url, CONTRACT, CLEAN_S)
        summary = runner.work()
    assert runner.found == [], runner.told()
    assert "7 of 7 operations" in summary
    assert runner.coverage.counts["requests"] > 100
    assert {"createItem 201", "createItem 400", "createItem 401", "deleteItem 200"} <= set(runner.coverage.statuses)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found(defect: str) -> None:
    rule = DEFECTS[defect]
    with running_shop(defect) as url:
        runner = StageRun(url, CONTRACT, LONGEST_S, until=rule)
        runner.work()
        found = runner.of(rule)
        assert found is not None, runner.told()
        assert found.trace is not None
        outcome = asyncio.run(replay(found.trace, url))
    assert outcome.reproduced, outcome.got
    with running_shop() as url:
        outcome = asyncio.run(replay(found.trace, url))
    assert not outcome.reproduced, f"the trace calls a right server wrong, too: {outcome.got} {found.trace.to_json()}"


def test_every_other_failure_of_schemathesis_is_kept() -> None:
    sent = Sent("GET", "/v1/items/abc")
    failure = ObjectLevelAuthorizationViolation(
        operation="GET /items/{itemId}",
        message="bob reads what alice made",
        owner="alice",
        peer="bob",
        owner_case_id="c2",
    )
    finding = finding_of(failure, CONTRACT, (Exchange(sent, sent, 200, {}, b"{}"),))
    assert (finding.rule, finding.subject) == ("http-other-check", "getItem")
    assert "bob reads what alice made" in finding.got


def test_every_rule_has_a_defect() -> None:
    assert set(DEFECTS.values()) | {"http-other-check"} == set(RULES)


def test_fail_fast_ends_with_the_first_finding() -> None:
    with running_shop("id as a number") as url:
        runner = StageRun(url, CONTRACT, LONGEST_S, fail_fast=True)
        began = time.monotonic()
        runner.work()
    assert [violation.rule for violation in runner.found] == ["http-answer-body"]
    assert time.monotonic() - began < LONGEST_S / 2


def test_a_stage_without_time_does_nothing() -> None:
    with running_shop() as url:
        runner = StageRun(url, CONTRACT, 0.5)
        assert runner.work() == "no time left"
    assert not runner.coverage.counts["requests"]


def test_operations_that_nobody_wants_are_left_out() -> None:
    with running_shop("header missing") as url:
        runner = StageRun(url, CONTRACT, 10.0)
        runner.run.skip = frozenset({"listItems"})
        runner.work()
    assert runner.found == []
    assert not any(name.startswith("listItems ") for name in runner.coverage.statuses)
