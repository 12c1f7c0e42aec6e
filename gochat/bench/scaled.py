"""The split processes of `gochat bench --scaled`: PostgreSQL, Kafka, `gochat logic` and two gateways, on loopback."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gochat.bench.kafka import given_kafka, running_kafka
from gochat.bench.postgres import check_is_unused, describe_postgres, running_postgres
from gochat.bench.processes import BenchError, Target, migrate_database, running_listener, running_server
from gochat.bench.results import ScaledFacts
from gochat.config import load
from gochat.settings import SettingError

GATEWAYS = 2
SERVE, LOGIC = ("-m", "gochat", "serve"), ("-m", "gochat", "logic")
GIVEN = "one that runs already"


@dataclass(frozen=True)
class ScaledServer:
    """The split processes, ready.

    Attributes:
        gateways: Where clients connect.
        pids: The first process of each part, by its name; None: it runs already, perhaps elsewhere.
    """

    gateways: tuple[Target, Target]
    pids: dict[str, int | None]
    facts: ScaledFacts


@contextlib.contextmanager
def running_scaled(
    directory: Path, run_id: str, database_url: str | None, bus_url: str | None, settings: Mapping[str, str]
) -> Iterator[ScaledServer]:
    """Run the split processes until the block ends.

    Args:
        run_id: Goes into the names of the gateways, and so of their topics.
        database_url: Of a database that is migrated and filled; None: PostgreSQL is started for the run.
        bus_url: Of a Kafka; None: one is started for the run.
        settings: More of the servers' settings.

    Raises BenchError where a URL, a package or a process is of no use; the text says which.
    """
    _check_urls(directory, database_url, bus_url)
    gateway_ids = [f"bench-{run_id}-{number}" for number in range(1, GATEWAYS + 1)]
    with contextlib.ExitStack() as running:
        postgres_pid = kafka_pid = None
        if database_url is not None:
            check_is_unused(database_url)
        if bus_url is not None:
            running.enter_context(given_kafka(bus_url, gateway_ids))
            kafka = GIVEN
        else:
            bus_url, kafka_pid, kafka = running.enter_context(running_kafka(directory))
        database_is_given = database_url is not None
        if database_url is None:
            database_url, postgres_pid = running.enter_context(running_postgres())
        migrate_database(database_url, directory)
        facts = ScaledFacts(describe_postgres(database_url), kafka, database_is_given, kafka_pid is None)
        shared = {**settings, "GOCHAT_DATABASE_URL": database_url, "GOCHAT_BUS_URL": bus_url}
        logic = [*LOGIC, "--port", "0", "--data-dir", str(directory / "logic")]
        logic_url, logic_pid = running.enter_context(running_listener("logic", logic, directory, shared))
        shared |= {"GOCHAT_LOGIC_URL": logic_url, "GOCHAT_JWT_SECRET": secrets.token_hex(32)}
        first, second = (
            running.enter_context(_running_gateway(number, id_, directory, shared))
            for number, id_ in enumerate(gateway_ids, 1)
        )
        pids = {
            "gateway 1": first.pid,
            "gateway 2": second.pid,
            "logic": logic_pid,
            "PostgreSQL": postgres_pid,
            "Kafka": kafka_pid,
        }
        yield ScaledServer((first, second), pids, facts)


@contextlib.contextmanager
def _running_gateway(number: int, id_: str, directory: Path, settings: Mapping[str, str]) -> Iterator[Target]:
    name = f"gateway {number}"
    arguments: Sequence[str] = [*SERVE, "--port", "0", "--data-dir", str(directory / name)]
    with running_server(name, arguments, directory, {**settings, "GOCHAT_GATEWAY_ID": id_}) as target:
        yield target


def _check_urls(directory: Path, database_url: str | None, bus_url: str | None) -> None:
    """Hold the URLs that are given to what the settings allow, before anything is started."""
    asked = {
        "GOCHAT_DATABASE_URL": database_url or "postgresql://",
        "GOCHAT_BUS_URL": bus_url or "kafka://127.0.0.1:1",
    }
    try:
        config = load(directory / "checked", asked, is_gateway=False)
    except SettingError as error:
        raise BenchError(f"--database-url, --bus-url: {error}") from error
    if not config.is_scaled:
        raise BenchError(f"--bus-url: expected kafka://HOST:PORT, got {bus_url}")
