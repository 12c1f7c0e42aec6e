"""Keeps one WebSocket open: connects with a token, pings, notices silence, comes back.

It carries texts and knows frames only as far as the ping that it sends. Between the tokens and the frame socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed, WebSocketException

from .catalogue import CLOSE_CODES
from .failures import ConnectionLost, GoChatError

RECONNECT_CAPS_S: tuple[float, ...] = (1, 2, 4, 8, 15, 30)
"""The longest wait before each attempt; the wait is drawn from 0 to it, so that not everybody comes at once."""
PING_EVERY_S = 30.0
"""The server closes a socket after 90 s without a frame."""
SILENCE_S = 10.0
"""A ping is answered at once; after so long without any frame the connection is dead, whatever the system says."""
OPEN_TIMEOUT_S = 10.0
"""A handshake that takes longer is given up: there is somebody, but not a server."""
CLOSE_TIMEOUT_S = 2.0

NORMAL = 1000
ABNORMAL = 1006
AUTH_FAILED = 4401


@dataclass(frozen=True)
class SocketState:
    """How it stands with the connection. `closed` is the end until `connect()` is called again.

    Attributes:
        attempt: While connecting or waiting: how many attempts have failed in a row.
        retry_at_s: While waiting: when the next attempt is, in Unix seconds.
        code: When closed: the close code.
        name: When closed: its name, such as REPLACED (4409), AUTH_FAILED (4401), NORMAL (1000).
    """

    status: Literal["idle", "connecting", "open", "waiting", "closed"]
    attempt: int = 0
    retry_at_s: float | None = None
    code: int | None = None
    name: str = ""


class Tokens(Protocol):
    """Where access tokens come from."""

    async def access(self) -> str:
        """Returns a token that is good for a while.

        Raises:
            GoChatError: AUTH_FAILED, when there is none to be had.
            ConnectionLost: no answer.
        """

    async def renew(self, refused: str) -> str:
        """Returns another token than `refused`; raises like `access`."""


class ConnectionOwner(Protocol):
    """Who is told what happens to a connection."""

    async def prepare(self) -> None:
        """Is waited for before each attempt; when it raises GoChatError or ConnectionLost, the attempt has failed."""

    def state_changed(self, state: SocketState) -> None:
        """The state is another."""

    def opened(self) -> None:
        """A new connection is open: send what waits."""

    def lost(self, code: int) -> None:
        """The connection is gone: `code` is the server's close code, 1006 when there was none."""

    def received(self, text: str) -> None:
        """A text came."""


def reconnect_delay_s(
    attempt: int, caps_s: Sequence[float] = RECONNECT_CAPS_S, draw: Callable[[], float] = random.random
) -> float:
    """Returns how long to wait before attempt number `attempt`, from 0: anything up to its cap."""
    return draw() * caps_s[min(attempt, len(caps_s) - 1)]


