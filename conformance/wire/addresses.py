"""Addresses of our own to connect from, so that a server's limits for an address are met on purpose only.

Linux answers for all of 127.0.0.0/8, so on a loopback target every user can have an address. Elsewhere there is one,
and whoever logs in has to keep to the limit.
"""

from __future__ import annotations

import ipaddress
import itertools
import socket
from urllib.parse import urlsplit


class Addresses:
    """Gives out local addresses, a new one each time; None where the machine's own has to do."""

    def __init__(self, url: str, first: int = 0) -> None:
        """Prepare for a target.

        Args:
            url: The server's.
            first: Where to begin, so that several runs on one machine do not share addresses.
        """
        self.are_many = _is_loopback(urlsplit(url).hostname or "") and _binds("127.9.9.9")
        self._next = itertools.count(first)

    def take(self) -> str | None:
        """Return an address to bind a connection to."""
        if not self.are_many:
            return None
        number = next(self._next) % (200 * 250 * 250)
        return f"127.{20 + number // 62_500}.{1 + number // 250 % 250}.{1 + number % 250}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).version == 4 and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _binds(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
