"""The Hypothesis state machine: two to five users do what comes to its mind, one by one and at the same time.

Hypothesis is synchronous, so it draws in a thread of its own and has each step run on the event loop. It only draws: a
failing sequence is made short by `conformance.chat.evidence`, which knows that a repeat needs new users and real time.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from conformance.chat import draws
from conformance.chat.evidence import Case, Evidence
from conformance.chat.operation import Step
from conformance.chat.room import NAMES, Room
from conformance.chat.stock import NoAccount, Stock
from conformance.stage import Run

STEPS = 60
"""Steps of a sequence. Accounts are dear, so a sequence is long; what fails is made short afterwards."""

EXAMPLES = 12
"""Sequences from one seed; then the next seed, as the first of each is Hypothesis' simplest."""

SEQUENCES_A_ROOM = 4
"""Sequences that follow each other in one room while nothing is wrong there: its users go on as they are."""

STAGE = "chat"


class Machine:
    """Runs sequences until the run's time is over."""

    def __init__(self, run: Run, stock: Stock, evidence: Evidence) -> None:
        self.examples = 0
        self._run = run
        self._stock = stock
        self._evidence = evidence
        self._room: Room | None = None
        self._left = 0

    async def work(self) -> None:
        """Draw and run sequences in a thread until the time is over."""
        loop = asyncio.get_running_loop()
        number = 0
        while self._run.seconds_left > 1.0:
            number += 1
            self._run.progress(STAGE, f"{self.examples} sequences of the machine")
            test = self._machine(loop)
            await asyncio.to_thread(_run_examples, test, self._run.seed * 10_007 + number)
        if self._room is not None:
            await self._room.close()

    def room(self) -> Room:
        """Return the room for the next sequence: the last one, until it is worn out or broken."""
        if self._room is None:
            self._room = Room(self._run, self._stock)
            self._left = SEQUENCES_A_ROOM
        self._left -= 1
        return self._room

    async def finish(self, room: Room, *, is_broken: bool) -> None:
        """End a sequence: what should not have come is judged."""
        if room.done:
            self.examples += 1
            self._run.coverage.counts["examples"] += 1
        found = [] if is_broken else await room.end()
        if found:
            await self._evidence.take(Case("the machine", tuple(room.done), tuple(found), room))
        if is_broken or found or not self._left:
            self._room = None
            await room.close()

    async def step(self, room: Room, step: Step) -> bool:
        """Run a step; return whether it broke a rule."""
        found = await room.do(step)
        if found:
            await self._evidence.take(Case("the machine", tuple(room.done), tuple(found), room))
        return bool(found)

    def _machine(self, loop: asyncio.AbstractEventLoop) -> type[RuleBasedStateMachine]:
        outer = self

        def on_loop(coroutine: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        class Chat(RuleBasedStateMachine):
            """One sequence in a room of its own."""

            def __init__(self) -> None:
                super().__init__()
                self.room = outer.room()
                self.users: tuple[str, ...] = NAMES[:2]
                self.is_over = False
                self.labels = 0
                self.prefix = f"{len(self.room.done)}."

            @initialize(count=st.integers(2, 5), draw=st.data())
            def enter(self, count: int, draw: st.DataObject) -> None:
                self.users = NAMES[:count]
                for step in draws.opening(self.users, f"g{self.prefix}", draw.draw):
                    self.do(step)

            @rule(draw=st.data())
            def one(self, draw: st.DataObject) -> None:
                if self.goes_on():
                    self.do(draws.operation(self.room.model, self.users, self.label(), draw.draw))

            @rule(draw=st.data())
            def talk(self, draw: st.DataObject) -> None:
                if self.goes_on():
                    self.do(draws.talk(self.room.model, self.users, self.label(), draw.draw))

            @rule(draw=st.data(), count=st.integers(2, 3))
            def at_the_same_time(self, draw: st.DataObject, count: int) -> None:
                if self.goes_on():
                    self.do(draws.race(self.room.model, self.users, self.label(), draw.draw, count))

            def goes_on(self) -> bool:
                """Whether there is time, nothing is broken, and everybody has an account."""
                return (
                    not self.is_over
                    and outer._run.seconds_left > 0
                    and all(user in self.room.model.people for user in self.users)
                )

            def label(self) -> str:
                self.labels += 1
                return f"{self.prefix}{self.labels}"

            def do(self, step: Step | None) -> None:
                if step is None or self.is_over or outer._run.seconds_left <= 0:
                    return
                try:
                    self.is_over = on_loop(outer.step(self.room, step))
                except NoAccount as error:
                    self.is_over = True
                    outer._evidence.no_account(error)

            def teardown(self) -> None:
                on_loop(outer.finish(self.room, is_broken=self.is_over))

        return Chat


def _run_examples(machine: type[RuleBasedStateMachine], number: int) -> None:
    # Two sequences with the same draws may differ, as a server may decide a race in either way: no error of ours.
    with suppress(Flaky):
        _run(machine, number)


def _run(machine: type[RuleBasedStateMachine], number: int) -> None:
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=InMemoryExampleDatabase(),
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            verbosity=Verbosity.quiet,
        ),
    )
