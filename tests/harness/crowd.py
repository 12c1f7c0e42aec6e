"""Many users who send all the time over WebSocket and remember what became of each message.

All of them live in one thread. Only what they need is read of a frame: other tests hold frames to the contract.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.harness.api import Json, User, group, new_guest, new_user
from tests.harness.contract import BASE_PATH
from tests.harness.frames import text_message, wait_until
from tests.harness.server import GoChatServer

IN_FLIGHT = 10  # sends that a user does not wait for


@dataclass
class Fate:
    """A message that was sent, and what was answered; neither an ack nor a refusal: nothing was."""

    sender: User
    data: Json
    ack: Json | None = None
    refusal: str | None = None


@dataclass
class Crowd:
    """Users and guests who all write in the world chat, the users in a group of their own as well."""

    server: GoChatServer
    users: Sequence[User]
    world_id: str
    own_ids: dict[str, str]
    older: int
    fates: dict[str, Fate] = field(default_factory=dict)
    close_codes: dict[str, int] = field(default_factory=dict)

    @property
    def conversations(self) -> dict[str, User]:
        """All conversations, each with a member of it."""
        owned = {self.own_ids[user.id]: user for user in self.users if user.id in self.own_ids}
        return {self.world_id: self.users[0], **owned}

    @property
    def acked(self) -> list[Fate]:
        """The messages that were acknowledged."""
        return [fate for fate in list(self.fates.values()) if fate.ack is not None]

    @property
    def refused(self) -> list[Fate]:
        """The messages that got an error frame."""
        return [fate for fate in list(self.fates.values()) if fate.refusal is not None]

    @property
    def unanswered(self) -> list[Fate]:
        """The messages of which nothing was heard."""
        return [fate for fate in list(self.fates.values()) if fate.ack is None and fate.refusal is None]

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Lets everybody connect and send; the block has to end the server, which ends the sending."""
        self.close_codes = {}
        thread = threading.Thread(target=lambda: asyncio.run(self._send_all()))
        thread.start()
        try:
            yield
        finally:
            thread.join(30)
        assert not thread.is_alive(), "connections are still open 30 s after the end of the server"

    def wait_for_acks(self, count: int) -> None:
        """Waits until so many more messages than at the time of the call are acknowledged."""
        target = len(self.acked) + count
        wait_until(lambda: len(self.acked) >= target, f"{target} acknowledgements", 30)

    def stored(self) -> dict[str, list[Json]]:
        """The whole history of each conversation, oldest first, by conversation."""
        return {conversation_id: self._history(conversation_id) for conversation_id in self.conversations}

    async def _send_all(self) -> None:
        await asyncio.gather(*[self._be(user) for user in self.users])

    async def _be(self, user: User) -> None:
        try:
            async with connect(
                self.server.ws_url(user.token), proxy=None, compression=None, ping_interval=None, close_timeout=2
            ) as connection:
                room = asyncio.Semaphore(IN_FLIGHT)
                sender = asyncio.create_task(self._send(user, connection, room))
                try:
                    async for message in connection:
                        self._note(json.loads(message), room)
                except ConnectionClosed:
                    pass
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)
            self.close_codes[user.id] = connection.close_code or 1006
        except (OSError, WebSocketException):
            self.close_codes.setdefault(user.id, 1006)

    async def _send(self, user: User, connection: ClientConnection, room: asyncio.Semaphore) -> None:
        number = 0
        while True:
            await room.acquire()
            number += 1
            own_id = self.own_ids.get(user.id, self.world_id)
            conversation_id = own_id if number % 2 else self.world_id
            data = text_message(conversation_id, f"message {secrets.token_hex(8)}")
            self.fates[data["client_msg_id"]] = Fate(user, data)
            await connection.send(json.dumps({"type": "send-message", "data": data}))

    def _note(self, frame: Json, room: asyncio.Semaphore) -> None:
        data: dict[str, Any] = frame.get("data", {})
        if frame["type"] == "message-ack":
            fate = self.fates[data["client_msg_id"]]
            assert fate.ack is None, f"acknowledged twice: {data}"
            fate.ack = data
            room.release()
        elif frame["type"] == "error" and "client_msg_id" in data["details"]:
            self.fates[data["details"]["client_msg_id"]].refusal = data["code"]
            room.release()

    def _history(self, conversation_id: str) -> list[Json]:
        url = f"{self.server.url}{BASE_PATH}/conversations/{conversation_id}/messages"
        headers = {"Authorization": f"Bearer {self.conversations[conversation_id].token}"}
        messages: list[Json] = []
        while True:
            query = {"after": messages[-1]["seqId"] if messages else 0, "limit": 100}
            answer: httpx.Response = self.server.http.get(url, params=query, headers=headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()["data"]
            messages += page["messages"]
            if not page["hasMore"]:
                return messages


def new_crowd(server: GoChatServer, *, users: int, guests: int) -> Crowd:
    """Registers users, who cost a password each, and lets guests in, who do not; makes the users' groups."""
    registered = [new_user(server) for _ in range(users)]
    own_ids = {user.id: group(user) for user in registered}
    everybody = [*registered, *(new_guest(server) for _ in range(guests))]
    world_id = everybody[0].api.world_id()
    newest = everybody[0].api.history(world_id, limit=1)
    return Crowd(server, everybody, world_id, own_ids, newest[0]["seqId"] if newest else 0)


def check_nothing_is_lost_or_doubled(crowd: Crowd) -> None:
    """Holds the histories to what was answered.

    Numbers run from 1 without a gap; what was acknowledged is there once, under its number and id, with its
    content and sender; what was refused is not there; of what was not answered there is at most one.
    """
    stored = crowd.stored()
    places: dict[str, list[tuple[str, Json]]] = {}
    for conversation_id, messages in stored.items():
        assert [message["seqId"] for message in messages] == list(range(1, len(messages) + 1)), conversation_id
        for message in messages[crowd.older if conversation_id == crowd.world_id else 0 :]:
            places.setdefault(message["content"], []).append((conversation_id, message))
    contents = {fate.data["content"] for fate in crowd.fates.values()}
    assert set(places) <= contents, "a message that nobody sent"
    for fate in crowd.fates.values():
        found = places.get(fate.data["content"], [])
        assert len(found) <= 1, f"stored {len(found)} times: {found}"
        if fate.refusal is not None:
            assert found == [], f"refused as {fate.refusal} and stored: {found}"
        if fate.ack is not None:
            assert found, f"acknowledged and lost: {fate.ack}"
            conversation_id, message = found[0]
            assert conversation_id == fate.data["conversationId"]
            assert (message["id"], message["seqId"]) == (fate.ack["messageId"], fate.ack["seqId"])
            assert message["senderId"] == fate.sender.id
