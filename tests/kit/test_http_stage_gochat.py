"""The HTTP stage against GoChat with its default limits: silent on the right server, not on copies with a defect."""

from __future__ import annotations

import asyncio
import time

import pytest

from conformance.contract.http import read_http_contract
from conformance.contract.load import load_contract
from conformance.replay.runner import replay
from tests.harness.server import running_server
from tests.kit.http_stage_copies import DEFECTS, ROOT, running_copy
from tests.kit.http_stage_run import StageRun

pytestmark = pytest.mark.long  # minutes of real servers and real waiting: `tox -e kit`

CONTRACT = read_http_contract(load_contract(str(ROOT / "generated" / "openapi.yaml"), "openapi"))
CLEAN_S = 20.0
LONGEST_S = 90.0
OVERTIME_S = 3.0

DEFAULTS = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None, "GOCHAT_PRESENCE_GRACE_S": None}
"""Takes the settings of the tests away."""


def test_the_right_server_breaks_no_rule() -> None:
    with running_server(DEFAULTS) as server:
        began = time.monotonic()
        run = StageRun(server.url, CONTRACT, CLEAN_S)
        summary = run.work()
        took_s = time.monotonic() - began
    print(summary)
    assert run.found == [], run.told()
    assert "Schemathesis:" not in summary, summary
    assert took_s < CLEAN_S + OVERTIME_S
    succeeded = {name.split(" ")[0] for name in run.coverage.statuses if name.split(" ")[1].startswith("2")}
    assert succeeded == set(CONTRACT.operations)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_copy_with_a_defect_is_found_wrong(name: str) -> None:
    defect = DEFECTS[name]
    with running_copy(defect) as url:
        run = StageRun(url, CONTRACT, LONGEST_S, until=defect.rule)
        run.work()
        found = [violation for violation in run.found if violation.rule == defect.rule]
        assert found, run.told()
        trace = found[0].trace
        assert trace is not None
        outcome = asyncio.run(replay(trace, url))
    assert outcome.reproduced, outcome.got
    with running_server(DEFAULTS) as server:
        outcome = asyncio.run(replay(trace, server.url))
    assert not outcome.reproduced, f"the trace calls the right server wrong, too: {outcome.got} {trace.to_json()}"
