"""Makes what the load needs on a GoChat server, over its public API: users, their logins and single chats.

Works on any server that implements the specs, so `gochat bench --url` can measure one that runs already.
"""

import http.client
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from gochat.bench.processes import BenchError, Target

AT_ONCE = 6  # Argon2 takes a core for tens of milliseconds each; more at once only queue
TIMEOUT_S = 60.0
PASSWORD = "a password for the benchmark"

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Account:
    """A user who is logged in."""

    user_id: str
    access_token: str


@dataclass(frozen=True)
class Chat:
    """Two users and the single chat between them."""

    sender: Account
    receiver: Account
    conversation_id: str


def make_chats(target: Target, count: int, run_id: str) -> list[Chat]:
    """Register 2 x `count` users named after `run_id`, log them in and open their single chats.

    Raises BenchError with status and code when the server refuses, as it does while its limits are on.
    """

    def make_account(number: int) -> Account:
        credentials = {"username": f"bench-{run_id}-{number}", "password": PASSWORD}
        _call(target, "/auth/register", credentials)
        session = _call(target, "/auth/login", credentials)
        return Account(session["user"]["id"], session["accessToken"])

    accounts = _all_at_once(make_account, range(2 * count))

    def open_chat(number: int) -> Chat:
        sender, receiver = accounts[2 * number], accounts[2 * number + 1]
        wanted = {"type": 1, "members": [receiver.user_id]}
        return Chat(sender, receiver, _call(target, "/conversations", wanted, sender.access_token)["id"])

    return _all_at_once(open_chat, range(count))


def _all_at_once(make: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(make, items))
    finally:
        pool.shutdown(cancel_futures=True)


def _call(target: Target, path: str, body: object, access_token: str | None = None) -> Any:
    """POST `body` and return the answer's `data`."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json"}
    if access_token is not None:
        headers["Authorization"] = f"Bearer {access_token}"
    try:
        connection.request("POST", f"/api{path}", json.dumps(body), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise BenchError(f"POST /api{path}: {type(problem).__name__}: {problem}") from problem
    finally:
        connection.close()
    if response.status not in (200, 201):
        hint = "; set GOCHAT_LOGIN_RATE=0 and GOCHAT_MESSAGE_RATE=0" if response.status == 429 else ""
        got = f"{response.status} {answer.get('code')}"
        raise BenchError(f"POST /api{path}: expected 200 or 201, got {got}{hint}")
    return answer["data"]
