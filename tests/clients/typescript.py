"""TypeScript clients in a Node process, driven from a test: calls go in, answers and events come out."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gochat.codegen.node_tools import node_command

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE_DIR = CHECKOUT / "generated" / "clients" / "typescript"
BUNDLE = PACKAGE_DIR / "dist" / "browser" / "gochat.js"
PATIENCE_S = 30.0


class Refused(Exception):
    """A call was rejected; `kind` is the error's class there."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['kind']}: {error.get('code')} {error['message']}")
        self.kind: str = error["kind"]
        self.code: str | None = error.get("code")
        self.details: dict[str, Any] = error.get("details") or {}
        self.status: int | None = error.get("status")
        self.retryable: bool | None = error.get("retryable")


@dataclass
class Client:
    """One client, by its name in the process. `events` are (name, value), in order."""

    driver: Driver
    name: str
    events: list[tuple[str, Any]] = field(default_factory=list)

    def call(self, path: str, *args: Any, patience_s: float = PATIENCE_S) -> Any:
        """Calls `path`, such as `socket.send`, and returns what it resolves with. Raises Refused."""
        return self.begin(path, *args).result(patience_s)

    def begin(self, path: str, *args: Any) -> Future[Any]:
        """Calls `path` and returns the promise of its result."""
        return self.driver.ask({"client": self.name, "path": path, "args": args})

    def of(self, event: str) -> list[Any]:
        """Returns the values of an event so far."""
        return [value for name, value in list(self.events) if name == event]

    def states(self) -> list[str]:
        """Returns how it stood with the connection, one after the other."""
        return [state["status"] for state in self.of("state")]

    def wait_for(self, holds: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        """Waits until `holds()`; fails with `what` and the latest events."""
        deadline = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < deadline, f"{self.name}: {what}; the latest events are {self.events[-8:]}"
            time.sleep(0.005)

    def connect(self) -> None:
        """Connects, and waits until what was missed is delivered."""
        synced = len(self.of("synced"))
        self.call("socket.connect")
        self.wait_for(lambda: len(self.of("synced")) > synced, "is not in step")


class Driver:
    """The Node process."""

    def __init__(self, bundle: Path) -> None:
        node, _ = node_command()
        script = Path(__file__).parent / "driver.mjs"
        self._process = subprocess.Popen(
            [node, str(script), str(bundle)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._clients: dict[str, Client] = {}
        self._waiting: dict[int, Future[Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def client(self, name: str, **options: Any) -> Client:
        """Makes a client with `options` as in TypeScript."""
        client = self._clients[name] = Client(self, name)
        self.ask({"client": name, "options": options}).result(PATIENCE_S)
        return client

    def ask(self, command: dict[str, Any]) -> Future[Any]:
        """Gives the process a command; returns the promise of its answer."""
        number, answer = len(self._waiting) + 1, Future[Any]()
        self._waiting[number] = answer
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, **command}) + "\n")
        self._process.stdin.flush()
        return answer

    def close(self) -> None:
        """Ends the process; one that failed by itself is an error."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            status = self._process.wait(10)
        finally:
            self._process.kill()
            self._reader.join(5)
            if self._process.stdout is not None:
                self._process.stdout.close()
        assert status == 0, f"the clients' process ended with {status}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "event" in told:
                self._clients[told["client"]].events.append((told["event"], told["value"]))
            elif "error" in told:
                self._waiting[told["id"]].set_exception(Refused(told["error"]))
            else:
                self._waiting[told["id"]].set_result(told["value"])


@contextmanager
def node_clients(bundle: Path = BUNDLE) -> Iterator[Driver]:
    """Runs a process for clients."""
    driver = Driver(bundle)
    try:
        yield driver
    finally:
        driver.close()
