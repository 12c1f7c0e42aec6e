"""Operations that read: history by pages, the list of conversations, members, the read pointer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.chat.groups import conversation_id, judge_conversation, member_view
from conformance.chat.messages import HTTP
from conformance.chat.model import WORLD, Conversation, Model
from conformance.chat.operation import Findings, Operation, first, is_within
from conformance.contract.socket import ABSENT
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
class _Reads(Operation):
    """Something that a user reads of a conversation; `nowhere` is one that does not exist."""

    user: str
    to: str

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and model.knows(self.to)


@dataclass(frozen=True)
class History(_Reads):
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
class WalkHistory(_Reads):
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
class MarkRead(_Reads):
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


@dataclass(frozen=True)
class ShowConversation(_Reads):
    """Read a conversation with its members."""

    async def act(self, room: Room) -> Answer:
        return await room.http(self.user, "GET", f"/conversations/{conversation_id(room.model, self.to)}")

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        conversation = model.conversations.get(self.to)
        error = reading_error(conversation, self.user)
        if error is not None or conversation is None:
            found.status(outcome, *(error or (404, "")))
            return
        if not found.status(outcome, 200):
            return
        judge_conversation(model, conversation, self.user, outcome, "/data", found)
        if conversation.type == WORLD:
            found.value(outcome, "/data/members", ABSENT, rule="list-exact")
        else:
            wanted = [member_view(model, conversation, member) for member in ordered(conversation)]
            judge_members(model, outcome, wanted, found)


@dataclass(frozen=True)
class ListMembers(_Reads):
    """Read a page of the members."""

    page: int | None = None
    size: int | None = None
    role: int | None = None

    async def act(self, room: Room) -> Answer:
        members = {"page": self.page, "size": self.size, "role": self.role}
        query = {name: value for name, value in members.items() if value is not None}
        path = f"/conversations/{conversation_id(room.model, self.to)}/members"
        return await room.http(self.user, "GET", path, query=query)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        conversation = model.conversations.get(self.to)
        error = reading_error(conversation, self.user)
        if error is None and conversation is not None and conversation.type == WORLD:
            error = (403, "FORBIDDEN")
        if error is not None or conversation is None:
            found.status(outcome, *(error or (404, "")))
            return
        if not found.status(outcome, 200):
            return
        fitting = [m for m in ordered(conversation) if self.role is None or m.role == self.role]
        size, skipped = self.size or 20, ((self.page or 1) - 1) * (self.size or 20)
        wanted = [member_view(model, conversation, member) for member in fitting[skipped : skipped + size]]
        judge_members(model, outcome, wanted, found)
        found.value(outcome, "/data/hasMore", len(fitting) > skipped + size, rule="list-page")


@dataclass(frozen=True)
class ListConversations(Operation):
    """Read the whole list of conversations page by page; it has to be exactly those that the user is in."""

    user: str
    type: int | None = None
    size: int | None = None

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> list[Answer]:
        answers: list[Answer] = []
        for page in range(1, 30):
            query: dict[str, Any] = {"type": self.type, "size": self.size, "page": page if page > 1 else None}
            query = {name: value for name, value in query.items() if value is not None}
            answer = await room.http(self.user, "GET", "/conversations", query=query)
            answers.append(answer)
            if not answer.data.get("hasMore"):
                break
        return answers

    def judge(self, model: Model, outcome: list[Answer], found: Findings) -> None:
        for answer in outcome:
            if not found.status(answer, 200):
                return
        entries = [entry for answer in outcome for entry in answer.data.get("conversations", [])]
        if any("id" not in entry or "updatedAt" not in entry for entry in entries):
            return  # not valid, and told so already
        last = outcome[-1]
        wanted = [c for c in model.conversations_of(self.user) if self.type in (None, c.type)]
        # The world chat moves while others write in it, so between two pages it may come twice.
        ids = [entry["id"] for entry in entries]
        moving = {c.id for c in wanted if c.is_shared}
        known = {c.id for c in wanted}
        extra = [identity for identity in ids if identity not in known]
        missing = [c.label for c in wanted if c.id and c.id not in ids and not c.is_shared]
        # Single chats that accepting a friend opened are not known by their ids yet.
        unknown = [c for c in wanted if not c.id]
        for entry, chat in _adopted(model, self.user, [e for e in entries if e["id"] in extra], unknown):
            chat.id = entry["id"]
            extra.remove(entry["id"])
        missing += [c.label for c in unknown if not c.id]
        repeated = len(ids) - len(set(ids)) > len(moving)
        if not found.that(
            not extra and not missing and not repeated, "list-exact", last, "/data/conversations",
            f"exactly {sorted(c.label for c in wanted)}", f"missing {missing}, too many {extra}",
        ):  # fmt: skip
            return
        size = self.size or 20
        for answer in outcome:
            got = len(answer.data["conversations"])
            is_right = got == size if answer is not last else got <= size and bool(got or len(outcome) == 1 or moving)
            found.that(is_right, "list-page", answer, "/data/conversations", f"{size} on a page, none on no page", got)
        keys = [(-entry["updatedAt"], entry["id"]) for entry in entries if entry["id"] not in moving]
        found.that(
            keys == sorted(keys), "list-order", last, "/data/conversations", "by updatedAt, newest first, then id", keys
        )
        by_id = {c.id: c for c in model.conversations_of(self.user)}
        for answer in outcome:
            for index, entry in enumerate(answer.data["conversations"]):
                judge_conversation(model, by_id[entry["id"]], self.user, answer, f"/data/conversations/{index}", found)


def ordered(conversation: Conversation) -> list[Any]:
    """Return the members by joining, oldest first."""
    return sorted(conversation.members.values(), key=lambda member: member.order)


def judge_members(model: Model, outcome: Answer, wanted: list[dict[str, Any]], found: Findings) -> None:
    """Ask for these memberships in the answer, in this order."""
    entries = outcome.data.get("members")
    if not isinstance(entries, list):
        found.value(outcome, "/data/members", wanted, rule="list-exact")
        return
    got = {entry.get("userId"): entry for entry in entries if isinstance(entry, dict)}
    ids = [each["userId"] for each in wanted]
    if not found.that(
        sorted(map(str, got)) == sorted(ids) and len(entries) == len(ids),
        "list-exact", outcome, "/data/members", f"the members {ids}", list(got),
    ):  # fmt: skip
        return
    order = [entry.get("userId") for entry in entries]
    found.that(order == ids, "list-order", outcome, "/data/members", f"by joining, oldest first: {ids}", order)
    for index, entry in enumerate(entries):
        right = next(each for each in wanted if each["userId"] == entry["userId"])
        found.value(outcome, f"/data/members/{index}", right, rule="answer-value")
        if isinstance(entry.get("user"), dict):
            label = model.label_of(entry["userId"])
            if label is not None:
                found.value(outcome, f"/data/members/{index}/user", model.public(label))


def _adopted(
    model: Model, user: str, entries: list[dict[str, Any]], unknown: list[Conversation]
) -> list[tuple[dict[str, Any], Conversation]]:
    pairs = []
    for chat in unknown:
        other = next(member for member in chat.members if member != user)
        wanted = {"type": chat.type, "peer": {"id": model.people[other].id}}
        entry = next((entry for entry in entries if is_within(wanted, entry)), None)
        if entry is not None:
            pairs.append((entry, chat))
    return pairs


def _seqs(answer: Answer) -> list[int] | None:
    messages = answer.data.get("messages")
    if not isinstance(messages, list):
        return None
    return [message.get("seqId", 0) for message in messages if isinstance(message, dict)]
