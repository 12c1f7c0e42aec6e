"""report.json is complete, and what reads it back has the same result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.report.as_json import VERSION, ReportUnreadable, read_report, report_bytes, to_json
from conformance.report.figures import rule_of
from tests.kit.report_samples import (
    broken_result,
    clean_result,
    contract_defect,
    hostile_violation,
    known_violation,
    pushed_twice,
    result_of,
)

MEMBERS = {
    *(
        "version",
        "url",
        "profile",
        "seed",
        "budgetS",
        "seconds",
        "startedAt",
        "verdict",
        "contracts",
        "titles",
        "stages",
    ),
    *("violations", "coverage", "matrices", "states", "notes", "framesPerS"),
}


WITH_OLD_TRACE = {**to_json(broken_result())["violations"][0], "trace": {"version": 0}}


def test_a_report_has_all_members_and_says_what_was_found() -> None:
    report = to_json(broken_result())
    assert set(report) == MEMBERS
    assert report["version"] == VERSION
    assert report["verdict"] == "violations"
    assert report["framesPerS"] == round((41_203 + 57_881) / 58.4, 1)
    assert len(report["violations"]) == 7


def test_a_violation_is_explained_by_its_rule() -> None:
    found = to_json(broken_result())["violations"][0]
    rule = rule_of("push-once")
    assert (found["title"], found["suffers"], found["layer"]) == (rule.title, rule.suffers, "chat")
    assert found["known"] is False
    assert found["traceFile"] == f"violations/push-once-{pushed_twice().key}.trace.json"
    assert found["scriptFile"] == f"violations/push-once-{pushed_twice().key}.py"
    assert found["log"] == list(pushed_twice().log)


def test_what_cannot_be_repeated_names_no_files() -> None:
    found = to_json(result_of((contract_defect(),)))["violations"][0]
    assert found["traceFile"] is None
    assert found["scriptFile"] is None


def test_a_run_with_known_violations_only_is_clean() -> None:
    known = known_violation()
    assert to_json(result_of((known,), known=frozenset({known.key})))["verdict"] == "clean"
    assert to_json(result_of((known,)))["verdict"] == "violations"
    assert to_json(clean_result())["verdict"] == "clean"


@pytest.mark.parametrize("result", [clean_result(), broken_result()], ids=["clean", "broken"])
def test_what_is_read_back_is_the_same(result: object, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(report_bytes(result))  # type: ignore[arg-type]
    assert read_report(path) == result


def test_a_hostile_server_leaves_a_report_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(report_bytes(result_of((hostile_violation(),))))
    assert read_report(path).violations[0].got == hostile_violation().got


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file"),
        ("{", "Expecting"),
        ("[]", "version 1"),
        (json.dumps({**to_json(clean_result()), "version": 2}), "version 1"),
        (json.dumps({"version": 1}), "not a report"),
        (json.dumps({**to_json(clean_result()), "stages": [{"nme": "x"}]}), "not a report"),
        (json.dumps({**to_json(broken_result()), "violations": [{"key": "x"}]}), "not a report"),
        (json.dumps({**to_json(broken_result()), "violations": [WITH_OLD_TRACE]}), "not a trace of version 1"),
    ],
)
def test_what_is_no_report_is_refused_with_its_name(content: str | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ReportUnreadable) as refused:
        read_report(path)
    assert str(path) in str(refused.value)
    assert problem in str(refused.value)


def test_a_rule_of_another_version_explains_itself() -> None:
    found = to_json(result_of((replace(contract_defect(), rule="no-such-rule"),)))["violations"][0]
    assert (found["title"], found["layer"], found["suffers"]) == ("No such rule", "other", "")
