"""Lint rule about examples: each one is what it illustrates, by the schema beside it.

Those of media types, parameters, headers, messages and of the schemas themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.contract.channel import is_json_schema
from conformance.contract.judge import Compile
from conformance.contract.lint_places import Contract, Place, items, members
from conformance.contract.lint_schemas import problems_of
from conformance.contract.load import escaped
from conformance.violation import Violation

EXPECTED = "a value that is valid by the schema beside it"


def judge_examples(contract: Contract, compile_schema: Compile) -> Iterator[Violation]:
    """Yield the examples that their schema refuses."""
    one_sided = _one_sided(contract)
    for place in contract.all("schema"):
        # In OpenAPI 3.0 a schema has one `example`; JSON Schema has a list of `examples`.
        for pointer, value in _single(place, "example") + _listed(place):
            yield from _judge(contract, place, compile_schema, place.value, pointer, value, one_sided)
    for kind in ("media", "parameter", "header"):
        for place in contract.all(kind):
            if "schema" not in place.value:
                continue
            schema = place.value["schema"]
            for pointer, value in _single(place, "example") + _named(contract, place):
                if not _is_serialised(contract, place, value):
                    yield from _judge(contract, place, compile_schema, schema, pointer, value, one_sided)
    for message in contract.all("message"):
        yield from _of_message(contract, message, compile_schema)


def _of_message(contract: Contract, message: Place, compile_schema: Compile) -> Iterator[Violation]:
    for index, raw in enumerate(items(message.value.get("examples"))):
        example, at = contract.follow(raw, f"{message.pointer}/examples/{index}")
        for member in ("payload", "headers"):
            schema, _ = contract.follow(message.value.get(member, True))
            if isinstance(schema, dict) and "schemaFormat" in schema:
                if not is_json_schema(str(schema["schemaFormat"])):
                    continue
                schema = schema.get("schema", True)
            if isinstance(example, dict) and member in example:
                yield from _judge(
                    contract, message, compile_schema, schema, f"{at}/{member}", example[member], frozenset()
                )


def _judge(
    contract: Contract,
    place: Place,
    compile_schema: Compile,
    schema: Any,
    pointer: str,
    value: Any,
    one_sided: frozenset[str],
) -> Iterator[Violation]:
    for problem in problems_of(compile_schema, schema, value):
        # OpenAPI 3.0.3, 4.7.24.2: what is read-only or write-only is required on one side only.
        if problem.keyword == "required" and problem.pointer.rpartition("/")[2] in one_sided:
            continue
        detail = f"{problem.pointer} {problem.keyword}"
        yield contract.violation("example-valid", place.subject, pointer, EXPECTED, problem.text, detail)


def _single(place: Place, member: str) -> list[tuple[str, Any]]:
    return [(f"{place.pointer}/{member}", place.value[member])] if member in place.value else []


def _listed(place: Place) -> list[tuple[str, Any]]:
    listed = enumerate(items(place.value.get("examples")))
    return [(f"{place.pointer}/examples/{index}", value) for index, value in listed]


def _named(contract: Contract, place: Place) -> list[tuple[str, Any]]:
    found = []
    for name, raw in members(place.value.get("examples")):
        example, at = contract.follow(raw, f"{place.pointer}/examples/{escaped(name)}")
        if isinstance(example, dict) and "value" in example:
            found.append((f"{at}/value", example["value"]))
    return found


def _is_serialised(contract: Contract, place: Place, value: Any) -> bool:
    """Say whether an example is a text that stands for the value, as for XML, a form or a list in a query."""
    if not isinstance(value, str):
        return False
    if place.kind == "media":
        return "json" not in place.pointer.rpartition("/")[2]
    schema, _ = contract.follow(place.value["schema"])
    return isinstance(schema, dict) and schema.get("type") in ("array", "object")


def _one_sided(contract: Contract) -> frozenset[str]:
    return frozenset(
        place.pointer.rpartition("/")[2]
        for place in contract.all("schema")
        if place.value.get("readOnly") is True or place.value.get("writeOnly") is True
    )
