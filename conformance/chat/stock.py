"""Makes accounts ahead of need, by the spec's own operations: passwords are slow to hash, and rooms should not wait.

A server that limits logins of an address meets a new address each time where the machine has many (loopback); elsewhere
the stock waits as long as the server says.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from typing import Any

from conformance.stage import Run
from conformance.wire.http import Answer, Http
from conformance.wire.log import WireLog

PASSWORD = "correct horse battery"
AHEAD = 10
"""Accounts that wait. The server hashes two passwords for each, so more would only take its time."""


class NoAccount(Exception):
    """The server gives no account; `answer` is what it said."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(
            f"{answer.method} {answer.path} was answered with {answer.status} {answer.code}{answer.failure}"
        )
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its first login.

    Attributes:
        username: As we registered it, with a capital letter; a guest's as the server made it.
        log: The entries of how it was made.
    """

    id: str
    username: str
    password: str
    is_guest: bool
    access: str
    refresh: str
    http: Http
    log: WireLog


class Stock:
    """Accounts, registered or guests. `start` fills it in the background; `close` ends that."""

    def __init__(self, run: Run) -> None:
        self.marker = f"{secrets.randbelow(10**8):08}"
        self._run = run
        self._made = 0
        self._ready: asyncio.Queue[Account | NoAccount] = asyncio.Queue(AHEAD)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to fill the stock."""
        self._task = asyncio.create_task(self._fill())

    async def take(self) -> Account:
        """Return a registered account that nobody has used.

        Raises:
            NoAccount: The server gives none.
        """
        if self._task is None:
            return await self.make()
        account = await self._ready.get()
        if isinstance(account, NoAccount):
            raise account
        return account

    async def make(self, *, guest: bool = False) -> Account:
        """Make an account now.

        Raises:
            NoAccount: The server gives none.
        """
        self._made += 1
        log = WireLog(prefix=f"u{self._made}")
        http = self.client(log)
        username = f"U{self._made}-{self.marker}"
        if guest:
            answer = await self._post(http, "guest", {}, 201)
        else:
            body = {"username": username, "password": PASSWORD}
            await self._post(http, "register", body, 201)
            answer = await self._post(http, "login", body, 200)
        data = answer.data
        try:
            user, access, refresh = data["user"], data["accessToken"], data["refreshToken"]
            shown = user["username"] if guest else username
            return Account(user["id"], shown, PASSWORD, guest, access, refresh, http, log)
        except (KeyError, TypeError):
            raise NoAccount(answer) from None

    def client(self, log: WireLog) -> Http:
        """Return an HTTP client with an address of its own."""
        run = self._run
        assert run.http is not None
        return Http(run.base_url, run.http, log, run.coverage, address=run.addresses.take())

    async def close(self) -> None:
        """Stop filling, and close the connections of what was not taken."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        while not self._ready.empty():
            account = self._ready.get_nowait()
            if isinstance(account, Account):
                await account.http.close()

    async def _fill(self) -> None:
        while True:
            try:
                account: Account | NoAccount = await self.make()
            except NoAccount as error:
                account = error
            await self._ready.put(account)
            if isinstance(account, NoAccount):
                await asyncio.sleep(0.5)

    async def _post(self, http: Http, what: str, body: Any, status: int) -> Answer:
        assert self._run.http is not None
        while True:
            answer = await http.request("POST", f"{self._run.http.base}/auth/{what}", data=body)
            if answer.status == status:
                return answer
            if answer.status != 429 or self._run.seconds_left <= 0:
                raise NoAccount(answer)
            details = answer.body.get("details", {}) if isinstance(answer.body, dict) else {}
            await asyncio.sleep(min(max(float(details.get("retryAfterMs", 1000)) / 1000, 0.05), 60.0))
