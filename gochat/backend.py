"""What is behind the edges: storage, services and the registry of sockets, in one process or spread over several."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod

from gochat.bus import MemoryBus
from gochat.commit import Committer
from gochat.config import Config
from gochat.services.app import Services, build_services
from gochat.services.messages import Messages
from gochat.ws.registry import Registry
from models.store import Store, open_store

log = logging.getLogger(__name__)


class Backend(ABC):
    """Everything but listening.

    Attributes:
        services: What the handlers of both edges use.
        registry: Where their sockets are.
    """

    services: Services
    registry: Registry
    _store: Store
    _committer: Committer

    def is_ready(self) -> bool:
        """Say whether the storage answers."""
        return self._store.answers()

    @abstractmethod
    def start(self) -> None:
        """Begin to take part; called before the first connection."""

    def finish(self, timeout_s: float) -> bool:
        """Refuse new writes, finish those that wait, and say whether all were finished in time."""
        return self._committer.close(timeout_s)

    @abstractmethod
    def close(self) -> None:
        """Let go of everything, once the sockets are closed."""


class AloneBackend(Backend):
    """All in this process.

    Raises:
        StoreUnusable: the database cannot be opened.
    """

    def __init__(self, config: Config) -> None:
        self._store = open_store(config.database)
        for name in self._store.prepare():
            log.info("applied migration %s", name)
        bus = MemoryBus()
        self._committer = Committer(self._store, bus.publish)
        messages = Messages(self._store, self._committer, message_rate=config.message_rate)
        self.services = build_services(config, self._store, self._committer, messages)
        self.registry = Registry(self.services.friends.friend_ids, config.presence_grace_s, config.outbox_max_bytes)
        bus.subscribe(self.registry.deliver)

    def start(self) -> None:
        """Begin; there is nobody to tell."""

    def close(self) -> None:
        self._store.close()


def build_backend(config: Config) -> Backend:
    """Return the backend that the settings ask for.

    Raises:
        StoreUnusable: the database cannot be used.
        BusUnusable: Kafka cannot be used.
    """
    if not config.is_scaled:
        return AloneBackend(config)
    from gochat.gateway import GatewayBackend  # loads gRPC and Kafka, which one process does not need

    return GatewayBackend(config)
