"""A connection on which batches of shots go out and their replies are told apart from pushes.

A reply belongs to a shot by its correlation id where it has one, else by the order in which the shots went out. What is
missing is missing by the clock; what is too much is so by counting, never by the clock.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.generic.finding import Finding
from conformance.generic.judge import Judge, Outcome
from conformance.generic.shot import VALID, Expected, Shot
from conformance.stage import Run
from conformance.wire.connecting import open_socket
from conformance.wire.log import WireLog
from conformance.wire.socket import Closed, Received, Socket

UNSURE_S = 1.0
"""For an answer that the contract does not promise."""

STALLED_S = 20.0
"""For a server that does nothing for anybody: it may be the machine."""

TURN_FRAMES = 16
"""Frames that go out before others have their turn on the event loop."""


class Pulse:
    """Tells when anything came from the server, on whatever connection."""

    def __init__(self) -> None:
        self.at = 0.0

    def beats(self, now: float) -> bool:
        """Say whether the server has said something within the last second."""
        return now - self.at < 1.0


class Line:
    """One connection. Make it by `Line.open`.

    Attributes:
        log: Everything since the connection, or since the last `forget`.
        pushes: How many frames came that answer nothing.
        last_error: Code of the last error frame that came, `ABSENT` before one.
    """

    def __init__(self, run: Run, expected: Expected, judge: Judge, pulse: Pulse, learn: Callable[[Any], None]) -> None:
        self.log = WireLog()
        self.pushes = 0
        self.query: dict[str, str] = {}
        self._run = run
        self._expected = expected
        self._judge = judge
        self._pulse = pulse
        self._learn = learn
        self._socket: Socket | None = None
        self._by_id: dict[str, Shot] = {}
        self._loose: list[Received] = []
        self._findings: list[Finding] = []
        self.last_error: Any = ABSENT
        self._unanswered: set[str] = set()  # correlation ids of which each has a reply to come
        self._loose_wanted: set[str] = set()  # names of frames that may be the reply to a shot without such an id
        self._allowance = 0  # failures that may still come, for frames whose success is silent
        self._id_wanted: set[str] = set()  # names of frames that may be the reply to a shot with one
        self._left = 0
        self._came_at = 0.0

    async def open(self, query: dict[str, str], address: str | None) -> None:
        """Connect.

        Raises:
            HandshakeRefused: The server did not open the channel.
        """
        self.query = query
        self._socket = await open_socket(
            self._run.base_url,
            self._run.socket,
            self.log,
            self._run.coverage,
            name="s1",
            query=query,
            address=address,
            on_frame=self._take,
        )

    @property
    def closed(self) -> Closed | None:
        """How the connection ended, None while it has not."""
        return None if self._socket is None else self._socket.closed

    @property
    def is_open(self) -> bool:
        """Whether frames can be sent."""
        return self._socket is not None and self._socket.is_open

    async def exchange(self, shots: Sequence[Shot], *, timeout_s: float, linger_s: float = 0.0) -> Outcome:
        """Send shots in one go, wait for what must come, and return all that came.

        Args:
            timeout_s: Without anything new for so long, what is missing is missing.
            linger_s: How long to wait for more than must come.
        """
        socket = self._socket
        assert socket is not None
        waiting = [shot for shot in shots if self._expected.must_have_reply(shot)]
        self._left = len(waiting)
        for shot in shots:
            if shot.correlation is not ABSENT:
                self._by_id[_id(shot.correlation)] = shot
            if not self._expected.must_have_reply(shot):
                self._allowance += 1
        correlated = [shot for shot in waiting if self._expected.is_correlated(shot)]
        self._unanswered = {_id(shot.correlation) for shot in correlated}
        self._id_wanted = {message.name for shot in correlated for message in self._answers(shot)}
        self._loose_wanted = {m.name for s in waiting if not self._expected.is_correlated(s) for m in self._answers(s)}
        for index, shot in enumerate(shots):
            self._send(socket, shot)
            if index % TURN_FRAMES == TURN_FRAMES - 1:
                await asyncio.sleep(0)
        in_time = await self._wait(socket, timeout_s)
        await self._linger(socket, shots, linger_s)
        return self._outcome(shots, waiting, in_time)

    async def _linger(self, socket: Socket, shots: Sequence[Shot], linger_s: float) -> None:
        """Wait for what may come, above all for what an invalid frame may get where the contract promises nothing."""
        unsure = [s for s in shots if s.kind != VALID and not self._expected.must_have_reply(s)]
        if unsure and socket.closed is None:

            def is_settled() -> bool:
                came = len(self._loose) + sum(bool(shot.replies) for shot in unsure)
                return came >= len(unsure) or socket.closed is not None

            await socket.wait_until(is_settled, UNSURE_S)
        if linger_s and socket.closed is None:
            await socket.wait_until(lambda: socket.closed is not None, linger_s)

    async def wait_more(self, outcome: Outcome, timeout_s: float) -> Outcome:
        """Wait on for what is missing from an exchange, and return what has come of it by then."""
        assert self._socket is not None
        in_time = await self._wait(self._socket, timeout_s)
        return self._outcome(outcome.shots, outcome.missing, in_time)

    def remains(self, shots: Sequence[Shot]) -> Outcome:
        """Return what came after the last exchange, in which these went out; they have been judged."""
        assert self._socket is not None
        outcome = Outcome(tuple(shots), [], self._findings, self._socket.closed, last_error=self.last_error)
        outcome.fault, outcome.binary = self._socket.fault, self._socket.binary
        self._findings, self._loose, self._socket.binary = [], [], 0
        return outcome

    async def ping(self, timeout_s: float) -> bool:
        """Send a ping control frame and say whether its pong came."""
        socket = self._socket
        if socket is None or not socket.is_open:
            return False
        had = len(socket.pongs)
        socket.send_ping(b"are you there")
        return await socket.wait_until(lambda: len(socket.pongs) > had or socket.closed is not None, timeout_s) and (
            len(socket.pongs) > had
        )

    async def wait_closed(self, timeout_s: float) -> None:
        """Wait until the server has ended the connection, or the time is over."""
        if self._socket is not None:
            await self._socket.wait_closed(timeout_s)

    def close(self) -> None:
        """Begin to close the connection."""
        if self._socket is not None and self._socket.is_open:
            self._socket.close()

    def forget(self) -> None:
        """Let go of what is done, so that a long run needs no more memory than a short one."""
        del self.log.entries[1:]
        if self._socket is not None:
            self._socket.received.clear()
        self._by_id.clear()

    # Inside.

    def _answers(self, shot: Shot) -> list[Any]:
        invalid = self._run.socket.invalid
        answers = self._expected.answers(shot)
        if shot.kind == VALID and invalid is not None and shot.operation is not None and shot.operation.replies is None:
            return [invalid.message]  # nothing is promised, and a failure may be told all the same
        if shot.kind != VALID and invalid is not None and not shot.is_open:
            # What accepts it by mistake counts as an answer too, or a whole batch would wait for its time to be over.
            return [*answers, *((shot.operation.replies or ()) if shot.operation is not None else ())]
        return list(answers)

    def _take(self, socket: Socket, received: Received) -> None:
        self._pulse.at = received.at
        found = self._judge.of_frame(received) if received.message is None or received.problems else []
        message = received.message
        if message is None:
            self._findings += found
            self._left -= 1  # what was it, if not a reply
            return
        code = self._judge.error_code(received)
        if code is not ABSENT:
            if not found:
                found = self._judge.of_frame(received)
            self.last_error = code
            self._run.coverage.errors[f"{code} socket"] += 1
        self._findings += found
        self._learn(received.value)
        identity = value_at(received.value, message.correlation) if message.correlation is not None else ABSENT
        if message.correlation is not None:
            key = "" if identity is ABSENT else _id(identity)
            shot = self._by_id.get(key)
            if shot is not None:
                self._came_at = received.at
                shot.replies.append(received)
                if key in self._unanswered:
                    self._unanswered.discard(key)
                    self._left -= 1
                elif len(shot.replies) == 1 and self._expected.must_have_reply(shot):
                    self._left -= 1
                return
        if message.name in self._expected.pushes and message.name not in self._loose_wanted:
            self.pushes += 1
            return
        self._came_at = received.at
        self._loose.append(received)
        # With an id that nobody has: no other will come for the shot that it was meant for.
        is_wrong_id = identity is not ABSENT and message.name in self._id_wanted and not self._allowance
        if message.name in self._loose_wanted or is_wrong_id:
            self._left -= 1

    async def _wait(self, socket: Socket, timeout_s: float) -> bool:
        """Wait until everything that must come has come, or nothing new has for too long; say whether it came."""
        loop = asyncio.get_running_loop()
        began = self._came_at = loop.time()

        def is_done() -> bool:
            return self._left <= 0 or socket.closed is not None

        while True:
            now = loop.time()
            until = min(self._came_at + timeout_s, now + max(0.05, self._run.seconds_left))
            if await socket.wait_until(is_done, max(0.05, until - now)):
                break
            await asyncio.sleep(0.05)  # what has come while we were held up is read before we judge
            now = loop.time()
            if is_done() or self._run.seconds_left <= 0:
                break
            if now - self._came_at >= timeout_s and (self._pulse.beats(now) or await self.ping(1.0)):
                break
            if now - began > max(STALLED_S, timeout_s):
                break
        return self._left <= 0

    def _outcome(self, shots: Sequence[Shot], waiting: Sequence[Shot], in_time: bool) -> Outcome:
        socket = self._socket
        assert socket is not None
        surplus = self._pair(shots)
        outcome = Outcome(shots, surplus, self._findings, socket.closed, last_error=self.last_error)
        outcome.fault, outcome.binary = socket.fault, socket.binary
        outcome.ran_out = not in_time and self._run.seconds_left <= 0
        if not in_time:
            outcome.missing = [shot for shot in waiting if not shot.replies]
        socket.binary = 0
        self._findings, self._loose = [], []
        return outcome

    def _pair(self, shots: Sequence[Shot]) -> list[Received]:
        """Give the replies without a known id to the shots in their order; return those that nobody waits for."""
        left = [shot for shot in shots if not shot.replies]
        surplus = []
        for received in self._loose:
            is_late = self._allowance > 0 and self._may_be_late(received)
            taker = self._taker(received, left, only_fitting=is_late)
            if taker is not None:
                taker.replies.append(received)
                left.remove(taker)
                if not self._expected.must_have_reply(taker):
                    self._allowance -= 1
            elif is_late:
                self._allowance -= 1
            else:
                surplus.append(received)
        return surplus

    def _taker(self, received: Received, left: Sequence[Shot], *, only_fitting: bool) -> Shot | None:
        """Return the shot to which a reply without a known id belongs, the first in order that it fits.

        Args:
            only_fitting: It may belong to what went out earlier; else it is the wrong reply to something.
        """
        message = received.message
        assert message is not None
        has_id = message.correlation is not None and value_at(received.value, message.correlation) is not ABSENT
        musts = [shot for shot in left if self._expected.must_have_reply(shot)]
        # A foreign id is a wrong one only where an id must come; else the frame belongs to something else.
        able = [s for s in left if not has_id or s.correlation is ABSENT or self._expected.is_correlated(s)]
        alone = left if len(left) == 1 else []
        for shots in (able, alone):
            fitting = next((shot for shot in shots if message in self._answers(shot)), None)
            if fitting is not None:
                return fitting
        return None if only_fitting else next((shot for shot in (*able, *alone) if shot in musts), None)

    def _may_be_late(self, received: Received) -> bool:
        """Say whether a reply may be for a frame sent earlier whose success is silent."""
        assert received.message is not None
        return self._run.socket.invalid is None or self._expected.is_error(received.message)

    def _send(self, socket: Socket, shot: Shot) -> None:
        """Send a shot as text; what it is by the contract is known already."""
        socket.send_text(shot.text)
        if shot.frame is not ABSENT:
            entry = self.log.entries[-1]
            del entry["text"]
            entry["json"] = shot.frame
        self._run.coverage.frames[f"{shot.name} sent {'valid' if shot.kind == VALID else 'invalid'}"] += 1


def _id(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
