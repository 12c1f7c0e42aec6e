"""References in traces, and the comparisons of checks."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.judge import ABSENT
from conformance.replay.judging import covers, holds, json_type, same, shown
from conformance.replay.values import MissingValue, Values, escaped_text, new_run_marker, references


@pytest.fixture
def values() -> Values:
    known = Values("0042")
    known.learn("r1", {"data": {"id": "a/b", "n": 7, "list": [{"x/y": None}]}})
    return known


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("${r1#/data/n}", 7),
        ("no ${r1#/data/n}.", "no 7."),
        ("${run}", "0042"),
        ("a-${run}-${r1#/data/id}", "a-0042-a/b"),
        ({"${run}": ["${r1#/data/list/0/x~1y}"]}, {"${run}": [None]}),
        ("${$}{run}", "${run}"),
        ("${$}", "$"),
        ("${other}", "${other}"),
        ({"n": 1, "b": True}, {"n": 1, "b": True}),
    ],
)
def test_references_are_filled_in(values: Values, given: Any, filled: Any) -> None:
    assert values.fill(given) == filled


@pytest.mark.parametrize("text", ["${r2#/data}", "x ${r1#/data/none}", "${r1#/data/list/3}", "${r1#/data/n/deeper}"])
def test_a_missing_value_is_named(values: Values, text: str) -> None:
    with pytest.raises(MissingValue, match="nothing came as r"):
        values.fill(text)


def test_a_value_in_a_path_is_quoted(values: Values) -> None:
    assert values.fill_path("/api/${r1#/data/id}/x") == "/api/a%2Fb/x"


@pytest.mark.parametrize("text", ["${run}", "$${run}", "${$}{run}", "${r1#/data/n}", "plain $ {"])
def test_an_escaped_text_comes_back(values: Values, text: str) -> None:
    assert values.fill(escaped_text(text)) == text
    assert not list(references(escaped_text(text)))


def test_a_marker_is_new_and_without_case() -> None:
    markers = {new_run_marker() for _ in range(50)}
    assert len(markers) == 50
    assert all(marker.isdecimal() and len(marker) == 10 for marker in markers)


@pytest.mark.parametrize(
    ("value", "pattern", "fits"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"a": 1}, {"a": 2}, False),
        ({}, {"a": None}, False),
        ([1, {"a": 1, "b": 2}], [1, {"a": 1}], True),
        ([1, 2], [1], False),
        (ABSENT, {}, True),
        (ABSENT, {"a": 1}, False),
        ("text", {"a": 1}, False),
        (True, 1, False),
        (1.0, 1, True),
    ],
)
def test_a_pattern_is_a_part(value: Any, pattern: Any, fits: bool) -> None:
    assert covers(value, pattern) is fits


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (1, 1.0, True), (1, True, False), (0, False, False), ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"a": 1, "b": 1}, False), ([1, 2], [1], False), ([True], [1], False), (None, None, True),
    ],
)  # fmt: skip
def test_values_are_equal_as_in_json(one: Any, other: Any, is_same: bool) -> None:
    assert same(one, other) is is_same


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ({"equals": 3}, [3, 3.0], [4, "3", ABSENT, None]),
        ({"equals": None}, [None], [0, ABSENT]),
        ({"not": 3}, [4, ABSENT], [3]),
        ({"present": True}, [None, 0], [ABSENT]),
        ({"absent": True}, [ABSENT], [None, 0]),
        ({"type": "integer"}, [1, 2.0], [1.5, True, "1", ABSENT]),
        ({"type": "number"}, [1, 1.5], ["1"]),
        ({"type": ["string", "null"]}, ["", None], [1]),
        ({"type": "array"}, [[]], [{}]),
        ({"type": "boolean"}, [False], [0]),
        ({"type": "object"}, [{}], [[]]),
    ],
)
def test_a_condition_holds_for_what_it_says(check: dict[str, Any], right: list[Any], wrong: list[Any]) -> None:
    assert [holds(check, value) for value in right] == [True] * len(right)
    assert [holds(check, value) for value in wrong] == [False] * len(wrong)


def test_what_is_shown_is_short_and_on_one_line() -> None:
    assert shown({"a": "x\ny"}) == '{"a": "x\\ny"}'
    assert shown(ABSENT) == "nothing"
    assert len(shown("x" * 500)) <= 121
    assert json_type(ABSENT) == "nothing"
