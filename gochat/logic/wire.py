"""Between what services take and give, and the messages of `specs/logic.proto`."""

from __future__ import annotations

from typing import Any

import msgspec

from generated import logic_pb2, requests
from generated.client_frames import MarkReadData
from generated.errors import CATALOGUE, ContractError, Internal, InvalidMessage, MessageTooLarge
from gochat.contract import ContractViolation, Schema
from gochat.services.posting import Draft, Posted

ERROR_KEY = "gochat-error-bin"
"""Trailing metadata of a refused call: the Error, serialized."""

MAX_BATCH = 1024
"""Messages, or read marks, of one call."""

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Of one call; a batch of the largest messages has 16 MB."""

MAX_ID_LENGTH = 64
"""Of the ids that a gateway makes or knows (the contract's `Id`)."""

_content = Schema.named("SendMessageData", "asyncapi")
_read = Schema.named("MarkReadData", "asyncapi")
_id = Schema.named("Id", "asyncapi")


def request_of(draft: Draft) -> logic_pb2.SendMessageRequest:
    """Return a draft as it travels."""
    return logic_pb2.SendMessageRequest(
        sender_id=draft.sender_id,
        conversation_id=draft.conversation_id,
        message_type=draft.message_type,
        content=draft.content,
        client_msg_id=draft.client_msg_id,
        origin=draft.origin,
    )


def draft_of(request: logic_pb2.SendMessageRequest) -> Draft:
    """Return the draft, held to the rules for a frame of the same content.

    Raises:
        MessageTooLarge, InvalidMessage: it breaks them; the pointers are those of a frame.
    """
    client_msg_id = request.client_msg_id if request.HasField("client_msg_id") else None
    document: dict[str, Any] = {"messageType": request.message_type, "content": request.content}
    if client_msg_id is not None:
        document["client_msg_id"] = client_msg_id
    try:
        body = msgspec.convert(document, requests.SendMessageRequest)
        _check_ids(request.sender_id, request.conversation_id)
    except msgspec.ValidationError:
        raise _refusal(document, request) from None
    return Draft(
        request.sender_id,
        request.conversation_id,
        body.message_type,
        body.content,
        client_msg_id,
        request.origin if request.HasField("origin") else None,
    )


def _check_ids(*ids: str) -> None:
    if not all(0 < len(id_) <= MAX_ID_LENGTH and "\0" not in id_ for id_ in ids):
        raise msgspec.ValidationError


def _refusal(document: dict[str, Any], request: logic_pb2.SendMessageRequest) -> ContractError:
    frame_data = {"client_msg_id": "none", **document, "conversationId": request.conversation_id}
    found = [*_content.explain(frame_data, "/data"), *_id.explain(request.sender_id, "/sender_id")]
    violation = ContractViolation(found)
    if violation.only_too_long("/data/content"):
        return MessageTooLarge()
    return InvalidMessage(details=violation.details())


def mark_message(user_id: str, conversation_id: str, seq_id: int) -> logic_pb2.MarkReadRequest:
    """Return a read mark as it travels."""
    return logic_pb2.MarkReadRequest(user_id=user_id, conversation_id=conversation_id, seq_id=seq_id)


def check_read(request: logic_pb2.MarkReadRequest) -> None:
    """Hold a request to the rules for a mark-read frame.

    Raises:
        InvalidMessage: it breaks them.
    """
    document = {"conversationId": request.conversation_id, "seqId": request.seq_id}
    try:
        msgspec.convert(document, MarkReadData)
        _check_ids(request.user_id)
    except msgspec.ValidationError:
        found = [*_read.explain(document, "/data"), *_id.explain(request.user_id, "/user_id")]
        raise InvalidMessage(details=ContractViolation(found).details()) from None


def outcome_message(outcome: Posted | ContractError) -> logic_pb2.SendMessageOutcome:
    """Return an outcome as it travels."""
    if isinstance(outcome, ContractError):
        return logic_pb2.SendMessageOutcome(error=error_message(outcome))
    return logic_pb2.SendMessageOutcome(posted=posted_message(outcome))


def posted_message(posted: Posted) -> logic_pb2.SendMessageResponse:
    """Return where a message is stored, as it travels."""
    return logic_pb2.SendMessageResponse(
        message_id=posted.message_id, seq_id=posted.seq_id, created_at=posted.created_at
    )


def outcome_of(message: logic_pb2.SendMessageOutcome) -> Posted | ContractError:
    """Return what came of a draft."""
    if message.HasField("error"):
        return error_of(message.error)
    return Posted(message.posted.message_id, message.posted.seq_id, message.posted.created_at)


def error_message(error: ContractError) -> logic_pb2.Error:
    """Return an error as it travels, with those of its details that im-logic gives."""
    details: Any = error.details
    return logic_pb2.Error(
        code=error.code,
        retry_after_ms=details.get("retryAfterMs"),
        request_id=details.get("requestId"),
        errors=[logic_pb2.Violation(**each) for each in details.get("errors", ())],
    )


def error_of(message: logic_pb2.Error) -> ContractError:
    """Return the error of the catalogue; one that this catalogue does not have is INTERNAL."""
    details: dict[str, object] = {}
    if message.HasField("retry_after_ms"):
        details["retryAfterMs"] = message.retry_after_ms
    if message.HasField("request_id"):
        details["requestId"] = message.request_id
    if message.errors:
        details["errors"] = [{"pointer": each.pointer, "rule": each.rule} for each in message.errors]
    return CATALOGUE.get(message.code, Internal)(details=details)
