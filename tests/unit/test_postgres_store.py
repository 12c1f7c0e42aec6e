"""What is PostgreSQL's own in its store: a commit is what it says, whatever happened to the connection before.

What both kinds of store do is in `test_store`.
"""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import peewee
import psycopg
import pytest

import models.postgres
from models.postgres import LOGIC, WRITE_LOCK, PostgresStore, gateway_claims
from models.store import StorageFailure, StoreUnusable
from models.tables import Login
from tests.harness.postgres import Postgres, waiting_by_greenlets


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    with waiting_by_greenlets():
        opened = PostgresStore(url)
        yield opened
        opened.close()


def insert(name: str) -> None:
    Login.insert(id=name, user_id="u", created_at=1, expires_at=2).execute()


def stored_names(url: str) -> list[str]:
    """Returns the logins that another process would see."""
    with psycopg.connect(url) as other:
        return [name for (name,) in other.execute("SELECT id FROM logins ORDER BY id").fetchall()]


def test_a_commit_after_the_connection_was_lost_is_a_failure(
    store: PostgresStore, url: str, postgres: Postgres
) -> None:
    store.begin()
    insert("a")
    postgres.end_connections(url)
    with pytest.raises(StorageFailure), store.savepoint():
        insert("b")
    assert isinstance(store.commit(), StorageFailure)
    store.roll_back()
    assert store.begin(), "the next one has a connection again"
    insert("c")
    assert store.commit() is None
    assert stored_names(url) == ["c"]


def test_a_commit_of_what_has_failed_is_a_failure(store: PostgresStore, url: str) -> None:
    store.begin()
    insert("a")
    with pytest.raises(peewee.IntegrityError):
        insert("a")  # no savepoint
    assert isinstance(store.commit(), StorageFailure)
    assert stored_names(url) == []


def test_a_write_after_an_idle_connection_was_lost_takes_a_new_one(
    store: PostgresStore, url: str, postgres: Postgres
) -> None:
    store.begin()
    store.commit()
    assert postgres.end_connections(url) > 0
    assert store.begin()
    insert("a")
    assert store.commit() is None
    assert stored_names(url) == ["a"]


def test_a_writer_whose_turn_did_not_come_writes_when_it_comes(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.postgres, "WAIT_S", 1)
    with waiting_by_greenlets(), psycopg.connect(url, autocommit=True) as other:
        store = PostgresStore(url, LOGIC)
        store.begin()
        store.commit()  # it has its connection from now on
        other.execute(f"SELECT pg_advisory_lock({WRITE_LOCK})")
        for _ in range(2):
            with pytest.raises(StorageFailure, match="lock timeout"):
                store.begin()
        other.execute(f"SELECT pg_advisory_unlock({WRITE_LOCK})")
        assert store.begin()
        insert("a")
        assert store.commit() is None
        assert stored_names(url) == ["a"]
        store.close()


def test_a_writer_who_stops_in_the_middle_keeps_the_others_for_a_while_only(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.postgres, "WAIT_S", 1)
    with waiting_by_greenlets():
        frozen, other = PostgresStore(url, gateway_claims("frozen")), PostgresStore(url, gateway_claims("other"))
        frozen.begin()
        gevent.sleep(1.2)
        assert other.begin()
        assert other.commit() is None
        assert isinstance(frozen.commit(), StorageFailure)
        frozen.roll_back()
        assert frozen.begin()
        assert frozen.commit() is None
        frozen.close()
        other.close()


def test_one_process_writes(store: PostgresStore, url: str) -> None:
    store.begin()
    store.commit()
    other = PostgresStore(url)
    with pytest.raises(StoreUnusable, match="in use by another gochat"):
        other.prepare()
    with pytest.raises(StorageFailure, match="in use by another gochat"):
        other.begin()
    store.close()
    assert other.prepare() == []
    assert other.begin()
    other.roll_back()
    other.close()
