"""`gochat logic`: im-logic as a process of its own, with storage, and Kafka to the gateways."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import gevent
import grpc
from gevent.event import Event
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from generated import logic_pb2, logic_pb2_grpc
from gochat.commit import Committer
from gochat.config import Config
from gochat.downstream.bus import KafkaBus
from gochat.logic.service import MessageService
from gochat.logic.wire import MAX_MESSAGE_BYTES
from gochat.services.messages import Messages
from gochat.services.posting import find_latest
from models.postgres import LOGIC, PostgresStore
from models.store import StorageError

log = logging.getLogger(__name__)

MAX_CALLS_AT_ONCE = 256
LOOK_EVERY_S = 1.0
SERVICE = logic_pb2.DESCRIPTOR.services_by_name["MessageService"].full_name

SERVER_OPTIONS = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),  # a port that is taken is an error
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class LogicServer:
    """One process: storage, the rules of posting, Kafka.

    Raises:
        StoreUnusable: the database cannot be used.
        OSError: the address cannot be had (from `start`).
    """

    def __init__(self, config: Config, host: str, port: int) -> None:
        self._config = config
        self._store = PostgresStore(str(config.database), LOGIC)
        self._store.prepare()
        self._bus = KafkaBus(config.bus_url)
        self._committer = Committer(self._store, self._bus.publish)
        self._committer.run(lambda transaction: None)  # holds its locks from now on
        messages = Messages(self._store, self._committer, message_rate=config.message_rate)
        self._health = health.HealthServicer()
        self._server = grpc.server(ThreadPoolExecutor(MAX_CALLS_AT_ONCE), options=SERVER_OPTIONS)
        logic_pb2_grpc.add_MessageServiceServicer_to_server(MessageService(messages), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._stopping = Event()
        self._told_again_after = -1  # losses
        self._answered = True
        self.port = 0

    def start(self) -> None:
        """Accept calls from now on."""
        try:
            self.port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(str(error)) from error
        self._look()
        self._server.start()
        self._looking = gevent.spawn(self._look_for_ever)

    def wait(self) -> None:
        """Return when somebody has called `stop`."""
        self._stopping.wait()

    def stop(self) -> None:
        """Ask for the end. Does not block; for signal handlers."""
        self._stopping.set()

    def drain(self) -> None:
        """End: no new call, what is in flight is answered, what was posted is handed to Kafka."""
        self._looking.kill()
        self._health.enter_graceful_shutdown()
        ended: threading.Event = self._server.stop(self._config.drain_timeout_s)
        ended.wait(self._config.drain_timeout_s)
        if not self._committer.close(self._config.drain_timeout_s):
            log.error("not all writes were finished in %g s", self._config.drain_timeout_s)
        self._bus.close()
        self._store.close()

    def _look(self) -> None:
        """Say by gRPC's health checking whether messages can be posted; tell again what may not have been told."""
        statuses = health_pb2.HealthCheckResponse
        answers = self._store.answers()
        if answers != self._answered:
            self._answered = answers
            if answers:
                log.info("the database answers again")
            else:
                log.error("the database is away")
        for name in ("", SERVICE):
            self._health.set(name, statuses.SERVING if answers else statuses.NOT_SERVING)
        losses = self._committer.failures + self._bus.losses
        if answers and losses != self._told_again_after:
            try:
                self._bus.publish(find_latest())
            except StorageError as error:
                log.warning("the last messages are told again later: %s", error)
            else:
                self._told_again_after = losses

    def _look_for_ever(self) -> None:
        while True:
            gevent.sleep(LOOK_EVERY_S)
            self._look()
