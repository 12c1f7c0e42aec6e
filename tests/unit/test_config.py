"""The settings: their defaults, their bounds, and what somebody is told who sets a wrong value."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gochat.config import Config, load, unknown_names
from gochat.settings import PREFIX, SETTINGS, SettingError

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-that-nobody-but-this-test-knows"

DEFAULTS: dict[str, Any] = {
    "bus_url": "memory://",
    "logic_url": "",
    "gateway_id": "",
    "access_token_ttl_s": 3600,
    "refresh_token_ttl_s": 30 * 24 * 3600,
    "allowed_origins": frozenset(),
    "message_rate": 20.0,
    "login_rate": 60,
    "presence_grace_s": 10.0,
    "max_frame_bytes": 64 * 1024,
    "idle_timeout_s": 90.0,
    "outbox_max_bytes": 1024 * 1024,
    "require_tls": False,
    "trusted_proxies": (),
    "drain_timeout_s": 8.0,
    "log_level": "INFO",
}

# name, text, what the configuration then has
ALLOWED: list[tuple[str, str, Any]] = [
    ("BUS_URL", "memory://", "memory://"),
    ("GATEWAY_ID", "eu-west_1", "eu-west_1"),
    ("ACCESS_TOKEN_TTL_S", "1", 1),
    ("REFRESH_TOKEN_TTL_S", " 60 ", 60),
    ("MESSAGE_RATE", "0", 0.0),
    ("MESSAGE_RATE", "0.5", 0.5),
    ("LOGIN_RATE", "0", 0),
    ("PRESENCE_GRACE_S", "0", 0.0),
    ("MAX_FRAME_BYTES", "1024", 1024),
    ("IDLE_TIMEOUT_S", "0.1", 0.1),
    ("OUTBOX_MAX_BYTES", "1024", 1024),
    ("DRAIN_TIMEOUT_S", "0", 0.0),
    ("REQUIRE_TLS", "1", True),
    ("LOG_LEVEL", "debug", "DEBUG"),
    ("ALLOWED_ORIGINS", "*", frozenset({"*"})),
    (
        "ALLOWED_ORIGINS",
        "https://Chat.example.org/ , http://localhost:5173",
        frozenset({"https://chat.example.org", "http://localhost:5173"}),
    ),
    ("DATABASE_URL", "sqlite:///some/chat.db", Path("some/chat.db")),
    ("DATABASE_URL", "sqlite:////var/lib/chat.db", Path("/var/lib/chat.db")),
    ("DATABASE_URL", "postgresql://chat:pw@db.example.org:5432/chat", "postgresql://chat:pw@db.example.org:5432/chat"),
]

# name, text, what the message says is allowed
REFUSED: list[tuple[str, str, str]] = [
    ("ACCESS_TOKEN_TTL_S", "0", "a whole number of at least 1 (seconds)"),
    ("ACCESS_TOKEN_TTL_S", "1.5", "a whole number of at least 1 (seconds)"),
    ("REFRESH_TOKEN_TTL_S", "a month", "a whole number of at least 1 (seconds)"),
    ("MESSAGE_RATE", "-0.1", "a number of at least 0 (messages/s a user)"),
    ("MESSAGE_RATE", "inf", "a number of at least 0 (messages/s a user)"),
    ("LOGIN_RATE", "1e400", "a whole number of at least 0 (attempts/min an address)"),
    ("PRESENCE_GRACE_S", "-1", "a number of at least 0 (seconds)"),
    ("MAX_FRAME_BYTES", "1023", "a whole number of at least 1024 (bytes)"),
    ("MAX_FRAME_BYTES", "64 KiB", "a whole number of at least 1024 (bytes)"),
    ("IDLE_TIMEOUT_S", "0", "a number of at least 0.1 (seconds)"),
    ("IDLE_TIMEOUT_S", "nan", "a number of at least 0.1 (seconds)"),
    ("OUTBOX_MAX_BYTES", "1023", "a whole number of at least 1024 (bytes)"),
    ("DRAIN_TIMEOUT_S", "soon", "a number of at least 0 (seconds)"),
    ("REQUIRE_TLS", "yes", "0 or 1"),
    ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR"),
    ("ALLOWED_ORIGINS", "chat.example.org", "origins like https://chat.example.org"),
    ("ALLOWED_ORIGINS", "https://chat.example.org/path", "origins like https://chat.example.org"),
    ("TRUSTED_PROXIES", "my-proxy", "IP addresses or networks like 10.0.0.0/8"),
    ("BUS_URL", "carrier-pigeon://loft", "memory:// or kafka://HOST:PORT"),
    ("BUS_URL", "kafka://", "memory:// or kafka://HOST:PORT"),
    ("BUS_URL", "kafka://one:9092,two", "memory:// or kafka://HOST:PORT"),
    ("BUS_URL", "kafka://one:0", "memory:// or kafka://HOST:PORT"),
    ("LOGIC_URL", "http://localhost:9000", "empty or grpc://HOST:PORT"),
    ("LOGIC_URL", "grpc://localhost", "empty or grpc://HOST:PORT"),
    ("GATEWAY_ID", "gate.way", "up to 64 of A-Z, a-z, 0-9, _ and -"),
    ("GATEWAY_ID", "x" * 65, "up to 64 of A-Z, a-z, 0-9, _ and -"),
    ("DATABASE_URL", "mysql://localhost/gochat", "sqlite:///PATH"),
    ("DATABASE_URL", "sqlite:///", "sqlite:///PATH"),
    ("DATABASE_URL", "mysql://chat:hush@localhost/gochat", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("JWT_SECRET", "x" * 31, "at least 32 bytes"),
]


def configured(data_dir: Path, **settings: str) -> Config:
    """Reads the configuration from these settings alone."""
    return load(data_dir, {PREFIX + name: text for name, text in settings.items()})


def refusal(data_dir: Path, **settings: str) -> str:
    """Returns what is said about settings that are refused."""
    with pytest.raises(SettingError) as caught:
        configured(data_dir, **settings)
    return str(caught.value)


def serve(data_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs `gochat serve` with settings that it does not get beyond."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(data_dir)],
        cwd=CHECKOUT,
        env={**environment, "PYTHONWARNINGS": "ignore", **{PREFIX + name: text for name, text in settings.items()}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_nothing_set_gives_the_defaults(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS
    assert config.data_dir == tmp_path
    assert config.database == tmp_path / "gochat.db"


def test_every_setting_has_a_default_that_is_tested() -> None:
    with_their_own_tests = {"database_url", "jwt_secret"}
    assert {setting.name.lower() for setting in SETTINGS} == set(DEFAULTS) | with_their_own_tests


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_an_empty_setting_is_one_that_is_not_set(tmp_path: Path, setting: Any) -> None:
    secret = {"JWT_SECRET": SECRET} if setting.name != "JWT_SECRET" else {}
    empty = {setting.name: " "}
    assert configured(tmp_path, **secret, **empty) == configured(tmp_path, **secret)


@pytest.mark.parametrize(("name", "text", "value"), ALLOWED)
def test_a_value_within_its_bounds_is_taken(tmp_path: Path, name: str, text: str, value: Any) -> None:
    attribute = {"DATABASE_URL": "database"}.get(name, name.lower())
    assert getattr(configured(tmp_path, **{name: text}), attribute) == value


@pytest.mark.parametrize(("name", "text", "allowed"), REFUSED)
def test_a_value_out_of_bounds_is_refused_by_name_with_what_is_allowed(
    tmp_path: Path, name: str, text: str, allowed: str
) -> None:
    said = refusal(tmp_path, **{name: text})
    assert said.startswith(f"GOCHAT_{name}: ")
    assert allowed in said
    assert "\n" not in said


def test_every_setting_has_a_value_that_is_refused() -> None:
    assert {name for name, _, _ in REFUSED} == {setting.name for setting in SETTINGS}


def test_what_arrived_is_shown_but_for_the_secret(tmp_path: Path) -> None:
    assert "'64 KiB'" in refusal(tmp_path, MAX_FRAME_BYTES="64 KiB")
    assert "hush" not in refusal(tmp_path, JWT_SECRET="hush")
    assert "hush" not in refusal(tmp_path, DATABASE_URL="mysql://chat:hush@localhost/gochat")


def test_trusted_proxies_are_addresses_and_networks(tmp_path: Path) -> None:
    config = configured(tmp_path, TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.7,::1")
    trusted = ["10.1.2.3", "192.0.2.7", "::1"]
    others = ["192.0.2.8", "11.0.0.1", "::2", "", "not an address"]
    assert [address for address in trusted + others if config.trusts(address)] == trusted
    assert not configured(tmp_path).trusts("127.0.0.1")


# The secret


def test_a_secret_is_made_once_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    first = configured(data_dir)
    kept = data_dir / "jwt-secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert len(first.jwt_secret) >= 32
    assert configured(data_dir).jwt_secret == first.jwt_secret == kept.read_bytes()
    assert configured(tmp_path / "other").jwt_secret != first.jwt_secret


def test_the_secret_of_the_environment_is_used_and_not_written_down(tmp_path: Path) -> None:
    assert configured(tmp_path, JWT_SECRET=SECRET).jwt_secret == SECRET.encode()
    assert list(tmp_path.iterdir()) == []


def test_a_kept_secret_that_is_too_short_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "jwt-secret").write_text("hush")
    said = refusal(tmp_path)
    assert str(tmp_path / "jwt-secret") in said
    assert "fewer than 32 bytes" in said
    assert "hush" not in said


def test_a_data_directory_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    said = refusal(file / "data")
    assert "--data-dir" in said
    assert str(file / "data") in said


# Several processes

SCALED = {
    "DATABASE_URL": "postgresql://localhost/chat",
    "BUS_URL": "kafka://one:9092,[::1]:9093",
    "LOGIC_URL": "grpc://logic.internal:8090",
    "JWT_SECRET": SECRET,
}


def test_a_gateway_among_several_has_an_id_that_is_made_once_and_kept(tmp_path: Path) -> None:
    config = configured(tmp_path, **SCALED)
    assert config.is_scaled
    assert config.gateway_id == configured(tmp_path, **SCALED).gateway_id == (tmp_path / "gateway-id").read_text()
    assert config.gateway_id != configured(tmp_path / "other", **SCALED).gateway_id
    assert configured(tmp_path, **SCALED, GATEWAY_ID="mine").gateway_id == "mine"
    (tmp_path / "gateway-id").write_text("no such id")
    assert str(tmp_path / "gateway-id") in refusal(tmp_path, **SCALED)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("DATABASE_URL", "needs GOCHAT_DATABASE_URL=postgresql://"),
        ("BUS_URL", "needs GOCHAT_BUS_URL=kafka://"),
        ("LOGIC_URL", "needs GOCHAT_LOGIC_URL=grpc://"),
        ("JWT_SECRET", "needs GOCHAT_JWT_SECRET"),
    ],
)
def test_a_gateway_among_several_needs_all_of_these(tmp_path: Path, missing: str, said: str) -> None:
    settings = {name: text for name, text in SCALED.items() if name != missing}
    assert said in refusal(tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


def test_im_logic_needs_no_secret_and_keeps_nothing(tmp_path: Path) -> None:
    settings = {PREFIX + name: SCALED[name] for name in ("DATABASE_URL", "BUS_URL")}
    assert load(tmp_path, settings, is_gateway=False).is_scaled
    assert list(tmp_path.iterdir()) == []


# Names


def test_unknown_names_are_found_and_others_left_alone() -> None:
    names = {"GOCHAT_LOG_LEVEL": "x", "GOCHAT_LOGLEVEL": "x", "GOCHAT_": "x", "HOME": "x", "MY_GOCHAT_LOG_LEVEL": "x"}
    assert unknown_names(names) == ["GOCHAT_", "GOCHAT_LOGLEVEL"]


# The command


def test_serve_with_a_bad_value_says_one_line_and_exits_with_2(tmp_path: Path) -> None:
    ended = serve(tmp_path, IDLE_TIMEOUT_S="never")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "gochat: GOCHAT_IDLE_TIMEOUT_S: 'never' is not allowed: it must be a number of at least 0.1 (seconds)"
    ]


def test_serve_does_not_show_a_bad_secret(tmp_path: Path) -> None:
    ended = serve(tmp_path, JWT_SECRET="hush")
    assert ended.returncode == 2
    assert "GOCHAT_JWT_SECRET" in ended.stderr
    assert "hush" not in ended.stdout + ended.stderr


def test_serve_warns_of_an_unknown_name(tmp_path: Path) -> None:
    ended = serve(tmp_path, IDLE_TIMEOUT="90", LOG_LEVEL="LOUD")
    assert ended.returncode == 2
    assert "gochat: warning: GOCHAT_IDLE_TIMEOUT is no setting of GoChat" in ended.stderr.splitlines()
