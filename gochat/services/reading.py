"""Moves a batch of read pointers inside one write. It takes four statements at most, however many marks there are."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec import Struct

from generated.errors import ContractError, ConversationNotFound, Forbidden
from gochat.commit import Transaction
from models import members, messages


class Mark(Struct, frozen=True):
    """A user has read up to a seqId.

    Attributes:
        is_counted: Whether the outcome is wanted to say how many messages are left unread.
    """

    user_id: str
    conversation_id: str
    seq_id: int
    is_counted: bool


def move_pointers(marks: Sequence[Mark], transaction: Transaction) -> list[int | ContractError | None]:
    """Move the pointer of each mark in their order: clamped to the end of the conversation, and never backwards.

    Returns:
        One outcome for each: an error, else how many messages are unread, None where that is not wanted.
    """
    ends = messages.find_last_seq_ids(list({mark.conversation_id for mark in marks}))
    before = members.find_read_seqs(list({(mark.conversation_id, mark.user_id) for mark in marks}))
    pointers = dict(before)
    verdicts: list[int | ContractError] = []
    for mark in marks:
        key = mark.conversation_id, mark.user_id
        if mark.conversation_id not in ends:
            verdicts.append(ConversationNotFound())
        elif key not in pointers:
            verdicts.append(Forbidden())
        else:
            pointers[key] = max(pointers[key], min(mark.seq_id, ends[mark.conversation_id]))
            verdicts.append(pointers[key])
    moved = {key: pointer for key, pointer in pointers.items() if pointer > before[key]}
    if moved:
        members.update_read_seqs(moved, int(time.time()))
    return _count(marks, verdicts, ends)


def _count(
    marks: Sequence[Mark], verdicts: Sequence[int | ContractError], ends: dict[str, int]
) -> list[int | ContractError | None]:
    """Replace each pointer by the number of messages above it that others have sent, where that is wanted."""
    wanted = {
        (mark.conversation_id, mark.user_id, verdict)
        for mark, verdict in zip(marks, verdicts, strict=True)
        if mark.is_counted and isinstance(verdict, int)
    }
    own = messages.count_own_after(list(wanted)) if wanted else {}
    return [
        verdict
        if isinstance(verdict, ContractError)
        else ends[mark.conversation_id] - verdict - own.get((mark.conversation_id, mark.user_id, verdict), 0)
        if mark.is_counted
        else None
        for mark, verdict in zip(marks, verdicts, strict=True)
    ]
