"""An event loop in a thread of its own, on which code without asyncio runs coroutines and waits for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """A loop that runs until `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gochat-client", daemon=True)
        self._thread.start()

    def wait_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs a coroutine on the loop and returns what it gives, or raises what it raises.

        Raises:
            RuntimeError: called on the loop's own thread, by a listener: it would wait for itself.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a listener must not wait for the client: use messages() or a thread of your own")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def do(self, action: Callable[[], Result]) -> Result:
        """Calls a function that does not wait, on the loop; from a listener too."""
        if threading.current_thread() is self._thread:
            return action()

        async def call() -> Result:
            return action()

        return self.wait_for(call())

    def stop(self) -> None:
        """Ends the thread."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
