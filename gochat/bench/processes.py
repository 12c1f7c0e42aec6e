"""The processes of a bench run: the two servers and the generators; whatever is started here is ended here.

Each is a session of its own, so that Ctrl-C reaches only the command, which then ends them in order.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from gochat.bench.ledger import LoadFigures
from gochat.config import environment_without_settings

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
GENERATOR_MARGIN_S = 60.0  # connecting and draining, beyond the time that the plan asks for
LOG_TAIL_CHARS = 2000
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


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

    Its output goes to a file in `directory`. Raises BenchError, with the end of that file, when the line
    does not come within START_TIMEOUT_S.
    """
    log = directory / f"{name}.log"
    listening = re.compile(rf"^{name}: listening on (http://\S+)$", re.MULTILINE)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=_environment(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while (found := listening.search(log.read_text(errors="replace"))) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                status = process.returncode
                how = "did not say where it listens" if status is None else f"ended with status {status}"
                tail = log.read_text(errors="replace")[-LOG_TAIL_CHARS:]
                raise BenchError(f"{name} {how}; its output ends:\n{tail}")
            time.sleep(0.02)
        yield target_at(name, found[1], process.pid)
    finally:
        _end(process)


def run_generator(module: str, plan: object, takes_s: float) -> LoadFigures:
    """Run a generator with `plan` and return its figures; raises BenchError when it fails or hangs."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=_environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(msgspec.json.encode(plan), timeout=takes_s + GENERATOR_MARGIN_S)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{module} was not done {GENERATOR_MARGIN_S} s after its time") from None
    finally:
        _end(process)
    if process.returncode:
        raise BenchError(f"{module} failed: {errors.decode(errors='replace')[-LOG_TAIL_CHARS:]}")
    return msgspec.json.decode(output, type=LoadFigures)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and make it after STOP_TIMEOUT_S."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
