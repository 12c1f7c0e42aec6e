"""Events by name, and who listens to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Listener = Callable[..., object]


class Emitter:
    """Calls listeners. Types of events are given where the names are known: in the classes that have an `on`."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}

    def add(self, event: str, listener: Listener) -> Callable[[], None]:
        """Calls `listener` at each such event; returns a function that ends that."""
        self._listeners.setdefault(event, []).append(listener)

        def take_off() -> None:
            listeners = self._listeners.get(event, [])
            if listener in listeners:
                listeners.remove(listener)

        return take_off

    def emit(self, event: str, *values: Any) -> None:
        """Calls the listeners. What one raises goes to the loop's exception handler, and stops nobody else."""
        for listener in list(self._listeners.get(event, ())):
            try:
                listener(*values)
            except Exception as error:
                context = {"message": f"a listener of {event!r} failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
