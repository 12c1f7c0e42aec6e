"""The contract lint stands on the specifications' own schemas, and on its feet whatever a document contains."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from conformance.contract.lint import lint
from conformance.contract.lint_documents import ASYNCAPI_SCHEMAS
from conformance.contract.rules import RULES
from tests.kit.lint_documents import CHECKOUT, GONE, documents, edited, lint_edited, told

ASYNCAPI_PACKAGE = CHECKOUT / "tests" / "spec" / "node_modules" / "@asyncapi" / "specs"
SEED = 20
BROKEN_DOCUMENTS = 60


@pytest.mark.node
@pytest.mark.parametrize("version", ["3.0.0", "3.1.0"])
def test_the_schemas_of_asyncapi_are_those_of_the_package(version: str) -> None:
    ours = json.loads((ASYNCAPI_SCHEMAS / f"{version}.json").read_text(encoding="utf-8"))
    theirs = json.loads((ASYNCAPI_PACKAGE / "schemas" / f"{version}-without-$id.json").read_text(encoding="utf-8"))
    assert ours == theirs


@pytest.mark.parametrize("version", ["3.0.0", "3.1.0"])
def test_the_schemas_of_asyncapi_know_their_version(version: str) -> None:
    schema = json.loads((ASYNCAPI_SCHEMAS / f"{version}.json").read_text(encoding="utf-8"))
    assert schema["properties"]["asyncapi"]["const"] == version


def test_their_licence_is_beside_them() -> None:
    assert (ASYNCAPI_SCHEMAS / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")
    assert "AsyncAPI Initiative" in (ASYNCAPI_SCHEMAS / "NOTICE").read_text(encoding="utf-8")


# What openapi-spec-validator says of the form, the lint says too.


@pytest.mark.parametrize("pair", ["bundled", "other"])
@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/info", GONE),
        ("/paths", []),
        ("/servers", {}),
        ("/components/schemas", []),
        ("/components/parameters", {"Bad": {"name": "a"}}),
        ("/components/responses", {"Bad": {"content": {}}}),
        ("/components/schemas/New", {"type": "text"}),
        ("/components/schemas/New", {"required": [1]}),
        ("/components/securitySchemes", {"a": {"type": "password"}}),
        ("/tags", [{"description": "no name"}]),
    ],
)
def test_a_malformed_document_is_malformed_for_both(pair: str, pointer: str, value: Any) -> None:
    openapi, asyncapi = edited(pair, ("O", pointer, value))
    validator = OpenAPIV30SpecValidator if pair == "bundled" else OpenAPIV31SpecValidator
    assert list(validator(copy.deepcopy(openapi)).schema_validator.iter_errors(openapi)) or pointer.endswith("/New")
    found = [each for each in lint(openapi, asyncapi) if each.rule == "openapi-valid"]
    assert found, told(lint(openapi, asyncapi))


@pytest.mark.parametrize("pair", ["bundled", "source"])
def test_the_right_document_is_right_for_both(pair: str) -> None:
    openapi, _ = documents(pair)
    assert list(OpenAPIV30SpecValidator(copy.deepcopy(openapi)).iter_errors()) == []


def test_a_fault_in_one_of_several_forms_is_told_where_it_is() -> None:
    pointer = "/paths/~1auth~1login/post/responses/200/headers/Content-Language"
    found = lint_edited("bundled", ("O", pointer, {"required": "yes", "schema": {"type": "string"}}))
    assert [(each.rule, each.pointer, each.detail) for each in found] == [
        ("openapi-valid", f"openapi#{pointer}/required", "type")
    ]


@pytest.mark.parametrize("version", ["3.2.0", "3.9.1"])
def test_a_version_that_nobody_knows_is_not_judged(version: str) -> None:
    found = lint_edited("bundled", ("A", "/asyncapi", version), ("A", "/operations/ping/action", "listen"))
    assert "asyncapi-valid" not in {each.rule for each in found}


def test_a_finding_has_no_trace() -> None:
    for each in lint_edited("bundled", ("A", "/x-limits/idleTimeoutS", -1)):
        assert each.trace is None
        assert RULES[each.rule].layer == "contract"


# Whatever a document contains.

JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e300,
    "",
    "/",
    "#/components",
    [],
    [[]],
    {},
    {"$ref": "#"},
    {"$ref": 1},
    [1, "a"],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything inside a document."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from places(each, (*path, key))


def broken(document: dict[str, Any], source: Random) -> dict[str, Any]:
    """Return a copy of a document with junk at up to three places."""
    document = copy.deepcopy(document)
    for _ in range(source.randint(1, 3)):
        *path, last = source.choice(list(places(document)))
        node: Any = document
        for part in path:
            node = node[part]
        node[last] = copy.deepcopy(source.choice(JUNK))
    return document


def test_no_document_is_too_broken_to_be_judged() -> None:
    source = Random(SEED)
    for number in range(BROKEN_DOCUMENTS):
        openapi, asyncapi = documents("other" if number % 3 else "bundled")
        openapi, asyncapi = broken(openapi, source), broken(asyncapi, source)
        for each in lint(openapi, asyncapi):
            assert each.rule in RULES
            assert json.dumps(each.to_json())


def test_documents_of_nothing_are_judged(tmp_path: Path) -> None:
    assert {each.rule for each in lint({}, {})} == {"openapi-valid", "asyncapi-valid"}
    assert lint(None, {"asyncapi": "3.0.0", "info": {"title": "Nothing", "version": "0"}}) == []
