"""Several gateways as one server: two `gochat serve`, one `gochat logic`, PostgreSQL and Kafka, behind a forwarder."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests.harness.forwarder import Forwarder
from tests.harness.kafka import Broker
from tests.harness.postgres import Postgres
from tests.harness.process import Process
from tests.harness.server import GoChatServer

GATEWAYS = 2

METRICS = re.compile(r"^gochat: metrics on (http://\S+)$", re.MULTILINE)

_numbers = itertools.count(1)


class Node:
    """One process of a cluster, which keeps its port and its data directory when it is started again."""

    def __init__(self, command: str, name: str, data_dir: Path, log: list[str]) -> None:
        self.name = name
        self.process = Process(name, log)
        self.port = 0
        self._command = command
        self._data_dir = data_dir

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.process.url

    def start(self, settings: Mapping[str, str], arguments: Sequence[str] = ()) -> None:
        """Starts it, and returns once it listens."""
        command = [self._command, "--port", str(self.port), "--data-dir", str(self._data_dir), *arguments]
        self.port = urlsplit(self.process.start(command, settings)).port or 0


class Cluster(GoChatServer):
    """A `GoChatServer` of several processes; a connection goes to one gateway after the other.

    Attributes:
        gateways: The nodes that hold sockets.
        logic: The node that posts.
    """

    gateway_count = GATEWAYS

    def __init__(
        self,
        postgres: Postgres,
        broker: Broker,
        settings: Mapping[str, str] | None = None,
        *,
        arguments: Sequence[str] = (),
        expect_log_errors: bool = False,
    ) -> None:
        shared = {
            "GOCHAT_DATABASE_URL": postgres.new_database(),
            "GOCHAT_BUS_URL": broker.url,
            "GOCHAT_JWT_SECRET": secrets.token_hex(32),
        }
        super().__init__({**shared, **(settings or {})}, arguments=arguments, expect_log_errors=expect_log_errors)
        number = next(_numbers)
        self.logic = Node("logic", "logic", self.data_dir / "logic", self._log)
        self.gateways = [
            Node("serve", f"gateway-{number}-{index}", self.data_dir / f"gateway-{index}", self._log)
            for index in range(1, GATEWAYS + 1)
        ]
        self._forwarder = Forwarder(self._targets)

    @property
    def pid(self) -> int:
        return self.gateways[0].process.pid

    @property
    def is_running(self) -> bool:
        return any(node.process.is_running for node in (self.logic, *self.gateways))

    def start(self) -> Cluster:
        self.start_logic()
        with ThreadPoolExecutor(GATEWAYS) as pool:
            list(pool.map(self.start_gateway, self.gateways))
        self._forwarder.start()
        scheme = urlsplit(self.gateways[0].url).scheme
        self.url = f"{scheme}://127.0.0.1:{self._forwarder.port}"
        return self

    def start_logic(self) -> None:
        """Starts im-logic, or starts it again."""
        self.logic.start(self.settings, ["--metrics-port", "0"])

    @property
    def logic_metrics_url(self) -> str:
        """Where im-logic shows its figures."""
        return METRICS.findall(self.logic.process.log)[-1]

    def start_gateway(self, gateway: Node) -> None:
        """Starts a gateway, or starts it again."""
        own = {"GOCHAT_LOGIC_URL": self.logic.url, "GOCHAT_GATEWAY_ID": gateway.name}
        gateway.start({**self.settings, **own}, self.arguments)

    def at(self, gateway: Node) -> GoChatServer:
        """The server as a client sees it that talks to one gateway alone."""
        view = GoChatServer({**self.settings}, expect_log_errors=self.expect_log_errors)
        view.data_dir.rmdir()
        view.url = gateway.url
        return view

    def stop(self) -> float:
        started = time.monotonic()
        self._forwarder.stop()
        for gateway in self.gateways:
            gateway.process.ask_to_stop()
        for gateway in self.gateways:
            gateway.process.wait_stopped()
        took_s = time.monotonic() - started
        self.logic.process.ask_to_stop()
        self.logic.process.wait_stopped()
        return took_s

    def kill(self) -> None:
        self._forwarder.stop()
        for node in (*self.gateways, self.logic):
            if node.process.is_running:
                node.process.kill()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self._forwarder.close()

    def _targets(self) -> list[tuple[str, int]]:
        return [("127.0.0.1", gateway.port) for gateway in self.gateways]
