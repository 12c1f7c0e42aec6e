"""Fixtures of all tests: servers in processes of their own, users, sockets.

`server` is shared by the whole run and has no rate limits; a test that needs other settings, or
stops its server, starts one by `start_server`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.harness import server as harness_server
from tests.harness.api import Api, User, new_guest, new_user
from tests.harness.cluster import Cluster
from tests.harness.kafka import Broker, running_broker
from tests.harness.postgres import Postgres, running_postgres
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

LOG_SHOWN_CHARACTERS = 3000  # of each server, beside a test that fails


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--store`."""
    kinds = ("sqlite", "postgres", "scaled")
    parser.addoption(
        "--store",
        choices=kinds,
        default="sqlite",
        help="what the servers of the tests are: one process on either database, or two gateways, im-logic and Kafka",
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL, for the whole run."""
    with running_postgres() as running:
        yield running


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """Kafka, for the whole run."""
    with running_broker() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def store_of_the_servers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Gives each server a database of the kind that `--store` names."""
    kind = request.config.getoption("--store")
    if kind == "sqlite":
        yield
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    if kind == "postgres":
        harness_server.new_database = postgres.new_database
    else:
        harness_server.kind = partial(Cluster, postgres, request.getfixturevalue("broker"))
    yield
    harness_server.new_database = harness_server.kind = None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves tests marked `long` out of a run that does not ask for them by `-m`."""
    if "long" in config.getoption("markexpr"):
        return
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.skip(reason="long: runs by name only (pytest -m long)"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows the end of each server's log beside a failure."""
    report = yield
    if report.failed:
        for server in harness_server.running:
            report.sections.append((f"log of {server.url}", server.log[-LOG_SHOWN_CHARACTERS:]))
    return report


@pytest.fixture(scope="session")
def server() -> Iterator[GoChatServer]:
    """The server that most tests share."""
    with running_server() as running:
        yield running


@pytest.fixture
def start_server() -> Iterator[Callable[..., GoChatServer]]:
    """Starts servers: `start_server(GOCHAT_MESSAGE_RATE=5)`; None takes a test setting away.

    `arguments` are more options for `gochat serve`; `expect_log_errors` allows tracebacks in the log.
    """
    with ExitStack() as stack:

        def start(
            *, arguments: tuple[str, ...] = (), expect_log_errors: bool = False, **settings: object
        ) -> GoChatServer:
            texts = {name: None if value is None else str(value) for name, value in settings.items()}
            return stack.enter_context(running_server(texts, arguments=arguments, expect_log_errors=expect_log_errors))

        yield start


@pytest.fixture
def nobody(server: GoChatServer) -> Api:
    """The API without a token."""
    return Api(server)


# Four people for the whole run. A test with them keeps their login, makes none of them friends and
# counts nothing that others change (their lists, the world chat); where that matters, it makes its own.


@pytest.fixture(scope="session")
def alice(server: GoChatServer) -> User:
    return new_user(server)


@pytest.fixture(scope="session")
def bob(server: GoChatServer) -> User:
    return new_user(server)


@pytest.fixture(scope="session")
def carol(server: GoChatServer) -> User:
    return new_user(server)


@pytest.fixture(scope="session")
def guest(server: GoChatServer) -> User:
    return new_guest(server)


@pytest.fixture
def open_socket(server: GoChatServer) -> Iterator[Callable[..., Socket]]:
    """Connects: `open_socket(user)` or `open_socket(user, on=another_server)`; closes all at the end."""
    with ExitStack() as stack:

        def open_one(user: User | str | None, *, on: GoChatServer | None = None, **options: Any) -> Socket:
            token = user.token if isinstance(user, User) else user
            return stack.enter_context(Socket(on or server, token, **options))

        yield open_one


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, signed by itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with the openssl command")
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    command = [
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        *("-keyout", str(key), "-out", str(certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return certificate, key
