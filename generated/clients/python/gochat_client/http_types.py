"""What the calls of the HTTP API carry.

Written by `gochat generate`: change the spec, not this file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

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


class SuccessEnvelope(Struct, frozen=True, kw_only=True):
    """What every success has around its `data`. An answer is open: a client ignores properties that it does not know."""

    success: bool
    message: Annotated[
        str,
        Meta(
            description="For people, in Chinese unless `Accept-Language` prefers English. Never branch on it.",
            min_length=1,
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


AvatarUrl: TypeAlias = Annotated[
    str,
    Meta(
        description="An absolute http or https address of a picture, without user info. The server stores it and never fetches it.",
        max_length=2048,
        pattern="^https?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?\\Z",
    ),
]


UserStatus: TypeAlias = Annotated[Literal[0, 1], Meta(description="0 normal, 1 disabled (reserved).")]


Timestamp: TypeAlias = Annotated[
    int,
    Meta(
        description="A time in whole Unix seconds, at most the largest integer that JSON carries safely (2^53 - 1).",
        ge=0,
        le=9007199254740991,
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


class Empty(Struct, frozen=True, kw_only=True):
    """An object with nothing in it, where an operation has nothing to say but that it succeeded."""


class RefreshRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The refresh token that the last login or refresh gave."""

    refresh_token: RefreshToken = field(name="refreshToken")


class UpdateProfileRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change about one's own account."""

    avatar_url: AvatarUrl = field(name="avatarUrl")


ConversationType: TypeAlias = Annotated[Literal[1, 2, 3], Meta(description="1 single, 2 group, 3 world.")]


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


