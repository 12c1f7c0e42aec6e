"""Reads the settings from the environment; no other file does.

The table below is the one place for names, types, units, defaults and bounds; the README's table is held to it
by a test.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "GOCHAT_"
MIN_SECRET_BYTES = 32
"""RFC 7518, section 3.2: a key for HS256 has at least 256 bits."""


class SettingError(Exception):
    """A setting has a value that is not allowed; the text names it and says what is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable.

    Attributes:
        kind: int, float, bool, text, url, bus, logic, origins, networks or secret.
        unit: For people; empty where there is none.
        default: As it would be written in the environment; shown in the README.
        minimum: Smallest value of a number.
    """

    name: str
    kind: str
    unit: str
    default: str
    help: str
    minimum: float = 0


SETTINGS: tuple[Setting, ...] = (
    Setting("DATABASE_URL", "url", "", "", "`sqlite:///PATH`; empty: `gochat.db` in the data directory"),
    Setting("BUS_URL", "bus", "", "memory://", "what carries events between gateways; only `memory://`, one process"),
    Setting("LOGIC_URL", "logic", "", "", "where the rules run; only empty, in this process"),
    Setting(
        "JWT_SECRET",
        "secret",
        "",
        "",
        "key that signs access tokens, at least 32 bytes; empty: made once and kept in the data directory",
    ),
    Setting("ACCESS_TOKEN_TTL_S", "int", "seconds", "3600", "life of an access token", 1),
    Setting("REFRESH_TOKEN_TTL_S", "int", "seconds", "2592000", "life of a refresh token", 1),
    Setting(
        "ALLOWED_ORIGINS",
        "origins",
        "",
        "",
        "origins whose pages may call the API and open sockets, separated by commas; `*` for all; "
        "the server's own origin always may",
    ),
    Setting("MESSAGE_RATE", "float", "messages/s a user", "20", "sustained; twice as many in a burst; 0: no limit"),
    Setting(
        "LOGIN_RATE",
        "int",
        "attempts/min an address",
        "60",
        "register, login and guest together; also switches the limit of 10 failed logins/min an account; "
        "0: no login limit of any kind",
    ),
    Setting(
        "PRESENCE_GRACE_S",
        "float",
        "seconds",
        "10",
        "how long after the last socket closed a user still counts as online",
    ),
    Setting("MAX_FRAME_BYTES", "int", "bytes", "65536", "largest HTTP body and WebSocket message", 1024),
    Setting("IDLE_TIMEOUT_S", "float", "seconds", "90", "a socket with no frame for so long is closed (4410)", 0.1),
    Setting(
        "OUTBOX_MAX_BYTES",
        "int",
        "bytes",
        "1048576",
        "what may wait for one slow reader before it is closed (4408)",
        1024,
    ),
    Setting("REQUIRE_TLS", "bool", "", "0", "1: refuse plain connections, but to /healthz and /readyz"),
    Setting(
        "TRUSTED_PROXIES",
        "networks",
        "",
        "",
        "addresses or networks, separated by commas, whose X-Forwarded-For and X-Forwarded-Proto are believed",
    ),
    Setting("DRAIN_TIMEOUT_S", "float", "seconds", "8", "how long SIGTERM waits for what is in flight"),
    Setting("LOG_LEVEL", "text", "", "INFO", "DEBUG, INFO, WARNING or ERROR"),
)

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked. Units are in the names."""

    data_dir: Path
    database_path: Path
    bus_url: str
    logic_url: str
    jwt_secret: bytes
    access_token_ttl_s: int
    refresh_token_ttl_s: int
    allowed_origins: frozenset[str]
    message_rate: float
    login_rate: int
    presence_grace_s: float
    max_frame_bytes: int
    idle_timeout_s: float
    outbox_max_bytes: int
    require_tls: bool
    trusted_proxies: tuple[Network, ...]
    drain_timeout_s: float
    log_level: str

    def trusts(self, address: str) -> bool:
        """Say whether `address` is one of the trusted proxies."""
        if not self.trusted_proxies:
            return False
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.trusted_proxies)


