"""Operations on a user's connection: opening, replacing, leaving, pinging, letting time pass."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from conformance.chat.model import Due, Link, Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.presence import OFFLINE, ONLINE, UNSURE
from conformance.wire.socket import HandshakeRefused, Received, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

REPLACED, NORMAL = 4409, 1000
CHANNEL = "asyncapi#/channels/ws"
PRESENCE = "asyncapi#/operations/onlineStatus"


@dataclass(frozen=True)
class Opened:
    """A connection that was tried: `pong` is what answered the ping after it, None without one."""

    socket: Socket | HandshakeRefused
    pong: Received | None
    at: float


@dataclass(frozen=True)
class Connect(Operation):
    """Open a connection under the user's current login; one that he has is replaced.

    A ping goes after it: the token is looked at after the upgrade, and only the pong tells that the user is online.
    With `more`, the address has a parameter that the contract does not know, which is ignored.
    """

    user: str
    more: bool = False

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Opened:
        login = room.model.login_of(self.user)
        assert login is not None
        query = {"v": "2"} if self.more else {}
        socket = await room.open(self.user, {**query, "token": login.access[-1]})
        if isinstance(socket, HandshakeRefused):
            return Opened(socket, None, time.monotonic())
        socket.send({"type": "ping"})
        pong = await room.reply(socket, lambda received: received.name == "pong")
        return Opened(socket, pong, time.monotonic())

    def judge(self, model: Model, outcome: Opened, found: Findings) -> None:
        socket = outcome.socket
        if isinstance(socket, HandshakeRefused):
            check = {"check": "close", "socket": f"{self.user}-1", "codes": [], "within_s": 2.0}
            found.add("connect-accepted", "ws", CHANNEL, "a WebSocket", str(socket), check, str(socket.status))
            return
        if outcome.pong is None and socket.closed is not None and socket.closed.code == REPLACED:
            pass  # by a connection that was opened at the same time; whether there is one, is told by its judgement
        elif outcome.pong is None:
            got = f"closed with {socket.closed.code}" if socket.closed else "no pong"
            check = {
                "check": "frame",
                "socket": socket.name,
                "match": {"type": "pong"},
                "min": 1,
                "max": 1,
                "within_s": 3.0,
            }
            found.add("connect-accepted", "ws", CHANNEL, "a pong after the connect", got, check, got)
            return
        come_online(model, self.user, socket.name, outcome.at)


@dataclass(frozen=True)
class Leave(Operation):
    """End the user's connection: with a closing handshake, or (`code` None) by a reset of the TCP connection."""

    user: str
    code: int | None = NORMAL

    def applies(self, model: Model) -> bool:
        return self.user in model.links

    async def act(self, room: Room) -> tuple[Socket, float]:
        socket = room.socket_of(self.user)
        assert socket is not None
        at = time.monotonic()
        if self.code is None:
            socket.drop()
        else:
            socket.close(self.code)
        await socket.wait_closed(room.patience_s)
        return socket, at

    def judge(self, model: Model, outcome: tuple[Socket, float], found: Findings) -> None:
        socket, at = outcome
        model.forget_socket(model.links[self.user].socket)
        model.presence.disconnect(self.user, at)
        if self.code is not None and (socket.closed is None or socket.closed.code != self.code):
            got = f"{socket.closed.code}" if socket.closed else "no answer to the close"
            check = {"check": "close", "socket": socket.name, "codes": [self.code], "within_s": 3.0}
            found.add("close-code", str(self.code), CHANNEL, f"the close answered with {self.code}", got, check, "echo")


@dataclass(frozen=True)
class Ping(Operation):
    """Send a ping; the pong comes after everything that was sent before has been done."""

    user: str

    def applies(self, model: Model) -> bool:
        return self.user in model.links

    async def act(self, room: Room) -> tuple[Socket, Received | None]:
        socket = room.socket_of(self.user)
        assert socket is not None
        socket.send({"type": "ping"})
        return socket, await room.reply(socket, lambda received: received.name == "pong")

    def judge(self, model: Model, outcome: tuple[Socket, Received | None], found: Findings) -> None:
        socket, pong = outcome
        if pong is None and socket.closed is None:
            check = {
                "check": "frame",
                "socket": socket.name,
                "match": {"type": "pong"},
                "min": 1,
                "max": 9,
                "within_s": 3.0,
            }
            found.add("reply-sent", "ping", "asyncapi#/operations/ping/reply", "a pong", "nothing", check)


@dataclass(frozen=True)
class Wait(Operation):
    """Let time pass; `beyond_grace` that of the grace period as well."""

    is_slow: ClassVar[bool] = True
    seconds: float
    beyond_grace: bool = False

    async def act(self, room: Room) -> float:
        grace_s = room.model.presence.grace_s if self.beyond_grace else 0.0
        await room.wait(grace_s + self.seconds)
        return time.monotonic()

    def judge(self, model: Model, outcome: float, found: Findings) -> None:
        return


def come_online(model: Model, user: str, socket: str, now: float) -> None:
    """Take over that the user has a new connection: the older one is replaced, friends are told, and he of them."""
    older = model.links.get(user)
    before = model.presence.state(user, now)
    if older is not None:
        # What was pushed at the same time went to the older connection or to this one; of friends it is told below.
        pushed = [d for d in model.due if d.socket == older.socket and d.rule != "presence-told"]
        model.due += [replace(d, socket=socket, is_optional=True) for d in pushed]
        model.forget_socket(older.socket)
        model.closing[older.socket] = (REPLACED, "replaced")
    model.links[user] = Link(socket, user, model.current[user])
    model.presence.connect(user, now)
    for friend in model.friends_of(user):
        state = model.presence.state(friend, now)
        if state != OFFLINE:
            model.due.append(online_due(model, socket, friend, is_optional=state == UNSURE))
        if before != ONLINE and friend in model.links:
            model.due.append(online_due(model, model.links[friend].socket, user, is_optional=before == UNSURE))


def online_due(model: Model, socket: str, user: str, *, is_optional: bool = False) -> Due:
    """Return the frame that tells a socket that a user is online."""
    identity = model.people[user].id
    match = {"type": "online-status", "data": {"userId": identity, "status": ONLINE}}
    return Due(socket, match, match, "presence-told", PRESENCE, f"told that {user} is online", is_optional)
