"""Users for the generic layer, which opens the channel with their tokens and names their conversations in frames."""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.chat.stock import Account, NoAccount, Stock
from conformance.stage import Run
from conformance.trace import Step

LOGIN_QUERY = {"token": "${login#/data/accessToken}"}
"""What opens the channel after `login_steps`."""


class Credentials:
    """Makes accounts on demand, each a member of the world chat.

    Attributes:
        known: Values by property name which the server takes: the world chat's id.
    """

    def __init__(self, run: Run) -> None:
        self.known: dict[str, list[Any]] = {}
        self._run = run
        self._stock = Stock(run)
        self._accounts: list[Account] = []
        self._one = asyncio.Semaphore(2)

    async def take(self) -> dict[str, str]:
        """Return the query that opens the channel for a new user; {} when the server gives no account."""
        async with self._one:
            try:
                account = await self._stock.make()
            except NoAccount:
                return {}
        self._accounts.append(account)
        if not self.known:
            assert self._run.http is not None
            path = f"{self._run.http.base}/conversations"
            answer = await account.http.request("GET", path, token=account.access)
            entries = answer.data.get("conversations") if answer.is_success else None
            if entries and isinstance(entries[0], dict) and "id" in entries[0]:
                self.known["conversationId"] = [entries[0]["id"]]
        return {"token": account.access}

    async def close(self) -> None:
        """Close the connections of all accounts."""
        for account in self._accounts:
            await account.http.close()


def login_steps(base: str) -> list[Step]:
    """Return the steps of a trace that make an account and log in, for `LOGIN_QUERY`."""
    body = {"username": "u-${run}", "password": "correct horse battery"}
    return [
        {
            "step": "http",
            "id": "register",
            "who": "alice",
            "method": "POST",
            "path": f"{base}/auth/register",
            "json": body,
        },
        {"step": "http", "id": "login", "who": "alice", "method": "POST", "path": f"{base}/auth/login", "json": body},
    ]
