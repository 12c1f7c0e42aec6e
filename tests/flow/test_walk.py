"""The walk of a stranger (conformance/walk.py) ends well against a server with default settings, ill against another.

It runs as its own process, as anybody would run it; that it names every operation of the contract is checked here.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tests.harness.contract import PROJECT_ROOT, load_contract
from tests.harness.server import GoChatServer

StartServer = Callable[..., GoChatServer]

WALK = PROJECT_ROOT / "conformance" / "walk.py"
TIMEOUT_S = 120  # ten of them for a friend to go offline
DEFAULTS = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None, "GOCHAT_PRESENCE_GRACE_S": None}
OF_THE_SERVER = {"500", "503"}
"""Answers that no client can bring about."""

NOT_OF_A_ROW = {"429"}
"""Only one of the operations under the limit of logins is brought over it."""


def _walk(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(WALK), url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )


def test_every_step_ends_well_against_default_settings(start_server: StartServer) -> None:
    ended = _walk(start_server(**DEFAULTS).url)
    *lines, summary = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stdout
    assert summary == f"{len(lines)} steps, 0 failed"
    assert all(line.startswith("ok   ") for line in lines)
    for path, operations in load_contract().openapi["paths"].items():
        for method, operation in operations.items():
            for status in set(operation["responses"]) - OF_THE_SERVER - NOT_OF_A_ROW:
                step = f"ok   {method.upper()} {path} {status}"
                assert any(f"{line} ".startswith(f"{step} ") for line in lines), f"not walked: {step}"


def test_a_server_that_does_otherwise_fails_the_walk(start_server: StartServer) -> None:
    limits = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None}
    server = start_server(**limits, GOCHAT_MAX_FRAME_BYTES=2048)  # the longest content does not get through
    ended = _walk(server.url)
    assert ended.returncode == 1, ended.stdout
    assert "FAIL POST /conversations/{conversationId}/messages 201  (the longest content): got 413" in ended.stdout
    summary = ended.stdout.splitlines()[-1]
    assert summary.endswith(" failed")
    assert not summary.endswith(" 0 failed")


def test_no_server_at_all_is_said_in_one_line() -> None:
    ended = _walk("http://127.0.0.1:9")
    assert ended.returncode == 2
    assert ended.stdout.startswith("walk: nobody answers at http://127.0.0.1:9")
    assert len(ended.stdout.splitlines()) == 1
