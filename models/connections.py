"""Queries about who is connected where, for several gateways on one PostgreSQL database.

Every clock here is the database's, so that those of the gateways' machines do not matter. What writes runs inside of a
write transaction, of which there is one at a time over all processes (`models.postgres`), so each of them sees what the
one before has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from models.sql import marks, places, run_sql

NOW_MS = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint"


class Held(Struct, frozen=True):
    """A connection that a gateway holds; `login_is_revoked` where it should have been closed."""

    user_id: str
    connection_id: str
    login_is_revoked: bool


def add_gateway(gateway_id: str) -> None:
    """Note that a gateway lives."""
    run_sql(
        f"INSERT INTO gateways (id, seen_at) VALUES (?, {NOW_MS})"
        " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
        [gateway_id],
    )


def beat(gateway_id: str) -> bool:
    """Note that a gateway still lives; False when it is not among the living any more."""
    return bool(run_sql(f"UPDATE gateways SET seen_at = {NOW_MS} WHERE id = ?", [gateway_id]).rowcount)


def delete_gateway(gateway_id: str) -> None:
    """Forget a gateway; the grace period of those who were connected to it begins now."""
    run_sql(f"UPDATE connections SET left_at = {NOW_MS} WHERE gateway_id = ? AND left_at IS NULL", [gateway_id])
    run_sql("DELETE FROM gateways WHERE id = ?", [gateway_id])


def delete_dead_gateways(silent_ms: int) -> list[str]:
    """Forget the gateways that have been silent for so long, and return them.

    The grace period of their users begins with their last heartbeat.
    """
    dead = run_sql(f"DELETE FROM gateways WHERE seen_at < {NOW_MS} - ? RETURNING id, seen_at", [silent_ms]).fetchall()
    if dead:
        run_sql(
            f"WITH dead (id, seen_at) AS (VALUES {places(len(dead), 2)})"
            " UPDATE connections SET left_at = dead.seen_at FROM dead"
            " WHERE connections.gateway_id = dead.id AND connections.left_at IS NULL",
            [value for row in dead for value in row],
        )
    return [id_ for id_, _ in dead]


def is_anything_due(silent_ms: int, grace_ms: int) -> bool:
    """Say whether `delete_dead_gateways` or `expire_all` would find anything; reads only."""
    (found,) = run_sql(
        f"SELECT EXISTS (SELECT 1 FROM gateways WHERE seen_at < {NOW_MS} - ?)"
        f" OR EXISTS (SELECT 1 FROM connections WHERE left_at <= {NOW_MS} - ?)",
        [silent_ms, grace_ms],
    ).fetchone()
    return bool(found)


def list_gateways() -> list[str]:
    """Return the ids of the gateways that live."""
    return [id_ for (id_,) in run_sql("SELECT id FROM gateways", [])]


def connect(user_id: str, connection_id: str, login_id: str, gateway_id: str) -> tuple[int, str | None]:
    """Make this the user's connection; return the version of his status, and the connection that lost, or None."""
    version, loser_id = run_sql(
        "WITH loser (connection_id) AS (SELECT connection_id FROM connections WHERE user_id = ? AND left_at IS NULL)"
        " INSERT INTO connections (user_id, connection_id, login_id, gateway_id, is_online, left_at, version)"
        " VALUES (?, ?, ?, ?, TRUE, NULL, 1) ON CONFLICT (user_id) DO UPDATE SET"
        " connection_id = excluded.connection_id, login_id = excluded.login_id, gateway_id = excluded.gateway_id,"
        " is_online = TRUE, left_at = NULL,"
        " version = connections.version + CASE WHEN connections.is_online THEN 0 ELSE 1 END"
        " RETURNING version, (SELECT connection_id FROM loser)",
        [user_id, user_id, connection_id, login_id, gateway_id],
    ).fetchone()
    return version, loser_id


