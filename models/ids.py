"""Ids: made here and nowhere else.

Ids sort by time of creation, which keeps B-tree inserts at the right-hand edge. A message needs no id of
its own in storage: conversation and seqId name it for ever, because a seqId is never reused.
"""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """Return a new id: 11 hex digits of Unix milliseconds, then 64 random bits (27 characters)."""
    return f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(8)}"


def message_id(conversation_id: str, seq_id: int) -> str:
    """Return the public id of the message `seq_id` of a conversation."""
    return f"{conversation_id}-{seq_id}"


def pair_key(a: str, b: str) -> str:
    """Return the key of an unordered pair of users."""
    return f"{a}:{b}" if a < b else f"{b}:{a}"
