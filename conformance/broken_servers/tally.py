"""Adds judgements up to a score by class, and shows it: a table for the terminal, one in Markdown, JSON.

The score is pairs of server and seed that were killed, of all pairs that were judged. Pure but for the printing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance.broken_servers.catalogue import CLEAN, BrokenServer, DefectClass
from conformance.broken_servers.judging import FAILED, KILLED, SURVIVED, Judgement

HEADINGS = ("class", "servers", "killed in all seeds", "score %", "median s to the kill")
TOTAL = "all"


@dataclass(frozen=True, slots=True)
class ClassScore:
    """The score of one class, or of all.

    Attributes:
        servers: Servers with at least one verdict.
        killed: Of those, servers that were killed under every seed.
        pairs_judged: Pairs of server and seed with a verdict; errors do not count.
        median_s: Seconds to the kill; None without a kill.
    """

    name: str
    servers: int
    killed: int
    pairs_judged: int
    pairs_killed: int
    median_s: float | None

    @property
    def percent(self) -> float:
        """Pairs killed of all that were judged; 0 where there is none."""
        return 100 * self.pairs_killed / self.pairs_judged if self.pairs_judged else 0.0

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of a table, in the order of `HEADINGS`."""
        seconds = "–" if self.median_s is None else f"{self.median_s:.1f}"
        return (self.name, str(self.servers), str(self.killed), f"{self.percent:.1f}", seconds)


@dataclass(frozen=True, slots=True)
class Survivor:
    """A server that was not found under some seed."""

    server: BrokenServer
    seeds: tuple[int, ...]


def score(name: str, judgements: Iterable[Judgement]) -> ClassScore:
    """Return the score of these judgements."""
    by_server: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        if judgement.verdict != FAILED:
            by_server.setdefault(judgement.server, []).append(judgement)
    pairs = [judgement for group in by_server.values() for judgement in group]
    kills = [judgement for judgement in pairs if judgement.verdict == KILLED]
    return ClassScore(
        name=name,
        servers=len(by_server),
        killed=sum(all(judgement.verdict == KILLED for judgement in group) for group in by_server.values()),
        pairs_judged=len(pairs),
        pairs_killed=len(kills),
        median_s=median(judgement.seconds for judgement in kills) if kills else None,
    )


def score_classes(classes: Iterable[DefectClass], judgements: Sequence[Judgement]) -> list[ClassScore]:
    """Return the score of each class with a judgement, then that of all."""
    scores = []
    for each in classes:
        names = {server.name for server in each.servers}
        found = [judgement for judgement in judgements if judgement.server in names]
        if found:
            scores.append(score(each.name, found))
    return [*scores, score(TOTAL, [judgement for judgement in judgements if judgement.server != CLEAN.name])]


def survivors(servers: Iterable[BrokenServer], judgements: Iterable[Judgement]) -> list[Survivor]:
    """Return the servers that survived under some seed, in the order of `servers`."""
    seeds: dict[str, list[int]] = {}
    for judgement in judgements:
        if judgement.verdict == SURVIVED:
            seeds.setdefault(judgement.server, []).append(judgement.seed)
    return [Survivor(server, tuple(sorted(seeds[server.name]))) for server in servers if server.name in seeds]


def show(
    console: Console, scores: Sequence[ClassScore], missed: Sequence[Survivor], judgements: Sequence[Judgement]
) -> None:
    """Print the table, the survivors, false alarms on the clean server, and what could not be judged."""
    table = Table()
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == HEADINGS[0] else "right")
    for each in scores:
        if each.name == TOTAL:
            table.add_section()
        table.add_row(*each.cells)
    console.print(table)
    if missed:
        console.print("\n[bold]Survivors[/bold] (name, seeds that missed it, what a client suffers)")
    for survivor in missed:
        seeds = ",".join(map(str, survivor.seeds))
        console.print(f"  {survivor.server.name}  [{survivor.server.kind}]  {seeds}".replace("[", r"\["))
        console.print(f"    {escape(survivor.server.suffers)}", style="dim")
    for judgement in judgements:
        if judgement.verdict == FAILED:
            console.print(f"[red]error[/red] {judgement.server} seed {judgement.seed}: {escape(judgement.note)}")
        elif judgement.server == CLEAN.name and judgement.verdict == KILLED:
            console.print(f"[red]false alarm[/red] seed {judgement.seed}: {escape(', '.join(judgement.findings))}")


def markdown(scores: Sequence[ClassScore], seeds: Sequence[int], budget: str, date: str) -> str:
    """Return the table for the README, with a line that says when and how it was measured."""
    rows = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1)), *(each.cells for each in scores)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    counted = f"{len(seeds)} seeds" if len(seeds) != 1 else "one seed"
    return f"{table}\n\nMeasured on {date}: {counted}, at most {budget} a server and seed, default settings.\n"


def to_json(scores: Sequence[ClassScore], missed: Sequence[Survivor]) -> dict[str, Any]:
    """Return the figures as JSON-able data."""
    return {
        "classes": [
            {
                "class": each.name,
                "servers": each.servers,
                "killedInAllSeeds": each.killed,
                "percent": round(each.percent, 2),
                "medianSecondsToKill": each.median_s,
            }
            for each in scores
        ],
        "survivors": [
            {
                "name": each.server.name,
                "class": each.server.kind,
                "seeds": list(each.seeds),
                "suffers": each.server.suffers,
            }
            for each in missed
        ],
    }
