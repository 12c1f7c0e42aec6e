"""One user's live connection: authenticates it, holds each frame to the contract, dispatches it, closes it.

Between the link (bytes) and the handlers (frames). Errors become error frames here and nowhere else.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import gevent
import msgspec
from gevent.event import Event

from generated import client_frames
from generated.errors import (
    AuthFailed,
    Close,
    ContractError,
    InvalidMessage,
    MessageTooLarge,
    RateLimited,
)
from generated.operations import WS_OPERATIONS
from generated.server_frames import ErrorData, ErrorDetails, ErrorFrame, ServerFrame
from gochat import metrics
from gochat.actor import Actor
from gochat.contract import ContractViolation, Decoder, Schema
from gochat.defect import as_contract_error, report_defect
from gochat.services.app import Services
from gochat.ws.link import Link
from gochat.ws.registry import Registry

Handler = Callable[["Session", Any], None]

CONTENT_POINTER = "/data/content"
"""The one string whose maxLength is MESSAGE_TOO_LARGE."""

MAX_IN_FLIGHT = 256
"""Writes of one connection that wait for a commit; a client that sends more is read more slowly."""

ABUSE_REFUSALS = 100
ABUSE_PAUSE_S = 2.0
"""So many rate-limited frames on one connection without such a pause are abuse (4429)."""

_RECEIVED = [operation for operation in WS_OPERATIONS if operation.action == "receive"]
_WIRE_TYPES = {getattr(client_frames, operation.frame_type): operation.wire_type for operation in _RECEIVED}

_encode = msgspec.json.Encoder().encode
_decoder: Decoder[client_frames.ClientFrame] = Decoder(
    client_frames.ClientFrame,
    {operation.wire_type: Schema.named(operation.frame_type, "asyncapi") for operation in _RECEIVED},
)


def error_payload(error: ContractError, language: str) -> bytes:
    """Return the error frame for an error, as JSON."""
    details = msgspec.convert(error.details, ErrorDetails)
    data = ErrorData(code=error.code, message=error.text(language), details=details)  # type: ignore[arg-type]  # the catalogue says which codes reach a socket
    return _encode(ErrorFrame(data=data, timestamp=int(time.time())))


class Session:
    """A connection whose handshake was accepted; its client hears of that when the connection counts.

    Args:
        handlers: The function of each frame, by the frame's type.
        language: For error texts: zh or en.

    Attributes:
        online_friends: Ids of the friends whom this socket knows as online. Kept by the registry.
    """

    actor: Actor

    def __init__(
        self, link: Link, services: Services, registry: Registry, handlers: Mapping[str, Handler], language: str
    ) -> None:
        self.id = secrets.token_hex(8)
        self.services = services
        self.online_friends: set[str] = set()
        self._link = link
        self._registry = registry
        self._handlers = handlers
        self._language = language
        self._writes_begun = 0
        self._writes_ended = 0
        self._done_early: set[int] = set()
        self._waiting: deque[tuple[int, ServerFrame]] = deque()  # each with the write after which it goes out
        self._room = Event()
        self._refusals = 0
        self._refused_at = 0.0
        self._expiry: gevent.Greenlet | None = None  # set before the session is registered

    def run(self, token: str) -> None:
        """Serve the connection until it ends. Who may not connect is told after the upgrade: a browser sees why."""
        try:
            try:
                self.actor = self.services.accounts.authenticate(token)
                self._expiry = gevent.spawn_later(max(0.0, self.actor.expires_at - time.time()), self.fail_auth)
                self._registry.add(self)
            except Exception as error:
                known = as_contract_error(error)
                self._link.close(known.close_code or Close.INTERNAL_ERROR, error_payload(known, self._language))
            self._link.open()
            self._serve()
        except Exception as error:
            report_defect(error)
            self.close(Close.INTERNAL_ERROR)
        finally:
            if self._expiry is not None:
                self._registry.remove(self)
                self._expiry.kill(block=False)
            self._link.finish()
            metrics.CLOSES.add(str(self._link.close_code))

    @property
    def is_behind(self) -> bool:
        """Whether so much waits for the client that it should be waited for, where that is possible."""
        return self._link.is_behind

    def send(self, frame: ServerFrame) -> None:
        """Queue a frame for this client."""
        self._link.send(_encode(frame))

    def send_frame(self, frame: bytes) -> None:
        """Queue a frame that was encoded for many (`gochat.ws.outbox.text_frame`)."""
        self._link.send_frame(frame)

    def refuse(self, error: ContractError, client_msg_id: str | None = None) -> None:
        """Tell the client that a frame failed; `client_msg_id` says which send."""
        if client_msg_id is not None:
            error.details["client_msg_id"] = client_msg_id
        self._link.send(error_payload(error, self._language))
        if isinstance(error, RateLimited):
            self._count_refusal()

    def begin_write(self) -> int:
        """Count a write that is on its way to the disk; return its number, for `end_write` when it is done."""
        self._writes_begun += 1
        return self._writes_begun

    def end_write(self, number: int) -> None:
        """Note that a write is done; one that is done before an earlier one counts when that is done."""
        self._done_early.add(number)
        while self._writes_ended + 1 in self._done_early:
            self._writes_ended += 1
            self._done_early.remove(self._writes_ended)
        self._room.set()
        while self._waiting and self._waiting[0][0] <= self._writes_ended:
            self.send(self._waiting.popleft()[1])

    def send_after_writes(self, frame: ServerFrame) -> None:
        """Queue a frame to go out when every write that was begun before is done."""
        if self._writes_begun == self._writes_ended:
            self.send(frame)
        else:
            self._waiting.append((self._writes_begun, frame))

    def close(self, code: int) -> None:
        """Begin to close the connection. Does not block."""
        self._link.close(code)

    def fail_auth(self) -> None:
        """Close because the token has expired or its login has ended."""
        self._link.close(Close.AUTH_FAILED, error_payload(AuthFailed(), self._language))

    def _serve(self) -> None:
        for texts in self._link.messages():
            for text in texts:
                if self._link.is_closing:
                    break
                self._handle(text)
                self._link.give_way()
                while self._writes_begun - self._writes_ended >= MAX_IN_FLIGHT and not self._link.is_closing:
                    self._room.clear()
                    self._room.wait(1.0)

    def _handle(self, text: str) -> None:
        kind, frame = "invalid", None
        try:
            frame = _decoder.decode(text)
            kind = _WIRE_TYPES[type(frame)]
            self._handlers[kind](self, frame)
        except ContractViolation as violation:
            too_large = violation.only_too_long(CONTENT_POINTER)
            error = MessageTooLarge() if too_large else InvalidMessage(details=violation.details())
            self.refuse(error, _read_client_msg_id(violation.document))
        except Exception as error:
            self.refuse(as_contract_error(error), _frame_client_msg_id(frame))
        metrics.FRAMES.add(kind)

    def _count_refusal(self) -> None:
        now = time.monotonic()
        self._refusals = self._refusals + 1 if now - self._refused_at < ABUSE_PAUSE_S else 1
        self._refused_at = now
        if self._refusals >= ABUSE_REFUSALS:
            self.close(Close.RATE_ABUSED)


def _frame_client_msg_id(frame: Any) -> str | None:
    """Return the client_msg_id of a valid frame, None where it has none."""
    value = getattr(getattr(frame, "data", None), "client_msg_id", None)
    return value if isinstance(value, str) else None


def _read_client_msg_id(document: Any) -> str | None:
    """Return the client_msg_id of a send that is not valid, where a string of up to 64 characters can be read."""
    if not isinstance(document, dict) or document.get("type") != "send-message":
        return None
    data = document.get("data")
    value = data.get("client_msg_id") if isinstance(data, dict) else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # lone surrogates can't be given back
        return None
    return value
