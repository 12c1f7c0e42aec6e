"""What is held of a kill: who was refused meanwhile, which pushes may be missing, when everything went on.

Judges what a crowd remembers and what is stored; knows nothing of processes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.harness.attempts import ACKED, LOST, Attempt, PersistentFate
from tests.harness.frames import wait_until
from tests.harness.persistent_crowd import PersistentCrowd

HEAL_S = 15.0
"""Everything goes on within this after a process listens again. It takes a second, on a machine that is not busy."""

MISSED_S = 0.9
"""Away for so long, a process is missed by somebody."""

UNNOTICED_S = 0.4
"""So long, a scout may have nothing to send, or wait for his ack, where nothing is wrong."""

JUST_BEFORE_S = 1.0
"""A message that was acknowledged so shortly before a kill may still be on its way to others."""


@dataclass
class Kill:
    """One kill and its moments, by `time.monotonic()`; 0.0 for those to come.

    Attributes:
        under_way: Sends that waited for an answer when it began.
        acks_at: When each scout had an ack of what he sent after the process was gone.
        pushes_at: When each scout had a push of what another one began to send then.
    """

    under_way: int
    began_at: float
    gone_at: float = 0.0
    back_at: float = 0.0
    acks_at: float = 0.0
    pushes_at: float = 0.0

    @property
    def healed_at(self) -> float:
        """When everything went on."""
        return max(self.back_at, self.acks_at, self.pushes_at)

    def wait_healed(self, crowd: PersistentCrowd) -> None:
        """Waits until everything goes on."""
        left_s = self.back_at + HEAL_S - time.monotonic()
        wait_until(lambda: self._note_healing(crowd), f"acks at each gateway and pushes between them: {self}", left_s)

    def _note_healing(self, crowd: PersistentCrowd) -> bool:
        acks = dict.fromkeys(crowd.scouts, 0.0)
        for attempt in crowd.attempts_since(self.gone_at):
            if acks.get(attempt.user.id) == 0.0 and attempt.outcome == ACKED:
                acks[attempt.user.id] = attempt.ended_at
        pushes = dict.fromkeys(crowd.scouts, 0.0)
        for crossing in list(crowd.crossings):
            if pushes[crossing.recipient.id] == 0.0 and crossing.began_at >= self.gone_at:
                pushes[crossing.recipient.id] = crossing.arrived_at
        self.acks_at, self.pushes_at = max(acks.values()), max(pushes.values())
        return 0.0 not in (*acks.values(), *pushes.values())

    def report(self, crowd: PersistentCrowd) -> str:
        """Returns what became of it, in seconds after its beginning."""
        attempts = crowd.attempts_since(self.began_at)
        longest_s = max(attempt.ended_at - attempt.sent_at for attempt in attempts if attempt.outcome == ACKED)
        refused = sum(map(is_refused, attempts))
        no_acks_s = self.acks_at - self.began_at
        acks = f"acks again after {no_acks_s:.1f} s" if no_acks_s > UNNOTICED_S else "acks never stopped"
        return (
            f"away {self.back_at - self.began_at:.1f} s, {acks}, pushes across after"
            f" {self.pushes_at - self.began_at:.1f} s (healed {self.healed_at - self.back_at:.1f} s after it was back;"
            f" {self.under_way} sends were under way, {refused} were refused, the slowest ack took {longest_s:.1f} s)"
        )


def is_refused(attempt: Attempt) -> bool:
    """Says whether a send got an error frame, or nothing at all."""
    return attempt.outcome not in (None, ACKED, LOST)


def check_refusals(crowd: PersistentCrowd, kills: Sequence[Kill]) -> None:
    """Holds that sends were refused while what they need was away, and at no other time."""
    for kill in kills:
        if kill.back_at - kill.gone_at >= MISSED_S:
            assert any(map(is_refused, _ended_while_away(crowd, kill))), f"nobody missed it: {kill}"
    for attempt in filter(is_refused, crowd.attempts):
        assert any(kill.began_at <= attempt.ended_at and attempt.sent_at <= kill.healed_at for kill in kills), attempt


def check_no_refusals(crowd: PersistentCrowd, kills: Sequence[Kill], *, scouts: int) -> None:
    """Holds that no send was ever refused, and that so many scouts had acks while something was away."""
    refused = list(filter(is_refused, crowd.attempts))
    assert refused == [], f"{len(refused)} sends were refused: {refused[:3]}"
    for kill in kills:
        if kill.back_at - kill.gone_at >= MISSED_S:
            acked = {each.user.id for each in _ended_while_away(crowd, kill) if each.outcome == ACKED}
            assert len(acked & crowd.scouts.keys()) == scouts, kill


def find_hidden(crowd: PersistentCrowd) -> list[PersistentFate]:
    """Returns the messages that some connection got no push of, though it got one before and one after it.

    Numbers have to be gapless, and all messages acknowledged.
    """
    stored = crowd.stored()
    hidden: dict[str, PersistentFate] = {}
    for connection in crowd.connections:
        for conversation_id, seq_ids in connection.pushed.items():
            for seq_id in set(range(seq_ids[0], seq_ids[-1])).difference(seq_ids):
                content: str = stored[conversation_id][seq_id - 1]["content"]
                if crowd.message(content).sender is not connection.user:
                    hidden[content] = crowd.message(content)
    return list(hidden.values())


def was_under_way(fate: PersistentFate, kills: Sequence[Kill]) -> bool:
    """Says whether a message was on its way, to the server or from there to others, when a process was killed."""
    return any(fate.began_at <= kill.gone_at and fate.acked_at >= kill.began_at - JUST_BEFORE_S for kill in kills)


def was_cut_off(fate: PersistentFate, kills: Sequence[Kill]) -> bool:
    """Says whether it was on its way to the server, so that the server itself may not know what became of it."""
    return was_under_way(fate, kills) and fate.attempts[0].outcome != ACKED


def _ended_while_away(crowd: PersistentCrowd, kill: Kill) -> list[Attempt]:
    return [each for each in crowd.attempts_since(kill.gone_at) if each.ended_at < kill.back_at]
