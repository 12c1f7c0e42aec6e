"""What a run is doing, while it goes: one line a stage on a terminal, plain lines now and then in a log.

Takes what stages say from any thread; counts are read from the run's coverage, which the stages fill.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from conformance.coverage import Coverage
from conformance.report.figures import counted, duration, rule_of
from conformance.report.visible import one_line
from conformance.violation import Violation

REFRESH_PER_S = 4
PLAIN_EVERY_S = 10.0
RATE_OVER_S, RATE_FROM_S = 3.0, 0.2


class Progress:
    """The display of one run; a context manager. Quiet, it takes everything and prints nothing."""

    def __init__(
        self,
        coverage: Coverage,
        budget_s: float,
        console: Console,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is shown before `with`.

        Args:
            coverage: Filled by the stages while they run; only its counts are read.
            clock: Seconds, monotonic.
        """
        self._coverage = coverage
        self._budget_s = budget_s
        self._console = console
        self._is_quiet = quiet
        self._clock = clock
        self._started = clock()
        self._lines: dict[str, str] = {}
        self._found: Counter[str] = Counter()
        self._samples: deque[tuple[float, int]] = deque()
        self._told_at = self._started
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        """Begin to show."""
        self._started = self._told_at = self._clock()
        if self._console.is_terminal and not self._is_quiet:
            self._live = Live(
                get_renderable=self._display,
                console=self._console,
                refresh_per_second=REFRESH_PER_S,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the display away; what was printed above it stays."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, stage: str, line: str) -> None:
        """Take what a stage does now. Fits `conformance.stage.Run.progress`."""
        with self._lock:
            is_new = stage not in self._lines
            self._lines[stage] = one_line(line, 300)
            if self._is_plain and (is_new or self._clock() - self._told_at >= PLAIN_EVERY_S):
                self._told_at = self._clock()
                self._plain(f"{stage}: {self._lines[stage]}")

    def found(self, violation: Violation) -> None:
        """Count a violation, and name it when it is the first of its key."""
        with self._lock:
            self._found[violation.key] += 1
            if self._found[violation.key] == 1 and not self._is_quiet:
                text = f"{one_line(violation.subject, 60)}: {one_line(rule_of(violation.rule).title, 120)}"
                if self._is_plain:
                    self._plain(f"violation: {text}")
                else:
                    self._console.print(Text.assemble(("✗ ", "bold red"), text))

    @property
    def _is_plain(self) -> bool:
        return self._live is None and not self._is_quiet

    def _plain(self, text: str) -> None:
        spent = self._clock() - self._started
        self._console.print(Text(f"[{spent:4.0f} s] {text} ({self._figures()})"), soft_wrap=True)

    def _figures(self) -> str:
        counts = self._coverage.counts
        frames = counts["frames_sent"] + counts["frames_received"]
        return (
            f"{self._frames_per_s(frames):,.0f} frames/s, {counted(counts['requests'], 'request')}, "
            f"{counted(len(self._found), 'violation')}"
        )

    def _frames_per_s(self, frames: int) -> float:
        """Return the rate over the last seconds; from the start, while there are no older figures."""
        now = self._clock()
        self._samples.append((now, frames))
        while len(self._samples) > 2 and now - self._samples[1][0] >= RATE_OVER_S:
            self._samples.popleft()
        then, before = self._samples[0] if len(self._samples) > 1 else (self._started, 0)
        return (frames - before) / (now - then) if now - then >= RATE_FROM_S else 0.0

    def _display(self) -> RenderableType:
        """Return the lines that are drawn again and again."""
        left = max(0.0, self._budget_s - (self._clock() - self._started))
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(no_wrap=True, style="bold")
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for stage, line in list(self._lines.items()):
            table.add_row(Text(stage), Text(line))
        style = "red" if self._found else "dim"
        foot = Text.assemble((self._figures(), style), (f" · {duration(left)} left", "dim"))
        foot.no_wrap, foot.overflow = True, "ellipsis"
        return Group(table, foot)
