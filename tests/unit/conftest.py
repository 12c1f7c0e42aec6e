"""Fixtures of the unit tests: a real database and a real committer in this process, no server.

A test that uses them runs twice: on a SQLite file, and on a PostgreSQL database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import gevent
import pytest

from gochat.bus import BusEvent
from gochat.commit import Committer
from models.store import Store
from tests.harness.postgres import Postgres, waiting_by_greenlets
from tests.unit.databases import DICTIONARY, KINDS, Database, EmbeddedDatabase, OpenDatabase, ServedDatabase

TEST_TIMEOUT_S = 20.0


@pytest.fixture(scope="session")
def open_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpenDatabase:
    """Opens a new database: `open_database(stack, kind)`, until the stack ends; `empty=True` leaves the tables out."""

    def open_one(stack: ExitStack, kind: str, *, empty: bool = False) -> Database:
        if kind == "sqlite":
            database: Database = EmbeddedDatabase(tmp_path_factory.mktemp("sqlite") / "gochat.db")
        else:
            postgres: Postgres = request.getfixturevalue("postgres")
            stack.enter_context(waiting_by_greenlets())
            if kind == DICTIONARY:
                url = postgres.new_database("template0", locale=postgres.dictionary_locale())
            else:
                url = postgres.new_database("template0" if empty else "migrated")
            stack.callback(postgres.drop_database, url)
            database = ServedDatabase(url)
        stack.callback(database.store.close)
        if not empty:
            database.store.migrate()
        return database

    return open_one


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, open_database: OpenDatabase) -> Iterator[Database]:
    """A migrated database of each kind; the tables are bound to it."""
    with ExitStack() as stack:
        yield open_database(stack, request.param)


@pytest.fixture
def store(database: Database) -> Store:
    """The store of `database`."""
    return database.store


@pytest.fixture
def published() -> list[BusEvent]:
    """What the committer has published, in order."""
    return []


@pytest.fixture
def committer(store: Store, published: list[BusEvent]) -> Iterator[Committer]:
    """The writer of `store`. A test that waits for it in vain fails after `TEST_TIMEOUT_S`."""
    running = Committer(store, published.extend)
    with gevent.Timeout(TEST_TIMEOUT_S):
        yield running
        running.close(timeout_s=1.0)
