"""A connection made of bytes in play: opened, finished by the rules of RFC 6455, and what is wrong with it reported.

The ground that `transport` plays on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from conformance.contract.judge import ABSENT, json_value
from conformance.contract.socket import value_at
from conformance.generic.bench import Bench
from conformance.generic.bytes_socket import BytesSocket, open_bytes_socket
from conformance.generic.finding import WITHIN_S, Finding, shown, steps_of
from conformance.generic.framing import encode_close
from conformance.generic.seat import NoCredentials, Seat
from conformance.generic.shot import Shot
from conformance.trace import Step
from conformance.wire.log import WireLog
from conformance.wire.socket import HandshakeRefused, Received

RENEWALS_MAX = 2
"""Connections in a row that end as bad credentials do, after which it is not the credentials."""


class Streams:
    """Connections of one seat, one at a time."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.contract = bench.run.socket
        self._seat = Seat()
        self._renewals = 0

    async def finish(self, name: str, socket: BytesSocket, *, self_closing: bool = False) -> None:
        """Do our part of the closing handshake, and hold the server to the rest of it."""
        if self_closing and socket.close_code is None:
            socket.write(encode_close(1000))
            await socket.wait_until(lambda: socket.close_code is not None or socket.ended, self.patience)
        elif socket.close_code is not None and not socket.ended:
            socket.write(encode_close(1000))
        if socket.close_code is not None:
            ended = await socket.wait_until(lambda: socket.ended, self.patience)
            if not ended and not self.bench.is_over:
                self.report(
                    *("close-echoed", "TCP", "the server ends the TCP connection after the closing handshake"),
                    *("it stays open", socket, self.closes(())),
                )
        if socket.behind:
            self.report(
                *("close-final", name, "nothing after the server's close frame", shown(socket.behind)),
                *(socket, self.closes(())),
            )
        for fault in socket.faults[:1]:
            self.report("framing-kept", name, "frames by RFC 6455", fault, socket, self.closes(()))
        if socket.binary:
            self.report("frame-text", name, "text frames", "a binary frame", socket, self.closes(()))
        if not self._has_expired(socket):
            self._renewals = 0
        for received in self.frames(socket):
            for finding in self.bench.judge.of_frame(received):
                self.bench.report(finding, self.steps(socket), socket.log.entries)
        steps = self.steps(socket)
        if socket.ended:
            socket.end()
        else:
            socket.drop()
        if not self.bench.is_over:
            await self.bench.witness.others_served(name, steps)

    # What came.

    def frames(self, socket: BytesSocket) -> list[Received]:
        """Return the frames that came, judged."""
        frames = []
        for index, text in enumerate(socket.texts):
            value = json_value(text)
            message, problems = self.contract.judge(value)
            frames.append(Received(index, text, value, 0.0, message, tuple(problems)))
        return frames

    def replies(self, socket: BytesSocket, shot: Shot) -> list[Received]:
        """Return the frames that can only be the reply to a shot that was alone."""
        answers = self.bench.expected.answers(shot)
        found = []
        for received in self.frames(socket):
            message = received.message
            if message is None or message not in answers:
                continue
            if message.correlation is not None and shot.correlation is not ABSENT:
                identity = value_at(received.value, message.correlation)
                if identity is not ABSENT and identity != shot.correlation:
                    continue
            found.append(received)
        return found

    async def wait_reply(self, socket: BytesSocket, shot: Shot) -> bool:
        """Wait for a reply, and a moment for a second one."""
        came = await socket.wait_until(lambda: bool(self.replies(socket, shot)) or socket.ended, self.patience)
        if came and not socket.ended:
            await socket.wait_until(lambda: socket.ended, 0.02)
        return came

    # Inside.

    @property
    def patience(self) -> float:
        """How long to wait for anything, in seconds."""
        return min(self.bench.patience.alone_s, max(0.05, self.bench.run.seconds_left))

    def probe(self) -> Shot:
        """Return the frame that faults are made of."""
        probe = self.bench.probe()
        return probe if probe is not None else Shot("valid", "text", "text", json.dumps({}), None)

    async def open(self) -> BytesSocket | None:
        """Open a connection of our own; None when the server does not let us, which the lanes report."""
        bench, log = self.bench, WireLog()
        try:
            query = await bench.query_of(self._seat)
            bench.run.coverage.counts["connections"] += 1
            socket = await open_bytes_socket(
                bench.run.base_url, self.contract.address, query, log, address=self._seat.address
            )
        except (HandshakeRefused, NoCredentials):
            await asyncio.sleep(1.0)
            return None
        if not socket.is_open:
            socket.end()
            self._seat.query = None
            await asyncio.sleep(1.0)
            return None
        return socket

    def steps(self, socket: BytesSocket) -> list[Step]:
        """Return what went out, as it did, under the credentials of a trace."""
        sent = [{k: v for k, v in e.items() if k != "at"} for e in socket.log.entries if e["step"] in ("raw", "drop")]
        return [*steps_of([], self.bench.opening), *sent]

    def closes(self, codes: Sequence[int]) -> Step:
        """Return the check that the server closes with one of these codes; with none, that it does not close."""
        return {"check": "close", "socket": "s1", "codes": list(codes), "within_s": WITHIN_S}

    def count(self, name: str, socket: BytesSocket) -> None:
        """Count what was tried and what became of it, for coverage."""
        if self._has_expired(socket):
            return
        coverage = self.bench.run.coverage
        end = "open"
        if socket.close_code is not None:
            end = f"closed {socket.close_code}"
            coverage.closes[str(socket.close_code)] += 1
        elif socket.ended:
            end = "lost"
        coverage.transitions[f"open -> {name} -> {end}"] += 1
        coverage.counts["frames_sent"] += 1
        coverage.counts["frames_received"] += len(socket.texts)
        for received in self.frames(socket):
            coverage.frames[f"{received.name} received"] += 1
            code = self.bench.judge.error_code(received)
            if code is not ABSENT:
                coverage.errors[f"{code} socket"] += 1

    async def is_in_vain(self, name: str, socket: BytesSocket) -> bool:
        """Say whether the end of a connection tells nothing: the run is over, or the server gone for everybody."""
        if self.bench.is_over:
            return True
        lost = socket.ended and socket.close_code is None
        return lost and not await self.bench.witness.others_served(name, self.steps(socket))

    def report(self, rule: str, what: str, expected: str, got: str, socket: BytesSocket, check: Step) -> None:
        """Report what is wrong with a connection, unless it is only that its credentials did not last."""
        bench = self.bench
        if self._has_expired(socket) and self._renewals < RENEWALS_MAX:
            self._seat.query = None
            self._renewals += 1
        elif not bench.is_over:
            finding = Finding(rule, self.contract.channel, bench.channel, expected, got, check, what)
            bench.report(finding, self.steps(socket), socket.log.entries)

    def _has_expired(self, socket: BytesSocket) -> bool:
        """Say whether a connection was closed with a code that is tied to an error, as that of bad credentials is."""
        return socket.close_code in {e.close_code for e in self.contract.errors.values() if e.socket == "close"}


def ending(socket: BytesSocket) -> str:
    """Return what became of a connection, for people."""
    if socket.close_code is not None:
        return f"the close code {socket.close_code}"
    if socket.ended:
        return "the TCP connection just ended"
    last = f", and {shown(socket.texts[-1])} came" if socket.texts else ""
    return f"the connection stayed open{last}"
