"""The frames that the server sends.

Written by `gochat generate`: change the spec, not this file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field

SocketErrorCode: TypeAlias = Annotated[
    Literal["INVALID_MESSAGE", "AUTH_FAILED", "FORBIDDEN", "CONVERSATION_NOT_FOUND", "CLIENT_MSG_ID_CONFLICT", "MESSAGE_TOO_LARGE", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"],
    Meta(description="The codes of the catalogue that reach a socket."),
]


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


Username: TypeAlias = Annotated[
    str,
    Meta(
        description="ASCII letters, digits, `_`, `.` and `-`. Unique without regard to case, shown as registered.",
        max_length=50,
        min_length=3,
        pattern="^[A-Za-z0-9_.-]+\\Z",
    ),
]


AvatarUrl: TypeAlias = Annotated[
    str,
    Meta(
        description="An absolute http or https address of a picture, without user info. The server stores it and never fetches it.",
        max_length=2048,
        pattern="^https?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?\\Z",
    ),
]


MessageType: TypeAlias = Annotated[
    Literal[1, 2, 3, 4], Meta(description="1 text, 2 image, 3 file, 4 system (written by the server only).")
]


class Violation(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request or a frame."""

    pointer: Annotated[
        str,
        Meta(
            description="Where: an RFC 6901 pointer into the body or the frame, or `/query/NAME`, or `/path/NAME`. A missing or an unknown property is pointed at itself (`/name`). The empty string is the whole body or frame.",
            pattern="^(/|\\Z)",
        ),
    ]
    rule: Annotated[
        str,
        Meta(
            description="Which rule: the schema keyword that does not hold (`type`, `required`, `additionalProperties`, `enum`, `minLength`, `maxLength`, `pattern`, `format`, `minimum`, `maximum`, `minItems`, `maxItems`, `minProperties`), or `json` for broken JSON, `unicode` for U+0000 or a lone surrogate, `not` for a rule that no keyword states.",
            min_length=1,
        ),
    ]


class MessageAckData(Struct, frozen=True, kw_only=True):
    """What the message became."""

    client_msg_id: ClientMsgId
    message_id: Id = field(name="messageId")
    status: Literal["success"]
    seq_id: SeqId = field(name="seqId")
    created_at: Timestamp = field(name="createdAt")


class OnlineStatusData(Struct, frozen=True, kw_only=True):
    """Who, and what he is now."""

    user_id: Id = field(name="userId")
    status: Literal["online", "offline"]


class PongFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """Answers a ping."""

    timestamp: Timestamp


class MessageSender(Struct, frozen=True, kw_only=True):
    """As much of the sender as a pushed message carries."""

    id: Id
    username: Username
    avatar_url: AvatarUrl | UnsetType = field(name="avatarUrl", default=UNSET)


class ErrorDetails(Struct, frozen=True, kw_only=True):
    """More about a failure. `errors` comes with INVALID_REQUEST and INVALID_MESSAGE, `retryAfterMs` with RATE_LIMITED, `requestId` with INTERNAL, `client_msg_id` with an error frame that answers a failed send."""

    errors: (
        Annotated[
            list[Violation], Meta(description="The first 100, where there are more.", max_length=100, min_length=1)
        ]
        | UnsetType
    ) = UNSET
    retry_after_ms: (
        Annotated[int, Meta(description="How long to wait before the next attempt, in milliseconds.", ge=0)] | UnsetType
    ) = field(name="retryAfterMs", default=UNSET)
    request_id: (
        Annotated[str, Meta(description="Under which id the server's log tells the whole story.", min_length=1)]
        | UnsetType
    ) = field(name="requestId", default=UNSET)
    client_msg_id: (
        Annotated[
            str,
            Meta(
                description="The `client_msg_id` of the send that failed, given back as it was read, even where it is itself what is wrong (so it may be the empty string).",
                max_length=64,
            ),
        ]
        | UnsetType
    ) = UNSET


class ChatMessage(Struct, frozen=True, kw_only=True):
    """A message, from wherever it came: a push, the history, or the answer to one's own send."""

    id: Id
    conversation_id: Id = field(name="conversationId")
    sender: MessageSender
    content: Content
    message_type: MessageType = field(name="messageType")
    seq_id: SeqId = field(name="seqId")
    created_at: Timestamp = field(name="createdAt")
    client_msg_id: ClientMsgId | UnsetType = field(name="clientMsgId", default=UNSET)


class NewMessageData(Struct, frozen=True, kw_only=True):
    """The stored message, with as much of its sender as is needed to show it."""

    id: Id
    conversation_id: Id = field(name="conversationId")
    sender: MessageSender
    content: Content
    message_type: MessageType = field(name="messageType")
    seq_id: SeqId = field(name="seqId")
    created_at: Timestamp = field(name="createdAt")


class MessageAckFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="message-ack"):
    """Says that a message is on disk."""

    data: MessageAckData
    timestamp: Timestamp


class OnlineStatusFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="online-status"):
    """Says that a friend came online or went offline."""

    data: OnlineStatusData
    timestamp: Timestamp


class ErrorData(Struct, frozen=True, kw_only=True):
    """The failure. `details` is always there, `{}` where there is nothing to say."""

    code: SocketErrorCode
    message: Annotated[
        str,
        Meta(
            description="For people, Chinese unless the handshake's `Accept-Language` prefers English. Never branch on it.",
            min_length=1,
        ),
    ]
    details: ErrorDetails


class NewMessageFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="new-message"):
    """Pushes a stored message."""

    data: NewMessageData
    timestamp: Timestamp


class ErrorFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """Says what went wrong."""

    data: ErrorData
    timestamp: Timestamp


ServerFrame: TypeAlias = NewMessageFrame | MessageAckFrame | OnlineStatusFrame | PongFrame | ErrorFrame
