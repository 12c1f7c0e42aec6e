"""The operation of a client that loses its connection while a message is under way, and comes back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.chat.connections import Connect, Opened
from conformance.chat.messages import Send, answers, client_msg_id, send_frame
from conformance.chat.model import Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.sent import Sent, push_due
from conformance.wire.socket import HandshakeRefused

if TYPE_CHECKING:
    from conformance.chat.room import Room


@dataclass(frozen=True)
class Vanished:
    """When the connection ended, the one after it, and the answer to the repeat, if it could be sent."""

    left_at: float
    opened: Opened
    sent: Sent | None


@dataclass(frozen=True)
class SendAndVanish(Operation):
    """Send a message, lose the connection before the answer, come back, and send it again under the same id.

    Whether the first one was stored, only the server knows; after the repeat there is one message, pushed once.

    Attributes:
        is_torn: The TCP connection ends by a reset; else by a closing handshake right after the frame.
    """

    user: str
    to: str
    label: str
    is_torn: bool = True

    def applies(self, model: Model) -> bool:
        conversation = model.own(self.to)
        if conversation is None or self.user not in conversation.members:
            return False
        return self.user in model.links and Connect(self.user).applies(model)

    async def act(self, room: Room) -> Vanished:
        socket = room.socket_of(self.user)
        assert socket is not None
        identity = room.model.conversations[self.to].id
        cid = client_msg_id(room, self.label)
        frame = send_frame(identity, "hello", 1, cid)
        await room.may_send(self.user, 2)
        socket.send(frame)
        left_at = time.monotonic()
        if self.is_torn:
            socket.drop()
        else:
            socket.close()
        await socket.wait_closed(room.patience_s)
        for received in filter(answers(cid), socket.received):
            received.taken = True  # the first answer may have been faster than the end
        opened = await Connect(self.user).act(room)
        again = opened.socket
        if isinstance(again, HandshakeRefused) or opened.pong is None:
            return Vanished(left_at, opened, None)
        again.send(frame)
        return Vanished(left_at, opened, Sent(again, await room.reply(again, answers(cid)), None, cid))

    def judge(self, model: Model, outcome: Vanished, found: Findings) -> None:
        older = model.links[self.user].socket
        model.forget_socket(older)
        model.presence.disconnect(self.user, outcome.left_at)
        Connect(self.user).judge(model, outcome.opened, found)
        if outcome.sent is None:
            return
        Send(self.user, self.to, self.label).judge(model, outcome.sent, found)
        conversation = model.conversations[self.to]
        message = next((m for m in conversation.messages if m.label == self.label), None)
        if message is not None and self.user in model.links:
            # Stored by the first send after the second connection was there: then it is another than the sending one.
            due = push_due(model, model.links[self.user].socket, conversation, message)
            due.is_optional = True
            model.due.append(due)