class Connection:
    """One wish to be connected, through any number of sockets."""

    def __init__(
        self,
        url: str,
        ping: str,
        tokens: Tokens,
        owner: ConnectionOwner,
        *,
        headers: Mapping[str, str],
        reconnect_caps_s: Sequence[float],
    ) -> None:
        """Prepares; `connect` connects.

        url: The socket's address, without a query.
        ping: The text of a ping frame.
        """
        self.state = SocketState("idle")
        self._url = url
        self._ping = ping
        self._tokens = tokens
        self._owner = owner
        self._headers = headers
        self._caps_s = reconnect_caps_s
        self._attempt = 0
        self._has_renewed = False
        self._life: asyncio.Task[None] | None = None
        self._outbox: asyncio.Queue[str] | None = None
        self._move = asyncio.Event()
        self._probe = asyncio.Event()
        self._partings: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether a text would leave now."""
        return self._outbox is not None

    def connect(self) -> None:
        """Connects and stays connected until `close`, or until the server says not to come back."""
        if self.state.status in ("open", "connecting"):
            return
        self._stop()
        self._attempt = 0
        self._has_renewed = False
        self._change(SocketState("connecting"))
        self._life = asyncio.get_running_loop().create_task(self._live())

    def close(self) -> None:
        """Ends the connection for good."""
        self._stop()
        self._change(_closed(NORMAL))

    async def finish(self) -> None:
        """Waits until what was closed is gone."""
        tasks = [task for task in (self._life, *self._partings) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def send(self, text: str) -> None:
        """Sends a text; the caller has seen `is_open`."""
        if self._outbox is not None:
            self._outbox.put_nowait(text)

    def proved(self) -> None:
        """Says that this connection works: a pong came. The next waits are short again."""
        self._attempt = 0
        self._has_renewed = False

    def probe(self) -> None:
        """Asks for a sign of life now; without one the connection is taken for dead."""
        self._probe.set()

    def move_over(self) -> None:
        """Moves to a new connection with a new token while the old token is good. Nobody sees the user go offline."""
        if self.is_open:
            self._move.set()

    def _stop(self) -> None:
        self._outbox = None
        if self._life is not None and not self._life.done():
            self._life.cancel()
            self._part_with(self._life)

    async def _live(self) -> None:
        try:
            await self._stay_connected()
        except Exception:  # nothing of the network: trying again would not mend it
            self._change(SocketState("closed", code=ABNORMAL))
            raise

    async def _stay_connected(self) -> None:
        previous: ClientConnection | None = None
        while True:
            code, socket, token = ABNORMAL, None, ""
            try:
                token = await self._tokens.access()
                await self._owner.prepare()
                socket = await self._open(token)
            except (GoChatError, ConnectionLost, OSError, WebSocketException) as error:
                code = _code_of(error)
            finally:
                if previous is not None:  # the new one is there, or is not to be had
                    self._part(previous)
                    previous = None
            if socket is not None:
                code = await self._serve(socket)
                if self._move.is_set():
                    previous = socket
                    continue
                if code == AUTH_FAILED and not self._has_renewed:
                    code = await self._renew(token)
                    if code == NORMAL:
                        continue
            rule = CLOSE_CODES.get(code)
            if rule is not None and not rule.reconnect:
                self._change(_closed(code))
                return
            await self._wait()

    async def _open(self, token: str) -> ClientConnection:
        return await dial(
            f"{self._url}?token={quote(token, safe='')}",
            additional_headers=self._headers,
            compression=None,
            open_timeout=OPEN_TIMEOUT_S,
            ping_interval=None,  # the contract has a ping of its own
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=None,
        )

    async def _serve(self, socket: ClientConnection) -> int:
        """Carries texts both ways until the connection ends; returns the close code."""
        outbox = self._outbox = asyncio.Queue()
        self._move.clear()
        heard = asyncio.Event()
        reading = asyncio.create_task(self._read(socket, heard))
        writing = asyncio.create_task(_write(socket, outbox))
        pinging = asyncio.create_task(self._ping_until_silent(outbox, heard))
        moving = asyncio.create_task(self._move.wait())
        tasks: set[asyncio.Task[Any]] = {reading, writing, pinging, moving}
        try:
            self._change(SocketState("open"))
            self._owner.opened()
            # What was received before the end is read to its end, so a failed write is not the end by itself.
            await asyncio.wait({reading, pinging, moving}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._part(socket)
            raise
        finally:
            if self._outbox is outbox:
                self._outbox = None
            for task in tasks:
                task.cancel()
        if reading.done():
            self._move.clear()
            code = socket.close_code or ABNORMAL
            socket.transport.abort()  # nothing to do, unless it was the reader that failed
        elif pinging.done():
            self._move.clear()
            socket.transport.abort()
            code = ABNORMAL
        else:
            code = NORMAL
        self._owner.lost(code)
        return code

    async def _read(self, socket: ClientConnection, heard: asyncio.Event) -> None:
        try:
            async for text in socket:
                heard.set()
                if isinstance(text, str) and not self._move.is_set():
                    self._owner.received(text)
        except ConnectionClosed:
            pass

    async def _ping_until_silent(self, outbox: asyncio.Queue[str], heard: asyncio.Event) -> None:
        while True:
            heard.clear()
            self._probe.clear()
            outbox.put_nowait(self._ping)
            try:
                await asyncio.wait_for(heard.wait(), SILENCE_S)
            except TimeoutError:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._probe.wait(), PING_EVERY_S)

    async def _renew(self, refused: str) -> int:
        """Gets another token; returns what it has come to as a close code, NORMAL when there is one."""
        self._has_renewed = True
        self._change(SocketState("connecting", attempt=self._attempt))
        try:
            await self._tokens.renew(refused)
        except (GoChatError, ConnectionLost) as error:
            return _code_of(error)
        return NORMAL

    async def _wait(self) -> None:
        wait_s = reconnect_delay_s(self._attempt, self._caps_s)
        self._attempt += 1
        self._change(SocketState("waiting", attempt=self._attempt, retry_at_s=time.time() + wait_s))
        await asyncio.sleep(wait_s)
        self._change(SocketState("connecting", attempt=self._attempt))

    def _change(self, state: SocketState) -> None:
        self.state = state
        self._owner.state_changed(state)

    def _part(self, socket: ClientConnection) -> None:
        async def close() -> None:
            await socket.close(NORMAL)

        self._part_with(asyncio.create_task(close()))

    def _part_with(self, task: asyncio.Task[None]) -> None:
        self._partings.add(task)
        task.add_done_callback(self._partings.discard)


async def _write(socket: ClientConnection, outbox: asyncio.Queue[str]) -> None:
    try:
        while True:
            await socket.send(await outbox.get())
    except ConnectionClosed:
        pass  # the reader meets it too


def _closed(code: int) -> SocketState:
    rule = CLOSE_CODES.get(code)
    return SocketState("closed", code=code, name="" if rule is None else rule.name)


def _code_of(error: Exception) -> int:
    return AUTH_FAILED if isinstance(error, GoChatError) and error.code == "AUTH_FAILED" else ABNORMAL
