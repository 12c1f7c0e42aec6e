"""A crowd that does not give up: who loses his socket comes back, and what was not acknowledged is sent again.

A message keeps its client_msg_id through all its attempts. What the server must never do is noted in `problems` when it
happens; what became of each attempt, and what was pushed on each connection, stays for the tests to judge.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.harness.api import Json, User, group, new_guest, new_user
from tests.harness.attempts import ACKED, LOST, SILENCE, Attempt, Connection, Crossing, PersistentFate
from tests.harness.cluster import Cluster
from tests.harness.crowd import Crowd
from tests.harness.frames import text_message, wait_until
from tests.harness.server import GoChatServer

SENDS_AT_ONCE = 4
"""Places of a user, each with a message that is under way or about to be sent."""

PAUSE_S, SCOUT_PAUSE_S = 0.5, 0.2
"""Between the ack of a message and the next one in its place, in the mean; scouts tell when a fault has healed."""

RETRY_S = 0.2
"""Between a refusal, or the loss of a socket, and the next attempt, in the mean."""

RECONNECT_S = 0.1
"""Between the loss of a socket and the next attempt to connect, in the mean."""

REPEATED_SHARE = 0.1
"""Of the messages: so many are sent once more after the ack, as if it had not arrived."""

ANSWER_S = 10.0
"""A send is answered within this where its connection stays; gateways give up on their storage after 5 s."""

DRAIN_S = 30.0
"""How long it may take until the last message is acknowledged."""


@dataclass
class PersistentCrowd(Crowd):
    """Users who send until each message is acknowledged.

    Attributes:
        scouts: One user at each gateway, with that gateway, by user id; they share a group. All others go where the
            forwarder brings them.
        attempts: All there were, in the order of their beginning.
        connections: All there were.
        crossings: Between scouts, in the order of their arrival.
        problems: What must not happen and did.
    """

    scouts: dict[str, GoChatServer] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open: dict[str, Connection] = {}
        self._connected: dict[str, asyncio.Event] = {}
        self._by_content: dict[str, PersistentFate] = {}
        self._rush = asyncio.Event()
        self._end: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def message(self, content: str) -> PersistentFate:
        """Returns the message with that content."""
        return self._by_content[content]

    @property
    def under_way(self) -> int:
        """The number of sends that wait for an answer."""
        return sum(len(connection.answers) for connection in list(self._open.values()))

    @property
    def lost_connections(self) -> list[Connection]:
        """The connections that ended otherwise than by their user's wish."""
        return [each for each in self.connections if each.close_code is not None and not each.was_left]

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Lets everybody connect and send; after the block each ends with what he has begun, and leaves."""
        failures: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(self._send_all())
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            self.wait_connected()
            yield
        finally:
            if self._loop is not None and self._end is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._end.set)
            thread.join(DRAIN_S + 10)
            if failures:
                raise failures[0]
        assert not thread.is_alive(), "the crowd does not come to an end"

    def wait_connected(self) -> None:
        """Waits until everybody has a connection."""
        wait_until(lambda: len(self._open) == len(self.users), "a connection of everybody", 30)

    def spread(self) -> None:
        """Lets everybody but the scouts connect anew, in the middle of what he does."""
        assert self._loop is not None
        left = [each for each in list(self._open.values()) if each.user.id not in self.scouts]
        for connection in left:
            self._loop.call_soon_threadsafe(connection.leave)
        wait_until(lambda: all(each.close_code is not None for each in left), "goodbyes", 10)
        self.wait_connected()

    @contextmanager
    def rush(self) -> Iterator[None]:
        """Lets everybody send without a pause; the block begins when most places have a send under way."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._rush.set)
        try:
            most = len(self.users) * SENDS_AT_ONCE // 2
            wait_until(lambda: self.under_way > most, f"{most} sends under way", 10)
            yield
        finally:
            self._loop.call_soon_threadsafe(self._rush.clear)

    def attempts_since(self, moment: float) -> list[Attempt]:
        """Returns the attempts that began then or later."""
        return self.attempts[bisect_left(self.attempts, moment, key=lambda each: each.sent_at) :]

    async def _send_all(self) -> None:
        self._connected = {user.id: asyncio.Event() for user in self.users}
        self._end, self._loop = asyncio.Event(), asyncio.get_running_loop()
        staying = [asyncio.create_task(self._stay_connected(user)) for user in self.users]
        sending = [asyncio.create_task(self._send_on(user)) for user in self.users for _ in range(SENDS_AT_ONCE)]
        await asyncio.wait([asyncio.create_task(self._end.wait()), *staying, *sending], return_when="FIRST_COMPLETED")
        _, late = await asyncio.wait(sending, timeout=DRAIN_S)
        if late:
            self.problems.append(f"{len(late)} messages are not acknowledged {DRAIN_S} s after the end")
        for connection in self._open.values():
            connection.was_left = True
        for task in (*staying, *late):
            task.cancel()
        await asyncio.gather(*staying, *late, return_exceptions=True)
        await asyncio.gather(*sending)  # raises what one of them has failed with

    async def _stay_connected(self, user: User) -> None:
        url = self.scouts.get(user.id, self.server).ws_url(user.token)
        while True:
            with suppress(OSError, WebSocketException):  # it is not there; once more
                async with connect(
                    url, proxy=None, compression=None, ping_interval=None, open_timeout=5, close_timeout=1
                ) as socket:
                    await self._listen(Connection(user, socket))
            await asyncio.sleep(random.uniform(0.5, 1.5) * RECONNECT_S)

    async def _listen(self, connection: Connection) -> None:
        user_id = connection.user.id
        self.connections.append(connection)
        self._open[user_id] = connection
        self._connected[user_id].set()
        try:
            async for text in connection.socket:
                self._take(connection, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            connection.close_code = connection.socket.close_code or 1006
            self._connected[user_id].clear()
            del self._open[user_id]
            for answer in connection.answers.values():
                answer.set_result(LOST)
            connection.answers.clear()

    async def _send_on(self, user: User) -> None:
        assert self._end is not None
        pause_s = SCOUT_PAUSE_S if user.id in self.scouts else PAUSE_S
        own_id = self.own_ids.get(user.id, self.world_id)
        for number in range(1_000_000):
            with suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0, 2) * pause_s):
                    await self._rush.wait()
            if self._end.is_set():
                return
            content = f"message {secrets.token_hex(8)}"
            fate = PersistentFate(user, text_message(own_id if number % 2 else self.world_id, content))
            self.fates[fate.data["client_msg_id"]] = self._by_content[content] = fate
            await self._send_until_acked(fate)
            if random.random() < REPEATED_SHARE:
                await self._send_until_acked(fate)

    async def _send_until_acked(self, fate: PersistentFate) -> None:
        while await self._send_once(fate) != ACKED:
            await asyncio.sleep(random.uniform(0.5, 1.5) * RETRY_S)

    async def _send_once(self, fate: PersistentFate) -> str:
        while (connection := self._open.get(fate.sender.id)) is None:
            await self._connected[fate.sender.id].wait()
        fate.connections.add(id(connection))
        attempt = Attempt(fate.sender, time.monotonic())
        fate.attempts.append(attempt)
        self.attempts.append(attempt)
        answer = connection.answers[fate.data["client_msg_id"]] = asyncio.get_running_loop().create_future()
        try:
            await connection.socket.send(json.dumps({"type": "send-message", "data": fate.data}))
            async with asyncio.timeout(ANSWER_S):
                outcome = await answer
        except ConnectionClosed:
            outcome = LOST
        except TimeoutError:
            self.problems.append(f"no answer within {ANSWER_S} s, though the connection is there: {fate.data}")
            outcome = SILENCE
        connection.answers.pop(fate.data["client_msg_id"], None)
        attempt.ended_at, attempt.outcome = time.monotonic(), outcome
        return outcome

    def _take(self, connection: Connection, frame: Json) -> None:
        if frame["type"] == "new-message":
            self._note_push(connection, frame["data"])
        elif frame["type"] == "message-ack":
            self._note_ack(connection, frame["data"])
        elif frame["type"] == "error":
            if frame["data"]["code"] != "UNAVAILABLE":
                self.problems.append(f"refused for another reason than that something is away: {frame}")
            self._answer(connection, frame["data"]["details"].get("client_msg_id"), frame["data"]["code"])

    def _note_ack(self, connection: Connection, data: Json) -> None:
        fate = self.fates[data["client_msg_id"]]
        if fate.ack is None:
            fate.ack = data
        elif any(fate.ack[name] != data[name] for name in ("messageId", "seqId")):
            self.problems.append(f"acknowledged as {fate.ack}, then as {data}")
        self._answer(connection, data["client_msg_id"], ACKED)

    def _answer(self, connection: Connection, client_msg_id: str | None, outcome: str) -> None:
        if client_msg_id is None:  # the connection's own: it could not be let in
            return
        answer = connection.answers.pop(client_msg_id, None)
        if answer is None:
            self.problems.append(f"an answer ({outcome}) to what is not sent on this connection: {client_msg_id}")
        else:
            answer.set_result(outcome)

    def _note_push(self, connection: Connection, data: Json) -> None:
        pushed = connection.pushed.setdefault(data["conversationId"], [])
        if pushed and data["seqId"] <= pushed[-1]:
            self.problems.append(f"number {data['seqId']} was pushed after {pushed[-1]} in {data['conversationId']}")
        pushed.append(data["seqId"])
        fate = self._by_content.get(data["content"])
        if fate is None:
            self.problems.append(f"pushed, and sent by nobody: {data}")
        elif fate.connections == {id(connection)}:
            self.problems.append(f"pushed to the connection that sent it: {data}")
        elif {connection.user.id, fate.sender.id} == self.scouts.keys():
            self.crossings.append(Crossing(connection.user, fate.began_at, time.monotonic()))


def new_persistent_crowd(cluster: Cluster, *, users: int, guests: int) -> PersistentCrowd:
    """Registers users, who share a group for each of them, scouts, who share one, and lets guests in."""
    registered = [new_user(cluster) for _ in range(users)]
    own_ids = {user.id: group(user, *[other for other in registered if other is not user]) for user in registered}
    scouts = [new_user(cluster) for _ in cluster.gateways]
    own_ids |= dict.fromkeys([scout.id for scout in scouts], group(*scouts))
    everybody = [*scouts, *registered, *(new_guest(cluster) for _ in range(guests))]
    world_id = everybody[0].api.world_id()
    newest = everybody[0].api.history(world_id, limit=1)
    return PersistentCrowd(
        cluster,
        everybody,
        world_id,
        own_ids,
        newest[0]["seqId"] if newest else 0,
        scouts={scout.id: cluster.at(gateway) for scout, gateway in zip(scouts, cluster.gateways, strict=True)},
    )
