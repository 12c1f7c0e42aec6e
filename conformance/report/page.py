"""report.html: one page with everything in it, that asks nobody for anything.

Its policy lets in only its own style sheet and script, by their hashes; it reads the same without the script.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files

from conformance.report import grids, state_diagram
from conformance.report.cards import card
from conformance.report.figures import (
    LAYER_TITLES,
    counted,
    duration,
    frames,
    frames_per_s,
    is_clean,
    rule_of,
    unseen,
    verdict,
)
from conformance.report.markup import Markup, joined, tag
from conformance.report.states import CLOSED
from conformance.result import Result
from conformance.violation import Violation

MAX_CARDS_BYTES = 800_000
"""Of whole cards; those after it are brief, so that a page with any number of violations opens at once."""

MAX_CARDS = 300


def page_bytes(result: Result, script: Callable[[Violation], str | None]) -> bytes:
    """Return the page.

    Args:
        script: Returns the standalone script of a violation, None where there is none.
    """
    style, code = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(code)}; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{verdict(result)} · {result.url} · gochat conform"),
        Markup(f"<style>{style}</style>"),
    )
    body = tag(
        "body",
        tag("a", "Skip to the report", href="#main", class_="skip"),
        _header(result),
        tag("main", _violations(result, script), _coverage(result), _protocol(result), _run(result), id="main"),
        tag("footer", tag("p", f"Made by gochat conform, {_time(result)}. The data: report.json, junit.xml.")),
        Markup(f"<script>{code}</script>"),
    )
    page = joined([Markup("<!doctype html>\n"), tag("html", head, body, lang="en")])
    return page.encode("utf-8") + b"\n"


def _asset(name: str) -> str:
    return (files("conformance.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _header(result: Result) -> Markup:
    is_right = is_clean(result)
    told = (
        "The server keeps its contracts, as far as this run looked."
        if is_right
        else f"The server does not keep its contracts: {counted(len({v.rule for v in result.new}), 'rule')} broken."
    )
    titles = " and ".join(result.titles.values())
    counts = result.coverage.counts
    figures = [
        (f"{frames(result):,}", "frames"),
        (f"{frames_per_s(result):,.0f}", "frames/s"),
        (f"{counts['requests']:,}", "requests"),
        (f"{counts['connections']:,}", "connections"),
        (duration(result.seconds), f"of {duration(result.budget_s)}"),
    ]
    return tag(
        "header",
        tag("p", "Conformance report", class_="kicker"),
        tag(
            "h1",
            tag("span", "✓" if is_right else "✗", class_="mark", aria_hidden="true"),
            tag("span", verdict(result)),
            class_="clean" if is_right else "broken",
        ),
        tag("p", f"{told} {unseen(result)}".rstrip(), class_="lead"),
        tag("p", tag("code", result.url), f" held to {titles}" if titles else None, class_="target"),
        tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for value, name in figures), class_="figures"),
        tag(
            "nav",
            *(
                tag("a", name, href=f"#{name.lower()}")
                for name, is_there in (
                    ("Violations", True),
                    ("Coverage", bool(result.matrices)),
                    ("Protocol", bool(result.states.get("states"))),
                    ("Run", True),
                )
                if is_there
            ),
            tag("button", "Dark", type="button", id="theme", hidden=True),
            aria_label="Parts of the report",
        ),
    )


def _violations(result: Result, script: Callable[[Violation], str | None]) -> Markup:
    if not result.violations:
        text = "No rule was seen broken. Rules and contract elements that were tried are below."
        return tag("section", tag("h2", "Violations"), tag("p", text, class_="nothing"), id="violations")
    rest = len(result.violations) - MAX_CARDS
    return tag(
        "section",
        tag("h2", "Violations"),
        _filter(result),
        *_cards(result, script),
        tag("p", f"{rest:,} more are in report.json.", class_="quiet") if rest > 0 else None,
        id="violations",
    )


def _filter(result: Result) -> Markup:
    layers = dict.fromkeys(rule_of(violation.rule).layer for violation in result.violations)
    chips = [
        tag(
            "button",
            LAYER_TITLES.get(layer, layer),
            type="button",
            class_="chip",
            data_layer=layer,
            aria_pressed="true",
        )
        for layer in layers
    ]
    search = tag(
        "input", type="search", id="search", placeholder="Filter: a frame, a rule, a word", aria_label="Filter"
    )
    count = tag("span", id="shown", role="status")
    return tag("div", search, *(chips if len(chips) > 1 else ()), count, class_="filter", hidden=True)


def _cards(result: Result, script: Callable[[Violation], str | None]) -> Iterator[Markup]:
    spent = 0
    for number, violation in enumerate(result.violations[:MAX_CARDS], 1):
        made = card(violation, number, result.url, violation.key in result.known, script(violation))
        size = len(made.full.encode())
        is_full = spent + size <= MAX_CARDS_BYTES
        spent += size if is_full else 0
        yield made.full if is_full else made.brief


def _coverage(result: Result) -> Markup | None:
    if not result.matrices:
        return None
    names = {
        each["id"].removeprefix(f"{CLOSED} "): each["title"].partition(" ")[2]
        for each in result.states.get("states", ())
        if each["kind"] == CLOSED
    }
    legend = tag(
        "p",
        tag("span", "12", class_="cell seen"),
        " seen, so many times ",
        tag("span", "0", class_="cell missing"),
        " declared, not seen ",
        tag("span", "n/a", class_="cell unreachable"),
        " no client can provoke it",
        class_="legend",
    )
    return tag(
        "section",
        tag("h2", "Coverage"),
        tag("p", "What the contracts declare, beside what this run has seen.", class_="quiet"),
        grids.meters(result.matrices),
        legend,
        *(grids.section(matrix, names if matrix.kind == "closes" else {}) for matrix in result.matrices),
        id="coverage",
    )


def _protocol(result: Result) -> Markup | None:
    if not result.states.get("states"):
        return None
    unreachable = {
        (f"{CLOSED} {row.name}" if matrix.kind == "closes" else row.name): row.unreachable
        for matrix in result.matrices
        if matrix.kind in ("closes", "transitions")
        for row in matrix.rows
        if row.unreachable
    }
    drawing = state_diagram.draw(result.states, unreachable)
    legend = [
        tag("span", tag("span", class_=f"swatch {mark}"), text)
        for mark, text in (
            ("seen", "exercised"),
            ("missing", "declared, not exercised"),
            ("unreachable", "can't be provoked"),
            ("undeclared", "not declared"),
        )
    ]
    rows = []
    for each in result.states["transitions"]:
        reason = state_diagram.reason_of(each, unreachable)
        mark = state_diagram.mark_of(each["times"], each["declared"], reason)
        told = {"missing": "not exercised", "undeclared": f"{each['times']:,}, not declared"}.get(mark)
        value = told or (f"{each['times']:,}" if each["times"] else "n/a")
        cells = (tag("td", each[name]) for name in ("from", "event", "to"))
        rows.append(tag("tr", *cells, tag("td", value, class_=mark)))
    head = tag("tr", *(tag("th", name, scope="col") for name in ("From", "Event", "To", "Seen")))
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="list")
    return tag(
        "section",
        tag("h2", "Protocol"),
        tag("p", "The life of a connection, as the AsyncAPI document declares it.", class_="quiet"),
        tag("div", drawing, class_="scroll diagram", tabindex="0", role="region", aria_label="State diagram"),
        tag("p", *legend, class_="legend swatches"),
        tag("details", tag("summary", "The same as a table"), tag("div", table, class_="scroll")),
        id="protocol",
    )


def _run(result: Result) -> Markup:
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Stage", "Time", "What it did")))
    rows = [
        tag(
            "tr",
            tag("th", LAYER_TITLES.get(stage.name, stage.name), scope="row"),
            tag("td", "–" if stage.skipped else duration(stage.seconds)),
            tag("td", f"skipped: {stage.skipped}" if stage.skipped else stage.summary),
        )
        for stage in result.stages
    ]
    facts = [
        *(
            (f"{name}: {result.titles[name]}" if name in result.titles else name, source)
            for name, source in result.contracts.items()
        ),
        ("Profile", result.profile),
        ("Seed", str(result.seed)),
        ("Started", _time(result)),
    ]
    return tag(
        "section",
        tag("h2", "Run"),
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows), class_="list"), class_="scroll"),
        tag("ul", *(tag("li", note) for note in result.notes), class_="notes") if result.notes else None,
        tag("dl", *(joined([tag("dt", name), tag("dd", tag("code", value))]) for name, value in facts), class_="facts"),
        id="run",
    )


def _time(result: Result) -> str:
    return datetime.fromtimestamp(result.started_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
