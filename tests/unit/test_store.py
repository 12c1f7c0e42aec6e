"""What both kinds of store promise to those who read and write."""

from __future__ import annotations

import gevent
import peewee
import pytest

from models.store import Store
from models.tables import Login
from tests.unit.databases import Database


def insert(name: str) -> None:
    Login.insert(id=name, user_id="u", created_at=1, expires_at=2).execute()


def insert_and_commit(store: Store, name: str) -> None:
    assert store.begin()
    with store.writing(), store.savepoint():
        insert(name)
    assert store.commit() is None


def stored_names(database: Database) -> list[str]:
    """Returns the logins that another process would see."""
    return [name for (name,) in database.read("SELECT id FROM logins ORDER BY id")]


def test_what_was_written_is_there_after_the_commit_and_not_before(database: Database, store: Store) -> None:
    assert store.begin()
    with store.writing(), store.savepoint():
        insert("a")
    assert stored_names(database) == []
    assert store.commit() is None
    assert stored_names(database) == ["a"]


def test_what_was_rolled_back_leaves_nothing(database: Database, store: Store) -> None:
    store.begin()
    with store.writing(), store.savepoint():
        insert("a")
    store.roll_back()
    insert_and_commit(store, "b")
    assert stored_names(database) == ["b"]


def test_an_inner_write_that_raises_leaves_nothing_and_the_rest_stays(database: Database, store: Store) -> None:
    store.begin()

    def write_and_break() -> None:
        with store.savepoint():
            insert("b")
            insert("a")

    with store.writing():
        with store.savepoint():
            insert("a")
        with pytest.raises(peewee.IntegrityError):
            write_and_break()
    assert store.commit() is None
    assert stored_names(database) == ["a"]


def test_all_reads_in_a_snapshot_see_one_state(store: Store) -> None:
    with store.snapshot():
        assert Login.select().count() == 0
        gevent.spawn(insert_and_commit, store, "a").get()
        assert Login.select().count() == 0
    assert Login.select().count() == 1
