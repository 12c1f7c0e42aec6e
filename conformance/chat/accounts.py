"""Operations on accounts: registering, logging in and out, tokens and their end, profiles, search."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.chat.connections import CHANNEL
from conformance.chat.model import Due, Login, Model
from conformance.chat.operation import Findings, Operation
from conformance.wire.http import Answer
from conformance.wire.socket import HandshakeRefused, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

AUTH_CLOSE = 4401
AUTH_FAILED = "AUTH_FAILED"
BAD_TOKENS = ("none", "garbage", "tampered", "refresh", "empty")
"""Ways in which a token is no valid access token: not sent, no token, another signature, of the wrong kind, empty."""


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
class UseLogin(Operation):
    """Go on with another login of the user."""

    user: str
    label: str

    def applies(self, model: Model) -> bool:
        return self.label in model.logins and model.logins[self.label].user == self.user

    async def act(self, room: Room) -> None:
        return None

    def judge(self, model: Model, outcome: None, found: Findings) -> None:
        model.current[self.user] = self.label


@dataclass(frozen=True)
class LogOut(Operation):
    """End the user's current login; the socket that was opened under it is closed."""

    user: str

    def applies(self, model: Model) -> bool:
        return self.user in model.current

    async def act(self, room: Room) -> tuple[Answer, float]:
        at = time.monotonic()
        return await room.http(self.user, "POST", "/auth/logout"), at

    def judge(self, model: Model, outcome: tuple[Answer, float], found: Findings) -> None:
        answer, at = outcome
        login = model.login_of(self.user)
        assert login is not None
        if not login.is_alive:
            found.status(answer, 401, AUTH_FAILED, rule="token-ended")
            return
        if found.status(answer, 200):
            end_login(model, login, at, "logout")


@dataclass(frozen=True)
class Refresh(Operation):
    """Take a new pair of tokens; `spent`: with a refresh token that was used already, which ends the whole login."""

    user: str
    spent: bool = False

    def applies(self, model: Model) -> bool:
        login = model.login_of(self.user)
        return login is not None and (bool(login.spent) or not self.spent)

    async def act(self, room: Room) -> tuple[Answer, float]:
        login = room.model.login_of(self.user)
        assert login is not None
        token = login.spent[-1] if self.spent else login.refresh
        at = time.monotonic()
        return await room.http(self.user, "POST", "/auth/refresh", token=None, data={"refreshToken": token}), at

    def judge(self, model: Model, outcome: tuple[Answer, float], found: Findings) -> None:
        answer, at = outcome
        login = model.login_of(self.user)
        assert login is not None
        used = answer.sent["refreshToken"]
        if not login.is_alive:
            found.status(answer, 401, AUTH_FAILED, rule="token-ended")
        elif used in login.spent:
            if found.status(answer, 401, AUTH_FAILED, rule="token-ended"):
                end_login(model, login, at, "reuse of a refresh token")
        elif found.status(answer, 200, rule="token-alive") and judge_session(model, self.user, answer, found):
            login.spent.append(login.refresh)
            login.refresh = answer.data["refreshToken"]
            login.access.append(answer.data["accessToken"])
            is_new = login.refresh not in login.spent
            found.that(is_new, "answer-value", answer, "/data/refreshToken", "a new one", "the old", **{"not": used})


@dataclass(frozen=True)
class TryTokens(Operation):
    """Use every access token that a user's logins ever had: those of living logins are valid, all others are not."""

    user: str

    async def act(self, room: Room) -> list[tuple[str, Answer]]:
        tokens = [
            (login.label, token)
            for login in room.model.logins.values()
            if login.user == self.user
            for token in login.access
        ]
        return [(label, await room.http(self.user, "GET", "/users/profile", token=token)) for label, token in tokens]

    def judge(self, model: Model, outcome: list[tuple[str, Answer]], found: Findings) -> None:
        for label, answer in outcome:
            if model.logins[label].is_alive:
                found.status(answer, 200, rule="token-alive")
            else:
                found.status(answer, 401, AUTH_FAILED, rule="token-ended")
                judge_challenge(answer, found)