def load(data_dir: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read all settings and make the data directory and the JWT secret where they are missing.

    Raises:
        SettingError: a value that is not allowed, or a data directory that cannot be used.
    """
    environ = os.environ if environ is None else environ
    values = {setting.name: _parse(setting, environ.get(PREFIX + setting.name, "")) for setting in SETTINGS}
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--data-dir {data_dir}: cannot be made ({error.strerror})") from error
    return Config(
        data_dir=data_dir,
        database_path=values.pop("DATABASE_URL") or data_dir / "gochat.db",
        jwt_secret=values.pop("JWT_SECRET") or _kept_secret(data_dir / "jwt-secret"),
        **{name.lower(): value for name, value in values.items()},
    )


def environment_without_settings() -> dict[str, str]:
    """Return this process's environment less every GOCHAT_* variable, for children with settings of their own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Return the GOCHAT_* variables that are no setting, for a warning about typing errors."""
    known = {PREFIX + setting.name for setting in SETTINGS}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _parse(setting: Setting, text: str) -> Any:
    text = text.strip() or setting.default
    try:
        return _PARSERS[setting.kind](setting, text)
    except ValueError as error:
        shown = "the value" if setting.kind == "secret" else repr(text)
        raise SettingError(f"{PREFIX}{setting.name}: {shown} is not allowed: {error}") from None


def _number(setting: Setting, text: str) -> float:
    kind = int if setting.kind == "int" else float
    wanted = f"{'a whole number' if kind is int else 'a number'} of at least {setting.minimum:g}"
    wanted += f" ({setting.unit})" if setting.unit else ""
    try:
        value = kind(text)
    except ValueError:
        raise ValueError(f"it must be {wanted}") from None
    if not setting.minimum <= value < 1e15:
        raise ValueError(f"it must be {wanted}")
    return value


def _flag(setting: Setting, text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("it must be 0 or 1")
    return text == "1"


def _level(setting: Setting, text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError("it must be one of " + ", ".join(LOG_LEVELS))
    return text.upper()


def _database(setting: Setting, text: str) -> Path | None:
    if not text:
        return None
    if not text.startswith("sqlite:///") or len(text) == len("sqlite:///"):
        raise ValueError("it must be sqlite:///PATH (four slashes for an absolute path)")
    return Path(text.removeprefix("sqlite:///"))


def _only(setting: Setting, text: str) -> str:
    if text != setting.default:
        raise ValueError(f"it must be {setting.default or 'empty'} in this version")
    return text


def _secret(setting: Setting, text: str) -> bytes | None:
    secret = text.encode()
    if text and len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"it must have at least {MIN_SECRET_BYTES} bytes")
    return secret or None


def _origins(setting: Setting, text: str) -> frozenset[str]:
    origins = {part.strip().rstrip("/").lower() for part in text.split(",") if part.strip()}
    for origin in origins - {"*"}:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != origin:
            raise ValueError("it must be origins like https://chat.example.org, separated by commas, or *")
    return frozenset(origins)


def _networks(setting: Setting, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("it must be IP addresses or networks like 10.0.0.0/8, separated by commas") from None


_PARSERS: dict[str, Any] = {
    "int": _number,
    "float": _number,
    "bool": _flag,
    "text": _level,
    "url": _database,
    "bus": _only,
    "logic": _only,
    "secret": _secret,
    "origins": _origins,
    "networks": _networks,
}


def _kept_secret(path: Path) -> bytes:
    """Return the secret in `path`, making it first when the file is not there (mode 0600)."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(MIN_SECRET_BYTES))
                file.flush()
                os.fsync(file.fileno())
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SettingError(f"the JWT secret in {path} cannot be read or made ({error.strerror})") from error
    if len(secret) < MIN_SECRET_BYTES:
        raise SettingError(
            f"the JWT secret in {path} has fewer than {MIN_SECRET_BYTES} bytes; delete it or set GOCHAT_JWT_SECRET"
        )
    return secret
