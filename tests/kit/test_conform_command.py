"""`gochat conform` as people type it: what it prints, writes and returns, against right and wrong servers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.broken_servers.catalogue import all_servers, load_catalogue
from conformance.broken_servers.serve import running
from tests.harness.server import running_server
from tests.kit.test_generic_unrelated import CHECKOUT, DOCUMENT, KEY, board

STORY = "a message reaches everybody in a group once"
DEFECT, RULE = "sender-gets-its-own-push", "push-not-to-sender"
NOBODY = "http://127.0.0.1:9"
KIT = ["conformance.chat", "conformance.http", "gochat", "generated", "handlers", "models"]
"""What a generic run has no use for."""


def conform(*arguments: str | Path, status: int, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run the command and expect this exit status."""
    command = [sys.executable, "-m", "gochat", "conform", *map(str, arguments)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=timeout_s)
    assert done.returncode == status, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def refused(*arguments: str | Path) -> str:
    """Return the one line with which the command says that it can't run."""
    done = conform(*arguments, status=2)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("gochat conform: ")
    return done.stderr


@pytest.fixture(scope="module")
def right() -> Iterator[str]:
    """A server without a defect, as operators start it."""
    settings = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None, "GOCHAT_PRESENCE_GRACE_S": None}
    with running_server(settings) as server:
        yield server.url


@pytest.fixture(scope="module")
def wrong() -> Iterator[str]:
    """A server that pushes messages to the connection that sent them."""
    broken = next(each for each in all_servers(load_catalogue()) if each.name == DEFECT)
    with running(broken) as url:
        yield url


@dataclass(frozen=True)
class Reported:
    """A run on the wrong server: its report, what it printed, and its files by what they are."""

    folder: Path
    printed: str
    trace: Path
    script: Path
    baseline: Path


