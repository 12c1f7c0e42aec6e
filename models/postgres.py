"""The store on a server: PostgreSQL, with a pool of connections that waits by greenlets.

A statement outside of a transaction takes a connection from the pool and gives it back at once; what it found is in
memory by then. A snapshot keeps its connection, which is the greenlet's own, to its end; the writer keeps his for good.
Statements switch greenlets.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import gevent
import peewee
from msgspec import Struct
from playhouse.migrations import Runner
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from models.store import MIGRATIONS_DIR, StorageFailure, Store, StoreUnusable
from models.tables import TABLES

MAX_CONNECTIONS = 16
"""Of one process; PostgreSQL has 100 by default."""

CLAIM_WAIT_S = 1
"""For what one's own connection held, which has ended."""

WAIT_S = 5
"""How long a statement waits for a connection of the pool, and for a lock of others."""

REACH_S = 3
"""How long a new connection may take."""

UNREACHABLE_S = 0.1
"""How long no connection is tried after one that the server did not answer to."""

ANSWER_S = 10
"""How long a statement may take; a server that says nothing for so long (a frozen machine, a cable) is away."""

KEYS = 0x676F63686174
"""First of the keys of our advisory locks."""

WRITE_LOCK, MIGRATION_LOCK = KEYS, KEYS + 1
"""Held by a write transaction where several processes write: one at a time, as the writes of one process are. So
services judge what they read without locks of their own, and seqIds become visible in their order. Held by who
migrates."""


class Claim(Struct, frozen=True):
    """An advisory lock that the writer's connection holds for as long as it lives.

    Attributes:
        key: Of the lock.
        refusal: What somebody reads who cannot have it.
        shared: Whether others may hold it as well, who take it as shared, too.
    """

    key: int
    refusal: str
    shared: bool = False


ALONE = (Claim(KEYS + 2, "the PostgreSQL database is in use by another gochat; several need GOCHAT_BUS_URL=kafka://…"),)
"""The claim of a process that knows no other: its rates, presence and pushes live in its memory."""

_SEVERAL = Claim(
    KEYS + 2, "the PostgreSQL database is in use by a gochat without GOCHAT_BUS_URL, which has to be the only one", True
)
LOGIC = (_SEVERAL, Claim(KEYS + 3, "the PostgreSQL database has a `gochat logic` already, and one is enough"))


_BEGIN_IN_TURN = f"BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK}); SELECT pg_current_xact_id()::text"
"""Who has the lock gets the next number: those of writes grow in the order of their commits."""


def gateway_claims(gateway_id: str) -> tuple[Claim, ...]:
    """Return what a gateway claims that shares the database with others."""
    key = KEYS + int.from_bytes(sha256(gateway_id.encode()).digest()[:6])
    return (_SEVERAL, Claim(key, f"the gateway {gateway_id} runs already; each has a GOCHAT_GATEWAY_ID of its own"))


ON_DISK = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'local'"
    " ELSE current_setting('synchronous_commit') END, false)"
)
"""Lets the COMMITs of a connection wait for the disk at least, whatever the database says: they are acknowledged."""

READ_ONLY = "25006"
"""SQLSTATE of a write that was refused because the server stands by for another, or has been made read-only."""


class _ConnectionEnded(peewee.OperationalError):
    """PostgreSQL has ended the connection, or is gone, or it is not the one to write to. A `StorageFailure`."""


class _Database(PooledPostgresqlDatabase):
    """peewee's pool; a statement of a greenlet without a connection borrows one.

    Such statements read, or may happen twice: where a connection turns out to have ended, another one gets them.

    Attributes:
        patience_s: How long to wait for the answer to a statement; None: as long as it takes.
    """

    patience_s: float | None = ANSWER_S
    _unreachable_until = 0.0

    def _connect(self) -> Any:
        """Take a connection of the pool, or make one, which others wait for meanwhile: the pool makes one at a time.

        Where the server says nothing, they do not try it as well, one after the other.
        """
        with self._pool_lock:
            if not self._connections and time.monotonic() < self._unreachable_until:
                raise StorageFailure("the server does not answer")
            began = time.monotonic()
            try:
                return super()._connect()
            except Exception:
                if time.monotonic() - began > REACH_S / 2:
                    self._unreachable_until = time.monotonic() + UNREACHABLE_S
                raise

    def _is_closed(self, conn: Any) -> bool:
        """Ask the connection that is to be used, and not the server, for which all others would wait."""
        return bool(conn.closed)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if not self.is_closed():
            return self._execute(sql, params)
        try:
            return self._execute_alone(sql, params)
        except _ConnectionEnded:
            return self._execute_alone(sql, params)

    def _execute_alone(self, sql: str, params: Any) -> Any:
        self.acquire()
        try:
            return self._execute(sql, params)
        finally:
            self.close()

    def acquire(self) -> None:
        """Give the greenlet a connection, which it gives back by `close`."""
        try:
            self.connect()
        except MaxConnectionsExceeded as error:
            raise StorageFailure(f"no connection free within {WAIT_S} s") from error

    def give_up(self) -> None:
        """Close the greenlet's connection, and the others of the pool: most likely they are no better."""
        self.manual_close()
        self.close_idle()

    def _execute(self, sql: str, params: Any) -> Any:
        try:
            with gevent.Timeout(self.patience_s) as silence:
                return super().execute_sql(sql, params)
        except gevent.Timeout as error:
            self.give_up()
            if error is not silence:
                raise
            raise StorageFailure(f"no answer within {self.patience_s} s") from error
        except (peewee.DatabaseError, peewee.InterfaceError) as error:
            if not self.connection().closed and not _is_read_only(error):
                raise
            self.give_up()
            raise _ConnectionEnded(str(error)) from error
        except Exception:
            raise
        except BaseException:  # the greenlet was ended while it waited: the connection is in the middle of something
            self.manual_close()
            raise


