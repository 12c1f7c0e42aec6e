"""The contracts are valid, consistent with one another, and their examples are true.

What other people's tools say (openapi-spec-validator, the AsyncAPI parser, Redocly's linter), what the kit's own lint
says, and what contract_problems.py does. Each check is shown a broken document as well, so that its silence means
something; those of the lint are shown theirs in tests/kit/test_lint.py.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from conformance.contract.lint import lint
from tests.spec.contract_problems import (
    GENERATED,
    SPECS,
    Document,
    code_problems,
    example_problems,
    link_problems,
    load,
    openness_problems,
    security_problems,
    shared_shape_problems,
)
from tests.spec.node_tools import NODE_DIR, run_node

OPENAPI = load(GENERATED / "openapi.yaml")
ASYNCAPI = load(GENERATED / "asyncapi.yaml")
ERRORS = load(SPECS / "errors.yaml")
FILES = {path.name: load(path) for path in sorted((SPECS / "schemas").glob("*.yaml"))}


def specification_problems(openapi: Document) -> list[str]:
    """What the specification of OpenAPI 3.0 has against a document."""
    return [error.message for error in OpenAPIV30SpecValidator(copy.deepcopy(openapi)).iter_errors()]


CHECKS: dict[str, Callable[[Document, Document], list[str]]] = {
    "openapi is OpenAPI 3.0": lambda openapi, _: specification_problems(openapi),
    "lint": lambda openapi, asyncapi: [f"{each.rule} {each.pointer}: {each.got}" for each in lint(openapi, asyncapi)],
    "examples": example_problems,
    "codes": lambda openapi, asyncapi: code_problems(openapi, asyncapi, ERRORS),
    "openness": openness_problems,
    "shared shapes": lambda openapi, asyncapi: shared_shape_problems(openapi, asyncapi, FILES),
    "links": lambda openapi, _: link_problems(openapi),
    "security": lambda _, asyncapi: security_problems(asyncapi),
}


@pytest.mark.parametrize("name", CHECKS)
def test_documents_hold(name: str) -> None:
    assert CHECKS[name](OPENAPI, ASYNCAPI) == []


# What breaks a document: check, where (O: openapi, A: asyncapi), path to the place, new value, what is then said.
LOGIN = ("paths", "/auth/login", "post")
FORBIDDEN = ("components", "responses", "NotAdminForbidden", "content", "application/json")
ERROR_FRAME = ("components", "messages", "error")
DEFECTS: list[tuple[str, str, tuple[Any, ...], Any, str]] = [
    ("openapi is OpenAPI 3.0", "O", (*LOGIN, "responses"), {}, "less than 1 property"),
    ("lint", "O", ("components", "schemas", "Username", "minLength"), 40, "is shorter than 40"),
    ("lint", "O", ("components", "schemas", "Timestamp", "type"), "string", "is not of type"),
    ("lint", "A", ("components", "schemas", "SeqId", "minimum"), 10**9, "less than the minimum"),
    ("lint", "A", ("components", "schemas", "SocketErrorCode", "enum"), ["NEW"], "error-code-known"),
    ("lint", "A", ("channels", "ws", "x-close-codes"), [], "close-code-declared"),
    ("lint", "A", ("components", "schemas", "Id", "maxLength"), 65, "shape-shared"),
    ("lint", "O", ("components", "links", "RefreshSession", "operationId"), "renew", "link-target"),
    ("lint", "O", ("components", "links", "RefreshSession", "requestBody"), {"token": "x"}, "link-target"),
    (
        "examples",
        "O",
        ("components", "responses", "Internal", "content", "application/json", "examples"),
        {},
        "no example",
    ),
    ("examples", "A", ("components", "messages", "pong", "examples"), [], "pong: no example"),
    ("codes", "O", ("components", "schemas", "ErrorCode", "enum"), ["INTERNAL"], "ErrorCode differs"),
    ("codes", "O", ("x-error-catalogue",), [], "is not errors.yaml"),
    ("codes", "O", (*FORBIDDEN, "schema", "allOf", 1, "properties", "code", "enum"), ["NEW"], "do not show ['NEW']"),
    ("codes", "O", (*FORBIDDEN, "examples", "forbidden", "value", "message"), "No.", "the text of FORBIDDEN"),
    ("codes", "A", (*ERROR_FRAME, "examples", 0, "payload", "data", "message"), "No.", "the text of INVALID_MESSAGE"),
    ("openness", "O", ("components", "schemas", "LoginRequest", "additionalProperties"), True, "login: the request"),
    ("openness", "O", ("components", "schemas", "User", "additionalProperties"), False, "getProfile 200: the answer"),
    ("openness", "A", ("components", "schemas", "PingFrame", "additionalProperties"), True, "ping: the frame is open"),
    ("openness", "A", ("components", "schemas", "PongFrame", "additionalProperties"), False, "pong: the frame is clo"),
    ("shared shapes", "O", ("components", "schemas", "PingFrame"), {}, "PingFrame is in both documents but in no file"),
    ("security", "A", ("servers", "secure", "security"), [], "secure: no security"),
    ("security", "A", ("channels", "ws", "servers"), [], "ws: names no server"),
    (
        "links",
        "O",
        ("components", "links", "RefreshSession", "requestBody", "x"),
        "$response.body#/data/x",
        "no example has",
    ),
]


@pytest.mark.parametrize(("check", "document", "place", "value", "said"), DEFECTS, ids=lambda value: str(value)[:60])
def test_a_broken_document_is_found(check: str, document: str, place: tuple[Any, ...], value: Any, said: str) -> None:
    openapi, asyncapi = copy.deepcopy(OPENAPI), copy.deepcopy(ASYNCAPI)
    node: Any = openapi if document == "O" else asyncapi
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    assert any(said in problem for problem in CHECKS[check](openapi, asyncapi))


def test_a_shape_in_two_files_is_found() -> None:
    twice = {**FILES, "new.yaml": {"User": {"type": "object"}}}
    assert shared_shape_problems(OPENAPI, ASYNCAPI, twice) == ["User is in user.yaml and in new.yaml"]


def test_a_shape_that_nothing_uses_is_found() -> None:
    more = {**FILES, "new.yaml": {"Unused": {"type": "object"}}}
    assert shared_shape_problems(OPENAPI, ASYNCAPI, more) == ["Unused is used by no document"]


def test_shapes_of_messages_are_shared() -> None:
    common = set(OPENAPI["components"]["schemas"]) & set(ASYNCAPI["components"]["schemas"])
    assert {"Id", "Content", "ClientMsgId", "SeqId", "Timestamp", "AvatarUrl", "MessageType", "ErrorDetails"} <= common


# What needs Node.


@pytest.mark.node
@pytest.mark.parametrize("path", [GENERATED / "asyncapi.yaml", SPECS / "asyncapi.yaml"], ids=["bundled", "source"])
def test_asyncapi_parser_has_nothing_to_say(path: Path) -> None:
    exit_code, said = run_node("validate_asyncapi.mjs", str(path))
    assert exit_code == 0, said
    assert "AsyncAPI 3.0.0, 13 operations" in said


@pytest.mark.node
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("action: receive", "action: listen", "error asyncapi-document-resolved at /operations"),
        ("$ref: '#/channels/ws'", "$ref: '#/channels/none'", "error invalid-ref"),
    ],
)
def test_asyncapi_parser_finds_a_broken_document(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (GENERATED / "asyncapi.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "asyncapi.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    exit_code, output = run_node("validate_asyncapi.mjs", str(broken))
    assert exit_code == 1
    assert said in output


WARNED = "You have "
"""How Redocly begins to say how many warnings there are; they do not change its exit code."""

REDOCLY = str(NODE_DIR / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js")


def lint_by_redocly(specs: Path) -> tuple[int, str]:
    """Runs Redocly's linter with the settings in specs/."""
    return run_node(REDOCLY, "lint", "--config", str(specs / "redocly.yaml"))


@pytest.mark.node
def test_redocly_has_nothing_to_say() -> None:
    exit_code, said = lint_by_redocly(SPECS)
    assert exit_code == 0, said
    assert "Your API descriptions are valid" in said
    assert WARNED not in said, said


@pytest.mark.node
@pytest.mark.parametrize(
    ("old", "new", "exit_code", "said"),
    [
        ("operationId: logout", "operationId: login", 1, "operation-operationId-unique"),
        ("    name: MIT", "    title: MIT", 1, "struct"),
        ("operationId: logout", "x-operation: logout", 0, WARNED),
    ],
)
def test_redocly_finds_a_broken_document(tmp_path: Path, old: str, new: str, exit_code: int, said: str) -> None:
    shutil.copytree(SPECS, tmp_path / "specs")
    document = tmp_path / "specs" / "openapi.yaml"
    text = document.read_text(encoding="utf-8")
    assert old in text
    document.write_text(text.replace(old, new, 1), encoding="utf-8")
    found, output = lint_by_redocly(tmp_path / "specs")
    assert found == exit_code, output
    assert said in output
