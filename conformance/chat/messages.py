"""Operations that send messages, over both edges: new ones, repeats, many at once, and such that must be refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.model import Conversation, Due, Message, Model
from conformance.chat.operation import Findings, Operation, first
from conformance.wire.http import Answer
from conformance.wire.socket import Received, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

HTTP, WS = "http", "ws"
SEND = "asyncapi#/operations/sendMessage"
PUSH = "asyncapi#/operations/newMessage"
PING = "asyncapi#/operations/ping"
TEXT = 1


@dataclass(frozen=True)
class Sent:
    """What came of one send: the socket and the frame that answered it, or the HTTP answer."""

    socket: Socket | None
    received: Received | None
    answer: Answer | None
    cid: str | None = None

    @property
    def seq(self) -> int | None:
        """The seqId that the server gave."""
        data = self.answer.data if self.answer is not None else self.received.data if self.received else {}
        value = data.get("seqId") if isinstance(data, dict) else None
        return value if isinstance(value, int) else None

    @property
    def error(self) -> str:
        """The error code that came, "" without one."""
        if self.answer is not None:
            return self.answer.code
        return str(self.received.data.get("code", "")) if self.received and self.received.name == "error" else ""


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
                check = _frame_check(sent, {"type": "message-ack", "data": {"seqId": seq}}, 0)
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


def judge_refusal(outcome: Sent, status: int, code: str, cid: str | None, found: Findings) -> None:
    """Ask for an error."""
    if outcome.answer is not None:
        found.status(outcome.answer, status, code)
        return
    if outcome.error == code:
        return
    got = outcome.error or (outcome.received.name if outcome.received else "nothing")
    match = {"type": "error", "data": {"code": code, "details": {"client_msg_id": cid}}}
    found.add(
        "reply-error", "send-message", SEND, f"an error frame with {code}", got, _frame_check(outcome, match), code
    )


def judge_stored(
    model: Model, conversation: Conversation, sent: Send, outcome: Sent, cid: str | None, found: Findings
) -> None:
    """Ask for an acknowledgement with the next seqId; store the message and let its pushes be due."""
    if outcome.answer is not None:
        if not found.status(outcome.answer, 201):
            return
        data = outcome.answer.data
        identity, seq, created_at = data.get("id"), data.get("seqId"), data.get("createdAt")
        wanted = {
            "conversationId": conversation.id,
            "senderId": model.people[sent.user].id,
            "messageType": sent.kind,
            "content": sent.content,
        }
        if not found.value(outcome.answer, "/data", wanted):
            return
        if "clientMsgId" in data:
            found.value(outcome.answer, "/data/clientMsgId", cid)
    else:
        if not _is_acked(outcome, cid, found):
            return
        assert outcome.received is not None
        data = outcome.received.data
        identity, seq, created_at = data.get("messageId"), data.get("seqId"), data.get("createdAt")
    if not (isinstance(identity, str) and isinstance(seq, int) and isinstance(created_at, int)):
        return  # not valid, and told so already
    next_seq = conversation.last_seq + 1
    is_right = seq >= next_seq if conversation.is_shared else seq == next_seq
    if not is_right:
        check = (
            {"check": "response", "step": outcome.answer.id, "pointer": "/data/seqId", "equals": next_seq}
            if outcome.answer is not None
            else {**_value_check(outcome, cid, "/data/seqId"), "equals": next_seq}
        )
        found.add("seq-gapless", "seqId", SEND, f"seqId {next_seq}", str(seq), check)
    message = Message(sent.label, identity, sent.user, sent.content, sent.kind, seq, created_at, cid)
    conversation.messages.append(message)
    conversation.is_moved = True
    if cid is not None:
        model.sends[sent.user, cid] = (conversation.label, message)
    own = outcome.socket.name if outcome.socket is not None else None
    for link in model.online(conversation, but=own):
        model.due.append(push_due(model, link.socket, conversation, message))


def push_due(model: Model, socket: str, conversation: Conversation, message: Message) -> Due:
    """Return the new-message frame that a socket has to get."""
    frame = {
        "type": "new-message",
        "data": {
            "id": message.id,
            "conversationId": conversation.id,
            "sender": model.sender(message.sender),
            "content": message.content,
            "messageType": message.kind,
            "seqId": message.seq,
            "createdAt": message.created_at,
        },
    }
    who = next((user for user, link in model.links.items() if link.socket == socket), socket)
    why = f"{who} is pushed {message.label} of {message.sender}"
    match = {"type": "new-message", "data": {"id": message.id}}
    return Due(socket, match, frame, "push-sent", PUSH, why)


def judge_repeat(model: Model, outcome: Sent, message: Message, cid: str | None, found: Findings) -> None:
    """Ask for the first answer again; nothing is pushed."""
    if outcome.answer is not None:
        if found.status(outcome.answer, 201, rule="ack-idempotent"):
            wanted = {"id": message.id, "seqId": message.seq, "createdAt": message.created_at}
            found.value(outcome.answer, "/data", wanted, rule="ack-idempotent")
        return
    if not _is_acked(outcome, cid, found, rule="ack-idempotent"):
        return
    assert outcome.received is not None
    wanted = {"messageId": message.id, "seqId": message.seq, "createdAt": message.created_at}
    for name, value in wanted.items():
        if outcome.received.data.get(name) != value:
            match = {"type": "message-ack", "data": {"client_msg_id": cid, name: outcome.received.data.get(name)}}
            check = _frame_check(outcome, match, 0)
            got = f"{name} {outcome.received.data.get(name)}"
            found.add("ack-idempotent", "message-ack", SEND, f"{name} {value} as the first time", got, check, name)
            return


def _is_acked(outcome: Sent, cid: str | None, found: Findings, rule: str = "") -> bool:
    received = outcome.received
    if received is not None and received.name == "message-ack":
        return True
    match = {"type": "message-ack", "data": {"client_msg_id": cid}}
    got = f"error {outcome.error}" if outcome.error else "nothing"
    if outcome.socket is not None and outcome.socket.closed is not None:
        got = f"closed with {outcome.socket.closed.code}"
    rule = rule or ("reply-value" if outcome.error else "reply-sent")
    found.add(rule, "send-message", f"{SEND}/reply", "a message-ack", got, _frame_check(outcome, match), got)
    return False


def _frame_check(outcome: Sent, match: dict[str, Any], most: int = 1) -> dict[str, Any]:
    name = outcome.socket.name if outcome.socket is not None else ""
    return {"check": "frame", "socket": name, "match": match, "min": 1 if most else 0, "max": most, "within_s": 3.0}


def _value_check(outcome: Sent, cid: str | None, pointer: str) -> dict[str, Any]:
    name = outcome.socket.name if outcome.socket is not None else ""
    match = {"type": "message-ack", "data": {"client_msg_id": cid}}
    return {"check": "frame-value", "socket": name, "match": match, "pointer": pointer}
