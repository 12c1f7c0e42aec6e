"""`gochat diff` on the real contracts: each single edit, and its undoing, gets the verdict that it deserves."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.diff.change import Change, Severity, Side
from conformance.diff.compare import compare_contracts
from conformance.diff.document_rules import DOCUMENT_RULES
from conformance.diff.node import Files, parse_document
from conformance.diff.sources import Contracts, load_contracts
from conformance.diff.unreadable import ContractUnreadable
from tests.kit.diff_edits import ASYNCAPI, EDITS, OPENAPI, Edit, apply, resolve

GENERATED = Path(__file__).resolve().parents[2] / "generated"


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    """The bundled contracts, not to be changed."""
    return {kind: parse_document((GENERATED / f"{kind}.yaml").read_text("utf-8"), kind) for kind in (OPENAPI, ASYNCAPI)}


@pytest.fixture(scope="module")
def versions(documents: dict[str, Any]) -> dict[str, Contracts]:
    """The same as versions that can be compared."""
    return {kind: contracts(kind, document) for kind, document in documents.items()}


def contracts(kind: str, document: Any) -> Contracts:
    """Return a version of one document."""
    text = json.dumps(document)
    root = Files("test", lambda _: text).root(f"{kind}.json")
    assert root is not None
    return Contracts("test", {kind: root})


def edited(documents: dict[str, Any], edit: Edit) -> Any:
    """Return the document with the edit."""
    document = copy.deepcopy(documents[edit.document])
    apply(document, edit.steps)
    return document


def assert_verdict(changes: list[Change], expected: tuple[str, ...], old: Any, new: Any) -> None:
    """Hold the changes to (worst severity, rules), and their pointers to the documents."""
    counted = [change for change in changes if change.severity is not Severity.DOCS or "docs" in expected]
    assert {change.rule for change in counted} == set(expected[1:]), counted
    if expected:
        assert min(counted, key=lambda change: change.severity.rank).severity == expected[0], counted
    for change in changes:
        container, key = resolve({"": new if change.side is Side.NEW else old}, f"/{change.pointer}")
        assert isinstance(key, int) or key in container, change
        assert re.match(r"[A-Z0-9`].*[.]$", change.text), change


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.title)
def test_an_edit_gets_its_verdict(edit: Edit, documents: dict[str, Any], versions: dict[str, Contracts]) -> None:
    old, new = documents[edit.document], edited(documents, edit)
    changes = compare_contracts(versions[edit.document], contracts(edit.document, new))
    assert_verdict(changes, edit.forward, old, new)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.title)
def test_the_undoing_of_an_edit_gets_its_verdict(
    edit: Edit, documents: dict[str, Any], versions: dict[str, Contracts]
) -> None:
    old, new = edited(documents, edit), documents[edit.document]
    changes = compare_contracts(contracts(edit.document, old), versions[edit.document])
    assert_verdict(changes, edit.back, old, new)


@pytest.mark.parametrize("kind", [OPENAPI, ASYNCAPI])
def test_equal_documents_have_no_change(kind: str, documents: dict[str, Any]) -> None:
    assert compare_contracts(contracts(kind, documents[kind]), contracts(kind, copy.deepcopy(documents[kind]))) == []


def test_every_rule_of_the_documents_is_tried_by_an_edit() -> None:
    tried = {rule for edit in EDITS for rule in (*edit.forward[1:], *edit.back[1:])}
    # These need other documents: test_diff_command.py, test_diff_documents.py.
    assert set(DOCUMENT_RULES) - tried == {"document-added", "document-removed", "foreign-schema-changed"}


def test_a_change_of_a_shared_schema_is_judged_in_each_direction(documents: dict[str, Any]) -> None:
    shorter = copy.deepcopy(documents[OPENAPI])
    shorter["components"]["schemas"]["Username"]["maxLength"] = 20
    changes = compare_contracts(contracts(OPENAPI, documents[OPENAPI]), contracts(OPENAPI, shorter))
    verdicts = {(change.subject, change.direction, change.severity) for change in changes}
    assert ("register", "client-to-server", "breaking") in verdicts
    assert ("register", "server-to-client", "safe") in verdicts
    assert ("listFriends", "server-to-client", "safe") in verdicts
    assert not any(severity == "risky" for _, _, severity in verdicts)


def test_a_change_names_every_place_of_its_use(documents: dict[str, Any]) -> None:
    longer = copy.deepcopy(documents[OPENAPI])
    longer["components"]["schemas"]["User"]["properties"]["city"] = {"type": "string"}
    changes = compare_contracts(contracts(OPENAPI, documents[OPENAPI]), contracts(OPENAPI, longer))
    places = {(change.subject, change.place) for change in changes}
    assert {
        ("listFriendRequests", "response 200 body /data/requests/*/requester/city"),
        ("listFriendRequests", "response 200 body /data/requests/*/target/city"),
    } <= places
    assert {change.pointer for change in changes} == {"/components/schemas/User/properties/city"}


def test_the_sources_and_the_bundle_are_the_same_contract() -> None:
    assert compare_contracts(load_contracts(str(GENERATED.parent / "specs")), load_contracts(str(GENERATED))) == []


@pytest.mark.parametrize("kind", [OPENAPI, ASYNCAPI])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_document_with_anything_in_it_is_compared_or_refused(
    kind: str, documents: dict[str, Any], versions: dict[str, Contracts], data: st.DataObject
) -> None:
    broken = copy.deepcopy(documents[kind])
    container, key = data.draw(st.sampled_from(list(places(broken))))
    container[key] = data.draw(st.sampled_from((None, True, 3, "x", [], {}, ["x"], [{}], {"x": 1})))
    for old, new in ((versions[kind], contracts(kind, broken)), (contracts(kind, broken), versions[kind])):
        with contextlib.suppress(ContractUnreadable):
            compare_contracts(old, new)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the container and the key of everything in a document but the words that name its kind."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if key not in (OPENAPI, ASYNCAPI):
            yield value, key
        if isinstance(item, dict | list):
            yield from places(item)
