"""The kit's data: violations, traces, coverage and results keep what they are given, there and back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.coverage import Coverage, Matrix, Row
from conformance.result import Result
from conformance.trace import Trace, TraceError, read_trace
from conformance.violation import Violation, from_json, merge

STEPS: tuple[dict[str, Any], ...] = (
    {"step": "http", "id": "r1", "method": "POST", "path": "/api/auth/guest"},
    {"step": "connect", "socket": "s1", "query": {"token": "${r1#/data/accessToken}"}},
    {"step": "together", "steps": [{"step": "send", "socket": "s1", "json": {"type": "ping"}}, {"step": "connect"}]},
    {"step": "raw", "socket": "s1", "base64": "gQA="},
)
TRACE = Trace(STEPS, {"check": "close", "socket": "s1", "codes": []}, "stays-open", "A ping does not close")
VIOLATION = Violation(
    "stays-open",
    "ping",
    "asyncapi#/operations/ping",
    "nothing",
    "closed with 1011",
    "1011",
    TRACE,
    2,
    True,
    ("Bob pings",),
    ({"step": "closed", "at": 0.5},),
)


# Violations.


def test_a_violation_comes_back_from_json_as_it_was() -> None:
    assert from_json(json.loads(json.dumps(VIOLATION.to_json()))) == VIOLATION


def test_a_violation_without_a_trace_comes_back_too() -> None:
    bare = Violation("a-rule", "x", "openapi#/info", "this", "that")
    assert from_json(json.loads(json.dumps(bare.to_json()))) == bare


def test_the_key_is_of_rule_subject_pointer_and_detail_only() -> None:
    for same in (
        {"expected": "else"},
        {"got": "else"},
        {"trace": None},
        {"times": 9},
        {"log": ()},
        {"reproduced": None},
    ):
        assert replace(VIOLATION, **same).key == VIOLATION.key  # type: ignore[arg-type]
    for name in ("rule", "subject", "pointer", "detail"):
        assert replace(VIOLATION, **{name: "else"}).key != VIOLATION.key  # type: ignore[arg-type]


def test_the_key_is_the_same_in_every_version_of_the_kit() -> None:
    assert Violation("a", "b", "c", "d", "e", "f").key == "5b39c115d3ce"


def test_a_key_can_be_made_of_any_text() -> None:
    assert len(Violation("a", "\ud800", "b", "", "").key) == 12


def test_merging_counts_and_keeps_the_order() -> None:
    other = replace(VIOLATION, subject="pong", times=1)
    merged = merge([VIOLATION, other, replace(VIOLATION, times=3)])
    assert [(each.subject, each.times) for each in merged] == [("ping", 5), ("pong", 1)]
    assert merge([]) == []


@pytest.mark.parametrize("reverse", [False, True])
def test_merging_keeps_the_trace_that_shows_it_best(reverse: bool) -> None:
    short = replace(TRACE, steps=STEPS[:1])
    ranked = [
        replace(VIOLATION, trace=short, reproduced=True),
        replace(VIOLATION, trace=TRACE, reproduced=True),
        replace(VIOLATION, trace=short, reproduced=False),
        replace(VIOLATION, trace=TRACE, reproduced=None),
        replace(VIOLATION, trace=None, reproduced=None),
    ]
    for better, worse in pairwise(ranked):
        pair = [worse, better] if reverse else [better, worse]
        assert [(each.trace, each.reproduced) for each in merge(pair)] == [(better.trace, better.reproduced)]


# Traces.


def test_a_trace_comes_back_from_json_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(TRACE.to_json()), encoding="utf-8")
    assert read_trace(path) == TRACE


def test_a_trace_counts_its_frames_and_connections_inside_of_steps_too() -> None:
    assert (TRACE.frames, TRACE.connections) == (2, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"steps": {}},
        {"check": []},
        {"check": {"step": "close"}},
        {"steps": [1]},
        {"steps": [{"id": "r1"}]},
        {"steps": [{"step": "together", "steps": ["send"]}]},
        {"steps": [{"step": "together", "steps": 5}]},
    ],
)
def test_what_is_no_trace_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TraceError):
        Trace.from_json(TRACE.to_json() | change)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\xff"])
def test_a_file_without_a_trace_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "trace.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TraceError, match=r"trace\.json"):
        read_trace(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"none\.json: No such file"):
        read_trace(tmp_path / "none.json")


# Coverage and results.


def test_coverage_adds_up_and_comes_back_from_json() -> None:
    one, other = Coverage(), Coverage()
    one.statuses["login 200"] += 2
    one.counts["requests"] += 2
    other.statuses["login 200"] += 1
    other.transitions["open -> idle -> closed 4410"] += 1
    one.add(other)
    assert one.statuses == Counter({"login 200": 3})
    back = Coverage.from_json(json.loads(json.dumps(one.to_json())))
    assert back == one
    assert Coverage.from_json({}) == Coverage()


def test_coverage_is_written_in_a_stable_order() -> None:
    one, other = Coverage(), Coverage()
    for name in ("b", "a"):
        one.closes[name] += 1
    for name in ("a", "b"):
        other.closes[name] += 1
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())


def test_a_matrix_counts_what_a_client_can_provoke() -> None:
    matrix = Matrix("close codes", (Row("1000", 3), Row("4410", 0), Row("4429", 1), Row("1011", 0, "a bug only")))
    assert [row.name for row in matrix.missing] == ["4410"]
    assert [row.name for row in matrix.reachable] == ["1000", "4410", "4429"]
    assert round(matrix.percent, 1) == 66.7
    assert Matrix("nothing", (Row("1011", 0, "a bug only"),)).percent == 100.0


def test_the_new_violations_are_those_that_the_baseline_has_not() -> None:
    other = replace(VIOLATION, subject="pong")
    result = Result(
        "http://127.0.0.1:1",
        "chat",
        1,
        60,
        {},
        {},
        0,
        1,
        (),
        (VIOLATION, other),
        Coverage(),
        (),
        known=frozenset({VIOLATION.key}),
    )
    assert result.new == (other,)
