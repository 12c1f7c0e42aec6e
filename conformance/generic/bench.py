"""What all parts of the layer share: who connects, what has been found, and the bench on which a frame is tried alone.

A batch that does not add up is taken apart here: each suspect goes out on a connection of its own, so that a violation
comes with the one frame that shows it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.load import escaped
from conformance.generic.finding import WITHIN_S, Finding, Opening, contract_pointer, steps_of, violation_of
from conformance.generic.judge import Judge, Outcome
from conformance.generic.line import Line, Pulse
from conformance.generic.pace import PAUSE_S, hint_s
from conformance.generic.repertoire import Repertoire
from conformance.generic.seat import NoCredentials, Seat
from conformance.generic.shot import VALID, Expected, Shot
from conformance.generic.witness import Witness
from conformance.stage import Run
from conformance.trace import Step
from conformance.violation import Violation
from conformance.wire.socket import HandshakeRefused

LINGER_S, LINGER_FOR_MORE_S = 0.05, 0.4
"""How long a frame's connection is watched after its reply; the second where a reply too many is suspected."""

SUSPECTS_MAX = 24
LOOK_S = 25.0
"""For one batch."""

SHOW_TRIES = 3
"""How often a frame is looked for that shows by itself what was seen in passing."""

SHOWN_MAX = 3
"""Findings of one batch that are shown by a frame of their own; what is left comes with the next batches."""

CLOSES_MAX = 12
"""Declared closes that nothing explains, after which they are not looked into any more."""

PROBE_TRIES = 4

OPEN_TRIES_S = (0.0, 0.5, 1.0, 2.0, 4.0)

MAY_BE_LATE = ("reply-comes", "invalid-refused")
"""Rules that are broken by what did not come, which a slow machine may be to blame for: always tried again."""

ABOUT_FRAMES = ("frame-declared", "frame-valid", "frame-text", "framing-kept", "error-declared")
"""Rules that a received frame breaks by itself, whatever it answers."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what has to come may take, on a machine that has other things to do.

    Attributes:
        reply_s: A reply, with nothing new on the connection; then a batch is taken apart.
        alone_s: The reply to a frame that is alone; more, as this decides.
        late_s: More, for a reply that did come when the frame was tried again.
    """

    reply_s: float = 5.0
    alone_s: float = 10.0
    late_s: float = 15.0


@dataclass(frozen=True)
class Trial:
    """What a frame that was alone on its connection has shown."""

    outcome: Outcome
    findings: Sequence[Finding]
    log: Sequence[Step]


