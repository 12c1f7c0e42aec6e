"""Who is connected: one session a user, the newest wins. Delivers what the bus says to the right sockets.

Sits between the bus and the outboxes. No method blocks or switches greenlets, so each is atomic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

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


class Registry:
    """The sessions of this process.

    Args:
        friend_ids: Returns the ids of a user's friends; reads storage, must not switch greenlets.
        presence_grace_s: See `Presence`.
    """

    def __init__(self, friend_ids: Callable[[str], Iterable[str]], presence_grace_s: float) -> None:
        self._sessions: dict[str, Session] = {}  # by user
        self._friend_ids = friend_ids
        self._presence = Presence(presence_grace_s, on_offline=self._tell_offline)

    def __len__(self) -> int:
        return len(self._sessions)

    def sessions(self) -> list[Session]:
        """Return all sessions that are registered now."""
        return list(self._sessions.values())

    def add(self, session: Session) -> None:
        """Register a session that has authenticated; an older one of the same user loses (4409).

        The new one gets an online-status for each friend who is online; friends get one when this user was offline.
        """
        user_id = session.actor.user_id
        loser = self._sessions.get(user_id)
        self._sessions[user_id] = session
        metrics.SOCKETS.set(len(self._sessions))
        if loser is not None:
            loser.close(Close.REPLACED)
        came_online = self._presence.connect(user_id)
        for friend_id in self._friend_ids(user_id):
            if self._presence.is_online(friend_id):
                self._tell_online(user_id, friend_id)
                if came_online:
                    self._tell_online(friend_id, user_id)

    def remove(self, session: Session) -> None:
        """Forget a session that has ended. One that was replaced leaves its successor alone."""
        user_id = session.actor.user_id
        if self._sessions.get(user_id) is session:
            del self._sessions[user_id]
            metrics.SOCKETS.set(len(self._sessions))
            self._presence.disconnect(user_id)

    def deliver(self, events: Sequence[BusEvent]) -> None:
        """Do what follows from committed events, in their order."""
        for event in events:
            try:
                self._deliver(event)
            except Exception as error:  # the next event is somebody else's
                report_defect(error)

    def _deliver(self, event: BusEvent) -> None:
        if isinstance(event, MessagePosted):
            self._push_message(event)
        elif isinstance(event, LoginEnded):
            self._end_login(event.login_id)
        elif isinstance(event, FriendsMade):
            for user_id, friend_id in ((event.user_id, event.friend_id), (event.friend_id, event.user_id)):
                if self._presence.is_online(friend_id):
                    self._tell_online(user_id, friend_id)

    def _push_message(self, event: MessagePosted) -> None:
        """Encode once, queue for everybody who is here but the connection that sent it."""
        sessions = self._sessions
        recipients = sessions.keys() if event.recipients is None else event.recipients
        found = [s for user_id in recipients if (s := sessions.get(user_id)) is not None and s.id != event.origin]
        if not found:
            return
        frame = text_frame(_encode(event.frame))
        for session in found:
            session.send_frame(frame)
        metrics.PUSHES.add(count=len(found))

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
            session.send_frame(_status_frame(friend_id, "online"))

    def _tell_offline(self, user_id: str) -> None:
        """Tell the friends of a user who are here that he is offline."""
        frame = _status_frame(user_id, "offline")
        for friend_id in self._friend_ids(user_id):
            session = self._sessions.get(friend_id)
            if session is not None:
                session.online_friends.discard(user_id)
                session.send_frame(frame)


def _status_frame(user_id: str, status: str) -> bytes:
    data = OnlineStatusData(user_id=user_id, status="online" if status == "online" else "offline")
    return text_frame(_encode(OnlineStatusFrame(data=data, timestamp=int(time.time()))))
