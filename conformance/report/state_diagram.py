"""Draws the life of a connection as inline SVG: what was exercised, what was not, what nobody declared.

The layout is by columns: connecting, open, closing, and the ends, each incoming edge of an end on a line of its own, so
that no label meets another. Edges that lead back are left to the table beside the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.report.markup import Markup, tag
from conformance.report.states import CLOSED, CLOSING, CONNECTING, OPEN, REFUSED, State, Transition
from conformance.report.visible import one_line

WIDTH_PX = 1000
LINE_PX, GAP_PX, TOP_PX = 24, 14, 40
BOX_PX = 34
COLUMNS = {CONNECTING: (16, 112), OPEN: (262, 92), CLOSING: (442, 92), REFUSED: (16, 112)}
"""Left edge and width of the inner states; the ends stand in the last column."""
END_LEFT_PX, END_WIDTH_PX = 776, 212
LABEL_LEFT_PX, MAX_LABEL, MAX_LOOPS = 446, 46, 14
CLOSING_LABEL_LEFT_PX, MAX_CLOSING_LABEL = 576, 28
FAN_PX = 436


@dataclass(frozen=True, slots=True)
class Edge:
    """All transitions between two states: what starts them, how often, and how they look."""

    start: str
    end: str
    label: str
    hint: str
    mark: str


def mark_of(times: int, is_declared: bool, reason: str) -> str:
    """Return the look of a state or transition: undeclared, seen, unreachable or missing."""
    if not is_declared:
        return "undeclared"
    return "seen" if times else "unreachable" if reason else "missing"


def draw(states: Mapping[str, Any], unreachable: Mapping[str, str]) -> Markup:
    """Return the diagram of `build_states` as one <svg> element.

    Args:
        unreachable: Why a state can't be reached in a run, by its id.
    """
    by_id = {each["id"]: each for each in states["states"]}
    edges = _edges(states["transitions"], unreachable)
    ends = _ends(by_id, edges)
    lines: dict[tuple[str, str], float] = {}
    boxes: dict[str, tuple[float, float, float, float]] = {}
    y = float(TOP_PX)
    for end in ends:
        incoming = [edge for edge in edges if edge.end == end and edge.start in COLUMNS]
        height = max(BOX_PX, LINE_PX * len(incoming))
        for number, edge in enumerate(incoming):
            lines[edge.start, end] = y + height * (number + 0.5) / len(incoming)
        boxes[end] = (END_LEFT_PX, y, END_WIDTH_PX, height)
        y += height + GAP_PX
    middle = (TOP_PX + y - GAP_PX) / 2
    behind_closing = [line for (start, _), line in lines.items() if start == CLOSING]
    heights: dict[str, float] = {
        OPEN: middle,
        CONNECTING: middle,
        REFUSED: middle - 96,
        CLOSING: sum(behind_closing) / len(behind_closing) if behind_closing else TOP_PX - 20,
    }
    boxes |= {
        name: (left, heights[name] - BOX_PX / 2, width, BOX_PX)
        for name, (left, width) in COLUMNS.items()
        if name in by_id
    }
    loops = [each for each in states["transitions"] if each["from"] == each["to"] == OPEN]
    bottom = max(y, middle + 76 + 17 * min(len(loops), MAX_LOOPS + 1)) + 6
    return tag(
        "svg",
        tag("title", "The states of a connection and what leads from one to the other"),
        *(_edge(edge, boxes, lines) for edge in edges if edge.start in boxes and edge.end in boxes),
        *_loops(loops, boxes[OPEN], unreachable) if loops and OPEN in boxes else (),
        *(_state(by_id[name], box, unreachable) for name, box in boxes.items()),
        class_="states",
        viewBox=f"0 0 {WIDTH_PX} {bottom:.0f}",
        width=WIDTH_PX,
        height=bottom,
        role="img",
    )


def reason_of(transition: Transition, unreachable: Mapping[str, str]) -> str:
    """Return why a transition can't be provoked, "" when it can."""
    key = f"{transition['from']} -> {transition['event']} -> {transition['to']}"
    return unreachable.get(key) or unreachable.get(transition["to"], "")


def _edges(transitions: Iterable[Transition], unreachable: Mapping[str, str]) -> list[Edge]:
    grouped: dict[tuple[str, str], list[Transition]] = {}
    for each in transitions:
        if each["from"] != each["to"]:
            grouped.setdefault((each["from"], each["to"]), []).append(each)
    edges = []
    for (start, end), members in grouped.items():
        times = sum(each["times"] for each in members)
        events = [one_line(each["event"], 32) for each in sorted(members, key=lambda each: -each["times"])]
        label = ", ".join(events[:2]) + (f" +{len(events) - 2}" if len(events) > 2 else "")
        hint = "\n".join(f"{each['event']}: {each['times']:,}" for each in members[:20])
        is_declared = all(each["declared"] for each in members)
        mark = mark_of(times, is_declared, reason_of(members[0], unreachable))
        edges.append(Edge(start, end, f"{label} · {times:,}" if times else label, hint, mark))
    return edges


