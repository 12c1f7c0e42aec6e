"""Operations on accounts: registering, logging in, the profile and its picture, search.

What becomes of a login afterwards, and of its tokens, is for `tokens`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.chat.model import Login, Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.tokens import judge_challenge, judge_session
from conformance.wire.http import Answer

if TYPE_CHECKING:
    from conformance.chat.room import Room


@dataclass(frozen=True)
class Register(Operation):
    """Register another account, with a name in some relation to the user's.

    Attributes:
        name: `same` or `upper`, which is taken, or `new`, which has a capital letter.
        label: What a new name begins with.
    """

    user: str
    name: str = "upper"
    label: str = "x"

    async def act(self, room: Room) -> tuple[str, Answer]:
        username = room.model.people[self.user].username
        username = {"same": username, "upper": username.swapcase(), "new": f"{self.label.title()}-{room.marker}"}[
            self.name
        ]
        body = {"username": username, "password": "a long enough password"}
        return username, await room.http(self.user, "POST", "/auth/register", token=None, data=body)

    def judge(self, model: Model, outcome: tuple[str, Answer], found: Findings) -> None:
        username, answer = outcome
        taken = model.names | {person.username.lower() for person in model.people.values()}
        if username.lower() in taken:
            found.status(answer, 409, "USERNAME_TAKEN")
        elif found.status(answer, 201):
            model.names.add(username.lower())
            found.value(answer, "/data/user", {"username": username, "isGuest": False})


@dataclass(frozen=True)
class LogIn(Operation):
    """Log in again, beside the logins that there are; `label` names the new one, which the user goes on with.

    Attributes:
        how: `right`; `upper`, the name in the other case; `wrong password`; `unknown name`.
    """

    user: str
    label: str
    how: str = "right"

    def applies(self, model: Model) -> bool:
        return not model.people[self.user].is_guest and self.label not in model.logins

    async def act(self, room: Room) -> Answer:
        person = room.model.people[self.user]
        name = {"upper": person.username.swapcase(), "unknown name": f"nobody-{room.marker}"}.get(
            self.how, person.username
        )
        password = "not the password" if self.how == "wrong password" else person.password
        return await room.http(
            self.user, "POST", "/auth/login", token=None, data={"username": name, "password": password}
        )

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if self.how in ("wrong password", "unknown name"):
            found.status(outcome, 401, "INVALID_CREDENTIALS")
            judge_challenge(outcome, found)
            return
        if found.status(outcome, 200) and judge_session(model, self.user, outcome, found):
            data = outcome.data
            model.logins[self.label] = Login(self.label, self.user, [data["accessToken"]], data["refreshToken"])
            model.current[self.user] = self.label


@dataclass(frozen=True)
class ShowProfile(Operation):
    """Read one's own account."""

    user: str

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Answer:
        return await room.http(self.user, "GET", "/users/profile")

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if found.status(outcome, 200, rule="token-alive"):
            found.value(outcome, "/data", model.public(self.user))


@dataclass(frozen=True)
class ChangeAvatar(Operation):
    """Give oneself a picture."""

    user: str
    avatar: str = "https://img.example.com/a.png"

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Answer:
        return await room.http(self.user, "PUT", "/users/profile", data={"avatarUrl": self.avatar})

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if model.people[self.user].is_guest:
            found.status(outcome, 403, "FORBIDDEN")
        elif found.status(outcome, 200):
            model.people[self.user].avatar = self.avatar
            found.value(outcome, "/data", model.public(self.user))


@dataclass(frozen=True)
class Search(Operation):
    """Search for a user by the beginning of a name.

    Attributes:
        whom: Whose name.
        how: `exact`, `upper` (without regard to case), `prefix` (all but the last 2), `suffix` (finds nothing), `first`
            (one letter, so that many are found); `=x` looks for names that begin with x and this run's marker.
    """

    user: str
    whom: str
    how: str = "upper"
    limit: int | None = None

    def users(self) -> tuple[str, ...]:
        return (self.user, self.whom)

    def renamed(self, prefix: str) -> Operation:
        return replace(self, how=f"={prefix}{self.how[1:]}") if self.how.startswith("=") else self

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> tuple[str, Answer]:
        name = room.model.people[self.whom].username
        q = {"upper": name.upper(), "prefix": name[:-2], "suffix": name[1:], "first": name[:1]}.get(self.how, name)
        if self.how.startswith("="):
            q = f"{self.how[1:]}-{room.marker}"
        query: dict[str, Any] = {"q": q} | ({"limit": self.limit} if self.limit is not None else {})
        return q, await room.http(self.user, "GET", "/users/search", query=query)

    def judge(self, model: Model, outcome: tuple[str, Answer], found: Findings) -> None:
        q, answer = outcome
        if model.people[self.user].is_guest:
            found.status(answer, 403, "FORBIDDEN")
            return
        if not found.status(answer, 200):
            return
        entries = answer.data.get("users", [])
        names = [str(entry.get("username", "")) for entry in entries]
        pointer = "/data/users"
        strays = [name for name in names if not name.lower().startswith(q.lower())]
        found.that(not strays, "list-exact", answer, pointer, f"names that begin with {q}", strays)
        order = [name.lower() for name in names]
        found.that(order == sorted(order), "list-order", answer, pointer, "sorted by the lower-case name", names)
        found.that(len(names) == len(set(order)), "list-exact", answer, pointer, "nobody twice", names)
        guests = [entry.get("username") for entry in entries if entry.get("isGuest")]
        found.that(not guests, "list-exact", answer, pointer, "no guests", guests)
        limit = self.limit or 10
        found.that(len(names) <= limit, "list-page", answer, pointer, f"at most {limit}", len(names))
        # Our own accounts alone are that many: a full page is due.
        known = [p for p in model.people.values() if not p.is_guest and p.username.lower().startswith(q.lower())]
        at_least = min(limit, len(known))
        found.that(len(names) >= at_least, "list-page", answer, pointer, f"at least {at_least}", len(names))
        whom = model.people[self.whom]
        if (
            not whom.is_guest
            and whom.username.lower().startswith(q.lower())
            and self.how != "suffix"
            and len(names) < limit
        ):
            index = next((n for n, entry in enumerate(entries) if entry.get("id") == whom.id), None)
            if found.that(index is not None, "list-exact", answer, pointer, f"{whom.username} among them", names):
                found.value(answer, f"{pointer}/{index}", model.public(self.whom))
