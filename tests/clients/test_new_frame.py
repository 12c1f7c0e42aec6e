"""What CONTRIBUTING.md says about a new frame, done word for word in a copy: specs, `gochat generate`, one handler.

The clients and the docs have the frame, and a new field, with no other edit; without the handler the server does not
start.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gochat.codegen.node_tools import TOOLS_DIR, install_packages
from tests.clients.typescript import node_clients

CHECKOUT = Path(__file__).resolve().parents[2]
COPIED = ("specs", "generated", "gochat", "handlers", "models", "conformance")
NEW_FIELD = "    mood:\n      type: string\n      maxLength: 20\n      description: What the user feels like.\n"


def guide_blocks(language: str) -> list[str]:
    """Returns the code blocks of the guide's chapter on frames, in order."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    chapter = text.split("## Add a frame\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", chapter, re.DOTALL)


def insert_after(path: Path, line: str, text: str) -> None:
    """Puts `text` after the one place where `line` stands."""
    whole = path.read_text(encoding="utf-8")
    assert whole.count(line) == 1, f"{path.name} has {line!r} {whole.count(line)} times"
    path.write_text(whole.replace(line, line + text), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout whose specs have the guide's frame, and a new field of a user; generated."""
    install_packages()
    directory = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        shutil.copytree(CHECKOUT / name, directory / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    (directory / "gochat/codegen/node/node_modules").symlink_to(TOOLS_DIR / "node_modules")
    shutil.copy(CHECKOUT / "pyproject.toml", directory)
    channel, operations, messages, schemas = guide_blocks("yaml")
    asyncapi = directory / "specs" / "asyncapi.yaml"
    insert_after(asyncapi, "        $ref: '#/components/messages/pong'\n", channel)
    insert_after(asyncapi, "\noperations:\n", operations + "\n")
    insert_after(asyncapi, "\n  messages:\n", messages + "\n")
    insert_after(asyncapi, "\n  schemas:\n", schemas)
    insert_after(
        directory / "specs/schemas/user.yaml",
        "    isGuest:\n      type: boolean\n      description: Guests see and use the world chat only.\n",
        NEW_FIELD,
    )
    done = run(directory, "generate")
    assert done.returncode == 0, done.stderr
    return directory


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the copy's `gochat`."""
    command = [sys.executable, "-m", "gochat", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def serving(directory: Path, data_dir: Path) -> Iterator[str]:
    """Runs the copy's server; gives its address."""
    command = [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(data_dir)]
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert "listening on" in line, line
            yield line.split()[-1]
        finally:
            process.terminate()


def test_generate_carries_frame_and_field_to_every_client_and_the_docs(copy: Path) -> None:
    generated = copy / "generated"
    socket = (generated / "clients/typescript/dist/socket.d.ts").read_text(encoding="utf-8")
    assert 'whoami(): Promise<frames.ServerEvents["you-are"]>;' in socket
    assert "Tells whose token the socket was opened with." in socket
    assert '"you-are": YouAreData;' in (generated / "clients/typescript/dist/frames.d.ts").read_text(encoding="utf-8")
    assert "mood?: string;" in (generated / "clients/typescript/dist/http_types.d.ts").read_text(encoding="utf-8")
    python = {path.name: path.read_text(encoding="utf-8") for path in (generated / "clients/python").rglob("*.py")}
    assert "async def whoami(self)" in python["socket.py"]
    assert "def whoami(self)" in python["sync_socket.py"]
    assert any("mood: " in text for text in python.values())
    page = (generated / "docs/index.html").read_text(encoding="utf-8")
    assert 'id="frame-whoami"' in page
    assert 'id="frame-you-are"' in page


def test_the_server_does_not_start_before_there_is_a_handler_and_then_the_frame_works(
    copy: Path, tmp_path: Path
) -> None:
    refused = run(copy, "serve", "--port", "0", "--data-dir", str(tmp_path / "refused"))
    assert refused.returncode != 0
    assert "handlers.ws.connection.whoami" in refused.stderr
    handler = copy / "handlers/ws/connection.py"
    insert_after(handler, "from generated.client_frames import PingFrame", ", WhoamiFrame")
    insert_after(handler, "from generated.server_frames import PongFrame", ", YouAreData, YouAreFrame")
    handler.write_text(f"{handler.read_text(encoding='utf-8')}\n\n{guide_blocks('python')[0]}", encoding="utf-8")
    with (
        serving(copy, tmp_path / "data") as url,
        node_clients(copy / "generated/clients/typescript/dist/browser/gochat.js") as node,
    ):
        client = node.client("alice", url=url)
        user = client.call("register", "Alice", "correct horse battery")
        client.connect()
        assert client.call("socket.whoami") == {"userId": user["id"], "username": "Alice"}
