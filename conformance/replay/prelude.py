"""What a script needs beside its steps; `script` copies from here what one uses, comments and all.

Hence written for readers who have never seen the kit, each function by itself, with nothing but httpx and websockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

NOTHING: Any = object()  # what stands where nothing stands; JSON's null is something


class NotReproduced(Exception):
    """The server does something else than the one that this was found on; the text says what."""


def shown(value: Any) -> str:
    """Return a value on one line, not too long."""
    text = "nothing" if value is NOTHING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"


def value_in(value: Any, *names: str | int) -> Any:
    """Return the member (of a member, ...) with these names, NOTHING when there is none."""
    for name in names:
        try:
            value = value[name]
        except (KeyError, IndexError, TypeError):
            return NOTHING
    return value


def kind_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is NOTHING:
        return "nothing"
    if isinstance(value, float) and value.is_integer():
        return "integer"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    return names.get(type(value), "null")


def frame_bytes(payload: bytes, *, opcode: int, fin: bool = True, rsv: int = 0, mask: bytes = bytes(4)) -> bytes:
    """Return a WebSocket frame as a client sends it (RFC 6455, section 5.2), right or not."""
    size = len(payload)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    else:
        head += bytes([0xFE]) + size.to_bytes(2, "big") if size < 65536 else bytes([0xFF]) + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


@dataclass
class Answer:
    """What came back over HTTP: status (0: nothing came), headers, and the JSON body (or NOTHING)."""

    status: int
    headers: httpx.Headers
    body: Any


async def call(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    token: str | None = None,
    query: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    body: Any = NOTHING,
    content: bytes | None = None,
) -> Answer:
    """Send a request, with a JSON body or with `content` as it is, and return the answer."""
    all_headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if body is not NOTHING:
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if content is not None:
        all_headers["Content-Type"] = "application/json"
    all_headers.update(headers or {})
    try:
        response = await http.request(method, path, params=query, headers=all_headers, content=content)
    except httpx.HTTPError as error:
        print(f"    no answer: {error!r}")
        return Answer(0, httpx.Headers(), NOTHING)
    try:
        answer = Answer(response.status_code, response.headers, response.json())
    except ValueError:
        answer = Answer(response.status_code, response.headers, NOTHING)
    print(f"    {answer.status} {shown(answer.body)}")
    return answer


def fits(value: Any, pattern: Any) -> bool:
    """Say whether `value` has every member of `pattern`."""
    if isinstance(pattern, dict):
        return not pattern or (
            isinstance(value, dict) and all(name in value and fits(value[name], pattern[name]) for name in pattern)
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and len(value) == len(pattern) and all(map(fits, value, pattern))
    return bool(value == pattern) and isinstance(value, bool) == isinstance(pattern, bool)


class Line:
    """One WebSocket connection: every frame that came on it, and how it ended."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.frames: list[Any] = []
        self.waited_for: list[int] = []
        self.refused: int | None = None  # the status with which the server did not even open it
        self.ws: ClientConnection
        self.reader: asyncio.Task[None]

    @staticmethod
    async def connect(
        who: str, url: str, *, headers: dict[str, str] | None = None, may_be_refused: bool = False
    ) -> Line:
        """Open a connection and begin to read."""
        line = Line(who)
        url = "ws" + url.removeprefix("http")
        try:
            line.ws = await connect(
                url,
                additional_headers=headers,
                compression=None,
                proxy=None,
                ping_interval=None,
                max_size=None,
                close_timeout=2,
            )
        except (InvalidHandshake, OSError, TimeoutError) as error:
            print(f"    no connection: {error}")
            if not may_be_refused:
                raise NotReproduced(f"{who} can't connect: {error}") from error
            line.refused = error.response.status_code if isinstance(error, InvalidStatus) else 1006
            return line
        line.reader = asyncio.create_task(line.read())
        return line

    async def read(self) -> None:
        """Keep what comes until the connection ends."""
        with contextlib.suppress(ConnectionClosed):
            async for message in self.ws:
                print(f"    {self.who} gets {str(message)[:300]}")
                try:
                    self.frames.append(json.loads(message))
                except ValueError:
                    self.frames.append(NOTHING)
        print(f"    the connection of {self.who} has ended with {self.closed()}")

    def closed(self) -> int | None:
        """Return the close code (1006: ended without one), None while the connection is open."""
        if self.refused is not None:
            return self.refused
        closing = self.ws.protocol.close_rcvd
        if closing is not None:
            return int(closing.code)
        return 1006 if self.reader.done() or self.ws.close_code is not None else None

    async def send(self, frame: Any) -> None:
        """Send a frame: a value as JSON, or bytes as they are. On a closed connection it is lost."""
        data = (
            frame if isinstance(frame, bytes) else json.dumps(frame, ensure_ascii=False).encode(errors="surrogatepass")
        )
        with contextlib.suppress(ConnectionClosed):
            await self.ws.send(data, text=True)

    async def send_raw(self, data: bytes) -> None:
        """Put bytes on the TCP stream, below the WebSocket protocol."""
        self.ws.transport.write(data)

    async def close(self, code: int) -> None:
        """Close by the closing handshake."""
        await self.ws.close(code)

    async def drop(self) -> None:
        """End the TCP connection by a reset, as a phone that dies."""
        raw = self.ws.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it has ended already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.ws.transport.abort()

    def found(self, pattern: Any) -> list[Any]:
        """Return all frames so far that have the members of `pattern`."""
        return [frame for frame in self.frames if fits(frame, pattern)]

    async def expect(self, pattern: Any, seconds: float = 5) -> Any:
        """Wait for a frame with these members, or take one that has come; None when there is none in time."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            for index, frame in enumerate(self.frames):
                if index not in self.waited_for and fits(frame, pattern):
                    self.waited_for.append(index)
                    return frame
            if self.closed() is not None or asyncio.get_running_loop().time() > deadline:
                print(f"    no such frame has come to {self.who}")
                return None
            await asyncio.sleep(0.01)

    async def count(self, pattern: Any, seconds: float, enough: int) -> int:
        """Wait until there are `enough` such frames, or the time is over; return how many came in all."""
        deadline = asyncio.get_running_loop().time() + seconds
        while len(self.found(pattern)) < enough and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        return len(self.found(pattern))

    async def wait_closed(self, seconds: float) -> int | None:
        """Wait until the connection has ended; return the close code, None when it is open still."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self.closed() is None and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        return self.closed()
