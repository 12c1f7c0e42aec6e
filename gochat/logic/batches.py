"""Gathers what waits into batches: one call at a time with all that has come since the last."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import gevent
from gevent.event import Event

from generated.errors import ContractError, Unavailable
from gochat.defect import report_defect

log = logging.getLogger(__name__)

Done = Callable[[Any], None]


class Batches:
    """A queue and its one sender, so what is queued arrives in its order.

    Args:
        send: Takes a batch and returns an outcome for each, in order; raises `ContractError` for all of them.
        at_most: Items in a batch.
    """

    def __init__(self, send: Callable[[Sequence[Any]], Sequence[Any]], at_most: int) -> None:
        self._send = send
        self._at_most = at_most
        self._queue: deque[tuple[Any, Done]] = deque()
        self._wake = Event()
        self._idle = Event()
        self._idle.set()
        self._closed = False
        self._greenlet = gevent.spawn(self._run)

    def submit(self, item: Any, done: Done) -> None:
        """Queue `item` and return at once; `done` gets its outcome, or the error. It must not block."""
        if self._closed:
            done(Unavailable())
            return
        self._queue.append((item, done))
        self._idle.clear()
        self._wake.set()

    def close(self, timeout_s: float) -> bool:
        """Refuse what is new, finish what waits, and say whether all was finished in time."""
        self._closed = True
        finished = bool(self._idle.wait(timeout_s))
        self._greenlet.kill()
        return finished

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._at_most))]
                for (_, done), outcome in zip(batch, self._outcomes([item for item, _ in batch]), strict=True):
                    try:
                        done(outcome)
                    except Exception:
                        log.exception("the receiver of an outcome failed")
            self._idle.set()

    def _outcomes(self, items: Sequence[Any]) -> Sequence[Any]:
        try:
            outcomes = self._send(items)
            if len(outcomes) != len(items):
                raise RuntimeError(f"im-logic gave {len(outcomes)} outcomes for {len(items)}")
        except ContractError as error:
            return [type(error)(details=dict(error.details)) for _ in items]
        except Exception as error:
            known = report_defect(error)
            return [type(known)(details=dict(known.details)) for _ in items]
        return outcomes
