"""Operations on logins and their tokens: another login, logging out, fresh tokens, and tokens that are no good.

Says as well what the end of a login does to its socket, and how an answer with new tokens or a 401 has to look, for
those who log in (`accounts`) or let a token's time run out (`expiry`). Makes neither accounts nor logins.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
