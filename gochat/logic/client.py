"""Messages by way of `gochat logic`: the same service as in process, with one call for everything that waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import grpc
from gevent.event import AsyncResult

from generated import logic_pb2, logic_pb2_grpc, responses
from generated.errors import ContractError, Unavailable
from gochat.actor import Actor
from gochat.logic.batches import Batches
from gochat.logic.wire import (
    ERROR_KEY,
    MAX_BATCH,
    MAX_MESSAGE_BYTES,
    error_of,
    mark_message,
    outcome_of,
    request_of,
)
from gochat.services.messages import Messages
from gochat.services.posting import Draft, Posted
from models.store import Store

log = logging.getLogger(__name__)

DEADLINE_S = 15.0
"""Of one call; im-logic itself gives up on its storage earlier than that."""

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


class RemoteMessages(Messages):
    """Posts and marks through im-logic; history is read here. Rates are im-logic's to count, as it knows all gateways.

    Args:
        url: `grpc://host:port`.
    """

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self._channel = grpc.insecure_channel(urlsplit(url).netloc, options=CHANNEL_OPTIONS)
        self._stub = logic_pb2_grpc.MessageServiceStub(self._channel)
        self._drafts = Batches(self._send_drafts, MAX_BATCH)
        self._marks = Batches(self._send_marks, MAX_BATCH)
        self._is_away = False

    def count_against_rate(self, actor: Actor) -> None:
        """Leave it to im-logic: the outcome says when it was too much."""

    def submit(self, draft: Draft, done: Callable[[Posted | ContractError], None]) -> None:
        self._drafts.submit(draft, done)

    def mark_read(self, actor: Actor, conversation_id: str, seq_id: int) -> responses.UnreadCount:
        response = self._call(self._stub.MarkRead, mark_message(actor.user_id, conversation_id, seq_id))
        return responses.UnreadCount(unread_count=response.unread_count)

    def submit_read(
        self, actor: Actor, conversation_id: str, seq_id: int, done: Callable[[ContractError | None], None]
    ) -> None:
        self._marks.submit(mark_message(actor.user_id, conversation_id, seq_id), done)

    def close(self, timeout_s: float) -> bool:
        """Refuse what is new, finish what waits, and say whether all was finished in time."""
        finished = [batches.close(timeout_s) for batches in (self._drafts, self._marks)]
        self._channel.close()
        return all(finished)

    def _run(self, draft: Draft) -> Posted:
        waiter: AsyncResult[Any] = AsyncResult()
        self.submit(draft, waiter.set)
        outcome: Posted | ContractError = waiter.get()
        if isinstance(outcome, ContractError):
            raise outcome
        return outcome

    def _send_drafts(self, drafts: Sequence[Draft]) -> list[Posted | ContractError]:
        request = logic_pb2.SendMessagesRequest(messages=map(request_of, drafts))
        return [outcome_of(each) for each in self._call(self._stub.SendMessages, request).outcomes]

    def _send_marks(self, marks: Sequence[logic_pb2.MarkReadRequest]) -> list[ContractError | None]:
        outcomes = self._call(self._stub.MarkReads, logic_pb2.MarkReadsRequest(marks=marks)).outcomes
        return [error_of(each.error) if each.HasField("error") else None for each in outcomes]

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