class PostgresStore(Store):
    """A PostgreSQL database.

    Args:
        url: `postgresql://user:password@host:port/name`.
        claims: What this process must have to write. One that is `ALONE` needs no lock for a write.

    Raises:
        StoreUnusable: there is no getting to it.
    """

    commit_blocks = False

    def __init__(self, url: str, claims: Sequence[Claim] = ALONE) -> None:
        self._claims = claims
        self._begin = "BEGIN" if claims is ALONE else _BEGIN_IN_TURN
        self._database = _Database(
            url,
            prefer_psycopg3=True,
            max_connections=MAX_CONNECTIONS,
            timeout=WAIT_S,
            autoconnect=False,
            connect_timeout=REACH_S,
            # Who stops in the middle of a write (a frozen machine, a cable) must not keep the others from writing.
            options=f"-c lock_timeout={WAIT_S}s -c idle_in_transaction_session_timeout={WAIT_S}s",
        )
        try:
            self._database.execute_sql("SELECT 1")
        except peewee.DatabaseError as error:
            raise StoreUnusable(f"cannot open the PostgreSQL database: {_line(error)}") from error
        self._database.bind(TABLES, bind_refs=False, bind_backrefs=False)

    def prepare(self) -> list[str]:
        try:
            with self._database.connection_context():
                # What is wanted is to be told at the start, not by the first write.
                if (missed := self._take_claims("xact_lock", WAIT_S)) is not None:
                    raise StoreUnusable(missed.refusal)
                status = Runner(self._database, str(MIGRATIONS_DIR)).status()
        except peewee.DatabaseError as error:
            raise StoreUnusable(f"cannot read the PostgreSQL database: {_line(error)}") from error
        if missing := ", ".join(str(each.name) for each in status if not each.applied):
            raise StoreUnusable(f"the database lacks {missing}: run `gochat migrate` with the same settings first")
        return []

    def migrate(self) -> list[str]:
        self._database.patience_s = None
        try:
            with self._database.connection_context():
                self._take(f"pg_advisory_lock({MIGRATION_LOCK})")
                try:
                    return [str(name) for name in Runner(self._database, str(MIGRATIONS_DIR)).up()]
                finally:
                    self._take(f"pg_advisory_unlock({MIGRATION_LOCK})")
        except peewee.DatabaseError as error:
            raise StoreUnusable(f"cannot migrate the PostgreSQL database: {_line(error)}") from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        database = self._database
        if not database.is_closed():  # inside of a write, or of another one
            yield
            return
        database.acquire()
        try:
            self._begin_reading()
            try:
                yield
            finally:
                if not database.is_closed():
                    database.execute_sql("COMMIT")
        finally:
            database.close()

    def _begin_reading(self) -> None:
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try:
            self._database.execute_sql(begin)
        except _ConnectionEnded:  # while nobody used it; nothing was read yet
            self._database.acquire()
            self._database.execute_sql(begin)

    def begin(self) -> bool:
        try:
            self._begin_writing()
        except _ConnectionEnded:  # since the last write; nothing of this one was done yet
            self._begin_writing()
        return True

    def _begin_writing(self) -> None:
        if not self._is_writing():
            self._database.acquire()
            if self._take("current_setting('transaction_read_only')") == "on":
                self._database.give_up()
                raise _ConnectionEnded("the database is read-only")
            if (missed := self._take_claims("lock", CLAIM_WAIT_S)) is not None:
                self._database.manual_close()
                raise StorageFailure(missed.refusal)
            self._take(ON_DISK)
        self._enter()

    def _enter(self) -> None:
        """Begin a transaction and wait for the turn of this process; after a failure there is none."""
        try:
            begun = self._write(self._begin)
            while begun.nextset():
                pass
            if begun.description is not None:
                self.write_number = int(begun.fetchone()[0])
        except peewee.DatabaseError:
            self.roll_back()  # where the turn did not come, the transaction is there and has failed
            raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        yield  # it is the greenlet's connection already

    def commit(self) -> peewee.OperationalError | None:
        if not self._is_writing():
            return StorageFailure("the connection was lost")  # another one would commit nothing, and say that it did
        try:
            ended = self._write("COMMIT")
        except peewee.DatabaseError as error:
            return StorageFailure(str(error))
        # PostgreSQL answers the COMMIT of what has failed by undoing it, which is no error.
        return None if ended.statusmessage == "COMMIT" else StorageFailure("the transaction had failed")

    def roll_back(self) -> None:
        if not self._is_writing():
            return
        try:
            self._write("ROLLBACK")
        except peewee.DatabaseError:
            self._database.manual_close()  # whatever it is in, the next one is not

    def close(self) -> None:
        self._database.close_all()

    def _write(self, sql: str) -> Any:
        return self._database.execute_sql(sql)

    def _is_writing(self) -> bool:
        return not self._database.is_closed()

    def _take_claims(self, kind: str, wait_s: float) -> Claim | None:
        """Take what this process must have; return what it can't have.

        Whose connection ended a moment ago is still there for PostgreSQL, until it has noticed.
        """
        until = time.monotonic() + wait_s
        for claim in self._claims:
            while not self._claim(claim, kind):
                if time.monotonic() > until:
                    return claim
                time.sleep(0.05)
        return None

    def _claim(self, claim: Claim, kind: str) -> Any:
        return self._take(f"pg_try_advisory_{kind}{'_shared' if claim.shared else ''}({claim.key})")

    def _take(self, lock: str) -> Any:
        return self._database.execute_sql(f"SELECT {lock}").fetchone()[0]


def _is_read_only(error: Exception) -> bool:
    return getattr(error.__context__, "sqlstate", None) == READ_ONLY


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
