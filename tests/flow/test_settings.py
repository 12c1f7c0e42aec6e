"""An operator starts and stops the server: settings that are wrong stop the start, SIGTERM ends it well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml

from tests.harness.api import Api, expect_ok, new_user
from tests.harness.contract import PROJECT_ROOT
from tests.harness.server import GoChatServer

StartServer = Callable[..., GoChatServer]


def _try_to_start(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOCHAT_")}
    command = [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(data_dir), *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={**environment, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=10,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOCHAT_ACCESS_TOKEN_TTL_S", "0"),
        ("GOCHAT_ACCESS_TOKEN_TTL_S", "an hour"),
        ("GOCHAT_MESSAGE_RATE", "-1"),
        ("GOCHAT_MESSAGE_RATE", "many"),
        ("GOCHAT_LOGIN_RATE", "1e400"),
        ("GOCHAT_PRESENCE_GRACE_S", "-1"),
        ("GOCHAT_MAX_FRAME_BYTES", "64 KiB"),
        ("GOCHAT_IDLE_TIMEOUT_S", "nan"),
        ("GOCHAT_OUTBOX_MAX_BYTES", "0"),
        ("GOCHAT_ALLOWED_ORIGINS", "not an origin"),
        ("GOCHAT_DATABASE_URL", "mysql://localhost/gochat"),
        ("GOCHAT_BUS_URL", "carrier-pigeon://loft"),
        ("GOCHAT_JWT_SECRET", "short"),
    ],
)
def test_a_bad_setting_stops_the_start_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    ended = _try_to_start(tmp_path, **{name: value})
    assert ended.returncode != 0
    assert name in ended.stdout
    assert "Traceback" not in ended.stdout
    assert "listening" not in ended.stdout


def test_a_bad_secret_is_not_shown(tmp_path: Path) -> None:
    assert "s3cr3t" not in _try_to_start(tmp_path, GOCHAT_JWT_SECRET="s3cr3t").stdout


def test_a_taken_port_stops_the_start_without_a_traceback(server: GoChatServer, tmp_path: Path) -> None:
    ended = _try_to_start(tmp_path, "--port", str(server.host_and_port[1]))
    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout
    assert str(server.host_and_port[1]) in ended.stdout


def test_a_new_data_directory_is_made(start_server: StartServer, tmp_path: Path) -> None:
    place = tmp_path / "not" / "there" / "yet"
    server = start_server(arguments=("--data-dir", str(place)), GOCHAT_DATABASE_URL="")  # which it keeps there
    new_user(server)
    assert any(place.iterdir())


def test_the_host_is_loopback_unless_said_otherwise(start_server: StartServer) -> None:
    assert start_server().url.startswith("http://127.0.0.1:")
    assert start_server(arguments=("--host", "localhost")).url.startswith("http://")


def test_an_idle_server_ends_at_once(start_server: StartServer) -> None:
    server = start_server()
    expect_ok(Api(server).guest_login(), 201)  # an idle keep-alive connection is left open
    assert server.stop() < 5
    server.start()


def test_a_configured_secret_opens_the_tokens_of_a_server_with_the_same(start_server: StartServer) -> None:
    server = start_server(GOCHAT_JWT_SECRET="the-same-secret-for-both-starts-0123456789")
    user = new_user(server)
    server.restart()
    expect_ok(user.api.get_profile())
    server.stop()
    server.settings["GOCHAT_JWT_SECRET"] = "another-secret-for-the-third-start-0123456789"
    server.start()
    assert user.api.get_profile().status_code == 401


def test_the_published_contract_has_the_limits_in_force(start_server: StartServer) -> None:
    server = start_server(
        GOCHAT_MESSAGE_RATE=7.5,
        GOCHAT_LOGIN_RATE=0,
        GOCHAT_PRESENCE_GRACE_S=0.25,
        GOCHAT_MAX_FRAME_BYTES=2_000_000,
        GOCHAT_IDLE_TIMEOUT_S=None,
    )
    published = yaml.safe_load(httpx.get(f"{server.url}/api/asyncapi.yaml").text)
    source = yaml.safe_load((PROJECT_ROOT / "generated" / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert published.pop("x-limits") == {
        "maxFrameBytes": 2_000_000,
        "idleTimeoutS": 90,
        "presenceGraceS": 0.25,
        "outboxMaxBytes": 1_048_576,
        "messagesPerS": 7.5,
        "messageBurst": 15,
        "refusedBeforeClose": 100,
        "loginsPerMin": 0,
        "failedLoginsPerMin": 0,
        "accessTokenTtlS": 3600,
    }
    del source["x-limits"]
    assert published == source


def test_the_contracts_limits_are_the_defaults(start_server: StartServer) -> None:
    names = ("GOCHAT_MESSAGE_RATE", "GOCHAT_LOGIN_RATE", "GOCHAT_PRESENCE_GRACE_S")
    server = start_server(**dict.fromkeys(names))
    published = yaml.safe_load(httpx.get(f"{server.url}/api/asyncapi.yaml").text)
    assert published == yaml.safe_load((PROJECT_ROOT / "generated" / "asyncapi.yaml").read_text(encoding="utf-8"))
