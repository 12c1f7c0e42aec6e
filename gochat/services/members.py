"""Who is in a group: listing, adding, roles, leaving and removing."""

from __future__ import annotations

import time
from collections.abc import Sequence

from generated import responses
from generated.errors import Forbidden, UserNotFound
from gochat.actor import Actor
from gochat.commit import Committer, Transaction
from gochat.services.access import find_targets, open_conversation, open_group
from gochat.services.conversations import MAX_GROUP_MEMBERS
from gochat.services.views import member_view
from gochat.violation import invalid
from models import accounts, conversations, members
from models.store import Store
from models.tables import ADMIN, MEMBER, OWNER, WORLD, Conversation, Membership


class Members:
    """The members of groups."""

    def __init__(self, store: Store, committer: Committer) -> None:
        self._store = store
        self._committer = committer

    def list_page(
        self, actor: Actor, conversation_id: str, *, page: int, size: int, role: int | None
    ) -> responses.MemberList:
        """Return a page of members by joining, oldest first. `page` starts at 1.

        Raises:
            ConversationNotFound: it is not there.
            Forbidden: no member, or the world chat.
        """
        with self._store.snapshot():
            conversation, _ = open_conversation(actor, conversation_id)
            if conversation.type == WORLD:
                raise Forbidden()
            rows = members.list_members(conversation_id, role=role, offset=(page - 1) * size, limit=size + 1)
        return responses.MemberList(members=[member_view(m, m.user) for m in rows[:size]], has_more=len(rows) > size)

    def add(self, actor: Actor, conversation_id: str, user_ids: Sequence[str]) -> responses.AddedMembers:
        """Add users; who is a member already comes back unchanged. All of them or nobody.

        Raises:
            ConversationNotFound: it is not there.
            Forbidden: no member, no admin, no group, or somebody named is a guest.
            UserNotFound: somebody named is unknown.
            InvalidRequest: it would be over 500 members.
        """
        wanted = [user_id for user_id in dict.fromkeys(user_ids) if user_id != actor.user_id]

        def write(transaction: Transaction) -> responses.AddedMembers:
            conversation, _ = open_group(actor, conversation_id, role=ADMIN)
            users = find_targets(wanted)
            present = members.find_memberships(conversation_id, wanted)
            new = [user_id for user_id in wanted if user_id not in present]
            if conversation.member_count + len(new) > MAX_GROUP_MEMBERS:
                raise invalid("/members")
            now = int(time.time())
            members.insert_members(
                conversation_id, [(user_id, MEMBER) for user_id in new], read_seq=conversation.last_seq, now=now
            )
            conversations.change_member_count(conversation_id, len(new))
            listed = members.find_memberships(conversation_id, wanted)
            return responses.AddedMembers(members=[member_view(listed[user_id], users[user_id]) for user_id in wanted])

        return self._committer.run(write)

    def change_role(self, actor: Actor, conversation_id: str, user_id: str, role: int) -> responses.ConversationMember:
        """Give a member another role; role 3 hands the ownership over and makes the old owner an admin.

        Raises:
            ConversationNotFound: it is not there.
            Forbidden: the actor is not the owner, it is no group, or the owner would demote himself.
            UserNotFound: `user_id` is not in the group.
        """

        def write(transaction: Transaction) -> responses.ConversationMember:
            open_group(actor, conversation_id, role=OWNER)
            _find_target(conversation_id, user_id)
            now = int(time.time())
            if user_id == actor.user_id:
                if role != OWNER:
                    raise Forbidden()
            else:
                members.update_role(conversation_id, user_id, role, now)
                if role == OWNER:
                    members.update_role(conversation_id, actor.user_id, ADMIN, now)
                    conversations.update_conversation(conversation_id, owner_id=user_id)
            return member_view(_find_target(conversation_id, user_id), accounts.find_user(user_id))

        return self._committer.run(write)

    def remove(self, actor: Actor, conversation_id: str, user_id: str) -> None:
        """Remove a member, or leave when it is oneself.

        An owner who leaves is followed by the oldest admin, else the oldest member; the last one dissolves the group.

        Raises:
            ConversationNotFound: it is not there.
            Forbidden: no group, no admin, or the target's role needs the owner.
            UserNotFound: `user_id` is not in the group.
        """

        def write(transaction: Transaction) -> None:
            leaving = user_id == actor.user_id
            conversation, own = open_group(actor, conversation_id, role=MEMBER if leaving else ADMIN)
            target = _find_target(conversation_id, user_id)
            if not leaving and target.role >= own.role:
                raise Forbidden()
            members.delete_member(conversation_id, user_id)
            conversations.change_member_count(conversation_id, -1)
            if target.role == OWNER:
                _hand_over(conversation, int(time.time()))

        self._committer.run(write)


def _find_target(conversation_id: str, user_id: str) -> Membership:
    membership = members.find_membership(conversation_id, user_id)
    if membership is None:
        raise UserNotFound()
    return membership


def _hand_over(conversation: Conversation, now: int) -> None:
    """Find the owner's successor, or dissolve the group when he was the last."""
    heir = members.find_successor(conversation.id)
    if heir is None:
        conversations.update_conversation(conversation.id, dissolved_at=now, owner_id=None)
        return
    members.update_role(conversation.id, heir.user_id, OWNER, now)
    conversations.update_conversation(conversation.id, owner_id=heir.user_id)
