"""The whole circle with each kind of step and check: log, trace, replay, script, shrinking, on wrong and right servers.

The wrong server has one defect; the right ones are the same little server without it, and GoChat.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.replay.runner import replay
from conformance.replay.script import write_script
from conformance.replay.shrink import shrink_trace
from conformance.trace import Trace
from conformance.violation import Violation
from tests.harness.server import GoChatServer
from tests.kit.replay_server import DEFECTS, little_server
from tests.kit.replay_stories import STORIES, Story, record, socket_contract

pytestmark = pytest.mark.long  # minutes of real servers and real waiting: `tox -e kit`

SCRIPT_TIMEOUT_S = 60


@pytest.fixture(scope="module")
def right() -> Iterator[str]:
    with little_server() as url:
        yield url


@pytest.fixture(params=STORIES, ids=lambda story: story.name)
def story(request: pytest.FixtureRequest) -> Story:
    found: Story = request.param
    return found


@pytest.fixture
def wrong(story: Story) -> Iterator[str]:
    with little_server(story.defect) as url:
        yield url


@pytest.fixture
def trace(story: Story, wrong: str) -> Trace:
    """The story's, through JSON as it is kept in a file."""
    return Trace.from_json(json.loads(json.dumps(asyncio.run(record(story, wrong)).to_json())))


def test_a_trace_shows_on_the_wrong_server_and_not_on_right_ones(
    story: Story, trace: Trace, wrong: str, right: str, server: GoChatServer
) -> None:
    seen = asyncio.run(replay(trace, wrong, socket_contract()))
    assert seen.reproduced, seen.got
    assert seen.got.startswith(story.got)
    assert seen.log
    for url in (right, server.url):
        outcome = asyncio.run(replay(trace, url))
        assert not outcome.reproduced, outcome.got
        assert "can't" not in outcome.got, "the steps could not even be done"
        assert outcome.sort == ""


def test_a_script_says_the_same_by_its_exit_status(
    story: Story, trace: Trace, wrong: str, right: str, tmp_path: Path
) -> None:
    violation = Violation(
        "a-rule", "send-message", "asyncapi#/operations/sendMessage", "what is right", "wrong", trace=trace
    )
    script = tmp_path / "script.py"
    script.write_text(write_script(violation), encoding="utf-8")
    for url, status, begins in ((wrong, 1, "VIOLATION: expected what is right, got "), (right, 0, "not reproduced: ")):
        run = subprocess.run(
            [sys.executable, str(script), url],
            capture_output=True,
            encoding="utf-8",
            timeout=SCRIPT_TIMEOUT_S,
            check=False,
        )
        last = run.stdout.splitlines()[-1] if run.stdout else run.stderr
        assert (run.returncode, last[: len(begins)]) == (status, begins), run.stdout + run.stderr
        assert run.stderr == ""
        assert "needs a value" not in last, "the steps could not even be done"


def test_a_trace_gets_as_small_as_it_can(story: Story, trace: Trace, wrong: str, right: str) -> None:
    deadline = time.monotonic() + 60
    shrunk = asyncio.run(shrink_trace(trace, wrong, socket_contract(), deadline=deadline, attempts=150))
    assert shrunk.reproduced
    assert shrunk.is_done
    small = shrunk.trace
    steps = sum(len(step["steps"]) if step["step"] == "together" else 1 for step in small.steps)
    assert (steps, small.frames, small.connections) == story.smallest, json.dumps(small.to_json(), indent=1)
    again = asyncio.run(replay(small, wrong))
    assert again.reproduced, again.got
    assert not asyncio.run(replay(small, right)).reproduced, "what is left shows nothing any more"


def test_every_defect_has_a_story() -> None:
    assert {story.defect for story in STORIES} == set(DEFECTS)
