"""Sends and receives frames over a connection that comes and goes.

A frame with a correlation id (a message) waits until it is answered, through any number of connections, and is sent
again with the same id, so that it is done exactly once. Knows the frames by the tables that come from the contract.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from .catalogue import CLIENT_FRAMES, LIMITS, SERVER_FRAMES, ServerFrameRule
from .connection import Connection, SocketState, Tokens
from .emitter import Emitter
from .failures import ConnectionLost, GoChatError
from .pace import Pace
from .pointer import value_at, with_value_at
from .reading import Unreadable, read

Reply = TypeVar("Reply")
Data = dict[str, Any]
"""The data of a frame by the names on the wire."""

TOO_LARGE = 1009
RETRIES = 5
"""How often a send that failed for a passing reason other than the rate is tried again."""


@dataclass(frozen=True)
class SocketOptions:
    """What a socket is made with. `url` is its address, without a query; `messages_per_s` 0 is no pacing."""

    url: str
    tokens: Tokens
    headers: Mapping[str, str]
    messages_per_s: float
    reconnect_caps_s: Sequence[float]


@dataclass
class _Pending:
    """A frame that waits for its answer."""

    frame: str
    data: Data
    text: str
    reply: asyncio.Future[Any]
    is_sent: bool = False
    tries: int = 0


class FrameSocket:
    """Frames as calls and events. Its subclass has a method for each frame, and hears what comes of it."""

    def __init__(self, options: SocketOptions) -> None:
        self._emitter = Emitter()
        self._pace = Pace(options.messages_per_s, LIMITS.message_burst)
        self._pending: dict[str, _Pending] = {}  # by correlation id, in the order in which they were asked for
        self._asked: dict[str, deque[asyncio.Future[Any]]] = {}  # by the frame that answers: answers come in order
        self._posted: list[str] = []
        self._hold_until_s = 0.0
        self._pump_timer: asyncio.TimerHandle | None = None
        self._connection = Connection(
            options.url,
            _text("ping", None),
            options.tokens,
            self,
            headers=options.headers,
            reconnect_caps_s=options.reconnect_caps_s,
        )

    @property
    def state(self) -> SocketState:
        """How it stands with the connection."""
        return self._connection.state

    def connect(self) -> None:
        """Connects, and stays connected until `close` or a terminal close code. Called again, it tries at once."""
        self._connection.connect()

    def close(self) -> None:
        """Ends the connection. What is unanswered raises ConnectionLost; it may have been done all the same."""
        if self.state.status in ("idle", "closed"):
            self._give_up("the socket was closed")
        else:
            self._connection.close()

    async def finish(self) -> None:
        """Closes, and waits until the connection is gone."""
        self.close()
        await self._connection.finish()

    def probe(self) -> None:
        """Asks for a sign of life now, as it does by itself every 30 s. Without one for 10 s it connects anew."""
        self._connection.probe()

    def move_over(self) -> None:
        """Goes over to a connection with a new token."""
        self._connection.move_over()

    # What the subclass hears.

    async def prepare(self) -> None:
        """Is waited for before each attempt to connect; when it raises, the attempt has failed."""

    def answered(self, frame: str, data: Data, reply: Any) -> None:
        """Hears that a frame with an id was answered."""

    def connected(self) -> None:
        """Hears that a connection is open and what waited is on its way."""

    def ended(self) -> None:
        """Hears that the connection is closed, and stays so."""

    # What the methods of the frames are made of.

    async def _request(self, frame: str, data: Data, reply: type[Reply]) -> Reply:
        """Sends a frame that carries an id, until it is answered; an id that is missing is made."""
        pointer = str(CLIENT_FRAMES[frame].correlation)
        whole = with_value_at({"data": data}, pointer, lambda: str(uuid.uuid4()))
        identifier = str(value_at(whole, pointer))
        text = _text(frame, whole["data"])
        if 0 < LIMITS.max_frame_bytes < len(text.encode()):
            raise GoChatError("MESSAGE_TOO_LARGE", f"a frame has at most {LIMITS.max_frame_bytes} bytes")
        if identifier in self._pending:
            raise GoChatError("CLIENT_MSG_ID_CONFLICT", f"{identifier} is under way")
        if self.state.status == "closed":
            raise ConnectionLost("the socket is closed: connect first")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        pending = self._pending[identifier] = _Pending(frame, whole["data"], text, future)
        self._pump()
        try:
            return await future
        finally:  # answered, or not waited for any longer
            if self._pending.get(identifier) is pending:
                del self._pending[identifier]

    async def _ask(self, frame: str, data: Data | None, reply: type[Reply]) -> Reply:
        """Sends a frame whose answer has no id: answers come in order. Raises ConnectionLost without a connection."""
        if not self._connection.is_open:
            raise ConnectionLost("not connected")
        answer = next(name for name in CLIENT_FRAMES[frame].replies if name != "error")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(answer, deque()).append(future)
        self._connection.send(_text(frame, data))
        return await future

    def _post(self, frame: str, data: Data | None) -> None:
        """Sends a frame that is not answered when it succeeds; kept until there is a connection."""
        text = _text(frame, data)
        if self._connection.is_open:
            self._connection.send(text)
        else:
            self._posted.append(text)

    # What the connection tells.

    def state_changed(self, state: SocketState) -> None:
        """Tells the listeners. At the end nothing waits any longer: nobody would answer."""
        if state.status == "closed":
            self._give_up(f"the socket was closed: {state.code} {state.name}".rstrip())
            self.ended()
        self._emitter.emit("state", state)

    def opened(self) -> None:
        """Sends what waits."""
        posted, self._posted = self._posted, []
        for text in posted:
            self._connection.send(text)
        self._pump()
        self.connected()

    def lost(self, code: int) -> None:
        """Takes back what was sent and not answered."""
        if code == TOO_LARGE:
            self._fail_largest()
        for pending in self._pending.values():
            pending.is_sent = False
        self._fail_asked(f"the connection ended with {code}")

    def received(self, text: str) -> None:
        """Deals with a frame. One that is not known, or not understood, is ignored: a newer server may send more."""
        try:
            wire = json.loads(text)
            rule = SERVER_FRAMES.get(wire["type"])
        except (ValueError, KeyError, TypeError):
            return
        if rule is not None:
            self._received(wire, rule)

    def _received(self, wire: Data, rule: ServerFrameRule) -> None:
        try:
            frame: Any = read(rule.frame, wire)
        except Unreadable:
            return
        name = wire["type"]
        data = getattr(frame, "data", None)
        identifier = None if rule.correlation is None else value_at(wire, rule.correlation)
        if name == "error":
            self._refused(identifier, wire["data"])
        elif isinstance(identifier, str):
            self._answered(identifier, data)
        elif asked := self._asked.get(name):
            _settle(asked.popleft(), data)
        if name == "pong":
            self._connection.proved()
        self._emitter.emit(name, *(() if data is None else (data,)))
        self._emitter.emit("frame", frame)

    def _answered(self, identifier: str, reply: Any) -> None:
        pending = self._pending.pop(identifier, None)
        if pending is not None:  # None: the second answer to a frame that was sent twice
            self.answered(pending.frame, pending.data, reply)
            _settle(pending.reply, reply)

    def _refused(self, identifier: object, data: Data) -> None:
        pending = self._pending.get(identifier) if isinstance(identifier, str) else None
        if pending is None or not isinstance(identifier, str):
            return
        error = GoChatError(data["code"], data["message"], data.get("details"))
        is_rate = error.code == "RATE_LIMITED"
        if is_rate or (error.retryable and pending.tries < RETRIES):
            asked_s = float(error.details.get("retryAfterMs", 1000 * 2**pending.tries)) / 1000
            self._hold_until_s = max(self._hold_until_s, time.monotonic() + asked_s)
            pending.tries += 0 if is_rate else 1
            pending.is_sent = False
            self._pump()
        else:
            self._fail(identifier, error)

    def _pump(self) -> None:
        """Sends what waits, in order, as fast as the rate allows."""
        if self._pump_timer is not None:
            self._pump_timer.cancel()
            self._pump_timer = None
        if not self._connection.is_open:
            return
        for pending in self._pending.values():
            if pending.is_sent:
                continue
            wait_s = max(self._hold_until_s - time.monotonic(), self._pace.wait_s())
            if wait_s > 0:
                self._pump_timer = asyncio.get_running_loop().call_later(wait_s, self._pump)
                return
            self._pace.spend()
            pending.is_sent = True
            self._connection.send(pending.text)

    def _fail_largest(self) -> None:
        """Fails the frame for which the server closed: the largest of those that it has not answered."""
        sent = [(len(pending.text.encode()), name) for name, pending in self._pending.items() if pending.is_sent]
        if sent:
            self._fail(max(sent)[1], GoChatError("MESSAGE_TOO_LARGE", "the frame is too large"))

    def _fail(self, identifier: str, error: Exception) -> None:
        _break(self._pending.pop(identifier).reply, error)

    def _fail_asked(self, why: str) -> None:
        for asked in self._asked.values():
            while asked:
                _break(asked.popleft(), ConnectionLost(why))

    def _give_up(self, why: str) -> None:
        pending, self._pending = self._pending, {}
        for each in pending.values():
            _break(each.reply, ConnectionLost(why))
        self._fail_asked(why)
        self._posted = []


def _text(frame: str, data: Data | None) -> str:
    wire = msgspec.to_builtins({"type": frame} if data is None else {"type": frame, "data": data})
    text = json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: escaped it can be sent, and is refused by its name
        return json.dumps(wire, separators=(",", ":"))
    return text


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _break(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # seen: whoever waits raises it, and nobody needs to
