"""A load balancer for TCP in front of several gateways: each connection goes to the next one that takes it."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

Address = tuple[str, int]

BUFFER_BYTES = 16 * 1024
"""Of a socket of ours: who reads slowly is felt by the gateway, not by us."""


class Forwarder:
    """Listens on a port of its own, in a thread with an event loop.

    What is forwarded: bytes, the end of either direction, resets; and the client's address (on loopback).
    """

    def __init__(self, targets: Callable[[], list[Address]]) -> None:
        """targets: where gateways listen now."""
        self._targets = targets
        self._turns = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self.port = 0

    def start(self) -> None:
        """Listens; the port stays the same from the first time on."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """Accepts no more; what is connected stays."""
        asyncio.run_coroutine_threadsafe(self._stop_listening(), self._loop).result(10)

    def close(self) -> None:
        """Ends everything."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer of two writes takes 40 ms
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(
            self._accept, sock=listening, limit=BUFFER_BYTES, backlog=1024, start_serving=True
        )

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _end(self) -> None:
        await self._stop_listening()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            await self._forward(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._links.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await self._connect(writer.get_extra_info("peername")[0])
        there_reader, there_writer = await asyncio.open_connection(sock=there, limit=BUFFER_BYTES)
        for each in (writer, there_writer):
            each.transport.set_write_buffer_limits(high=BUFFER_BYTES)
        await asyncio.gather(_pump(reader, there_writer, writer), _pump(there_reader, writer, there_writer))
        for each in (writer, there_writer):
            each.close()

    async def _connect(self, client_ip: str) -> socket.socket:
        targets = self._targets()
        turn = next(self._turns)
        for offset in range(len(targets)):
            there = socket.socket()
            there.setblocking(False)
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there.bind((client_ip, 0))
            try:
                await self._loop.sock_connect(there, targets[(turn + offset) % len(targets)])
                return there
            except OSError:
                there.close()
        raise ConnectionRefusedError("no gateway takes it")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
    """Forwards one direction; `back` goes where `reader` comes from."""
    try:
        while data := await reader.read(BUFFER_BYTES):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            with suppress(OSError):
                writer.write_eof()
    except OSError:  # reset by either side: the other one gets a reset, too
        for each in (writer, back):
            ours = each.get_extra_info("socket")
            with suppress(OSError):
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.transport.abort()
