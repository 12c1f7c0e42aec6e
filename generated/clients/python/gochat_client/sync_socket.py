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
        off = self._loop.do(lambda: self._socket.on(event, listener))
        return lambda: self._loop.do(off)

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

    def send_message(self, *, conversation_id: client_frames.Id, content: client_frames.Content, message_type: client_frames.SendableMessageType, client_msg_id: client_frames.ClientMsgId | None = None) -> server_frames.MessageAckData:
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
        return self._loop.wait_for(self._socket.send_message(conversation_id=conversation_id, content=content, message_type=message_type, client_msg_id=client_msg_id))

    def ping(self) -> None:
        """Answered by a pong.

        To be sent every 30 s, whatever else is sent. A WebSocket control frame counts as a sign of life too, but a browser
        cannot send one. The pong comes after everything that this connection sent before has been done and answered, so a
        client can tell by it that a `mark-read`, which is not answered when it succeeds, has had its effect.
        """
        self._loop.wait_for(self._socket.ping())

    def mark_read(self, *, conversation_id: client_frames.Id, seq_id: client_frames.SeqId) -> None:
        """Moves the read pointer of a conversation forward.

        Not answered when it succeeds; answered by an `error` when it fails (CONVERSATION_NOT_FOUND, then FORBIDDEN for
        who is not a member). A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds
        and changes nothing. `PUT /conversations/{conversationId}/read` does the same and tells what is left to read.
        """
        self._loop.wait_for(self._socket.mark_read(conversation_id=conversation_id, seq_id=seq_id))
