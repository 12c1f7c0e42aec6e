"""A TCP proxy that is a bad network: cuts, delays, drops, refuses and reorders connections on command.

Runs an event loop in a thread of its own, between a client under test and a server. Knows bytes, no protocol.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType

_CHUNK_BYTES = 65536
_TICK_S = 0.01
_REORDER_WAIT_S = 0.2  # a connection that nobody follows is served after so long
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER 0: closing sends RST


class _Pair:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.writers = [client]
        self.bytes_passed = 0
        self.is_cut = False

    def reset(self) -> None:
        """Ends both sides at once, with RST."""
        self.is_cut = True
        for writer in self.writers:
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    def close(self) -> None:
        """Ends both sides in good order; what was written arrives."""
        for writer in self.writers:
            writer.close()


class ChaosProxy:
    """Forwards connections to a server, as badly as it is told to. Settings may be changed at any time, by any thread.

    Attributes:
        delay_s: How long each piece of data is held back.
        jitter_s: At most so much longer, drawn for each piece. Bytes of one direction stay in order.
        drop: Nothing is forwarded, and nothing closed: what comes waits, as with a pulled cable.
        drop_back: The same for what the server sends only.
        refuse: New connections are accepted and reset.
        reorder: Connections are served in another order than they came: each waits until the next one is served.
        cut_after_bytes: A connection is cut when so many bytes have passed through it; None: never.
        connections: How many came.
        cuts: How many were cut.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self.delay_s = 0.0
        self.jitter_s = 0.0
        self.drop = False
        self.drop_back = False
        self.refuse = False
        self.reorder = False
        self.cut_after_bytes: int | None = None
        self.connections = 0
        self.cuts = 0
        self.served: list[int] = []
        """The numbers of the connections, from 1 as they came, in the order in which they were served."""
        self.port = 0
        self._target = (target_host, target_port)
        self._pairs: set[_Pair] = set()
        self._held: asyncio.Event | None = None
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos-proxy", daemon=True)

    @property
    def url(self) -> str:
        """The address at which clients reach the server through this."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        """How many connections there are now."""
        return len(self._pairs)

    def __enter__(self) -> ChaosProxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut_all(self) -> int:
        """Resets all connections at once; returns how many there were."""
        return self._on_loop(self._cut_all)

    def _on_loop(self, action: Callable[[], int]) -> int:
        async def call() -> int:
            return action()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(5)

    def _cut_all(self) -> int:
        pairs = [pair for pair in self._pairs if not pair.is_cut]
        for pair in pairs:
            pair.reset()
        self.cuts += len(pairs)
        return len(pairs)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _finish(self) -> None:
        assert self._server is not None
        self._server.close()
        for pair in list(self._pairs):
            pair.reset()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        pair = _Pair(writer)
        if self.refuse:
            pair.reset()
            return
        self._pairs.add(pair)
        try:
            await self._wait_turn()
            self.served.append(number)
            await self._forward(pair, reader, writer)
        except (OSError, asyncio.CancelledError):  # either side has gone, so is the other one; or the end of it all
            pair.reset()
        finally:
            self._pairs.discard(pair)
            pair.close()

    async def _wait_turn(self) -> None:
        """Lets the next connection pass first, while `reorder` is on."""
        held, self._held = self._held, None
        if held is not None:
            asyncio.get_running_loop().call_later(_TICK_S, held.set)
        elif self.reorder:
            self._held = mine = asyncio.Event()
            try:
                await asyncio.wait_for(mine.wait(), _REORDER_WAIT_S)
            except TimeoutError:
                if self._held is mine:
                    self._held = None

    async def _forward(self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.drop:
            await asyncio.sleep(_TICK_S)
        to_reader, to_writer = await asyncio.open_connection(*self._target)
        pair.writers.append(to_writer)
        if pair.is_cut:
            return
        there = asyncio.create_task(self._pump(pair, reader, to_writer, is_back=False))
        back = asyncio.create_task(self._pump(pair, to_reader, writer, is_back=True))
        try:
            await asyncio.gather(there, back)
        finally:
            there.cancel()
            back.cancel()

    async def _pump(
        self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_back: bool
    ) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            if self.delay_s or self.jitter_s:
                await asyncio.sleep(self.delay_s + random.uniform(0, self.jitter_s))
            while self.drop or (is_back and self.drop_back):
                await asyncio.sleep(_TICK_S)
            limit = self.cut_after_bytes
            if limit is not None and pair.bytes_passed + len(data) > limit:
                data = data[: max(limit - pair.bytes_passed, 0)]
                writer.write(data)
                await writer.drain()
                self.cuts += 1
                pair.reset()
                return
            pair.bytes_passed += len(data)
            writer.write(data)
            await writer.drain()
        if not writer.is_closing():
            writer.write_eof()
