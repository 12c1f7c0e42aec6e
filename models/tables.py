"""The tables, as peewee models.

Every index here serves a query in this package; the query that needs it is named beside it.
Times are Unix seconds unless the name says otherwise. Ids are text made by `models.ids`.
"""

from __future__ import annotations

from typing import Any

import peewee

WORLD_ID = "world"
"""Id of the one conversation that every account is a member of; made by the first migration."""

SINGLE, GROUP, WORLD = 1, 2, 3
"""Conversation types, as on the wire."""

MEMBER, ADMIN, OWNER = 1, 2, 3
"""Roles, as on the wire."""

PENDING, ACCEPTED, REJECTED = 0, 1, 2
"""States of a friend request, as on the wire."""

FRIENDS = 1
"""The only state of a friendship that is given today; 3 (blocked) is reserved."""


class Table(peewee.Model):
    """Base of all tables; bound to a database when a `Store` opens."""

    class Meta:
        legacy_table_names = False


class User(Table):
    id = peewee.TextField(primary_key=True)
    username = peewee.TextField()
    username_key = peewee.TextField(unique=True)  # lower case; login and registration
    password_hash = peewee.TextField(null=True)  # NULL for a guest
    avatar_url = peewee.TextField(null=True)
    is_guest = peewee.BooleanField()
    status = peewee.IntegerField(default=0)
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()

    class Meta:
        table_name = "users"
        indexes = ((("is_guest", "username_key"), False),)  # search: prefix among accounts that are no guests


class Login(Table):
    """One login: a family of refresh tokens and the access tokens made from it."""

    id = peewee.TextField(primary_key=True)
    user_id = peewee.TextField()
    created_at = peewee.BigIntegerField()
    expires_at = peewee.BigIntegerField(index=True)  # purge of dead logins
    revoked_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "logins"


class RefreshToken(Table):
    """A refresh token that was given out, by hash; used ones stay until they expire, to recognise reuse."""

    token_hash = peewee.TextField(primary_key=True)
    login_id = peewee.TextField(index=True)  # purge with the login
    expires_at = peewee.BigIntegerField()
    used_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "refresh_tokens"


class Conversation(Table):
    id = peewee.TextField(primary_key=True)
    type = peewee.IntegerField()
    pair_key = peewee.TextField(null=True, unique=True)  # single chats: one a pair
    name = peewee.TextField(null=True)
    avatar_url = peewee.TextField(null=True)
    description = peewee.TextField(null=True)
    owner_id = peewee.TextField(null=True)
    member_count = peewee.IntegerField(default=0)
    last_seq = peewee.BigIntegerField(default=0)
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()
    dissolved_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "conversations"


class Membership(Table):
    conversation_id = peewee.TextField()
    user_id = peewee.TextField()
    role = peewee.IntegerField(default=MEMBER)
    read_seq = peewee.BigIntegerField(default=0)
    joined_at = peewee.BigIntegerField()
    join_order = peewee.BigIntegerField()  # ns since the epoch, ties broken by user_id
    updated_at = peewee.BigIntegerField()

    class Meta:
        table_name = "memberships"
        primary_key = peewee.CompositeKey("conversation_id", "user_id")
        indexes = (
            (("user_id",), False),  # conversations of a user
            (("conversation_id", "join_order"), False),  # listing members
            (("conversation_id", "role", "join_order"), False),  # members by role; succession
        )


class Message(Table):
    """A stored message. Its public id is `models.ids.message_id(conversation_id, seq_id)`."""

    conversation_id = peewee.TextField()
    seq_id = peewee.BigIntegerField()
    sender_id = peewee.TextField()
    client_msg_id = peewee.TextField(null=True)
    message_type = peewee.IntegerField()
    content = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        table_name = "messages"
        primary_key = False  # the rowid on SQLite: appends stay sequential
        indexes = (
            (("conversation_id", "seq_id"), True),  # history; also proves that seqId is never reused
            (("sender_id", "client_msg_id"), True),  # idempotent sends, for ever
            (("conversation_id", "sender_id", "seq_id"), False),  # own messages above the read pointer
        )


class Friendship(Table):
    """One direction of a friendship; two rows a pair."""

    user_id = peewee.TextField()
    friend_id = peewee.TextField()
    status = peewee.IntegerField(default=FRIENDS)
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()

    class Meta:
        table_name = "friendships"
        primary_key = peewee.CompositeKey("user_id", "friend_id")


class FriendRequest(Table):
    id = peewee.TextField(primary_key=True)
    requester_id = peewee.TextField()
    target_id = peewee.TextField()
    pair_key = peewee.TextField()
    status = peewee.IntegerField(default=PENDING)
    message = peewee.TextField(null=True)
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()

    class Meta:
        table_name = "friend_requests"
        indexes = (
            (("target_id", "created_at"), False),  # received requests
            (("requester_id", "created_at"), False),  # sent requests
            (("pair_key", "status"), False),  # pending in either direction
        )


class Gateway(Table):
    """A process that holds sockets, where several share a database. Times are the database's own, in ms."""

    id = peewee.TextField(primary_key=True)
    seen_at = peewee.BigIntegerField()  # its last heartbeat

    class Meta:
        table_name = "gateways"


class Connection(Table):
    """Where a user is, or was, connected. One row a user, kept for ever: `version` grows with each change of status."""

    user_id = peewee.TextField(primary_key=True)
    connection_id = peewee.TextField(null=True)
    login_id = peewee.TextField(null=True)
    gateway_id = peewee.TextField(null=True, index=True)  # whom a gateway holds
    is_online = peewee.BooleanField()
    left_at = peewee.BigIntegerField(null=True, index=True)  # ms; the grace period runs: who goes offline next
    version = peewee.BigIntegerField()

    class Meta:
        table_name = "connections"


class RateBucket(Table):
    """A token bucket that several processes share."""

    key = peewee.TextField(primary_key=True)
    tokens = peewee.DoubleField()
    taken_at = peewee.DoubleField()  # s, the database's own; no index: each take would have to write it, too
    was_allowed = peewee.BooleanField()

    class Meta:
        table_name = "rate_buckets"


TABLES: list[Any] = [
    User,
    Login,
    RefreshToken,
    Conversation,
    Membership,
    Message,
    Friendship,
    FriendRequest,
    Gateway,
    Connection,
    RateBucket,
]
