"""The Python package as somebody gets it: installed in an empty environment, the README's lines run as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.server import GoChatServer

PACKAGE_DIR = Path(__file__).resolve().parents[2] / "generated" / "clients" / "python"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that has the client and what it asks for, nothing else."""
    directory = tmp_path_factory.mktemp("empty")
    source = directory / "source"  # a copy: building leaves files beside the sources
    shutil.copytree(PACKAGE_DIR, source, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "venv", str(directory / "venv"))
    interpreter = directory / "venv" / "bin" / "python"
    run(str(interpreter), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(source))
    return interpreter


def run(*command: str) -> str:
    """Runs a command that has to succeed; returns what it says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_lines_of_the_readme_chat(python: Path, server: GoChatServer, tmp_path: Path) -> None:
    readme = (PACKAGE_DIR / "README.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "GoChat(" in block]
    assert len(blocks) >= 2, "one without asyncio, one with it"
    assert len([line for line in blocks[0].splitlines() if line.strip()]) <= 10
    for number, block in enumerate(blocks[:2]):
        assert "http://127.0.0.1:8080" in block
        program = tmp_path / f"chat{number}.py"
        program.write_text(block.replace("http://127.0.0.1:8080", server.url), encoding="utf-8")
        assert re.search(r"\d+ \S+: hello, world", run(str(python), str(program)))


def test_the_environment_has_nothing_of_the_server(python: Path) -> None:
    names = set(run(str(python), "-m", "pip", "list", "--format", "freeze").lower().split())
    packages = {name.partition("==")[0] for name in names}
    assert {"gochat-client", "httpx", "websockets", "msgspec"} <= packages
    assert not packages & {"gochat", "flask", "connexion", "gevent", "peewee"}
    assert run(str(python), "-c", "import gochat_client; print(gochat_client.__file__)").strip().endswith("__init__.py")
