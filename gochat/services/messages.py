"""Messages: posting (the same path for HTTP and WebSocket), history, the read pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import UNSET

from generated import responses
from generated.client_frames import SendableMessageType
from generated.errors import ContractError
from gochat.actor import Actor
from gochat.commit import Committer
from gochat.services.access import open_conversation
from gochat.services.limits import RateLimit
from gochat.services.posting import Draft, Posted, post_drafts
from gochat.services.reading import Mark, move_pointers
from gochat.services.views import message_view
from gochat.violation import invalid
from models import accounts, messages
from models.store import Store
from models.tables import Message

BURST_S = 2.0
"""A burst is what the sustained rate gives in so many seconds (40 messages at 20/s)."""


class Messages:
    """What is said.

    Args:
        message_rate: Sustained messages/s a user; 0 for no limit.
    """

    def __init__(self, store: Store, committer: Committer, *, message_rate: float) -> None:
        self._store = store
        self._committer = committer
        self._rate = RateLimit(message_rate, message_rate * BURST_S)

    def count_against_rate(self, actor: Actor) -> None:
        """Count one send of the actor's, over either edge; repeats count too.

        Raises:
            RateLimited: over the limit.
        """
        self._rate.take(actor.user_id)

    def submit(self, draft: Draft, done: Callable[[Posted | ContractError], None]) -> None:
        """Queue a draft and return at once; `done` gets the outcome when it is durable. It must not block.

        The caller has called `count_against_rate` before.
        """
        self._committer.submit(post_drafts, draft, done)

    def post(
        self,
        actor: Actor,
        conversation_id: str,
        message_type: SendableMessageType,
        content: str,
        client_msg_id: str | None,
    ) -> responses.Message:
        """Store a message, push it to the members, and return it once it is durable.

        Raises:
            RateLimited: over the limit.
            ConversationNotFound: it is not there.
            Forbidden: the actor is no member.
            ClientMsgIdConflict: another message has the actor's `client_msg_id`.
        """
        self.count_against_rate(actor)
        draft = Draft(actor.user_id, conversation_id, message_type, content, client_msg_id, origin=None)
        outcome = self._run(draft)
        message = Message(
            conversation_id=conversation_id,
            seq_id=outcome.seq_id,
            sender_id=actor.user_id,
            client_msg_id=client_msg_id,
            message_type=message_type,
            content=content,
            created_at=outcome.created_at,
        )
        return message_view(message, accounts.find_user(actor.user_id))

    def _run(self, draft: Draft) -> Posted:
        """Store a draft, and wait until it is durable."""
        outcome: Posted = self._committer.run_with(post_drafts, draft)
        return outcome

    def history(
        self, actor: Actor, conversation_id: str, *, cursor: int | None, after: int | None, limit: int
    ) -> responses.MessageList:
        """Return a page of history: newest first, below `cursor`; or oldest first, above `after`.

        Raises:
            InvalidRequest: both `cursor` and `after`.
            ConversationNotFound: it is not there.
            Forbidden: the actor is no member.
        """
        if cursor is not None and after is not None:
            raise invalid("/query/after")
        with self._store.snapshot():
            open_conversation(actor, conversation_id)
            rows = messages.list_history(conversation_id, before=cursor, after=after, limit=limit + 1)
        page = rows[:limit]
        return responses.MessageList(
            messages=[message_view(row, row.sender) for row in page],
            next_cursor=page[-1].seq_id if page else UNSET,
            has_more=len(rows) > limit,
        )

    def mark_read(self, actor: Actor, conversation_id: str, seq_id: int) -> responses.UnreadCount:
        """Move the actor's read pointer up to `seq_id`: clamped to the end, and never backwards.

        Raises:
            ConversationNotFound: it is not there.
            Forbidden: the actor is no member.
        """
        mark = Mark(actor.user_id, conversation_id, seq_id, is_counted=True)
        return responses.UnreadCount(unread_count=self._committer.run_with(move_pointers, mark))

    def unknown_senders(self, user_ids: Iterable[str]) -> set[str]:
        """Return which of these are no accounts; for callers that did not authenticate the sender themselves."""
        wanted = set(user_ids)
        return wanted - accounts.find_users(wanted).keys()

    def submit_read(
        self, actor: Actor, conversation_id: str, seq_id: int, done: Callable[[ContractError | None], None]
    ) -> None:
        """Do as `mark_read`, but return at once; `done` gets the error, if any. It must not block."""
        self._committer.submit(move_pointers, Mark(actor.user_id, conversation_id, seq_id, is_counted=False), done)
