"""Repeats a trace against a server and says whether the violation shows again.

Works with any server that answers: where one answers otherwise than the recorded one did, a step that needs a value
which did not come ends the replay as not reproduced. Knows no chat and judges by the trace's own check only.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from conformance.contract.http import HttpContract
from conformance.contract.judge import ABSENT, compiler
from conformance.contract.socket import Limits, SocketContract
from conformance.coverage import Coverage
from conformance.replay.checks import CannotGoOn, Checker, open_one
from conformance.replay.judging import covers
from conformance.replay.values import MissingValue, Values, new_run_marker
from conformance.trace import Step, Trace
from conformance.wire.addresses import Addresses
from conformance.wire.connecting import open_socket
from conformance.wire.http import Answer, Http
from conformance.wire.log import WireLog
from conformance.wire.socket import HandshakeRefused, Received, Socket

EXPECT_TIMEOUT_S = 5.0
LIMIT_S = 120.0
"""Of a replay, beside the waits that its steps ask for."""
RATE_WAIT_MAX_S = 65.0
"""A limit for an address is counted by the minute; who has waited so long has a full one again."""
CLOSE_TIMEOUT_S = 2.0
REACH_TIMEOUT_S = 5.0

_NO_HTTP = HttpContract({}, "", {}, {})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay showed.

    Attributes:
        reproduced: The check did not hold, so the violation is there.
        got: What came instead, or came rightly, or why the steps could not be done; one line.
        log: The wire log of the replay.
        sort: In what way it is wrong, the same in every run (`200 ->`, `too many`); "" when not reproduced.
        slowest_s: How long that was waited for which came slowest, a frame or what the check looks at.
    """

    reproduced: bool
    got: str
    log: tuple[dict[str, Any], ...] = ()
    sort: str = ""
    slowest_s: float = 0.0


async def replay(
    trace: Trace,
    base_url: str,
    contract: SocketContract | None = None,
    *,
    addresses: Addresses | None = None,
    expect_timeout_s: float = EXPECT_TIMEOUT_S,
    within_s: float | None = None,
) -> Outcome:
    """Do the steps of a trace, then its check.

    Args:
        base_url: `http://HOST:PORT`; the paths in a trace are whole.
        contract: Judges the frames on their way into the log; the outcome does not depend on it.
        addresses: Where the users connect from, one each; several by default on a loopback target.
        expect_timeout_s: How long an `expect` waits that has no `within_s`. One that nothing refers to is only a
            point to wait at: when its frame does not come, the replay goes on.
        within_s: The check waits no longer than that, whatever it says itself; for shrinking.
    """
    running = _Replay(base_url, contract, addresses or Addresses(base_url, secrets.randbelow(10_000_000)))
    running.expect_timeout_s = expect_timeout_s
    running.within_s = within_s
    waits_s = sum(float(step["seconds"]) for step in trace.steps if step["step"] == "wait")
    try:
        async with asyncio.timeout(LIMIT_S + waits_s):
            await running.reach()
            for number, step in enumerate(trace.steps, 1):
                try:
                    await running.do(step, trace.check)
                except CannotGoOn as error:
                    return running.outcome(False, f"step {number} ({name_of(step)}) can't be done: {error}")
            return await running.judge(trace.check)
    except CannotGoOn as error:
        return running.outcome(False, str(error))
    except TimeoutError:
        return running.outcome(False, f"not at the end after {LIMIT_S + waits_s:.0f} s")
    finally:
        await running.end()


def name_of(step: Step) -> str:
    """Return what a step is, for people: `bob: POST /api/auth/login`."""
    kind = step["step"]
    subject = step.get("who") or step.get("socket") or ""
    action = f"{step.get('method')} {step.get('path')}" if kind == "http" else kind
    return f"{subject}: {action}" if subject else action


