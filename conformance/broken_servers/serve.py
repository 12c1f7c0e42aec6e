"""Runs a broken server: a copy of the checkout's packages with the edits in it, on a data directory of its own.

`python -m conformance.broken_servers NAME [--port 0]` for people; `running` for the score and the tests. The copy runs
in a process without any GOCHAT_* variable, so with default settings, and is gone when the server ends.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from conformance.broken_servers.catalogue import (
    CATALOGUE,
    CHECKOUT,
    CLEAN,
    BrokenServer,
    CatalogueError,
    all_servers,
    edited_files,
    load_catalogue,
)

PACKAGES = ("gochat", "handlers", "models", "generated")
DATA_DIR = "data"
LOG = "server.log"
LISTENING = re.compile(r"^gochat: listening on (https?://\S+)$", re.MULTILINE)
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
"""SIGTERM waits up to 8 s for what is in flight, and a broken server may need all of it."""


class ServerFailed(Exception):
    """A broken server did not start; the text has the end of its log."""


@contextmanager
def copied(server: BrokenServer, checkout: Path = CHECKOUT) -> Iterator[Path]:
    """Make a copy of the packages with the server's edits; it is removed at the end.

    Raises:
        CatalogueError: an edit does not fit the source.
    """
    texts = edited_files(server, checkout)
    root = Path(tempfile.mkdtemp(prefix=f"gochat-{server.name}-"))
    try:
        for package in PACKAGES:
            shutil.copytree(checkout / package, root / package)
        for file, text in texts.items():
            (root / file).write_text(text, encoding="utf-8")
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def running(server: BrokenServer, port: int = 0, checkout: Path = CHECKOUT) -> Iterator[str]:
    """Run the server while inside, and give its base URL.

    Raises:
        CatalogueError: an edit does not fit the source.
        ServerFailed: it did not say within 30 s where it listens.
    """
    with copied(server, checkout) as root, (root / LOG).open("wb") as log:
        process = _start(root, port, log.fileno())
        try:
            yield _wait_for_url(process, root / LOG, server.name)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours: SIGTERM, and SIGKILL when that does not do."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 ended by a signal, 1 the server failed, 2 cannot run."""
    options = _parser().parse_args(arguments)
    try:
        servers = all_servers(load_catalogue(options.catalogue))
        if options.list:
            for server in servers:
                print(f"{server.kind:<12} {server.name:<44} {server.suffers}")
            return 0
        wanted = [server for server in (CLEAN, *servers) if server.name == options.name]
        if not wanted:
            raise CatalogueError(f"there is no broken server {options.name!r}; --list shows all")
        return _serve(wanted[0], options.port)
    except CatalogueError as error:
        print(f"broken_servers: {error}", file=sys.stderr)
        return 2


def _serve(server: BrokenServer, port: int) -> int:
    """Run the server with our own output until SIGTERM or Ctrl-C."""
    with copied(server) as root:
        process = _start(root, port, None)

        def end(number: int, frame: object) -> None:
            process.send_signal(signal.SIGTERM)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        return 0 if process.wait() == 0 else 1


def _start(root: Path, port: int, output: int | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gochat", "serve", "--port", str(port), "--data-dir", str(root / DATA_DIR)]
    return subprocess.Popen(
        command,
        cwd=root,
        env={"PYTHONPATH": str(root), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,  # Ctrl-C reaches us only, and we end it in order
    )


def _wait_for_url(process: subprocess.Popen[bytes], log: Path, name: str) -> str:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        text = log.read_text(encoding="utf-8", errors="replace")
        if found := LISTENING.search(text):
            return found.group(1)
        if process.poll() is not None:
            raise ServerFailed(f"{name} ended with {process.returncode}: {text[-2000:]}")
        time.sleep(0.02)
    raise ServerFailed(f"{name} did not listen within {START_TIMEOUT_S:g} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.broken_servers",
        description="Run the GoChat server of this checkout with one defect put in, until SIGTERM or Ctrl-C.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", metavar="NAME", help=f"which one; {CLEAN.name}: no defect")
    what.add_argument("--list", action="store_true", help="show class, name and what a client would suffer, of all")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 (the default) for a free one")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, metavar="DIR", help="another set of YAML files")
    return parser
