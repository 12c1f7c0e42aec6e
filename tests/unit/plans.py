"""Which indexes a statement uses, read from the query plans of both kinds of database in the same terms."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg

from tests.unit.databases import Database, EmbeddedDatabase, ServedDatabase

Statement = tuple[str, tuple[Any, ...]]
"""SQL and its parameters."""

IN_MEMORY = re.compile(r"SCAN (wanted|taken|moved|CONSTANT ROW|\d+ CONSTANT ROWS)$")
"""VALUES lists, those of the send path too."""

ROWS = 10_000
"""In each large table of PostgreSQL; enough that an index always costs less than all rows."""

FILL = (
    "INSERT INTO users (id, username, username_key, is_guest, status, created_at, updated_at)"
    " SELECT 'u' || n, 'a' || n, 'a' || n, n % 10 > 0, 0, n, n FROM generate_series(1, {rows}) n",
    "INSERT INTO logins (id, user_id, created_at, expires_at) SELECT 'l' || n, 'u' || n, n, {now} + n"
    " FROM generate_series(1, {rows}) n",
    "INSERT INTO refresh_tokens (token_hash, login_id, expires_at) SELECT 't' || n, 'l' || n, {now} + n"
    " FROM generate_series(1, {rows}) n",
    "INSERT INTO conversations (id, type, pair_key, member_count, last_seq, created_at, updated_at)"
    " SELECT 'c' || n, 1, 'p' || n, 10, 10, n, n FROM generate_series(1, {rows} / 10) n",
    "INSERT INTO memberships (conversation_id, user_id, role, read_seq, joined_at, join_order, updated_at)"
    " SELECT 'c' || (n / 10 + 1), 'u' || n, n % 3 + 1, 0, n, n, n FROM generate_series(1, {rows} - 1) n",
    "INSERT INTO messages (conversation_id, seq_id, sender_id, client_msg_id, message_type, content, created_at)"
    " SELECT 'c' || (n / 10 + 1), n % 10, 'u' || n, 'm' || n, 1, 'x', n FROM generate_series(1, {rows} - 1) n",
    "INSERT INTO friendships (user_id, friend_id, status, created_at, updated_at)"
    " SELECT 'u' || n, 'u' || n + 1, 1, n, n FROM generate_series(1, {rows}) n",
    "INSERT INTO friend_requests (id, requester_id, target_id, pair_key, status, created_at, updated_at)"
    " SELECT 'r' || n, 'u' || n, 'u' || n + 1, 'p' || n, n % 3, n, n FROM generate_series(1, {rows}) n",
    "INSERT INTO gateways (id, seen_at) SELECT 'g' || n, {now} * 1000::bigint FROM generate_series(1, 100) n",
    "INSERT INTO connections (user_id, connection_id, login_id, gateway_id, is_online, left_at, version)"
    " SELECT 'u' || n, 's' || n, 'l' || n, 'g' || n % 100, TRUE,"
    " CASE WHEN n % 100 = 0 THEN {now} * 1000::bigint + n END, 1"
    " FROM generate_series(1, {rows}) n",
    "INSERT INTO rate_buckets (key, tokens, taken_at, was_allowed)"
    " SELECT 'k' || n, 1, {now} + n, TRUE FROM generate_series(1, {rows}) n",
    "ANALYZE",
)
"""What a busy server has: many guests among the names, few logins that are over."""


class Access(NamedTuple):
    """How a statement gets to rows.

    Attributes:
        place: The table, or its index.
        by: The conditions that lead to them, in alphabetical order, as "column=", "column<" or "column>"; () when it
            reads all there is.
    """

    place: str
    by: tuple[str, ...]


class Planner(ABC):
    """Asks a database for plans."""

    @abstractmethod
    def plan(self, statement: Statement) -> list[Access]:
        """Returns how `statement` gets to the rows of tables; VALUES lists are left out."""

    @abstractmethod
    def speed_indexes(self) -> set[str]:
        """Returns the names of the indexes that are there for speed alone; unique ones state a rule."""


def planner_of(database: Database) -> Planner:
    """Returns the planner of a database; a PostgreSQL one gets its rows here."""
    if isinstance(database, EmbeddedDatabase):
        return _EmbeddedPlanner(database)
    assert isinstance(database, ServedDatabase)
    return _ServedPlanner(database)


def scans(plan: list[Access]) -> list[Access]:
    """Returns what reads a whole table, or a whole index."""
    return [access for access in plan if not access.by]


class _EmbeddedPlanner(Planner):
    def __init__(self, database: EmbeddedDatabase) -> None:
        self._database = database

    def plan(self, statement: Statement) -> list[Access]:
        sql, parameters = statement
        lines = [line for *_, line in self._database.read(f"EXPLAIN QUERY PLAN {sql}", *parameters)]
        return [_access(line) for line in lines if line.startswith(("SCAN", "SEARCH")) and not IN_MEMORY.match(line)]

    def speed_indexes(self) -> set[str]:
        listed = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
        return {name for (name,) in self._database.read(listed)}


def _access(line: str) -> Access:
    """Reads `SEARCH table USING COVERING INDEX name (a=? AND b>?)` and `SCAN table USING INDEX name`."""
    found = re.fullmatch(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?(?: \((.*)\))?.*", line)
    assert found is not None, line
    conditions = re.findall(r"(\w+)([=<>])\?", found[4] or "") if found[1] == "SEARCH" else []
    return Access(found[3] or found[2], tuple(sorted(column + sign for column, sign in conditions)))


class _ServedPlanner(Planner):
    """Plans are made for tables with rows (small ones are read whole), and those that read all of a table are the last
    choice: what still does so has no index that it could use."""

    def __init__(self, database: ServedDatabase) -> None:
        self._place = database.place
        with psycopg.connect(self._place) as connection:
            for sql in FILL:
                connection.execute(sql.format(rows=ROWS, now=int(time.time())))
            leading = "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true) FROM pg_index"
            self._leading_columns = dict(connection.execute(leading).fetchall())

    def plan(self, statement: Statement) -> list[Access]:
        sql, parameters = statement
        with psycopg.connect(self._place) as connection:
            connection.execute("SET enable_seqscan = off")
            row = connection.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters).fetchone()
        assert row is not None
        return [self._access(node) for node in _nodes(row[0][0]["Plan"]) if _reads_a_table(node)]

    def _access(self, node: dict[str, Any]) -> Access:
        index = node.get("Index Name")
        if index is None:
            return Access(node["Relation Name"], ())
        conditions = re.findall(r"\((\w+) (=|<|>)", node.get("Index Cond", ""))
        if self._leading_columns[index] not in {column for column, _ in conditions}:
            conditions = []  # it goes through the whole index and picks
        return Access(index, tuple(sorted(column + sign for column, sign in conditions)))

    def speed_indexes(self) -> set[str]:
        listed = (
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
            " WHERE relnamespace = 'public'::regnamespace AND NOT indisunique AND relname NOT LIKE '%migration%'"
        )
        with psycopg.connect(self._place) as connection:
            return {name for (name,) in connection.execute(listed)}


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _reads_a_table(node: dict[str, Any]) -> bool:
    if node["Node Type"] in ("ModifyTable", "Bitmap Heap Scan"):  # it writes; its rows come from the node below
        return False
    return "Relation Name" in node or "Index Name" in node
