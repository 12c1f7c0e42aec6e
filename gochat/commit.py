"""Group commit: everything that waits is written in one transaction and made durable by one fsync.

Services submit writes; one greenlet takes all that wait, runs them on the writer connection and commits in a
worker thread (an fsync must not stop the hub). Only after the commit do the callers get their results and the
bus its events. Knows nothing of messages, HTTP or WebSocket.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

import gevent
from gevent.event import AsyncResult, Event
from gevent.threadpool import ThreadPool
from msgspec import Struct

from generated.errors import ContractError, Unavailable
from gochat import metrics
from gochat.bus import BusEvent
from gochat.defect import report_defect
from models.store import StorageFailure, Store

log = logging.getLogger(__name__)
T = TypeVar("T")

MAX_BATCH_WRITES = 1024
"""Writes in one transaction. Running them holds the hub for about 9 us each, so 1,024 keep it under 10 ms; 256 gave
15% fewer messages/s, because each batch costs every connection a read and a write."""

LOCK_RETRY_S = 0.01
LOCK_TIMEOUT_S = 5.0
"""How long a batch waits for another process (a backup tool) to release the write lock."""


class Transaction:
    """What a write sees: a place to leave the events that are published after the commit.

    Attributes:
        number: See `Store.write_number`.
    """

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.events: list[BusEvent] = []

    def emit(self, event: BusEvent) -> None:
        """Publish `event` after the commit, in the order of the calls; never when the write fails."""
        self.events.append(event)


Outcome = Any
"""A write's result, or the exception that refused it."""

Runner = Callable[[Sequence[Any], Transaction], list[Outcome]]
"""Runs many writes of one kind; returns one outcome for each, in order. Business errors are outcomes, not raised."""


class _Entry(Struct):
    runner: Runner
    write: Any
    done: Callable[[Outcome], None]
    outcome: Outcome = None


class Committer:
    """The one writer of the process.

    Args:
        store: Where to write.
        publish: Takes the events of a committed batch, in order.

    Attributes:
        failures: How often the storage has failed; what was refused then may be stored all the same, and untold.
    """

    def __init__(self, store: Store, publish: Callable[[Sequence[BusEvent]], None]) -> None:
        self._store = store
        self._publish = publish
        self._queue: deque[_Entry] = deque()
        self._wake = Event()
        self._idle = Event()
        self._idle.set()
        self._is_awake = False  # asked before each `set`, which costs as much as queueing
        self._closed = False
        self.failures = 0
        self._thread = ThreadPool(1)
        self._greenlet = gevent.spawn(self._run)

    def run(self, write: Callable[[Transaction], T]) -> T:
        """Run `write` in the next transaction, wait until it is durable and return its result.

        Raises:
            ContractError: what `write` raised; nothing of it is stored.
            Unavailable: the storage failed or the server is stopping; nothing is stored.
        """
        outcome: T = self.run_with(self._run_functions, write)
        return outcome

    def run_with(self, runner: Runner, write: Any) -> Any:
        """Do as `run`, for a write with a runner of its own (see `submit`)."""
        waiter: AsyncResult[Any] = AsyncResult()

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, BaseException):
                waiter.set_exception(outcome)
            else:
                waiter.set(outcome)

        self.submit(runner, write, done)
        return waiter.get()

    def submit(self, runner: Runner, write: Any, done: Callable[[Outcome], None]) -> None:
        """Queue `write` and return at once; `done` is called with its outcome once that is durable.

        Consecutive writes with the same runner are handed to it together. `done` must not block.
        """
        if self._closed:
            done(Unavailable())
            return
        self._queue.append(_Entry(runner, write, done))
        if not self._is_awake:
            self._is_awake = True
            self._idle.clear()
            self._wake.set()

    def submit_function(self, write: Callable[[Transaction], Any], done: Callable[[Outcome], None]) -> None:
        """Queue a plain function, as `submit` does."""
        self.submit(self._run_functions, write, done)

    @property
    def waiting(self) -> int:
        """Number of writes that are queued."""
        return len(self._queue)

    def close(self, timeout_s: float) -> bool:
        """Refuse new writes, finish those that wait, and say whether all were finished in time."""
        self._closed = True
        finished = self._idle.wait(timeout_s)
        self._greenlet.kill()
        if finished:
            self._thread.kill()
        return bool(finished)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH_WRITES))]
                events: list[BusEvent] = []
                try:
                    events = self._commit(batch)
                except StorageFailure as error:
                    self.failures += 1
                    log.error("storage failed, %d writes refused: %s", len(batch), error)
                    for entry in batch:
                        entry.outcome = Unavailable()
                except Exception as error:
                    for entry in batch:
                        entry.outcome = report_defect(error)
                for entry in batch:
                    _finish(entry)
                if events:
                    self._tell(events)
            self._is_awake = False
            self._idle.set()

    def _tell(self, events: list[BusEvent]) -> None:
        """Publish; whoever breaks over it must not end the one writer of the process."""
        try:
            self._publish(events)
        except Exception:
            log.exception("publishing %d events failed", len(events))

    def _commit(self, batch: list[_Entry]) -> list[BusEvent]:
        self._begin()
        transaction = Transaction(self._store.write_number)
        try:
            with self._store.writing():
                for runner, group in groupby(batch, key=attrgetter("runner")):
                    self._run_group(runner, list(group), transaction)
            started = time.perf_counter()
            failure = self._thread.apply(self._store.commit) if self._store.commit_blocks else self._store.commit()
            if failure is not None:
                raise failure
            metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        except BaseException:
            self._store.roll_back()
            raise
        metrics.COMMIT_WRITES.observe(len(batch))
        return transaction.events

    def _begin(self) -> None:
        until = time.monotonic() + LOCK_TIMEOUT_S
        while not self._store.begin():
            if time.monotonic() > until:
                raise StorageFailure(f"another process has held the write lock for {LOCK_TIMEOUT_S:g} s")
            gevent.sleep(LOCK_RETRY_S)

    def _run_group(self, runner: Runner, entries: list[_Entry], transaction: Transaction) -> None:
        """Run `entries` together; where one of them breaks the runner, run each alone and fail only that one."""
        try:
            outcomes = self._attempt(runner, entries, transaction)
        except StorageFailure:
            raise
        except Exception as error:
            if len(entries) > 1:
                for entry in entries:
                    self._run_group(runner, [entry], transaction)
                return
            outcomes = [report_defect(error)]
        for entry, outcome in zip(entries, outcomes, strict=True):
            entry.outcome = outcome

    def _attempt(self, runner: Runner, entries: list[_Entry], transaction: Transaction) -> list[Outcome]:
        """Run `entries` in a savepoint; when they raise, nothing of them stays."""
        events_before = len(transaction.events)
        try:
            with self._store.savepoint():
                return runner([entry.write for entry in entries], transaction)
        except BaseException:
            del transaction.events[events_before:]
            raise

    def _run_functions(self, writes: Sequence[Any], transaction: Transaction) -> list[Outcome]:
        """Run plain functions, each in a savepoint of its own, so that a refused one leaves nothing."""
        outcomes: list[Outcome] = []
        for write in writes:
            events_before = len(transaction.events)
            try:
                with self._store.savepoint():
                    outcomes.append(write(transaction))
            except ContractError as error:
                del transaction.events[events_before:]
                outcomes.append(error)
        return outcomes


def _finish(entry: _Entry) -> None:
    try:
        entry.done(entry.outcome)
    except Exception:
        log.exception("the receiver of a write's outcome failed")
