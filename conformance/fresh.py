"""Starts a server, holds it to its contracts, stops it: `python -m conformance.fresh [OPTIONS] [-- COMMAND]`.

The options are those of `gochat conform`.

For CI. The command is started in the current folder; the server's address is the first http(s) URL that it prints.
`{dir}` in the command is an empty directory, removed at the end. Without one it is GoChat's own server.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from queue import Empty, Queue

from conformance.cli import CANNOT_RUN
from conformance.cli import main as conform

GOCHAT = "{python} -m gochat serve --port 0 --data-dir {dir}"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
URL = re.compile(r"https?://[^\s\"'<>]+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the kit's exit status, 2 when the server does not start."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options, command = words, shlex.split(GOCHAT)
    if "--" in words:
        cut = words.index("--")
        options, command = words[:cut], words[cut + 1 :]
    if "-h" in options or "--help" in options or not command:
        print(__doc__.strip() if __doc__ else "")
        return 0 if command else CANNOT_RUN
    with tempfile.TemporaryDirectory(prefix="conform-") as directory:
        filled = [word.replace("{dir}", directory).replace("{python}", sys.executable) for word in command]
        try:
            server = subprocess.Popen(filled, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except OSError as error:
            print(f"conform: {filled[0]} can't be started: {error.strerror}", file=sys.stderr)
            return CANNOT_RUN
        try:
            url = _address(server)
            if url is None:
                print(f"conform: {shlex.join(filled)} printed no http URL", file=sys.stderr)
                return CANNOT_RUN
            return conform([url, *options])
        finally:
            server.terminate()
            try:
                server.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(server: subprocess.Popen[str]) -> str | None:
    """Return the first URL that the server prints, None when it ends or is silent; go on reading what it prints."""
    lines: Queue[str | None] = Queue()

    def read() -> None:
        assert server.stdout is not None
        for line in server.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while (line := lines.get(timeout=START_TIMEOUT_S)) is not None:
            match = URL.search(line)
            if match is not None:
                return match[0].rstrip("/.,")
    except Empty:
        pass
    return None


if __name__ == "__main__":
    sys.exit(main())