@dataclass(eq=False)
class Bench:
    """The shared state of one run of the layer.

    Attributes:
        unexplained: Closes and mismatches which did not come again and are no violation.
    """

    run: Run
    expected: Expected
    repertoire: Repertoire
    judge: Judge
    patience: Patience = Patience()
    pulse: Pulse = field(default_factory=Pulse)
    unexplained: int = 0

    def __post_init__(self) -> None:
        self.opening = Opening((), {})
        self._found: dict[tuple[str, ...], Violation] = {}
        self._times: Counter[tuple[str, ...]] = Counter()
        self._alone = Seat()
        self._busy = asyncio.Lock()
        self.witness = Witness(self)
        self._rng = Random(f"{self.run.seed} bench")
        self.channel = contract_pointer(f"#/channels/{escaped(self.run.socket.channel)}")

    @property
    def is_over(self) -> bool:
        """Whether the layer has to end."""
        return self.run.seconds_left <= 0.2

    @property
    def found(self) -> int:
        """How many different violations there were."""
        return len(self._found)

    # Connections.

    async def query_of(self, seat: Seat) -> dict[str, str]:
        """Return the query parameters of a seat, logged in when first asked for.

        Raises:
            NoCredentials: The run's login failed.
        """
        if seat.query is None:
            seat.address = self.run.addresses.take()
            try:
                seat.query = await self.run.credentials()
            except Exception as error:  # whatever it is, it is the login's, and nobody can connect without one
                raise NoCredentials(f"no credentials: {type(error).__name__} {error}".strip()) from error
            if not self.opening.query:
                self.opening = Opening.read(self.run, seat.query)
        return seat.query

    async def open_line(self, seat: Seat) -> Line | None:
        """Return a new connection of a seat; None, and a violation, when the server does not open the channel."""
        got = ""
        for pause_s in OPEN_TRIES_S:
            await asyncio.sleep(min(pause_s, self.run.seconds_left))
            if self.is_over:
                return None
            line = Line(self.run, self.expected, self.judge, self.pulse, self.repertoire.stock.learn)
            try:
                await line.open(await self.query_of(seat), seat.address)
            except NoCredentials as error:
                got = str(error)
            except HandshakeRefused as refused:
                got = str(refused)
                seat.query = seat.query if refused.status == 0 else None
            else:
                return line
        check: Step = {"check": "close", "socket": "s1", "codes": [], "within_s": 1.0}
        finding = Finding("channel-opens", self.run.socket.channel, self.channel, "the channel opens", got, check)
        self.report(finding, steps_of([], self.opening))
        return None

    # Findings.

    def is_known(self, finding: Finding) -> bool:
        """Say whether this was reported already, with a frame that shows it or no hope for one; count it if so."""
        known = self._found.get(finding.key)
        if known is None:
            return False
        self._times[finding.key] += 1
        return bool(known.reproduced) or self._times[finding.key] > SHOW_TRIES

    def report(
        self, finding: Finding, steps: Sequence[Step], log: Sequence[Step] = (), reproduced: bool | None = None
    ) -> None:
        """Hand a finding to the run, once; what comes again is counted."""
        known = self._found.get(finding.key)
        if known is None or (reproduced and not known.reproduced):
            violation = violation_of(finding, steps, self.opening, log, reproduced)
            self._found[finding.key] = violation
            self.run.report(violation)
        else:
            self._times[finding.key] += 1

    def report_times(self) -> None:
        """Tell how often each violation was seen again; to be called at the end."""
        for key, times in self._times.items():
            self.run.report(replace(self._found[key], times=times))
        self._times.clear()

    # Taking a batch apart.

    async def look_into(
        self, line: Line, outcome: Outcome, findings: Sequence[Finding], before: Sequence[Shot] = ()
    ) -> None:
        """Find the frames behind what is wrong with an exchange, and report what they show.

        Args:
            before: What went out on the connection just before, which may be the cause as well.
        """
        new = [finding for finding in findings if not self.is_known(finding)]
        ended = outcome.closed is not None and outcome.closed.by_server
        if not new and (not ended or findings or self.unexplained >= CLOSES_MAX):
            return
        log = tuple(line.log.entries)
        first = next((each for each in new if each.certain and each.rule not in MAY_BE_LATE), None)
        if self.run.fail_fast and first is not None:
            self.report(first, steps_of([first.shot] if first.shot else outcome.shots, self.opening), log)
            return
        shown = await self._try_suspects(_suspects(outcome, new, before), new)
        rest = [each for each in new if each.key not in shown and each.certain]
        if shown:
            rest = [each for each in rest if each.rule in ABOUT_FRAMES]
        elif outcome.missing and line.is_open:
            later = await line.wait_more(outcome, self.patience.late_s)
            still = {id(shot) for shot in later.missing}
            rest = [] if later.ran_out else [e for e in rest if e.shot not in outcome.missing or id(e.shot) in still]
        if self.is_over:
            return
        shots = [*before, *outcome.shots]
        for finding in rest:
            self.report(self._counted(finding, shots), steps_of(shots, self.opening), log)
        if not shown and not rest:
            self.unexplained += 1

    def _counted(self, finding: Finding, shots: Sequence[Shot]) -> Finding:
        """Return a finding about a reply with a check that counts the replies to all shots that are alike."""
        check = finding.check
        if finding.shot is None or check["check"] != "frame" or "max" not in check or not check["min"]:
            return finding
        alike = sum(self.judge.checks.of_reply(shot)["match"] == check["match"] for shot in shots)
        return replace(finding, check={**check, "min": alike, "max": alike})

    async def _try_suspects(self, suspects: Sequence[Shot], new: Sequence[Finding]) -> set[tuple[str, str, str, str]]:
        """Try frames alone and report what they show; return the keys of that."""
        more = any(finding.rule == "reply-once" for finding in new)
        until = time.monotonic() + LOOK_S
        shown: set[tuple[str, str, str, str]] = set()
        for shot in suspects:
            if self.is_over or time.monotonic() > until or len(shown) >= SHOWN_MAX:
                break
            trial = await self.try_alone(shot, LINGER_FOR_MORE_S if more else LINGER_S)
            if trial is None:
                break
            for finding in trial.findings:
                shown.add(finding.key)
                self.report(finding, steps_of([trial.outcome.shots[0]], self.opening), trial.log, True)
                if finding.rule not in ABOUT_FRAMES:
                    self.repertoire.muted.add(shot.key)
        return shown

    async def try_alone(self, shot: Shot, linger_s: float) -> Trial | None:
        """Send one frame on a connection of its own and judge what comes; None when none can be opened."""
        async with self._busy:
            trial = await self._try(shot, linger_s)
            refused = [r for s in trial.outcome.shots for r in s.replies if self.judge.is_retryable(r)] if trial else []
            if refused:
                await asyncio.sleep(min(5.0, hint_s(refused[0].value) + PAUSE_S))
                trial = await self._try(shot, linger_s)
            if trial is not None and trial.outcome.closed is not None and self.tied(trial.outcome.last_error):
                self._alone.query = None  # credentials do not last for ever
                trial = await self._try(shot, linger_s)
        if trial is not None and (trial.outcome.closed is not None or trial.outcome.missing):
            await self.witness.others_served(shot.key, steps_of(trial.outcome.shots, self.opening))
        return trial

    async def _try(self, shot: Shot, linger_s: float) -> Trial | None:
        line = await self.open_line(self._alone)
        if line is None:
            return None
        again = shot.again()
        linger_s = linger_s if self.expected.must_have_reply(again) else LINGER_FOR_MORE_S
        outcome = await line.exchange([again], timeout_s=self.patience.alone_s, linger_s=linger_s)
        findings = self.judge.of_exchange(outcome)
        if outcome.last_error is not ABSENT and outcome.closed is None:
            findings += await self.promised_close(line, outcome.last_error)
        line.close()
        return None if outcome.ran_out else Trial(outcome, findings, tuple(line.log.entries))

    async def promised_close(self, line: Line, code: Any) -> list[Finding]:
        """Wait for the close that an error frame announces, where it does, and judge it."""
        if not self.judge.of_promised_close(code, None):
            return []
        await line.wait_closed(WITHIN_S)
        return self.judge.of_promised_close(code, line.closed)

    def probe(self) -> Shot | None:
        """Return a valid frame that must be answered, as short as there is one; None when there is none."""
        frames = self.repertoire.answered() * PROBE_TRIES
        shots = [self.repertoire.valid(operation, message, self._rng, plain=True) for operation, message in frames]
        return min(shots, key=lambda shot: shot.size, default=None)

    def tied(self, code: Any) -> int | None:
        """Return the close code that always follows an error with this code, None where none does."""
        entry = self.run.socket.errors.get(code) if isinstance(code, str) else None
        return entry.close_code if entry is not None and entry.socket == "close" else None


def _suspects(outcome: Outcome, findings: Sequence[Finding], before: Sequence[Shot]) -> list[Shot]:
    """Return the frames that may be the cause, the likeliest first, one of each kind."""
    named = [finding.shot for finding in findings if finding.shot is not None]
    faulty = [shot for shot in outcome.shots if any(received.problems for received in shot.replies)]
    silent = [shot for shot in outcome.shots if not shot.replies]
    found: dict[str, Shot] = {}
    for shot in (*named, *faulty, *silent, *outcome.shots, *reversed(before)):
        found.setdefault(f"{shot.key} {shot.kind == VALID and ''}", shot)
    return list(found.values())[:SUSPECTS_MAX]
