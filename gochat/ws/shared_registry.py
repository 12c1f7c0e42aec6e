"""The registry of one gateway among several: the same sessions, with the rest of the world in the database.

What all gateways have to agree on (which connection is the newest, who is online) `gochat.services.connections` decides
in the database; what follows comes back as events, over Kafka where another gateway decided. Events may be late or
lost, so a heartbeat also compares what is here with what the database has.
"""

from __future__ import annotations

import logging

import gevent

from generated.errors import Close, ContractError
from gochat.bus import BusEvent, ConnectionReplaced, FriendsMade, MessagePosted, StatusChanged
from gochat.services.connections import BEAT_S, Connections
from gochat.ws.registry import Registry, message_frame, status_frame
from gochat.ws.session import Session
from models.store import StorageError

log = logging.getLogger(__name__)

MAX_LAST_SEEN = 100_000


class SharedRegistry(Registry):
    """The sessions of this process, under the rules of all."""

    def __init__(self, connections: Connections, outbox_max_bytes: int = 1024 * 1024) -> None:
        super().__init__(lambda user_id: (), 0.0, outbox_max_bytes)
        self._connections = connections
        self._versions: dict[str, dict[str, int]] = {}  # by connection: what its socket knows of its user's friends
        self._confirmed: set[str] = set()  # connections that the database had, once
        self._counts_since: dict[str, int] = {}  # number of the write, by connection
        self._meanwhile: dict[str, list[MessagePosted]] = {}  # what came while a connection did not count yet
        self._last_seen: dict[str, int] = {}  # seqIds of the last messages, by conversation
        self._heart: gevent.Greenlet | None = None

    def start(self) -> None:
        """Let the heart beat from now on."""
        self._heart = gevent.spawn(self._beat_for_ever)

    def add(self, session: Session) -> None:
        self._take_place(session)
        self._versions[session.id] = {}
        self._meanwhile[session.id] = []
        since, friends = self._connections.connect(session.actor, session.id)
        self._counts_since[session.id] = since
        for event in self._meanwhile.pop(session.id):
            if event.write is not None and event.write > since:
                session.send_frame(message_frame(event))
        if self._holds(session):
            self._confirmed.add(session.id)
            for friend_id, version in friends.items():
                self._note_status(session, friend_id, True, version)

    def remove(self, session: Session) -> None:
        self._give_up_place(session)
        self._versions.pop(session.id, None)
        self._confirmed.discard(session.id)
        self._counts_since.pop(session.id, None)
        self._meanwhile.pop(session.id, None)
        self._connections.disconnect(session.actor.user_id, session.id)

    def leave(self) -> None:
        """End the heartbeat and take part no more; the sessions stay."""
        if self._heart is not None:
            self._heart.kill()
        try:
            self._connections.leave()
        except ContractError:
            log.warning("could not say good-bye: the other gateways will find out")

    def _deliver(self, event: BusEvent) -> int:
        if isinstance(event, StatusChanged):
            for user_id in event.recipients:
                if (session := self._sessions.get(user_id)) is not None:
                    self._note_status(session, event.user_id, event.is_online, event.version)
        elif isinstance(event, ConnectionReplaced):
            session = self._sessions.get(event.user_id)
            if session is not None and session.id == event.connection_id:
                session.close(Close.REPLACED)
        elif isinstance(event, FriendsMade):
            self._introduce(event)
        elif not isinstance(event, MessagePosted) or self._is_news(event):
            return super()._deliver(event)
        return 0

    def _who_wants(self, event: MessagePosted, found: list[Session]) -> list[Session]:
        """Leave out who connected later, as his history has the message; when it is told again, its sender, too."""
        wanting = []
        for session in found:
            if session.id in self._meanwhile:
                self._meanwhile[session.id].append(event)
            elif event.write is None or event.write > self._counts_since.get(session.id, 0):
                wanting.append(session)
        if event.again:
            return [session for session in wanting if session.actor.user_id != event.frame.data.sender.id]
        return wanting

    def _is_news(self, event: MessagePosted) -> bool:
        """Say whether a message is to be pushed; what is told again most often is known."""
        message = event.frame.data
        if event.again and message.seq_id <= self._last_seen.get(message.conversation_id, 0):
            return False
        if len(self._last_seen) > MAX_LAST_SEEN:
            self._last_seen.clear()
        self._last_seen[message.conversation_id] = message.seq_id
        return True

    def _introduce(self, event: FriendsMade) -> None:
        pair = (event.user_id, event.friend_id)
        if not any(user_id in self._sessions for user_id in pair):
            return
        online = self._connections.online(pair)
        for user_id, friend_id in (pair, pair[::-1]):
            session = self._sessions.get(user_id)
            if session is not None and friend_id in online:
                self._note_status(session, friend_id, True, online[friend_id])

    def _note_status(self, session: Session, friend_id: str, is_online: bool, version: int) -> None:
        """Tell a socket of a friend's status, unless it knows that, or something newer."""
        known = self._versions.get(session.id)
        if known is None or version <= known.get(friend_id, 0):
            return
        known[friend_id] = version
        if is_online == (friend_id in session.online_friends):
            return
        if is_online:
            session.online_friends.add(friend_id)
        else:
            session.online_friends.discard(friend_id)
        session.send_frame(status_frame(friend_id, "online" if is_online else "offline"))

    def _holds(self, session: Session) -> bool:
        return self._sessions.get(session.actor.user_id) is session

    def _beat_for_ever(self) -> None:
        while True:
            gevent.sleep(BEAT_S)
            try:
                self._beat()
            except (StorageError, ContractError) as error:
                self._connections.miss_beat()
                log.warning("no heartbeat: %s", error)
            except Exception:
                log.exception("a heartbeat failed")

    def _beat(self) -> None:
        if not self._connections.beat():
            self._rejoin()
        self._reconcile()
        self._connections.sweep()

    def _rejoin(self) -> None:
        """The others have given this gateway up, as it was silent. Its sockets live: take part again with them."""
        here = {session.actor.user_id: session for session in self.sessions() if session.id in self._confirmed}
        log.warning("taken for dead: back with %d connections", len(here))
        held = [(user_id, session.id, session.actor.login_id) for user_id, session in here.items()]
        for user_id in self._connections.rejoin(held):
            here[user_id].close(Close.REPLACED)

    def _reconcile(self) -> None:
        """Close what has lost its place or its login, whose event did not arrive; let go what is not here any more."""
        before = [session for session in self.sessions() if session.id in self._confirmed]
        held = {each.connection_id: each for each in self._connections.held()}
        for session in before:
            if self._holds(session) and session.id not in held:
                session.close(Close.REPLACED)
        here = {session.id: session for session in self.sessions()}
        for connection_id, each in held.items():
            if connection_id not in here:
                self._connections.disconnect(each.user_id, connection_id)
            elif each.login_is_revoked:
                here[connection_id].fail_auth()
