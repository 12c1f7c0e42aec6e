"""The generic layer on a server that is not GoChat: silent when it is right, and every defect of it is found."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conformance.generic.repertoire import Repertoire
from conformance.generic.rules import RULES
from conformance.generic.shot import Expected
from conformance.replay.runner import replay
from conformance.trace import Trace
from conformance.violation import Violation, from_json
from tests.kit.generic_run import HURRY, Findings, contract_of, no_credentials, run_layer
from tests.kit.unrelated.server import DEFECTS, DOCUMENT, KEY

pytestmark = pytest.mark.long  # minutes of real servers and real waiting: `tox -e kit`

CHECKOUT = Path(__file__).resolve().parents[2]
LISTENING = re.compile(r"^listening on (http://\S+)$")

Change = Callable[[dict[str, Any]], None]

FIND_WITHIN_S = 60.0
CLEAN_S = 6.0

FOUND_AS = {
    "takes-unknown-members": "invalid-refused",
    "takes-long-label": "invalid-refused",
    "takes-odd-steps": "invalid-refused",
    "takes-bad-turtle": "invalid-refused",
    "takes-same-points": "invalid-refused",
    "takes-any-shape": "invalid-refused",
    "takes-missing-colour": "invalid-refused",
    "refuses-null-label": "valid-accepted",
    "refuses-eleven": "valid-accepted",
    "silent-on-invalid": "invalid-refused",
    "wrong-code-on-invalid": "invalid-refused",
    "explains-the-parent": "invalid-explained",
    "explains-nothing": "invalid-explained",
    "closes-on-invalid": "invalid-survives",
    "closes-on-json": "invalid-survives",
    "closes-on-around": "valid-survives",
    "no-reply": "reply-comes",
    "no-reply-sometimes": "reply-comes",
    "replies-twice": "reply-once",
    "position-twice": "reply-once",
    "refuses-twice": "reply-once",
    "wrong-ref": "reply-correlated",
    "no-ref": "frame-valid",
    "wrong-reply": "reply-fits",
    "undeclared-frame": "frame-declared",
    "invalid-reply": "frame-valid",
    "invalid-push": "frame-valid",
    "undeclared-why": "frame-valid",
    "binary-reply": "frame-text",
    "binary-is-text": "transport-close",
    "undeclared-close": "close-declared",
    "drops-on-invalid": "close-clean",
    "hangs-on-fragments": "fragments-joined",
    "dies-for-all": "others-served",
    "limit-too-low": "size-limit-kept",
    "limit-too-high": "size-limit-kept",
    "any-key": "credentials-checked",
    "bad-key-other-code": "credentials-checked",
    "pong-without-payload": "ping-answered",
    "close-not-echoed": "close-echoed",
    "no-door": "channel-opens",
    "http-on-no-handshake": "handshake-refused",
    "takes-after-close": "close-final",
    "masks-frames": "framing-kept",
    "late-lock": "others-served",
}
"""Under which rule each defect of the board has to be reported."""

BY_ITS_FRAME = (
    *("invalid-refused", "invalid-explained", "invalid-survives", "valid-accepted", "valid-survives"),
    *("reply-once", "reply-fits", "reply-correlated", "reply-comes"),
)
"""Rules whose violations come with the one frame that shows them."""

SHOWN_AGAIN = (
    *("takes-unknown-members", "silent-on-invalid", "refuses-eleven", "wrong-code-on-invalid", "explains-nothing"),
    *("closes-on-invalid", "closes-on-json", "closes-on-around", "drops-on-invalid", "no-reply", "replies-twice"),
    *(
        "position-twice",
        "refuses-twice",
        "wrong-ref",
        "no-ref",
        "wrong-reply",
        "invalid-reply",
        "undeclared-why",
        "binary-is-text",
    ),
    *("undeclared-close", "limit-too-low", "limit-too-high", "any-key", "bad-key-other-code", "close-not-echoed"),
    *("no-door", "http-on-no-handshake", "takes-after-close"),
)
"""Defects of which a trace can tell; those left are of chance, of others, or below what a trace looks at."""

REPLAY_S = 3.0

CHANCE = ("no-reply-sometimes",)
"""Defects that one frame does not show."""


def codes(*without: str, **changes: dict[str, Any]) -> Change:
    """Return a change that gives the board's contract a catalogue of its codes."""

    def change(document: dict[str, Any]) -> None:
        document["x-error-catalogue"] = [
            {"code": code, "socket": "frame", "retryable": False, **changes.get(code.replace("-", "_"), {})}
            for code in ("malformed", "off-board", "no-ink")
            if code not in without
        ]

    return change


