"""Reads a gateway's topic, from its start on, and hands over what comes: each record once, in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from gochat import metrics
from gochat.bus import BusEvent, BusUnusable
from gochat.downstream.records import decode_event
from gochat.downstream.thread import KafkaThread
from gochat.downstream.topics import REACH_S, make_topic

log = logging.getLogger(__name__)

MAX_BATCH = 1000

POLL_S = 0.5

SETTINGS = {
    "group.id": "gochat",  # wanted by the client; nothing is kept under it
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",  # where a log is shorter than it was: it has been made anew
    "fetch.wait.max.ms": 10,
    "fetch.error.backoff.ms": 100,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "topic.metadata.refresh.interval.ms": 5000,
    "socket.keepalive.enable": True,
    "log_level": 0,
}

SHORT_LOG = 10_000
"""Records. A gap so near to the beginning of a log may be that the log was made anew; it is read again from there."""

MISSING = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


class RecordConsumer:
    """One gateway's consumer: what is written from its making on, it reads when it is started.

    Raises:
        BusUnusable: Kafka cannot be reached.
    """

    def __init__(self, servers: str, topic: str) -> None:
        self._servers = servers
        self._topic = topic
        self._seen: dict[bytes, int] = {}  # by producer: the number of its last record
        self._gaps: set[tuple[bytes, int]] = set()
        self._partition = TopicPartition(topic, 0)
        self._next = 0  # offset of the record to come
        self._thread = KafkaThread()
        self._kafka: Any = self._thread.run(self._open)
        self._is_away = False
        self._greenlet: gevent.Greenlet | None = None

    def start(self, deliver: Callable[[Sequence[BusEvent]], None]) -> None:
        """Read from now on; `deliver` gets what came, in order."""
        self._greenlet = gevent.spawn(self._run, deliver)

    def close(self) -> None:
        """Read no more."""
        if self._greenlet is not None:
            self._greenlet.kill()
        self._thread.run(self._kafka.close)
        self._thread.close()

    def _open(self) -> Any:
        make_topic(self._servers, self._topic)
        kafka = Consumer({**SETTINGS, "bootstrap.servers": self._servers})
        try:
            _, self._next = kafka.get_watermark_offsets(self._partition, timeout=REACH_S)
        except KafkaException as error:
            raise BusUnusable(f"cannot use Kafka at {self._servers}: {error.args[0].str()}") from error
        kafka.assign([TopicPartition(self._topic, 0, self._next)])
        return kafka

    def _run(self, deliver: Callable[[Sequence[BusEvent]], None]) -> None:
        while True:
            events: list[BusEvent] = []
            for message in self._thread.run(self._poll):
                if message.error() is None:
                    self._note_away(None)
                    if self._may_be_anew(message):
                        self._thread.run(self._rewind)
                        break
                    events += self._events(message)
                elif message.error().code() != KafkaError._PARTITION_EOF:
                    self._note_away(message.error())
            if events:
                deliver(events)

    def _poll(self) -> list[Any]:
        """Return what there is, waiting for the first of it; in the thread."""
        first = self._kafka.poll(POLL_S)
        if first is None:
            self._look_for_new_log()
            return []
        return [first, *self._kafka.consume(MAX_BATCH - 1, 0)]

    def _look_for_new_log(self) -> None:
        """Start again where the log is shorter than what was read of it; Kafka says so itself, not each of its kin."""
        try:
            _, end = self._kafka.get_watermark_offsets(self._partition, timeout=POLL_S)
        except KafkaException:
            return  # away; it is asked again
        if end < self._next:
            self._rewind()

    def _may_be_anew(self, message: Any) -> bool:
        """Say whether what is missing before a record may be at the beginning of a new log."""
        producer, number = _origin(message)
        last = self._seen.get(producer)
        if last is None or number <= last + 1 or message.offset() > SHORT_LOG or (producer, number) in self._gaps:
            return False
        self._gaps.add((producer, number))  # a gap that is there again is one
        return True

    def _rewind(self) -> None:
        self._next = 0
        self._kafka.assign([TopicPartition(self._topic, 0, OFFSET_BEGINNING)])

    def _events(self, message: Any) -> list[BusEvent]:
        self._next = message.offset() + 1
        producer, number = _origin(message)
        last = self._seen.get(producer)
        if last is not None and number <= last:
            return []  # tried again by the producer, though it had come
        if last is not None and number > last + 1:
            metrics.RECORDS_MISSED.add(count=number - last - 1)
        self._seen[producer] = number
        try:
            return [decode_event(message.value() or b"")]
        except msgspec.MsgspecError as error:
            log.error("a record that the contract does not have: %s", error)
            return []

    def _note_away(self, error: KafkaError | None) -> None:
        """Log when Kafka goes away and when it is back; make a topic again that has gone with it."""
        if error is not None and error.code() in MISSING:
            try:
                self._thread.run(make_topic, self._servers, self._topic)
            except BusUnusable as problem:
                log.error("%s", problem)
        if (error is not None) != self._is_away:
            self._is_away = error is not None
            if error is not None:
                log.error("Kafka gives no records: %s", error.str())
            else:
                log.info("Kafka gives records again")


def _origin(message: Any) -> tuple[bytes, int]:
    """Return the producer of a record, and its number."""
    headers = dict(message.headers() or ())
    return headers.get("producer", b""), int(headers.get("number", b"0"))
