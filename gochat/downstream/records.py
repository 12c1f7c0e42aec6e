"""Between the events of the bus and the records of `specs/asyncapi.yaml`, channel `downstream`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, assert_never

import msgspec
from msgspec import UNSET

from generated import records
from generated.server_frames import NewMessageFrame
from gochat.bus import BusEvent, ConnectionReplaced, FriendsMade, LoginEnded, MessagePosted, StatusChanged

_encode: Callable[[records.Record], bytes] = msgspec.json.Encoder().encode
_decode: Callable[[bytes], records.Record] = msgspec.json.Decoder(records.Record).decode


def key_of(event: BusEvent) -> str:
    """Return the key of an event's record: of a message its conversation."""
    if isinstance(event, MessagePosted):
        return event.frame.data.conversation_id
    return event.login_id if isinstance(event, LoginEnded) else event.user_id


def encode_event(event: BusEvent, here: Iterable[str]) -> bytes:
    """Return the record of an event for one gateway.

    Args:
        here: Those of its recipients whom the gateway holds; ignored where an event has none.
    """
    record: records.Record
    match event:
        case MessagePosted(frame, recipients, origin, again, write):
            record = records.MessagePosted(
                message=frame.data,
                recipients=UNSET if recipients is None else list(here),
                origin=UNSET if origin is None else origin,
                again=again or UNSET,
                write=UNSET if write is None else write,
            )
        case LoginEnded(login_id):
            record = records.LoginEnded(login_id=login_id)
        case FriendsMade(user_id, friend_id):
            record = records.FriendsMade(user_id=user_id, friend_id=friend_id)
        case StatusChanged(user_id, is_online, version, _):
            status: Literal["online", "offline"] = "online" if is_online else "offline"
            record = records.StatusChanged(user_id=user_id, status=status, version=version, recipients=list(here))
        case ConnectionReplaced(user_id, connection_id):
            record = records.ConnectionReplaced(user_id=user_id, connection_id=connection_id)
        case _:
            assert_never(event)
    return _encode(record)


def decode_event(value: bytes) -> BusEvent:
    """Return the event of a record.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    record = _decode(value)
    match record:
        case records.MessagePosted():
            recipients = None if record.recipients is UNSET else tuple(record.recipients)
            frame = NewMessageFrame(data=record.message, timestamp=record.message.created_at)
            origin = None if record.origin is UNSET else record.origin
            write = None if record.write is UNSET else record.write
            return MessagePosted(frame, recipients, origin, record.again is True, write)
        case records.LoginEnded():
            return LoginEnded(record.login_id)
        case records.FriendsMade():
            return FriendsMade(record.user_id, record.friend_id)
        case records.StatusChanged():
            return StatusChanged(record.user_id, record.status == "online", record.version, tuple(record.recipients))
        case records.ConnectionReplaced():
            return ConnectionReplaced(record.user_id, record.connection_id)
        case _:
            assert_never(record)
