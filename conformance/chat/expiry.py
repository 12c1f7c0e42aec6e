"""The operation of a user whose access token ends by itself while he is connected."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.chat.connections import CHANNEL
from conformance.chat.model import Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.tokens import AUTH_CLOSE, AUTH_FAILED, end_socket, judge_challenge
from conformance.wire.http import Answer
from conformance.wire.socket import Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

EARLY_S = 3.0
"""How much sooner than its life a token may end: it is older than the connection, and times are whole seconds."""


@dataclass(frozen=True)
class Outlived:
    """A connection, how long it lived, when that was over, and the answer to the token after that."""

    socket: Socket
    lived_s: float
    at: float
    answer: Answer


@dataclass(frozen=True)
class Outlive(Operation):
    """Stay connected, under a new login, until the access token has ended: 4401, and 401 over HTTP.

    The login goes on: `Refresh` has to follow, as nothing else can be done without a token.
    """

    user: str
    is_slow: ClassVar[bool] = True

    def applies(self, model: Model) -> bool:
        return self.user in model.links

    async def act(self, room: Room) -> Outlived:
        socket = room.socket_of(self.user)
        assert socket is not None
        life_s = room.run.socket.limits.access_token_ttl_s
        room.log.add("wait", seconds=life_s)
        began = time.monotonic()
        await socket.wait_closed(life_s + room.patience_s)
        at = time.monotonic()
        return Outlived(socket, at - began, at, await room.http(self.user, "GET", "/users/profile"))

    def judge(self, model: Model, outcome: Outlived, found: Findings) -> None:
        if found.status(outcome.answer, 401, AUTH_FAILED, rule="token-ended", why="its time is over"):
            judge_challenge(outcome.answer, found)
        life_s = outcome.socket.contract.limits.access_token_ttl_s
        if outcome.lived_s < life_s - EARLY_S:
            check = {"check": "close", "socket": outcome.socket.name, "codes": [], "within_s": 2.0}
            got = f"closed after {outcome.lived_s:.0f} s"
            found.add("token-alive", str(AUTH_CLOSE), CHANNEL, f"open for {life_s} s", got, check, "early")
        login = model.login_of(self.user)
        assert login is not None
        login.access.clear()
        end_socket(model, login, outcome.at, "the access token has ended")
