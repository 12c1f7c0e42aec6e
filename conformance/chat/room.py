"""A room: a few users of its own, their connections, and the model that says what they should see.

Runs operations, one by one or at the same time, and holds everything that comes to the model. The first broken rule
ends a room: after it the model is no longer the server's state.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from conformance.chat.inbox import Inbox
from conformance.chat.judging import judge_answer, judge_frame
from conformance.chat.model import WORLD, Conversation, Login, Model, Person
from conformance.chat.operation import Finding, Findings, Operation, Step
from conformance.chat.presence import Presence
from conformance.chat.stock import Account, Stock
from conformance.chat.worlds import judge_orders, settled
from conformance.contract.judge import ABSENT
from conformance.stage import Run
from conformance.wire.connecting import open_socket
from conformance.wire.http import Answer, Http
from conformance.wire.log import WireLog
from conformance.wire.socket import HandshakeRefused, Received, Socket

PATIENCE_S = 6.0
"""How long something may take that has to come. A loaded machine with 2 cores needed up to 1 s."""

SETTLE_S = 0.3
"""How long a room waits at its end for what should not come."""

SPARE_MESSAGES = 5
"""Of a user's allowance, left alone: the server's clock is not ours."""

NAMES = ("alice", "bob", "carol", "dave", "erin")


class Room:
    """Users who are nobody else's. Use `await close()` at the end."""

    def __init__(self, run: Run, stock: Stock, *, patience_s: float = PATIENCE_S) -> None:
        self.run = run
        self.patience_s = patience_s
        limits = run.socket.limits
        self.model = Model(presence=Presence(grace_s=limits.presence_grace_s), token_life_s=limits.access_token_ttl_s)
        self.log = WireLog()
        self.sockets: dict[str, Socket] = {}
        self.done: list[Step] = []
        self._stock = stock
        self._accounts: dict[str, Account] = {}
        self._inbox = Inbox()
        self._found = Findings()
        self._groups = itertools.count(1)
        self._ended: set[str] = set()
        self._others: list[Model] = []
        self._allowance: dict[str, tuple[float, float]] = {}

    # Running.

    async def play(self, steps: Sequence[Step]) -> list[Finding]:
        """Run the steps in order until one finds something, then the end; return what was found."""
        for step in steps:
            found = await self.do(step)
            if found or self.run.seconds_left <= 0:
                return found
        return await self.end()

    async def do(self, step: Step) -> list[Finding]:
        """Run one step; return what it found. Steps that do not apply are left out."""
        operations = step if isinstance(step, tuple) else (step,)
        for label in dict.fromkeys(label for operation in operations for label in operation.users()):
            if label not in self.model.people:
                await self.enter(label)
        operations = tuple(operation for operation in operations if operation.applies(self.model))
        if not operations:
            return []
        self.done.append(operations if len(operations) > 1 else operations[0])
        self.run.coverage.counts["steps"] += len(operations)
        await self._do(operations)
        return await self._settle()

    async def end(self) -> list[Finding]:
        """Wait a little for what should not come, and judge it; return what was found."""
        await asyncio.sleep(SETTLE_S)
        found = await self._settle()
        if not found:
            self._inbox.not_told(self.model, self.sockets.values(), time.monotonic(), self._found)
            found = self._take_found()
        return found

    async def close(self) -> None:
        """Close all connections."""
        for socket in self.sockets.values():
            if socket.closed is None:
                socket.close()
        for account in self._accounts.values():
            await account.http.close()
        for socket in self.sockets.values():
            with suppress(TimeoutError):
                await socket.wait_closed(0.2)
            if socket.closed is None:
                socket.drop()

    async def _do(self, operations: Sequence[Operation]) -> None:
        """Let all act at the same time, then judge what came."""
        if len(operations) > 1:
            self.log.group = next(self._groups)
        try:
            outcomes = await asyncio.gather(*(operation.act(self) for operation in operations))
        finally:
            self.log.group = None
        deadline = time.monotonic() + self.patience_s
        while True:
            worlds = judge_orders(operations, outcomes, [self.model, *self._others])
            wrong = [self._inbox.mismatch(w.model, self.sockets.values()) + self._wrong_ends(w.model) for w in worlds]
            best = min(range(len(worlds)), key=lambda index: (len(worlds[index].found.items), wrong[index]))
            # Frames may still be on their way; without them no order can be told from another.
            if len(worlds) == 1 or not wrong[best] or worlds[best].found.items or time.monotonic() >= deadline:
                break
            await asyncio.sleep(0.05)
        self._found.items += worlds[best].found.items
        self.model, self._others = settled(worlds, best)

    async def _settle(self) -> list[Finding]:
        """Wait until everything that is due has come, and refuse what is not due."""
        sockets = self.sockets.values()
        deadline = time.monotonic() + self.patience_s
        while not self._found.items:
            self._inbox.collect(self.model, sockets, self._found)
            self._judge_closes(is_late=False)
            missing = [due for due in self._inbox.missing(self.model) if self._is_open(due.socket)]
            if not missing and not self.model.closing:
                break
            if time.monotonic() >= deadline:
                self._judge_closes(is_late=True)
                for due in missing[:1]:
                    check = {
                        "check": "frame", "socket": due.socket, "match": due.match, "min": 1, "max": 1, "within_s": 3.0
                    }  # fmt: skip
                    self._found.add(due.rule, due.match["type"], due.pointer, due.why, "nothing came", check)
                break
            await asyncio.sleep(0.005)
        if not self._found.items:
            self._inbox.refuse(self.model, sockets, self._found)
        return self._take_found()

    def _is_open(self, socket: str) -> bool:
        return self.sockets[socket].closed is None

    def _wrong_ends(self, model: Model) -> int:
        """Count the sockets that ended and should not have, and the reverse."""
        return sum(
            (name in model.closing) != (socket.closed is not None and socket.closed.by_server)
            for name, socket in self.sockets.items()
            if name not in self._ended
        )

    def _judge_closes(self, *, is_late: bool) -> None:
        for socket in self.sockets.values():
            wanted = self.model.closing.get(socket.name)
            closed = socket.closed
            if wanted is not None:
                code, rule = wanted
                check = {"check": "close", "socket": socket.name, "codes": [code], "within_s": 3.0}
                pointer = f"asyncapi#/channels/{self.run.socket.channel}/x-close-codes"
                if closed is None:
                    if is_late:
                        self._found.add(
                            "close-made", str(code), pointer, f"closed with {code}", "still open", check, rule
                        )
                    continue
                del self.model.closing[socket.name]
                self._ended.add(socket.name)
                if closed.code != code:
                    self._found.add(
                        "close-code", str(code), pointer, f"closed with {code}", f"{closed.code}", check, rule
                    )
                for due in self._inbox.missing(self.model):
                    if due.socket == socket.name and due.rule == "close-told":
                        told = {
                            "check": "frame",
                            "socket": socket.name,
                            "match": due.match,
                            "min": 1,
                            "max": 1,
                            "within_s": 2.0,
                        }
                        self._found.add("close-told", str(code), due.pointer, due.why, "closed without it", told)
                self.model.forget_socket(socket.name)
            elif closed is not None and closed.by_server and socket.name not in self._ended:
                self._ended.add(socket.name)
                check = {"check": "close", "socket": socket.name, "codes": [], "within_s": 2.0}
                pointer = f"asyncapi#/channels/{self.run.socket.channel}"
                got = f"closed with {closed.code} {closed.reason}".strip()
                self._found.add(
                    "close-kept", socket.who, pointer, "the connection stays open", got, check, str(closed.code)
                )

    def _take_found(self) -> list[Finding]:
        found, self._found = self._found.items, Findings()
        return found

    # What operations use.

    async def enter(self, label: str) -> None:
        """Bring a user in, registered and logged in; labels that begin with `guest` are guests."""
        is_guest = label.startswith("guest")
        account = await (self._stock.make(guest=True) if is_guest else self._stock.take())
        self._accounts[label] = account
        for entry in account.log.entries:
            self.log.entries.append({**entry, "who": label})
        account.http.adopt(self.log, label, lambda answer: judge_answer(answer, self._found))
        model, login = self.model, f"{label}/1"
        for each in (model, *self._others):
            each.people[label] = Person(label, account.id, account.username, account.password, is_guest)
            each.logins[login] = Login(login, label, [account.access], account.refresh)
            each.current[label] = login
        world = model.conversations.get("world")
        if world is None:
            answer = await self.http(label, "GET", "/conversations", query={"type": WORLD})
            entries = answer.data.get("conversations") if answer.is_success else None
            if not entries:
                self._found.value(answer, "/data/conversations/0/type", WORLD, rule="list-exact", what="the world chat")
                return
            world = Conversation("world", entries[0]["id"], WORLD, name=entries[0].get("name"), is_shared=True)
            model.conversations["world"] = world
        for each in (model, *self._others):
            each.conversations["world"].join(label)

    async def http(
        self,
        user: str | None,
        method: str,
        path: str,
        *,
        token: str | None = "",
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Any = ABSENT,
        text: str | bytes | None = None,
    ) -> Answer:
        """Send a request for a user; `path` is without the contract's base.

        Args:
            token: "" takes that of the user's current login, None sends none.
        """
        assert self.run.http is not None
        if token == "":
            login = self.model.login_of(user) if user else None
            token = login.access[-1] if login else None
        client = self.client(user)
        return await client.request(
            method, self.run.http.base + path, token=token, query=query, headers=headers, data=data, text=text
        )

    def client(self, user: str | None) -> Http:
        """Return the HTTP client of a user, that of the first one for nobody."""
        account = self._accounts[user] if user else next(iter(self._accounts.values()))
        return account.http

    def fresh_client(self, user: str) -> Http:
        """Return an HTTP client with an address of its own, for a user who is nobody yet; to be closed."""
        client = self._stock.client(self.log)
        client.adopt(self.log, user, lambda answer: judge_answer(answer, self._found))
        return client

    def account(self, user: str) -> Account:
        """Return the account behind a user's label."""
        return self._accounts[user]

    @property
    def marker(self) -> str:
        """A text that is new in each run, for names that must not be taken."""
        return self._stock.marker

    async def open(
        self,
        user: str,
        query: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        receive_buffer_bytes: int | None = None,
    ) -> Socket | HandshakeRefused:
        """Open a connection for a user; what went wrong comes back as a value, for the operation to judge."""
        name = self.log.new_id(f"{user}-")
        try:
            socket = await open_socket(
                self.run.base_url,
                self.run.socket,
                self.log,
                self.run.coverage,
                name=name,
                who=user,
                query=query,
                headers=headers,
                address=self.run.addresses.take(),
                receive_buffer_bytes=receive_buffer_bytes,
                on_frame=lambda socket, received: judge_frame(socket, received, self._found),
            )
        except HandshakeRefused as error:
            return error
        self.sockets[name] = socket
        return socket

    def socket_of(self, user: str) -> Socket | None:
        """Return the newest open connection of a user."""
        link = self.model.links.get(user)
        return self.sockets.get(link.socket) if link else None

    async def reply(self, socket: Socket, fits: Callable[[Received], bool]) -> Received | None:
        """Wait for the first frame that fits and that nobody has taken, and take it; None when none comes in time."""

        def candidate() -> Received | None:
            return next((r for r in socket.received if not r.taken and r.message is not None and fits(r)), None)

        await socket.wait_until(lambda: candidate() is not None or socket.closed is not None, self.patience_s)
        received = candidate()
        if received is not None:
            received.taken = True
        return received

    async def may_send(self, user: str, count: int = 1) -> None:
        """Wait until a user may send so many messages without meeting the limit of messages."""
        limits = self.run.socket.limits
        if not limits.messages_per_s:
            return
        left, then = self._allowance.get(user, (limits.message_burst, time.monotonic()))
        now = time.monotonic()
        left = min(limits.message_burst, left + (now - then) * limits.messages_per_s)
        if left < count + SPARE_MESSAGES:
            wait_s = (count + SPARE_MESSAGES - left) / limits.messages_per_s
            await asyncio.sleep(wait_s)
            left, now = left + wait_s * limits.messages_per_s, time.monotonic()
        self._allowance[user] = (left - count, now)

    def spend(self, user: str) -> None:
        """Note that a user has met the limit of messages."""
        self._allowance[user] = (0.0, time.monotonic())

    async def wait(self, seconds: float) -> None:
        """Let time pass, on the record."""
        self.log.add("wait", seconds=round(seconds, 2))
        await asyncio.sleep(seconds)