def _ends(by_id: Mapping[str, State], edges: list[Edge]) -> list[str]:
    """Return the states of the last column: first those behind `closing`, so that no edge crosses another."""
    ends = [name for name in by_id if name not in COLUMNS]
    from_closing = {edge.end for edge in edges if edge.start == CLOSING}
    return sorted(ends, key=lambda name: name not in from_closing)


def _edge(edge: Edge, boxes: Mapping[str, tuple[float, ...]], lines: Mapping[tuple[str, str], float]) -> Markup | None:
    left, top, width, height = boxes[edge.start]
    x, y = left + width, top + height / 2
    to_left, to_top, to_width, to_height = boxes[edge.end]
    to_y = lines.get((edge.start, edge.end), to_top + to_height / 2)
    if edge.end == REFUSED:
        middle = to_left + to_width / 2
        path = f"M{middle:.1f} {top:.1f}V{to_top + to_height + 6:.1f}"
        head = f"M{middle:.1f} {to_top + to_height:.1f}l-4 7h8z"
        label = tag("text", edge.label, x=middle + 8, y=(top + to_top + to_height) / 2 + 4)
    elif edge.end == CLOSING:
        path = f"M{x:.1f} {y:.1f}C{x + 50:.1f} {y:.1f} {to_left - 76:.1f} {to_y:.1f} {to_left - 6:.1f} {to_y:.1f}"
        head = f"M{to_left:.1f} {to_y:.1f}l-7 -4v8z"
        label = tag("text", edge.label, x=to_left + to_width / 2, y=to_top - 7, text_anchor="middle")
    elif edge.end in COLUMNS:
        if to_left <= x:
            return None
        path, head = f"M{x:.1f} {y:.1f}H{to_left - 6:.1f}", f"M{to_left:.1f} {to_y:.1f}l-7 -4v8z"
        label = tag("text", edge.label, x=(x + to_left) / 2, y=y - 8, text_anchor="middle")
    else:
        is_behind = edge.start == CLOSING
        bend = x + 40 if is_behind else FAN_PX
        path = (
            f"M{x:.1f} {y:.1f}C{(x + bend) / 2:.1f} {y:.1f} {(x + bend) / 2:.1f} {to_y:.1f} {bend:.1f} {to_y:.1f}"
            f"H{to_left - 6:.1f}"
        )
        head = f"M{to_left:.1f} {to_y:.1f}l-7 -4v8z"
        room = MAX_CLOSING_LABEL if is_behind else MAX_LABEL
        at = CLOSING_LABEL_LEFT_PX if is_behind else LABEL_LEFT_PX
        label = tag("text", one_line(edge.label, room), x=at + 6, y=to_y - 6)
    return tag(
        "g",
        tag("title", edge.hint),
        tag("path", class_="edge", d=path),
        tag("path", class_="tip", d=head),
        label,
        class_=edge.mark,
    )


def _loops(loops: list[Transition], box: tuple[float, ...], unreachable: Mapping[str, str]) -> list[Markup]:
    left, top, width, height = box
    x, y = left + width / 2, top + height
    mark = "seen" if any(each["times"] for each in loops) else "missing"
    arc = tag(
        "g",
        tag(
            "path",
            class_="edge",
            d=f"M{x - 18:.1f} {y:.1f}C{x - 30:.1f} {y + 44:.1f} {x + 30:.1f} {y + 44:.1f} {x + 18:.1f} {y + 6:.1f}",
        ),
        tag("path", class_="tip", d=f"M{x + 17:.1f} {y:.1f}l-3 8h8z"),
        class_=mark,
    )
    names = []
    for number, each in enumerate(loops[:MAX_LOOPS]):
        times = f" · {each['times']:,}" if each["times"] else ""
        text = tag(
            "text", one_line(each["event"], 20) + times, x=left + width, y=y + 52 + 17 * number, text_anchor="end"
        )
        names.append(tag("g", text, class_=mark_of(each["times"], each["declared"], reason_of(each, unreachable))))
    if len(loops) > MAX_LOOPS:
        more = f"and {len(loops) - MAX_LOOPS} more"
        names.append(tag("text", more, class_="more", x=left + width, y=y + 52 + 17 * MAX_LOOPS, text_anchor="end"))
    return [arc, *names]


def _state(state: State, box: tuple[float, ...], unreachable: Mapping[str, str]) -> Markup:
    left, top, width, height = box
    reason = unreachable.get(state["id"], "")
    mark = mark_of(state["times"], state["kind"] != "unknown", reason)
    is_end = state["id"] not in COLUMNS
    code, _, name = state["title"].partition(" ")
    title = (
        [tag("tspan", code, class_="code"), tag("tspan", f" {one_line(name, 19)}")] if name else [one_line(code, 26)]
    )
    return tag(
        "g",
        tag("title", f"{state['title']}: {reason or state['note']}. Reached {state['times']:,} times."),
        tag("rect", x=left, y=top, width=width, height=height, rx=7 if is_end else 17),
        tag(
            "text",
            *title,
            x=left + 12 if is_end else left + width / 2,
            y=top + height / 2 + 4.5,
            text_anchor=None if is_end else "middle",
        ),
        class_=f"state {mark} {state['kind'] if state['kind'] in (CLOSED, OPEN) else ''}".rstrip(),
    )
