"""A false alarm is a defect like any other: the right server stays clean, 20 seeds of two minutes. `tox -e clean`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.server import running_server
from tests.kit.test_conform_command import conform

pytestmark = pytest.mark.long  # 42 minutes: `tox -e clean`


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_right_server_stays_clean(seed: int, tmp_path: Path) -> None:
    settings = {"GOCHAT_LOGIN_RATE": None, "GOCHAT_MESSAGE_RATE": None, "GOCHAT_PRESENCE_GRACE_S": None}
    with running_server(settings) as server:
        conform(server.url, "--budget", "2m", "--seed", str(seed), "--report", tmp_path, status=0, timeout_s=300.0)
