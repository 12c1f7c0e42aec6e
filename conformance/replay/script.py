"""Writes a violation as one Python script that shows it again, for people who have never seen the kit.

Straight-line code, a step after the other, with the users' names; what it needs beside that is copied from `prelude`.
The script is formatted as ruff would, so that it can be kept in a repository as it is.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Sequence

from conformance.replay import prelude
from conformance.replay.python_code import statement, text_code
from conformance.replay.script_pieces import printable
from conformance.replay.script_steps import ScenarioWriter
from conformance.replay.values import escaped_text
from conformance.violation import Violation

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
ALWAYS_NEEDED = ("NotReproduced", "shown", "call", "__init__", "read", "closed")
"""Functions, and methods of a class that is needed."""


def write_script(violation: Violation) -> str:
    """Return a script that is run as `python FILE URL`.

    It exits with 1 and `VIOLATION: ...` when the violation shows, with 0 and `not reproduced: ...` when it does not,
    and with 2 when there is no server.

    Raises:
        ValueError: The violation has no trace.
    """
    if violation.trace is None:
        raise ValueError("a violation without a trace has nothing to repeat")
    body = "\n".join(ScenarioWriter(violation).lines())
    sources = _sources(body)
    parts = [_head(violation), _imports(body + sources), _constants(violation, body), body, MAIN]
    return "\n".join(parts) + "\n\n# What the steps above need.\n" + sources + START


MAIN = """

async def main() -> int:
    if len(sys.argv) != 2:
        print(f"usage: python {sys.argv[0]} http://HOST:PORT")
        return 2
    server = sys.argv[1].rstrip("/")
    trusted = ssl.create_default_context()  # with the certificates in $SSL_CERT_FILE, where that is set
    async with httpx.AsyncClient(base_url=server, timeout=20, trust_env=False, verify=trusted) as http:
        try:
            await http.get("/")
        except httpx.TransportError as error:
            print(f"no server answers at {server}: {error}")
            return 2
        try:
            is_wrong, got = await scenario(server, http)
        except NotReproduced as error:
            print(f"not reproduced: {error}")
            return 0
        except (KeyError, IndexError, TypeError) as error:
            print(f"not reproduced: a step needs a value that the server has not sent ({error!r})")
            return 0
    if is_wrong:
        print(f"VIOLATION: expected {EXPECTED}, got {got}")
        return 1
    print(f"not reproduced: expected {EXPECTED}, got {got}")
    return 0
"""

START = """


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
"""


# What a script has around its steps.


def _head(violation: Violation) -> str:
    trace = violation.trace
    assert trace is not None
    rows = [
        ("Rule", violation.rule),
        ("Concerns", violation.subject),
        ("Contract", violation.pointer),
        ("Expected", violation.expected),
        ("Got", violation.got),
    ]
    lines = textwrap.wrap(_plain(trace.title or violation.expected).rstrip(".") + ".", 115)
    lines.append("")
    for name, text in rows:
        lines += textwrap.wrap(_plain(text), 115, initial_indent=f"{name:10}", subsequent_indent=" " * 10)
    lines += [
        "",
        "Needs Python 3.11 and `pip install httpx websockets`. Run it against a server with",
        "",
        "    python THIS_FILE http://127.0.0.1:8080",
        "",
        "It prints what it does and what comes. Exit status 1: the server does it wrong; 0: it does not; 2: no server.",
    ]
    return '"""' + "\n".join(line.rstrip() for line in lines) + '\n"""\n'


def _plain(text: str) -> str:
    """Return a text that can stand in a docstring."""
    return printable(text).replace("\\", "\\\\").replace('"""', "'''")


def _constants(violation: Violation, body: str) -> str:
    lines = ["RUN = str(secrets.randbelow(9 * 10**9) + 10**9)  # in all names, so that they are new in every run"]
    lines = lines if re.search(r"\bRUN\b", body) else []
    lines.append(statement("EXPECTED = ", text_code(escaped_text(violation.expected), lambda found: ""), indent=0))
    return "\n".join((*lines, "", ""))


def _sources(body: str) -> str:
    """Return what the code needs of the prelude, in the prelude's order: directly, or by what it needs."""
    parts = _parts()
    found: set[str] = set()
    waiting = _named(parts, " ".join((body, *ALWAYS_NEEDED)))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _named(parts, parts[name]) - found
    sources = [parts[name] for name in parts if name in found]
    return "\n".join(f"\n{source}" if source.startswith("    ") else f"\n\n{source}" for source in sources)


def _named(parts: dict[str, str], code: str) -> set[str]:
    """Return the names of the parts that code uses; a method `Class.method` when there is `.method(` in it."""
    found = set()
    for name in parts:
        owner, _, method = name.rpartition(".")
        if re.search(rf"\.{method}\(" if owner else rf"\b{name}\b", code):
            found |= {name, owner} - {""}
    return found


def _parts() -> dict[str, str]:
    """Return the prelude's functions, constants, classes without methods, and methods by name, as written."""
    source = inspect.getsource(prelude)
    lines = source.splitlines()

    def text(node: ast.stmt, without: Sequence[ast.stmt] = ()) -> str:
        left_out = {number for each in without for number in range(_begin(each) - 1, (each.end_lineno or 0) + 1)}
        return "\n".join(
            lines[number - 1] for number in range(_begin(node), (node.end_lineno or 0) + 1) if number not in left_out
        )

    parts: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, FUNCTIONS):
            parts[node.name] = text(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            parts[node.target.id] = text(node)
        elif isinstance(node, ast.ClassDef):
            optional = [each for each in node.body if isinstance(each, FUNCTIONS) and each.name not in ALWAYS_NEEDED]
            parts[node.name] = text(node, without=optional)
            parts.update((f"{node.name}.{each.name}", text(each)) for each in optional)
    return parts


def _begin(node: ast.stmt) -> int:
    """Return the number of a definition's first line, the blank one before it not counted."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


IMPORTS = (
    ("import asyncio", ""),
    ("import base64", "base64."),
    ("import contextlib", "contextlib."),
    ("import json", "json."),
    ("import secrets", "RUN"),
    ("import socket", "socket."),
    ("import ssl", ""),
    ("import struct", "struct."),
    ("import sys", ""),
    ("from dataclasses import dataclass", "@dataclass"),
    ("from typing import Any", "Any"),
    ("from urllib.parse import urlencode", "urlencode("),
    ("", ""),
    ("import httpx", ""),
    ("from websockets.asyncio.client import ClientConnection, connect", "ClientConnection"),
    ("from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus", "InvalidHandshake"),
)


def _imports(code: str) -> str:
    lines = [line for line, needed_for in IMPORTS if needed_for in code]
    return "\n".join(("from __future__ import annotations", "", *lines, ""))
