"""Runs SQL text, for the few statements on the hot paths: of one shape for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.tables import Message


def run_sql(sql: str, parameters: Iterable[Any]) -> Any:
    """Run `sql`, with ? for parameters, on the database to which the tables are bound, and return the cursor."""
    database = Message._meta.database
    return database.execute_sql(sql.replace("?", database.param), tuple(parameters))


def marks(count: int) -> str:
    """Return `count` places for parameters: ?,?,?"""
    return ",".join("?" * count)


def places(rows: int, columns: int) -> str:
    """Return places for the rows of a VALUES list: (?,?),(?,?)"""
    return ",".join((f"({marks(columns)})",) * rows)
