"""Each rule of the chat about connections, their ends, floods and accounts fires on a wrong outcome alone."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from conformance.chat.connections import Connect, Leave, Opened
from conformance.chat.endurance import CUT_AFTER_S, Idle, SlowlyRead, SlowReader, TooLargeFrame
from conformance.chat.evidence import Evidence
from conformance.chat.limits import Flood
from conformance.chat.operation import Finding, Findings, Operation
from conformance.chat.rules import RULES
from conformance.chat.stock import NoAccount, Stock
from conformance.chat.tokens import BadToken, LogOut, Refresh
from conformance.violation import Violation
from conformance.wire.http import Answer
from conformance.wire.socket import HandshakeRefused, Socket
from tests.kit import test_chat_rules_answers, test_chat_rules_frames
from tests.kit.chat_outcomes import (
    NOW,
    Case,
    Json,
    came,
    chat,
    closed,
    error_frame,
    group,
    judged,
    refusal,
    rules_found,
    run_by_hand,
    settled,
    socket,
    success,
)

PONG = {"type": "pong", "timestamp": NOW}
AUTH_FAILED, TOO_LARGE = error_frame("AUTH_FAILED"), error_frame("MESSAGE_TOO_LARGE")
SECONDS = 1.0
"""How long a flood took."""


# How connections begin.


def connected(*, refused: int = 0, is_answered: bool = True, code: int = 0) -> Findings:
    model = chat("alice")
    if refused:
        return judged(Connect("alice"), Opened(HandshakeRefused(refused), None, time.monotonic()), model)
    on = socket(model, "alice")
    model.links.clear()
    if code:
        closed(on, code)
    return judged(Connect("alice"), Opened(on, came(on, PONG) if is_answered else None, time.monotonic()), model)


async def replaced(code: int) -> list[Finding]:
    """Let alice connect a second time; the first connection is closed with this code, 0: not at all."""
    model = chat("alice")
    older = socket(model, "alice")
    newer = Socket("alice-2", older.contract, older.log, older.coverage, "alice")
    pong = came(newer, PONG)
    pong.taken = True
    assert judged(Connect("alice"), Opened(newer, pong, time.monotonic()), model).items == []
    if code:
        closed(older, code)
    return await settled(model, older, newer)


# How they end.


async def left(code: int) -> list[Finding]:
    """Let alice end her connection by 1000; the server's answer has this code."""
    model = chat("alice")
    on = closed(socket(model, "alice"), code, by_server=False)
    found = judged(Leave("alice"), (on, time.monotonic()), model)
    return found.items + await settled(model, on)


async def torn(by_server: bool) -> list[Finding]:
    """End alice's connection while nothing happens to it."""
    model = chat("alice", "bob")
    alice, bob = closed(socket(model, "alice"), 1011, by_server=by_server), socket(model, "bob")
    return await settled(model, alice, bob)


async def ended(operation: Operation, outcome: Any, frame: Json | None, code: int) -> list[Finding]:
    """Let an operation end alice's connection; this frame comes before it closes with the code, 0: not at all."""
    model = chat("alice")
    model.logins["alice/1"].spent = ["older"]
    on = socket(model, "alice")
    if frame is not None:
        came(on, frame)
    if code:
        closed(on, code)
    assert judged(operation, outcome if isinstance(outcome, tuple) else (on, outcome), model).items == []
    return await settled(model, on)


async def logged_out(frame: Json | None, code: int) -> list[Finding]:
    return await ended(LogOut("alice"), (success("logout", {}), time.monotonic()), frame, code)


async def reused(frame: Json | None, code: int) -> list[Finding]:
    refused = refusal("refreshSession", 401, "AUTH_FAILED", sent={"refreshToken": "older"})
    return await ended(Refresh("alice", True), (refused, time.monotonic()), frame, code)


async def too_large(frame: Json | None, code: int) -> list[Finding]:
    return await ended(TooLargeFrame("alice"), time.monotonic(), frame, code)