WRONG_BY_CONTRACT: dict[str, Change] = {
    "error-declared": codes("off-board"),
    "server-error": codes(off_board={"status": 500}),
    "close-announced": codes(off_board={"socket": "close", "closeCode": 4001}),
}
"""Contracts of which the right board breaks a rule: it takes a catalogue to break these."""


@contextmanager
def board(defect: str = "") -> Iterator[str]:
    """Run the board as a process of its own and return its URL."""
    command = [sys.executable, "-m", "tests.kit.unrelated.server", "--defect", defect]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        found = LISTENING.match(process.stdout.readline())
        assert found is not None
        yield found[1]
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


async def key() -> dict[str, str]:
    """What opens the board."""
    return {"key": KEY}


def explore(url: str, seconds: float, change: Change | None = None, **options: Any) -> Findings:
    """Run the layer on the board."""
    return run_layer(url, contract_of(DOCUMENT, change), seconds=seconds, credentials=key, **options)


def shows_again(trace: Trace, url: str) -> bool:
    """Whether the violation of a trace is there on a server."""
    return asyncio.run(replay(trace, url, contract_of(DOCUMENT), within_s=REPLAY_S)).reproduced


def of_rule(findings: Findings, rule: str) -> list[Violation]:
    """The violations of one rule."""
    return [violation for violation in findings.violations if violation.rule == rule]


# The right server.


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_right_board_breaks_no_rule(seed: int) -> None:
    with board() as url:
        findings = explore(url, CLEAN_S, seed=seed)
    assert findings.violations == [], findings.told()
    assert "did not add up" not in findings.summary


def test_everything_of_the_contract_is_tried() -> None:
    with board() as url:
        findings = explore(url, 12.0)
    coverage = findings.coverage
    for name in ("move", "draw", "pen", "where", "cheer"):
        assert coverage.frames[f"{name} sent valid"] > 10
        assert coverage.frames[f"{name} sent invalid"] > 10
    for name in ("moved", "drawn", "position", "stroke", "refused"):
        assert coverage.frames[f"{name} received"] > 0
    for place in (
        *(
            "draw #/components/schemas/Draw/properties/shape oneOf",
            "draw #/components/schemas/Polyline/properties/points",
        ),
        *("move #/components/schemas/Move/properties/steps multipleOf", "pen #/components/schemas/Shade maximum"),
        *("move #/components/schemas/Move/properties/turtle pattern", "draw #/components/schemas/Polyline required"),
    ):
        for outcome in ("valid", "invalid"):
            assert any(k.startswith(place) and k.endswith(outcome) for k in coverage.keywords), (place, outcome)
    assert set(coverage.closes) >= {"1000", "1002", "1003", "1007", "1009", "4001"}
    assert coverage.transitions["open -> binary frame -> closed 1003"] > 0
    assert coverage.transitions["open -> fragments of one byte -> open"] > 0


def test_the_same_seed_sends_the_same_frames_first() -> None:
    def first_frames(seed: int) -> list[str]:

        repertoire = Repertoire(Expected.read(contract_of(DOCUMENT)), {})
        rng = Random(f"{seed} lane 0")
        return [shot.text for _ in range(50) if (shot := repertoire.next_broken(rng)) is not None]

    assert first_frames(7) == first_frames(7)
    assert first_frames(7) != first_frames(8)


# Wrong servers.


def test_every_defect_has_its_rule() -> None:
    assert set(FOUND_AS) == set(DEFECTS)


def test_every_rule_is_shown_on_a_wrong_server() -> None:
    assert {*FOUND_AS.values(), *WRONG_BY_CONTRACT} == set(RULES)


@pytest.fixture(scope="module")
def right_board() -> Iterator[str]:
    """The right board, on which the traces of the wrong ones are repeated."""
    with board() as url:
        yield url


@pytest.mark.parametrize("defect", FOUND_AS)
def test_the_defect_is_found_and_shown(defect: str, right_board: str) -> None:
    rule = FOUND_AS[defect]
    with board(defect) as url:
        findings = explore(url, FIND_WITHIN_S, until=lambda violation: violation.rule == rule, patience=HURRY)
        found = of_rule(findings, rule)
        assert found, findings.told()
        for violation in found:
            assert from_json(json.loads(json.dumps(violation.to_json()))) == violation
            assert violation.pointer.startswith("asyncapi#/")
        trace = found[0].trace
        assert trace is not None
        assert Trace.from_json(trace.to_json()) == trace
        if rule in BY_ITS_FRAME and defect not in CHANCE:
            assert found[0].reproduced
            assert [step["step"] for step in trace.steps] == ["connect", "send"]
        if defect in SHOWN_AGAIN:
            assert shows_again(trace, url)
            assert not shows_again(trace, right_board)


