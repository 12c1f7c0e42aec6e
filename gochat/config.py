"""Reads the settings from the environment; no other file does. Which there are says `gochat.settings`.

What was not set and has to stay the same is made once and kept in the data directory.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gochat.settings import KAFKA, MIN_SECRET_BYTES, PREFIX, SETTINGS, Network, SettingError, parse


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked. Units are in the names."""

    data_dir: Path
    database: Path | str
    bus_url: str
    logic_url: str
    gateway_id: str
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

    @property
    def is_scaled(self) -> bool:
        """Whether this process is one of several on the same database."""
        return self.bus_url.startswith(KAFKA)

    def trusts(self, address: str) -> bool:
        """Say whether `address` is one of the trusted proxies."""
        if not self.trusted_proxies:
            return False
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.trusted_proxies)


def load(data_dir: Path, environ: Mapping[str, str] | None = None, *, is_gateway: bool = True) -> Config:
    """Read all settings and make the data directory and what is kept in it where they are missing.

    Args:
        is_gateway: Whether the process serves clients; one that does not needs no secret, no id and no im-logic.

    Raises:
        SettingError: a value that is not allowed, or a data directory that cannot be used.
    """
    environ = os.environ if environ is None else environ
    values = {setting.name: parse(setting, environ.get(PREFIX + setting.name, "")) for setting in SETTINGS}
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--data-dir {data_dir}: cannot be made ({error.strerror})") from error
    database = values.pop("DATABASE_URL") or data_dir / "gochat.db"
    secret = values.pop("JWT_SECRET")
    _check_together(database, values["BUS_URL"])
    if is_gateway:
        _check_gateway(values["BUS_URL"], values["LOGIC_URL"], secret)
    gateway_id = values.pop("GATEWAY_ID")
    is_one_of_several = is_gateway and values["BUS_URL"].startswith(KAFKA)
    return Config(
        data_dir=data_dir,
        database=database,
        jwt_secret=secret or (_kept_secret(data_dir / "jwt-secret") if is_gateway else b""),
        gateway_id=gateway_id or (_kept_id(data_dir / "gateway-id") if is_one_of_several else ""),
        **{name.lower(): value for name, value in values.items()},
    )


def _check_together(database: Path | str, bus_url: str) -> None:
    """Refuse settings that are right one by one and wrong together.

    Raises:
        SettingError: the text says which, and what they need.
    """
    if bus_url.startswith(KAFKA) and isinstance(database, Path):
        raise SettingError(
            "GOCHAT_BUS_URL=kafka://… is for several processes on one database: it needs "
            "GOCHAT_DATABASE_URL=postgresql://…"
        )


def _check_gateway(bus_url: str, logic_url: str, secret: bytes | None) -> None:
    """Refuse what a gateway cannot work with.

    Raises:
        SettingError: the text says what, and what it needs.
    """
    if logic_url and not bus_url.startswith(KAFKA):
        raise SettingError(
            "GOCHAT_LOGIC_URL needs GOCHAT_BUS_URL=kafka://…: what im-logic posts comes back to the gateways by it"
        )
    if bus_url.startswith(KAFKA) and not logic_url:
        raise SettingError(
            "GOCHAT_BUS_URL=kafka://… needs GOCHAT_LOGIC_URL=grpc://…: one im-logic gives what they post its order"
        )
    if bus_url.startswith(KAFKA) and secret is None:
        raise SettingError(
            "GOCHAT_BUS_URL=kafka://… needs GOCHAT_JWT_SECRET: a token that one gateway gives out is read by all"
        )


def environment_without_settings() -> dict[str, str]:
    """Return this process's environment less every GOCHAT_* variable, for children with settings of their own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Return the GOCHAT_* variables that are no setting, for a warning about typing errors."""
    known = {PREFIX + setting.name for setting in SETTINGS}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _kept_secret(path: Path) -> bytes:
    """Return the secret in `path`, making it first when the file is not there (mode 0600)."""
    secret = _kept(path, secrets.token_hex(MIN_SECRET_BYTES), "JWT secret")
    if len(secret) < MIN_SECRET_BYTES:
        raise SettingError(
            f"the JWT secret in {path} has fewer than {MIN_SECRET_BYTES} bytes; delete it or set GOCHAT_JWT_SECRET"
        )
    return secret


def _kept_id(path: Path) -> str:
    """Return the id in `path`, making it first when the file is not there."""
    text = _kept(path, secrets.token_hex(4), "gateway's id").decode(errors="replace")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise SettingError(f"the gateway's id in {path} is not one; delete it or set GOCHAT_GATEWAY_ID")
    return text


def _kept(path: Path, new: str, what: str) -> bytes:
    """Return what is kept in `path`, which is `new` where nothing was (mode 0600)."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
        return path.read_bytes().strip()
    except OSError as error:
        raise SettingError(f"the {what} in {path} cannot be read or made ({error.strerror})") from error
