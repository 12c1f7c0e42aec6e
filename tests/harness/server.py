"""Runs `gochat serve` as a process of its own, the way an operator does.

Waits for the line that says where it listens, collects its log, stops it by signal and, at the
end of its life, holds the log to two rules: no traceback and no secret in it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx

from tests.harness.contract import PROJECT_ROOT

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0  # SIGTERM drains and exits within this
REQUEST_TIMEOUT_S = 20.0

LISTENING = re.compile(r"^gochat: listening on (https?://\S+)$", re.MULTILINE)
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{8,}")

# A test that is not about limits must not meet one; a test that is starts a server of its own.
TEST_SETTINGS: Mapping[str, str] = {
    "GOCHAT_LOGIN_RATE": "0",
    "GOCHAT_MESSAGE_RATE": "0",
    "GOCHAT_PRESENCE_GRACE_S": "1",
}


class GoChatServer:
    """One server process with a data directory of its own, which outlives `restart()`."""

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        arguments: Sequence[str] = (),
        expect_log_errors: bool = False,
    ) -> None:
        """Prepares a server; `start()` runs it.

        settings: GOCHAT_* variables, the only ones of that prefix that the process gets.
        arguments: more options for `gochat serve`.
        expect_log_errors: the test provokes a traceback on purpose.
        """
        self.settings = dict(settings or {})
        self.arguments = tuple(arguments)
        self.expect_log_errors = expect_log_errors
        self.data_dir = Path(tempfile.mkdtemp(prefix="gochat-test-"))
        self.secrets: set[str] = set()
        self.url = ""
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._log: list[str] = []
        self._http: httpx.Client | None = None

    @property
    def log(self) -> str:
        """All that the server wrote so far, over all its restarts."""
        return "".join(self._log)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the server was started and not stopped since."""
        return self._process is not None

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where a plain TCP connection goes."""
        url = httpx.URL(self.url)
        assert url.port is not None
        return url.host, url.port

    @property
    def http(self) -> httpx.Client:
        """The connection pool that all HTTP clients of this server share."""
        if self._http is None:
            self._http = httpx.Client(timeout=REQUEST_TIMEOUT_S, trust_env=False, verify=False)
        return self._http

    def ws_url(self, token: str | None) -> str:
        """The socket's address for a token; without one, no query at all."""
        base = "ws" + self.url.removeprefix("http") + "/ws"
        return base if token is None else f"{base}?token={quote(token, safe='')}"

    def start(self) -> GoChatServer:
        """Starts the process and returns once it accepts connections."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GOCHAT_")}
        environment.update(self.settings)
        command = [
            *(sys.executable, "-m", "gochat", "serve"),
            *("--port", str(self._port), "--data-dir", str(self.data_dir)),
            *self.arguments,
        ]
        lines_before = len(self._log)
        self._process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._collect_log, args=(self._process,), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            found = LISTENING.search("".join(self._log[lines_before:]))
            if found:
                break
            if self._process.poll() is not None:
                self._reader.join(1)
                raise AssertionError(f"gochat serve exited with {self._process.returncode}:\n{self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"no listening line within {START_TIMEOUT_S} s:\n{self.log}")
            time.sleep(0.02)
        self.url = found.group(1)
        self._port = self.host_and_port[1]  # a restarted server keeps its address, as clients expect
        return self

    def stop(self) -> float:
        """Stops the server with SIGTERM, holds it to exit status 0, returns how long it took in seconds."""
        process = self._process
        assert process is not None, "the server is not running"
        assert process.poll() is None, f"the server died with {process.returncode}:\n{self.log}"
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no exit within {STOP_TIMEOUT_S} s of SIGTERM:\n{self.log}") from None
        took_s = time.monotonic() - started
        self._forget_process()
        assert process.returncode == 0, f"exit status {process.returncode} after SIGTERM:\n{self.log}"
        return took_s

    def kill(self) -> None:
        """Ends the server with SIGKILL, as a crash would."""
        assert self._process is not None, "the server is not running"
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)
        self._forget_process()

    def restart(self) -> float:
        """Stops the server, starts it again at the same address; returns the stop's seconds."""
        took_s = self.stop()
        self.start()
        return took_s

    def finish(self) -> None:
        """Ends the server's life: stops it, leaves nothing behind, judges its log."""
        try:
            if self._process is not None:
                self.stop()
        finally:
            if self._process is not None:
                self.kill()
            if self._http is not None:
                self._http.close()
            shutil.rmtree(self.data_dir, ignore_errors=True)
        self.check_log()

    def check_log(self) -> None:
        """Raises AssertionError for a traceback (unless expected) or a secret in the log."""
        log = self.log
        if not self.expect_log_errors:
            assert "Traceback" not in log, f"a traceback in the server's log:\n{_around(log, 'Traceback')}"
        leaked = JWT.search(log)
        assert leaked is None, f"a token in the server's log: …{_around(log, leaked.group())}…"
        for secret in self.secrets:
            assert secret not in log, f"a secret in the server's log: …{_around(log, secret)}…"

    def _collect_log(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._log.append(line)

    def _forget_process(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        self._reader.join(STOP_TIMEOUT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None


@contextmanager
def running_server(
    settings: Mapping[str, str | None] | None = None,
    *,
    arguments: Sequence[str] = (),
    expect_log_errors: bool = False,
) -> Iterator[GoChatServer]:
    """Runs a server with the test settings, overridden by `settings`; None takes a setting away."""
    merged = {**TEST_SETTINGS, **(settings or {})}
    server = GoChatServer(
        {name: value for name, value in merged.items() if value is not None},
        arguments=arguments,
        expect_log_errors=expect_log_errors,
    )
    try:
        server.start()
        yield server
    finally:
        server.finish()


def _around(log: str, text: str) -> str:
    at = log.index(text)
    return log[max(0, at - 1000) : at + 4000]
