"""Migrations: what an empty database becomes, what a second run does, and what happens to data that is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gochat.commit import Committer
from gochat.config import environment_without_settings
from models.sqlite import SqliteStore
from models.store import MIGRATIONS_DIR, StoreUnusable, open_store
from models.tables import TABLES, WORLD_ID
from tests.harness.postgres import Postgres
from tests.unit.databases import KINDS, Database, EmbeddedDatabase, OpenDatabase, only
from tests.unit.people import draft, make_groups, make_users, post_batch

CHECKOUT = Path(__file__).resolve().parents[2]
ALL = sorted(path.stem for path in MIGRATIONS_DIR.glob("[0-9]*.py"))

Schema = set[tuple[str | None, ...]]


def schema_of(database: Database) -> Schema:
    """Returns what describes everything in a database but the migrations' own records."""
    if database.kind == "sqlite":
        rows = database.read("SELECT tbl_name, type, name, sql FROM sqlite_master")
        return {row for row in rows if "migration" not in row[0] and not row[0].startswith("sqlite_")}
    columns = "table_name, column_name, data_type, is_nullable, column_default"
    return {
        row
        for query in (
            f"SELECT {columns} FROM information_schema.columns WHERE table_schema = 'public'",
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace",
        )
        for row in database.read(query)
        if "migration" not in row[0]
    }


def content_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Returns all rows of each table, with the places that they are stored at."""
    place = "rowid" if database.kind == "sqlite" else "ctid"
    return {
        table._meta.table_name: database.read(f"SELECT {place}, * FROM {table._meta.table_name} ORDER BY {place}")
        for table in TABLES
    }


@pytest.fixture
def empty_database(database: Database, open_database: OpenDatabase) -> Iterator[Database]:
    """A database without tables, of the same kind as `database`; the tables are bound to it."""
    with ExitStack() as stack:
        yield open_database(stack, database.kind, empty=True)


@pytest.fixture(params=KINDS)
def settings_of_nothing(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings that lead to a database without tables, or to a file that is not there yet."""
    if request.param == "sqlite":
        return {}
    postgres: Postgres = request.getfixturevalue("postgres")
    return {"GOCHAT_DATABASE_URL": postgres.new_database("template0")}


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


def test_migrating_makes_the_tables_and_indexes_that_the_models_declare(
    database: Database, empty_database: Database
) -> None:
    empty_database.store._database.create_tables(TABLES)
    declared, migrated = schema_of(empty_database), schema_of(database)
    assert migrated == declared
    assert {row[0] for row in migrated} == {table._meta.table_name for table in TABLES}


def test_migrating_applies_every_file_once_in_order(empty_database: Database) -> None:
    assert empty_database.store.migrate() == ALL
    assert empty_database.store.migrate() == []
    empty_database.store.close()
    again = open_store(empty_database.place)
    assert again.migrate() == []
    again.close()


def test_the_world_chat_is_there_once_and_empty(database: Database) -> None:
    database.store.migrate()
    rows = database.read("SELECT id, type, member_count, last_seq, dissolved_at FROM conversations")
    assert rows == [(WORLD_ID, 3, 0, 0, None)]


def test_data_survives_a_migration(database: Database, committer: Committer) -> None:
    people = make_users(committer, 3)
    (group,) = make_groups(committer, [people])
    post_batch(committer, [draft(people[0], group, client_msg_id="m"), draft(people[1], WORLD_ID)])
    before = content_of(database)
    assert len(before["messages"]) == 2
    assert database.store.migrate() == []
    assert content_of(database) == before


@only("postgres", because="SQLite has no order but that of code points")
def test_every_text_of_the_tables_says_its_order(database: Database) -> None:
    unsaid = database.read(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " WHERE attnum > 0 AND attcollation NOT IN (0, '\"C\"'::regcollation) AND strpos(relname, 'migration') = 0"
    )
    assert unsaid == []


@only("sqlite", because="a database on a server is no file of ours")
def test_the_database_file_is_for_its_owner_alone(database: EmbeddedDatabase) -> None:
    assert database.place.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_database_is_said_to_be_unusable_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gochat.db"
    path.write_bytes(b"a letter to my aunt\n" * 100)
    with pytest.raises(StoreUnusable, match=r"gochat\.db"):
        SqliteStore(path)
    assert path.read_bytes() == b"a letter to my aunt\n" * 100


def test_the_command_says_what_it_did(tmp_path: Path, settings_of_nothing: dict[str, str]) -> None:
    first = run_migrate(tmp_path, **settings_of_nothing)
    assert (first.returncode, first.stdout) == (0, "".join(f"applied {name}\n" for name in ALL))
    second = run_migrate(tmp_path, **settings_of_nothing)
    assert (second.returncode, second.stdout) == (0, "nothing to do\n")


@pytest.mark.parametrize("url", ["sqlite:///{tmp_path}/no/such/dir/chat.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_the_command_fails_where_there_can_be_no_database(tmp_path: Path, url: str) -> None:
    refused = run_migrate(tmp_path, GOCHAT_DATABASE_URL=url.format(tmp_path=tmp_path))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("gochat: cannot open the ")
    assert "Traceback" not in refused.stderr
