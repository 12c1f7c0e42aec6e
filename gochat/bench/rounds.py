"""One round of `gochat bench`: every set-up under the same load, one right after the other.

What else the machine does then falls on all of them alike.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from gochat.bench.accounts import Account, Chat
from gochat.bench.http_load import ConnectionPlan, HttpPlan
from gochat.bench.ledger import LoadFigures
from gochat.bench.load import LoadPlan, PairPlan
from gochat.bench.processes import Target, run_generator
from gochat.bench.results import BenchOptions, Round
from gochat.bench.scaled import ScaledServer


@dataclass(frozen=True)
class Setup:
    """What is under load.

    Attributes:
        senders: Where the senders of all pairs connect; the receivers to `receivers`.
        server_pids: As in LoadPlan.
        is_gochat: Unset for the floor, which has neither seqIds nor the frame `ping`.
    """

    name: str
    senders: Target
    receivers: Target
    pairs: Sequence[PairPlan]
    server_pids: dict[str, int | None]
    is_gochat: bool = True


class Rounds:
    """Runs rounds on servers that are ready.

    Args:
        chats: The users on `gochat`.
        scaled: The split processes; None: they are not measured.
        scaled_chats: The users on them.
    """

    def __init__(
        self,
        options: BenchOptions,
        run_id: str,
        floor: Target,
        gochat: Target,
        chats: Sequence[Chat],
        scaled: ScaledServer | None,
        scaled_chats: Sequence[Chat],
    ) -> None:
        self._options = options
        self._run_id = run_id
        self._target = gochat
        self._chats = chats
        self._number = 0
        floor_pairs = [
            PairPlan(f"/ws?pair={pair}&side=a", f"/ws?pair={pair}&side=b", chat.conversation_id)
            for pair, chat in enumerate(chats)
        ]
        self._floor = Setup("floor", floor, floor, floor_pairs, {"floor": floor.pid}, is_gochat=False)
        self._gochat = Setup("gochat", gochat, gochat, pairs_of(chats), {"gochat": gochat.pid})
        self._scaled = self._near = None
        if scaled is not None:
            first, second = scaled.gateways
            self._scaled = Setup("scaled", first, second, pairs_of(scaled_chats), scaled.pids)
            self._near = replace(self._scaled, name="scaled, one gateway", receivers=first)

    def run(self) -> Round:
        """Run one round; raises BenchError when a part of it can't be run."""
        options, self._number = self._options, self._number + 1
        return Round(
            floor=self._load("f", self._floor),
            gochat=self._load("g", self._gochat),
            scaled=None if self._scaled is None else self._load("s", self._scaled),
            floor_idle=self._load_idle("i", self._floor),
            gochat_idle=self._load_idle("j", self._gochat),
            scaled_idle=None if self._scaled is None else self._load_idle("k", self._scaled),
            scaled_near_idle=None if self._near is None else self._load_idle("l", self._near),
            http_one=self._load_http("o", 1),
            http_many=self._load_http("m", options.http_connections),
        )

    def _load(self, part: str, setup: Setup) -> LoadFigures:
        return self._load_pairs(part, setup, setup.pairs, self._options.in_flight, self._options.seconds)

    def _load_idle(self, part: str, setup: Setup) -> LoadFigures:
        return self._load_pairs(part, setup, setup.pairs[:1], 1, self._options.short_seconds)

    def _load_pairs(
        self, part: str, setup: Setup, pairs: Sequence[PairPlan], in_flight: int, seconds: float
    ) -> LoadFigures:
        options = self._options
        plan = LoadPlan(
            host=setup.senders.host,
            sender_port=setup.senders.port,
            receiver_port=setup.receivers.port,
            pairs=list(pairs),
            in_flight=in_flight,
            warm_up_s=options.warm_up_s,
            measure_s=seconds,
            run_id=self._part_id(part),
            server_pids=setup.server_pids,
            expect_seq_ids=setup.is_gochat,
        )
        figures = run_generator("gochat.bench.load", plan, seconds + options.warm_up_s)
        self._say(
            f"{setup.name}, {len(pairs)} pairs, {in_flight} in flight:"
            f" {figures.acked_per_s:,.0f} acked/s, p50 {figures.p50_ms:.2f} ms"
        )
        return figures

    def _load_http(self, part: str, connections: int) -> LoadFigures:
        options = self._options
        used = [self._chats[connection % len(self._chats)] for connection in range(connections)]
        plan = HttpPlan(
            host=self._target.host,
            port=self._target.port,
            connections=[ConnectionPlan(chat.sender.access_token, chat.conversation_id) for chat in used],
            warm_up_s=min(1.0, options.warm_up_s),
            measure_s=options.short_seconds,
            run_id=self._part_id(part),
            server_pids=self._gochat.server_pids,
        )
        figures = run_generator("gochat.bench.http_load", plan, options.short_seconds + options.warm_up_s)
        self._say(
            f"gochat, HTTP, {connections} connections:"
            f" {figures.acked_per_s:,.0f} requests/s, p50 {figures.p50_ms:.2f} ms"
        )
        return figures

    def _part_id(self, part: str) -> str:
        return f"{self._run_id}-{self._number}{part}"

    def _say(self, text: str) -> None:
        print(f"round {self._number} of {self._options.rounds}: {text}", file=sys.stderr, flush=True)


def pairs_of(chats: Sequence[Chat]) -> list[PairPlan]:
    """Return the pairs of connections of these chats, each from its sender to its receiver."""
    return [PairPlan(_socket_of(chat.sender), _socket_of(chat.receiver), chat.conversation_id) for chat in chats]


def _socket_of(account: Account) -> str:
    return f"/ws?token={quote(account.access_token, safe='')}"
