"""Token buckets that several processes share, in PostgreSQL. The clock is the database's."""

from __future__ import annotations

from models.sql import run_sql

_NOW_S = "extract(epoch FROM statement_timestamp())::float8"
_REFILLED = "LEAST(?, rate_buckets.tokens + (excluded.taken_at - rate_buckets.taken_at) * ?)"


def take(key: str, *, rate_per_s: float, burst: float, rounding: float) -> float | None:
    """Take a token of `key`: None when there was one, else how many there are (less than one)."""
    tokens, was_allowed = run_sql(
        f"INSERT INTO rate_buckets (key, tokens, taken_at, was_allowed) VALUES (?, ?, {_NOW_S}, TRUE)"
        " ON CONFLICT (key) DO UPDATE SET"
        f" tokens = GREATEST({_REFILLED} - CASE WHEN {_REFILLED} >= ? THEN 1 ELSE 0 END, 0),"
        f" was_allowed = {_REFILLED} >= ?, taken_at = excluded.taken_at RETURNING tokens, was_allowed",
        [key, burst - 1, burst, rate_per_s, burst, rate_per_s, 1 - rounding, burst, rate_per_s, 1 - rounding],
    ).fetchone()
    return None if was_allowed else float(tokens)


def give_back(key: str, *, burst: float) -> None:
    """Undo one `take`."""
    run_sql("UPDATE rate_buckets SET tokens = LEAST(?, tokens + 1) WHERE key = ?", [burst, key])


def purge(prefix: str, older_s: float) -> None:
    """Forget the buckets, among those whose key starts so, that were not touched for so long."""
    run_sql(f"DELETE FROM rate_buckets WHERE taken_at < {_NOW_S} - ? AND starts_with(key, ?)", [older_s, prefix])
