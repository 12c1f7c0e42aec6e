"""Runs `gochat serve` as a process of its own, the way an operator does.

Waits for the line that says where it listens, collects its log, stops it by signal and, at the
end of its life, holds the log to two rules: no traceback and no secret in it.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg

from tests.harness.process import Process

REQUEST_TIMEOUT_S = 20.0

JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{8,}")

# A test that is not about limits must not meet one; a test that is starts a server of its own.
TEST_SETTINGS: Mapping[str, str] = {
    "GOCHAT_LOGIN_RATE": "0",
    "GOCHAT_MESSAGE_RATE": "0",
    "GOCHAT_PRESENCE_GRACE_S": "1",
}


new_database: Callable[[], str] | None = None
"""Makes a database for each server that does not ask for one; None: SQLite, in the data directory."""

kind: Callable[..., GoChatServer] | None = None
"""What `running_server` runs instead of a `GoChatServer`, for a server that asks for no database of its own."""


running: list[GoChatServer] = []
"""Whom `running_server` runs at the moment."""


class GoChatServer:
    """One server process with a data directory of its own, which outlives `restart()`."""

    gateway_count = 1

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
        if new_database is not None:
            self.settings.setdefault("GOCHAT_DATABASE_URL", new_database())
        self.arguments = tuple(arguments)
        self.expect_log_errors = expect_log_errors
        self.data_dir = Path(tempfile.mkdtemp(prefix="gochat-test-"))
        self.secrets: set[str] = set()
        self.url = ""
        self._port = 0
        self._log: list[str] = []
        self._process = Process("gochat serve", self._log)
        self._http: httpx.Client | None = None

    @property
    def has_postgres(self) -> bool:
        """Whether its database is PostgreSQL, rather than SQLite in the data directory."""
        return bool(self.settings.get("GOCHAT_DATABASE_URL"))

    @property
    def log(self) -> str:
        """All that the server wrote so far, over all its restarts."""
        return "".join(self._log)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the server was started and not stopped since."""
        return self._process.is_running

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
        arguments = ["serve", "--port", str(self._port), "--data-dir", str(self.data_dir), *self.arguments]
        self.url = self._process.start(arguments, self.settings)
        self._port = self.host_and_port[1]  # a restarted server keeps its address, as clients expect
        return self

    def stop(self) -> float:
        """Stops the server with SIGTERM, holds it to exit status 0, returns how long it took in seconds."""
        started = time.monotonic()
        self._process.ask_to_stop()
        self._process.wait_stopped()
        return time.monotonic() - started

    def kill(self) -> None:
        """Ends the server with SIGKILL, as a crash would."""
        self._process.kill()

    def restart(self) -> float:
        """Stops the server, starts it again at the same address; returns the stop's seconds."""
        took_s = self.stop()
        self.start()
        return took_s

    def finish(self) -> None:
        """Ends the server's life: stops it, leaves nothing behind, judges its log."""
        try:
            if self.is_running:
                self.stop()
        finally:
            if self.is_running:
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


@contextmanager
def writes_held(server: GoChatServer) -> Iterator[Callable[[], object]]:
    """Keeps a server from committing, as a backup of its database would; gives a function that lets it go on."""
    if not server.has_postgres:
        path = server.data_dir / "gochat.db"
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as embedded:
            embedded.execute("BEGIN IMMEDIATE")
            yield lambda: embedded.execute("ROLLBACK")
    else:
        with psycopg.connect(server.settings["GOCHAT_DATABASE_URL"]) as other:
            other.execute("LOCK TABLE messages IN EXCLUSIVE MODE")
            yield other.rollback


@contextmanager
def running_server(
    settings: Mapping[str, str | None] | None = None,
    *,
    arguments: Sequence[str] = (),
    expect_log_errors: bool = False,
) -> Iterator[GoChatServer]:
    """Runs a server with the test settings, overridden by `settings`; None takes a setting away."""
    merged = {**TEST_SETTINGS, **(settings or {})}
    of_kind = GoChatServer if kind is None or "GOCHAT_DATABASE_URL" in merged else kind
    server = of_kind(
        {name: value for name, value in merged.items() if value is not None},
        arguments=arguments,
        expect_log_errors=expect_log_errors,
    )
    running.append(server)
    try:
        server.start()
        yield server
    finally:
        running.remove(server)
        server.finish()


def _around(log: str, text: str) -> str:
    at = log.index(text)
    return log[max(0, at - 1000) : at + 4000]
