"""The WebSocket transport passes the Autobahn cases, strictly.

The cases run against echo_server.py, which mounts the product's own transport. Not run: 12.* and 13.*, which are about
compression; the server negotiates none.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kosoku import FailureError, run_fuzzingclient

if TYPE_CHECKING:
    from kosoku._kosoku import CaseResult

CHECKOUT = Path(__file__).resolve().parents[2]
CASES = 301
COMPRESSION = ["12.*", "13.*"]
TIMEOUT_S = 240
INFORMATIONAL = {
    "7.1.6": "whether a message before a close is answered is left to the server",
    "7.13.1": "RFC 6455 leaves close code 5000 undefined",
    "7.13.2": "RFC 6455 leaves close code 65535 undefined",
}
"""Cases in which every behaviour is right, so that there is no OK to get."""


@pytest.fixture
def echo_url() -> Iterator[str]:
    """A running echo server's address."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.spec.echo_server"],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("gochat: listening on http://"), line
        yield line.split()[-1].replace("http", "ws", 1) + "/ws"
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=10)
    assert "Traceback" not in said, said


def run_cases(url: str) -> list[CaseResult]:
    """Runs all cases but those about compression, one after the other."""

    async def run() -> list[CaseResult]:
        try:
            return await asyncio.wait_for(run_fuzzingclient(url, exclude_cases=COMPRESSION), TIMEOUT_S)
        except FailureError as failure:
            return list(failure.results)

    return asyncio.run(run())


def shown(result: CaseResult) -> str:
    """Returns a line about a case that is not OK."""
    why = INFORMATIONAL.get(result.case_id, " ".join(result.expectation.split()))
    return f"{result.case_id:8} {result.behavior.value:14} {result.behavior_close.value:14} {result.result} ({why})"


def is_expected(result: CaseResult) -> bool:
    """Whether the case is OK, or nothing but informational."""
    wanted = "INFORMATIONAL" if result.case_id in INFORMATIONAL else "OK"
    return result.behavior.value == wanted and result.behavior_close.value == wanted


def test_transport_passes_the_autobahn_cases_strictly(echo_url: str) -> None:
    results = run_cases(echo_url)
    others = [result for result in results if result.behavior.value != "OK" or result.behavior_close.value != "OK"]
    table = "\n".join(map(shown, others))
    print(f"{len(results)} cases, {len(results) - len(others)} OK, the others:\n{table}")
    assert len(results) == CASES
    unexpected = [result for result in results if not is_expected(result)]
    assert not unexpected, "\n" + "\n".join(map(shown, unexpected))
