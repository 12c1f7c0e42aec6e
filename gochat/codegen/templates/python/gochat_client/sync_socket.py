"""The socket for code without asyncio: the same methods, each waits for its answer."""

# ruff: noqa: F401  the methods that are filled in use them

from __future__ import annotations

import queue
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Literal, overload

from . import client_frames, server_frames
from .connection import SocketState
from .loop_thread import LoopThread
from .socket import AsyncGoChatSocket


class SyncMessages(Iterator[server_frames.ChatMessage]):
    """The messages from when it was made, one after the other. Ends when the socket is closed, or it is quiet."""

    def __init__(self, socket: GoChatSocket, timeout_s: float | None) -> None:
        self._timeout_s = timeout_s
        self._queue: queue.SimpleQueue[server_frames.ChatMessage | None] = queue.SimpleQueue()
        itself = weakref.ref(self)  # an iterator that nobody reads any longer must not fill up for ever

        def put(message: server_frames.ChatMessage | None) -> None:
            messages = itself()
            if messages is not None:
                messages._queue.put(message)

        socket.on("message", put)
        socket.on("state", lambda state: put(None) if state.status == "closed" else None)

    def __next__(self) -> server_frames.ChatMessage:
        try:
            message = self._queue.get(timeout=self._timeout_s)
        except queue.Empty:
            raise StopIteration from None
        if message is None:
            self._queue.put(None)
            raise StopIteration
        return message


class GoChatSocket:
    """The socket of one login. Listeners run on the client's own thread and must not call methods that wait."""

    def __init__(self, socket: AsyncGoChatSocket, loop: LoopThread) -> None:
        self._socket = socket
        self._loop = loop

    @property
    def state(self) -> SocketState:
        """How it stands with the connection."""
        return self._socket.state

    def connect(self) -> None:
        """Connects, and stays connected until `close` or a close code that is terminal. Does not wait for it."""
        self._loop.do(self._socket.connect)

    def close(self) -> None:
        """Ends the connection. What is unanswered raises ConnectionLost; it may have been done all the same."""
        self._loop.do(self._socket.close)

    def probe(self) -> None:
        """Asks for a sign of life now, as it does by itself every 30 s. Without one for 10 s it connects anew."""
        self._loop.do(self._socket.probe)

    def messages(self, timeout_s: float | None = None) -> SyncMessages:
        """Returns an iterator over the messages from now on. Ends when the socket is closed.

        timeout_s: It ends as well when no message came for so long; None: never.
        """
        return SyncMessages(self, timeout_s)

    # <events>

    def send(
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
        return self._loop.wait_for(self._socket.send(conversation_id, content, message_type, client_msg_id))

    # <frames>
