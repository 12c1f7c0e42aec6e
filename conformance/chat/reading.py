"""Operations that read a conversation's messages: history by pages, and the read pointer.

Says also who may read a conversation at all, for `listing` too, which has conversations and members.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.chat.conversations import conversation_id
from conformance.chat.messages import HTTP
from conformance.chat.model import Conversation, Model
from conformance.chat.operation import Findings, Operation, first
from conformance.contract.judge import ABSENT
from conformance.wire.http import Answer
from conformance.wire.socket import Received, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

PAST = 10**9
"""A seqId past the end of every conversation."""

MARK = "asyncapi#/operations/markRead"


def reading_error(conversation: Conversation | None, user: str) -> tuple[int, str] | None:
    """Return the error of who may not read a conversation, in the declared order."""
    return first(
        (conversation is None or conversation.is_gone, 404, "CONVERSATION_NOT_FOUND"),
        (conversation is not None and user not in conversation.members, 403, "FORBIDDEN"),
    )


@dataclass(frozen=True)
class Reads(Operation):
    """Something that a user reads of a conversation; `nowhere` is one that does not exist."""

    user: str
    to: str

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and model.knows(self.to)


@dataclass(frozen=True)
class History(Reads):
    """Read one page of history: the newest, or older than `cursor`, or newer than `after`."""

    cursor: int | None = None
    after: int | None = None
    limit: int | None = None

    async def act(self, room: Room) -> Answer:
        members = {"cursor": self.cursor, "after": self.after, "limit": self.limit}
        query = {name: value for name, value in members.items() if value is not None}
        path = f"/conversations/{conversation_id(room.model, self.to)}/messages"
        return await room.http(self.user, "GET", path, query=query)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        conversation = model.conversations.get(self.to)
        if self.cursor is not None and self.after is not None:
            found.status(outcome, 400, "INVALID_REQUEST")
            return
        error = reading_error(conversation, self.user)
        if error is not None:
            found.status(outcome, *error)
            return
        if conversation is None or not found.status(outcome, 200):
            return
        if conversation.is_shared:
            self._judge_shared(model, conversation, outcome, found)
        else:
            self._judge_page(model, conversation, outcome, found)

    def _judge_page(self, model: Model, conversation: Conversation, outcome: Answer, found: Findings) -> None:
        limit = self.limit or 50
        if self.after is not None:
            fitting = [m for m in conversation.messages if m.seq > self.after]
        else:
            fitting = [m for m in reversed(conversation.messages) if self.cursor is None or m.seq < self.cursor]
        page = fitting[:limit]
        wanted = [model.wire_message(conversation, message) for message in page]
        if not found.that(
            _seqs(outcome) == [message.seq for message in page],
            "history-page", outcome, "/data/messages", f"the seqIds {[m.seq for m in page]}", _seqs(outcome),
        ):  # fmt: skip
            return
        found.value(outcome, "/data/messages", wanted, rule="history-exact")
        for index, message in enumerate(page):
            got = outcome.data["messages"][index]
            if "clientMsgId" in got:
                found.value(
                    outcome,
                    f"/data/messages/{index}/clientMsgId",
                    message.client_msg_id or ABSENT,
                    rule="history-exact",
                )
            if "sender" in got:
                found.value(
                    outcome, f"/data/messages/{index}/sender", model.public(message.sender), rule="history-exact"
                )
        found.value(outcome, "/data/hasMore", len(fitting) > limit, rule="history-page")
        found.value(outcome, "/data/nextCursor", page[-1].seq if page else ABSENT, rule="history-page")

    def _judge_shared(self, model: Model, conversation: Conversation, outcome: Answer, found: Findings) -> None:
        """Others write here too: no hole in the page, the right side of the cursor, and ours as we know them."""
        seqs = _seqs(outcome) or []
        step = 1 if self.after is not None else -1
        start = self.after + 1 if self.after is not None else self.cursor - 1 if self.cursor is not None else None
        is_right = all(b - a == step for a, b in pairwise(seqs))
        if seqs and start is not None and seqs[0] != start:
            # A cursor may be past the end, which only the server knows: the page begins with the newest, ours or later.
            is_right = is_right and self.after is None and conversation.last_seq <= seqs[0] < start
        found.that(is_right, "history-page", outcome, "/data/messages", f"seqIds without a hole from {start}", seqs)
        ours = {message.seq: message for message in conversation.messages}
        for index, seq in enumerate(seqs):
            if seq in ours:
                wanted = model.wire_message(conversation, ours[seq])
                found.value(outcome, f"/data/messages/{index}", wanted, rule="history-exact")


@dataclass(frozen=True)
class WalkHistory(Reads):
    """Read all history in pages of `limit`, forwards (`after`) or backwards."""

    limit: int = 3
    forwards: bool = False

    async def act(self, room: Room) -> list[Answer]:
        path = f"/conversations/{conversation_id(room.model, self.to)}/messages"
        answers: list[Answer] = []
        position: int | None = 0 if self.forwards else None
        for _ in range(40):
            query: dict[str, Any] = {"limit": self.limit}
            if position is not None:
                query["after" if self.forwards else "cursor"] = position
            answer = await room.http(self.user, "GET", path, query=query)
            answers.append(answer)
            position = answer.data.get("nextCursor") if answer.is_success else None
            if not answer.data.get("hasMore") or not isinstance(position, int):
                break
        return answers

    def judge(self, model: Model, outcome: list[Answer], found: Findings) -> None:
        conversation = model.conversations.get(self.to)
        error = reading_error(conversation, self.user)
        if error is not None or conversation is None:
            found.status(outcome[0], *(error or (404, "")))
            return
        if conversation.is_shared:
            return
        seqs = [seq for answer in outcome for seq in _seqs(answer) or []]
        wanted = sorted((m.seq for m in conversation.messages), reverse=not self.forwards)
        found.that(
            seqs == wanted, "history-page", outcome[-1], "/data/messages", f"page by page {wanted}", seqs,
        )  # fmt: skip


@dataclass(frozen=True)
class MarkRead(Reads):
    """Move the read pointer to a seqId, over either edge."""

    seq: int = PAST
    edge: str = HTTP

    def applies(self, model: Model) -> bool:
        return super().applies(model) and (self.edge == HTTP or self.user in model.links)

    async def act(self, room: Room) -> Answer | tuple[Socket, Received | None]:
        identity = conversation_id(room.model, self.to)
        if self.edge == HTTP:
            return await room.http(self.user, "PUT", f"/conversations/{identity}/read", data={"seqId": self.seq})
        socket = room.socket_of(self.user)
        assert socket is not None
        socket.send({"type": "mark-read", "data": {"conversationId": identity, "seqId": self.seq}})
        socket.send({"type": "ping"})  # its pong comes after the mark-read has had its effect
        seen: list[Received] = []

        def answered(received: Received) -> bool:
            return received.name in ("pong", "error")

        received = await room.reply(socket, answered)
        if received is not None and received.name == "error":
            seen.append(received)
            received = await room.reply(socket, lambda other: other.name == "pong")
        return socket, seen[0] if seen else received

    def judge(self, model: Model, outcome: Answer | tuple[Socket, Received | None], found: Findings) -> None:
        conversation = model.conversations.get(self.to)
        error = reading_error(conversation, self.user)
        if isinstance(outcome, Answer):
            if error is not None:
                found.status(outcome, *error)
                return
            if conversation is None or not found.status(outcome, 200):
                return
            self._move(conversation)
            if not conversation.is_shared:
                found.value(outcome, "/data/unreadCount", conversation.unread(self.user), rule="unread-exact")
            return
        socket, received = outcome
        code = received.data.get("code") if received is not None and received.name == "error" else None
        if code != (error[1] if error else None) or received is None:
            wanted = {"type": "error", "data": {"code": error[1]}} if error else {"type": "error"}
            check = {"check": "frame", "socket": socket.name, "match": wanted, "within_s": 3.0}
            check |= {"min": 1, "max": 1} if error else {"min": 0, "max": 0}
            expected = f"an error frame with {error[1]}" if error else "no error"
            found.add("reply-error", "mark-read", MARK, expected, code or "no error", check, error[1] if error else "")
        elif error is None and conversation is not None:
            self._move(conversation)

    def _move(self, conversation: Conversation) -> None:
        member = conversation.members[self.user]
        if conversation.is_shared:
            return
        member.pointer = max(member.pointer, min(self.seq, conversation.last_seq))


def _seqs(answer: Answer) -> list[int] | None:
    messages = answer.data.get("messages")
    if not isinstance(messages, list):
        return None
    return [message.get("seqId", 0) for message in messages if isinstance(message, dict)]
