"""The books of a load run: every message sent, acked and delivered, and the figures that come out.

Pure accounting, without sockets or clocks: the generators tell it what happened and when. It is what
makes a benchmark of a server that loses or repeats messages fail instead of look fast.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from gochat.bench.machine import CpuUse


@dataclass(frozen=True)
class LoadFigures:
    """What one run measured; rates and latencies over the measured window, counts over the whole run.

    Attributes:
        p50_ms: From the send to its ack, or to HTTP's answer.
        push_p50_ms: From the send to the delivery to the partner; None where nobody is there to get one.
        faults: What was wrong -> how often.
    """

    sent: int
    acked: int
    delivered: int
    acked_per_s: float
    delivered_per_s: float
    p50_ms: float
    p99_ms: float
    measured_s: float
    cpu: CpuUse
    faults: dict[str, int] = field(default_factory=dict)
    push_p50_ms: float | None = None
    push_p99_ms: float | None = None


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of `ordered` (ascending); 0.0 when it is empty."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


class Ledger:
    """Books by message number: 0, 1, 2 ... in the order of sending, over all conversations.

    With `expect_deliveries` unset (HTTP, nobody connected) only answers are asked for. With
    `expect_seq_ids` unset (the floor has none) no order is judged.
    """

    def __init__(self, conversations: int, *, expect_deliveries: bool = True, expect_seq_ids: bool = True) -> None:
        self.expect_deliveries = expect_deliveries
        self.expect_seq_ids = expect_seq_ids
        self.sent_at: list[float] = []
        self.acks = bytearray()
        self.deliveries = bytearray()
        self.seq_ids: list[int] = []
        self.last_seq_id = [0] * conversations
        self.acked = self.delivered = 0
        self.acked_in_window = self.delivered_in_window = 0
        self.latencies_s: list[float] = []
        self.push_latencies_s: list[float] = []
        self.window_open = False
        self.refused = 0
        self.faults: Counter[str] = Counter()

    def send(self, now: float) -> int:
        """Book a message as sent and return its number."""
        number = len(self.sent_at)
        self.sent_at.append(now)
        self.acks.append(0)
        self.deliveries.append(0)
        self.seq_ids.append(0)
        return number

    def ack(self, number: int, seq_id: int, now: float) -> None:
        """Book an ack that arrived at `now`."""
        if not 0 <= number < len(self.sent_at):
            self.faults["ack of a message that was never sent"] += 1
            return
        if self.acks[number]:
            self.faults["acked twice"] += 1
            return
        self.acks[number] = 1
        self.acked += 1
        self._book_seq_id(number, seq_id)
        if self.window_open:
            self.acked_in_window += 1
            self.latencies_s.append(now - self.sent_at[number])

    def deliver(self, conversation: int, number: int, seq_id: int, now: float) -> None:
        """Book a delivery to the partner at `now`; within a conversation `seq_id` must go up by exactly 1."""
        if not 0 <= number < len(self.sent_at):
            self.faults["delivery of a message that was never sent"] += 1
            return
        if self.deliveries[number]:
            self.faults["delivered twice"] += 1
            return
        self.deliveries[number] = 1
        self.delivered += 1
        if self.window_open:
            self.delivered_in_window += 1
            self.push_latencies_s.append(now - self.sent_at[number])
        self._book_seq_id(number, seq_id)
        if self.expect_seq_ids:
            last = self.last_seq_id[conversation]
            if last and seq_id != last + 1:
                self.faults["seqId out of order or with a gap"] += 1
            self.last_seq_id[conversation] = seq_id

    def _book_seq_id(self, number: int, seq_id: int) -> None:
        if self.expect_seq_ids:
            known = self.seq_ids[number]
            if seq_id < 1 or (known and known != seq_id):
                self.faults["ack and delivery without one seqId"] += 1
            self.seq_ids[number] = seq_id

    def refuse(self, code: str) -> None:
        """Book an error answer; such a message is not waited for."""
        self.refused += 1
        self.faults[f"refused: {code}"] += 1

    @property
    def settled(self) -> bool:
        """Say whether nothing is in flight any more."""
        wanted = len(self.sent_at) - self.refused
        return self.acked >= wanted and (self.delivered >= wanted or not self.expect_deliveries)

    def close(self, measured_s: float, cpu: CpuUse) -> LoadFigures:
        """Count what never came and return the figures."""
        sent = len(self.sent_at)
        faults = dict(self.faults)
        if sent - self.refused > self.acked:
            faults["never acked"] = sent - self.refused - self.acked
        if self.expect_deliveries and sent - self.refused > self.delivered:
            faults["never delivered"] = sent - self.refused - self.delivered
        ordered, pushes = sorted(self.latencies_s), sorted(self.push_latencies_s)
        return LoadFigures(
            sent=sent,
            acked=self.acked,
            delivered=self.delivered,
            acked_per_s=self.acked_in_window / measured_s,
            delivered_per_s=self.delivered_in_window / measured_s,
            p50_ms=percentile(ordered, 50) * 1000,
            p99_ms=percentile(ordered, 99) * 1000,
            measured_s=measured_s,
            cpu=cpu,
            faults=faults,
            push_p50_ms=percentile(pushes, 50) * 1000 if self.expect_deliveries else None,
            push_p99_ms=percentile(pushes, 99) * 1000 if self.expect_deliveries else None,
        )
