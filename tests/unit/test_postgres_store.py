"""What is PostgreSQL's own in its store: a commit is what it says, whatever happened to the connection before.

What both kinds of store do is in `test_store`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import peewee
import psycopg
import pytest

import models.postgres
from models.postgres import ALONE, LOGIC, WRITE_LOCK, Claim, PostgresStore, gateway_claims
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


def set_for_all(url: str, setting: str) -> None:
    """Changes a setting of the database, for connections to come."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SET default_transaction_read_only = off")
        other.execute(f"ALTER DATABASE {other.info.dbname} SET {setting}")


@contextmanager
def tried(store: PostgresStore) -> Iterator[None]:
    """Does as the committer: one transaction, undone where it fails."""
    try:
        store.begin()
        with store.savepoint():
            yield
        if (failure := store.commit()) is not None:
            raise failure
    except BaseException:
        store.roll_back()
        raise


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


@pytest.mark.parametrize(("said", "in_force"), [("off", "local"), ("remote_write", "remote_write")])
def test_a_commit_waits_for_the_disk_whatever_the_database_says(url: str, said: str, in_force: str) -> None:
    set_for_all(url, f"synchronous_commit = {said}")
    with waiting_by_greenlets():
        store = PostgresStore(url)
        store.begin()
        assert Login.raw("SHOW synchronous_commit").tuples().execute()[0] == (in_force,)
        store.roll_back()
        store.close()


@pytest.mark.parametrize("claims", [ALONE, LOGIC], ids=["alone", "several"])
def test_a_database_that_may_only_be_read_for_a_while_is_an_outage(url: str, claims: tuple[Claim, ...]) -> None:
    with waiting_by_greenlets():
        set_for_all(url, "default_transaction_read_only = on")
        store = PostgresStore(url, claims)
        for _ in range(2):
            with pytest.raises(StorageFailure, match="read-only"), tried(store):
                insert("a")
        set_for_all(url, "default_transaction_read_only = off")
        with tried(store):
            insert("b")
        assert stored_names(url) == ["b"]
        store.close()


def test_a_connection_under_which_the_database_became_read_only_is_given_up(store: PostgresStore, url: str) -> None:
    with tried(store):
        Login.raw("SET SESSION default_transaction_read_only = on").execute()
    with pytest.raises(StorageFailure, match="read-only"), tried(store):
        insert("a")
    with tried(store):
        insert("b")
    assert stored_names(url) == ["b"]


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
