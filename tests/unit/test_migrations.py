"""Migrations: what an empty file becomes, what a second run does, and what happens to data that is there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import peewee
import pytest

from gochat.commit import Committer
from gochat.config import environment_without_settings
from models.store import MIGRATIONS_DIR, Store, StoreUnusable
from models.tables import TABLES, WORLD_ID
from tests.unit.people import draft, make_groups, make_users, post_batch

CHECKOUT = Path(__file__).resolve().parents[2]
ALL = sorted(path.stem for path in MIGRATIONS_DIR.glob("[0-9]*.py"))

Schema = set[tuple[str, str, str, str | None]]


def schema_of(path: Path) -> Schema:
    """Returns (type, name, table, SQL) of everything in a database but the migrations' own records."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {row for row in rows if "migration" not in row[2] and not row[2].startswith("sqlite_")}


def content_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(path) as connection:
        return {
            table._meta.table_name: connection.execute(f"SELECT rowid, * FROM {table._meta.table_name}").fetchall()
            for table in TABLES
        }


def run_migrate(data_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gochat", "migrate", "--data-dir", str(data_dir)],
        cwd=CHECKOUT,
        env={**environment_without_settings(), "PYTHONWARNINGS": "ignore", **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_an_empty_file_gets_the_tables_and_indexes_that_the_models_declare(store: Store, tmp_path: Path) -> None:
    declared = peewee.SqliteDatabase(str(tmp_path / "declared.db"))
    with declared.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False), declared:
        declared.create_tables(TABLES)
    assert schema_of(store.path) == schema_of(tmp_path / "declared.db")
    assert len([row for row in schema_of(store.path) if row[0] == "table"]) == len(TABLES)


def test_migrating_applies_every_file_once_in_order(tmp_path: Path) -> None:
    store = Store(tmp_path / "gochat.db")
    assert store.migrate() == ALL
    assert store.migrate() == []
    store.close()
    again = Store(tmp_path / "gochat.db")
    assert again.migrate() == []
    again.close()


def test_the_world_chat_is_there_once_and_empty(store: Store) -> None:
    store.migrate()
    with sqlite3.connect(store.path) as connection:
        rows = connection.execute("SELECT id, type, member_count, last_seq, dissolved_at FROM conversations").fetchall()
    assert rows == [(WORLD_ID, 3, 0, 0, None)]


def test_data_survives_a_migration(store: Store, committer: Committer) -> None:
    people = make_users(committer, 3)
    (group,) = make_groups(committer, [people])
    post_batch(committer, [draft(people[0], group, client_msg_id="m"), draft(people[1], WORLD_ID)])
    before = content_of(store.path)
    assert len(before["messages"]) == 2
    assert store.migrate() == []
    assert content_of(store.path) == before


def test_the_database_file_is_for_its_owner_alone(store: Store) -> None:
    assert store.path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_database_is_said_to_be_unusable_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gochat.db"
    path.write_bytes(b"a letter to my aunt\n" * 100)
    with pytest.raises(StoreUnusable, match=r"gochat\.db"):
        Store(path)
    assert path.read_bytes() == b"a letter to my aunt\n" * 100


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    first = run_migrate(tmp_path)
    assert (first.returncode, first.stdout) == (0, "".join(f"applied {name}\n" for name in ALL))
    second = run_migrate(tmp_path)
    assert (second.returncode, second.stdout) == (0, "nothing to do\n")


def test_the_command_fails_where_there_can_be_no_database(tmp_path: Path) -> None:
    refused = run_migrate(tmp_path, GOCHAT_DATABASE_URL=f"sqlite:///{tmp_path}/no/such/dir/chat.db")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("gochat: cannot open the database")
    assert "Traceback" not in refused.stderr
