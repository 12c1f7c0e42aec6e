"""The operation of clients that fetch a message the moment they are told of it: what is told has been stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.chat.messages import WS, Send
from conformance.chat.model import Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.reading import History
from conformance.chat.sent import Sent
from conformance.wire.http import Answer

if TYPE_CHECKING:
    from conformance.chat.room import Room


@dataclass(frozen=True)
class Fetched:
    """The answer to the send, and what each user who was told of the message found in the history then."""

    sent: Sent
    pages: dict[str, Answer]


@dataclass(frozen=True)
class SendAndFetch(Operation):
    """Send a message; the sender fetches it at the ack, and a reader at the push.

    Attributes:
        whom: The reader, who is connected and in the conversation.
    """

    user: str
    whom: str
    to: str
    label: str
    edge: str = WS

    def applies(self, model: Model) -> bool:
        conversation = model.own(self.to)
        if conversation is None or not {self.user, self.whom} <= conversation.members.keys():
            return False
        return self.whom in model.links and Send(self.user, self.to, self.label, self.edge).applies(model)

    async def act(self, room: Room) -> Fetched:
        pages: dict[str, Answer] = {}
        sending = asyncio.create_task(self._send(room, pages))
        await asyncio.gather(sending, self._hear(room, pages, sending))
        return Fetched(sending.result(), pages)

    def judge(self, model: Model, outcome: Fetched, found: Findings) -> None:
        Send(self.user, self.to, self.label, self.edge, self.label).judge(model, outcome.sent, found)
        message = next((m for m in model.conversations[self.to].messages if m.label == self.label), None)
        if message is None or found.items:
            return
        for user, page in outcome.pages.items():
            told = "acknowledged to" if user == self.user else "pushed to"
            if found.status(page, 200):
                what = f"the message that was just {told} {user}"
                found.value(page, "/data/messages/0/id", message.id, rule="told-is-stored", what=what)

    async def _send(self, room: Room, pages: dict[str, Answer]) -> Sent:
        sent = await Send(self.user, self.to, self.label, self.edge, self.label).act(room)
        if sent.seq is not None:
            pages[self.user] = await History(self.user, self.to, after=sent.seq - 1, limit=1).act(room)
        return sent

    async def _hear(self, room: Room, pages: dict[str, Answer], sending: asyncio.Task[Sent]) -> None:
        """Wait for the push, which stays for the inbox to judge, and fetch what it tells of."""
        socket = room.socket_of(self.whom)
        assert socket is not None

        def pushed() -> list[int]:
            news = (r.data for r in socket.received if not r.taken and r.name == "new-message" and not r.problems)
            return [data["seqId"] for data in news if data["content"] == self.label]

        def is_over() -> bool:
            return bool(pushed()) or socket.closed is not None or (sending.done() and sending.result().seq is None)

        await socket.wait_until(is_over, room.patience_s)
        if pushed():
            pages[self.whom] = await History(self.whom, self.to, after=pushed()[0] - 1, limit=1).act(room)
