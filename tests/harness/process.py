"""A `gochat` process that listens: known by the line that says where, ended by signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

from tests.harness.forked import Forked

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0  # SIGTERM drains and exits within this

LISTENING = re.compile(r"^gochat: (?:logic )?listening on (\w+://\S+)$", re.MULTILINE)


class Process:
    """One process at a time, with the log of all of them.

    Attributes:
        url: Where the last one listened.
    """

    def __init__(self, name: str, log: list[str]) -> None:
        """Prepares; `start` runs it.

        name: for messages.
        log: takes all lines.
        """
        self.url = ""
        self._name = name
        self._log = log
        self._process: Forked | None = None
        self._reader: threading.Thread | None = None
        self._own_log: list[str] = []

    @property
    def pid(self) -> int:
        """The process id of the running process."""
        assert self._process is not None, f"{self._name} is not running"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._process is not None

    @property
    def log(self) -> str:
        """All that it wrote so far, over all its starts."""
        return "".join(self._own_log)

    def start(self, arguments: Sequence[str], settings: Mapping[str, str]) -> str:
        """Starts `gochat ARGUMENTS`, and returns where it listens.

        settings: GOCHAT_* variables, the only ones of that prefix that the process gets.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GOCHAT_")}
        lines_before = len(self._own_log)
        self._process = Forked(arguments, {**environment, **settings})
        self._reader = threading.Thread(target=self._collect_log, args=(self._process,), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while (found := LISTENING.search("".join(self._own_log[lines_before:]))) is None:
            if self._process.poll() is not None:
                status = self._process.returncode
                self._forget_process()
                raise AssertionError(f"{self._name} exited with {status}:\n{self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"no listening line of {self._name} within {START_TIMEOUT_S} s:\n{self.log}")
            time.sleep(0.02)
        self.url = found.group(1)
        return self.url

    def ask_to_stop(self) -> None:
        """Sends SIGTERM."""
        assert self._process is not None, f"{self._name} is not running"
        assert self._process.poll() is None, f"{self._name} died with {self._process.returncode}:\n{self.log}"
        self._process.send_signal(signal.SIGTERM)

    def wait_stopped(self) -> None:
        """Waits for the end after SIGTERM, and holds the process to exit status 0."""
        process = self._process
        assert process is not None, f"{self._name} is not running"
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no exit of {self._name} within {STOP_TIMEOUT_S} s of SIGTERM:\n{self.log}") from None
        self._forget_process()
        assert process.returncode == 0, f"exit status {process.returncode} of {self._name} after SIGTERM:\n{self.log}"

    def kill(self) -> None:
        """Ends it with SIGKILL, as a crash would."""
        assert self._process is not None, f"{self._name} is not running"
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)
        self._forget_process()

    def pause(self) -> None:
        """Stops it with SIGSTOP: it lives, and does nothing, as on a machine that is frozen."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets it go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def _collect_log(self, process: Forked) -> None:
        for line in process.stdout:
            self._own_log.append(line)
            self._log.append(line)

    def _forget_process(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        self._reader.join(STOP_TIMEOUT_S)
        self._process.stdout.close()
        self._process = None
