"""All reports of a run are written into one directory, with the files that repeat each violation."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from conformance.report.as_json import read_report
from conformance.report.write import write_reports
from conformance.trace import read_trace
from tests.kit.report_samples import (
    broken_result,
    clean_result,
    contract_defect,
    hostile_violation,
    pushed_twice,
    result_of,
)

STEM = f"violations/push-once-{pushed_twice().key}"


def names(directory: Path) -> set[str]:
    """Return all files below a directory."""
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_every_written_path_is_returned(tmp_path: Path) -> None:
    written = write_reports(broken_result(), tmp_path / "new" / "report")
    directory = tmp_path / "new" / "report"
    assert {path.relative_to(directory).as_posix() for path in written} == names(directory)
    assert {"report.json", "junit.xml", "report.html", f"{STEM}.trace.json", f"{STEM}.py"} <= names(directory)
    assert len(names(directory)) == 3 + 2 * 6


def test_the_formats_tell_of_the_same_run(tmp_path: Path) -> None:
    write_reports(broken_result(), tmp_path)
    assert read_report(tmp_path / "report.json") == broken_result()
    assert Xml.parse(tmp_path / "junit.xml").getroot().get("failures") == "6"
    assert "6 violations" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_trace_can_be_read_and_a_script_is_python(tmp_path: Path) -> None:
    write_reports(broken_result(), tmp_path)
    assert read_trace(tmp_path / f"{STEM}.trace.json") == pushed_twice().trace
    source = (tmp_path / f"{STEM}.py").read_text(encoding="utf-8")
    ast.parse(source)
    assert "send-message" in source
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert source.splitlines()[0].replace('"', "&quot;") in page


def test_what_cannot_be_repeated_has_no_files(tmp_path: Path) -> None:
    write_reports(result_of((contract_defect(),)), tmp_path)
    assert names(tmp_path) == {"report.json", "junit.xml", "report.html"}


def test_a_second_run_leaves_nothing_of_the_first_and_touches_nothing_else(tmp_path: Path) -> None:
    write_reports(broken_result(), tmp_path)
    (tmp_path / "violations" / "mine.trace.json").write_text("{}")
    (tmp_path / "baseline.json").write_text("{}")
    write_reports(clean_result(), tmp_path)
    assert names(tmp_path) == {
        *("report.json", "junit.xml", "report.html", "baseline.json"),
        "violations/mine.trace.json",
    }


def test_a_hostile_server_chooses_no_path(tmp_path: Path) -> None:
    hostile = hostile_violation(long=10)
    written = write_reports(result_of((hostile,)), tmp_path / "report")
    assert names(tmp_path) == {path.relative_to(tmp_path).as_posix() for path in written}
    assert (tmp_path / "report" / f"violations/frame-declared-{hostile.key}.trace.json").is_file()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_reports(clean_result(), tmp_path / "file" / "report")


def test_reports_need_nothing_of_what_makes_the_run() -> None:
    code = (
        "import sys, conformance.report.write, conformance.report.terminal, conformance.report.progress\n"
        "print([n for n in ('schemathesis', 'hypothesis', 'httpx', 'websockets') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['httpx']", "contract.load reads contracts over HTTP; nothing else is needed"
