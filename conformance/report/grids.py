"""The coverage section of the page: a meter a kind, and each kind as a grid of what was seen, missed or can't be had.

A cell is told by its sign and its text, not by its colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conformance.coverage import Matrix, Row
from conformance.report.figures import percent, reasons, seen, title_of
from conformance.report.markup import Markup, joined, tag

MAX_LISTED = 400
"""Names in one list; report.json has all."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How the names of a kind fall into rows and columns.

    Attributes:
        corner: Head of the first column.
        place: Returns (row, column) of a name.
        first: Columns that come first, in this order; others follow sorted.
    """

    corner: str
    place: Callable[[str], tuple[str, str]]
    first: tuple[str, ...] = ()


def _last_word(name: str) -> tuple[str, str]:
    row, _, column = name.rpartition(" ")
    return (row, column) if row else (name, "seen")


def _after_name(name: str) -> tuple[str, str]:
    row, _, column = name.partition(" ")
    return row, column or "seen"


GRIDS = {
    "statuses": Grid("operation", _last_word),
    "frames": Grid("frame", _after_name, ("sent valid", "sent invalid", "received")),
    "errors": Grid("code", _last_word, ("http", "socket")),
    "closes": Grid("close code", lambda name: (name, "seen")),
    "keywords": Grid("place and keyword", _last_word, ("valid", "invalid")),
    "transitions": Grid("from → event → to", lambda name: (name.replace(" -> ", " → "), "seen")),
}


def meters(matrices: Iterable[Matrix]) -> Markup:
    """Return one meter a kind, each a link to its grid."""
    return tag("ul", *(_meter(matrix) for matrix in matrices), class_="meters")


def section(matrix: Matrix, titles: Mapping[str, str]) -> Markup:
    """Return the grid of a kind, and the lists of what is missing and of what can't be provoked.

    Args:
        titles: What a row's name stands for, where there is more to say: the name of a close code.
    """
    grid = GRIDS.get(matrix.kind, Grid("name", lambda name: (name, "seen")))
    body = _by_frame(matrix, grid) if matrix.kind == "keywords" else _table(matrix.rows, grid, title_of(matrix), titles)
    return tag(
        "section",
        tag("h3", title_of(matrix)),
        tag("p", _sentence(matrix), class_="figures"),
        _undeclared(matrix),
        body,
        _lists(matrix),
        class_="kind",
        id=f"coverage-{matrix.kind}",
    )


def _meter(matrix: Matrix) -> Markup:
    done, whole = seen(matrix.reachable), len(matrix.reachable)
    # Drawn as SVG: the style sheet's hash in the page's policy leaves no place for inline widths.
    bar = tag(
        "svg",
        tag("rect", class_="track", x=0, y=0, width=100, height=6),
        tag("rect", class_="full" if not matrix.missing else "part", x=0, y=0, width=matrix.percent, height=6),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return tag(
        "li",
        tag(
            "a",
            tag("span", title_of(matrix), class_="label"),
            tag("span", percent(matrix.percent), class_="percent"),
            bar,
            tag("span", f"{done:,} of {whole:,}", class_="count"),
            href=f"#coverage-{matrix.kind}",
        ),
    )


def _sentence(matrix: Matrix) -> str:
    out = len(matrix.rows) - len(matrix.reachable)
    told = f"{seen(matrix.reachable):,} of {len(matrix.reachable):,} that a client can provoke were seen"
    return told + (f"; {out:,} more can't be provoked." if out else ".")


def _undeclared(matrix: Matrix) -> Markup | None:
    if not matrix.undeclared:
        return None
    return tag("div", tag("p", "Seen, and declared nowhere:"), _names(matrix.undeclared), class_="undeclared-list")


def _lists(matrix: Matrix) -> Markup:
    missing = [row.name for row in matrix.missing]
    parts = []
    if missing:
        head = tag("summary", f"Not seen in this run ({len(missing):,})")
        parts.append(tag("details", head, _names(missing), open=len(missing) <= 24))
    for reason, names in reasons(matrix).items():
        head = tag("summary", f"Can't be provoked ({len(names):,}): ", tag("span", reason, class_="reason"))
        parts.append(tag("details", head, _names(names)))
    return joined(parts)


def _names(names: Iterable[str]) -> Markup:
    listed = list(names)
    items = [tag("li", tag("code", name)) for name in listed[:MAX_LISTED]]
    if len(listed) > MAX_LISTED:
        items.append(tag("li", f"and {len(listed) - MAX_LISTED:,} more, in report.json"))
    return tag("ul", *items, class_="names")


def _table(rows: Iterable[Row], grid: Grid, caption: str, titles: Mapping[str, str]) -> Markup:
    cells: dict[str, dict[str, Row]] = {}
    for row in rows:
        name, column = grid.place(row.name)
        cells.setdefault(name, {})[column] = row
    found = dict.fromkeys(column for each in cells.values() for column in each)
    columns = [each for each in grid.first if each in found] + sorted(each for each in found if each not in grid.first)
    head = tag("tr", tag("th", grid.corner, scope="col"), *(tag("th", column, scope="col") for column in columns))
    body = [
        tag(
            "tr",
            tag("th", tag("code", name), tag("small", titles[name]) if name in titles else None, scope="row"),
            *(_cell(each.get(column)) for column in columns),
        )
        for name, each in cells.items()
    ]
    table = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_="grid")
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(row: Row | None) -> Markup:
    if row is None:
        return tag("td", class_="none")
    if row.times:
        return tag("td", _compact(row.times), class_="seen", title=f"{row.name}: seen {row.times:,} times")
    if row.unreachable:
        return tag("td", "n/a", class_="unreachable", title=f"{row.name}: can't be provoked, {row.unreachable}")
    return tag("td", "0", class_="missing", title=f"{row.name}: not seen")


def _by_frame(matrix: Matrix, grid: Grid) -> Markup:
    frames: dict[str, list[Row]] = {}
    for row in matrix.rows:
        frame, _, rest = row.name.partition(" ")
        frames.setdefault(frame, []).append(Row(rest, row.times, row.unreachable))
    parts = []
    for frame, rows in frames.items():
        reachable = [row for row in rows if not row.unreachable]
        head = tag("summary", tag("code", frame), f" {seen(reachable):,} of {len(reachable):,}")
        parts.append(tag("details", head, _table(rows[:MAX_LISTED], grid, f"Schema keywords of {frame}", {})))
    return tag("div", *parts, class_="frames")


def _compact(times: int) -> str:
    if times < 10_000:
        return f"{times:,}"
    return f"{times / 1000:.0f}k" if times < 1_000_000 else f"{times / 1_000_000:.1f}M"
