"""The sequence diagram shows who sent what, and the step that is wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from conformance.report.sequence import MAX_ROWS, Diagram, has_members, read_diagram
from conformance.report.sequence_rows import Row
from conformance.report.sequence_svg import draw
from conformance.trace import Trace
from conformance.violation import Violation
from tests.kit.report_samples import (
    call,
    came,
    contract_defect,
    hostile_violation,
    invalid_kept,
    login,
    never_pushed,
    pushed_twice,
    send,
    steps_of,
    undeclared_status,
    violations,
    wrong_close,
)


def diagram_of(violation: Violation) -> Diagram:
    """Return the diagram of a violation that has one."""
    diagram = read_diagram(violation)
    assert diagram is not None
    return diagram


def wrong(violation: Violation) -> list[tuple[str, str, bool]]:
    """Return the wrong rows: name, lane, whether it is missing."""
    return [(row.name, row.lane, row.missing) for row in diagram_of(violation).rows if row.wrong]


def checked(log: list[dict[str, Any]], check: dict[str, Any]) -> Violation:
    """Return a violation with a log and a check."""
    return replace(wrong_close(), log=tuple(log), trace=Trace(steps_of(log), check))


def test_each_connection_http_and_the_server_have_a_lane() -> None:
    lanes = [(lane.title, lane.subtitle) for lane in diagram_of(pushed_twice()).lanes]
    assert lanes == [("HTTP", ""), ("alice", "s1"), ("bob", "s2"), ("server", "")]


def test_what_has_neither_log_nor_trace_has_no_diagram() -> None:
    assert read_diagram(contract_defect()) is None


def test_without_a_log_the_steps_of_the_trace_are_drawn() -> None:
    log = [*login(0, 0.0, "alice"), send("s1", 0.1, "alice", "ping", {})]
    steps = (*steps_of(log), {"step": "expect", "id": "e1", "socket": "s1", "frame": {"type": "pong"}})
    rows = diagram_of(replace(wrong_close(), log=(), trace=Trace(steps, {"check": "close", "codes": []}))).rows
    assert [row.name for row in rows][-2:] == ["ping", "pong"]


@pytest.mark.parametrize(
    ("violation", "expected"),
    [
        (pushed_twice(), [("new-message", "s2", False)]),
        (never_pushed(), [("no new-message", "s2", True)]),
        (wrong_close(), [("closed 4999", "s1", False)]),
        (invalid_kept(), [("message-ack", "s1", False)]),
        (undeclared_status(), [("418", "http", False)]),
    ],
    ids=lambda value: value.rule if isinstance(value, Violation) else "",
)
def test_the_step_that_the_check_finds_wrong_is_marked(violation: Violation, expected: list[object]) -> None:
    assert wrong(violation) == expected


def test_only_the_surplus_frames_are_wrong() -> None:
    rows = [row for row in diagram_of(pushed_twice()).rows if row.name == "new-message" and row.lane == "s2"]
    assert [row.wrong for row in rows] == [False, True]


def test_what_should_have_been_closed_is_missing() -> None:
    violation = checked(login(0, 0.0, "alice"), {"check": "close", "socket": "s1", "codes": [4401, 4409]})
    assert wrong(violation) == [("not closed with 4401 or 4409", "s1", True)]


def test_a_wrong_value_marks_the_first_frame_that_matches() -> None:
    log = [*login(0, 0.0, "alice"), came("s1", 1, "alice", "pong", {"n": 1}), came("s1", 2, "alice", "pong", {"n": 2})]
    check = {"check": "frame-value", "socket": "s1", "match": {"type": "pong"}, "pointer": "/data/n", "equals": 2}
    assert [row.wrong for row in diagram_of(checked(log, check)).rows if row.name == "pong"] == [True, False]


def test_a_reference_in_the_check_stands_for_what_the_log_has() -> None:
    log = list(never_pushed().log)
    log[-1] = came("s2", 0.2, "bob", "new-message", {"messageId": "m-76"})
    assert wrong(replace(never_pushed(), log=tuple(log))) == [("no new-message", "s2", True)]
    log[-1] = came("s2", 0.2, "bob", "new-message", {"messageId": "m-77"})
    assert not [row for row in diagram_of(replace(never_pushed(), log=tuple(log))).rows if row.missing]


def test_an_answer_stands_with_its_request_unless_it_is_the_wrong_one() -> None:
    names = [(row.kind, row.name) for row in diagram_of(undeclared_status()).rows]
    assert names[0] == ("exchange", "alice: POST /api/auth/register → 201")
    assert names[-2:] == [("call", "alice: PUT /api/conversations/c-7f/read"), ("answer", "418")]


def test_answers_to_concurrent_requests_come_after_all_of_them() -> None:
    log = [call(f"r{n}", 0.1, f"u{n}", "POST", "/api/x", {}, 200) | {"group": 4} for n in (1, 2)]
    rows = diagram_of(checked(log, {"check": "response", "step": "r2", "status": [403]})).rows
    assert [row.kind for row in rows] == ["call", "call", "answer", "answer"]
    assert [row.wrong for row in rows] == [False, False, False, True]


def test_no_password_and_no_token_is_shown() -> None:
    for violation in violations():
        shown = str(read_diagram(violation) and draw(diagram_of(violation), "t")) if violation.log else ""
        assert "eyJ" not in shown
        assert "correct horse" not in shown


def test_a_long_log_keeps_its_beginning_its_end_and_what_is_wrong() -> None:
    many = [came("s1", n, "alice", "pong", {"n": n}) for n in range(500)]
    check = {"check": "frame-value", "socket": "s1", "match": {"data": {"n": 250}}, "pointer": "/data/n", "equals": 0}
    rows = diagram_of(checked([*login(0, 0.0, "alice"), *many], check)).rows
    assert len(rows) <= MAX_ROWS + 4
    assert [row.payload for row in rows if row.wrong] == ["n: 250"]
    assert rows[0].name.startswith("alice: POST")
    assert rows[-1].payload == "n: 499"
    left_out = sum(int(row.name.split()[0]) for row in rows if row.kind == "gap")
    assert left_out + sum(row.kind != "gap" for row in rows) == 503


@pytest.mark.parametrize(
    ("value", "match", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": 1}, {"b": 1}, False),
        ([1], {"a": 1}, False),
        ({"a": "x"}, {"a": "${r1#/id}"}, True),
        (None, {}, False),
    ],
)
def test_members_are_compared_deeply(value: object, match: object, expected: bool) -> None:
    assert has_members(value, match) is expected


def drawing_of(violation: Violation) -> Xml.Element:
    """Return the drawing, parsed."""
    return Xml.fromstring(draw(diagram_of(violation), "A title"))


def test_the_drawing_has_an_arrow_a_row_from_and_to_the_right_lanes() -> None:
    drawing = drawing_of(wrong_close())
    heads = [float(rect.attrib["x"]) + 50 for rect in drawing.iterfind("g/rect")]
    arrows = [
        (float(line.attrib["x1"]), float(line.attrib["x2"])) for line in drawing.iterfind("g/line[@class='arrow']")
    ]
    http, first, second, server = heads
    assert arrows == [(http, server), (http, server), (first, server), (second, server), (server, first)]


def test_the_wrong_step_stands_out_in_the_drawing() -> None:
    drawing = drawing_of(never_pushed())
    (group,) = [g for g in drawing.iterfind("g") if "wrong" in g.get("class", "")]
    assert "missing" in group.attrib["class"]
    assert [rect.get("class") for rect in drawing.iterfind("rect")] == ["wrong-band", "wrong-edge"]


def test_concurrent_steps_are_bracketed() -> None:
    assert len(drawing_of(pushed_twice()).findall("g[@class='together']")) == 1
    assert drawing_of(wrong_close()).findall("g[@class='together']") == []


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_the_drawing_grows_with_its_lanes_and_keeps_them_apart(count: int) -> None:
    log = [{"step": "connect", "socket": f"s{n}", "query": {}} for n in range(count)]
    drawing = drawing_of(checked(log, {"check": "close", "socket": "s0", "codes": [1000]}))
    lefts = [float(rect.attrib["x"]) for rect in drawing.iterfind("g/rect")]
    assert len(lefts) == count + 1
    assert all(b - a >= 110 for a, b in pairwise(lefts))
    assert lefts[-1] + 100 <= float(drawing.attrib["viewBox"].split()[2])


def test_a_hostile_log_is_drawn_as_text() -> None:
    drawing = drawing_of(hostile_violation())
    assert {element.tag for element in drawing.iter()} <= {"svg", "title", "g", "rect", "line", "text", "path"}
    assert all(len(text.text or "") < 200 for text in drawing.iterfind(".//text"))


def test_a_row_may_belong_to_nobody() -> None:
    diagram = diagram_of(never_pushed())
    assert [row.name for row in diagram.rows if isinstance(row, Row) and row.lane == ""] == ["2.0 s pass"]
