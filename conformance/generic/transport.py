"""Plays the faults below the frames, each on a connection of its own; then somebody else is asked if they are served.

The tables are in `faults`; what is right is RFC 6455, and of its close codes those that the contract declares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

from conformance.generic.bench import Bench
from conformance.generic.bytes_socket import BytesSocket
from conformance.generic.faults import (
    BINARY_FAULTS,
    FRAMING_FAULTS,
    ODDITIES,
    PINGS,
    UNSUPPORTED_DATA,
    UTF8_FAULTS,
    Fault,
    Oddity,
    too_large,
)
from conformance.generic.finding import WITHIN_S
from conformance.generic.framing import CLOSE, NO_STATUS, PING, TEXT, encode_close, encode_frame
from conformance.generic.stock import declared_limit
from conformance.generic.stream import Streams, ending

HALF_OPEN_S = 0.5
AFTERWARDS_S = 0.1
"""How long a connection is watched for what must not come."""

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

PAUSE_S = 0.4
"""Between two faults, once each has been played."""

CLOSES: tuple[tuple[int, str], ...] = ((1000, ""), (1001, "bye"), (3000, ""), (4999, "再见"), (NO_STATUS, ""))


class Transport:
    """Plays faults until the run is over."""

    def __init__(self, bench: Bench) -> None:
        self.played = 0
        self._bench = bench
        self._contract = bench.run.socket
        self._rng = Random(f"{bench.run.seed} transport")
        self._on = Streams(bench)
        self._limit = declared_limit(self._contract) or 0

    async def run(self) -> None:
        """Play each fault, in another order each time, until the run is over."""
        first = True
        while not self._bench.is_over:
            plays = self._plays()
            self._rng.shuffle(plays)
            for play in plays:
                # Asked before, too, so that the fault is not blamed for what was there already.
                if not await self._bench.witness.all_served() or self._bench.is_over:
                    break
                await play()
                self.played += 1
                await asyncio.sleep(0 if first else PAUSE_S)
            first = False

    def _plays(self) -> list[Callable[[], Any]]:
        faults = [*BINARY_FAULTS, *UTF8_FAULTS, *FRAMING_FAULTS, *(too_large(self._limit) if self._limit > 0 else ())]
        has_reply = self._bench.probe() is not None  # only by a reply is an oddity seen to be taken
        oddities = [each for each in ODDITIES if has_reply and (self._limit > 0 or not each.needs_limit)]
        return [
            *(partial(self._play_fault, fault) for fault in faults),
            *(partial(self._play_oddity, each) for each in oddities),
            *(partial(self._play_close, code, reason) for code, reason in CLOSES),
            *(self._play_pings, self._play_frame_after_close, self._play_http_after_close),
            *(self._play_half_open, self._play_reset, self._play_cut_off),
        ]

    # Faults.

    async def _play_fault(self, fault: Fault) -> None:
        probe, socket = self._on.probe(), await self._on.open()
        if socket is None:
            return
        data = fault.make(probe.text.encode(), self._rng)
        socket.write(data)
        await socket.wait_until(lambda: socket.close_code is not None or socket.ended, self._on.patience)
        if await self._on.is_in_vain(fault.name, socket):
            return
        code, declared = socket.close_code, self._contract.close_codes
        self._on.count(fault.name, socket)
        is_asked = fault not in BINARY_FAULTS or UNSUPPORTED_DATA in declared
        if is_asked and code not in fault.codes:
            rule = "size-limit-kept" if "limit of bytes" in fault.name else "transport-close"
            expected = f"the close code {' or '.join(map(str, fault.codes))}"
            self._on.report(rule, fault.name, expected, ending(socket), socket, self._on.closes(fault.codes))
        if code is not None and declared and code not in declared:
            allowed = tuple(declared)
            self._on.report(
                *("close-declared", fault.name, "one of x-close-codes", f"the close code {code}", socket),
                self._on.closes(allowed),
            )
        elif socket.ended and code is None and not is_asked:
            self._on.report(
                "close-clean", fault.name, "a closing handshake", ending(socket), socket, self._on.closes(())
            )
        elif code in fault.codes:
            self._judge_announcement(fault, socket, code)
        await self._on.finish(fault.name, socket)

    def _judge_announcement(self, fault: Fault, socket: BytesSocket, code: int) -> None:
        """Hold that the error which the catalogue ties to a close code came before it."""
        tied = {each.code for each in self._contract.errors.values() if each.close_code == code}
        invalid = self._contract.invalid
        if not tied or invalid is None or invalid.code is None:
            return
        codes = [self._bench.judge.error_code(received) for received in self._on.frames(socket)]
        if not tied.intersection(each for each in codes if isinstance(each, str)):
            expected = f"an error frame with {' or '.join(sorted(tied))} before the close with {code}"
            match = {"check": "frame", "socket": "s1", "match": {}, "min": 1, "within_s": WITHIN_S}
            self._on.report("close-announced", fault.name, expected, "none", socket, match)

    async def _play_oddity(self, oddity: Oddity) -> None:
        probe, socket = self._on.probe(), await self._on.open()
        if socket is None:
            return
        text = probe.text.encode()
        if oddity.needs_limit:
            text += b" " * (self._limit - len(text))
        for piece in oddity.make(text, self._rng):
            socket.write(piece)
            await asyncio.sleep(0.005)
        answered = await self._on.wait_reply(socket, probe)
        await socket.wait_until(lambda: len(socket.pongs) >= len(oddity.pongs) or socket.ended, self._on.patience)
        if await self._on.is_in_vain(oddity.name, socket):
            return
        rule = "size-limit-kept" if oddity.needs_limit else "fragments-joined"
        check = self._bench.judge.checks.of_reply(probe)
        replies = self._on.replies(socket, probe)
        wrong = [finding for reply in replies[:1] for finding in self._bench.judge.of_reply(probe, reply)]
        expected = "one reply, as to the same frame in one piece"
        if not answered or len(replies) != 1:
            got = ending(socket) if not replies else f"{len(replies)} replies"
            self._on.report(rule, oddity.name, expected, got, socket, check)
        elif wrong:
            self._on.report(rule, oddity.name, expected, wrong[0].got, socket, check)
        if tuple(socket.pongs) != oddity.pongs:
            self._report_pongs(oddity.name, oddity.pongs, socket)
        self._on.count(oddity.name, socket)
        await self._on.finish(oddity.name, socket, self_closing=True)

    async def _play_pings(self) -> None:
        socket = await self._on.open()
        if socket is None:
            return
        for payload in PINGS:
            socket.write(encode_frame(PING, payload))
        await socket.wait_until(lambda: len(socket.pongs) >= len(PINGS) or socket.ended, self._on.patience)
        if await self._on.is_in_vain("ping control frames", socket):
            return
        if tuple(socket.pongs) != PINGS:
            self._report_pongs("pings", PINGS, socket)
        self._on.count("ping control frames", socket)
        await self._on.finish("ping control frames", socket, self_closing=True)

    def _report_pongs(self, name: str, expected: Sequence[bytes], socket: BytesSocket) -> None:
        wanted = ", ".join(f"{len(each)} bytes" for each in expected) or "none"
        got = ", ".join(f"{len(each)} bytes" for each in socket.pongs) or "none"
        self._on.report(
            *("ping-answered", name, f"pongs with the payloads of the pings ({wanted})", f"pongs: {got}", socket),
            self._on.closes(()),
        )

    # The end of a connection.

    async def _play_close(self, code: int, reason: str) -> None:
        socket = await self._on.open()
        if socket is None:
            return
        name = "close without a code" if code == NO_STATUS else f"close with {code}"
        socket.write(encode_frame(CLOSE) if code == NO_STATUS else encode_close(code, reason.encode()))
        await socket.wait_until(lambda: socket.close_code is not None or socket.ended, self._on.patience)
        if await self._on.is_in_vain(name, socket):
            return
        allowed = {1000, NO_STATUS} if code == NO_STATUS else {code}
        if code not in self._contract.close_codes:
            allowed.add(1000)
        if socket.close_code not in allowed:
            expected = f"a close with {' or '.join(str(each) for each in sorted(allowed))}"
            check = self._on.closes(sorted(allowed))
            self._on.report("close-echoed", name, expected, ending(socket), socket, check)
        self._bench.run.coverage.transitions[f"closing -> {name} -> closed {socket.close_code}"] += 1
        if socket.close_code in self._contract.close_codes:  # an echo of ours is none of the server's
            self._bench.run.coverage.closes[str(socket.close_code)] += 1
        await self._on.finish(name, socket)

    async def _play_frame_after_close(self) -> None:
        probe, socket = self._on.probe(), await self._on.open()
        if socket is None:
            return
        socket.write(encode_close(1000) + encode_frame(TEXT, probe.text.encode()))
        await socket.wait_until(lambda: socket.ended, self._on.patience)
        if self._on.replies(socket, probe):
            check = {**self._bench.judge.checks.of_reply(probe), "min": 0, "max": 0}
            expected = "no reply to a frame that comes after the client's close"
            self._on.report("close-final", "frame after the close", expected, "a reply", socket, check)
        await self._on.finish("frame after the close", socket)

    async def _play_http_after_close(self) -> None:
        socket = await self._on.open()
        if socket is None:
            return
        socket.write(encode_close(1000) + REQUEST)
        await socket.wait_until(lambda: socket.close_code is not None or socket.ended, self._on.patience)
        socket.write(REQUEST)
        await self._on.finish("HTTP after the close", socket)

    # Clients that vanish.

    async def _play_half_open(self) -> None:
        socket = await self._on.open()
        if socket is None:
            return
        socket.write(encode_frame(TEXT, self._on.probe().text.encode()))
        socket.write_end()
        await socket.wait_until(lambda: socket.ended, HALF_OPEN_S)
        await self._vanish("a client that ends its side of the stream", socket)

    async def _play_reset(self) -> None:
        socket = await self._on.open()
        if socket is not None:
            socket.write(encode_frame(TEXT, self._on.probe().text.encode()))
            await self._vanish("a client that resets the connection", socket)

    async def _play_cut_off(self) -> None:
        socket = await self._on.open()
        if socket is not None:
            socket.write(encode_frame(TEXT, self._on.probe().text.encode())[:-3])
            await asyncio.sleep(AFTERWARDS_S)
            await self._vanish("a client that vanishes inside a frame", socket)

    async def _vanish(self, name: str, socket: BytesSocket) -> None:
        steps = [*self._on.steps(socket), {"step": "drop", "socket": "s1"}]
        socket.drop()
        self._bench.run.coverage.transitions[f"open -> {name} -> lost"] += 1
        await self._bench.witness.others_served(name, steps)
