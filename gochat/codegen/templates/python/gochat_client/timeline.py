"""Every message of every conversation, once and in order, whatever the connection does.

A conversation's messages have the numbers 1, 2, 3, ... without a gap (`seq_id`). So it is known what was delivered,
what is here already, and what is missing: that is fetched over HTTP.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from .client_frames import SendMessageData
from .failures import ConnectionLost, GoChatError
from .http_types import Conversation, ConversationList, Message, MessageList, User
from .server_frames import ChatMessage, MessageAckData, MessageSender, NewMessageData

S = TypeVar("S", bound=msgspec.Struct)

PAGE = 100
RETRY_S = 1.0


class History(Protocol):
    """What is asked of the HTTP API."""

    async def list_conversations(self, *, page: int | None = None, size: int | None = None) -> ConversationList:
        """Returns a page of the conversations."""

    async def list_messages(
        self, conversation_id: str, *, after: int | None = None, limit: int | None = None
    ) -> MessageList:
        """Returns the messages that follow on `after`."""


def from_push(data: NewMessageData) -> ChatMessage:
    """Makes a message of the timeline from a push."""
    return _made(ChatMessage, data)


def from_history(message: Message) -> ChatMessage:
    """Makes a message of the timeline from one of the history."""
    known = () if message.sender is UNSET else (message.sender,)
    return _made(ChatMessage, message, sender=_made(MessageSender, *known, id=message.sender_id))


def from_ack(user: User, sent: SendMessageData, ack: MessageAckData) -> ChatMessage:
    """Makes a message of the timeline from one's own send. Nobody pushes it to the connection that sent it."""
    return _made(ChatMessage, sent, ack, id=ack.message_id, sender=_made(MessageSender, user))


def _made(kind: type[S], *sources: msgspec.Struct, **given: Any) -> S:
    """Makes a `kind` of what the sources have under the same names, so that new properties need nothing here."""
    fields = dict(given)
    for name in kind.__struct_fields__:
        if name not in fields:
            values = (getattr(source, name, UNSET) for source in sources)
            fields[name] = next((value for value in values if value is not UNSET), UNSET)
    return kind(**fields)


@dataclass
class _Stream:
    """One conversation.

    Attributes:
        position: The last seq_id that was delivered; None: not known where to begin.
        first: Of what came or was told of before that, the first seq_id.
        known: The last seq_id that there is, as far as is known.
        held: What came too early, by seq_id.
    """

    position: int | None = None
    first: int | None = None
    known: int = 0
    held: dict[int, ChatMessage] = field(default_factory=dict)
    fetching: asyncio.Task[None] | None = None

    def hear_of(self, seq_id: int) -> None:
        """Takes the news that there is such a message."""
        self.known = max(self.known, seq_id)
        self.first = seq_id if self.first is None else min(self.first, seq_id)

    @property
    def is_behind(self) -> bool:
        """Whether there is something to fetch."""
        return self.position is not None and self.position < self.known


