"""A Kafka-compatible broker for the tests. It keeps everything in memory: killed and started again it is empty."""

from __future__ import annotations

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gochat.bench.kafka import find_broker
from tests.harness.ports import free_port

START_TIMEOUT_S = 10.0


class Broker:
    """A broker on a port of its own, which it keeps when it is started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._directory = tempfile.TemporaryDirectory(prefix="gochat-kafka-")
        self._program = find_broker(Path(self._directory.name))

    @property
    def url(self) -> str:
        """As GOCHAT_BUS_URL."""
        return f"kafka://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it, and returns once it accepts connections."""
        address = f"tcp://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [
                *(self._program, "broker", "--storage-engine", "memory://tansu/"),
                *("--listener-url", address, "--advertised-listener-url", address),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            assert self._process.poll() is None, f"the broker exited with {self._process.returncode}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "the broker does not listen"
                time.sleep(0.02)

    def pause(self) -> None:
        """Stops it with SIGSTOP: it lives, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets it go on after `pause`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Ends it for good."""
        self.kill()
        self._directory.cleanup()


@contextmanager
def running_broker() -> Iterator[Broker]:
    """Runs a broker."""
    broker = Broker()
    try:
        broker.start()
        yield broker
    finally:
        broker.close()
