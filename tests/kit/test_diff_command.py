"""`gochat diff` as it is called: where versions come from, what it writes, what it ends with."""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.diff import command

CHECKOUT = Path(__file__).resolve().parents[2]
SPECS = CHECKOUT / "specs"


def diff(*arguments: str | Path) -> int:
    """Run the command in this process; return its exit code."""
    parser = argparse.ArgumentParser(prog="gochat diff")
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(argument) for argument in arguments]))


def replace(file: Path, old: str, new: str) -> None:
    """Edit a file; fails where there is nothing to edit."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the sources with a breaking, a safe and a docs change, all in files behind a `$ref`."""
    copy = tmp_path / "changed"
    shutil.copytree(SPECS, copy)
    replace(copy / "schemas" / "message.yaml", "enum: [1, 2, 3]\n", "enum: [1, 2]\n")
    replace(copy / "schemas" / "friend.yaml", "properties:\n", "properties:\n    nickname: {type: string}\n")
    replace(copy / "schemas" / "message.yaml", "1 text, 2 image, 3 file.", "1 text, 2 image.")
    return copy


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository whose only commit has the sources in `api/specs`; the process is in it."""
    root = tmp_path / "repository"
    shutil.copytree(SPECS, root / "api" / "specs")
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "Specs"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The URL of a server that publishes the bundled documents as GoChat does."""
    api = tmp_path / "site" / "api"
    api.mkdir(parents=True)
    for name in ("openapi.yaml", "asyncapi.yaml"):
        shutil.copy(CHECKOUT / "generated" / name, api / name)
    handler = functools.partial(_Quiet, directory=str(tmp_path / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Keep what was asked for to itself."""


def test_equal_versions_end_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--fail-on", "any", SPECS, CHECKOUT / "generated") == 0
    assert "no change" in capsys.readouterr().out


def test_a_breaking_change_ends_with_1(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(SPECS, changed) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "takes 3 no longer: a client that sends it is refused." in out
    assert "schemas/message.yaml#/SendableMessageType/enum enum-value-removed" in out
    assert "1 breaking, 1 safe, 1 docs" in out


@pytest.mark.parametrize(("fail_on", "code"), [("breaking", 0), ("risky", 0), ("any", 1), ("none", 0)])
def test_what_fails_can_be_chosen(fail_on: str, code: int, tmp_path: Path) -> None:
    copy = tmp_path / "safe"
    shutil.copytree(SPECS, copy)
    replace(copy / "schemas" / "friend.yaml", "properties:\n", "properties:\n    nickname: {type: string}\n")
    assert diff("--fail-on", fail_on, SPECS, copy) == code


def test_words_alone_fail_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "words"
    shutil.copytree(SPECS, copy)
    replace(copy / "schemas" / "message.yaml", "1 text, 2 image, 3 file.", "One of three.")
    assert diff("--fail-on", "any", SPECS, copy) == 0
    assert "SendableMessageType" not in capsys.readouterr().out
    assert diff("--docs", SPECS, copy) == 0
    assert "schemas/message.yaml#/SendableMessageType/description" in capsys.readouterr().out


def test_an_accepted_change_fails_no_more(changed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff("--format", "json", SPECS, changed)
    report = json.loads(capsys.readouterr().out)
    keys = {change["key"] for change in report["changes"] if change["severity"] == "breaking"}
    assert keys == {
        "enum-value-removed:sendMessage:request-body-/messageType",
        "enum-value-removed:send-message:frame-/data/messageType",
    }
    accepted = tmp_path / "accepted.txt"
    accepted.write_text("# Files are gone for good.\n" + "\n".join(keys) + "\n", "utf-8")
    assert diff("--accepted", accepted, SPECS, changed) == 0
    assert diff("--ignore", "enum-value-removed:*", SPECS, changed) == 0
    assert diff("--ignore", "enum-value-removed:sendMessage:*", SPECS, changed) == 1


def test_an_accepted_change_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--ignore", "operation-removed:login", SPECS, SPECS) == 0
    assert "there is no such change: operation-removed:login" in capsys.readouterr().out


def test_json_has_every_use_and_the_pointer(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--format", "json", SPECS, changed) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["exitCode"] == 1
    assert report["summary"] == {"breaking": 1, "risky": 0, "safe": 1, "docs": 1}
    frame = next(change for change in report["changes"] if change["subject"] == "send-message")
    assert (frame["document"], frame["file"], frame["pointer"], frame["side"], frame["direction"], frame["rule"]) == (
        "asyncapi",
        "schemas/message.yaml",
        "/SendableMessageType/enum",
        "new",
        "client-to-server",
        "enum-value-removed",
    )


def test_github_gets_annotations_at_the_line(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--format", "github", SPECS, changed) == 1
    lines = capsys.readouterr().out.splitlines()
    text = (changed / "schemas" / "message.yaml").read_text("utf-8").splitlines()
    line = text.index("SendableMessageType:") + 3
    assert lines[0].startswith(
        f"::error file={changed}/schemas/message.yaml,line={line},title=breaking contract change"
    )
    assert [each.split(" ")[0] for each in lines] == ["::error", "::notice", "::notice"]


def test_markdown_has_a_table_for_each_severity(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--format", "markdown", SPECS, changed) == 1
    out = capsys.readouterr().out
    assert "#### Breaking" in out
    assert "#### Safe" in out
    assert "| `enum-value-removed` |" in out


def test_a_git_revision_is_read_with_the_files_it_refers_to(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replace(repository / "api" / "specs" / "schemas" / "message.yaml", "enum: [1, 2, 3]\n", "enum: [1, 2]\n")
    assert diff("main:api/specs", "api/specs") == 1
    assert diff("git:main:api/specs", "main:api/specs") == 0
    assert diff("main:api/specs/asyncapi.yaml", "api/specs/asyncapi.yaml") == 1
    capsys.readouterr()
    (repository / "api" / "specs" / "schemas" / "message.yaml").unlink()
    assert diff("main:api/specs", "main:api/specs") == 0  # nothing of the working tree is looked at


def test_a_git_revision_may_be_named_from_within_a_directory(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "api")
    assert diff("main:./specs", "specs") == 0
    assert diff("main:api/specs", "specs") == 0


def test_a_running_server_is_read(served: str, changed: Path) -> None:
    assert diff(SPECS, served) == 0
    assert diff(f"{served}/api/openapi.yaml", SPECS / "openapi.yaml") == 0
    assert diff(served, changed) == 1


def test_single_documents_and_json_are_read(tmp_path: Path) -> None:
    generated = CHECKOUT / "generated"
    assert diff(SPECS / "openapi.yaml", generated / "openapi.json") == 0
    assert diff(generated / "asyncapi.json", SPECS / "asyncapi.yaml") == 0


def test_a_document_that_goes_is_breaking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "half").mkdir()
    shutil.copy(CHECKOUT / "generated" / "openapi.yaml", tmp_path / "half" / "openapi.yaml")
    assert diff(SPECS, tmp_path / "half") == 1
    assert "The AsyncAPI document is gone" in capsys.readouterr().out
    assert diff("--fail-on", "risky", tmp_path / "half", SPECS) == 0
    assert "There is an AsyncAPI document now" in capsys.readouterr().out


def _broken(directory: Path, text: str, name: str = "openapi.yaml") -> Path:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text, "utf-8")
    return directory


def test_what_cannot_be_compared_ends_with_2_and_one_line(
    tmp_path: Path, repository: Path, served: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = "openapi: 3.0.3\npaths: {/a: {get: {responses: {'200': {content: {text/plain: {schema: {$ref: %s}}}}}}}}\n"
    cases: list[tuple[str | Path, str]] = [
        ("nowhere", "nowhere is not there"),
        ("nowhere:specs", "git knows no revision nowhere"),
        ("main:nowhere", "nowhere is not there in main"),
        ("http://127.0.0.1:9", "does not answer"),
        (f"{served}/nowhere", "neither openapi.yaml nor asyncapi.yaml"),
        (tmp_path, "neither openapi.yaml nor asyncapi.yaml"),
        (SPECS / "asyncapi.yaml", "they cannot be compared"),
        (SPECS / "errors.yaml", "neither an OpenAPI nor an AsyncAPI document"),
        (_broken(tmp_path / "a", "openapi: [\n"), "neither YAML nor JSON, line"),
        (_broken(tmp_path / "b", "swagger: '2.0'\n"), "neither an OpenAPI nor an AsyncAPI document"),
        (_broken(tmp_path / "c", "asyncapi: 2.6.0\n", "asyncapi.yaml"), "asyncapi 2.6.0; only version 3"),
        (_broken(tmp_path / "d", paths % "'#/nowhere'"), "names nothing in openapi.yaml"),
        (_broken(tmp_path / "e", paths % "'nowhere.yaml#/A'"), "names a file that is not there"),
        (_broken(tmp_path / "f", paths % "'http://127.0.0.1:9/a.yaml'"), "leads out of the documents"),
        (_broken(tmp_path / "g", paths % "'#here'"), "an anchor is not followed"),
        (_broken(tmp_path / "h", "- openapi\n"), "neither an OpenAPI nor an AsyncAPI document"),
    ]
    for version, expected in cases:
        old = version if "$ref" in _text(version) else SPECS / "openapi.yaml"
        assert diff(old, version) == 2, version
        captured = capsys.readouterr()
        assert captured.out == ""
        assert expected in captured.err, version
        assert captured.err.startswith("gochat diff: ")
        assert captured.err.count("\n") == 1, captured.err


def _text(version: str | Path) -> str:
    file = Path(version) / "openapi.yaml"
    return file.read_text("utf-8") if file.is_file() else ""


def test_the_module_runs_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.diff", "--format", "json", "specs", "generated"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["changes"], done.stderr) == (0, [], "")


def test_the_help_tells_what_may_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        diff("--help")
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for word in ("REV:DIR", "URL", "breaking", "risky", "exit code", "origin/main:specs"):
        assert word in out