@pytest.fixture(scope="module")
def reported(wrong: str, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    folder = tmp_path_factory.mktemp("report")
    baseline = folder / "baseline.json"
    files = ("--report", folder, "--write-baseline", baseline)
    done = conform(wrong, "--only", STORY, "--budget", "25s", *files, status=1)
    (trace,), (script,) = folder.glob(f"violations/{RULE}-*.json"), folder.glob(f"violations/{RULE}-*.py")
    return Reported(folder, done.stdout, trace, script, baseline)


def script_status(script: Path, url: str) -> int:
    """Return the exit status of a violation's script, run where nothing of ours is on the path."""
    command = [sys.executable, "-P", str(script), url]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def test_a_right_server_is_clean(right: str) -> None:
    assert "✓ Clean" in conform(right, "--only", STORY, "--budget", "25s", status=0).stdout


def test_a_wrong_server_is_not(reported: Reported) -> None:
    for line in ("push-not-to-sender", "The sender sees his message twice", "✗ 1 violation"):
        assert line in reported.printed


def test_the_trace_shows_it_again_and_not_on_a_right_server(reported: Reported, wrong: str, right: str) -> None:
    assert "reproduced" in conform(wrong, "--replay", reported.trace, status=1).stdout
    assert "not reproduced" in conform(right, "--replay", reported.trace, status=0).stdout


def test_the_trace_is_short(reported: Reported) -> None:
    steps = json.loads(reported.trace.read_text())["steps"]
    assert sum(step["step"] == "send" for step in steps) <= 2
    assert sum(step["step"] == "connect" for step in steps) == 1


def test_the_script_shows_it_again_and_not_on_a_right_server(reported: Reported, wrong: str, right: str) -> None:
    assert (script_status(reported.script, wrong), script_status(reported.script, right)) == (1, 0)


def test_the_reports_tell_of_it(reported: Reported) -> None:
    report = json.loads((reported.folder / "report.json").read_text())
    assert [each["rule"] for each in report["violations"]] == [RULE]
    junit = ElementTree.parse(reported.folder / "junit.xml").getroot()
    assert [case.get("name", "")[: len(RULE)] for case in junit.iter("testcase") if case.find("failure") is not None]
    page = (reported.folder / "report.html").read_text()
    assert RULE in page
    assert re.search(r"(src|href)=.?https?:|@import|url\(", page) is None, "the page is all there is"


def test_what_is_known_does_not_fail_again(reported: Reported, wrong: str) -> None:
    known = conform(wrong, "--only", STORY, "--budget", "25s", "--baseline", reported.baseline, status=0)
    assert "known" in known.stdout


def test_a_rule_can_be_left_out(wrong: str) -> None:
    conform(wrong, "--only", STORY, "--skip", RULE, "--budget", "25s", status=0)


def test_fail_fast_ends_at_once(wrong: str) -> None:
    done = conform(wrong, "--fail-fast", "--budget", "5m", "--quiet", status=1)
    assert done.stdout == ""


def test_it_says_in_one_line_why_it_cannot_run(right: str, tmp_path: Path) -> None:
    broken = tmp_path / "asyncapi.yaml"
    broken.write_text("asyncapi: 3.0.0\nchannels: [")
    assert "can't be reached" in refused(NOBODY)
    assert "no-such.yaml" in refused(right, "--openapi", tmp_path / "no-such.yaml")
    assert "asyncapi.yaml" in refused(right, "--asyncapi", broken)
    assert "did you mean sendMessage?" in refused(right, "--only", "sendMesage")
    assert "no-such.json" in refused(right, "--replay", tmp_path / "no-such.json")
    assert "no-such.json" in refused(right, "--baseline", tmp_path / "no-such.json")
    assert "NAME=VALUE" in refused(right, "--profile", "generic", "--query", "room")


def test_tokens_that_do_not_last_are_no_violation() -> None:
    with running_server({"GOCHAT_ACCESS_TOKEN_TTL_S": "20"}) as server:
        assert "tokens live 20 s" in refused(server.url)


@pytest.mark.long
def test_a_token_that_ends_is_told_and_refused() -> None:
    with running_server({"GOCHAT_ACCESS_TOKEN_TTL_S": "120"}) as server:
        done = conform(server.url, "--only", "a token ends", "--budget", "3m", status=0, timeout_s=240.0)
    assert "1 stories" in done.stdout


@pytest.mark.long
def test_users_may_all_have_one_address() -> None:
    """As those of a kit that runs on another machine: the limit of logins holds them up, and is no violation."""
    settings = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None, "GOCHAT_PRESENCE_GRACE_S": None}
    with running_server(settings, arguments=("--host", "::1")) as server:
        done = conform(server.url, "--budget", "60s", status=0)
    assert "all users came from one address" in " ".join(done.stdout.split())


def test_https_with_a_certificate_of_ones_own(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    arguments = ("--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1]))
    with running_server(arguments=arguments) as server:
        assert "certificate verify failed" in refused(server.url)
        assert "no.pem" in refused(server.url, "--ca", tmp_path / "no.pem")
        assert "no certificate" in refused(server.url, "--ca", certificate[1])
        conform(server.url, "--ca", certificate[0], "--budget", "8s", status=0)


def test_any_channel_is_held_to_its_document(tmp_path: Path) -> None:
    generic = ("--profile", "generic", "--asyncapi", DOCUMENT, "--query", f"key={KEY}")
    with board() as url:
        conform(url, *generic, "--budget", "6s", status=0)
        assert "key" in conform(url, "--profile", "generic", "--asyncapi", DOCUMENT, "--budget", "4s", status=1).stdout
    with board("wrong-ref") as url:
        assert "reply-correlated" in conform(url, *generic, "--budget", "20s", "--fail-fast", status=1).stdout


def test_a_generic_run_loads_no_code_of_the_chat() -> None:
    program = (
        "import sys\n"
        "from conformance.cli import main\n"
        "status = main(sys.argv[1:])\n"
        "print(*sys.modules, sep='\\n')\n"
        "sys.exit(status)\n"
    )
    with board() as url:
        arguments = (
            url,
            "--profile",
            "generic",
            "--asyncapi",
            str(DOCUMENT),
            "--query",
            f"key={KEY}",
            "--budget",
            "4s",
        )
        command = [sys.executable, "-c", program, *arguments, "--quiet"]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = done.stdout.split()
    assert "conformance.generic.stage" in loaded
    assert [name for name in loaded if any(name == each or name.startswith(f"{each}.") for each in KIT)] == []
