"""A server that says what a test tells it to: a socket with a script, and answers by path.

For what a real server does not do on demand: frames and properties of a newer version, holes, odd closes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Script = Callable[[ServerConnection, int], Awaitable[None]]
Answer = Callable[[str], dict[str, Any] | None]


@dataclass
class FakeServer:
    """What came, and where to."""

    url: str = ""
    sockets: int = 0
    requests: list[str] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)


def envelope(data: dict[str, Any]) -> dict[str, Any]:
    """Returns a success with `data`, and with something that no client of today knows."""
    return {"success": True, "message": "ok", "data": data, "novelty": [1]}


def no_conversations(path: str) -> dict[str, Any] | None:
    """Answers as for somebody who is in no conversation."""
    return {"conversations": [], "hasMore": False} if path.startswith("/api/conversations?") else None


@asynccontextmanager
async def fake_server(script: Script, answer: Answer = no_conversations) -> AsyncIterator[FakeServer]:
    """Runs a server. `script` has each socket and its number, from 1; `answer` gives data by path and query."""
    fake = FakeServer()

    async def handle(socket: ServerConnection) -> None:
        fake.sockets += 1
        try:
            await script(socket, fake.sockets)
            async for text in socket:
                fake.frames.append(json.loads(text))
        except ConnectionClosed:
            pass

    def respond(_: ServerConnection, request: Request) -> Response | None:
        if request.path.startswith("/ws"):
            return None
        fake.requests.append(request.path)
        data = answer(request.path)
        body = json.dumps(
            {"success": False, "message": "no", "code": "NOT_FOUND"} if data is None else envelope(data)
        ).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
        return Response(404 if data is None else 200, "", headers, body)

    async with serve(handle, "127.0.0.1", 0, process_request=respond) as server:
        fake.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield fake


async def say(socket: ServerConnection, kind: str, data: dict[str, Any] | None = None) -> None:
    """Sends a frame with something in it that no client of today knows."""
    frame: dict[str, Any] = {"type": kind, "timestamp": 1, "novelty": {"a": 1}}
    await socket.send(json.dumps(frame if data is None else {**frame, "data": data}))


async def until(condition: Callable[[], object], timeout_s: float = 10.0, what: str = "") -> None:
    """Waits until `condition` holds; fails after `timeout_s`."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {timeout_s} s: {what or condition}"
        await asyncio.sleep(0.005)
