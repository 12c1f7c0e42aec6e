"""Both READMEs are true: their settings, their commands, and the blocks that a newcomer copies.

The English table of settings is held to gochat/settings.py word for word; the Chinese one to the same names and facts.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from gochat.settings import PREFIX, SETTINGS, Setting
from tests.harness.server import GoChatServer

CHECKOUT = Path(__file__).resolve().parents[2]
ENGLISH = (CHECKOUT / "README.md").read_text(encoding="utf-8")
CHINESE = (CHECKOUT / "README.zh-CN.md").read_text(encoding="utf-8")
COMMANDS = ("serve", "logic", "migrate", "generate", "conform", "diff", "bench")

KINDS = {
    "int": ("whole number", "整数"),
    "float": ("number", "数字"),
    "bool": ("0 or 1", "0 或 1"),
    "text": ("text", "文本"),
    "secret": ("text", "文本"),
    "url": ("URL", "URL"),
    "bus": ("URL", "URL"),
    "logic": ("URL", "URL"),
    "id": ("text", "文本"),
    "origins": ("list", "列表"),
    "networks": ("list", "列表"),
}
UNITS = {
    "": "–",
    "seconds": "秒",
    "bytes": "字节",
    "messages/s a user": "每用户每秒消息数",
    "attempts/min an address": "每地址每分钟次数",
}
FACT = re.compile(r"`[^`]+`|\d+|X-[A-Za-z-]+|[A-Z]{4,}|/[a-z]+z\b")
"""What a meaning has that does not depend on the language: code, numbers, names."""


def setting_rows(readme: str) -> list[list[str]]:
    """Returns the cells of the table of settings."""
    rows = [line for line in readme.splitlines() if line.startswith(f"| `{PREFIX}")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def facts(text: str) -> list[str]:
    """Returns what a text has that does not depend on the language."""
    return sorted(FACT.findall(text))


def blocks(readme: str) -> list[str]:
    """Returns the blocks of shell commands, without their indentation."""
    found = re.findall(r"^( *)```sh\n(.*?)^ *```$", readme, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def test_the_table_of_settings_is_that_of_the_code() -> None:
    def row(setting: Setting) -> list[str]:
        default = f"`{setting.default}`" if setting.default else "empty"
        return [f"`{PREFIX}{setting.name}`", KINDS[setting.kind][0], setting.unit or "–", default, setting.help]

    assert setting_rows(ENGLISH) == [row(setting) for setting in SETTINGS]


def test_the_chinese_table_of_settings_says_the_same() -> None:
    rows = setting_rows(CHINESE)
    assert len(rows) == len(SETTINGS)
    for setting, (name, kind, unit, default, meaning) in zip(SETTINGS, rows, strict=True):
        assert name == f"`{PREFIX}{setting.name}`"
        assert kind == KINDS[setting.kind][1], name
        assert unit == UNITS[setting.unit], name
        assert default == (f"`{setting.default}`" if setting.default else "空"), name
        assert facts(meaning) == facts(setting.help), name


def test_both_readmes_have_the_same_blocks_and_sections() -> None:
    assert blocks(CHINESE) == blocks(ENGLISH)
    assert len(re.findall(r"^## ", CHINESE, re.MULTILINE)) == len(re.findall(r"^## ", ENGLISH, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_all_its_options_in_both_tables(command: str) -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "gochat", command, "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"--[a-z][a-z-]+", helped.stdout)) - {"--help"}
    if command == "bench":
        options = set(re.findall(r"^ +(--[a-z][a-z-]+)", helped.stdout, re.MULTILINE))
    assert options
    for readme in (ENGLISH, CHINESE):
        (row,) = [line for line in readme.splitlines() if line.startswith(f"| `gochat {command}` |")]
        assert set(re.findall(r"--[a-z][a-z-]+", row.split("|")[2])) == options


def test_every_command_is_in_the_readme() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "gochat", "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert tuple(re.findall(r"^    ([a-z]+) ", helped.stdout, re.MULTILINE)) == COMMANDS


def test_pinned_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = [*project["dependencies"], *(pin for extra in project["optional-dependencies"].values() for pin in extra)]
    tox = (CHECKOUT / "tox.ini").read_text(encoding="utf-8")
    written = {
        pin
        for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "tox.ini", ".ci/run")
        for pin in re.findall(r"\b[a-z][a-z-]+==[0-9.]*[0-9]", (CHECKOUT / name).read_text(encoding="utf-8"))
    }
    by_name = {pin.split("==")[0]: pin for pin in written}
    assert len(by_name) == len(written), f"two versions of one package in {sorted(written)}"
    assert {pin for pin in written if pin not in pinned and pin not in tox} == {by_name["tox"]}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", ENGLISH + CHINESE))))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (CHECKOUT / link).exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the blocks to try use curl")
def test_the_blocks_to_try_work_as_written(start_server: Callable[..., GoChatServer], tmp_path: Path) -> None:
    server = start_server(GOCHAT_LOGIN_RATE=None, GOCHAT_MESSAGE_RATE=None)
    section = ENGLISH.split("## Try it in five minutes\n")[1].split("\n## ")[0]
    script = "set -euo pipefail\n" + "".join(blocks(section))
    for written, here in (
        ("http://127.0.0.1:8080", server.url),
        ("ws://127.0.0.1:8080", "ws" + server.url.removeprefix("http")),
        (".venv/bin/pip install", ": pip install"),  # it is installed
        (".venv/bin/python conformance/walk.py", ": walk"),  # test_walk.py
        (".venv/bin/gochat conform", ": conform"),  # tests/kit
        (".venv/bin/python", sys.executable),
    ):
        assert written in script
        script = script.replace(written, here)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    kinds = ["user", "senderId", "messages", "message-ack", "pong", "/ws?token=", "hello from a guest"]
    lines = ran.stdout.splitlines()
    assert len(lines) == len(kinds), ran.stdout
    for kind, line in zip(kinds, lines, strict=True):
        assert kind in line
        assert '"success":false' not in line
