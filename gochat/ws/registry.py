"""Who is connected: one session a user, the newest wins. Delivers what the bus says to the right sockets.

Sits between the bus and the outboxes. Nothing switches greenlets but the question for friends, which comes before
everything that depends on its answer, so what follows it is atomic; and `deliver`, between two events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import gevent
import msgspec

from generated.errors import Close
from generated.server_frames import OnlineStatusData, OnlineStatusFrame
from gochat import metrics
from gochat.bus import BusEvent, FriendsMade, LoginEnded, MessagePosted
from gochat.defect import report_defect
from gochat.ws.outbox import text_frame
from gochat.ws.presence import Presence

if TYPE_CHECKING:
    from gochat.ws.session import Session

_encode = msgspec.json.Encoder().encode

TURNS = 16
"""In how many turns an outbox is filled at least, when much is delivered at once; with 1 MiB a turn is 64 KiB."""

READERS_S = 0.1
"""How long a reader is waited for between two turns: with 64 KiB, who takes 640 KiB/s loses nothing."""

PATIENCE_S = 0.5
PATIENCE_REGAINED = 0.1
"""How long one reader is waited for beyond that, in all, and how much of it he regains a second: for a phone, or a busy
machine, that reads nothing for a moment."""


class Registry:
    """The sessions of this process.

    Args:
        friend_ids: Returns the ids of a user's friends; reads storage.
        presence_grace_s: See `Presence`.
        outbox_max_bytes: What may wait for one reader.
    """

    def __init__(
        self, friend_ids: Callable[[str], Iterable[str]], presence_grace_s: float, outbox_max_bytes: int = 1024 * 1024
    ) -> None:
        self._sessions: dict[str, Session] = {}  # by user
        self._turn_bytes = outbox_max_bytes // TURNS
        self._queued = 0  # bytes for each whom they concerned, since readers were waited for
        self._deliveries = 0
        self._added_after: dict[str, int] = {}  # deliveries that had begun, by connection
        self._last_added_after = 0
        self._too_slow: set[str] = set()  # connections that were waited for in vain
        self._patience_left: dict[str, tuple[float, float]] = {}  # seconds, and when that was, by connection
        self._friend_ids = friend_ids
        self._presence = Presence(presence_grace_s, on_offline=self._tell_offline)

    def __len__(self) -> int:
        return len(self._sessions)

    def sessions(self) -> list[Session]:
        """Return all sessions that are registered now."""
        return list(self._sessions.values())

    def add(self, session: Session) -> None:
        """Register a session that has authenticated; an older one of the same user loses (4409).

        The new one gets an online-status for each friend who is online; friends get one unless they know.
        """
        user_id = session.actor.user_id
        self._take_place(session)
        self._presence.connect(user_id)
        friend_ids = self._friend_ids(user_id)
        if not self._presence.is_online(user_id):
            return  # gone while we asked
        for friend_id in friend_ids:
            if self._presence.is_online(friend_id):
                self._tell_online(user_id, friend_id)
                self._tell_online(friend_id, user_id)

    def remove(self, session: Session) -> None:
        """Forget a session that has ended. One that was replaced leaves its successor alone."""
        if self._give_up_place(session):
            self._presence.disconnect(session.actor.user_id)

    def deliver(self, events: Sequence[BusEvent]) -> None:
        """Do what follows from committed events, in their order.

        Much is delivered in turns. Where somebody is behind after one, his socket writes and his client reads before
        the next, or the outbox of everybody who reads well would run over. Meanwhile the caller waits: no more commits.
        """
        self._deliveries += 1
        for event in events:
            if self._queued > self._turn_bytes:
                self._wait_for_readers()
                self._queued = 0
            try:
                self._queued += self._deliver(event)
            except Exception as error:  # the next event is somebody else's
                report_defect(error)

    def _wait_for_readers(self) -> None:
        """Wait until nobody is behind; for whoever takes too long not again until he has caught up."""
        began = now = time.monotonic()
        behind = self._behind()
        self._too_slow &= behind
        limits_s = {id_: READERS_S + self._patience(id_, began) for id_ in behind - self._too_slow}
        waited_for = set(limits_s)
        while waited_for:
            gevent.sleep(0.002)
            now, behind = time.monotonic(), self._behind()
            over = {id_ for id_ in waited_for & behind if now - began > limits_s[id_]}
            self._too_slow |= over
            for id_ in (waited_for - behind) | over:
                self._patience_left[id_] = limits_s[id_] - max(READERS_S, min(limits_s[id_], now - began)), now
            waited_for = (waited_for & behind) - over

    def _patience(self, connection_id: str, now: float) -> float:
        left_s, at = self._patience_left.get(connection_id, (PATIENCE_S, now))
        return min(PATIENCE_S, left_s + (now - at) * PATIENCE_REGAINED)

    def _behind(self) -> set[str]:
        return {session.id for session in self.sessions() if session.is_behind}

    def _take_place(self, session: Session) -> None:
        user_id = session.actor.user_id
        loser = self._sessions.get(user_id)
        self._sessions[user_id] = session
        self._added_after[session.id] = self._last_added_after = self._deliveries
        metrics.SOCKETS.set(len(self._sessions))
        if loser is not None:
            loser.close(Close.REPLACED)

    def _give_up_place(self, session: Session) -> bool:
        """Say whether it had one."""
        user_id = session.actor.user_id
        self._added_after.pop(session.id, None)
        self._patience_left.pop(session.id, None)
        if self._sessions.get(user_id) is not session:
            return False
        del self._sessions[user_id]
        metrics.SOCKETS.set(len(self._sessions))
        return True

    def _deliver(self, event: BusEvent) -> int:
        """Do what follows from one event; return how many bytes that is for each whom it concerns, if it is much."""
        if isinstance(event, MessagePosted):
            return self._push_message(event)
        if isinstance(event, LoginEnded):
            self._end_login(event.login_id)
        elif isinstance(event, FriendsMade):
            for user_id, friend_id in ((event.user_id, event.friend_id), (event.friend_id, event.user_id)):
                if self._presence.is_online(friend_id):
                    self._tell_online(user_id, friend_id)
        return 0

    def _push_message(self, event: MessagePosted) -> int:
        """Encode once, queue for everybody who is here but the connection that sent it."""
        sessions = self._sessions
        recipients = sessions.keys() if event.recipients is None else event.recipients
        found = [s for user_id in recipients if (s := sessions.get(user_id)) is not None and s.id != event.origin]
        found = self._who_wants(event, found)
        if not found:
            return 0
        frame = message_frame(event)
        for session in found:
            session.send_frame(frame)
        metrics.PUSHES.add(count=len(found))
        return len(frame)

    def _who_wants(self, event: MessagePosted, found: list[Session]) -> list[Session]:
        """Leave out who connected while this was being delivered, as his history has the message."""
        if self._last_added_after < self._deliveries:
            return found
        return [session for session in found if self._added_after[session.id] < self._deliveries]

    def _end_login(self, login_id: str) -> None:
        for session in self.sessions():
            if session.actor.login_id == login_id:
                session.fail_auth()

    def _tell_online(self, user_id: str, friend_id: str) -> None:
        """Tell a user that a friend is online, unless his socket knows: who connects in the moment in which the two
        become friends reads the friendship, and hears of it by the event too."""
        session = self._sessions.get(user_id)
        if session is not None and friend_id not in session.online_friends:
            session.online_friends.add(friend_id)
            session.send_frame(status_frame(friend_id, "online"))

    def _tell_offline(self, user_id: str) -> None:
        """Tell the friends of a user who are here that he is offline."""
        frame = status_frame(user_id, "offline")
        friend_ids = self._friend_ids(user_id)
        if self._presence.is_online(user_id):
            return  # back while we asked
        for friend_id in friend_ids:
            session = self._sessions.get(friend_id)
            if session is not None:
                session.online_friends.discard(user_id)
                session.send_frame(frame)


def message_frame(event: MessagePosted) -> bytes:
    """Return the frame that pushes a message, for many sockets."""
    return text_frame(_encode(event.frame))


def status_frame(user_id: str, status: str) -> bytes:
    """Return the frame that tells of a friend's status, for many sockets."""
    data = OnlineStatusData(user_id=user_id, status="online" if status == "online" else "offline")
    return text_frame(_encode(OnlineStatusFrame(data=data, timestamp=int(time.time()))))
