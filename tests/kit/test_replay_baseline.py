"""The file of known violations: what it has in it, what is fixed, and what is no baseline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.replay.baseline import BaselineError, Known, fixed, load_baseline, read_baseline, write_baseline
from conformance.violation import Violation

ONE = Violation("ack-once", "send-message", "asyncapi#/operations/sendMessage", "one ack", "two")
TWO = Violation("status", "login", "openapi#/paths/~1auth~1login", "200, „schön“", "500")


def test_what_is_written_is_known(tmp_path: Path) -> None:
    write_baseline(tmp_path / "b.json", [ONE, TWO])
    assert load_baseline(tmp_path / "b.json") == {ONE.key, TWO.key}
    assert read_baseline(tmp_path / "b.json")[0] == Known(ONE.rule, ONE.subject, ONE.pointer, ONE.key, ONE.expected)


def test_the_file_is_the_same_whatever_the_order_and_the_times(tmp_path: Path) -> None:
    write_baseline(tmp_path / "a.json", [ONE, TWO])
    write_baseline(tmp_path / "b.json", [TWO, replace(ONE, times=7), TWO])
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_file_is_sorted_by_rule_and_subject(tmp_path: Path) -> None:
    many = [Violation(f"rule-{n}", "s", "p", "e", "g") for n in (5, 3, 9, 1, 7, 2, 8)]
    write_baseline(tmp_path / "b.json", many)
    rules = [each["rule"] for each in json.loads((tmp_path / "b.json").read_text())["violations"].values()]
    assert rules == sorted(rules)


def test_people_can_read_what_a_key_means(tmp_path: Path) -> None:
    write_baseline(tmp_path / "b.json", [TWO])
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8")) == {
        "version": 1,
        "violations": {
            TWO.key: {"rule": "status", "subject": "login", "pointer": TWO.pointer, "expected": "200, „schön“"}
        },
    }
    assert "„schön“" in (tmp_path / "b.json").read_text(encoding="utf-8")


def test_what_is_not_seen_any_more_is_fixed(tmp_path: Path) -> None:
    write_baseline(tmp_path / "b.json", [ONE, TWO])
    known = read_baseline(tmp_path / "b.json")
    assert [each.key for each in fixed(known, [TWO])] == [ONE.key]
    assert fixed(known, [TWO, ONE]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "violations": {}}',
        '{"version": 1, "violations": []}',
        '{"version": 1, "violations": {"a": 1}}',
    ],
)
def test_what_is_no_baseline_is_said_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(BaselineError) as caught:
        load_baseline(tmp_path / "b.json")
    assert str(tmp_path / "b.json") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="No such file"):
        load_baseline(tmp_path / "none.json")
