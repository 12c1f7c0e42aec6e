"""Operations that send messages, over both edges: new ones, repeats, many at once, and such that must be refused.

Builds the frame or the request, waits for the answer, and says which answer is due; `sent` holds it to that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.model import Conversation, Message, Model
from conformance.chat.operation import Findings, Operation, first
from conformance.chat.sent import SEND, Sent, frame_check, judge_refusal, judge_repeat, judge_stored
from conformance.wire.socket import Received, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

HTTP, WS = "http", "ws"
PING = "asyncapi#/operations/ping"
TEXT = 1


@dataclass(frozen=True)
class Send(Operation):
    """Send a message to a conversation.

    Attributes:
        label: Names the message; its client_msg_id is made of it.
        to: Label of the conversation, or `nowhere` for an id that does not exist.
        edge: `ws` or `http`.
        with_id: False: without client_msg_id, over HTTP only.
    """

    user: str
    to: str
    label: str
    edge: str = WS
    content: str = "hello"
    kind: int = TEXT
    with_id: bool = True

    def applies(self, model: Model) -> bool:
        if not model.knows(self.to):
            return False
        return self.user in model.links if self.edge == WS else model.is_logged_in(self.user)

    async def act(self, room: Room) -> Sent:
        identity = self.conversation_id(room.model)
        cid = client_msg_id(room, self.label) if self.with_id else None
        return await send(room, self.user, identity, self.edge, self.content, self.kind, cid)

    def conversation_id(self, model: Model) -> str:
        """Return the id on the wire."""
        return "no-such-conversation" if self.to == "nowhere" else model.conversations[self.to].id

    def judge(self, model: Model, outcome: Sent, found: Findings) -> None:
        conversation = model.conversations.get(self.to)
        cid = outcome.cid
        earlier = model.sends.get((self.user, cid)) if cid is not None else None
        if earlier is not None and is_repeat(earlier, conversation, self):
            judge_repeat(model, outcome, earlier[1], cid, found)
            return
        error = first(
            (conversation is None or conversation.is_gone, 404, "CONVERSATION_NOT_FOUND"),
            (conversation is not None and self.user not in conversation.members, 403, "FORBIDDEN"),
            (earlier is not None, 409, "CLIENT_MSG_ID_CONFLICT"),
        )
        if error is not None:
            judge_refusal(outcome, *error, cid, found)
        elif conversation is not None:
            judge_stored(model, conversation, self, outcome, cid, found)


@dataclass(frozen=True)
class Repeat(Operation):
    """Send a message again under its client_msg_id, over either edge; with something `changed` it is another message.

    Attributes:
        label: The message's.
        changed: "", `content`, `kind` or `to` (then `to` is the other conversation).
    """

    user: str
    label: str
    edge: str = WS
    changed: str = ""
    to: str = ""

    def applies(self, model: Model) -> bool:
        if self._first(model) is None or (self.changed == "to" and not model.knows(self.to)):
            return False
        return self.user in model.links if self.edge == WS else model.is_logged_in(self.user)

    async def act(self, room: Room) -> Sent:
        again = self._send(room.model)
        identity = again.conversation_id(room.model)
        first_one = self._first(room.model)
        assert first_one is not None
        cid = first_one[1].client_msg_id
        return await send(room, self.user, identity, self.edge, again.content, again.kind, cid)

    def judge(self, model: Model, outcome: Sent, found: Findings) -> None:
        self._send(model).judge(model, outcome, found)

    def _first(self, model: Model) -> tuple[str, Message] | None:
        for (sender, _), stored in model.sends.items():
            if sender == self.user and stored[1].label == self.label:
                return stored
        return None

    def _send(self, model: Model) -> Send:
        stored = self._first(model)
        assert stored is not None
        to, message = stored
        content, kind = message.content, message.kind
        if self.changed == "content":
            content = content[:-1] + ("?" if content.endswith("!") else "!")  # no longer: it may be as long as allowed
        elif self.changed == "kind":
            kind = kind % 3 + 1
        elif self.changed == "to":
            to = self.to
        return Send(self.user, to, self.label, self.edge, content, kind)


@dataclass(frozen=True)
class Many:
    """What came of a burst, and for each socket the pong of the ping after it, with the answers to its sends."""

    sends: list[tuple[Send, Sent]]
    pongs: list[tuple[Socket, Received | None, list[Received]]]


@dataclass(frozen=True)
class Burst(Operation):
    """Several users send several messages each, at the same time and without waiting for answers.

    Attributes:
        senders: (user, edge) of each; all send to the same conversation.
        count: Messages of each sender.
    """

    senders: tuple[tuple[str, str], ...]
    to: str
    label: str
    count: int = 5

    def users(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(user for user, _ in self.senders))

    def applies(self, model: Model) -> bool:
        conversation = model.conversations.get(self.to)
        return (
            conversation is not None and bool(conversation.id) and not conversation.is_gone and any(self._able(model))
        )

    def _able(self, model: Model) -> list[tuple[str, str]]:
        members = model.conversations[self.to].members
        return [
            (user, edge)
            for user, edge in self.senders
            if user in members and (user in model.links if edge == WS else model.is_logged_in(user))
        ]

    async def act(self, room: Room) -> Many:
        identity = room.model.conversations[self.to].id
        room.log.group = room.log.group or -1 - len(room.log.entries)

        pongs: list[tuple[Socket, Received | None, list[Received]]] = []

        async def one(user: str, edge: str, place: int) -> list[tuple[Send, Sent]]:
            sends = [
                Send(user, self.to, f"{self.label}.{place}.{number}", edge, f"{self.label} {number} of {user}")
                for number in range(self.count)
            ]
            ids = [client_msg_id(room, each.label) for each in sends]
            if edge == WS:
                await room.may_send(user, self.count)
            if edge == HTTP:
                return [
                    (each, await send(room, user, identity, HTTP, each.content, each.kind, cid))
                    for each, cid in zip(sends, ids, strict=True)
                ]
            socket = room.socket_of(user)
            assert socket is not None
            for each, cid in zip(sends, ids, strict=True):
                socket.send(send_frame(identity, each.content, each.kind, cid))
            socket.send({"type": "ping"})
            results = [
                (each, Sent(socket, await room.reply(socket, answers(cid)), None, cid))
                for each, cid in zip(sends, ids, strict=True)
            ]
            pong = await room.reply(socket, lambda received: received.name == "pong")
            pongs.append((socket, pong, [sent.received for _, sent in results if sent.received]))
            return results

        try:
            results = await asyncio.gather(
                *(one(user, edge, place) for place, (user, edge) in enumerate(self._able(room.model)))
            )
        finally:
            room.log.group = None
        return Many([each for result in results for each in result], pongs)

    def judge(self, model: Model, outcome: Many, found: Findings) -> None:
        for socket, pong, received in outcome.pongs:
            late = [each for each in received if pong is not None and each.index > pong.index]
            if late or pong is None:
                match = {"type": "pong"}
                check: dict[str, Any] = {
                    "check": "frame",
                    "socket": socket.name,
                    "match": match,
                    "min": 0,
                    "max": 0,
                    "within_s": 2.0,
                }
                got = f"{len(late)} answers after it" if pong is not None else "no pong"
                found.add("pong-last", "ping", PING, "a pong after all answers to what was sent before", got, check)
        last: dict[tuple[str, str], int] = {}
        for each, sent in outcome.sends:
            seq, sender = sent.seq, (each.user, each.edge)
            if seq is not None and seq < last.get(sender, 0):
                check = frame_check(sent, {"type": "message-ack", "data": {"seqId": seq}}, 0)
                wanted = f"a seqId above {last[sender]}: sent after it on the same connection"
                found.add("seq-order", "send-message", SEND, wanted, str(seq), check)
            last[sender] = max(seq or 0, last.get(sender, 0))
        # The order of the store is that of seqId; what was refused changes nothing.
        for each, sent in sorted(outcome.sends, key=lambda pair: (pair[1].seq is None, pair[1].seq or 0)):
            each.judge(model, sent, found)


async def send(
    room: Room, user: str, conversation_id: str, edge: str, content: str, kind: int, cid: str | None
) -> Sent:
    """Send a message over an edge and wait for its answer."""
    await room.may_send(user)
    if edge == HTTP:
        body: dict[str, Any] = {"messageType": kind, "content": content}
        if cid is not None:
            body["client_msg_id"] = cid
        answer = await room.http(user, "POST", f"/conversations/{conversation_id}/messages", data=body)
        return Sent(None, None, answer, cid)
    socket = room.socket_of(user)
    assert socket is not None
    assert cid is not None
    socket.send(send_frame(conversation_id, content, kind, cid))
    return Sent(socket, await room.reply(socket, answers(cid)), None, cid)


def send_frame(conversation_id: str, content: str, kind: int, cid: str) -> dict[str, Any]:
    """Return a send-message frame."""
    data = {"conversationId": conversation_id, "content": content, "messageType": kind, "client_msg_id": cid}
    return {"type": "send-message", "data": data}


def client_msg_id(room: Room, label: str) -> str:
    """Return the client_msg_id of a message: the same in every run but for the run's marker."""
    return f"{label}-{room.marker}"


def answers(cid: str) -> Any:
    """Return a predicate for the ack or the error of a send."""

    def fits(received: Received) -> bool:
        data = received.data if isinstance(received.data, dict) else {}
        if received.name == "message-ack":
            return bool(data.get("client_msg_id") == cid)
        details = data.get("details")
        return received.name == "error" and isinstance(details, dict) and details.get("client_msg_id") == cid

    return fits


def is_repeat(earlier: tuple[str, Message], conversation: Conversation | None, again: Send) -> bool:
    """Say whether a send has the same body as the one that its client_msg_id was used for."""
    to, message = earlier
    is_same = conversation is not None and conversation.label == to
    return is_same and message.content == again.content and message.kind == again.kind
