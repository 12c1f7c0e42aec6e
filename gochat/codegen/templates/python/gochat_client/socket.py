"""The socket with a method for each frame that a client may send, and the messages of all conversations in order."""

# ruff: noqa: F401  the methods that are filled in use them

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal, overload

from . import client_frames, server_frames
from .connection import SocketState
from .frame_socket import Data, FrameSocket, SocketOptions
from .http_types import User
from .reading import read
from .timeline import History, Timeline, from_ack, from_push


class Messages(AsyncIterator[server_frames.ChatMessage]):
    """The messages from when it was made, one after the other. Ends when the socket is closed."""

    def __init__(self, socket: AsyncGoChatSocket) -> None:
        self._queue: asyncio.Queue[server_frames.ChatMessage | None] = asyncio.Queue()
        itself = weakref.ref(self)  # an iterator that nobody reads any longer must not fill up for ever

        def put(message: server_frames.ChatMessage | None) -> None:
            messages = itself()
            if messages is not None:
                messages._queue.put_nowait(message)

        offs = [socket.on("message", put), socket.on("state", lambda s: put(None) if s.status == "closed" else None)]
        weakref.finalize(self, lambda: [off() for off in offs])

    async def __anext__(self) -> server_frames.ChatMessage:
        message = await self._queue.get()
        if message is None:
            self._queue.put_nowait(None)
            raise StopAsyncIteration
        return message


class AsyncGoChatSocket(FrameSocket):
    """The socket of one login, for asyncio."""

    def __init__(self, options: SocketOptions, history: History, user: Callable[[], User | None]) -> None:
        super().__init__(options)
        self._user = user
        self._timeline = Timeline(history, lambda message: self._emitter.emit("message", message))
        self._catching_up: asyncio.Task[None] | None = None
        self.on("new-message", self._take_push)

    # <events>

    def messages(self) -> Messages:
        """Returns an iterator over the messages from now on, for `async for`. Ends when the socket is closed."""
        return Messages(self)

    def forget(self) -> None:
        """Forgets which messages were delivered: somebody else logs in."""
        self._timeline.clear()

    async def prepare(self) -> None:
        """Notes where every conversation stands before the first connection."""
        await self._timeline.begin()

    def answered(self, frame: str, data: Data, reply: Any) -> None:
        """Takes one's own message, which is on disk now."""
        user = self._user()
        if isinstance(reply, server_frames.MessageAckData) and user is not None:
            self._timeline.receive(from_ack(user, read(client_frames.SendMessageData, data), reply))

    def connected(self) -> None:
        """Fetches what was missed."""
        self._stop_catching_up()
        self._catching_up = asyncio.create_task(self._catch_up())

    def ended(self) -> None:
        """Fetches nothing any more."""
        self._stop_catching_up()
        self._timeline.pause()

    def _take_push(self, data: server_frames.NewMessageData) -> None:
        user = self._user()
        if user is not None and data.sender.id == user.id:
            # A push does not say what its send was called; of one's own, sent over HTTP or before, the history does.
            self._timeline.expect(data.conversation_id, data.seq_id)
        else:
            self._timeline.receive(from_push(data))

    def _stop_catching_up(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    async def _catch_up(self) -> None:
        if await self._timeline.catch_up():
            self._emitter.emit("synced")

    async def send(
        self,
        conversation_id: str,
        content: str,
        message_type: client_frames.SendableMessageType = 1,
        client_msg_id: str | None = None,
    ) -> server_frames.MessageAckData:
        """Sends a message, exactly once, however often the connection breaks on the way.

        Returns when it is on disk. Waits while there is no connection.

        message_type: 1 text, 2 image, 3 file.
        client_msg_id: made where it is not given.

        Raises:
            GoChatError: the server refuses it.
            ConnectionLost: the socket is closed; it may have been sent all the same.
        """
        return await self.send_message(
            conversation_id=conversation_id,
            content=content,
            message_type=message_type,
            client_msg_id=client_msg_id,
        )

    # <frames>