MessageType: TypeAlias = Annotated[
    Literal[1, 2, 3, 4], Meta(description="1 text, 2 image, 3 file, 4 system (written by the server only).")
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


class UnreadCount(Struct, frozen=True, kw_only=True):
    """What is left to read."""

    unread_count: Annotated[int, Meta(description="Messages above the read pointer that others sent.", ge=0)] = field(
        name="unreadCount"
    )


class AddMembersRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to add to a group."""

    members: Annotated[
        list[Id], Meta(description="Ids of users. Oneself and duplicates are ignored.", max_length=500, min_length=1)
    ]


class UpdateMemberRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The role to give; 3 hands the ownership over."""

    role: MemberRole


FriendStatus: TypeAlias = Annotated[Literal[1, 3], Meta(description="1 friends, 3 blocked (reserved).")]


FriendRequestStatus: TypeAlias = Annotated[
    Literal[0, 1, 2, 3], Meta(description="0 pending, 1 accepted, 2 rejected, 3 blocked (reserved).")
]


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


ErrorCode: TypeAlias = Annotated[
    Literal["INVALID_REQUEST", "INVALID_MESSAGE", "AUTH_FAILED", "INVALID_CREDENTIALS", "FORBIDDEN", "NOT_FOUND", "USER_NOT_FOUND", "MESSAGE_NOT_FOUND", "REQUEST_NOT_FOUND", "CONVERSATION_NOT_FOUND", "METHOD_NOT_ALLOWED", "UPGRADE_REQUIRED", "USERNAME_TAKEN", "CONFLICT", "CLIENT_MSG_ID_CONFLICT", "MESSAGE_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"],
    Meta(description="The reason for a program to branch on. Never localised. `errors.yaml` is the catalogue."),
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


class RegisterRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The name and the password of a new account."""

    username: Username
    password: Password


class User(Struct, frozen=True, kw_only=True):
    """An account, a guest's included."""

    id: Id
    username: Username
    is_guest: Annotated[bool, Meta(description="Guests see and use the world chat only.")] = field(name="isGuest")
    created_at: Timestamp = field(name="createdAt")
    avatar_url: AvatarUrl | UnsetType = field(name="avatarUrl", default=UNSET)
    status: UserStatus | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = field(name="updatedAt", default=UNSET)


class Session(Struct, frozen=True, kw_only=True):
    """A login and what it entitles to."""

    access_token: Annotated[str, Meta(description="A JWT for the `Authorization` header and for the `token` parameter of `/ws`.", min_length=1)] = field(
        name="accessToken"
    )
    refresh_token: RefreshToken = field(name="refreshToken")
    expires_in: Annotated[int, Meta(description="The life of the access token in seconds, 3600 unless the server is set otherwise.", ge=1)] = field(
        name="expiresIn"
    )
    user: User


class UserList(Struct, frozen=True, kw_only=True):
    """The accounts that a search found, sorted by the lower-case name."""

    users: Annotated[list[User], Meta(max_length=20)]


class Message(Struct, frozen=True, kw_only=True):
    """A stored message. `clientMsgId` is the name here for what requests and frames call `client_msg_id`."""

    id: Id
    conversation_id: Id = field(name="conversationId")
    sender_id: Id = field(name="senderId")
    message_type: MessageType = field(name="messageType")
    content: Content
    seq_id: SeqId = field(name="seqId")
    created_at: Timestamp = field(name="createdAt")
    sender: User | UnsetType = UNSET
    client_msg_id: ClientMsgId | UnsetType = field(name="clientMsgId", default=UNSET)
    deleted: bool | UnsetType = UNSET
    extra: Annotated[str, Meta(description="Reserved for the server; clients hand it on unread.")] | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = field(name="updatedAt", default=UNSET)


class ConversationMember(Struct, frozen=True, kw_only=True):
    """One user's membership of one conversation."""

    user_id: Id = field(name="userId")
    conversation_id: Id = field(name="conversationId")
    role: MemberRole
    joined_at: Timestamp = field(name="joinedAt")
    muted: bool | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = field(name="updatedAt", default=UNSET)
    user: User | UnsetType = UNSET


class CreateConversationRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to open and with whom. A group (type 2) needs a `name`: without it the answer is 400 with pointer `/name` and rule `required`. In a single chat (type 1) `name` and `description` are ignored, once they keep their bounds."""

    type: CreatableConversationType
    members: Annotated[list[Id], Meta(description="Ids of users. Oneself and duplicates are ignored.", max_length=500)]
    name: ConversationName | UnsetType = UNSET
    description: ConversationDescription | UnsetType = UNSET


class MessageList(Struct, frozen=True, kw_only=True):
    """A page of history, newest first, or oldest first where `after` was given."""

    messages: Annotated[list[Message], Meta(max_length=100)]
    has_more: Annotated[bool, Meta(description="Whether there is another page in the same direction. To get it, give `nextCursor` (the last seqId of this page as sorted, left out where the page is empty) as `cursor`, or as `after` where this page was asked with it.")] = field(
        name="hasMore"
    )
    next_cursor: SeqId | UnsetType = field(name="nextCursor", default=UNSET)


class SendMessageRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message to store and push. Without `client_msg_id` a repeat is a second message."""

    message_type: SendableMessageType = field(name="messageType")
    content: Content
    client_msg_id: ClientMsgId | UnsetType = UNSET


class MemberList(Struct, frozen=True, kw_only=True):
    """A page of members by joining, oldest first."""

    members: Annotated[list[ConversationMember], Meta(max_length=100)]
    has_more: bool = field(name="hasMore")


class AddedMembers(Struct, frozen=True, kw_only=True):
    """The memberships of everybody who was named; who was a member already comes back unchanged."""

    members: Annotated[list[ConversationMember], Meta(max_length=500)]


class Friend(Struct, frozen=True, kw_only=True):
    """A friendship as the asking user (`userId`) sees it; `friend` is the other one."""

    user_id: Id = field(name="userId")
    friend_id: Id = field(name="friendId")
    status: FriendStatus
    created_at: Timestamp = field(name="createdAt")
    updated_at: Timestamp | UnsetType = field(name="updatedAt", default=UNSET)
    friend: User | UnsetType = UNSET


class FriendRequest(Struct, frozen=True, kw_only=True):
    """One user's wish to be another's friend."""

    id: Id
    requester_id: Id = field(name="requesterId")
    target_id: Id = field(name="targetId")
    status: FriendRequestStatus
    created_at: Timestamp = field(name="createdAt")
    message: FriendRequestMessage | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = field(name="updatedAt", default=UNSET)
    requester: User | UnsetType = UNSET
    target: User | UnsetType = UNSET


class UpdateFriendRequestRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer to a request."""

    action: FriendRequestAction


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


class RegisteredUser(Struct, frozen=True, kw_only=True):
    """The account that a registration made."""

    user: User


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation as the asking user sees it: `peer` is the other one of a single chat, `unreadCount` and `myMembership` are the asking user's. `updatedAt` is moved by messages and edits, not by membership."""

    id: Id
    type: ConversationType
    member_count: Annotated[int, Meta(ge=0)] = field(name="memberCount")
    updated_at: Timestamp = field(name="updatedAt")
    peer: User | UnsetType = UNSET
    name: ConversationName | UnsetType = UNSET
    avatar_url: AvatarUrl | UnsetType = field(name="avatarUrl", default=UNSET)
    description: ConversationDescription | UnsetType = UNSET
    owner_id: Id | UnsetType = field(name="ownerId", default=UNSET)
    settings: (
        Annotated[dict[str, Any], Meta(description="Reserved for settings of the conversation; an open object.")]
        | UnsetType
    ) = UNSET
    last_message: Message | UnsetType = field(name="lastMessage", default=UNSET)
    unread_count: (
        Annotated[int, Meta(description="Messages above the read pointer that others sent.", ge=0)] | UnsetType
    ) = field(name="unreadCount", default=UNSET)
    my_membership: ConversationMember | UnsetType = field(name="myMembership", default=UNSET)


class ConversationDetails(Conversation, frozen=True, kw_only=True):
    """A conversation with its members, who are left out for the world chat."""

    members: Annotated[list[ConversationMember], Meta(max_length=500)] | UnsetType = UNSET


class FriendList(Struct, frozen=True, kw_only=True):
    """All friends of the asking user."""

    friends: list[Friend]


class FriendRequestList(Struct, frozen=True, kw_only=True):
    """The requests that were received or sent."""

    requests: list[FriendRequest]


class ErrorEnvelope(Struct, frozen=True, kw_only=True):
    """What every failure looks like, with no exception: an unknown path, a wrong method, broken JSON and a bug of the server included."""

    success: bool
    message: Annotated[
        str,
        Meta(
            description="For people, in Chinese unless `Accept-Language` prefers English. Never branch on it.",
            min_length=1,
        ),
    ]
    code: ErrorCode
    details: ErrorDetails | UnsetType = UNSET


class ConversationList(Struct, frozen=True, kw_only=True):
    """A page of conversations, by `updatedAt`, newest first, then by id ascending."""

    conversations: Annotated[list[Conversation], Meta(max_length=100)]
    has_more: bool = field(name="hasMore")
