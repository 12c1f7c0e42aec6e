"""What came of a send, and whether it is right: acknowledged, repeated or refused, and pushed to whom it has to be.

A send that is right goes into the model here, with its pushes as due. How it went out, over which edge, and which
answer it should get is for the operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.model import Conversation, Due, Message, Model
from conformance.chat.operation import Findings
from conformance.wire.http import Answer
from conformance.wire.socket import Received, Socket

if TYPE_CHECKING:
    from conformance.chat.messages import Send

SEND = "asyncapi#/operations/sendMessage"
PUSH = "asyncapi#/operations/newMessage"


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
        "reply-error", "send-message", SEND, f"an error frame with {code}", got, frame_check(outcome, match), code
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
            check = frame_check(outcome, match, 0)
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
    found.add(rule, "send-message", f"{SEND}/reply", "a message-ack", got, frame_check(outcome, match), got)
    return False


def frame_check(outcome: Sent, match: dict[str, Any], most: int = 1) -> dict[str, Any]:
    """Return a check for a frame on the connection of a send: from one to `most` come, none where that is 0."""
    name = outcome.socket.name if outcome.socket is not None else ""
    return {"check": "frame", "socket": name, "match": match, "min": 1 if most else 0, "max": most, "within_s": 3.0}


def _value_check(outcome: Sent, cid: str | None, pointer: str) -> dict[str, Any]:
    name = outcome.socket.name if outcome.socket is not None else ""
    match = {"type": "message-ack", "data": {"client_msg_id": cid}}
    return {"check": "frame-value", "socket": name, "match": match, "pointer": pointer}
