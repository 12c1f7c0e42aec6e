"""Opens the database and says who may use which connection.

Two connections to one SQLite file in WAL mode: the *reader* belongs to the hub thread and serves every read
(a WAL reader never waits for a writer); the *writer* belongs to the committer (`gochat.commit`). The tables
are bound to the reader, and to the writer only inside `Store.writing()`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee
from playhouse.migrations import Runner

from models.tables import TABLES

MIGRATIONS_DIR = Path(__file__).parent / "migrations"

WRITER_BUSY_TIMEOUT_S = 0.0
"""The writer runs on the hub: where another process holds the write lock (a backup tool), it must not wait
inside SQLite but come back later (`gochat.commit` does)."""

StorageError = peewee.DatabaseError
"""Base of what a query raises."""

StorageFailure = peewee.OperationalError
"""The storage itself failed (disk full, I/O error, lock); any other `StorageError` is a defect of ours."""


class StoreUnusable(Exception):
    """The database cannot be opened; the text is for the operator."""


class Store:
    """The open database.

    Args:
        path: The SQLite file; made when it is not there, with mode 0600.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if sqlite3.sqlite_version_info < (3, 35, 0):
            raise StoreUnusable(
                f"SQLite {sqlite3.sqlite_version} is too old: RETURNING needs 3.35 or later"
            )
        try:
            path.touch(mode=0o600, exist_ok=True)
            self.writer = _open(path, timeout_s=WRITER_BUSY_TIMEOUT_S)
            self.reader = _open(path, timeout_s=5.0)
        except (OSError, peewee.DatabaseError) as error:
            raise StoreUnusable(f"cannot open the database {path}: {error}") from error
        self.reader.bind(TABLES, bind_refs=False, bind_backrefs=False)

    def migrate(self) -> list[str]:
        """Apply the migrations that are missing, in order, and return their names."""
        try:
            return [str(name) for name in Runner(self.writer, str(MIGRATIONS_DIR)).up()]
        except peewee.DatabaseError as error:
            raise StoreUnusable(f"cannot migrate the database {self.path}: {error}") from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads inside see one state of the database.

        The caller must not switch greenlets inside: the reader connection is shared.
        """
        with self.reader.transaction():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Bind the tables to the writer. The caller must not switch greenlets inside."""
        with self.writer.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
            yield

    def close(self) -> None:
        """Close both connections; the WAL is folded into the file."""
        self.reader.close()
        self.writer.close()


def _open(path: Path, *, timeout_s: float) -> peewee.SqliteDatabase:
    database = peewee.SqliteDatabase(
        str(path),
        pragmas={
            "journal_mode": "wal",
            # FULL: an acked message survives a power cut, not only a crash of the process.
            "synchronous": "full",
            "cache_size": -64_000,  # KiB
            "temp_store": "memory",
            "journal_size_limit": 64 * 1024 * 1024,
        },
        timeout=timeout_s,
        # One connection a Database object, shared by all greenlets of the hub thread. COMMIT alone runs in
        # a worker thread (`gochat.commit`), never at the same time as another statement of that connection.
        thread_safe=False,
        check_same_thread=False,
        returning_clause=True,
        autoconnect=False,
    )
    database.connect()
    return database