@dataclass(frozen=True)
class BadToken(Operation):
    """Ask with a token that is not valid, over either edge."""

    user: str
    how: str = "garbage"
    edge: str = "http"

    async def act(self, room: Room) -> Answer | Socket | HandshakeRefused:
        login = next(login for login in room.model.logins.values() if login.user == self.user)
        access = login.access[0]
        head, _, signature = access.rpartition(".")
        swapped = signature[:-6] + ("AAAAAA" if not signature.endswith("AAAAAA") else "BBBBBB")
        token = {
            "none": None, "garbage": "no-token", "tampered": f"{head}.{swapped}", "refresh": login.refresh, "empty": ""
        }[self.how]  # fmt: skip
        if self.edge == "http":
            if token == "":
                return await room.http(
                    self.user, "GET", "/users/profile", token=None, headers={"Authorization": "Bearer"}
                )
            return await room.http(self.user, "GET", "/users/profile", token=token)
        socket = await room.open(self.user, {} if token is None else {"token": token})
        if isinstance(socket, Socket):
            await socket.wait_closed(room.patience_s)
        return socket

    def judge(self, model: Model, outcome: Answer | Socket | HandshakeRefused, found: Findings) -> None:
        if isinstance(outcome, Answer):
            found.status(outcome, 401, AUTH_FAILED, rule="token-ended")
            judge_challenge(outcome, found)
        elif isinstance(outcome, HandshakeRefused):
            check = {"check": "close", "socket": "", "codes": [AUTH_CLOSE], "within_s": 3.0}
            found.add("close-made", "4401", CHANNEL, "an upgrade, an error frame and 4401", str(outcome), check)
        else:
            model.due.append(auth_due(outcome.name))
            model.closing[outcome.name] = (AUTH_CLOSE, "bad token")


@dataclass(frozen=True)
class SpellScheme(Operation):
    """Ask with the scheme of the Authorization header in other case: it does not matter."""

    user: str
    scheme: str = "bearer"

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Answer:
        login = room.model.login_of(self.user)
        assert login is not None
        headers = {"Authorization": f"{self.scheme} {login.access[-1]}"}
        return await room.http(self.user, "GET", "/users/profile", token=None, headers=headers)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        found.status(outcome, 200, rule="token-alive", why=f"the scheme written {self.scheme}")


@dataclass(frozen=True)
class ConnectWithEnded(Operation):
    """Connect with the access token of a login that has ended."""

    user: str

    def applies(self, model: Model) -> bool:
        login = model.login_of(self.user)
        return login is not None and not login.is_alive

    async def act(self, room: Room) -> Socket | HandshakeRefused:
        login = room.model.login_of(self.user)
        assert login is not None
        socket = await room.open(self.user, {"token": login.access[0]})
        if isinstance(socket, Socket):
            await socket.wait_closed(room.patience_s)
        return socket

    def judge(self, model: Model, outcome: Socket | HandshakeRefused, found: Findings) -> None:
        BadToken(self.user, edge="ws").judge(model, outcome, found)


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


def judge_session(model: Model, user: str, answer: Answer, found: Findings) -> bool:
    """Ask for the session of this user in an answer."""
    life_s = model.token_life_s
    return (
        found.value(answer, "/data/user", model.public(user))
        and (
            life_s is None or found.value(answer, "/data/expiresIn", life_s, what="the access token's life in seconds")
        )
        and isinstance(answer.data.get("accessToken"), str)
    )


def judge_challenge(answer: Answer, found: Findings) -> None:
    """Ask for `WWW-Authenticate: Bearer` on a 401."""
    got = answer.headers.get("www-authenticate", "")
    if answer.status == 401 and not got.lower().startswith("bearer"):
        subject = answer.operation.id if answer.operation else answer.path
        check = {"check": "response", "step": answer.id, "status": [401]}
        found.add("answer-header", subject, "openapi#/info", "WWW-Authenticate: Bearer", got or "nothing", check)


def end_login(model: Model, login: Login, at: float, why: str) -> None:
    """Take over that a login has ended: its socket is told and closed."""
    login.is_alive = False
    end_socket(model, login, at, why)


def end_socket(model: Model, login: Login, at: float, why: str) -> None:
    """Take over that the socket of a login, where there is one, is told and closed."""
    link = model.links.get(login.user)
    if link is not None and link.login == login.label:
        model.forget_socket(link.socket)
        model.presence.disconnect(login.user, at)
        model.due.append(auth_due(link.socket))
        model.closing[link.socket] = (AUTH_CLOSE, why)


def auth_due(socket: str) -> Due:
    """Return the error frame that comes before the close with 4401."""
    match = {"type": "error", "data": {"code": AUTH_FAILED}}
    return Due(
        socket, match, match, "close-told", f"{CHANNEL}/x-close-codes", "an error frame with AUTH_FAILED before 4401"
    )
