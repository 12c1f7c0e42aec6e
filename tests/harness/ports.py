"""Ports for processes that can't be told to choose their own, or where nobody is to be."""

from __future__ import annotations

import random
import socket

CHOICE = range(10_000, 32_000)
"""Below those that the system hands out by itself, which another test's server or client gets in the next moment."""


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nobody has."""
    while True:
        port = random.choice(CHOICE)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
