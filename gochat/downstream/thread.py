"""The thread in which a Kafka client is called: its calls wait in C, and the hub must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

from gevent.threadpool import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")


class _Raised(NamedTuple):
    error: Exception


class KafkaThread:
    """One thread, which makes one call after the other."""

    def __init__(self) -> None:
        self._pool = ThreadPool(1)

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in the thread, and wait as greenlets do. What it raises is raised here.

        (The pool of gevent would print it on stderr as well, with a traceback.)
        """

        def call() -> T | _Raised:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                return _Raised(error)

        outcome: T | _Raised = self._pool.apply(call)
        if isinstance(outcome, _Raised):
            raise outcome.error
        return outcome

    def close(self) -> None:
        """End the thread."""
        self._pool.kill()