def readmit(gateway_id: str, held: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """Put back connections (user, connection, login) whose users have no newer one.

    Returns:
        The version of the status of each user whose connection is there now.
    """
    if not held:
        return {}
    return dict(
        run_sql(
            "INSERT INTO connections (user_id, connection_id, login_id, gateway_id, is_online, left_at, version)"
            f" VALUES {','.join(('(?, ?, ?, ?, TRUE, NULL, 1)',) * len(held))}"
            " ON CONFLICT (user_id) DO UPDATE SET connection_id = excluded.connection_id,"
            " login_id = excluded.login_id, gateway_id = excluded.gateway_id, is_online = TRUE, left_at = NULL,"
            " version = connections.version + CASE WHEN connections.is_online THEN 0 ELSE 1 END"
            " WHERE connections.connection_id = excluded.connection_id OR connections.connection_id IS NULL"
            " OR connections.left_at IS NOT NULL RETURNING user_id, version",
            [value for row in held for value in (*row, gateway_id)],
        ).fetchall()
    )


def disconnect(user_id: str, connection_id: str) -> bool:
    """Let the grace period of a user begin; False when this was not his connection (any more)."""
    return bool(
        run_sql(
            f"UPDATE connections SET left_at = {NOW_MS} WHERE user_id = ? AND connection_id = ? AND left_at IS NULL",
            [user_id, connection_id],
        ).rowcount
    )


_OFFLINE = (
    "is_online = FALSE, connection_id = NULL, login_id = NULL, gateway_id = NULL, left_at = NULL, version = version + 1"
)


def expire(user_id: str, connection_id: str) -> int | None:
    """Make a user offline whose grace period is over; return the version of that status, None when he is back."""
    row = run_sql(
        f"UPDATE connections SET {_OFFLINE} WHERE user_id = ? AND connection_id = ? AND left_at IS NOT NULL"
        " RETURNING version",
        [user_id, connection_id],
    ).fetchone()
    return None if row is None else int(row[0])


def expire_all(grace_ms: int) -> dict[str, int]:
    """Make everybody offline whose grace period is over; return the version of that status, by user."""
    return dict(
        run_sql(
            f"UPDATE connections SET {_OFFLINE} WHERE left_at <= {NOW_MS} - ? RETURNING user_id, version", [grace_ms]
        ).fetchall()
    )


def find_online(user_ids: Sequence[str]) -> dict[str, int]:
    """Return the version of the status of each of these users who is online."""
    return dict(
        run_sql(
            f"SELECT user_id, version FROM connections WHERE is_online AND user_id IN ({marks(len(user_ids))})",
            user_ids,
        ).fetchall()
    )


def find_online_friends(user_id: str) -> dict[str, int]:
    """Return the version of the status of each friend of a user who is online."""
    return dict(
        run_sql(
            "SELECT friend_id, version FROM friendships JOIN connections ON connections.user_id = friend_id"
            " WHERE friendships.user_id = ? AND is_online",
            [user_id],
        ).fetchall()
    )


def find_friends(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the friends of each of these users."""
    friends: dict[str, list[str]] = {user_id: [] for user_id in user_ids}
    for user_id, friend_id in run_sql(
        f"SELECT user_id, friend_id FROM friendships WHERE user_id IN ({marks(len(user_ids))})", user_ids
    ):
        friends[user_id].append(friend_id)
    return friends


def find_holders(user_ids: Iterable[str]) -> dict[str, str]:
    """Return the gateway that holds each of these users who is connected, by user."""
    return dict(
        run_sql(
            "SELECT user_id, gateway_id FROM connections WHERE left_at IS NULL AND user_id = ANY(?)"
            " AND gateway_id IS NOT NULL",
            [list(user_ids)],
        ).fetchall()
    )


def list_held(gateway_id: str) -> list[Held]:
    """Return the connections that a gateway holds, as the database has it."""
    return [
        Held(*row)
        for row in run_sql(
            "SELECT connections.user_id, connection_id, revoked_at IS NOT NULL FROM connections"
            " LEFT JOIN logins ON logins.id = login_id WHERE gateway_id = ? AND left_at IS NULL",
            [gateway_id],
        )
    ]
