"""The state diagram has what the contract declares, and tells what was exercised."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from conformance.contract.channel import read_socket_contract
from conformance.coverage import Coverage
from conformance.report.state_diagram import draw
from conformance.report.states import build_states
from tests.kit.report_samples import contracts, coverage_of

UNRELATED = {
    "asyncapi": "3.0.0",
    "info": {"title": "Lights", "version": "1"},
    "channels": {
        "lights": {
            "address": "/lights",
            "bindings": {"ws": {}},
            "messages": {"turn": {"payload": {"type": "object"}}, "state": {"payload": {"type": "object"}}},
        }
    },
    "operations": {
        "turn": {
            "action": "receive",
            "channel": {"$ref": "#/channels/lights"},
            "messages": [{"$ref": "#/channels/lights/messages/turn"}],
        }
    },
}


def states_of(coverage: Coverage) -> dict[str, Any]:
    """Return the states of GoChat's contract."""
    return build_states(contracts()[1], coverage)


def state(states: dict[str, Any], identity: str) -> dict[str, Any]:
    """Return the only state with an id."""
    (found,) = [each for each in states["states"] if each["id"] == identity]
    return dict(found)


def between(states: dict[str, Any], start: str, end: str) -> dict[str, int]:
    """Return how often each event led from one state to another."""
    found = [(t["event"], t["times"]) for t in states["transitions"] if (t["from"], t["to"]) == (start, end)]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_every_close_code_of_the_contract_is_a_state_with_a_way_to_it() -> None:
    states = states_of(Coverage())
    for code in contracts()[1].close_codes:
        assert state(states, f"closed {code}")["kind"] == "closed"
        assert [t for t in states["transitions"] if t["to"] == f"closed {code}"], code
    assert state(states, "closed 4409")["title"] == "4409 REPLACED"


def test_without_a_run_nothing_was_exercised() -> None:
    states = states_of(Coverage())
    assert {each["times"] for each in states["states"]} == {0}
    assert {each["times"] for each in states["transitions"]} == {0}
    assert all(each["declared"] for each in states["transitions"])


def test_what_was_seen_stands_under_its_own_events() -> None:
    states = states_of(coverage_of(gaps=True))
    assert between(states, "open", "closed 4401") == {"bad token": 61, "expired token": 4, "logout": 12}
    assert state(states, "closed 4401")["times"] == 77
    assert between(states, "open", "closed 4408") == {"slow reader": 0}
    assert between(states, "open", "closing") == {"client closes": 640}


def test_a_code_that_was_seen_from_another_state_is_drawn_there_only() -> None:
    states = states_of(coverage_of(gaps=True))
    assert between(states, "closing", "closed 1001") == {"server answers": 20}
    assert between(states, "open", "closed 1001") == {}


def test_a_close_counts_without_a_transition_of_its_own() -> None:
    coverage = Coverage()
    coverage.closes["4429"] = 3
    assert between(states_of(coverage), "open", "closed 4429") == {"rate abused": 3}


def test_frames_keep_the_connection_open() -> None:
    coverage = Coverage()
    coverage.frames.update({"ping sent valid": 7, "ping sent invalid": 2, "mark-read sent invalid": 3})
    assert between(states_of(coverage), "open", "open") == {
        "send-message": 0,
        "ping": 7,
        "mark-read": 0,
        "invalid frame": 5,
    }


def test_an_undeclared_code_is_marked() -> None:
    states = states_of(coverage_of(gaps=True))
    assert state(states, "closed 4999")["kind"] == "unknown"
    (way,) = [each for each in states["transitions"] if each["to"] == "closed 4999"]
    assert way["declared"] is False


def test_a_contract_without_close_codes_has_states_too() -> None:
    states = build_states(read_socket_contract(UNRELATED), Coverage())
    assert {each["id"] for each in states["states"]} == {"connecting", "refused", "open", "closing", "lost"}
    assert between(states, "open", "open") == {"turn": 0}
    Xml.fromstring(draw(states, {}))


def boxes(drawing: Xml.Element) -> list[tuple[float, float, float, float]]:
    """Return the rectangles of the states."""
    return [
        tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))  # type: ignore[misc]
        for rect in drawing.iterfind(".//g/rect")
    ]


@pytest.mark.parametrize("gaps", [True, False])
def test_the_drawing_has_every_state_and_no_two_overlap(gaps: bool) -> None:
    states = states_of(coverage_of(gaps=gaps))
    drawing = Xml.fromstring(draw(states, {}))
    found = boxes(drawing)
    assert len(found) == len(states["states"])
    for number, (x, y, width, height) in enumerate(found):
        for other_x, other_y, other_width, other_height in found[number + 1 :]:
            apart = (
                x + width < other_x or other_x + other_width < x or y + height < other_y or other_y + other_height < y
            )
            assert apart
    _, _, width_all, height_all = map(float, drawing.attrib["viewBox"].split())
    assert all(x >= 0 and y >= 0 and x + w <= width_all and y + h <= height_all for x, y, w, h in found)


def marks(drawing: Xml.Element) -> dict[str, str]:
    """Return how each state looks, by its text."""
    return {
        "".join(g.find("text").itertext()): g.attrib["class"].split()[1]  # type: ignore[union-attr]
        for g in drawing.iterfind("g")
        if g.attrib.get("class", "").startswith("state ")
    }


def test_each_state_looks_as_it_was_met() -> None:
    drawing = Xml.fromstring(draw(states_of(coverage_of(gaps=True)), {"closed 1011": "only a defect causes it"}))
    looks = marks(drawing)
    assert looks["4401 AUTH_FAILED"] == "seen"
    assert looks["4408 SLOW_READER"] == "missing"
    assert looks["1011 INTERNAL_ERROR"] == "unreachable"
    assert looks["closed 4999"] == "undeclared"


def test_many_ways_to_one_state_have_a_line_each() -> None:
    coverage = Coverage()
    coverage.transitions.update(
        {"open -> a -> closed 4401": 1, "closing -> b -> closed 4401": 1, "connecting -> c -> closed 4401": 1}
    )
    drawing = Xml.fromstring(draw(states_of(coverage), {}))
    ends = [p.attrib["d"].partition("l")[0] for p in drawing.iterfind(".//path[@class='tip']")]
    assert len(ends) == len(set(ends))
    assert {"a · 1", "b · 1", "c · 1"} <= {text.text for text in drawing.iterfind(".//g/text")}
