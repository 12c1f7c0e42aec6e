"""The chat stage: the stories first, several rooms at once, then the Hypothesis machine until the time is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from conformance.chat.evidence import Case, Evidence
from conformance.chat.machine import Machine
from conformance.chat.operation import Finding, Operation, Step
from conformance.chat.room import Room
from conformance.chat.stock import NoAccount, Stock
from conformance.chat.stories import STORIES
from conformance.chat.stories.story import Story
from conformance.stage import Run

ROOMS, PLAIN_ROOMS = 4, 4
"""Stories that are told at the same time, in rooms of their own and in rooms that several share."""

RESERVE_S = 2.0
"""Of the budget, kept for what a story still has to settle when the time is over."""

STAGE = "chat"


async def run_chat(run: Run) -> str:
    """Play the stories, then let the machine make its own, until the time is over; return a line of figures."""
    stock = Stock(run)
    stock.start()
    evidence = Evidence(run, stock)
    began = time.monotonic()
    stories = [story for story in STORIES if run.wants(STAGE, story.name)]
    long = [story for story in stories if story.seconds(run.socket.limits) > 10]
    short = [story for story in stories if 0 < story.seconds(run.socket.limits) <= 10]
    told = 0
    machine = Machine(run, stock, evidence)
    try:
        waiting = [asyncio.create_task(_play(story, run, stock, evidence)) for story in long if _has_time(story, run)]
        plain = [story for story in short if story.is_plain]
        others = [story for story in short if not story.is_plain]
        tellers = [_tell(plain, run, stock, evidence, shares_room=True) for _ in range(PLAIN_ROOMS)]
        tellers += [_tell(others, run, stock, evidence, shares_room=False) for _ in range(ROOMS)]
        told += await _all_told([asyncio.create_task(teller) for teller in tellers], run)
        run.settled.set()
        run.progress(STAGE, f"{told} stories told in {time.monotonic() - began:.0f} s; now the machine")
        if run.wants(STAGE, "machine"):
            await machine.work()
        told += await _all_told(waiting, run)
        await evidence.finish()
    finally:
        run.settled.set()
        await stock.close()
    return f"{told} stories, {machine.examples} sequences of the machine, {run.coverage.counts['steps']} steps"


async def _all_told(tasks: list[asyncio.Task[int]], run: Run) -> int:
    """Wait until all is told and return how many stories that were; break off when the run is ended early."""
    ended = asyncio.create_task(run.ended.wait())
    told = 0
    try:
        for task in tasks:
            await asyncio.wait((task, ended), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                break
            told += task.result()
    finally:
        for each in (ended, *tasks):
            each.cancel()
        await asyncio.gather(ended, *tasks, return_exceptions=True)
    return told


async def _tell(stories: list[Story], run: Run, stock: Stock, evidence: Evidence, *, shares_room: bool) -> int:
    """Take stories from the list and tell them until there are none; return how many were told to their end.

    Args:
        shares_room: Tell them in one room, one after the other, instead of each in a room of its own.
    """
    told = 0
    room = Room(run, stock) if shares_room else None
    try:
        while stories:
            story = stories.pop(0)
            if not _has_time(story, run):
                continue
            if room is None:
                told += await _play(story, run, stock, evidence)
                continue
            run.progress(STAGE, story.name)
            steps = _renamed(story.steps, f"{len(room.done)}.")
            began = len(room.done)
            try:
                found = await room.play(steps)
            except NoAccount as error:
                evidence.no_account(error)
                break
            told += not found
            if found:
                await evidence.take(Case(story.name, tuple(room.done), tuple(found), room, began))
                await room.close()
                room = Room(run, stock)
    finally:
        if room is not None:
            await room.close()
    return told


def _renamed(steps: Sequence[Step], prefix: str) -> list[Step]:
    return [
        step.renamed(prefix) if isinstance(step, Operation) else tuple(each.renamed(prefix) for each in step)
        for step in steps
    ]


def _has_time(story: Story, run: Run) -> bool:
    needed_s = story.seconds(run.socket.limits)
    return 0 < needed_s <= run.seconds_left - RESERVE_S


async def _play(story: Story, run: Run, stock: Stock, evidence: Evidence) -> int:
    """Play a story; return 1 when it was told to its end, else 0."""
    run.progress(STAGE, story.name)
    try:
        found, room = await play(story.steps, run, stock)
    except NoAccount as error:
        evidence.no_account(error)
        return 0
    if found:
        await evidence.take(Case(story.name, tuple(room.done), tuple(found), room))
    return int(not found)


async def play(
    steps: Sequence[Step], run: Run, stock: Stock, *, patience_s: float | None = None
) -> tuple[list[Finding], Room]:
    """Play steps in a room of their own; return what was found, and the room, closed.

    Raises:
        NoAccount: The server gives no accounts.
    """
    room = Room(run, stock) if patience_s is None else Room(run, stock, patience_s=patience_s)
    try:
        return await room.play(steps), room
    finally:
        await room.close()
