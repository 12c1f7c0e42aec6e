"""The npm package as a frontend developer gets it: packed, installed in an empty project, type-checked, run."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from gochat.codegen.node_tools import TOOLS_DIR, install_packages, node_command
from tests.clients.typescript import PACKAGE_DIR
from tests.harness.server import GoChatServer

STRICT = {
    "compilerOptions": {
        "strict": True,
        "target": "ES2022",
        "module": "NodeNext",
        "lib": ["ES2022", "DOM"],
        "types": [],
        "noEmit": True,
    }
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the package installed from its tarball."""
    install_packages()
    _, npm = node_command()
    directory = tmp_path_factory.mktemp("project")
    packed = run(*npm, "pack", "--json", "--pack-destination", str(directory), str(PACKAGE_DIR), cwd=directory)
    tarball = json.loads(packed[packed.index("[") :])[0]["filename"]
    (directory / "package.json").write_text('{"name": "empty", "private": true, "type": "module"}')
    (directory / "tsconfig.json").write_text(json.dumps(STRICT))
    run(*npm, "install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball, cwd=directory)
    return directory


def run(*command: str, cwd: Path) -> str:
    """Runs a command that has to succeed; returns what it says."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def compile_in(project: Path, name: str, text: str) -> subprocess.CompletedProcess[str]:
    """Type-checks one file of the project under `strict`."""
    (project / name).write_text(text, encoding="utf-8")
    config = {**STRICT, "include": [name]}
    (project / "tsconfig.json").write_text(json.dumps(config))
    node, _ = node_command()
    compiler = str(TOOLS_DIR / "node_modules" / "typescript" / "bin" / "tsc")
    return subprocess.run(
        [node, compiler, "-p", "."], cwd=project, capture_output=True, text=True, timeout=120, check=False
    )


def readme_block() -> str:
    text = (PACKAGE_DIR / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```ts\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_ten_lines_of_the_readme_type_check_and_chat(project: Path, server: GoChatServer) -> None:
    block = readme_block()
    assert len([line for line in block.splitlines() if line.strip()]) <= 10
    assert "http://127.0.0.1:8080" in block
    text = block.replace("http://127.0.0.1:8080", server.url)
    checked = compile_in(project, "chat.ts", text)
    assert checked.returncode == 0, checked.stdout
    node, _ = node_command()
    with subprocess.Popen([node, "chat.ts"], cwd=project, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = [process.stdout.readline().strip() for _ in range(2)]
        finally:
            process.kill()
    assert any(re.fullmatch(r"\S+: hello, world", line) for line in said), said
    assert any(re.fullmatch(r"on disk as number \d+", line) for line in said), said


EXHAUSTIVE = """
import { GoChat, type ServerFrame } from "gochat-client";
function show(frame: ServerFrame): string {
  switch (frame.type) {
%s
    default: {
      const never: never = frame;
      return never;
    }
  }
}
new GoChat({ url: "" }).socket.on("frame", show);
"""


def test_the_frames_are_a_union_that_the_compiler_holds_to_be_exhaustive(project: Path) -> None:
    types = ["new-message", "message-ack", "online-status", "pong", "error"]
    cases = [f'    case "{name}": return "{name}";' for name in types]
    whole = compile_in(project, "whole.ts", EXHAUSTIVE % "\n".join(cases))
    assert whole.returncode == 0, whole.stdout
    for missing in range(len(cases)):
        part = compile_in(project, "part.ts", EXHAUSTIVE % "\n".join(cases[:missing] + cases[missing + 1 :]))
        assert "never" in part.stdout, (types[missing], part.stdout)
        if missing == 1:
            break  # each takes seconds; two cases show the principle


@pytest.mark.parametrize(
    "line",
    [
        'chat.socket.sendMessage({ conversationId: "c", content: "x", messageType: 4 });',
        'chat.socket.sendMessage({ conversationId: "c", content: "x" });',
        'chat.socket.sendMessage({ conversationId: "c", content: "x", messageType: 1, extra: 1 });',
        'chat.socket.on("no-such-frame", () => undefined);',
        "chat.api.getConversation();",
        "chat.api.listConversations({ sise: 3 });",
        'chat.socket.on("message", (message) => message.nothing);',
    ],
)
def test_a_mistake_is_found_by_the_compiler(project: Path, line: str) -> None:
    text = f'import {{ GoChat }} from "gochat-client";\nconst chat = new GoChat({{ url: "" }});\n{line}\n'
    checked = compile_in(project, "mistake.ts", text)
    assert "mistake.ts(3," in checked.stdout, checked.stdout


def test_the_package_has_what_it_needs_and_nothing_else(project: Path) -> None:
    installed = project / "node_modules" / "gochat-client"
    tops = {path.name for path in installed.iterdir()}
    assert tops == {"README.md", "dist", "package.json", "src"}
    package = json.loads((installed / "package.json").read_text(encoding="utf-8"))
    specs = (PACKAGE_DIR.parents[2] / "specs" / "openapi.yaml").read_text(encoding="utf-8")
    assert f"version: {package['version']}" in specs
    assert list(package["dependencies"]) == ["openapi-fetch"]


def test_any_order_of_pushes_and_connections_delivers_each_message_once_and_in_order() -> None:
    node, _ = node_command()
    script = str(Path(__file__).parent / "timeline.mjs")
    said = run(node, script, str(PACKAGE_DIR / "dist" / "timeline.js"), "500", cwd=Path(__file__).parent)
    assert said == "500 histories\n"
