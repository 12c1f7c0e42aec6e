"""The processes of a bench run: the servers and the generators; whatever is started here is ended here.

Each is a session of its own, so that Ctrl-C reaches only the command, which then ends them in order.
"""

import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from gochat.bench.ledger import LoadFigures
from gochat.config import environment_without_settings

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
GENERATOR_MARGIN_S = 60.0  # connecting and draining, beyond the time that the plan asks for
LOG_TAIL_CHARS = 2000
CANNOT_RUN = 2  # the exit status of `gochat` when its settings or what it needs can't be used
LISTENING = re.compile(r"^\w+: (?:\w+ )?listening on (\w+://\S+)$", re.MULTILINE)
ADDRESS = "127.0.0.1"
PACKAGE_ROOT = Path(__file__).resolve().parents[2]

Ready = TypeVar("Ready")


class BenchError(Exception):
    """The benchmark could not be run; the text says which process, what was expected and what came."""


@dataclass(frozen=True)
class Target:
    """A server under load."""

    name: str
    host: str
    port: int
    pid: int | None  # None: not started by us


def target_at(name: str, url: str, pid: int | None = None) -> Target:
    """Return the target at `url`; raises BenchError for anything but http://HOST[:PORT]."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        raise BenchError(f"expected http://HOST:PORT, got {url!r} (the generators speak no TLS)")
    return Target(name, parts.hostname, parts.port or 80, pid)


def free_port() -> int:
    """Return a TCP port of this machine that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return our environment with `settings` for its only GOCHAT_* variables.

    A GOCHAT_DATABASE_URL that happens to be set must not be filled with the benchmark's users.
    """
    kept = environment_without_settings()
    search_path = os.pathsep.join(filter(None, (str(PACKAGE_ROOT), kept.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": search_path, **settings}


@contextmanager
def running_server(
    name: str, arguments: Sequence[str], directory: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Target]:
    """Run `python ARGUMENTS` until the block ends; enter it when its line says where it listens.

    Raises BenchError as `running_listener` does, and for a server that does not listen on http://.
    """
    with running_listener(name, arguments, directory, settings) as (url, pid):
        yield target_at(name, url, pid)


@contextmanager
def running_listener(
    name: str, arguments: Sequence[str], directory: Path, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    """Run `python ARGUMENTS` as `running_process` does; yield the URL of its "listening on" line, and its pid."""

    def find_url(output: str) -> str | None:
        found = LISTENING.search(output)
        return None if found is None else found[1]

    command = [sys.executable, *arguments]
    with running_process(name, command, directory, find_url, environment=_environment(settings or {})) as started:
        yield started


@contextmanager
def running_process(
    name: str,
    command: Sequence[str],
    directory: Path,
    find_ready: Callable[[str], Ready | None],
    *,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[tuple[Ready, int]]:
    """Run `command` until the block ends; enter it when `find_ready` makes something of its output so far.

    Its output goes to NAME.log in `directory`. With `user` it is his process, and works in `directory`. Yields what
    `find_ready` found, and the pid. Raises BenchError, with the end of the output, when nothing is found within
    START_TIMEOUT_S.
    """
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        process = _start(name, command, environment, _as_user(user, directory), streams)
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while (ready := find_ready(log.read_text(errors="replace"))) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(_why_not_ready(name, process.returncode, log.read_text(errors="replace")))
            time.sleep(0.02)
        yield ready, process.pid
    finally:
        _end(process, stop_signal)


def run_generator(module: str, plan: object, takes_s: float) -> LoadFigures:
    """Run a generator with `plan` and return its figures; raises BenchError when it fails or hangs."""
    command, timeout_s = [sys.executable, "-m", module], takes_s + GENERATOR_MARGIN_S
    output = run_to_end(module, command, timeout_s, given=msgspec.json.encode(plan), environment=_environment({}))
    return msgspec.json.decode(output, type=LoadFigures)


def migrate_database(url: str, directory: Path) -> None:
    """Run `gochat migrate` on the database at `url`; raises BenchError when it refuses."""
    command = [sys.executable, "-m", "gochat", "migrate", "--data-dir", str(directory / "migrate")]
    run_to_end("migrate", command, START_TIMEOUT_S, environment=_environment({"GOCHAT_DATABASE_URL": url}))


def run_to_end(
    name: str,
    command: Sequence[str],
    timeout_s: float,
    *,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    user: str | None = None,
) -> bytes:
    """Run `command` with `given` on its stdin; return what it printed. With `user` it works in `directory`.

    Raises BenchError when it fails or is not done in `timeout_s`.
    """
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = _start(name, command, environment, _as_user(user, directory), streams)
    try:
        output: bytes
        output, errors = process.communicate(given, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{name} was not done in {timeout_s:g} s") from None
    finally:
        _end(process)
    if process.returncode:
        raise BenchError(_why_not_ready(name, process.returncode, errors.decode(errors="replace")))
    return output


def _start(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    user: Mapping[str, Any],
    streams: Mapping[str, Any],
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; without an `environment` it gets ours, less our settings."""
    environment = environment_without_settings() if environment is None else environment
    try:
        return subprocess.Popen(command, env=environment, start_new_session=True, **user, **streams)
    except OSError as error:
        raise BenchError(f"{name} cannot be started: {error}") from error


def _as_user(user: str | None, directory: Path | None) -> dict[str, Any]:
    """Return what makes a process one of `user`, who may not be let into our working directory."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": [], "cwd": directory}


def _why_not_ready(name: str, status: int | None, output: str) -> str:
    """Return why a process is of no use; one of `gochat` that cannot run has said so itself, in its last line."""
    last_line = output.rstrip().rpartition("\n")[2]
    if status == CANNOT_RUN and last_line.startswith("gochat: "):
        return f"{name}: {last_line.removeprefix('gochat: ')}"
    how = "did not say that it is ready" if status is None else f"ended with status {status}"
    return f"{name} {how}; its output ends:\n{output[-LOG_TAIL_CHARS:]}"


def _end(process: subprocess.Popen[bytes], stop_signal: signal.Signals = signal.SIGTERM) -> None:
    """Ask the process to end, and make it after STOP_TIMEOUT_S."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
