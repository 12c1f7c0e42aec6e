"""Writes records to the topics of gateways, in order, without making anybody wait."""

from __future__ import annotations

import logging
import secrets
from collections import Counter, deque
from typing import Any

import gevent
from confluent_kafka import KafkaError, Producer
from gevent.event import Event
from msgspec import Struct

from gochat import metrics
from gochat.downstream.thread import KafkaThread

log = logging.getLogger(__name__)

MAX_WAITING = 100_000
"""Records that wait here, and as many inside the Kafka client; more are dropped, and clients close the gap by seqId."""

TIMEOUT_MS = 300_000
"""How long the client tries to get rid of a record."""

SETTINGS = {
    # In order, whatever is tried again; a repeat is known by its number. Kafka's own idempotence does the same, but
    # does not get over a broker that has forgotten its producers.
    "max.in.flight.requests.per.connection": 1,
    "linger.ms": 1,
    "message.timeout.ms": TIMEOUT_MS,
    "queue.buffering.max.messages": MAX_WAITING,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "retry.backoff.ms": 50,
    "retry.backoff.max.ms": 1000,
    "socket.keepalive.enable": True,
    "log_level": 0,
}


class Outgoing(Struct, frozen=True):
    """A record on its way to a topic."""

    topic: str
    key: str
    value: bytes


class RecordProducer:
    """One process's producer.

    Each record has the id of this producer and a number that goes up by one within its topic, by which a reader knows a
    repeat and a gap.
    """

    def __init__(self, servers: str) -> None:
        self._id = secrets.token_hex(8)
        self._numbers: Counter[str] = Counter()
        self._waiting: deque[Outgoing] = deque()
        self._wake = Event()
        self._problem = ""
        self._is_away = False
        self._has_lost = False
        self.losses = 0  # how often Kafka took records again after some were given up
        self._kafka = Producer({**SETTINGS, "bootstrap.servers": servers, "error_cb": self._note_problem})
        metrics.RECORDS_WAITING.set_function(lambda: len(self._waiting) + len(self._kafka))
        self._thread = KafkaThread()
        self._greenlet = gevent.spawn(self._run)

    def put(self, records: list[Outgoing]) -> None:
        """Queue records, and return at once."""
        room = MAX_WAITING - len(self._waiting)
        if len(records) > room:
            metrics.RECORDS_DROPPED.add(count=len(records) - room)
            self._has_lost = True
            records = records[:room]
        self._waiting.extend(records)
        self._wake.set()

    def close(self, timeout_s: float) -> None:
        """Write what waits, as far as that is possible in time."""
        with gevent.Timeout(timeout_s, False):
            while self._waiting:
                gevent.sleep(0.01)
        self._greenlet.kill()
        left = self._thread.run(self._kafka.flush, timeout_s)
        if left:
            log.warning("%d records for other gateways were not written: their clients fetch what is missing", left)
        self._thread.close()

    def _run(self) -> None:
        while True:
            self._wake.wait(1.0)  # the client wants to be asked now and then
            self._wake.clear()
            batch = list(self._waiting)
            written = self._thread.run(self._write, batch)
            for _ in range(written):
                self._waiting.popleft()
            self._log_problem()
            if written < len(batch):
                gevent.sleep(0.1)
                self._wake.set()

    def _write(self, batch: list[Outgoing]) -> int:
        """Hand records to the client, in the thread; return how many it took."""
        for index, record in enumerate(batch):
            number = self._numbers[record.topic] + 1
            try:
                self._kafka.produce(
                    record.topic,
                    record.value,
                    record.key,
                    partition=0,
                    headers={"producer": self._id, "number": str(number)},
                    on_delivery=self._note_delivery,
                )
            except BufferError:
                self._kafka.poll(0)
                return index
            self._numbers[record.topic] = number
        self._kafka.poll(0)
        return len(batch)

    def _note_delivery(self, error: KafkaError | None, message: Any) -> None:
        if error is None:
            self._problem = ""
            if self._has_lost:
                self._has_lost = False
                self.losses += 1
        else:
            self._problem = error.str()
            self._has_lost = True
            metrics.RECORDS_DROPPED.add()

    def _note_problem(self, error: KafkaError) -> None:
        self._problem = error.str()

    def _log_problem(self) -> None:
        """Log when Kafka goes away and when it is back; on the hub, as logging in another thread may not wait."""
        if bool(self._problem) != self._is_away:
            self._is_away = bool(self._problem)
            if self._is_away:
                log.error("Kafka takes no records: %s", self._problem)
            else:
                log.info("Kafka takes records again")
