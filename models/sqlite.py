"""The embedded store: SQLite, in one process.

Two connections to one SQLite file in WAL mode: the *reader* serves every read (a WAL reader never waits for a
writer), the *writer* belongs to the committer (`gochat.commit`) and is what the tables talk to inside
`Store.writing()`. Both are used on the hub's thread only, but for COMMIT.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import peewee
from playhouse.migrations import Runner

from models.store import MIGRATIONS_DIR, StorageFailure, Store, StoreUnusable
from models.tables import TABLES

READER_BUSY_TIMEOUT_S = 5.0
WRITER_BUSY_TIMEOUT_S = 0.0
"""The writer runs on the hub: where another process holds the write lock (a backup tool), it must not wait
inside SQLite but come back later (`gochat.commit` does)."""

PRAGMAS = {
    "journal_mode": "wal",
    # FULL: an acked message survives a power cut, not only a crash of the process.
    "synchronous": "full",
    "cache_size": -64_000,  # KiB
    "temp_store": "memory",
    "journal_size_limit": 64 * 1024 * 1024,
}


class _Database(peewee.SqliteDatabase):
    """peewee's database over our two connections.

    peewee's own `bind_ctx`, which would switch the tables from one database object to another, took 25 us a write.
    """

    writer: sqlite3.Connection | None = None

    def cursor(self, named_cursor: Any = None) -> Any:
        return super().cursor(named_cursor) if self.writer is None else self.writer.cursor()


class SqliteStore(Store):
    """A SQLite file.

    Args:
        path: The SQLite file; made when it is not there, with mode 0600.

    Raises:
        StoreUnusable: it cannot be opened, or another process has it.
    """

    commit_blocks = True

    def __init__(self, path: Path) -> None:
        self.path = path
        if sqlite3.sqlite_version_info < (3, 35, 0):
            raise StoreUnusable(f"SQLite {sqlite3.sqlite_version} is too old: RETURNING needs 3.35 or later")
        try:
            path.touch(mode=0o600, exist_ok=True)
            self._lock = _lock(path)
            self._database = _open(path, timeout_s=READER_BUSY_TIMEOUT_S)
            self._writing = _open(path, timeout_s=WRITER_BUSY_TIMEOUT_S)
        except (OSError, peewee.DatabaseError) as error:
            raise StoreUnusable(f"cannot open the database {path}: {error}") from error
        self._writer: sqlite3.Connection = self._writing.connection()
        self._database.bind(TABLES, bind_refs=False, bind_backrefs=False)

    def prepare(self) -> list[str]:
        return self.migrate()  # nobody else has the file: it is locked since it was opened

    def migrate(self) -> list[str]:
        try:
            return [str(name) for name in Runner(self._writing, str(MIGRATIONS_DIR)).up()]
        except peewee.DatabaseError as error:
            raise StoreUnusable(f"cannot migrate the database {self.path}: {error}") from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        # The caller must not switch greenlets inside: the connection is shared.
        with self._database.transaction():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        # The caller must not switch greenlets inside.
        self._database.writer = self._writer
        try:
            yield
        finally:
            self._database.writer = None

    def begin(self) -> bool:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                return False
            raise StorageFailure(str(error)) from error
        return True

    def commit(self) -> peewee.OperationalError | None:
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            return StorageFailure(str(error))
        return None

    def roll_back(self) -> None:
        if self._is_writing():
            self._write("ROLLBACK")

    def _write(self, sql: str) -> Any:
        return self._writer.execute(sql)

    def _is_writing(self) -> bool:
        return self._writer.in_transaction

    def close(self) -> None:
        # The WAL is folded into the file.
        self._database.close()
        self._writing.close()
        self._lock.close()


def _lock(path: Path) -> TextIO:
    """Keep other processes of ours away from the database: rates, presence and pushes live in one process.

    The lock ends with the process, however it ends.
    """
    lock = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreUnusable(f"the database {path} is in use by another gochat") from error
    return lock


def _open(path: Path, *, timeout_s: float) -> _Database:
    database = _Database(
        str(path),
        pragmas=PRAGMAS,
        timeout=timeout_s,
        # One connection for all greenlets of the hub's thread; COMMIT alone runs in a worker thread, never at the
        # same time as another statement of the writer.
        thread_safe=False,
        check_same_thread=False,
        returning_clause=True,
        autoconnect=False,
    )
    database.connect()
    return database
