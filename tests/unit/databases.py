"""The two kinds of storage that the unit tests run on, each with what a test does to it from outside."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import gevent
import psycopg
import pytest

from gochat import commit
from models.postgres import PostgresStore
from models.sqlite import SqliteStore
from models.store import Store, open_store

KINDS = ("sqlite", "postgres")

DICTIONARY = "postgres-dictionary"
"""One more kind: a PostgreSQL database that does not order text by its code points, unless it is told to."""

BOUNDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")

LARGE_BYTES = 100_000
"""What a full disk has no room for."""

LOCK_TIMEOUT_S = 0.1
"""How long writes wait for a lock of others after `Database.shorten_lock_timeout`."""


def only(kind: str, *, because: str) -> pytest.MarkDecorator:
    """Marks a test that has no meaning on the other kind of database; `because` is for the reader."""
    assert because
    return pytest.mark.parametrize("database", [kind], indirect=True)


class Database(ABC):
    """A database with an open `store`, to which the tables are bound."""

    kind: ClassVar[str]
    store: Store

    def __init__(self, place: Path | str) -> None:
        self.place = place
        self.store = open_store(place)

    @abstractmethod
    def read(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Returns what another process would read; ? stands for a parameter."""

    @abstractmethod
    def writes_held(self) -> AbstractContextManager[None]:
        """Lets another process hold a lock that no login can be written under."""

    @abstractmethod
    def disk_full(self) -> AbstractContextManager[None]:
        """Leaves no room for a login of `LARGE_BYTES`."""

    @abstractmethod
    def shorten_lock_timeout(self, patch: pytest.MonkeyPatch) -> None:
        """Lets writes wait for others no longer than `LOCK_TIMEOUT_S`."""


class EmbeddedDatabase(Database):
    """A SQLite file."""

    kind = "sqlite"
    place: Path
    store: SqliteStore

    def read(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.place)) as other:
            return other.execute(sql, parameters).fetchall()

    @contextmanager
    def writes_held(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.place, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def disk_full(self) -> Iterator[None]:
        (pages,) = self.store._writer.execute("PRAGMA page_count").fetchone()
        self.store._writer.execute(f"PRAGMA max_page_count = {pages}")
        yield
        self.store._writer.execute(f"PRAGMA max_page_count = {pages + 1000}")

    def shorten_lock_timeout(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(commit, "LOCK_TIMEOUT_S", LOCK_TIMEOUT_S)


class ServedDatabase(Database):
    """A database of the PostgreSQL server of the run."""

    kind = "postgres"
    place: str
    store: PostgresStore

    def read(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.place) as other:
            return other.execute(sql.replace("?", "%s"), parameters).fetchall()

    @contextmanager
    def writes_held(self) -> Iterator[None]:
        with psycopg.connect(self.place) as other:
            other.execute("LOCK TABLE logins IN EXCLUSIVE MODE")
            yield

    @contextmanager
    def disk_full(self) -> Iterator[None]:
        with psycopg.connect(self.place, autocommit=True) as other:
            other.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"
            )
            other.execute(
                "CREATE TRIGGER no_room BEFORE INSERT ON logins FOR EACH ROW"
                f" WHEN (length(NEW.user_id) >= {LARGE_BYTES}) EXECUTE FUNCTION refuse()"
            )
            yield
            other.execute("DROP TRIGGER no_room ON logins")

    def shorten_lock_timeout(self, patch: pytest.MonkeyPatch) -> None:
        # For connections that are made from now on: the writer's own too, when it has written nothing yet.
        self.store._database.close_idle()
        options = f"-c lock_timeout={int(LOCK_TIMEOUT_S * 1000)}ms"
        patch.setitem(self.store._database.connect_params, "options", options)


class OpenDatabase(Protocol):
    """The fixture `open_database`."""

    def __call__(self, stack: ExitStack, kind: str, *, empty: bool = False) -> Database: ...


@dataclass
class Trace:
    """What was asked of a database.

    Attributes:
        statements: SQL and parameters, without what begins (locks too) and ends transactions and savepoints.
        begun, committed: Numbers of write transactions.
    """

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    begun: int = 0
    committed: int = 0


@contextmanager
def traced(store: Store) -> Iterator[Trace]:
    """Notes what `store` is asked meanwhile, for reading and for writing."""
    trace = Trace()
    execute_sql, begin, commit_ = store._database.execute_sql, store.begin, store.commit
    beginning: set[gevent.Greenlet] = set()

    def note_statement(sql: str, params: Any = None) -> Any:
        if not sql.startswith(BOUNDS) and gevent.getcurrent() not in beginning:
            trace.statements.append((sql, tuple(params or ())))
        return execute_sql(sql, params)

    def note_begin() -> bool:
        beginning.add(gevent.getcurrent())
        begun = begin()
        beginning.discard(gevent.getcurrent())
        trace.begun += begun
        return begun

    def note_commit() -> Any:
        failure = commit_()
        trace.committed += failure is None
        return failure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._database, "execute_sql", note_statement)
        patch.setattr(store, "begin", note_begin)
        patch.setattr(store, "commit", note_commit)
        yield trace
