"""Stores a batch of messages inside one write: who may, which are repeats, which seqId each gets.

The hot path. It takes six statements at most, however many drafts there are; a refused draft is an outcome and
hinders no other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec import UNSET, Struct

from generated.client_frames import SendableMessageType
from generated.errors import ClientMsgIdConflict, ContractError, ConversationNotFound, Forbidden
from generated.server_frames import MessageSender, NewMessageData, NewMessageFrame
from gochat import metrics
from gochat.bus import MessagePosted
from gochat.commit import Transaction
from models import messages
from models.ids import message_id
from models.messages import LatestMessage, StoredSend
from models.tables import WORLD

LATEST_S = 60
MAX_LATEST = 10_000
"""Conversations whose last message is told again after a loss (`find_latest`)."""


class Draft(Struct, frozen=True):
    """A message to be posted.

    Attributes:
        client_msg_id: The sender's id for it, which makes the send idempotent; None for none.
        origin: Id of the connection that sends it, which gets no copy; None over HTTP.
    """

    sender_id: str
    conversation_id: str
    message_type: SendableMessageType
    content: str
    client_msg_id: str | None
    origin: str | None


class Posted(Struct, frozen=True):
    """Where a message is stored, by this send or by an earlier one of the same."""

    message_id: str
    seq_id: int
    created_at: int


_Key = tuple[str, str | int]
"""(sender id, client_msg_id), or the index in the batch where the sender gave none."""


def post_drafts(drafts: Sequence[Draft], transaction: Transaction) -> list[Posted | ContractError]:
    """Post `drafts` and return one outcome for each; seqIds follow their order."""
    kinds = messages.find_conversation_types(list({draft.conversation_id for draft in drafts}))
    closed_ids = [id_ for id_, kind in kinds.items() if kind != WORLD]
    member_ids = messages.find_member_ids(closed_ids) if closed_ids else {}
    client_keys = [(draft.sender_id, draft.client_msg_id) for draft in drafts if draft.client_msg_id is not None]
    sends: dict[_Key, StoredSend] = dict(messages.find_sends(client_keys).items()) if client_keys else {}

    accepted: dict[_Key, Draft] = {}
    verdicts: list[_Key | StoredSend | ContractError] = []
    for index, draft in enumerate(drafts):
        key: _Key = (draft.sender_id, index if draft.client_msg_id is None else draft.client_msg_id)
        stored, earlier = sends.get(key), accepted.get(key)
        if stored is not None and _same_body(draft, stored):
            verdicts.append(stored)  # even after leaving, or after the group is gone
        elif earlier is not None and _same_body(draft, earlier):
            verdicts.append(key)
        elif draft.conversation_id not in kinds:
            verdicts.append(ConversationNotFound())
        elif kinds[draft.conversation_id] != WORLD and draft.sender_id not in member_ids.get(draft.conversation_id, ()):
            verdicts.append(Forbidden())
        elif stored is not None or earlier is not None:
            verdicts.append(ClientMsgIdConflict())
        else:
            accepted[key] = draft
            verdicts.append(key)

    posted = _store(accepted) if accepted else {}
    _announce(accepted, posted, kinds, member_ids, transaction)
    return [
        posted[verdict]
        if isinstance(verdict, tuple)
        else verdict
        if isinstance(verdict, ContractError)
        else _outcome(verdict)
        for verdict in verdicts
    ]


def _same_body(draft: Draft, earlier: Draft | StoredSend) -> bool:
    return (
        draft.content == earlier.content
        and draft.conversation_id == earlier.conversation_id
        and draft.message_type == earlier.message_type
    )


def _outcome(stored: StoredSend | LatestMessage) -> Posted:
    return Posted(message_id(stored.conversation_id, stored.seq_id), stored.seq_id, stored.created_at)


def _store(accepted: dict[_Key, Draft]) -> dict[_Key, Posted]:
    """Give each draft its seqId and insert all of them."""
    now = int(time.time())
    counts: dict[str, int] = {}
    for draft in accepted.values():
        counts[draft.conversation_id] = counts.get(draft.conversation_id, 0) + 1
    last_seq_ids = messages.take_seq_ids(counts, now)
    next_seq_ids = {id_: last - counts[id_] + 1 for id_, last in last_seq_ids.items()}
    rows = []
    posted: dict[_Key, Posted] = {}
    for key, draft in accepted.items():
        conversation_id = draft.conversation_id
        seq_id = next_seq_ids[conversation_id]
        next_seq_ids[conversation_id] = seq_id + 1
        posted[key] = Posted(message_id(conversation_id, seq_id), seq_id, now)
        rows.append(
            (conversation_id, seq_id, draft.sender_id, draft.client_msg_id, draft.message_type, draft.content, now)
        )
    messages.insert_messages(rows)
    metrics.MESSAGES.add(count=len(rows))
    return posted


def _announce(
    accepted: dict[_Key, Draft],
    posted: dict[_Key, Posted],
    kinds: dict[str, int],
    member_ids: dict[str, tuple[str, ...]],
    transaction: Transaction,
) -> None:
    """Leave one event a new message, with the members as of this write."""
    if not accepted:
        return
    senders = messages.find_senders(list({draft.sender_id for draft in accepted.values()}))
    for key, draft in accepted.items():
        frame = _frame(draft, posted[key], senders[draft.sender_id])
        recipients = None if kinds[draft.conversation_id] == WORLD else member_ids[draft.conversation_id]
        transaction.emit(MessagePosted(frame, recipients, draft.origin, write=transaction.number))


def find_latest() -> list[MessagePosted]:
    """Return, to be told again, the last message of each conversation that had one within a minute of the newest."""
    latest = messages.list_latest(LATEST_S, MAX_LATEST)
    closed_ids = [each.conversation_id for each in latest if each.conversation_type != WORLD]
    member_ids = messages.find_member_ids(closed_ids) if closed_ids else {}
    senders = messages.find_senders(list({each.sender_id for each in latest})) if latest else {}
    return [
        MessagePosted(
            _frame(each, _outcome(each), senders[each.sender_id]),
            None if each.conversation_type == WORLD else member_ids.get(each.conversation_id, ()),
            origin=None,
            again=True,
            write=None,
        )
        for each in latest
    ]


def _frame(message: Draft | LatestMessage, place: Posted, sender: tuple[str, str | None]) -> NewMessageFrame:
    username, avatar_url = sender
    return NewMessageFrame(
        data=NewMessageData(
            id=place.message_id,
            conversation_id=message.conversation_id,
            sender=MessageSender(
                id=message.sender_id, username=username, avatar_url=UNSET if avatar_url is None else avatar_url
            ),
            content=message.content,
            message_type=message.message_type,
            seq_id=place.seq_id,
            created_at=place.created_at,
        ),
        timestamp=place.created_at,
    )
