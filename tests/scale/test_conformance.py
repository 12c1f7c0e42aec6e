"""The conformance kit finds nothing wrong with two gateways, whose clients meet now the one and now the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.server import TEST_SETTINGS
from tests.kit.test_conform_command import conform
from tests.scale.conftest import StartSides


@pytest.mark.long
def test_two_gateways_are_one_server_to_the_kit(start_sides: StartSides, tmp_path: Path) -> None:
    cluster = start_sides(**dict.fromkeys(TEST_SETTINGS, "")).cluster  # as one that is started without settings
    conform(cluster.url, "--budget", "60s", "--report", tmp_path, status=0, timeout_s=240.0)
