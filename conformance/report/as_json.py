"""report.json: everything that a run found, and the way back.

One object:

    version            of this format, an integer; a reader refuses another
    url profile seed budgetS seconds startedAt (Unix seconds)
    verdict            `clean`: nothing but what the baseline knows; `violations`
    contracts titles   by document, `openapi` and `asyncapi`: where it was read from; info.title and info.version
    stages             [{name, seconds, summary, skipped}], skipped is the reason, "" for a stage that ran
    violations         [Violation.to_json, and: layer, title and suffers of its rule, known (by the baseline), traceFile
                       and scriptFile beside the report, null where there is nothing to repeat]
    coverage           counts by kind and name, see `conformance.coverage.Coverage`
    matrices           [{kind, percent, rows: [{name, times, unreachable}], undeclared}], declared beside seen
    states             {states, transitions}, see `conformance.report.states`
    notes              lines for people
    framesPerS         frames sent and received a second, over the whole run
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.coverage import Coverage, Matrix, Row
from conformance.report.figures import frames_per_s, is_clean, rule_of, script_file, trace_file
from conformance.report.visible import json_bytes
from conformance.result import Result, Stage
from conformance.trace import TraceError
from conformance.violation import Violation
from conformance.violation import from_json as violation_from_json

VERSION = 1


class ReportUnreadable(ValueError):
    """A file is no report of this version; the text says what is wrong with it."""


def report_bytes(result: Result) -> bytes:
    """Return report.json."""
    return json_bytes(to_json(result))


def to_json(result: Result) -> dict[str, Any]:
    """Return the report as data."""
    return {
        "version": VERSION,
        "url": result.url,
        "profile": result.profile,
        "seed": result.seed,
        "budgetS": result.budget_s,
        "seconds": round(result.seconds, 3),
        "startedAt": round(result.started_at, 3),
        "verdict": "clean" if is_clean(result) else "violations",
        "contracts": dict(result.contracts),
        "titles": dict(result.titles),
        "stages": [
            {"name": stage.name, "seconds": round(stage.seconds, 3), "summary": stage.summary, "skipped": stage.skipped}
            for stage in result.stages
        ],
        "violations": [_violation(violation, violation.key in result.known) for violation in result.violations],
        "coverage": result.coverage.to_json(),
        "matrices": [matrix.to_json() for matrix in result.matrices],
        "states": result.states,
        "notes": list(result.notes),
        "framesPerS": frames_per_s(result),
    }


def from_json(data: Any) -> Result:
    """Return the result in a report's data.

    Raises:
        ReportUnreadable: It is no report of this version.
    """
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise ReportUnreadable(f"not a report of version {VERSION}")
    try:
        return Result(
            url=data["url"],
            profile=data["profile"],
            seed=data["seed"],
            budget_s=data["budgetS"],
            contracts=data["contracts"],
            titles=data["titles"],
            started_at=data["startedAt"],
            seconds=data["seconds"],
            stages=tuple(Stage(**stage) for stage in data["stages"]),
            violations=tuple(violation_from_json(each) for each in data["violations"]),
            coverage=Coverage.from_json(data["coverage"]),
            matrices=tuple(
                Matrix(each["kind"], tuple(Row(**row) for row in each["rows"]), tuple(each["undeclared"]))
                for each in data["matrices"]
            ),
            known=frozenset(each["key"] for each in data["violations"] if each["known"]),
            notes=tuple(data["notes"]),
            states=data["states"],
        )
    except (KeyError, TypeError, AttributeError, TraceError) as error:
        raise ReportUnreadable(f"not a report: {type(error).__name__}: {error}") from error


def read_report(path: Path) -> Result:
    """Return the result in a report.json.

    Raises:
        ReportUnreadable: There is no such file, or no report in it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportUnreadable(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ReportUnreadable(f"{path}: {error}") from error
    try:
        return from_json(data)
    except ReportUnreadable as error:
        raise ReportUnreadable(f"{path}: {error}") from error


def _violation(violation: Violation, is_known: bool) -> dict[str, Any]:
    rule = rule_of(violation.rule)
    is_repeatable = violation.trace is not None
    return {
        **violation.to_json(),
        "layer": rule.layer,
        "title": rule.title,
        "suffers": rule.suffers,
        "known": is_known,
        "traceFile": trace_file(violation) if is_repeatable else None,
        "scriptFile": script_file(violation) if is_repeatable else None,
    }
