"""Draws a sequence diagram as inline SVG: lanes, arrows, what is wrong in a band, concurrent steps bracketed.

Colours come from the page's style sheet, so the drawing follows light, dark and print.
"""

from __future__ import annotations

from itertools import groupby

from conformance.report.markup import Markup, joined, tag
from conformance.report.sequence import Diagram
from conformance.report.sequence_rows import HTTP, SERVER, Row
from conformance.report.visible import one_line

LEFT_PX, RIGHT_PX, HEAD_PX = 118, 68, 58
WIDTH_PX, GAP_PX, MAX_PAYLOAD_PX = 1030, 186, 420
ROW_PX, PAYLOAD_PX = 34, 15
CHARACTER_PX, NAME_CHARACTER_PX = 6.35, 6.9
"""Of the two fonts of a label; measured in Chromium, a little too wide to be on the safe side."""


def draw(diagram: Diagram, title: str) -> Markup:
    """Return the diagram as one <svg> element with a title for who can't see it."""
    gaps = max(1, len(diagram.lanes) - 1)
    width = max(WIDTH_PX, LEFT_PX + RIGHT_PX + gaps * GAP_PX)
    step = (width - LEFT_PX - RIGHT_PX) / gaps
    at_x = {lane.id: LEFT_PX + step * number for number, lane in enumerate(diagram.lanes)}
    if len(diagram.lanes) == 1:
        at_x[SERVER] = width - RIGHT_PX
    tops, y = [], float(HEAD_PX)
    for row in diagram.rows:
        tops.append(y)
        y += ROW_PX + (PAYLOAD_PX if row.payload else 0)
    height = y + 14
    bands = [_band(row, top, width) for row, top in zip(diagram.rows, tops, strict=True) if row.wrong]
    lines = [tag("line", class_="life", x1=x, y1=HEAD_PX - 14, x2=x, y2=height) for x in at_x.values()]
    heads = [_head(lane.id, lane.title, lane.subtitle, at_x[lane.id]) for lane in diagram.lanes]
    rows = [_row(row, top, at_x, width) for row, top in zip(diagram.rows, tops, strict=True)]
    return tag(
        "svg",
        tag("title", title),
        *bands,
        *_brackets(diagram.rows, [*tops, y]),
        *lines,
        *heads,
        *rows,
        class_="sequence",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=width,
        height=height,
        role="img",
    )


def _head(identity: str, title: str, subtitle: str, x: float) -> Markup:
    width = 100.0
    kind = "server" if identity == SERVER else "http" if identity == HTTP else "socket"
    return tag(
        "g",
        tag("rect", x=x - width / 2, y=6, width=width, height=36, rx=6),
        tag("text", title, class_="lane", x=x, y=21 if subtitle else 28, text_anchor="middle"),
        tag("text", subtitle, class_="under", x=x, y=35, text_anchor="middle") if subtitle else None,
        class_=f"head {kind}",
    )


def _band(row: Row, top: float, width: float) -> Markup:
    height = ROW_PX + (PAYLOAD_PX if row.payload else 0)
    return joined(
        [
            tag("rect", class_="wrong-band", x=0, y=top, width=width, height=height - 2, rx=4),
            tag("rect", class_="wrong-edge", x=0, y=top, width=3, height=height - 2),
        ]
    )


def _row(row: Row, top: float, at_x: dict[str, float], width: float) -> Markup:
    y = top + 22
    stamp = tag("text", f"{row.at:.3f}", class_="at", x=12, y=y + 3) if row.at is not None else None
    if row.lane not in at_x:
        return tag(
            "g",
            tag("line", class_="across", x1=LEFT_PX - 30, y1=y, x2=width - 24, y2=y),
            tag("text", row.name, class_="across-label", x=width / 2, y=y + 4, text_anchor="middle"),
            stamp,
            class_=f"row {row.kind}",
        )
    lane, server = at_x[row.lane], at_x[SERVER]
    start, end = (server, lane) if row.inbound else (lane, server)
    room = abs(server - lane) - 26
    marks = f"row {row.kind}{' wrong' if row.wrong else ''}{' missing' if row.missing else ''}"
    payload = None
    if row.payload:
        is_long = len(row.payload) > int(room / CHARACTER_PX)  # then it goes on to the left, over other lanes
        room = max(room, min(MAX_PAYLOAD_PX, server - LEFT_PX)) if is_long else room
        text = one_line(row.payload, int(room / CHARACTER_PX))
        is_left = is_long and room > abs(server - lane) - 26
        x, anchor = (server - 13, "end") if is_left else (lane + 13, None)
        payload = tag("text", text, class_="payload", x=x, y=y + 14, text_anchor=anchor)
    return tag(
        "g",
        tag("title", f"{row.name}  {row.hint}") if row.hint else None,
        tag("text", one_line(row.name, max(12, int(room / NAME_CHARACTER_PX))), class_="name", x=lane + 13, y=y - 6),
        tag("line", class_="arrow", x1=start, y1=y, x2=end, y2=y),
        _tip(row, start, end, y),
        _tip(row, end, start, y) if row.kind == "exchange" else None,
        payload,
        tag("text", "✗" if row.missing or row.wrong else "", class_="cross", x=width - 14, y=y + 4)
        if row.wrong
        else None,
        stamp,
        class_=marks,
    )


def _tip(row: Row, start: float, end: float, y: float) -> Markup:
    """An arrow's head; a cross where nothing arrives."""
    back = -7 if end > start else 7
    if row.missing or row.kind == "drop":
        middle = (start + end) / 2 if row.missing else end + back
        points = f"M{middle - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"
        return tag("path", class_="tip", d=points)
    return tag("path", class_="tip solid", d=f"M{end:.1f} {y:.1f}l{back} -4v8z")


def _brackets(rows: tuple[Row, ...], tops: list[float]) -> list[Markup]:
    drawn = []
    for group, members in groupby(range(len(rows)), key=lambda number: rows[number].group):
        numbers = list(members)
        if group is None or len(numbers) < 2:
            continue
        top, bottom = tops[numbers[0]] + 4, tops[numbers[-1] + 1] - 4
        drawn.append(
            tag(
                "g",
                tag("path", d=f"M{LEFT_PX - 40} {top:.1f}h-8v{bottom - top:.1f}h8"),
                tag(
                    "text",
                    "at the same time",
                    transform=f"rotate(-90 {LEFT_PX - 54} {(top + bottom) / 2:.1f})",
                    x=LEFT_PX - 54,
                    y=(top + bottom) / 2,
                    text_anchor="middle",
                )
                if bottom - top > 90
                else None,
                class_="together",
            )
        )
    return drawn