async def idle(code: int) -> list[Finding]:
    return await ended(Idle("alice"), time.monotonic(), None, code)


async def other_login_ends() -> list[Finding]:
    """Let alice log out of a login that her connection was not opened under: it stays."""
    model = chat("alice")
    on = socket(model, "alice")
    model.links["alice"].login = "another"
    assert judged(LogOut("alice"), (success("logout", {}), time.monotonic()), model).items == []
    return await settled(model, on)


async def bad_token(frame: Json | None, code: int, *, refused: int = 0) -> list[Finding]:
    model = chat("alice")
    if refused:
        return judged(BadToken("alice", edge="ws"), HandshakeRefused(refused), model).items
    on = socket(model, "alice")
    model.links.clear()
    if frame is not None:
        came(on, frame)
    if code:
        closed(on, code)
    assert judged(BadToken("alice", edge="ws"), on, model).items == []
    return await settled(model, on)


async def slow_reader(code: int, *, behind_s: float = 3.0) -> list[Finding]:
    """Let alice not read until more than her outbox and all buffers hold was written."""
    model = chat("alice", "bob")
    group(model, "bob", "alice")
    on = socket(model, "alice")
    model.links.clear()
    if code:
        closed(on, code)
    assert judged(SlowReader("alice", "g"), SlowlyRead(on, 10**8, behind_s), model).items == []
    return await settled(model, on)


# Floods.


def flood(done: int, refused: int, *, until_closed: bool = False, without: str = "") -> Findings:
    """Return what is wrong with a flood of which so much was done, at a limit of 40 at once and 20 a second."""
    model = chat("alice")
    on = socket(model, "alice")
    assert (on.contract.limits.message_burst, on.contract.limits.messages_per_s) == (40, 20)
    limited: Json = {"code": "RATE_LIMITED", "details": {"client_msg_id": "x", "retryAfterMs": 50}}
    errors: list[Json] = [{"code": "CONVERSATION_NOT_FOUND", "details": {"client_msg_id": "x"}} for _ in range(done)]
    errors += [{**limited, "details": dict(limited["details"])} for _ in range(refused)]
    errors[-1]["details"].pop(without, None)
    return judged(Flood("alice", until_closed), (on, errors, done + refused, SECONDS), model)


# Accounts.


async def registered(*answers: Answer) -> list[Violation]:
    """Make an account with a server that gives these answers; return what is reported when there is none."""
    reported: list[Violation] = []
    left = list(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.partition(b":")[2]))
        given = left.pop(0)
        body = json.dumps(given.body).encode()
        first = f"HTTP/1.1 {given.status} X\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(first.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    run = run_by_hand(reported.append, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    stock = Stock(run)
    try:
        account = await stock.make()
    except NoAccount as error:
        Evidence(run, stock).no_account(error)
    else:
        assert (account.username, account.access) == (f"U1-{stock.marker}", "a")
        await account.http.close()
    finally:
        server.close()
        await server.wait_closed()
    assert not left
    return reported


def session(**without: Any) -> Answer:
    whole = {"accessToken": "a", "refreshToken": "r", "expiresIn": 3600, "user": {"id": "i", "username": "alice-1"}}
    return success("login", {name: value for name, value in whole.items() if name not in without})


MADE = success("register", {"user": {}}, 201)

