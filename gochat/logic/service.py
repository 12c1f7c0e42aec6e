"""The handlers of `specs/logic.proto`: from a call to the service, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import grpc
from gevent.event import Event

from generated import logic_pb2, logic_pb2_grpc
from generated.errors import ContractError, Forbidden, InvalidMessage
from gochat.actor import Actor
from gochat.defect import as_contract_error
from gochat.logic.wire import (
    ERROR_KEY,
    MAX_BATCH,
    check_read,
    draft_of,
    error_message,
    outcome_message,
    posted_message,
)
from gochat.services.messages import Messages
from gochat.services.posting import Posted

MAX_KNOWN_SENDERS = 100_000

Done = Callable[[Any], None]


class MessageService(logic_pb2_grpc.MessageServiceServicer):
    """Posts and marks for gateways, which have authenticated whom they speak for."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._known_senders: set[str] = set()  # an account never goes away

    def SendMessage(self, request: logic_pb2.SendMessageRequest, context: Any) -> logic_pb2.SendMessageResponse:  # noqa: N802 (the contract's name)
        (outcome,) = self._post([request], context)
        if isinstance(outcome, ContractError):
            _refuse(outcome, context)
        return posted_message(outcome)

    def SendMessages(self, request: logic_pb2.SendMessagesRequest, context: Any) -> logic_pb2.SendMessagesResponse:  # noqa: N802
        _check_length(request.messages, "/messages", context)
        outcomes = self._post(request.messages, context)
        return logic_pb2.SendMessagesResponse(outcomes=map(outcome_message, outcomes))

    def MarkRead(self, request: logic_pb2.MarkReadRequest, context: Any) -> logic_pb2.MarkReadResponse:  # noqa: N802
        try:
            check_read(request)
            count = self._messages.mark_read(_acting(request.user_id), request.conversation_id, request.seq_id)
        except Exception as error:
            _refuse(as_contract_error(error), context)
        return logic_pb2.MarkReadResponse(unread_count=count.unread_count)

    def MarkReads(self, request: logic_pb2.MarkReadsRequest, context: Any) -> logic_pb2.MarkReadsResponse:  # noqa: N802
        _check_length(request.marks, "/marks", context)
        outcomes = _gather(request.marks, self._submit_mark, context)
        return logic_pb2.MarkReadsResponse(
            outcomes=[
                logic_pb2.MarkReadOutcome(error=None if error is None else error_message(error)) for error in outcomes
            ]
        )

    def _post(self, requests: Sequence[logic_pb2.SendMessageRequest], context: Any) -> list[Posted | ContractError]:
        """Queue all of them in their order, and wait until the last has its outcome."""
        try:
            self._meet({request.sender_id for request in requests})
        except Exception as error:
            _refuse(as_contract_error(error), context)
        return _gather(requests, self._submit_draft, context)

    def _submit_draft(self, request: logic_pb2.SendMessageRequest, done: Done) -> None:
        draft = draft_of(request)
        if draft.sender_id not in self._known_senders:
            raise Forbidden()
        self._messages.count_against_rate(_acting(draft.sender_id))
        self._messages.submit(draft, done)

    def _submit_mark(self, request: logic_pb2.MarkReadRequest, done: Done) -> None:
        check_read(request)
        self._messages.submit_read(_acting(request.user_id), request.conversation_id, request.seq_id, done)

    def _meet(self, sender_ids: set[str]) -> None:
        """Look up senders that were not seen before."""
        new = {id_ for id_ in sender_ids - self._known_senders if "\0" not in id_}
        if not new:
            return
        if len(self._known_senders) > MAX_KNOWN_SENDERS:
            self._known_senders.clear()
            new = sender_ids
        self._known_senders |= new - self._messages.unknown_senders(new)


def _gather(requests: Sequence[Any], submit: Callable[[Any, Done], None], context: Any) -> list[Any]:
    """Submit all requests in their order, and return an outcome for each once the last is there."""
    outcomes: list[Any] = [None] * len(requests)
    left = len(requests)
    is_done = Event()
    if not left:
        is_done.set()

    def note(index: int, outcome: Any) -> None:
        nonlocal left
        outcomes[index] = outcome
        left -= 1
        if not left:
            is_done.set()

    for index, request in enumerate(requests):
        try:
            submit(request, partial(note, index))
        except ContractError as error:
            note(index, error)
    if not is_done.wait(context.time_remaining()):
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the storage is slow; what was sent may be stored")
    return outcomes


def _check_length(items: Sequence[Any], pointer: str, context: Any) -> None:
    if len(items) > MAX_BATCH:
        _refuse(InvalidMessage(details={"errors": [{"pointer": pointer, "rule": "maxItems"}]}), context)


def _acting(user_id: str) -> Actor:
    """Return the actor of a call: the gateway knows his login and his name, and nothing here asks for them."""
    return Actor(user_id, login_id="", username="", is_guest=False, expires_at=0)


def _refuse(error: ContractError, context: Any) -> NoReturn:
    context.set_trailing_metadata(((ERROR_KEY, error_message(error).SerializeToString()),))
    context.abort(grpc.StatusCode[error.grpc_status or "UNKNOWN"], error.text("en"))
    raise AssertionError("abort raises")
