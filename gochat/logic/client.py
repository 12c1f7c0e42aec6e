"""Messages by way of `gochat logic`: the same service as in process, with one call for everything that waits."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import gevent
import grpc
from gevent.event import AsyncResult, Event
from gevent.pool import Pool

from generated import logic_pb2, logic_pb2_grpc, responses
from generated.errors import ContractError, Unavailable
from gochat.actor import Actor
from gochat.defect import report_defect
from gochat.logic.wire import ERROR_KEY, MAX_BATCH_MESSAGES, MAX_MESSAGE_BYTES, error_of, outcome_of, request_of
from gochat.services.messages import Messages
from gochat.services.posting import Draft, Posted
from models.store import Store

log = logging.getLogger(__name__)

DEADLINE_S = 15.0
"""Of one call; im-logic itself gives up on its storage earlier than that."""

MAX_READS_AT_ONCE = 64

CHANNEL_OPTIONS = (
    # It comes back by itself, soon: gRPC's own pauses grow up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # how long one try may take, whatever its name says
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A peer that is gone without a word is noticed.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
)

Done = Callable[[Any], None]


class RemoteMessages(Messages):
    """Posts and marks through im-logic; history is read here. Rates are im-logic's to count, as it knows all gateways.

    One batch is on its way at a time, so the drafts of one connection arrive in their order; what comes meanwhile is
    the next batch. Reads travel beside it.

    Args:
        url: `grpc://host:port`.
    """

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self._channel = grpc.insecure_channel(urlsplit(url).netloc, options=CHANNEL_OPTIONS)
        self._stub = logic_pb2_grpc.MessageServiceStub(self._channel)
        self._queue: deque[tuple[Draft, Done]] = deque()
        self._wake = Event()
        self._idle = Event()
        self._idle.set()
        self._reads = Pool(MAX_READS_AT_ONCE)
        self._closed = False
        self._is_away = False
        self._greenlet = gevent.spawn(self._send_for_ever)

    def count_against_rate(self, actor: Actor) -> None:
        """Leave it to im-logic: the outcome says when it was too much."""

    def submit(self, draft: Draft, done: Callable[[Posted | ContractError], None]) -> None:
        if self._closed:
            done(Unavailable())
            return
        self._queue.append((draft, done))
        self._idle.clear()
        self._wake.set()

    def mark_read(self, actor: Actor, conversation_id: str, seq_id: int) -> responses.UnreadCount:
        request = logic_pb2.MarkReadRequest(user_id=actor.user_id, conversation_id=conversation_id, seq_id=seq_id)
        response = self._call(self._stub.MarkRead, request)
        return responses.UnreadCount(unread_count=response.unread_count)

    def submit_read(
        self, actor: Actor, conversation_id: str, seq_id: int, done: Callable[[ContractError | None], None]
    ) -> None:
        def read() -> None:
            try:
                self.mark_read(actor, conversation_id, seq_id)
            except ContractError as error:
                done(error)
            else:
                done(None)

        self._reads.spawn(read)  # waits while too many are on their way: the connection is read more slowly then

    def close(self, timeout_s: float) -> bool:
        """Refuse new drafts, finish those that wait, and say whether all were finished in time."""
        self._closed = True
        finished = bool(self._idle.wait(timeout_s)) and bool(self._reads.join(timeout_s))
        self._greenlet.kill()
        self._channel.close()
        return finished

    def _run(self, draft: Draft) -> Posted:
        waiter: AsyncResult[Any] = AsyncResult()
        self.submit(draft, waiter.set)
        outcome: Posted | ContractError = waiter.get()
        if isinstance(outcome, ContractError):
            raise outcome
        return outcome

    def _send_for_ever(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH_MESSAGES))]
                try:
                    outcomes = self._send([draft for draft, _ in batch])
                except ContractError as error:
                    outcomes = [type(error)(details=dict(error.details)) for _ in batch]
                except Exception as error:
                    known = report_defect(error)
                    outcomes = [type(known)(details=dict(known.details)) for _ in batch]
                for (_, done), outcome in zip(batch, outcomes, strict=True):
                    try:
                        done(outcome)
                    except Exception:
                        log.exception("the receiver of an outcome failed")
            self._idle.set()

    def _send(self, drafts: Sequence[Draft]) -> list[Posted | ContractError]:
        request = logic_pb2.SendMessagesRequest(messages=map(request_of, drafts))
        outcomes = [outcome_of(each) for each in self._call(self._stub.SendMessages, request).outcomes]
        if len(outcomes) != len(drafts):
            raise RuntimeError(f"im-logic gave {len(outcomes)} outcomes for {len(drafts)} messages")
        return outcomes

    def _call(self, method: Any, request: Any) -> Any:
        """Call im-logic.

        Raises:
            ContractError: what it refused with; Unavailable where there is no telling what it did.
        """
        try:
            response = method(request, timeout=DEADLINE_S)
        except grpc.RpcError as error:
            raise self._refusal(error) from None
        self._note_away(None)
        return response

    def _refusal(self, error: Any) -> ContractError:
        for key, value in error.trailing_metadata() or ():
            if key == ERROR_KEY:
                self._note_away(None)
                return error_of(logic_pb2.Error.FromString(value))
        self._note_away(f"{error.code().name}: {error.details()}")
        return Unavailable()

    def _note_away(self, reason: str | None) -> None:
        """Log when im-logic goes away and when it is back, not each call between."""
        if self._is_away != (reason is not None):
            self._is_away = reason is not None
            if reason is None:
                log.info("im-logic answers again")
            else:
                log.error("im-logic is away: %s", reason)
