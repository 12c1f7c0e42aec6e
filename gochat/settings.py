"""The settings: names, types, units, defaults and bounds, and how each kind is written in the environment.

The one place for them; the README's table is held to it by a test. Knows no environment and no file:
`gochat.config` reads those.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "GOCHAT_"
KAFKA = "kafka://"
MIN_SECRET_BYTES = 32
"""RFC 7518, section 3.2: a key for HS256 has at least 256 bits."""


class SettingError(Exception):
    """A setting has a value that is not allowed; the text names it and says what is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable.

    Attributes:
        kind: int, float, bool, text, url, bus, logic, id, origins, networks or secret.
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
    Setting(
        "DATABASE_URL",
        "url",
        "",
        "",
        "`sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`; empty: `gochat.db` in the data directory",
    ),
    Setting(
        "BUS_URL",
        "bus",
        "",
        "memory://",
        "what carries events between gateways: `memory://`, there is one; or `kafka://HOST:PORT[,HOST:PORT…]`",
    ),
    Setting("LOGIC_URL", "logic", "", "", "where messages are posted: empty, in this process; or `grpc://HOST:PORT`"),
    Setting(
        "GATEWAY_ID",
        "id",
        "",
        "",
        "name of this gateway among several, up to 64 of `A-Z a-z 0-9 _ -`; "
        "empty: made once and kept in the data directory",
    ),
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


def parse(setting: Setting, text: str) -> Any:
    """Return the value of a setting that is written as `text`; an empty one is one that is not set.

    Raises:
        SettingError: the value is not allowed; the text says what is.
    """
    text = text.strip() or setting.default
    try:
        return _PARSERS[setting.kind](setting, text)
    except ValueError as error:
        shown = "the value" if setting.kind in ("secret", "url") else repr(text)  # a URL may hold a password
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


def _database(setting: Setting, text: str) -> Path | str | None:
    if not text:
        return None
    if text.startswith(("postgresql://", "postgres://")):
        return text
    if not text.startswith("sqlite:///") or len(text) == len("sqlite:///"):
        raise ValueError(
            "it must be sqlite:///PATH (four slashes for an absolute path) or postgresql://USER:PASSWORD@HOST:PORT/NAME"
        )
    return Path(text.removeprefix("sqlite:///"))


def _bus(setting: Setting, text: str) -> str:
    servers = text.removeprefix(KAFKA).split(",")
    if text != setting.default and (not text.startswith(KAFKA) or not all(map(_is_host_and_port, servers))):
        raise ValueError("it must be memory:// or kafka://HOST:PORT, more of them separated by commas")
    return text


def _logic(setting: Setting, text: str) -> str:
    if text and not (text.startswith("grpc://") and _is_host_and_port(text.removeprefix("grpc://"))):
        raise ValueError("it must be empty or grpc://HOST:PORT")
    return text


def _is_host_and_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(re.fullmatch(r"[\w.-]+|\[[0-9a-fA-F:.]+\]", host)) and port.isdecimal() and 0 < int(port) < 65536


def _id(setting: Setting, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", text):
        raise ValueError("it must be up to 64 of A-Z, a-z, 0-9, _ and -")
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
    "bus": _bus,
    "logic": _logic,
    "id": _id,
    "secret": _secret,
    "origins": _origins,
    "networks": _networks,
}
