"""Turns wire names into Python names: they differ in case only."""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return `sendMessage` as `send_message`."""
    return _BOUNDARY.sub("_", name).lower()
