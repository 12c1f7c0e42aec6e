"""Operations on friends: asking, answering, listing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.connections import online_due
from conformance.chat.conversations import add_single, id_of
from conformance.chat.model import ACCEPTED, PENDING, REJECTED, FriendRequest, Model
from conformance.chat.operation import Findings, Operation, first
from conformance.chat.presence import OFFLINE, UNSURE
from conformance.wire.http import Answer

if TYPE_CHECKING:
    from conformance.chat.room import Room

NO_REQUEST = "no-such-request"


@dataclass(frozen=True)
class AskFriend(Operation):
    """Ask somebody to be a friend; `label` names the request. `nobody` is an id that does not exist."""

    user: str
    whom: str
    label: str
    message: str | None = None

    def users(self) -> tuple[str, ...]:
        return (self.user,) if self.whom == "nobody" else (self.user, self.whom)

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and self.label not in model.requests

    async def act(self, room: Room) -> Answer:
        body: dict[str, Any] = {"targetUserId": id_of(room.model, self.whom)}
        if self.message is not None:
            body["message"] = self.message
        return await room.http(self.user, "POST", "/friends/requests", data=body)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if self.whom == self.user:
            found.status(outcome, 400, "INVALID_REQUEST")
            return
        pair = {self.user, self.whom}
        target = model.people.get(self.whom)
        error = first(
            (model.people[self.user].is_guest, 403, "FORBIDDEN"),
            (target is None, 404, "USER_NOT_FOUND"),
            (target is not None and target.is_guest, 403, "FORBIDDEN"),
            (frozenset(pair) in model.friends, 409, "CONFLICT"),
            (
                any(r.status == PENDING and {r.requester, r.target} == pair for r in model.requests.values()),
                409,
                "CONFLICT",
            ),
        )
        if error is not None:
            found.status(outcome, *error)
            return
        if not found.status(outcome, 201):
            return
        request = FriendRequest(
            self.label, str(outcome.data.get("id")), self.user, self.whom, PENDING, self.message or None
        )
        model.requests[self.label] = request
        found.value(outcome, "/data", request_view(model, request))


@dataclass(frozen=True)
class AnswerFriend(Operation):
    """Accept or reject a request. `nothing` is an id that does not exist."""

    user: str
    label: str
    accept: bool = True

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and (self.label == "nothing" or self.label in model.requests)

    async def act(self, room: Room) -> tuple[Answer, float]:
        identity = NO_REQUEST if self.label == "nothing" else room.model.requests[self.label].id
        body = {"action": "accept" if self.accept else "reject"}
        return await room.http(self.user, "PUT", f"/friends/requests/{identity}", data=body), time.monotonic()

    def judge(self, model: Model, outcome: tuple[Answer, float], found: Findings) -> None:
        answer, now = outcome
        request = model.requests.get(self.label)
        error = first(
            (model.people[self.user].is_guest, 403, "FORBIDDEN"),
            (request is None, 404, "REQUEST_NOT_FOUND"),
            (request is not None and request.target != self.user, 403, "FORBIDDEN"),
            (request is not None and request.status != PENDING, 409, "CONFLICT"),
        )
        if error is not None:
            found.status(answer, *error)
            return
        if request is None or not found.status(answer, 200):
            return
        request.status = ACCEPTED if self.accept else REJECTED
        found.value(answer, "/data", request_view(model, request))
        if self.accept:
            become_friends(model, request.requester, request.target, now)


@dataclass(frozen=True)
class ListRequests(Operation):
    """Read the requests that one received or sent."""

    user: str
    type: str | None = None
    status: int | None = None

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Answer:
        members = {"type": self.type, "status": self.status}
        query = {name: value for name, value in members.items() if value is not None}
        return await room.http(self.user, "GET", "/friends/requests", query=query)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if model.people[self.user].is_guest:
            found.status(outcome, 403, "FORBIDDEN")
            return
        if not found.status(outcome, 200):
            return
        wanted = {
            request.id: request_view(model, request)
            for request in model.requests.values()
            if (request.requester if self.type == "sent" else request.target) == self.user
            and self.status in (None, request.status)
        }
        judge_set(outcome, "/data/requests", "id", wanted, found)


@dataclass(frozen=True)
class ListFriends(Operation):
    """Read the friends."""

    user: str

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Answer:
        return await room.http(self.user, "GET", "/friends")

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if model.people[self.user].is_guest:
            found.status(outcome, 403, "FORBIDDEN")
            return
        if not found.status(outcome, 200):
            return
        wanted = {}
        for friend in model.friends_of(self.user):
            identity = model.people[friend].id
            wanted[identity] = {"userId": model.people[self.user].id, "friendId": identity, "status": 1}
        if judge_set(outcome, "/data/friends", "friendId", wanted, found):
            for index, entry in enumerate(outcome.data["friends"]):
                if "friend" in entry:
                    label = model.label_of(entry["friendId"])
                    found.value(outcome, f"/data/friends/{index}/friend", model.public(str(label)))


def become_friends(model: Model, one: str, other: str, now: float) -> None:
    """Take over a new friendship that `one` asked for: the single chat, and who is told that the other is online."""
    model.friends.add(frozenset((one, other)))
    if model.single_of(one, other) is None:
        add_single(model, one, other, "")  # its id is told by the list of conversations
    for watcher, watched in ((one, other), (other, one)):
        state = model.presence.state(watched, now)
        if watcher in model.links and state != OFFLINE:
            due = online_due(model, model.links[watcher].socket, watched, is_optional=state == UNSURE)
            # Only for two who are online is it promised; who is within the grace counts as online.
            due.is_optional = due.is_optional or watched not in model.links
            model.due.append(due)


def request_view(model: Model, request: FriendRequest) -> dict[str, Any]:
    """Return what a `FriendRequest` has to be."""
    return {
        "id": request.id,
        "requesterId": model.people[request.requester].id,
        "targetId": model.people[request.target].id,
        "status": request.status,
        **({"message": request.message} if request.message else {}),
    }


def judge_set(answer: Answer, pointer: str, key: str, wanted: dict[str, Any], found: Findings) -> bool:
    """Ask for exactly these entries, in any order; say whether they are the right ones."""
    entries = answer.data.get(pointer.rpartition("/")[2])
    if not isinstance(entries, list):
        found.value(answer, pointer, list(wanted.values()), rule="list-exact")
        return False
    ids = [entry.get(key) for entry in entries]
    if not found.that(
        sorted(map(str, ids)) == sorted(wanted), "list-exact", answer, pointer, f"exactly {sorted(wanted)}", ids
    ):
        return False
    return all(
        found.value(answer, f"{pointer}/{index}", wanted[str(entry[key])]) for index, entry in enumerate(entries)
    )
