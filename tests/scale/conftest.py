"""Clusters of two gateways, im-logic, PostgreSQL and Kafka: one that tests share, and others by `start_sides`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from tests.harness import server as harness_server
from tests.harness.cluster import Cluster, Node
from tests.harness.kafka import Broker, running_broker
from tests.harness.postgres import Postgres
from tests.harness.server import TEST_SETTINGS, GoChatServer

StartSides = Callable[..., "Sides"]


@dataclass(frozen=True)
class Sides:
    """A cluster and its two gateways, each as the server of a client that knows only that one."""

    cluster: Cluster
    one: GoChatServer
    other: GoChatServer

    @property
    def nodes(self) -> tuple[Node, Node]:
        """The processes of the two gateways."""
        one, other = self.cluster.gateways
        return one, other


@contextmanager
def _running(cluster: Cluster) -> Iterator[Sides]:
    with ExitStack() as stack:
        stack.callback(cluster.finish)
        harness_server.running.append(cluster)
        stack.callback(harness_server.running.remove, cluster)
        cluster.start()
        one, other = (cluster.at(gateway) for gateway in cluster.gateways)
        for view in (one, other):
            stack.callback(view.http.close)
        yield Sides(cluster, one, other)


@pytest.fixture(scope="session")
def sides(postgres: Postgres, broker: Broker) -> Iterator[Sides]:
    """The cluster that most tests share."""
    with _running(Cluster(postgres, broker, TEST_SETTINGS)) as running:
        yield running


@pytest.fixture
def start_sides(postgres: Postgres, broker: Broker) -> Iterator[StartSides]:
    """Starts clusters: `start_sides(GOCHAT_MESSAGE_RATE=5)`; `on=` and `storing=` other servers than the run's."""
    with ExitStack() as stack:

        def start(*, on: Broker = broker, storing: Postgres = postgres, **settings: object) -> Sides:
            texts = {name: str(value) for name, value in settings.items()}
            cluster = Cluster(storing, on, {**TEST_SETTINGS, **texts})
            return stack.enter_context(_running(cluster))

        yield start


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """Kafka that a test may end."""
    with running_broker() as running:
        yield running
