"""The bodies of HTTP requests.

Source: specs/openapi.yaml, #/paths: each requestBody.
Written by `gochat generate`: change the spec, not this file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field

Username: TypeAlias = Annotated[
    str,
    Meta(
        description="ASCII letters, digits, `_`, `.` and `-`. Unique without regard to case, shown as registered.",
        max_length=50,
        min_length=3,
        pattern="^[A-Za-z0-9_.-]+\\Z",
    ),
]


Password: TypeAlias = Annotated[
    str, Meta(description="Counted in Unicode code points.", max_length=128, min_length=8, pattern="^[^\\u0000]*\\Z")
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


AvatarUrl: TypeAlias = Annotated[
    str,
    Meta(
        description="An absolute http or https address of a picture, without user info. The server stores it and never fetches it.",
        max_length=2048,
        pattern="^https?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?\\Z",
    ),
]


class LoginRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The name, in any case, and the password of an account. The bounds of registration hold here too."""

    username: Username
    password: Password


RefreshToken: TypeAlias = Annotated[
    str,
    Meta(
        description="Opaque; good for one refresh, within 30 days.",
        max_length=512,
        min_length=1,
        pattern="^[^\\u0000]*\\Z",
    ),
]


class GuestRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing; a guest needs no name. The body may be left out as well."""


class RefreshRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The refresh token that the last login or refresh gave."""

    refresh_token: RefreshToken = field(name="refreshToken")


class UpdateProfileRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change about one's own account."""

    avatar_url: AvatarUrl = field(name="avatarUrl")


ConversationName: TypeAlias = Annotated[
    str,
    Meta(
        description="The name of a group, or of the world chat. A single chat has none; show its `peer`.",
        max_length=100,
        min_length=1,
        pattern="^[^\\u0000]*\\Z",
    ),
]


ConversationDescription: TypeAlias = Annotated[
    str, Meta(description="What a group is about; may be empty.", max_length=500, pattern="^[^\\u0000]*\\Z")
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


SeqId: TypeAlias = Annotated[
    int,
    Meta(
        description="The place of a message in its conversation: it starts at 1 and goes up by exactly 1, without gap or reuse, in the order in which messages were stored.",
        ge=1,
        le=9007199254740991,
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


MemberRole: TypeAlias = Annotated[Literal[1, 2, 3], Meta(description="1 member, 2 admin, 3 owner.")]


CreatableConversationType: TypeAlias = Annotated[
    Literal[1, 2], Meta(description="1 single, 2 group. The one world chat is there from the start.")
]


class UpdateConversationRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change about a group; what is left out stays as it is."""

    name: ConversationName | UnsetType = UNSET
    avatar_url: AvatarUrl | UnsetType = field(name="avatarUrl", default=UNSET)
    description: ConversationDescription | UnsetType = UNSET

    def __post_init__(self) -> None:
        given = [f for f in self.__struct_fields__ if getattr(self, f) is not UNSET]
        if len(given) < 1:
            raise ValueError("minProperties: expected at least 1")


SendableMessageType: TypeAlias = Annotated[Literal[1, 2, 3], Meta(description="1 text, 2 image, 3 file.")]


class MarkReadRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Up to which message, itself included, the user has read."""

    seq_id: SeqId = field(name="seqId")


class AddMembersRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to add to a group."""

    members: Annotated[
        list[Id], Meta(description="Ids of users. Oneself and duplicates are ignored.", max_length=500, min_length=1)
    ]


class UpdateMemberRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The role to give; 3 hands the ownership over."""

    role: MemberRole


FriendRequestMessage: TypeAlias = Annotated[
    str, Meta(description="A line to the target; may be empty.", max_length=200, pattern="^[^\\u0000]*\\Z")
]


class CreateFriendRequestRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to ask, and a line to go with it."""

    target_user_id: Id = field(name="targetUserId")
    message: FriendRequestMessage | UnsetType = UNSET


FriendRequestAction: TypeAlias = Annotated[
    Literal["accept", "reject"], Meta(description="What the target does with a pending request.")
]


class RegisterRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The name and the password of a new account."""

    username: Username
    password: Password


class CreateConversationRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to open and with whom. A group (type 2) needs a `name`: without it the answer is 400 with pointer `/name` and rule `required`. In a single chat (type 1) `name` and `description` are ignored, once they keep their bounds."""

    type: CreatableConversationType
    members: Annotated[list[Id], Meta(description="Ids of users. Oneself and duplicates are ignored.", max_length=500)]
    name: ConversationName | UnsetType = UNSET
    description: ConversationDescription | UnsetType = UNSET


class SendMessageRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message to store and push. Without `client_msg_id` a repeat is a second message."""

    message_type: SendableMessageType = field(name="messageType")
    content: Content
    client_msg_id: ClientMsgId | UnsetType = UNSET


class UpdateFriendRequestRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer to a request."""

    action: FriendRequestAction
