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

    @overload
    def on(self, event: Literal["message"], listener: Callable[[server_frames.ChatMessage], object]) -> Callable[[], None]:
        """Every message of every conversation, one's own too: once, in order of seq_id, with what was missed."""

    @overload
    def on(self, event: Literal["synced"], listener: Callable[[], object]) -> Callable[[], None]:
        """Everything that was missed before this connection has been delivered."""

    @overload
    def on(self, event: Literal["state"], listener: Callable[[SocketState], object]) -> Callable[[], None]:
        """How it stands with the connection."""

    @overload
    def on(self, event: Literal["frame"], listener: Callable[[server_frames.ServerFrame], object]) -> Callable[[], None]:
        """Every frame that the contract declares."""

    @overload
    def on(self, event: Literal["new-message"], listener: Callable[[server_frames.NewMessageData], object]) -> Callable[[], None]:
        """A message was stored in a conversation of this user.

        Goes to every member who is online, but the connection that sent it; a message that was sent over HTTP goes to the
        sender's own socket too. Within a conversation pushes come in ascending `seqId`; a hole means a missed push, to be
        fetched with `after`. A repeat of an idempotent send is not pushed again.
        """

    @overload
    def on(self, event: Literal["message-ack"], listener: Callable[[server_frames.MessageAckData], object]) -> Callable[[], None]:
        """The message is on disk, under this id and this seqId.

        Goes to the connection that sent the `send-message` frame, once for each frame that succeeded.
        """

    @overload
    def on(self, event: Literal["online-status"], listener: Callable[[server_frames.OnlineStatusData], object]) -> Callable[[], None]:
        """A friend came online or went offline.

        About friends only. On connect a client gets one `online` for each friend who is online; two who become friends
        while both are online get one each. A user goes offline GOCHAT_PRESENCE_GRACE_S (10 s) after the last
        socket closed without a new one; a shorter flap sends nothing, and who is within that time counts as online.
        """

    @overload
    def on(self, event: Literal["pong"], listener: Callable[[], object]) -> Callable[[], None]:
        """The server is there.

        Answers each `ping`; has no data.
        """

    @overload
    def on(self, event: Literal["error"], listener: Callable[[server_frames.ErrorData], object]) -> Callable[[], None]:
        """A frame was refused, or the socket is about to be closed.

        The socket stays open, but after AUTH_FAILED (closed with 4401), after MESSAGE_TOO_LARGE for a frame over the limit
        of bytes (1009), and when RATE_LIMITED is ignored (4429).
        """

    def on(self, event: Any, listener: Callable[..., object]) -> Callable[[], None]:
        """Calls `listener` at each such event, until the function that is returned is called."""
        return self._emitter.add(event, listener)

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

    async def send_message(self, *, conversation_id: client_frames.Id, content: client_frames.Content, message_type: client_frames.SendableMessageType, client_msg_id: client_frames.ClientMsgId | None = None) -> server_frames.MessageAckData:
        """Stores a message and pushes it to the members who are online.

        Answered by a `message-ack` once the message is on disk, or by an `error`; both carry the `client_msg_id`.

        *Who*: any member of the conversation; guests in the world chat only. Errors of the state, in this order:
        CONVERSATION_NOT_FOUND, FORBIDDEN, CLIENT_MSG_ID_CONFLICT.

        *Idempotent for ever*: the same `client_msg_id` from the same sender with the same `conversationId`,
        `messageType` and `content` gives the same `messageId` and `seqId` again and is not pushed again, even after the
        sender has left or the group is gone. With another body it is CLIENT_MSG_ID_CONFLICT. The ids are shared with
        `POST /conversations/{conversationId}/messages` and run over all conversations of the sender.

        *Pushed* as `new-message` to every member who is online, but not to the connection that sent it.

        *Read pointer*: sending does not move it.

        *Rate*: 20 messages/s a user with a burst of 40, over HTTP and WebSocket together, repeats counted; then
        RATE_LIMITED with `details.retryAfterMs`. 100 refused frames on one connection without a pause of 2 s close it
        with 4429.

        *Too large*: `content` over 4000 code points that is otherwise fine is MESSAGE_TOO_LARGE and the socket stays; a
        frame over the limit of bytes is MESSAGE_TOO_LARGE and the close with 1009.
        """
        data: Data = {"conversationId": conversation_id, "content": content, "messageType": message_type, "client_msg_id": client_msg_id}
        data = {name: value for name, value in data.items() if value is not None}
        return await self._request("send-message", data, server_frames.MessageAckData)

    async def ping(self) -> None:
        """Answered by a pong.

        To be sent every 30 s, whatever else is sent. A WebSocket control frame counts as a sign of life too, but a browser
        cannot send one. The pong comes after everything that this connection sent before has been done and answered, so a
        client can tell by it that a `mark-read`, which is not answered when it succeeds, has had its effect.
        """
        await self._ask("ping", None, type(None))

    async def mark_read(self, *, conversation_id: client_frames.Id, seq_id: client_frames.SeqId) -> None:
        """Moves the read pointer of a conversation forward.

        Not answered when it succeeds; answered by an `error` when it fails (CONVERSATION_NOT_FOUND, then FORBIDDEN for
        who is not a member). A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds
        and changes nothing. `PUT /conversations/{conversationId}/read` does the same and tells what is left to read.
        """
        data: Data = {"conversationId": conversation_id, "seqId": seq_id}
        self._post("mark-read", data)
