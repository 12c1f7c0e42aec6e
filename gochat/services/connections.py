"""Who is connected to which gateway, where several share the users: the newest connection wins, over all of them.

Everything that decides is a write, and writes happen one at a time over all processes; so all gateways see the same
order of comings and goings. The registry of sockets (`gochat.ws.shared_registry`) acts on what comes of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import gevent

from gochat.actor import Actor
from gochat.bus import ConnectionReplaced, StatusChanged
from gochat.commit import Committer, Transaction
from models import connections
from models.connections import Held

log = logging.getLogger(__name__)

BEAT_S = 2.0
SILENT_S = 10.0
"""A gateway that has sent no heartbeat for so long is dead. With `BEAT_S` and the time that a look takes, its users
are offline within 15 s, or when the grace period is over that began with its last heartbeat."""


class Connections:
    """The connections of all gateways, as one of these sees them.

    Args:
        gateway_id: Of this one.
        grace_s: How long after the last disconnect a user still counts as online.
    """

    def __init__(self, committer: Committer, gateway_id: str, grace_s: float) -> None:
        self.gateway_id = gateway_id
        self._committer = committer
        self._grace_s = grace_s
        self._beats = 0  # in a row; who was silent himself knows nothing of the others' silence

    def join(self) -> None:
        """Take part from now on. What an earlier process of this gateway held is gone."""

        def write(transaction: Transaction) -> None:
            connections.delete_gateway(self.gateway_id)
            connections.add_gateway(self.gateway_id)

        self._committer.run(write)

    def leave(self) -> None:
        """Take part no more; who was connected here may come back elsewhere, within the grace period."""
        self._committer.run(lambda transaction: connections.delete_gateway(self.gateway_id))

    def connect(self, actor: Actor, connection_id: str) -> tuple[int, dict[str, int]]:
        """Make this the one connection of a user, and tell his friends.

        Returns:
            The number of the write since which it counts; the friends who are online, each with the version of his
            status.
        """

        def write(transaction: Transaction) -> tuple[int, dict[str, int]]:
            version, loser_id = connections.connect(actor.user_id, connection_id, actor.login_id, self.gateway_id)
            if loser_id is not None:
                transaction.emit(ConnectionReplaced(actor.user_id, loser_id))
            friends = connections.find_online_friends(actor.user_id)
            if friends:
                transaction.emit(StatusChanged(actor.user_id, True, version, tuple(friends)))
            return transaction.number, friends

        return self._committer.run(write)

    def disconnect(self, user_id: str, connection_id: str) -> None:
        """Let the grace period begin, unless the user has a newer connection. Returns at once."""

        def write(transaction: Transaction) -> bool:
            return connections.disconnect(user_id, connection_id)

        def done(outcome: object) -> None:
            if outcome is True:
                gevent.spawn_later(self._grace_s, self._expire, user_id, connection_id)

        self._committer.submit_function(write, done)  # where it fails, a heartbeat puts it right

    def online(self, user_ids: Sequence[str]) -> dict[str, int]:
        """Return the version of the status of each of these users who is online."""
        return connections.find_online(user_ids)

    def beat(self) -> bool:
        """Say that this gateway lives; False when the others have given it up."""
        self._beats += 1
        if connections.beat(self.gateway_id):
            return True
        self._beats = 0
        return False

    def miss_beat(self) -> None:
        """Note that the storage could not be reached."""
        self._beats = 0

    def held(self) -> list[Held]:
        """Return the connections of this gateway, as all know them."""
        return connections.list_held(self.gateway_id)

    def rejoin(self, held: Sequence[tuple[str, str, str]]) -> set[str]:
        """Take part again, with connections (user, connection, login) that are still there.

        Returns:
            The ids of the users who have a newer connection elsewhere.
        """

        def write(transaction: Transaction) -> set[str]:
            connections.add_gateway(self.gateway_id)
            versions = connections.readmit(self.gateway_id, held)
            self._tell(versions, True, transaction)
            return {user_id for user_id, _, _ in held} - versions.keys()

        return self._committer.run(write)

    def sweep(self) -> None:
        """Do what dead gateways can't: forget them, and let their users go offline when the time has come."""
        silent_ms = round(SILENT_S * 1000) if self._beats * BEAT_S > SILENT_S else 10**12
        grace_ms = round(self._grace_s * 1000)
        if not connections.is_anything_due(silent_ms, grace_ms):
            return

        def write(transaction: Transaction) -> list[str]:
            dead = connections.delete_dead_gateways(silent_ms)
            self._tell(connections.expire_all(grace_ms), False, transaction)
            return dead

        for gateway_id in self._committer.run(write):
            log.warning("gateway %s is silent since %g s: it does not count any more", gateway_id, SILENT_S)

    def _expire(self, user_id: str, connection_id: str) -> None:
        def write(transaction: Transaction) -> None:
            version = connections.expire(user_id, connection_id)
            if version is not None:
                self._tell({user_id: version}, False, transaction)

        self._committer.submit_function(write, lambda outcome: None)

    def _tell(self, versions: dict[str, int], is_online: bool, transaction: Transaction) -> None:
        """Leave an event for each user whose status has changed."""
        if not versions:
            return
        for user_id, friend_ids in connections.find_friends(list(versions)).items():
            if friend_ids:
                transaction.emit(StatusChanged(user_id, is_online, versions[user_id], tuple(friend_ids)))
