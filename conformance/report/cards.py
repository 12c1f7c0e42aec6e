"""A violation as a card of the page: what is wrong, what it costs, how it went, and how to see it again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.report import sequence_svg
from conformance.report.figures import LAYER_TITLES, replay_command, rule_of, script_command, script_file, trace_file
from conformance.report.markup import MAX_TEXT, Markup, joined, tag
from conformance.report.sequence import Lane, read_diagram
from conformance.report.sequence_rows import Row
from conformance.report.visible import cut, one_line, visible
from conformance.violation import Violation

MAX_VALUE = 1200
MAX_LINES = 40


@dataclass(frozen=True, slots=True)
class Card:
    """A violation's card: whole, and brief for a page with too many of them."""

    full: Markup
    brief: Markup


def card(violation: Violation, number: int, url: str, is_known: bool, script: str | None) -> Card:
    """Return the card of a violation.

    Args:
        number: Its place on the page, from 1.
        script: Its standalone script, None where there is none.
    """
    head = _head(violation, number, is_known)
    facts = _facts(violation)
    tail = _reproduction(violation, url, script)
    attributes = {
        "class_": "card known" if is_known else "card",
        "id": f"v-{violation.key}",
        "data_layer": rule_of(violation.rule).layer,
    }
    full = tag("details", head, facts, _narrative(violation), _diagram(violation), tail, open=number <= 3, **attributes)
    return Card(full, tag("details", head, facts, _reproduction(violation, url, None), **attributes))


def _head(violation: Violation, number: int, is_known: bool) -> Markup:
    rule = rule_of(violation.rule)
    badges = [tag("span", LAYER_TITLES.get(rule.layer, rule.layer), class_="badge")]
    if is_known:
        badges.append(tag("span", "known", class_="badge quiet"))
    return tag(
        "summary",
        tag("span", f"{number}", class_="number"),
        tag("h3", one_line(rule.title, 160)),
        tag("span", tag("code", one_line(violation.subject, 44)), *badges, class_="where"),
    )


def _facts(violation: Violation) -> Markup:
    rule = rule_of(violation.rule)
    seen = f"{violation.times:,} times" if violation.times != 1 else "once"
    again = {True: ", and again by its trace", False: ", not again by its trace", None: ""}[violation.reproduced]
    return joined(
        [
            tag("p", tag("strong", "A client suffers: "), rule.suffers, class_="suffers") if rule.suffers else None,
            tag(
                "dl",
                *_fact("Expected", tag("span", cut(violation.expected, MAX_VALUE), class_="value expected")),
                *_fact("Got", tag("span", cut(violation.got, MAX_VALUE), class_="value got")),
                *_fact("Contract", tag("code", cut(violation.pointer, 400))),
                *_fact(
                    "Rule",
                    tag("code", one_line(violation.rule, 80)),
                    f" {one_line(violation.detail, 200)}" if violation.detail else None,
                ),
                *_fact("Seen", f"{seen}{again}", tag("span", f"key {violation.key}", class_="key")),
                class_="facts",
            ),
        ]
    )


def _fact(name: str, *value: str | None) -> tuple[Markup, Markup]:
    return tag("dt", name), tag("dd", *value)


def _narrative(violation: Violation) -> Markup | None:
    if not violation.narrative:
        return None
    lines = [tag("li", one_line(line, 400)) for line in violation.narrative[:MAX_LINES]]
    if len(violation.narrative) > MAX_LINES:
        lines.append(tag("li", f"and {len(violation.narrative) - MAX_LINES:,} more, in report.json"))
    return joined([tag("h4", "What happened"), tag("ol", *lines, class_="narrative")])


def _diagram(violation: Violation) -> Markup | None:
    diagram = read_diagram(violation)
    if diagram is None:
        return None
    title = f"Sequence of {len(diagram.rows)} steps that shows the violation of {violation.rule}"
    drawing = sequence_svg.draw(diagram, title)
    frame = tag("div", drawing, class_="scroll wire", tabindex="0", role="region", aria_label="Sequence diagram")
    steps = [_step(row, {lane.id: lane for lane in diagram.lanes}) for row in diagram.rows]
    text = tag("details", tag("summary", "The same as text"), tag("ol", *steps, class_="steps"), class_="as-text")
    return joined([tag("h4", "On the wire"), frame, text])


def _step(row: Row, lanes: dict[str, Lane]) -> Markup:
    """Return a row of the diagram as a line, for who can't see it or has a narrow screen."""
    lane = lanes.get(row.lane)
    side = "" if lane is None else f"{lane.title} {lane.subtitle}".strip()
    arrow = "↔" if row.kind == "exchange" else "←" if row.inbound else "→"
    return tag(
        "li",
        tag("span", f"{side} {arrow} ", class_="side") if side else None,
        tag("b", row.name),
        f" {row.payload}" if row.payload else None,
        class_="wrong" if row.wrong else None,
    )


def _reproduction(violation: Violation, url: str, script: str | None) -> Markup | None:
    if violation.trace is None:
        return None
    command = replay_command(url, trace_file(violation))
    parts = [tag("h4", "See it again"), _copyable(command, "command")]
    if script is not None and script == visible(script) and len(script) <= MAX_TEXT:
        lines = script.count("\n") + 1
        name = re.sub(r".*/", "", script_file(violation))
        summary = tag("summary", f"Standalone script, {lines:,} lines; needs only httpx and websockets")
        how = tag("p", "Run it as ", tag("code", script_command(url, name)), class_="quiet")
        parts.append(tag("details", summary, how, _copyable(script, "script", name), class_="script"))
    else:
        parts.append(tag("p", "As a standalone script: ", tag("code", script_file(violation)), class_="quiet"))
    return joined(parts)


def _copyable(text: str, kind: str, file: str | None = None) -> Markup:
    """Return text with a button that copies it, and one that saves it as `file`; the page's script shows them."""
    buttons = [tag("button", "Copy", type="button", class_="copy", hidden=True)]
    if file is not None:
        buttons.append(tag("button", "Download", type="button", class_="save", data_file=file, hidden=True))
    return tag(
        "div",
        tag("pre", tag("code", text), tabindex="0"),
        tag("div", *buttons, class_="buttons"),
        class_=f"copyable {kind}",
    )
