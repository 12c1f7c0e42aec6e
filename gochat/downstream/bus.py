"""The bus over Kafka: hands events to the sockets of this process, and to each other gateway what concerns it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from itertools import islice

import gevent
from gevent.event import Event

from gochat import metrics
from gochat.bus import BusEvent, MessagePosted, StatusChanged, Subscriber
from gochat.defect import report_defect
from gochat.downstream.producer import Outgoing, RecordProducer
from gochat.downstream.records import encode_event, key_of
from gochat.downstream.topics import servers_of, topic_of
from models import connections
from models.store import StorageError

log = logging.getLogger(__name__)

MAX_WAITING = 100_000
"""Events that wait for storage to say where they go; more are dropped, and clients close the gap by seqId."""

MAX_BATCH = 2000
"""Events whose records are made in one turn on the hub, about 5 us each."""

RETRY_S = 0.2
CLOSE_S = 2.0


class KafkaBus:
    """Publishes for one process.

    Where an event goes is looked up after its commit: who connected before sees it pushed, who connects later finds it
    in the history.

    Args:
        url: `kafka://host:port`.
        gateway_id: Of this process, when it is a gateway: its own events do not travel.
    """

    def __init__(self, url: str, gateway_id: str | None = None) -> None:
        self._gateway_id = gateway_id
        self._local: Subscriber | None = None
        self._producer = RecordProducer(servers_of(url))
        self._waiting: deque[BusEvent] = deque()
        self._wake = Event()
        self._idle = Event()
        self._idle.set()
        self._greenlet = gevent.spawn(self._run)

    @property
    def losses(self) -> int:
        """How often Kafka took records again after some were given up."""
        return self._producer.losses

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every batch of events of this process. It must not block."""
        self._local = subscriber

    def publish(self, events: Sequence[BusEvent]) -> None:
        """Hand `events` to the sockets here at once, and to other gateways soon."""
        if self._local is not None:
            self._local(events)
        room = MAX_WAITING - len(self._waiting)
        metrics.RECORDS_DROPPED.add(count=max(0, len(events) - room))
        self._waiting.extend(events[:room])
        self._idle.clear()
        self._wake.set()

    def close(self) -> None:
        """Write what waits, as far as that is possible soon."""
        self._idle.wait(CLOSE_S)
        self._greenlet.kill()
        self._producer.close(CLOSE_S)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                events = list(islice(self._waiting, MAX_BATCH))
                try:
                    self._producer.put(self._route(events))
                except StorageError as error:
                    log.warning("%d events wait, as storage failed: %s", len(events), error)
                    gevent.sleep(RETRY_S)
                    continue
                except Exception as error:
                    report_defect(error)
                for _ in events:
                    self._waiting.popleft()
            self._idle.set()

    def _route(self, events: Sequence[BusEvent]) -> list[Outgoing]:
        """Return the records of `events`, one for each gateway that holds somebody whom it concerns."""
        addressed = {user_id for event in events for user_id in _recipients(event) or ()}
        holders = connections.find_holders(addressed) if addressed else {}
        everywhere = connections.list_gateways() if any(_recipients(event) is None for event in events) else []
        outgoing = []
        for event in events:
            recipients = _recipients(event)
            here: dict[str, list[str]] = {gateway_id: [] for gateway_id in everywhere} if recipients is None else {}
            for user_id in recipients or ():
                if (holder := holders.get(user_id)) is not None:
                    here.setdefault(holder, []).append(user_id)
            here.pop(self._gateway_id or "", None)
            outgoing += [
                Outgoing(topic_of(gateway_id), key_of(event), encode_event(event, user_ids))
                for gateway_id, user_ids in here.items()
            ]
        metrics.RECORDS.add(count=len(outgoing))
        return outgoing


def _recipients(event: BusEvent) -> tuple[str, ...] | None:
    """Return the users whom an event names as recipients; None: it is for every gateway."""
    return event.recipients if isinstance(event, MessagePosted | StatusChanged) else None
