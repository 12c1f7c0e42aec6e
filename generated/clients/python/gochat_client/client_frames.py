"""The frames that a client sends.

Written by `gochat generate`: change the spec, not this file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field


class PingData(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing; it may be left out."""


Timestamp: TypeAlias = Annotated[
    int,
    Meta(
        description="A time in whole Unix seconds, at most the largest integer that JSON carries safely (2^53 - 1).",
        ge=0,
        le=9007199254740991,
    ),
]


Id: TypeAlias = Annotated[
    str,
    Meta(
        description="An opaque identifier that the server gave out. Compare it, store it, send it back; read nothing into it.",
        max_length=64,
        min_length=1,
        pattern="^[^\\u0000]*\\Z",
    ),
]


Content: TypeAlias = Annotated[
    str,
    Meta(
        description="1 to 4000 Unicode code points for every type of message; an image or a file is a URL or a small JSON text. Content that breaks nothing but its maxLength is MESSAGE_TOO_LARGE.",
        max_length=4000,
        min_length=1,
        pattern="^[^\\u0000]*\\Z",
    ),
]


SendableMessageType: TypeAlias = Annotated[Literal[1, 2, 3], Meta(description="1 text, 2 image, 3 file.")]


ClientMsgId: TypeAlias = Annotated[
    str,
    Meta(
        description="Chosen by the client, once for each message that it means to send, and kept for every repeat of that send. It makes a send idempotent for ever, over HTTP and WebSocket and over all conversations of the sender.",
        max_length=64,
        min_length=1,
        pattern="^[^\\u0000]*\\Z",
    ),
]


SeqId: TypeAlias = Annotated[
    int,
    Meta(
        description="The place of a message in its conversation: it starts at 1 and goes up by exactly 1, without gap or reuse, in the order in which messages were stored.",
        ge=1,
        le=9007199254740991,
    ),
]


class SendMessageData(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The message and where it goes. Over WebSocket the `client_msg_id` is required."""

    conversation_id: Id = field(name="conversationId")
    content: Content
    message_type: SendableMessageType = field(name="messageType")
    client_msg_id: ClientMsgId


class PingFrame(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type", tag="ping"):
    """Keeps the socket alive."""

    data: PingData | UnsetType = UNSET
    timestamp: Timestamp | UnsetType = UNSET


class MarkReadData(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Up to which message, itself included, the conversation is read."""

    conversation_id: Id = field(name="conversationId")
    seq_id: SeqId = field(name="seqId")


class SendMessageFrame(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type", tag="send-message"):
    """Sends a message."""

    data: SendMessageData
    timestamp: Timestamp | UnsetType = UNSET


class MarkReadFrame(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type", tag="mark-read"):
    """Moves the read pointer."""

    data: MarkReadData
    timestamp: Timestamp | UnsetType = UNSET


ClientFrame: TypeAlias = SendMessageFrame | PingFrame | MarkReadFrame
