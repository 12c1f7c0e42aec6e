"""Operations on conversations and their members: opening, editing, adding, removing, leaving, roles.

Who may do so, and what a conversation looks like then, is for `conversations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.conversations import (
    add_single,
    conversation_id,
    id_of,
    judge_conversation,
    member_view,
    named_error,
    remove,
    role_error,
)
from conformance.chat.model import ADMIN, GROUP, MEMBER, OWNER, SINGLE, Conversation, Model
from conformance.chat.operation import Findings, Operation, first
from conformance.wire.http import Answer

if TYPE_CHECKING:
    from conformance.chat.room import Room


@dataclass(frozen=True)
class CreateGroup(Operation):
    """Open a group; `label` names it. Members may repeat, or be oneself, `nobody` (404) or a guest (403)."""

    user: str
    label: str
    members: tuple[str, ...] = ()
    name: str = "a group"
    description: str | None = None

    def users(self) -> tuple[str, ...]:
        return (self.user, *(member for member in self.members if member != "nobody"))

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and self.label not in model.conversations

    async def act(self, room: Room) -> Answer:
        body: dict[str, Any] = {
            "type": GROUP,
            "members": [id_of(room.model, m) for m in self.members],
            "name": self.name,
        }
        if self.description is not None:
            body["description"] = self.description
        return await room.http(self.user, "POST", "/conversations", data=body)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        error = named_error(model, self.user, self.members)
        if error is not None:
            found.status(outcome, *error, rule="error-order" if len(set(self.members)) > 1 else "answer-status")
            return
        if not found.status(outcome, 201):
            return
        group = Conversation(
            self.label, str(outcome.data.get("id")), GROUP, name=self.name, description=self.description
        )
        group.join(self.user, OWNER)
        for member in self.members:
            if member not in group.members:
                group.join(member)
        model.conversations[self.label] = group
        judge_conversation(model, group, self.user, outcome, "/data", found)


@dataclass(frozen=True)
class OpenSingle(Operation):
    """Open the single chat with somebody; there is one for each pair, named by both labels in order."""

    user: str
    whom: str

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and self.user != self.whom

    async def act(self, room: Room) -> Answer:
        body = {"type": SINGLE, "members": [id_of(room.model, self.whom)]}
        return await room.http(self.user, "POST", "/conversations", data=body)

    def users(self) -> tuple[str, ...]:
        return (self.user,) if self.whom == "nobody" else (self.user, self.whom)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        error = named_error(model, self.user, (self.whom,))
        if error is not None:
            found.status(outcome, *error)
            return
        chat = model.single_of(self.user, self.whom)
        if not found.status(outcome, 201 if chat is None else 200):
            return
        identity = str(outcome.data.get("id"))
        if chat is None:
            chat = add_single(model, self.user, self.whom, identity)
        else:
            if not chat.id:
                chat.id = identity  # opened by accepting a request, which does not tell the id
            found.value(outcome, "/data/id", chat.id, what="the one single chat of the pair")
        judge_conversation(model, chat, self.user, outcome, "/data", found)


@dataclass(frozen=True)
class EditGroup(Operation):
    """Change a group's name, description or picture."""

    user: str
    to: str
    name: str | None = None
    description: str | None = None
    avatar: str | None = None

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and model.knows(self.to)

    async def act(self, room: Room) -> Answer:
        members = {"name": self.name, "description": self.description, "avatarUrl": self.avatar}
        body = {name: value for name, value in members.items() if value is not None}
        return await room.http(self.user, "PUT", f"/conversations/{conversation_id(room.model, self.to)}", data=body)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        group = model.conversations.get(self.to)
        error = role_error(group, self.user, least=ADMIN)
        if error is not None:
            found.status(outcome, *error)
            return
        if group is None or not found.status(outcome, 200):
            return
        group.name = self.name or group.name
        group.description = group.description if self.description is None else self.description
        group.avatar = self.avatar or group.avatar
        group.is_moved = True
        judge_conversation(model, group, self.user, outcome, "/data", found)


