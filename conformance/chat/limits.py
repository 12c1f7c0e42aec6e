"""Operations that meet the rates on purpose: sends and logins. Each needs what `x-limits` says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from conformance.chat.messages import client_msg_id, send_frame
from conformance.chat.model import Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.sent import SEND
from conformance.wire.http import Answer
from conformance.wire.socket import Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

CHANNEL = "asyncapi#/channels/ws"
LIMITS = "asyncapi#/x-limits"
RATE_ABUSED = 4429


LONGEST_S = 25.0
"""How long a limit is looked for."""

RETRIES = 6
"""How often the time that a refusal asks for is kept to the millisecond: on a slow machine it passes by itself."""


@dataclass(frozen=True)
class Flood(Operation):
    """Send as fast as can be, to a conversation that does not exist, until the server refuses, and on until it closes.

    What is refused for its conversation counts for the rate all the same, and nothing is stored or pushed.

    Attributes:
        until_closed: Go on until the connection is closed for it; else stop at the first refusals.
    """

    user: str
    until_closed: bool = False
    is_slow: ClassVar[bool] = True

    def applies(self, model: Model) -> bool:
        return self.user in model.links

    async def act(self, room: Room) -> tuple[Socket, list[dict[str, Any]], int, float]:
        limits = room.run.socket.limits
        socket = room.socket_of(self.user)
        assert socket is not None
        room.spend(self.user)
        count = int(limits.message_burst) + 20
        if self.until_closed:
            count = int(limits.message_burst + limits.refused_before_close * 1.6) + 40
        began = time.monotonic()
        start = len(socket.received)
        for number in range(count):
            cid = client_msg_id(room, f"flood{number}")
            socket.send(send_frame("no-such-conversation", "hello", 1, cid))
            if number % 20 == 19:
                await asyncio.sleep(0)

        def answers() -> list[dict[str, Any]]:
            return [r.data for r in socket.received[start:] if r.name == "error"]

        await socket.wait_until(lambda: len(answers()) >= count or socket.closed is not None, room.patience_s * 2)
        for received in socket.received[start:]:
            if received.name == "error":
                received.taken = True
        return socket, answers(), count, time.monotonic() - began

    def judge(self, model: Model, outcome: tuple[Socket, list[dict[str, Any]], int, float], found: Findings) -> None:
        socket, errors, count, seconds = outcome
        limits = socket.contract.limits
        refused = [data for data in errors if data.get("code") == "RATE_LIMITED"]
        done = len(errors) - len(refused)
        match = {"type": "error", "data": {"code": "RATE_LIMITED"}}
        check = {"check": "frame", "socket": socket.name, "match": match, "min": 1, "max": 10_000, "within_s": 3.0}
        most = limits.message_burst + limits.messages_per_s * (seconds + 1) + 1
        if done > most:
            found.add(
                "limit-kept",
                "send-message",
                LIMITS,
                f"at most {most:.0f} of {count} in {seconds:.1f} s",
                str(done),
                check,
                "rate",
            )
        elif not self.until_closed and done < min(limits.message_burst, count) - 1:
            wanted = f"a burst of {limits.message_burst:g}"
            few = {**check, "min": 0, "max": 0}
            found.add("limit-kept", "send-message", LIMITS, wanted, f"{done} of {count}", few, "burst")
        bad = next((data for data in refused if not isinstance(data["details"].get("retryAfterMs"), int)), None)
        if bad is not None:
            found.add("error-details", "RATE_LIMITED", LIMITS, "details.retryAfterMs", str(bad["details"]), check)
        nameless = [data for data in errors if "client_msg_id" not in data["details"]]
        if nameless:
            found.add(
                "error-details", str(nameless[0]["code"]), SEND, "details.client_msg_id", "none", check, "client_msg_id"
            )
        if self.until_closed:
            model.closing[socket.name] = (RATE_ABUSED, "refused too often")
            model.presence.disconnect(self.user, time.monotonic())
            model.links.pop(self.user, None)
            if len(refused) < limits.refused_before_close * 0.9:
                few = {"check": "close", "socket": socket.name, "codes": [], "within_s": 2.0}
                wanted = f"closed after {limits.refused_before_close} refusals"
                found.add("limit-kept", "4429", LIMITS, wanted, f"after {len(refused)}", few, "abuse")


@dataclass(frozen=True)
class Flooded:
    """The answers until the first refusal; then what came after each wait for as many ms as a refusal asked for."""

    answers: list[Answer]
    retries: list[tuple[int, Answer]]


@dataclass(frozen=True)
class FloodHttp(Operation):
    """Send over HTTP until the rate is met: 429 with retryAfterMs and Retry-After. After that time one more may go."""

    user: str
    is_slow: ClassVar[bool] = True

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> Flooded:
        limits = room.run.socket.limits
        body = {"messageType": 1, "content": "hello"}
        path = "/conversations/no-such-conversation/messages"

        async def ask() -> Answer:
            return await room.http(self.user, "POST", path, data=body)

        room.spend(self.user)
        answers = await until_refused(ask, limits.message_burst, limits.messages_per_s * 60)
        retries: list[tuple[int, Answer]] = []
        for _ in range(RETRIES if answers else 0):
            wait_ms = await self._refusal_ms(ask, int(limits.message_burst) + 1)
            if wait_ms is None or wait_ms > LONGEST_S * 1000 / RETRIES:
                break
            await room.wait(wait_ms / 1000)
            retries.append((wait_ms, await ask()))
        return Flooded(answers, retries)

    async def _refusal_ms(self, ask: Callable[[], Awaitable[Answer]], most: int) -> int | None:
        """Ask one by one until 429, and return its time; None when none comes, or one without a time."""
        for _ in range(most):
            answer = await ask()
            if answer.status == 429:
                return retry_after_ms(answer)
        return None

    def judge(self, model: Model, outcome: Flooded, found: Findings) -> None:
        judge_refused(outcome.answers, "sends", found)
        too_soon = next(((wait_ms, answer) for wait_ms, answer in outcome.retries if answer.status == 429), None)
        if too_soon is not None:
            wait_ms, answer = too_soon
            found.status(answer, 404, rule="limit-kept", why=f"after the {wait_ms} ms that were asked for")


@dataclass(frozen=True)
class FailedLogins(Operation):
    """Fail to log in until the server refuses to look: 429 after `failedLoginsPerMin`."""

    user: str
    is_slow: ClassVar[bool] = True

    async def act(self, room: Room) -> list[Answer]:
        limit = room.run.socket.limits.failed_logins_per_min
        body = {"username": room.model.people[self.user].username, "password": "not the password"}
        return await until_refused(
            lambda: room.http(self.user, "POST", "/auth/login", token=None, data=body), limit, limit, at_once=1
        )

    def judge(self, model: Model, outcome: list[Answer], found: Findings) -> None:
        judge_refused(outcome, "failed logins", found)


@dataclass(frozen=True)
class LoginFlood(Operation):
    """Make guests from one address until the server refuses: 429 after `loginsPerMin`.

    Only where we have addresses to spare: elsewhere nobody could log in for a minute.
    """

    user: str
    is_slow: ClassVar[bool] = True

    async def act(self, room: Room) -> list[Answer]:
        if not room.run.addresses.are_many:
            return []
        limit = room.run.socket.limits.logins_per_min
        client = room.fresh_client(self.user)
        assert room.run.http is not None
        path = f"{room.run.http.base}/auth/guest"
        try:
            answers = await until_refused(lambda: client.request("POST", path, data={}), limit, limit)
            if any(answer.status == 429 for answer in answers):
                # The three share the limit; a token may have come back meanwhile, so what they answer is not asked for.
                body = {"username": f"late-{room.marker}", "password": "correct horse battery"}
                for what in ("register", "login"):
                    await client.request("POST", f"{room.run.http.base}/auth/{what}", data=body)
            return answers
        finally:
            await client.close()

    def judge(self, model: Model, outcome: list[Answer], found: Findings) -> None:
        judge_refused(outcome, "logins of one address", found)


async def until_refused(
    ask: Callable[[], Awaitable[Answer]], burst: float, per_min: float, *, at_once: int = 4
) -> list[Answer]:
    """Ask again and again until 429, or until more was allowed than the limit; return the answers, in any order.

    Returns:
        Empty when the server was too slow for the limit to be met.
    """
    answers: list[Answer] = []
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_S:
        answers += await asyncio.gather(*(ask() for _ in range(at_once)))
        is_too_many = len(answers) > burst + per_min * (time.monotonic() - began + 1.0) / 60 + at_once
        if is_too_many or any(answer.status == 429 for answer in answers):
            return answers
    return []


def judge_refused(answers: list[Answer], what: str, found: Findings) -> None:
    """Ask for a 429 among the answers, with the time to wait in details and in the header."""
    if not answers:
        return
    limited = next((answer for answer in answers if answer.status == 429), answers[-1])
    if not found.status(limited, 429, "RATE_LIMITED", rule="limit-kept", why=f"after {len(answers)} {what}"):
        return
    ms = retry_after_ms(limited)
    if ms is None:
        found.value(limited, "/details/retryAfterMs", 1, rule="error-details")
        return
    got = limited.headers.get("retry-after", "nothing")
    if got not in (str(-(-ms // 1000)), str(max(1, -(-ms // 1000)))):
        check = {"check": "response", "step": limited.id, "status": [429]}
        found.add("answer-header", "Retry-After", "openapi#/info", f"{ms} ms in seconds, rounded up", got, check)


def retry_after_ms(refused: Answer) -> int | None:
    """Return how long a refusal asks to wait, None when it does not say."""
    details = refused.body.get("details") if isinstance(refused.body, dict) else None
    ms = details.get("retryAfterMs") if isinstance(details, dict) else None
    return ms if isinstance(ms, int) else None
