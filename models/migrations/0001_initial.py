"""Creates the tables of 0.1.0 and the world chat.

A frozen copy of the models as they were then: later changes to `models.tables` do not reach it.
"""

import time

import peewee


def up(migrator, db):
    class base(db.Model):
        class Meta:
            legacy_table_names = False  # as in models.tables: indexes are named after the table

    class User(base):
        id = peewee.TextField(primary_key=True)
        username = peewee.TextField()
        username_key = peewee.TextField(unique=True)
        password_hash = peewee.TextField(null=True)
        avatar_url = peewee.TextField(null=True)
        is_guest = peewee.BooleanField()
        status = peewee.IntegerField()
        created_at = peewee.BigIntegerField()
        updated_at = peewee.BigIntegerField()

        class Meta:
            table_name = "users"
            indexes = ((("is_guest", "username_key"), False),)

    class Login(base):
        id = peewee.TextField(primary_key=True)
        user_id = peewee.TextField()
        created_at = peewee.BigIntegerField()
        expires_at = peewee.BigIntegerField(index=True)
        revoked_at = peewee.BigIntegerField(null=True)

        class Meta:
            table_name = "logins"

    class RefreshToken(base):
        token_hash = peewee.TextField(primary_key=True)
        login_id = peewee.TextField(index=True)
        expires_at = peewee.BigIntegerField()
        used_at = peewee.BigIntegerField(null=True)

        class Meta:
            table_name = "refresh_tokens"

    class Conversation(base):
        id = peewee.TextField(primary_key=True)
        type = peewee.IntegerField()
        pair_key = peewee.TextField(null=True, unique=True)
        name = peewee.TextField(null=True)
        avatar_url = peewee.TextField(null=True)
        description = peewee.TextField(null=True)
        owner_id = peewee.TextField(null=True)
        member_count = peewee.IntegerField()
        last_seq = peewee.BigIntegerField()
        created_at = peewee.BigIntegerField()
        updated_at = peewee.BigIntegerField()
        dissolved_at = peewee.BigIntegerField(null=True)

        class Meta:
            table_name = "conversations"

    class Membership(base):
        conversation_id = peewee.TextField()
        user_id = peewee.TextField()
        role = peewee.IntegerField()
        read_seq = peewee.BigIntegerField()
        joined_at = peewee.BigIntegerField()
        join_order = peewee.BigIntegerField()
        updated_at = peewee.BigIntegerField()

        class Meta:
            table_name = "memberships"
            primary_key = peewee.CompositeKey("conversation_id", "user_id")
            indexes = (
                (("user_id",), False),
                (("conversation_id", "join_order"), False),
                (("conversation_id", "role", "join_order"), False),
            )

    class Message(base):
        conversation_id = peewee.TextField()
        seq_id = peewee.BigIntegerField()
        sender_id = peewee.TextField()
        client_msg_id = peewee.TextField(null=True)
        message_type = peewee.IntegerField()
        content = peewee.TextField()
        created_at = peewee.BigIntegerField()

        class Meta:
            table_name = "messages"
            primary_key = False
            indexes = (
                (("conversation_id", "seq_id"), True),
                (("sender_id", "client_msg_id"), True),
                (("conversation_id", "sender_id", "seq_id"), False),
            )

    class Friendship(base):
        user_id = peewee.TextField()
        friend_id = peewee.TextField()
        status = peewee.IntegerField()
        created_at = peewee.BigIntegerField()
        updated_at = peewee.BigIntegerField()

        class Meta:
            table_name = "friendships"
            primary_key = peewee.CompositeKey("user_id", "friend_id")

    class FriendRequest(base):
        id = peewee.TextField(primary_key=True)
        requester_id = peewee.TextField()
        target_id = peewee.TextField()
        pair_key = peewee.TextField()
        status = peewee.IntegerField()
        message = peewee.TextField(null=True)
        created_at = peewee.BigIntegerField()
        updated_at = peewee.BigIntegerField()

        class Meta:
            table_name = "friend_requests"
            indexes = (
                (("target_id", "created_at"), False),
                (("requester_id", "created_at"), False),
                (("pair_key", "status"), False),
            )

    tables = [User, Login, RefreshToken, Conversation, Membership, Message, Friendship, FriendRequest]
    db.create_tables(tables, safe=False)
    if isinstance(db, peewee.PostgresqlDatabase):
        # In SQLite text is compared by its code points; here that depends on the database, unless it is said.
        for table in tables:
            for field in table._meta.sorted_fields:
                if isinstance(field, peewee.TextField):
                    db.execute_sql(
                        f'ALTER TABLE "{table._meta.table_name}"'
                        f' ALTER COLUMN "{field.column_name}" TYPE text COLLATE "C"'
                    )
    now = int(time.time())
    Conversation.insert(
        id="world",
        type=3,
        name="World",
        member_count=0,
        last_seq=0,
        created_at=now,
        updated_at=now,
    ).execute()


def down(migrator, db):
    for table in (
        "friend_requests",
        "friendships",
        "messages",
        "memberships",
        "conversations",
        "refresh_tokens",
        "logins",
        "users",
    ):
        db.execute_sql(f'DROP TABLE "{table}"')
