"""The backend of one gateway among several: PostgreSQL, im-logic over gRPC, Kafka."""

from __future__ import annotations

from gochat.backend import Backend
from gochat.commit import Committer
from gochat.config import Config
from gochat.downstream.bus import KafkaBus
from gochat.downstream.consumer import RecordConsumer
from gochat.downstream.topics import servers_of, topic_of
from gochat.logic.client import RemoteMessages
from gochat.services.app import build_services
from gochat.services.connections import Connections
from gochat.services.limits import SharedRateLimit
from gochat.ws.shared_registry import SharedRegistry
from models.postgres import PostgresStore, gateway_claims


class GatewayBackend(Backend):
    """What a gateway needs of the others.

    Raises:
        StoreUnusable: the database cannot be used.
        BusUnusable: Kafka cannot be used.
    """

    registry: SharedRegistry

    def __init__(self, config: Config) -> None:
        self._config = config
        store = PostgresStore(str(config.database), gateway_claims(config.gateway_id))
        store.prepare()
        self._store = store
        # Before it is known to the others: what they send it from then on, it reads.
        self._consumer = RecordConsumer(servers_of(config.bus_url), topic_of(config.gateway_id))
        self._bus = KafkaBus(config.bus_url, config.gateway_id)
        self._committer = Committer(store, self._bus.publish)
        self._messages = RemoteMessages(store, config.logic_url)
        self.services = build_services(config, store, self._committer, self._messages, SharedRateLimit)
        self._connections = Connections(self._committer, config.gateway_id, config.presence_grace_s)
        self.registry = SharedRegistry(self._connections, config.outbox_max_bytes)
        self._bus.subscribe(self.registry.deliver)

    def start(self) -> None:
        self._consumer.start(self.registry.deliver)
        self._connections.join()
        self.registry.start()

    def finish(self, timeout_s: float) -> bool:
        finished = self._messages.close(timeout_s)
        self.registry.leave()
        return super().finish(timeout_s) and finished

    def close(self) -> None:
        self._consumer.close()
        self._bus.close()
        self._store.close()