@dataclass(frozen=True)
class AddMembers(Operation):
    """Add members to a group. Who is in it comes back unchanged; `nobody` is an id that does not exist."""

    user: str
    to: str
    members: tuple[str, ...]

    def users(self) -> tuple[str, ...]:
        return (self.user, *(member for member in self.members if member != "nobody"))

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and model.knows(self.to)

    async def act(self, room: Room) -> Answer:
        body = {"members": [id_of(room.model, member) for member in self.members]}
        path = f"/conversations/{conversation_id(room.model, self.to)}/members"
        return await room.http(self.user, "POST", path, data=body)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        group = model.conversations.get(self.to)
        error = role_error(group, self.user, least=ADMIN) or named_error(model, "", self.members)
        if error is not None:
            found.status(outcome, *error)
            return
        if group is None or not found.status(outcome, 201):
            return
        named = [member for member in dict.fromkeys(self.members) if member != self.user]
        for member in named:
            if member not in group.members:
                group.join(member)
        wanted = {model.people[member].id: group.members[member].role for member in named}
        entries = outcome.data.get("members")
        got = {each.get("userId"): each.get("role") for each in entries} if isinstance(entries, list) else None
        if self.user in self.members and got is not None:
            got.pop(model.people[self.user].id, None)  # oneself is ignored: shown or not
        found.that(
            got == wanted and (entries is None or len(entries) <= len(named) + 1),
            "answer-value", outcome, "/data/members", f"the memberships {wanted}", got,
        )  # fmt: skip


@dataclass(frozen=True)
class RemoveMember(Operation):
    """Remove a member from a group, or leave it, where `whom` is oneself."""

    user: str
    to: str
    whom: str

    def users(self) -> tuple[str, ...]:
        return (self.user,) if self.whom == "nobody" else (self.user, self.whom)

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and model.knows(self.to)

    async def act(self, room: Room) -> Answer:
        identity = conversation_id(room.model, self.to)
        return await room.http(self.user, "DELETE", f"/conversations/{identity}/members/{id_of(room.model, self.whom)}")

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        group = model.conversations.get(self.to)
        error = role_error(group, self.user, least=MEMBER if self.whom == self.user else ADMIN)
        if error is None and group is not None:
            mine, other = group.members[self.user], group.members.get(self.whom)
            error = first(
                (other is None, 404, "USER_NOT_FOUND"),
                (other is not None and other is not mine and other.role >= mine.role, 403, "FORBIDDEN"),
                (other is not None and other is not mine and other.role == OWNER, 403, "FORBIDDEN"),
            )
        if error is not None:
            found.status(outcome, *error)
            return
        if group is None or not found.status(outcome, 200):
            return
        remove(group, self.whom)


@dataclass(frozen=True)
class SetRole(Operation):
    """Give a member another role; 3 hands the ownership over."""

    user: str
    to: str
    whom: str
    role: int

    def users(self) -> tuple[str, ...]:
        return (self.user,) if self.whom == "nobody" else (self.user, self.whom)

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and model.knows(self.to)

    async def act(self, room: Room) -> Answer:
        identity = conversation_id(room.model, self.to)
        path = f"/conversations/{identity}/members/{id_of(room.model, self.whom)}"
        return await room.http(self.user, "PUT", path, data={"role": self.role})

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        group = model.conversations.get(self.to)
        error = role_error(group, self.user, least=OWNER)
        if error is None and group is not None:
            error = first(
                (self.whom not in group.members, 404, "USER_NOT_FOUND"),
                (self.whom == self.user and self.role != OWNER, 403, "FORBIDDEN"),
            )
        if error is not None:
            found.status(outcome, *error)
            return
        if group is None or not found.status(outcome, 200):
            return
        group.members[self.whom].role = self.role
        if self.role == OWNER and self.whom != self.user:
            group.members[self.user].role = ADMIN
        found.value(outcome, "/data", member_view(model, group, group.members[self.whom]))