@pytest.mark.parametrize("rule", WRONG_BY_CONTRACT)
def test_what_only_a_catalogue_forbids_is_found(rule: str) -> None:
    with board() as url:
        change = WRONG_BY_CONTRACT[rule]
        findings = explore(url, FIND_WITHIN_S, change, until=lambda violation: violation.rule == rule, patience=HURRY)
    assert rule in findings.rules, findings.told()


def test_the_right_board_keeps_to_a_right_catalogue() -> None:
    with board() as url:
        findings = explore(url, CLEAN_S, codes())
    assert findings.violations == [], findings.told()
    assert findings.coverage.errors["malformed socket"] > 10


def test_a_violation_is_told_once_and_counted() -> None:
    with board("undeclared-why") as url:
        findings = explore(url, 8.0)
    (found,) = of_rule(findings, "frame-valid")
    assert found.times > 3


def test_a_run_that_ends_at_the_first_violation_does_not_try_it_again() -> None:
    with board("replies-twice") as url:
        findings = explore(url, FIND_WITHIN_S, until=lambda _violation: True, fail_fast=True)
    assert findings.rules == {"reply-once"}, findings.told()
    assert findings.violations[0].reproduced is None


# Other contracts of the same server.


def without_refusals(document: dict[str, Any]) -> None:
    """Leave open what becomes of a frame that is not valid."""
    del document["channels"]["board"]["x-invalid-frames"]


def without_any_extension(document: dict[str, Any]) -> None:
    """Leave the document as it would be written by somebody who has never heard of this kit."""
    without_refusals(document)
    del document["channels"]["board"]["x-close-codes"]
    del document["x-limits"]


def without_replies(document: dict[str, Any]) -> None:
    """Declare what the board sends, and no more that anything is answered."""
    answers = [f"#/channels/board/messages/{name}" for name in ("moved", "drawn", "position", "refused")]
    for operation in document["operations"].values():
        operation.pop("reply", None)
    document["operations"]["answer"] = {
        "action": "send",
        "channel": {"$ref": "#/channels/board"},
        "messages": [{"$ref": answer} for answer in answers],
    }


@pytest.mark.parametrize("change", [without_refusals, without_any_extension, without_replies])
def test_a_contract_that_says_less_is_not_held_to_more(change: Change) -> None:
    with board() as url:
        findings = explore(url, CLEAN_S, change)
    assert findings.violations == [], findings.told()
    assert findings.coverage.frames["draw sent invalid"] > 10


@pytest.mark.parametrize("change", [without_refusals, without_any_extension])
@pytest.mark.parametrize(
    ("defect", "rule"),
    [("takes-long-label", "invalid-refused"), ("replies-twice", "reply-once"), ("invalid-reply", "frame-valid")],
)
def test_a_contract_that_says_less_finds_what_it_says(change: Change, defect: str, rule: str) -> None:
    with board(defect) as url:
        findings = explore(url, FIND_WITHIN_S, change, until=lambda violation: violation.rule == rule, patience=HURRY)
    assert rule in findings.rules, findings.told()


def test_closing_on_an_invalid_frame_is_wrong_only_where_the_contract_says_so() -> None:
    with board("closes-on-invalid") as url:
        findings = explore(url, CLEAN_S, without_refusals)
    assert findings.violations == [], findings.told()


# The layer by itself.


def test_a_server_that_is_not_there_is_told_in_one_violation() -> None:
    findings = run_layer("http://127.0.0.1:9", contract_of(DOCUMENT), seconds=10.0, credentials=no_credentials)
    assert findings.rules == {"channel-opens"}, findings.told()


def test_no_other_layer_is_loaded() -> None:
    program = (
        "import json, sys\n"
        "from tests.kit.test_generic_unrelated import board, explore\n"
        "with board() as url:\n"
        "    findings = explore(url, 3.0)\n"
        "assert findings.coverage.counts['frames_sent'] > 50, findings.told()\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    strangers = ("conformance.chat", "conformance.http", "gochat", "generated", "handlers", "models")
    assert "conformance.generic.stage" in loaded
    assert [name for name in loaded if any(name == each or name.startswith(f"{each}.") for each in strangers)] == []
