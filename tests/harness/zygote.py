"""A process that has loaded the server and forks it: `python -m tests.harness.zygote`, for `tests.harness.forked`.

Loading takes 0.6 s of CPU, and the tests start some hundred servers; a fork of what is loaded takes 0.1 s. Each line of
standard input is a JSON object: argv, env, cwd, and the FIFO that becomes standard output and error. Answers with lines
of `started PID`, one for each in their order, and of `ended PID WAIT_STATUS`. Ends with its input.
"""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore", message=".*starlette.testclient.*")  # as `gochat serve` does

# ruff: noqa: E402
import gochat.patch  # noqa: F401, I001  (first, as in `gochat serve`)

import importlib
import json
import os
import sys
from typing import Any

from gevent import monkey
from gevent.os import fork_gevent

from gochat.cli import main

LOADED = (
    *("gochat.server", "gochat.binding", "handlers.http.messages", "handlers.ws.messages", "models.postgres"),
    *(
        "confluent_kafka",
        "confluent_kafka.admin",
        "grpc",
        "grpc_health.v1.health",
        "grpc_reflection.v1alpha.reflection",
    ),
)
"""Not `gochat.logic`: it starts gRPC, which does not survive a fork."""

LOOK_MS = 20
"""How late the end of a process may be told."""


def serve() -> dict[str, Any] | None:
    """Forks for each line, and tells what ends. Returns the line in a child, None at the end of the input."""
    poll = monkey.get_original("select", "poll")()  # gevent's would begin a hub, which the children would share
    poll.register(0, 1)
    rest, children = b"", set()
    while True:
        if poll.poll(LOOK_MS if children else None):
            data = os.read(0, 65536)
            if not data:
                return None
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                pid = fork_gevent()  # the child gets an event loop of its own
                if pid == 0:
                    order: dict[str, Any] = json.loads(line)
                    return order
                children.add(pid)
                os.write(1, b"started %d\n" % pid)
        for pid in list(children):
            ended, status = monkey.get_original("os", "waitpid")(pid, os.WNOHANG)
            if ended:
                children.remove(pid)
                os.write(1, b"ended %d %d\n" % (pid, status))


def become(order: dict[str, Any]) -> None:
    """Makes this fork look as if it had been started by itself."""
    output = os.open(order["fifo"], os.O_WRONLY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, place)
    os.close(nothing)
    os.close(output)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    sys.argv = order["argv"]


if __name__ == "__main__":
    for name in LOADED:
        importlib.import_module(name)
    order = serve()
    if order is not None:
        become(order)
        sys.exit(main(order["argv"][1:]))
