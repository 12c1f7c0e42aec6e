"""Operations that read conversations and their members: one, the members of one by pages, and the whole list.

What a list has to have is the model's; here it is held to its order, its pages, and nothing missing or too much. The
list also tells the ids of single chats that accepting a friend has opened, which the model takes over from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.conversations import conversation_id, judge_conversation, member_view
from conformance.chat.model import WORLD, Conversation, Model
from conformance.chat.operation import Findings, Operation, is_within
from conformance.chat.reading import Reads, reading_error
from conformance.contract.judge import ABSENT
from conformance.wire.http import Answer

if TYPE_CHECKING:
    from conformance.chat.room import Room


@dataclass(frozen=True)
class ShowConversation(Reads):
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
class ListMembers(Reads):
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
