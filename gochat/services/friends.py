"""Friend requests and friendships."""

from __future__ import annotations

import time

from generated import responses
from generated.errors import Conflict, Forbidden, RequestNotFound
from gochat.actor import Actor
from gochat.bus import FriendsMade
from gochat.commit import Committer, Transaction
from gochat.services.access import find_targets
from gochat.services.accounts import refuse_guest
from gochat.services.conversations import open_single_chat
from gochat.services.views import friend_view, request_view
from gochat.violation import invalid
from models import accounts, friends
from models.ids import new_id
from models.store import Store
from models.tables import ACCEPTED, PENDING, REJECTED, FriendRequest


class Friends:
    """Friend requests and what comes of them."""

    def __init__(self, store: Store, committer: Committer) -> None:
        self._store = store
        self._committer = committer

    def list_friends(self, actor: Actor) -> responses.FriendList:
        """Return the actor's friends, by name.

        Raises:
            Forbidden: the actor is a guest.
        """
        refuse_guest(actor)
        return responses.FriendList(friends=[friend_view(f, f.friend) for f in friends.list_friends(actor.user_id)])

    def friend_ids(self, user_id: str) -> list[str]:
        """Return the ids of a user's friends."""
        return friends.list_friend_ids(user_id)

    def list_requests(self, actor: Actor, *, received: bool, status: int | None) -> responses.FriendRequestList:
        """Return the requests that the actor has received, or sent, newest first; None is any status.

        Raises:
            Forbidden: the actor is a guest.
        """
        refuse_guest(actor)
        with self._store.snapshot():
            rows = friends.list_requests(actor.user_id, received=received, status=status)
            users = accounts.find_users(user_id for row in rows for user_id in (row.requester_id, row.target_id))
        return responses.FriendRequestList(requests=[request_view(row, users) for row in rows])

    def ask(self, actor: Actor, target_id: str, message: str | None) -> responses.FriendRequest:
        """Ask somebody to be a friend.

        Raises:
            InvalidRequest: oneself.
            Forbidden: the actor or the target is a guest.
            UserNotFound: there is no such user.
            Conflict: one is pending in either direction, or they are friends.
        """
        if target_id == actor.user_id:
            raise invalid("/targetUserId")
        refuse_guest(actor)

        def write(transaction: Transaction) -> FriendRequest:
            find_targets([target_id])
            if friends.are_friends(actor.user_id, target_id) or friends.find_pending(actor.user_id, target_id):
                raise Conflict()
            now = int(time.time())
            return friends.insert_request(
                id=new_id(),
                requester_id=actor.user_id,
                target_id=target_id,
                message=message,
                created_at=now,
                updated_at=now,
            )

        return self._view(self._committer.run(write))

    def answer(self, actor: Actor, request_id: str, *, accept: bool) -> responses.FriendRequest:
        """Accept or reject a request; accepting makes a friendship and opens the single chat.

        Raises:
            Forbidden: the actor is a guest, or not the target.
            RequestNotFound: there is no such request.
            Conflict: it was answered before.
        """
        refuse_guest(actor)

        def write(transaction: Transaction) -> FriendRequest:
            request = friends.find_request(request_id)
            if request is None:
                raise RequestNotFound()
            if request.target_id != actor.user_id:
                raise Forbidden()
            if request.status != PENDING:
                raise Conflict()
            now = int(time.time())
            request.status, request.updated_at = ACCEPTED if accept else REJECTED, now
            friends.answer_request(request_id, request.status, now)
            if accept:
                friends.insert_friendship(request.requester_id, request.target_id, now)
                open_single_chat(request.requester_id, request.target_id, now)
                transaction.emit(FriendsMade(request.requester_id, request.target_id))
            return request

        return self._view(self._committer.run(write))

    def _view(self, request: FriendRequest) -> responses.FriendRequest:
        return request_view(request, accounts.find_users([request.requester_id, request.target_id]))
