"""Runs the JavaScript tools that check the contracts, from the packages that package-lock.json here pins."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from gochat.codegen.node_tools import install_packages, node_command

NODE_DIR = Path(__file__).resolve().parent
RUN_TIMEOUT_S = 120
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1", "CI": "1"}


def run_node(script: str, *arguments: str) -> tuple[int, str]:
    """Runs a script, relative to this directory; returns its exit code and all it says."""
    install_packages(NODE_DIR)
    node, _ = node_command()
    done = subprocess.run(
        [node, script, *arguments],
        cwd=NODE_DIR,
        env={**os.environ, **QUIET},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    return done.returncode, done.stdout