CASES = (
    Case("connect-accepted", "no upgrade", connected, lambda: connected(refused=503)),
    Case("connect-accepted", "no answer to a ping", connected, lambda: connected(is_answered=False)),
    Case("connect-accepted", "closed at once", connected, lambda: connected(is_answered=False, code=4401)),
    Case("close-code", "not that of a replacement", lambda: replaced(4409), lambda: replaced(1000)),
    Case("close-code", "no echo of the client's", lambda: left(1000), lambda: left(1006)),
    Case("close-code", "not that of a bad token", lambda: bad_token(AUTH_FAILED, 4401),
         lambda: bad_token(AUTH_FAILED, 1008)),
    Case("close-code", "not that of a logout", lambda: logged_out(AUTH_FAILED, 4401),
         lambda: logged_out(AUTH_FAILED, 4409)),
    Case("close-code", "not that of silence", lambda: idle(4410), lambda: idle(1001)),
    Case("close-code", "not that of a slow reader", lambda: slow_reader(4408), lambda: slow_reader(1011)),
    Case("close-made", "the older one stays", lambda: replaced(4409), lambda: replaced(0)),
    Case("close-made", "a logout closes nothing", lambda: logged_out(AUTH_FAILED, 4401),
         lambda: logged_out(AUTH_FAILED, 0)),
    Case("close-made", "the reuse of a refresh token closes nothing", lambda: reused(AUTH_FAILED, 4401),
         lambda: reused(AUTH_FAILED, 0)),
    Case("close-made", "silence goes on", lambda: idle(4410), lambda: idle(0)),
    Case("close-code", "a slow reader is cut off at once", lambda: slow_reader(1006, behind_s=CUT_AFTER_S + 1),
         lambda: slow_reader(1006)),
    Case("close-made", "who does not read stays", lambda: slow_reader(4408), lambda: slow_reader(0)),
    Case("close-made", "no upgrade for a bad token", lambda: bad_token(AUTH_FAILED, 4401),
         lambda: bad_token(None, 0, refused=401)),
    Case("close-told", "a bad token", lambda: bad_token(AUTH_FAILED, 4401), lambda: bad_token(None, 4401)),
    Case("close-told", "a logout", lambda: logged_out(AUTH_FAILED, 4401), lambda: logged_out(None, 4401)),
    Case("close-told", "a frame that is too large", lambda: too_large(TOO_LARGE, 1009),
         lambda: too_large(None, 1009)),
    Case("close-kept", "ended by nobody's wish", lambda: torn(by_server=False), lambda: torn(by_server=True)),
    Case("close-kept", "the connection of another login", other_login_ends, lambda: torn(by_server=True)),
    Case("limit-kept", "too many are done", lambda: flood(80, 20), lambda: flood(82, 20)),
    Case("limit-kept", "the burst is too small", lambda: flood(39, 21), lambda: flood(38, 22)),
    Case("limit-kept", "closed too early", lambda: flood(40, 90, until_closed=True),
         lambda: flood(40, 89, until_closed=True)),
    Case("error-details", "no time to wait", lambda: flood(50, 10), lambda: flood(50, 10, without="retryAfterMs")),
    Case("error-details", "no client_msg_id", lambda: flood(50, 10), lambda: flood(50, 10, without="client_msg_id")),
    Case("account-given", "nobody can register", lambda: registered(MADE, session()),
         lambda: registered(refusal("register", 403, "FORBIDDEN"))),
    Case("account-given", "a session without a token", lambda: registered(MADE, session()),
         lambda: registered(MADE, session(accessToken=None))),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_right_end_breaks_no_rule(case: Case) -> None:
    assert rules_found(case.right) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_wrong_end_breaks_its_rule_alone(case: Case) -> None:
    assert rules_found(case.wrong) == {case.rule}


def test_every_rule_of_the_chat_has_a_case() -> None:
    tables = (CASES, test_chat_rules_answers.CASES, test_chat_rules_frames.CASES)
    assert {case.rule for table in tables for case in table} == set(RULES)


@pytest.mark.parametrize(("are_many", "reported"), [(True, 1), (False, 0)])
def test_one_address_for_all_meets_the_limit_of_logins(are_many: bool, reported: int) -> None:
    found: list[Violation] = []
    run = run_by_hand(found.append)
    run.addresses.are_many = are_many
    Evidence(run, Stock(run)).no_account(NoAccount(refusal("register", 429, "RATE_LIMITED")))
    assert len(found) == reported
