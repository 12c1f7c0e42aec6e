"""The records between processes of the server.

Source: specs/asyncapi.yaml, #/channels/downstream.
Written by `gochat generate`: change the spec, not this file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field

from generated.server_frames import Id, NewMessageData


class LoginEnded(Struct, frozen=True, kw_only=True, tag_field="type", tag="login-ended"):
    """A login was ended or revoked."""

    login_id: Id = field(name="loginId")


class FriendsMade(Struct, frozen=True, kw_only=True, tag_field="type", tag="friends-made"):
    """Two users became friends."""

    user_id: Id = field(name="userId")
    friend_id: Id = field(name="friendId")


class StatusChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="status-changed"):
    """A user came online or went offline."""

    user_id: Id = field(name="userId")
    status: Literal["online", "offline"]
    version: Annotated[
        int,
        Meta(
            description="Goes up with each change of this user's status; what is not newer than what is known is dropped.",
            ge=1,
            le=9007199254740991,
        ),
    ]
    recipients: Annotated[list[Id], Meta(description="Those of the user's friends whom this gateway holds.")]


class ConnectionReplaced(Struct, frozen=True, kw_only=True, tag_field="type", tag="connection-replaced"):
    """A user has a newer connection."""

    user_id: Id = field(name="userId")
    connection_id: Id = field(name="connectionId")


class MessagePosted(Struct, frozen=True, kw_only=True, tag_field="type", tag="message-posted"):
    """A message was stored. `origin` is the connection that sent it, which gets no copy."""

    message: NewMessageData
    recipients: (
        Annotated[
            list[Id],
            Meta(description="Those of the recipients whom this gateway holds. Absent - everybody who is connected."),
        ]
        | UnsetType
    ) = UNSET
    origin: Id | UnsetType = UNSET
    write: (
        Annotated[
            int,
            Meta(
                description="Number of the write that stored it; they grow. A connection that counts since a later one gets no push: the\nmessage was in the history before.",
                ge=0,
                le=9007199254740991,
            ),
        ]
        | UnsetType
    ) = UNSET
    again: (
        Annotated[
            bool,
            Meta(
                description="The message is the last one of its conversation, and may not have been told before. Push it, but not to its\nsender, unless this gateway has seen it or a later one of that conversation."
            ),
        ]
        | UnsetType
    ) = UNSET


Record: TypeAlias = MessagePosted | LoginEnded | FriendsMade | StatusChanged | ConnectionReplaced
