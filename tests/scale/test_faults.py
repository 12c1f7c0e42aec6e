"""Parts of a cluster are killed while many send: nothing acknowledged is lost or doubled, and all heals without help.

Each test kills one kind of process five times with SIGKILL, and starts it again as a supervisor would; nothing else is
touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from tests.harness.api import Api, new_guest
from tests.harness.attempts import PersistentFate
from tests.harness.cluster import GATEWAYS, Cluster
from tests.harness.crowd import check_nothing_is_lost_or_doubled
from tests.harness.frames import fresh_message_id, say, wait_until
from tests.harness.kafka import Broker, running_broker
from tests.harness.persistent_crowd import PersistentCrowd, new_persistent_crowd
from tests.harness.postgres import Postgres, running_postgres
from tests.harness.server import TEST_SETTINGS
from tests.harness.socket import Socket
from tests.scale.kills import HEAL_S, Kill, check_no_refusals, check_refusals, find_hidden, was_cut_off, was_under_way

USERS, GUESTS = 3, 9  # and a scout at each gateway

AWAY_S = (0.0, 1.0, 3.0, 0.3, 2.0)
"""How long it takes the supervisor, in each round, until it starts again what was killed."""

ABNORMAL = 1006


@dataclass(frozen=True)
class Victim:
    """A kind of process that is killed.

    Attributes:
        name: For people.
        kill: Ends it, in the round of that index.
        start: Starts it again.
        is_needed: Whether what is sent while it is away is refused.
        has_sockets: Whether sockets end with it.
        may_hide: Whether a message may be stored and not pushed, after such kills; whom it concerns finds it by the
            hole in the numbers.
    """

    name: str
    kill: Callable[[int], None]
    start: Callable[[int], None]
    is_needed: bool = False
    has_sockets: bool = False
    may_hide: Callable[[PersistentFate, Sequence[Kill]], bool] = was_under_way


def _logic(cluster: Cluster, postgres: Postgres, broker: Broker) -> Victim:
    return Victim("im-logic", lambda _: cluster.logic.process.kill(), lambda _: cluster.start_logic(), is_needed=True)


def _gateway(cluster: Cluster, postgres: Postgres, broker: Broker) -> Victim:
    """One after the other; the sockets of the other one miss nothing."""
    return Victim(
        "a gateway",
        lambda index: cluster.gateways[index % GATEWAYS].process.kill(),
        lambda index: cluster.start_gateway(cluster.gateways[index % GATEWAYS]),
        has_sockets=True,
        may_hide=lambda fate, kills: False,
    )


def _broker(cluster: Cluster, postgres: Postgres, broker: Broker) -> Victim:
    """It comes back empty. Sends are acknowledged all the same, and pushed when it is back."""
    return Victim("the broker", lambda _: broker.kill(), lambda _: broker.start())


def _postgres(cluster: Cluster, postgres: Postgres, broker: Broker) -> Victim:
    """What it has committed without being able to say so is not announced to anybody; all else is, when it is back."""
    return Victim(
        "PostgreSQL",
        lambda _: postgres.kill(),
        lambda _: postgres.start_again(),
        is_needed=True,
        may_hide=was_cut_off,
    )


VICTIMS = {"logic": _logic, "gateway": _gateway, "broker": _broker, "postgres": _postgres}


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """Kafka for one test alone."""
    with running_broker() as running:
        yield running


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """PostgreSQL for these tests alone. It waits for the disk, which makes commits take as long as they do."""
    with running_postgres(is_durable=True) as running:
        yield running


@contextmanager
def _running_cluster(postgres: Postgres, broker: Broker) -> Iterator[Cluster]:
    """Runs a cluster; at the end each process has to stop as it is asked to, and has logged no traceback."""
    cluster = Cluster(postgres, broker, TEST_SETTINGS)
    try:
        yield cluster.start()
    finally:
        cluster.finish()


@pytest.mark.parametrize("kind", VICTIMS)
def test_a_process_killed_five_times_loses_and_doubles_nothing_and_all_heals_without_help(
    kind: str, own_postgres: Postgres, own_broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    with _running_cluster(own_postgres, own_broker) as cluster:
        victim = VICTIMS[kind](cluster, own_postgres, own_broker)
        crowd = new_persistent_crowd(cluster, users=USERS, guests=GUESTS)
        kills: list[Kill] = []
        with crowd.sending():
            for index, away_s in enumerate(AWAY_S):
                kills.append(_kill(victim, index, away_s, crowd, cluster))
                with capsys.disabled():
                    print(f"\nkill {index + 1} of {victim.name}: {kills[-1].report(crowd)}", end="")
            crowd.wait_for_acks(100)
        _check_what_was_answered(crowd, victim, kills)
        check_nothing_is_lost_or_doubled(crowd)
        assert len(crowd.acked) == len(crowd.fates)
        hidden = find_hidden(crowd)
        with capsys.disabled():
            print(
                f"\n{len(crowd.fates)} messages by {len(crowd.attempts)} sends; {len(hidden)} not pushed to everybody"
            )
        unexplained = [fate.data for fate in hidden if not victim.may_hide(fate, kills)]
        assert unexplained == [], f"{len(unexplained)} messages were not pushed to everybody: {unexplained[:3]}"
        _check_that_a_fresh_message_arrives_once(cluster, crowd.world_id)


def _kill(victim: Victim, index: int, away_s: float, crowd: PersistentCrowd, cluster: Cluster) -> Kill:
    """Kills a process in the middle of many sends, starts it again, and returns when all goes on."""
    crowd.spread()
    _wait_until_each_gateway_has_many(cluster)
    crowd.wait_for_acks(50)
    with crowd.rush():
        crowd.wait_for_acks(50)
        kill = Kill(crowd.under_way, time.monotonic())
        victim.kill(index)
        kill.gone_at = time.monotonic()
    assert kill.under_way > 0, "the kill came when nothing was under way; it proves nothing"
    time.sleep(away_s)
    victim.start(index)
    kill.back_at = time.monotonic()
    kill.wait_healed(crowd)
    for gateway in cluster.gateways:
        come_in = Api(cluster.at(gateway)).guest_login  # reads and writes
        wait_until(lambda come_in=come_in: come_in().status_code == 201, f"a login at {gateway.name}", HEAL_S)  # type: ignore[misc]
    return kill


def _wait_until_each_gateway_has_many(cluster: Cluster) -> None:
    def are_spread() -> bool:
        counts = [count for (count,) in database.execute(connected)]
        return sum(counts) == USERS + GUESTS + GATEWAYS and min(counts) > (USERS + GUESTS) // (2 * GATEWAYS)

    connected = "SELECT count(*) FROM connections WHERE left_at IS NULL GROUP BY gateway_id"
    with psycopg.connect(cluster.settings["GOCHAT_DATABASE_URL"], autocommit=True) as database:
        wait_until(are_spread, "sockets at all gateways")


def _check_what_was_answered(crowd: PersistentCrowd, victim: Victim, kills: list[Kill]) -> None:
    assert crowd.problems == []
    if victim.is_needed:
        check_refusals(crowd, kills)
    else:
        check_no_refusals(crowd, kills, scouts=GATEWAYS - victim.has_sockets)
    close_codes = {connection.close_code for connection in crowd.lost_connections}
    assert close_codes == ({ABNORMAL} if victim.has_sockets else set()), "sockets end with their gateway, and only so"


def _check_that_a_fresh_message_arrives_once(cluster: Cluster, world_id: str) -> None:
    """Holds that what one says at either gateway reaches all others once, at both."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(Socket(cluster.at(gateway), new_guest(cluster).token))
            for gateway in cluster.gateways
            for _ in range(2)
        ]
        for sender in sockets[::2]:
            content = fresh_message_id()
            say(sender, world_id, content)
            for other in sockets:
                if other is not sender:
                    other.expect("new-message", where={"content": content})
        for socket in sockets:
            socket.expect_none("new-message", 0.3)
