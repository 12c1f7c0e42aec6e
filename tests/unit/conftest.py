"""Fixtures of the unit tests: a real database file and a real committer in this process, no server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from gochat.bus import BusEvent
from gochat.commit import Committer
from models.store import Store

TEST_TIMEOUT_S = 20.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A migrated database; the tables are bound to it."""
    opened = Store(tmp_path / "gochat.db")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def published() -> list[BusEvent]:
    """What the committer has published, in order."""
    return []


@pytest.fixture
def committer(store: Store, published: list[BusEvent]) -> Iterator[Committer]:
    """The writer of `store`. A test that waits for it in vain fails after `TEST_TIMEOUT_S`."""
    running = Committer(store, published.extend)
    with gevent.Timeout(TEST_TIMEOUT_S):
        yield running
        running.close(timeout_s=1.0)
