"""What a run of `gochat bench` was asked for and what it found: figures, without words for them."""

from collections import Counter
from dataclasses import dataclass, fields
from statistics import median

from gochat.bench.ledger import LoadFigures
from gochat.bench.machine import Machine


@dataclass(frozen=True)
class BenchOptions:
    """What was asked for."""

    pairs: int
    in_flight: int
    seconds: float
    short_seconds: float  # of the idle and the HTTP measurements
    warm_up_s: float
    rounds: int
    http_connections: int
    url: str | None
    scaled: bool = False


@dataclass(frozen=True)
class PostgresFacts:
    """What a figure of a database is worthless without, as the server itself says it."""

    version: str
    fsync: str
    synchronous_commit: str


@dataclass(frozen=True)
class ScaledFacts:
    """What the split processes were measured on.

    Attributes:
        kafka: Which one.
        database_is_given: Whether it runs already, rather than for this run; so `kafka_is_given`.
    """

    postgres: PostgresFacts
    kafka: str
    database_is_given: bool
    kafka_is_given: bool


@dataclass(frozen=True, kw_only=True)
class Round:
    """Every measurement once, in the order of the fields; None: not asked for.

    Attributes:
        scaled: Of the split processes, senders on one gateway and receivers on the other.
        scaled_near_idle: Both on one gateway.
    """

    floor: LoadFigures
    gochat: LoadFigures
    scaled: LoadFigures | None = None
    floor_idle: LoadFigures
    gochat_idle: LoadFigures
    scaled_idle: LoadFigures | None = None
    scaled_near_idle: LoadFigures | None = None
    http_one: LoadFigures
    http_many: LoadFigures

    @property
    def ratio(self) -> float:
        """GoChat's acked messages/s over the floor's, measured right before."""
        return self.gochat.acked_per_s / self.floor.acked_per_s if self.floor.acked_per_s else 0.0

    @property
    def parts(self) -> dict[str, LoadFigures]:
        """The measurements that were made, by name."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: figures for name, figures in parts.items() if figures is not None}


@dataclass(frozen=True)
class BenchReport:
    """A whole run of `gochat bench`."""

    options: BenchOptions
    machine: Machine
    rounds: list[Round]
    scaled_facts: ScaledFacts | None = None

    @property
    def faults(self) -> dict[str, int]:
        """What was wrong in any part of any round -> how often, most often first."""
        found: Counter[str] = Counter()
        for one in self.rounds:
            for part, figures in one.parts.items():
                found.update({f"{part}: {fault}": count for fault, count in figures.faults.items()})
        return dict(found.most_common())

    @property
    def clean(self) -> bool:
        """Say whether every message was acked and delivered exactly once, in order, and none refused."""
        return not self.faults

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: a disturbance that lasts a round or two does not tell in it."""
        return median(one.ratio for one in self.rounds)
