"""Who counts as online: connected now, or since less than the grace period not. Pure bookkeeping and timers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent


class Presence:
    """Online users.

    Args:
        grace_s: How long after the last disconnect a user still counts as online.
        on_offline: Called with a user id when the grace period has passed without a new connection.
    """

    def __init__(self, grace_s: float, on_offline: Callable[[str], None]) -> None:
        self._grace_s = grace_s
        self._on_offline = on_offline
        self._online: set[str] = set()
        self._leaving: dict[str, Any] = {}  # user id -> the timer that ends the grace period

    def connect(self, user_id: str) -> bool:
        """Note a new connection; say whether the user was offline before."""
        self._stop_timer(user_id)
        was_offline = user_id not in self._online
        self._online.add(user_id)
        return was_offline

    def disconnect(self, user_id: str) -> None:
        """Note that a user's last connection ended."""
        self._stop_timer(user_id)
        self._leaving[user_id] = gevent.spawn_later(self._grace_s, self._leave, user_id)

    def is_online(self, user_id: str) -> bool:
        """Say whether a user counts as online."""
        return user_id in self._online

    def _stop_timer(self, user_id: str) -> None:
        timer = self._leaving.pop(user_id, None)
        if timer is not None:
            timer.kill(block=False)

    def _leave(self, user_id: str) -> None:
        del self._leaving[user_id]
        self._online.discard(user_id)
        self._on_offline(user_id)
