"""The generic layer on GoChat itself: silent, fast, and through with everything that its contract declares."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import conformance.generic
from conformance.generic import lane
from tests.harness.server import GoChatServer
from tests.kit.generic_run import Findings, contract_of, run_layer

pytestmark = pytest.mark.long  # minutes of real servers and real waiting: `tox -e kit`

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENT = CHECKOUT / "generated" / "asyncapi.yaml"

DEFAULTS = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None, "GOCHAT_PRESENCE_GRACE_S": None}
"""The server as it starts without settings, limits and all."""

WEBSOCKET_WORDS = {"ping", "pong", "error"}
"""Names of GoChat's frames that are words of RFC 6455 or of everybody as well."""

StartServer = Callable[..., GoChatServer]


def explore(server: GoChatServer, seconds: float, **options: Any) -> Findings:
    """Run the layer on GoChat with guests, who know the world chat."""
    with httpx.Client(base_url=f"{server.url}/api", trust_env=False, timeout=20) as http:

        def log_in() -> dict[str, str]:
            return {"token": http.post("/auth/guest", json={}).json()["data"]["accessToken"]}

        async def guest() -> dict[str, str]:
            return await asyncio.to_thread(log_in)

        head = {"Authorization": f"Bearer {log_in()['token']}"}
        listed = http.get("/conversations", headers=head).json()["data"]["conversations"]
        known = {"conversationId": [each["id"] for each in listed]}
        contract = contract_of(DOCUMENT)
        return run_layer(server.url, contract, seconds=seconds, credentials=guest, known=known, **options)


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> Iterator[Findings]:
    """What a run of half a minute finds on a server with its default limits."""
    from tests.harness.server import running_server

    with running_server(DEFAULTS) as server:
        yield explore(server, 25.0)


def test_gochat_breaks_no_rule(found: Findings) -> None:
    assert found.violations == [], found.told()
    assert "did not add up" not in found.summary


def test_every_frame_and_keyword_of_gochat_is_tried(found: Findings) -> None:
    coverage = found.coverage
    match = re.search(r"(\d+) of (\d+) keywords broken", found.summary)
    assert match is not None
    assert match[1] == match[2]
    for name in ("send-message", "ping", "mark-read"):
        assert coverage.frames[f"{name} sent valid"] > 10
        assert coverage.frames[f"{name} sent invalid"] > 10
    for name in ("message-ack", "pong", "new-message", "error"):
        assert coverage.frames[f"{name} received"] > 10
    assert set(coverage.closes) >= {"1000", "1001", "1002", "1003", "1007", "1009", "4401"}
    expected = {"INVALID_MESSAGE", "MESSAGE_TOO_LARGE", "CONVERSATION_NOT_FOUND", "AUTH_FAILED"}
    assert {key.removesuffix(" socket") for key in coverage.errors if key.endswith(" socket")} >= expected
    assert coverage.errors["UPGRADE_REQUIRED http"] > 0
    assert coverage.transitions["open -> bad credentials -> closed 4401"] > 0
    assert coverage.transitions["connecting -> no valid handshake -> refused"] > 0


def test_a_limited_server_is_not_abused(found: Findings) -> None:
    assert "4429" not in found.coverage.closes
    assert found.coverage.errors["RATE_LIMITED socket"] < 100


def test_credentials_that_do_not_last_are_no_violation(start_server: StartServer) -> None:
    findings = explore(start_server(GOCHAT_ACCESS_TOKEN_TTL_S=3), 12.0)
    assert findings.violations == [], findings.told()
    assert findings.coverage.closes["4401"] > 5
    assert findings.coverage.counts["frames_received"] > 500


def test_a_server_that_ends_is_told_as_such(start_server: StartServer) -> None:
    server = start_server()

    def kill() -> None:
        time.sleep(0.2)
        server.kill()

    findings = explore(server, 12.0, meanwhile=kill)
    assert "channel-opens" in findings.rules, findings.told()
    assert findings.rules <= {"channel-opens", "close-clean", "others-served"}, findings.told()


def test_the_event_loop_is_never_held_up(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start_server()
    turns: list[tuple[float, str]] = []
    run_handle = asyncio.events.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()  # CPU, so that a busy machine is not to blame
        run_handle(handle)
        turns.append((time.thread_time() - began, repr(handle)))

    monkeypatch.setattr(asyncio.events.Handle, "_run", timed)
    gc.collect()
    gc.freeze()  # what the whole test run has loaded is no garbage of this one
    try:
        findings = explore(server, 8.0)
    finally:
        gc.unfreeze()
    assert findings.violations == [], findings.told()
    assert len(turns) > 1000
    assert max(turns)[0] < 0.02, max(turns)


def test_the_code_knows_no_name_of_gochat() -> None:
    contract = contract_of(DOCUMENT)
    words = {message.name for message in contract.messages.values()} | set(contract.messages) | set(contract.errors)
    words |= {contract.channel, "conversationId", "client_msg_id", "accessToken"} - {"ws"}
    assert len(words) > 20
    sources = Path(conformance.generic.__file__).parent.glob("*.py")
    told = [
        f"{path.name}: {word}"
        for path in sources
        for word in words - WEBSOCKET_WORDS
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", path.read_text(encoding="utf-8"))
    ]
    assert told == ["finding.py: accessToken"], "the token of a trace's login step is the one agreed name"


def test_the_layer_is_fast(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "FRAMES_PER_S", 1e6)  # as fast as it goes, without regard to other stages
    findings = explore(start_server(**DEFAULTS), 30.0)
    frames = findings.coverage.counts["frames_sent"] + findings.coverage.counts["frames_received"]
    assert frames / 30.0 > 1500, findings.summary
