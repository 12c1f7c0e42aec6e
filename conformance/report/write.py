"""Writes the reports of a run into a directory, and the files that repeat each violation.

report.json junit.xml report.html
violations/<rule>-<key>.trace.json violations/<rule>-<key>.py
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conformance.report.as_json import ReportUnreadable, read_report, report_bytes
from conformance.report.figures import script_file, trace_file
from conformance.report.junit import junit_bytes
from conformance.report.page import page_bytes
from conformance.report.visible import json_bytes
from conformance.result import Result
from conformance.violation import Violation

REPORT, JUNIT, PAGE = "report.json", "junit.xml", "report.html"


def write_reports(result: Result, directory: Path) -> list[Path]:
    """Write everything into `directory`, which is made if need be, and return the paths.

    Traces and scripts that the report of an earlier run left there are removed first; other files stay.

    Raises:
        OSError: The directory can't be written.
    """
    from conformance.replay.script import write_script  # here: a run without --report does without it

    @cache
    def script(key: str) -> str | None:
        violation = by_key[key]
        return None if violation.trace is None else write_script(violation)

    by_key = {violation.key: violation for violation in result.violations}
    _remove_earlier(directory)
    (directory / "violations").mkdir(parents=True, exist_ok=True)
    written = []
    for violation in result.violations:
        text = script(violation.key)
        if violation.trace is not None and text is not None:
            written.append(_write(directory / trace_file(violation), json_bytes(violation.trace.to_json())))
            written.append(_write(directory / script_file(violation), text.encode("utf-8", "backslashreplace")))
    return [
        _write(directory / REPORT, report_bytes(result)),
        _write(directory / JUNIT, junit_bytes(result)),
        _write(directory / PAGE, page_bytes(result, lambda violation: script(violation.key))),
        *written,
    ]


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _remove_earlier(directory: Path) -> None:
    try:
        earlier: tuple[Violation, ...] = read_report(directory / REPORT).violations
    except ReportUnreadable:
        return
    for violation in earlier:
        for name in (trace_file(violation), script_file(violation)):
            (directory / name).unlink(missing_ok=True)
