"""What a story is, and who plays in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.chat.connections import Connect
from conformance.chat.friends import AnswerFriend, AskFriend
from conformance.chat.operation import Step
from conformance.contract.socket import Limits

A, B, C, D, E = "alice", "bob", "carol", "dave", "erin"


def _short(limits: Limits) -> float:
    return 5.0


@dataclass(frozen=True)
class Story:
    """Steps under a name; steps in brackets run at the same time. What has to come of a step, the model knows.

    Attributes:
        seconds: How long it takes on a server with these limits; longer ones begin first, and do not begin when the
            budget has less. 0: it can't be told there at all, as its limit is switched off.
        is_plain: It leaves nothing behind that another story with the same users would notice but conversations of its
            own, so several are told in one room: accounts are dear.
    """

    name: str
    steps: tuple[Step, ...]
    seconds: Callable[[Limits], float] = _short
    is_plain: bool = False


def connected(*users: str) -> tuple[Step, ...]:
    """Return the steps that connect these users."""
    return tuple(Connect(user) for user in users)


def befriended(one: str, other: str, label: str = "f1") -> tuple[Step, ...]:
    """Return the steps that make these two friends."""
    return (AskFriend(one, other, label), AnswerFriend(other, label))