class Timeline:
    """Puts what comes into order and hands it on."""

    def __init__(self, history: History, deliver: Callable[[ChatMessage], None]) -> None:
        self._history = history
        self._deliver = deliver
        self._streams: dict[str, _Stream] = {}
        self._has_begun = False
        self._is_listed_now = False
        """Whether this connection knows the conversations: until then a push of an unknown one is no beginning."""

    def clear(self) -> None:
        """Forgets everything: somebody else logs in."""
        self.pause()
        self._streams.clear()
        self._has_begun = False

    def pause(self) -> None:
        """Stops fetching until the next `catch_up`."""
        self._is_listed_now = False
        for stream in self._streams.values():
            if stream.fetching is not None:
                stream.fetching.cancel()
                stream.fetching = None

    async def begin(self) -> None:
        """Notes where every conversation stands: what follows is delivered. To be called before the first connection.

        Raises:
            GoChatError: AUTH_FAILED, or a passing failure.
            ConnectionLost: no answer.
        """
        if self._has_begun:
            return
        streams: dict[str, _Stream] = {}
        try:
            streams = {each.id: _Stream(position=_last_of(each)) for each in await self._list()}
        except GoChatError as error:
            if not _is_final(error) or error.code == "AUTH_FAILED":
                raise
        self._has_begun = True
        self._streams = streams | self._streams

    def receive(self, message: ChatMessage) -> None:
        """Takes a message that came, in any order, any number of times."""
        stream = self._heard_of(message.conversation_id, message.seq_id)
        if stream.position is not None and message.seq_id <= stream.position:
            return
        held = stream.held.get(message.seq_id)
        if held is not None and message.client_msg_id is UNSET:
            message = msgspec.structs.replace(message, client_msg_id=held.client_msg_id)
        stream.held[message.seq_id] = message
        self._drain(message.conversation_id, stream)

    def expect(self, conversation_id: str, seq_id: int) -> None:
        """Takes the news that there is such a message, and fetches it."""
        stream = self._heard_of(conversation_id, seq_id)
        self._drain(conversation_id, stream)

    def _heard_of(self, conversation_id: str, seq_id: int) -> _Stream:
        stream = self._streams.setdefault(conversation_id, _Stream())
        stream.hear_of(seq_id)
        if stream.position is None and self._is_listed_now:
            stream.position = seq_id - 1
        return stream

    async def catch_up(self) -> bool:
        """Fetches what was missed; returns whether it got all of it. To be called, and left, with each connection."""
        self.pause()
        conversations = await self._list_patiently()
        self._is_listed_now = True
        behind: list[asyncio.Task[None]] = []
        for conversation in conversations or ():
            stream = self._streams.setdefault(conversation.id, _Stream())
            last = _last_of(conversation)
            if stream.position is None:
                unread = 0 if conversation.unread_count is UNSET else conversation.unread_count
                stream.position = max(
                    0, last - unread if stream.first is None else min(last - unread, stream.first - 1)
                )
            stream.known = max(stream.known, last)
        for conversation_id, stream in list(self._streams.items()):
            if stream.position is None and stream.first is not None:
                stream.position = stream.first - 1
            self._drain(conversation_id, stream)
            if stream.fetching is not None:
                behind.append(stream.fetching)
        await asyncio.gather(*behind)
        return conversations is not None

    def _drain(self, conversation_id: str, stream: _Stream) -> None:
        """Delivers what follows on what was delivered; fetches what is missing before the rest."""
        if stream.position is None:
            return
        for seq_id in [seq_id for seq_id in stream.held if seq_id <= stream.position]:
            del stream.held[seq_id]
        # A listener may log out: then nothing more is anybody's.
        while stream.position + 1 in stream.held and self._streams.get(conversation_id) is stream:
            stream.position += 1
            self._deliver(stream.held.pop(stream.position))
        is_idle = stream.fetching is None or stream.fetching.done()
        if stream.is_behind and is_idle and self._is_listed_now and self._streams.get(conversation_id) is stream:
            stream.fetching = asyncio.create_task(self._fetch_all(conversation_id, stream))

    async def _fetch_all(self, conversation_id: str, stream: _Stream) -> None:
        while stream.is_behind and self._streams.get(conversation_id) is stream:
            before = stream.position
            try:
                page = await self._history.list_messages(conversation_id, after=before, limit=PAGE)
            except (GoChatError, ConnectionLost) as error:
                if _is_final(error):
                    self._streams.pop(conversation_id, None)  # not a member any more, or it is gone
                    return
                await asyncio.sleep(RETRY_S)
                continue
            for message in page.messages:
                self.receive(from_history(message))
            if stream.position == before:
                await asyncio.sleep(RETRY_S)  # it is known and not in the history: not at once again

    async def _list(self) -> list[Conversation]:
        found: dict[str, Conversation] = {}
        for page in itertools.count(1):
            answer = await self._history.list_conversations(page=page, size=PAGE)
            found.update((conversation.id, conversation) for conversation in answer.conversations)
            if not answer.has_more:
                break
        return list(found.values())

    async def _list_patiently(self) -> list[Conversation] | None:
        """Returns all conversations; None: there is no getting them."""
        while True:
            try:
                return await self._list()
            except (GoChatError, ConnectionLost) as error:
                if _is_final(error):
                    return None
                await asyncio.sleep(RETRY_S)


def _last_of(conversation: Conversation) -> int:
    return 0 if conversation.last_message is UNSET else conversation.last_message.seq_id


def _is_final(error: Exception) -> bool:
    """Whether asking again is in vain: the server has said no, and not for a passing reason."""
    return isinstance(error, GoChatError) and not error.retryable
