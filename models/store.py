"""What the rest of the server knows of storage: one writer, many readers, and how they fail.

There are two kinds: `models.sqlite` (embedded) and `models.postgres`. `open_store` chooses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import peewee

MIGRATIONS_DIR = Path(__file__).parent / "migrations"

StorageError = peewee.DatabaseError
"""Base of what a query raises."""

StorageFailure = peewee.OperationalError
"""The storage itself failed (disk full, lock, connection lost); any other `StorageError` is a defect of ours."""


class StoreUnusable(Exception):
    """The database cannot be opened; the text is for the operator."""


class Store(ABC):
    """The open database, to which the tables are bound.

    A write is `begin`, statements inside `writing`, and `commit` or `roll_back`, all by one greenlet (`gochat.commit`).

    Attributes:
        write_number: Of the write that was begun last: larger than those of all before it, over all processes. 0 where
            no other process writes.
    """

    write_number: int = 0

    commit_blocks: ClassVar[bool]
    """Whether `commit` stops the whole thread, so that it belongs into another one."""

    _database: peewee.Database

    @abstractmethod
    def prepare(self) -> list[str]:
        """Make sure that the tables are up to date and nobody else writes; return the migrations that it applied.

        Raises:
            StoreUnusable: another process has the database, or its migrations are for the operator to apply.
        """

    @abstractmethod
    def migrate(self) -> list[str]:
        """Apply the migrations that are missing, in order, and return their names.

        Raises:
            StoreUnusable: one of them failed.
        """

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """Let all reads inside see one state of the database."""

    @abstractmethod
    def begin(self) -> bool:
        """Begin a write transaction; False when another process holds the lock: come back later.

        Raises:
            StorageFailure: it cannot be begun.
        """

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """Let the tables talk to the writer, between `begin` and the end of the transaction."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is written inside when it raises; savepoints may be nested."""
        self._write("SAVEPOINT inner_write")
        try:
            yield
        except BaseException:
            if self._is_writing():  # a full disk, or a lost connection, ends the whole transaction
                self._write("ROLLBACK TO inner_write")
                self._write("RELEASE inner_write")
            raise
        self._write("RELEASE inner_write")

    @abstractmethod
    def commit(self) -> peewee.OperationalError | None:
        """Commit the write transaction: the one call that waits for the disk.

        Returns the failure instead of raising it: a worker thread would print a traceback.
        """

    @abstractmethod
    def roll_back(self) -> None:
        """Undo the write transaction, where there is one."""

    def answers(self) -> bool:
        """Say whether the database can be read."""
        try:
            self._database.execute_sql("SELECT 1")
        except StorageError:
            return False
        return True

    @abstractmethod
    def close(self) -> None:
        """Close all connections."""

    @abstractmethod
    def _write(self, sql: str) -> Any:
        """Run a statement on the writer's connection."""

    @abstractmethod
    def _is_writing(self) -> bool:
        """Say whether there is still a write transaction."""


def open_store(database: Path | str) -> Store:
    """Open the SQLite file at a path, or the PostgreSQL database at a URL.

    Raises:
        StoreUnusable: it cannot be opened.
    """
    if isinstance(database, Path):
        from models.sqlite import SqliteStore

        return SqliteStore(database)
    from models.postgres import PostgresStore

    return PostgresStore(database)
