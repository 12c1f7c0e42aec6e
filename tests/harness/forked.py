"""Starts `gochat` by forking a process that has it loaded (`tests.harness.zygote`), with the face of `Popen`."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

from tests.harness.contract import PROJECT_ROOT

LOAD_TIMEOUT_S = 60.0


class Zygote:
    """One process that loads the server, and its forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.zygote"],
            cwd=PROJECT_ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("GOCHAT_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._starting = threading.Lock()
        self._changed = threading.Condition()
        self._started: list[int] = []
        self._statuses: dict[int, int] = {}
        self._is_gone = False
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, argv: Sequence[str], environment: Mapping[str, str], fifo: Path) -> int:
        """Forks; returns the process id."""
        order = {"argv": list(argv), "env": dict(environment), "cwd": str(PROJECT_ROOT), "fifo": str(fifo)}
        with self._starting:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            with self._changed:
                self._changed.wait_for(lambda: self._started or self._is_gone, LOAD_TIMEOUT_S)
                assert self._started, "the process that forks servers is gone"
                pid = self._started.pop()
                self._statuses.pop(pid, None)
                return pid

    def wait(self, pid: int, timeout_s: float) -> int | None:
        """Returns the wait status of a process once it has ended, None while it runs."""
        with self._changed:
            self._changed.wait_for(lambda: pid in self._statuses or self._is_gone, timeout_s)
            assert not self._is_gone or pid in self._statuses, "the process that forks servers is gone"
            return self._statuses.get(pid)

    def close(self) -> None:
        """Ends it; the forks go on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, *numbers = line.split()
            with self._changed:
                if word == "started":
                    self._started.append(int(numbers[0]))
                else:
                    self._statuses[int(numbers[0])] = int(numbers[1])
                self._changed.notify_all()
        with self._changed:
            self._is_gone = True
            self._changed.notify_all()


@cache
def the_zygote() -> Zygote:
    """Returns the one of this process."""
    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote


class Forked:
    """A running `gochat`, as `subprocess.Popen` would show it.

    Attributes:
        stdout: What it writes to standard output and error.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        with tempfile.TemporaryDirectory(prefix="gochat-fifo-") as directory:
            fifo = Path(directory) / "output"
            os.mkfifo(fifo)
            self.pid = the_zygote().start(["gochat", *arguments], environment, fifo)
            self.stdout: TextIO = fifo.open(encoding="utf-8", errors="replace")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Returns the exit status, negative for a signal; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float) -> int:
        """Waits for the end; raises subprocess.TimeoutExpired."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("gochat", timeout)
        return status

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Sends SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout_s: float) -> int | None:
        if self.returncode is None:
            status = the_zygote().wait(self.pid, timeout_s)
            self.returncode = None if status is None else os.waitstatus_to_exitcode(status)
        return self.returncode
