"""Tokens travel in the URL: over a network the server speaks TLS, or sits behind a proxy that does, or warns."""

from __future__ import annotations

import json
import socket as tcp
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.harness.api import Api, expect_ok, new_guest
from tests.harness.contract import PROJECT_ROOT
from tests.harness.frames import say
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

StartServer = Callable[..., GoChatServer]


def _tls_arguments(certificate: tuple[Path, Path]) -> tuple[str, ...]:
    return ("--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1]))


@pytest.fixture(scope="module")
def tls_server(certificate: tuple[Path, Path]) -> Iterator[GoChatServer]:
    """A server with a certificate that accepts nothing but TLS."""
    arguments = _tls_arguments(certificate)
    with running_server({"GOCHAT_REQUIRE_TLS": "1"}, arguments=arguments) as running:
        yield running


def test_https_and_wss_are_served(tls_server: GoChatServer) -> None:
    assert tls_server.url.startswith("https://")
    ann, ben = new_guest(tls_server), new_guest(tls_server)
    world_id = ann.api.world_id()
    with Socket(tls_server, ann.token) as anns, Socket(tls_server, ben.token) as bens:
        assert say(anns, world_id, "🙂" * 4000)["seqId"] == 1
        assert bens.expect("new-message")["data"]["content"] == "🙂" * 4000
        for number in range(50):
            bens.send("ping", timestamp=number)
        for _ in range(50):
            bens.expect("pong")
    assert len(ann.api.history(world_id)) == 1


def test_the_certificate_is_the_one_that_was_given(tls_server: GoChatServer, certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(tls_server.url + "/healthz").status_code == 200


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01garbage",
        b"\x00" * 1000,
        b"",
    ],
    ids=["http", "ws", "broken-tls", "zeros", "nothing"],
)
def test_plain_text_on_the_tls_port_is_not_served_and_does_no_harm(tls_server: GoChatServer, nonsense: bytes) -> None:
    with closing(tcp.create_connection(tls_server.host_and_port, timeout=10)) as connection:
        answer = b""
        with suppress(OSError):  # it may end the connection at the first wrong byte
            connection.sendall(nonsense)
            connection.shutdown(tcp.SHUT_WR)
        with suppress(ConnectionError):
            while chunk := connection.recv(65536):
                answer += chunk
    assert b"200 OK" not in answer
    assert b"101 " not in answer
    expect_ok(Api(tls_server).guest_login(), 201)
    assert "Traceback" not in tls_server.log


def test_who_never_finishes_the_tls_handshake_holds_nobody_up(tls_server: GoChatServer) -> None:
    silent = [tcp.create_connection(tls_server.host_and_port) for _ in range(20)]
    try:
        guest = new_guest(tls_server)
        with Socket(tls_server, guest.token) as socket:
            socket.settle()
    finally:
        for connection in silent:
            connection.close()


def test_a_certificate_without_its_key_stops_the_start(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    pem, key = map(str, certificate)
    for arguments in (
        ("--tls-cert", pem),
        ("--tls-cert", pem, "--tls-key", str(tmp_path / "missing.pem")),
        ("--tls-cert", key, "--tls-key", pem),
    ):
        command = [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
        ended = subprocess.run(
            [*command, *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=30, check=False
        )
        assert ended.returncode not in (0, None), arguments
        assert "listening" not in ended.stdout
        assert "tls" in ended.stderr.lower(), ended.stderr
        assert "Traceback" not in ended.stderr


# Behind a proxy

FORWARDED = {"X-Forwarded-Proto": "https"}


def _is_served(server: GoChatServer, headers: dict[str, str]) -> bool:
    """Whether both edges serve a request with these headers; they have to agree."""
    answer = server.http.post(server.url + "/api/auth/guest", headers=headers)
    if answer.status_code == 201:
        with Socket(server, answer.json()["data"]["accessToken"], headers=headers) as socket:
            socket.settle()
        return True
    _expect_forbidden(answer.status_code, answer.content)
    with pytest.raises(InvalidStatus) as refused:
        Socket(server, "any-token", headers=headers)
    _expect_forbidden(refused.value.response.status_code, refused.value.response.body)
    return False


def _expect_forbidden(status: int, content: bytes | bytearray | None) -> None:
    assert status == 403
    body = json.loads(content or b"")
    assert (body["success"], body["code"]) == (False, "FORBIDDEN")
    assert body["message"]


def test_required_tls_is_believed_from_a_trusted_proxy_only(start_server: StartServer) -> None:
    strict = start_server(GOCHAT_REQUIRE_TLS=1, GOCHAT_TRUSTED_PROXIES="127.0.0.1")
    assert not _is_served(strict, {})
    assert not _is_served(strict, {"X-Forwarded-Proto": "http"})
    assert not _is_served(strict, {"X-Forwarded-Proto": ""})
    assert _is_served(strict, FORWARDED)


@pytest.mark.parametrize("proxies", ["10.0.0.0/8", None], ids=["others", "none"])
def test_required_tls_is_not_believed_from_anybody(start_server: StartServer, proxies: str | None) -> None:
    strict = start_server(GOCHAT_REQUIRE_TLS=1, GOCHAT_TRUSTED_PROXIES=proxies)
    assert not _is_served(strict, FORWARDED)


def test_required_tls_of_our_own_needs_no_proxy(tls_server: GoChatServer) -> None:
    assert _is_served(tls_server, {})


def test_without_the_setting_loopback_is_served_in_plain_text(server: GoChatServer) -> None:
    assert _is_served(server, {})
    assert _is_served(server, {"X-Forwarded-Proto": "http"})


# The warning


def _warnings(server: GoChatServer) -> list[str]:
    return [line for line in server.log.splitlines() if "warning:" in line.lower() and "gochat" in line]


def test_plain_text_on_an_address_that_others_reach_is_warned_of(start_server: StartServer) -> None:
    exposed = start_server(arguments=("--host", "0.0.0.0"))
    warnings = _warnings(exposed)
    assert len(warnings) == exposed.gateway_count
    assert all("TLS" in warning or "encrypt" in warning for warning in warnings)
    exposed.url = exposed.url.replace("0.0.0.0", "127.0.0.1")
    expect_ok(Api(exposed).guest_login(), 201)


def test_on_loopback_nothing_is_warned_of(server: GoChatServer) -> None:
    assert _warnings(server) == []
