"""The server does not start when contracts and handlers do not match, and says which operation and which handler.

For real: `gochat serve` runs in a copy of the checkout whose handlers were changed.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("gochat", "handlers", "models", "generated")
STOP_TIMEOUT_S = 20


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of our packages, to be changed."""
    copy = tmp_path / "checkout"
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return copy


@contextmanager
def serving(checkout: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Runs the server of a checkout: the process, and its first line on stdout, "" when it ends without one.

    What it says on stderr is in `stderr.txt` there.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOCHAT_", "PYTHONPATH"))}
    with (
        (checkout / "stderr.txt").open("w", encoding="utf-8") as complaints,
        subprocess.Popen(
            [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(checkout / "data")],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


def refusal(checkout: Path) -> list[str]:
    """Holds the server of a checkout to exit with 2 without listening; returns the problems that it names."""
    with serving(checkout) as (process, line):
        assert line == "", f"the server started: {line}"
        assert process.wait(STOP_TIMEOUT_S) == 2
    complained = (checkout / "stderr.txt").read_text(encoding="utf-8")
    assert "Traceback" not in complained
    first, *problems = re.split(r"\n  ", complained[complained.index("gochat: ") :].rstrip())
    assert first == "gochat: contracts and handlers do not match:"
    return problems


def remove_function(path: Path, name: str) -> None:
    """Takes a function out of a source file."""
    text = path.read_text(encoding="utf-8")
    node = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name)
    lines = text.splitlines(keepends=True)
    path.write_text("".join(lines[: node.lineno - 1] + lines[node.end_lineno :]), encoding="utf-8")


def add_function(path: Path, name: str) -> None:
    """Adds a function to a source file, which is made where it is missing."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n\ndef {name}(*arguments: object) -> None:\n    return None\n")


EDGES = [
    ("http", "users", "get_profile", "getProfile", "specs/openapi.yaml"),
    ("ws", "messages", "mark_read", "markRead", "specs/asyncapi.yaml"),
]


@pytest.fixture(params=EDGES, ids=lambda edge: edge[0])
def edge(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """An edge: its package, a module, a function of it, the function's operation, the document."""
    return tuple(request.param)


def test_a_private_function_is_no_handler(checkout: Path) -> None:
    for package, module, *_ in EDGES:
        add_function(checkout / "handlers" / package / f"{module}.py", "_shout")
    with serving(checkout) as (process, line):
        assert line.startswith("gochat: listening on http://")
        process.terminate()
        assert process.wait(STOP_TIMEOUT_S) == 0


def test_an_operation_without_handler_is_named(checkout: Path, edge: tuple[str, ...]) -> None:
    package, module, function, operation, document = edge
    remove_function(checkout / "handlers" / package / f"{module}.py", function)
    name = f"handlers.{package}.{module}.{function}"
    assert refusal(checkout) == [f"{document}: operation {operation} has no handler: write {name}"]


def test_a_handler_without_operation_is_named(checkout: Path, edge: tuple[str, ...]) -> None:
    package, module, _, _, document = edge
    add_function(checkout / "handlers" / package / f"{module}.py", "shout")
    name = f"handlers.{package}.{module}.shout"
    assert refusal(checkout) == [f"handler {name} has no operation in {document}: add one, or remove it"]


def test_a_handler_in_a_module_of_no_tag_is_named(checkout: Path, edge: tuple[str, ...]) -> None:
    package, _, _, _, document = edge
    add_function(checkout / "handlers" / package / "shouts.py", "shout")
    name = f"handlers.{package}.shouts.shout"
    assert refusal(checkout) == [f"handler {name} has no operation in {document}: add one, or remove it"]


def test_a_renamed_handler_is_named_with_its_operation(checkout: Path, edge: tuple[str, ...]) -> None:
    package, module, function, operation, document = edge
    path = checkout / "handlers" / package / f"{module}.py"
    remove_function(path, function)
    add_function(path, "shout")
    named = "\n".join(refusal(checkout))
    assert f"{document}: operation {operation} has no handler" in named
    assert f"handler handlers.{package}.{module}.shout has no operation" in named


def test_a_handler_in_the_module_of_another_tag_is_named(checkout: Path) -> None:
    remove_function(checkout / "handlers" / "http" / "users.py", "get_profile")
    add_function(checkout / "handlers" / "http" / "friends.py", "get_profile")
    named = "\n".join(refusal(checkout))
    assert "operation getProfile has no handler: write handlers.http.users.get_profile" in named
    assert "handler handlers.http.friends.get_profile has no operation" in named


def test_problems_of_both_edges_are_named_at_once(checkout: Path) -> None:
    for package, module, function, *_ in EDGES:
        remove_function(checkout / "handlers" / package / f"{module}.py", function)
    named = "\n".join(refusal(checkout))
    assert all(f"operation {operation} has no handler" in named for *_, operation, _ in EDGES)
