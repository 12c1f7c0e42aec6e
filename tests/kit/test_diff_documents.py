"""Small documents of other people's making: what GoChat's own contracts do not have."""

from __future__ import annotations

import json
from typing import Any

from conformance.diff.change import Change, Direction, Severity, Side
from conformance.diff.compare import compare_contracts
from conformance.diff.folding import fold
from conformance.diff.node import Files, parse_document
from conformance.diff.sources import Contracts

STRING = {"type": "string"}


def version(**documents: Any) -> Contracts:
    """Return a version that has these documents."""
    roots = {}
    for kind, document in documents.items():
        text = json.dumps(document)
        root = Files("test", lambda _, text=text: text).root(f"{kind}.json")
        assert root is not None
        roots[kind] = root
    return Contracts("test", roots)


def api(operation: Any, **more: Any) -> Any:
    """Return an OpenAPI document of one operation."""
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": operation}}, **more}


def found(old: Any, new: Any) -> list[tuple[str, str]]:
    """Return the rules and severities between two OpenAPI documents."""
    changes = compare_contracts(version(openapi=old), version(openapi=new))
    return [(change.rule, str(change.severity)) for change in changes]


def answers(**statuses: Any) -> Any:
    """Return an operation whose answers by status have these schemas as JSON."""
    return {
        "responses": {
            status.lstrip("_"): {"description": "", "content": {"application/json": {"schema": schema}}}
            for status, schema in statuses.items()
        }
    }


def secured(*alternatives: Any) -> Any:
    """Return a document whose operation asks for one of these."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "Bearer"},
        "sign": {"type": "oauth2", "flows": {}},
    }
    return api({"responses": {}, "security": list(alternatives)}, components={"securitySchemes": schemes})


def test_a_way_to_identify_oneself_that_goes_is_breaking() -> None:
    both = secured({"key": []}, {"token": []})
    assert found(both, secured({"token": []})) == [("security-changed", "breaking")]
    assert found(secured({"token": []}), both) == [("security-relaxed", "safe")]


def test_a_second_credential_and_a_scope_are_breaking() -> None:
    assert found(secured({"key": []}), secured({"key": [], "token": []})) == [("security-changed", "breaking")]
    assert found(secured({"sign": ["read"]}), secured({"sign": ["read", "write"]})) == [
        ("security-changed", "breaking")
    ]
    assert found(secured({"sign": ["read", "write"]}), secured({"sign": ["read"]})) == [("security-relaxed", "safe")]


def test_security_that_was_optional_is_breaking_when_it_is_not() -> None:
    assert found(secured({"key": []}, {}), secured({"key": []})) == [("security-required", "breaking")]


def test_a_new_value_in_a_failure_is_risky_without_a_catalogue() -> None:
    one, two = ({"enum": values} for values in (["a"], ["a", "b"]))
    assert found(api(answers(_404=one)), api(answers(_404=two))) == [("error-code-added", "risky")]
    assert found(api(answers(_200=one)), api(answers(_200=two))) == [("enum-value-added", "breaking")]


def test_a_status_is_compared_with_what_was_said_of_its_class_or_of_all_others() -> None:
    number = {"type": "number"}
    assert found(api(answers(_4XX=STRING)), api(answers(_4XX=STRING, _404=STRING))) == []
    assert found(api(answers(default=STRING)), api(answers(default=STRING, _404=number))) == [
        ("type-changed", "breaking")
    ]
    assert found(api(answers(default=STRING, _404=number)), api(answers(default=STRING))) == [
        ("type-changed", "breaking")
    ]


def test_a_parameter_of_the_path_item_counts_for_its_operations() -> None:
    parameter = {"name": "q", "in": "query", "schema": STRING}
    inside, outside = api({"responses": {}, "parameters": [parameter]}), api({"responses": {}})
    outside["paths"]["/a"]["parameters"] = [parameter]
    assert found(inside, outside) == []
    outside["paths"]["/a"]["parameters"] = [{**parameter, "required": True}]
    assert found(inside, outside) == [("parameter-now-required", "breaking")]


def test_the_usual_style_of_a_parameter_is_no_change() -> None:
    plain = api({"responses": {}, "parameters": [{"name": "q", "in": "query", "schema": STRING}]})
    spoken = api(
        {
            "responses": {},
            "parameters": [{"name": "q", "in": "query", "style": "form", "explode": True, "schema": STRING}],
        }
    )
    assert found(plain, spoken) == []


def test_what_both_documents_show_is_told_once() -> None:
    def pair(status: int) -> Contracts:
        catalogue = [{"code": "A", "status": status}]
        socket = {"asyncapi": "3.0.0", "info": {"title": "T", "version": "1"}, "x-error-catalogue": catalogue}
        return version(openapi=api({"responses": {}}, **{"x-error-catalogue": catalogue}), asyncapi=socket)

    changes = compare_contracts(pair(400), pair(422))
    assert [(change.rule, change.document) for change in changes] == [("error-status-changed", "both")]


def _change(direction: Any, place: str) -> Change:
    way = Direction(direction)
    return Change(Severity.BREAKING, "openapi", "a.yaml", "/a", Side.NEW, way, "op", place, "rule", "It is gone.")


def test_uses_in_one_direction_are_put_together_and_directions_are_not() -> None:
    there, back = "client-to-server", "server-to-client"
    folded = fold([_change(there, "request body"), _change(back, "response 200"), _change(there, "query parameter q")])
    assert [each.uses() for each in folded] == ["op, request body; op, query parameter q", "op, response 200"]


def test_many_uses_are_counted() -> None:
    folded = fold([_change("server-to-client", f"response {status}") for status in range(200, 209)])
    assert folded[0].uses() == "9 places in op"


def test_yaml_has_the_types_of_json() -> None:
    document = parse_document("on: 2026-01-02\n200: yes\nnull: true\n1.5: 0o17\n", "a.yaml")
    assert document == {"on": "2026-01-02", "200": "yes", "null": True, "1.5": "0o17"}


def test_yaml_that_shares_and_shares_is_not_written_out() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    document = parse_document("\n".join(lines), "a.yaml")
    assert document["a59"][0] is document["a59"][1]


def test_a_schema_of_another_language_is_equal_or_not() -> None:
    def socket(schema: Any) -> Contracts:
        avro = {"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "schema": schema}
        message = {"$ref": "#/channels/c/messages/m"}
        return version(
            asyncapi={
                "asyncapi": "3.0.0",
                "info": {"title": "T", "version": "1"},
                "channels": {"c": {"address": "/c", "messages": {"m": {"payload": avro}}}},
                "operations": {"o": {"action": "send", "channel": {"$ref": "#/channels/c"}, "messages": [message]}},
            }
        )

    assert compare_contracts(socket({"type": "int"}), socket({"type": "int"})) == []
    changes = compare_contracts(socket({"type": "int"}), socket({"type": "long"}))
    assert [(change.rule, str(change.severity)) for change in changes] == [("foreign-schema-changed", "breaking")]
