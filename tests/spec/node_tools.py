"""Runs the JavaScript tools that check the contracts, from the packages that package-lock.json here pins."""

from __future__ import annotations

from pathlib import Path

from gochat.codegen import node_tools

NODE_DIR = Path(__file__).resolve().parent


def run_node(script: str, *arguments: str) -> tuple[int, str]:
    """Runs a script, relative to this directory; returns its exit code and all it says."""
    return node_tools.run_node(NODE_DIR, script, *arguments)
