"""Operations that end in a close for a limit of the connection: too large a frame, reading too slowly, silence."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.chat.limits import CHANNEL, retry_after_ms
from conformance.chat.model import Due, Model
from conformance.chat.operation import Findings, Operation
from conformance.wire.socket import HandshakeRefused, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

REPLACED, SLOW_READER, TOO_LARGE, IDLE, ABNORMAL = 4409, 4408, 1009, 4410, 1006

CUT_AFTER_S = 10.0
"""Who does not read for so long may be cut off without the close that waits for him."""

SECOND_LOOK_S = 2.0
"""How long a close is waited for that may not be due yet."""


@dataclass(frozen=True)
class TooLargeFrame(Operation):
    """Send a frame that is one byte over the limit: an error frame, then 1009."""

    user: str

    def applies(self, model: Model) -> bool:
        return self.user in model.links

    async def act(self, room: Room) -> tuple[Socket, float]:
        socket = room.socket_of(self.user)
        assert socket is not None
        most = room.run.socket.limits.max_frame_bytes
        at = time.monotonic()
        socket.send_text('{"type":"ping"}' + " " * (most + 1 - 15))
        await socket.wait_closed(room.patience_s)
        return socket, at

    def judge(self, model: Model, outcome: tuple[Socket, float], found: Findings) -> None:
        socket, at = outcome
        match = {"type": "error", "data": {"code": "MESSAGE_TOO_LARGE"}}
        why = "an error frame with MESSAGE_TOO_LARGE before 1009"
        model.due.append(Due(socket.name, match, match, "close-told", f"{CHANNEL}/x-close-codes", why))
        model.closing[socket.name] = (TOO_LARGE, "frame too large")
        model.links.pop(self.user, None)
        model.presence.disconnect(self.user, at)


@dataclass(frozen=True)
class SlowlyRead:
    """A connection that was not read to its end for so long; `sent`: bytes written for it in the last round."""

    socket: Socket | HandshakeRefused
    sent: int
    behind_s: float


@dataclass(frozen=True)
class SlowReader(Operation):
    """Let somebody not read while the other members of a group write until his outbox is full: 4408.

    The kernels' buffers hold some megabytes before anything waits in the server, so all write at once, long messages,
    and over HTTP: on sockets of theirs they would have to read all that themselves.
    """

    user: str
    to: str
    is_slow: ClassVar[bool] = True

    KERNEL_BYTES: ClassVar[tuple[int, ...]] = (2_500_000, 7_000_000)
    """What may lie in the buffers of both kernels: first what mostly does, then 4 MB, Linux's most for sending, and as
    much for receiving. Who reads on soon sees the close; a server need not wait for ever to tell it."""

    SECONDS: ClassVar[float] = 25.0

    def applies(self, model: Model) -> bool:
        group = model.conversations.get(self.to)
        return group is not None and model.is_logged_in(self.user) and self.user in group.members

    async def act(self, room: Room) -> SlowlyRead:
        login = room.model.login_of(self.user)
        group = room.model.conversations[self.to]
        assert login is not None
        slow = await room.open(self.user, {"token": login.access[-1]}, receive_buffer_bytes=4096)
        if isinstance(slow, HandshakeRefused):
            return SlowlyRead(slow, 0, 0.0)
        slow.send({"type": "ping"})
        await room.reply(slow, lambda received: received.name == "pong")
        deadline = time.monotonic() + self.SECONDS
        content = "\u6f22" * 4000
        body = {"messageType": 1, "content": content}
        sent = 0

        async def write(user: str, wanted: int) -> None:
            nonlocal sent
            while sent < wanted and time.monotonic() < deadline:
                answer = await room.http(user, "POST", f"/conversations/{group.id}/messages", data=body)
                if answer.status == 201:
                    sent += len(content.encode())
                else:
                    await asyncio.sleep((retry_after_ms(answer) or 500) / 1000)

        writers = [user for user in group.members if user != self.user]
        began = time.monotonic()
        for kernel_bytes in self.KERNEL_BYTES:
            slow.pause()
            sent = 0
            wanted = room.run.socket.limits.outbox_max_bytes + kernel_bytes
            await asyncio.gather(*(write(user, wanted) for user in writers for _ in range(2)))
            slow.resume()
            is_last = kernel_bytes == self.KERNEL_BYTES[-1]
            await slow.wait_closed(room.patience_s if is_last else SECOND_LOOK_S)
            if slow.closed is not None:
                break
        for received in slow.received:
            received.taken = True
        # From the first pause on: what is read in the second round the server may have given up in the first.
        return SlowlyRead(slow, sent, time.monotonic() - began)

    def judge(self, model: Model, outcome: SlowlyRead, found: Findings) -> None:
        slow = outcome.socket
        older = model.links.pop(self.user, None)
        if older is not None:
            model.closing[older.socket] = (REPLACED, "replaced")
        model.conversations.pop(self.to)  # what was written to it is not looked at any more
        if not isinstance(slow, Socket):
            return
        if slow.closed is not None and slow.closed.code == ABNORMAL and outcome.behind_s > CUT_AFTER_S:
            model.closing[slow.name] = (ABNORMAL, "slow reader, cut off")
        elif slow.closed is not None or outcome.sent >= slow.contract.limits.outbox_max_bytes + self.KERNEL_BYTES[-1]:
            model.closing[slow.name] = (SLOW_READER, "slow reader")


@dataclass(frozen=True)
class Idle(Operation):
    """Send nothing for longer than the idle timeout: 4410."""

    user: str
    is_slow: ClassVar[bool] = True

    def applies(self, model: Model) -> bool:
        return self.user in model.links

    async def act(self, room: Room) -> tuple[Socket, float]:
        socket = room.socket_of(self.user)
        assert socket is not None
        socket.is_silent = True
        room.log.add("wait", seconds=room.run.socket.limits.idle_timeout_s)
        await socket.wait_closed(room.run.socket.limits.idle_timeout_s + room.patience_s)
        return socket, time.monotonic()

    def judge(self, model: Model, outcome: tuple[Socket, float], found: Findings) -> None:
        socket, at = outcome
        model.closing[socket.name] = (IDLE, "idle")
        model.links.pop(self.user, None)
        model.presence.disconnect(self.user, at)