class _Replay:
    """One run of a trace: the users' clients, and what is known so far."""

    def __init__(self, base_url: str, contract: SocketContract | None, addresses: Addresses) -> None:
        self.expect_timeout_s = EXPECT_TIMEOUT_S
        self.within_s: float | None = None
        self._base_url = base_url.rstrip("/")
        self._contract = contract or _bare_contract()
        self._addresses = addresses
        self._address: dict[str, str | None] = {}
        self._log = WireLog()
        self._coverage = Coverage()
        self._values = Values(new_run_marker())
        self._users: dict[str, Http] = {}
        self._answers: dict[str, Answer] = {}
        self._sockets: dict[str, Socket | HandshakeRefused] = {}
        self._slowest_s = 0.0
        self._steps = {
            "http": self._http,
            "connect": self._connect,
            "send": self._send,
            "raw": self._raw,
            "expect": self._expect,
            "close": self._close,
            "drop": self._drop,
            "wait": self._wait,
            "together": self._together,
        }

    async def reach(self) -> None:
        """Connect once: that a dead server answers nothing shows no violation."""
        parts = urlsplit(self._base_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(REACH_TIMEOUT_S):
                _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
        except (OSError, TimeoutError) as error:
            raise CannotGoOn(f"{self._base_url} can't be reached") from error

    async def do(self, step: Step, check: Step) -> None:
        """Do one step."""
        perform = self._steps.get(step["step"])
        if perform is None:
            raise CannotGoOn("there is no such step")
        try:
            await perform(step, check)
        except MissingValue as error:
            raise CannotGoOn(str(error)) from error
        except KeyError as error:
            raise CannotGoOn(f"it has no member {error}") from error

    async def judge(self, check: Step) -> Outcome:
        """Say whether the check holds."""
        checker = Checker(self._answers, self._sockets, self.within_s)
        try:
            reproduced, got, sort = await checker.judge(self._values.fill(check))
        except MissingValue as error:
            raise CannotGoOn(f"the check can't be done: {error}") from error
        self._slowest_s = max(self._slowest_s, checker.waited_s)
        return self.outcome(reproduced, got, sort if reproduced else "")

    def outcome(self, reproduced: bool, got: str, sort: str = "") -> Outcome:
        """Return the outcome with what was logged so far."""
        return Outcome(reproduced, got, tuple(self._log.entries), sort, self._slowest_s)

    async def end(self) -> None:
        """Close everything."""
        for opened in self._sockets.values():
            if isinstance(opened, Socket):
                opened.log = WireLog()  # the outcome's log ends with the check
                opened.drop()
        await asyncio.gather(*(user.close() for user in self._users.values()))

    # The steps.

    async def _http(self, step: Step, check: Step) -> None:
        who = step.get("who", "")
        if who not in self._users:
            address = self._address_of(who)
            self._users[who] = Http(self._base_url, _NO_HTTP, self._log, self._coverage, address=address, who=who)
        text = base64.b64decode(step["base64"]) if "base64" in step else step.get("text")
        filled = self._values.fill({name: step[name] for name in ("query", "headers", "token") if name in step})
        arguments: dict[str, Any] = {
            **filled,
            "data": self._values.fill(step["json"]) if "json" in step else ABSENT,
            "text": self._values.fill(text) if isinstance(text, str) else text,
        }
        path = self._values.fill_path(step["path"])
        is_judged = check.get("step") == step.get("id")
        waited_s = 0.0
        while True:
            answer = await self._users[who].request(step["method"], path, **arguments)
            pause_s = _pause_s(answer)
            # A limit that the recorded run did not meet is the target's, or ours for trying often.
            if answer.status != 429 or step.get("answered") in (None, 429) or is_judged or pause_s is None:
                break
            waited_s += pause_s
            if waited_s > RATE_WAIT_MAX_S:
                break
            await asyncio.sleep(pause_s)
        self._answers[step["id"]] = answer
        self._values.learn(step["id"], answer.body)

    async def _connect(self, step: Step, check: Step) -> None:
        name = step["socket"]
        contract = replace(self._contract, address=self._values.fill_path(step.get("path", self._contract.address)))
        try:
            self._sockets[name] = await open_socket(
                self._base_url,
                contract,
                self._log,
                self._coverage,
                name=name,
                who=step.get("who", ""),
                query=self._values.fill(step.get("query") or {}),
                headers=self._values.fill(step.get("headers") or {}),
                address=self._address_of(step.get("who", "")),
            )
        except HandshakeRefused as refused:
            self._sockets[name] = refused

    async def _send(self, step: Step, check: Step) -> None:
        socket = open_one(self._sockets, step)
        if "json" in step:
            socket.send(self._values.fill(step["json"]))
        else:
            socket.send_text(self._values.fill(step["text"]))

    async def _raw(self, step: Step, check: Step) -> None:
        open_one(self._sockets, step).send_raw(base64.b64decode(step["base64"]))

    async def _expect(self, step: Step, check: Step) -> None:
        socket = open_one(self._sockets, step)
        within_s = float(step.get("within_s", self.expect_timeout_s))
        began = asyncio.get_running_loop().time()
        if step.get("closed"):
            await socket.wait_closed(within_s)
            return
        pattern = self._values.fill(step.get("frame") or {})

        def found() -> Received | None:
            waiting = (each for each in socket.received if not each.taken and covers(each.value, pattern))
            return next(waiting, None)

        await socket.wait_until(lambda: found() is not None or socket.closed is not None, within_s)
        received = found()
        if received is not None:
            received.taken = True
            self._values.learn(step["id"], received.value)
            self._slowest_s = max(self._slowest_s, asyncio.get_running_loop().time() - began)

    async def _close(self, step: Step, check: Step) -> None:
        socket = open_one(self._sockets, step)
        socket.close(int(step.get("code", 1000)))
        await socket.wait_closed(CLOSE_TIMEOUT_S)

    async def _drop(self, step: Step, check: Step) -> None:
        open_one(self._sockets, step).drop()

    async def _wait(self, step: Step, check: Step) -> None:
        await asyncio.sleep(float(step["seconds"]))

    async def _together(self, step: Step, check: Step) -> None:
        steps: Sequence[Step] = step["steps"]
        results = await asyncio.gather(*(self.do(each, check) for each in steps), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    # Inside.

    def _address_of(self, who: str) -> str | None:
        if who not in self._address:
            self._address[who] = self._addresses.take()
        return self._address[who]


def _bare_contract() -> SocketContract:
    """Return a contract that declares nothing, for the wire's clients."""
    return SocketContract({}, "", "/ws", None, {}, {}, {}, None, Limits(), {}, compiler({}))


def _pause_s(answer: Answer) -> float | None:
    """Return what Retry-After asks for (RFC 9110, section 10.2.3), None where it is missing or a date."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
