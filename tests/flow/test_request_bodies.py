"""The server refuses a body exactly when a JSON Schema validator does, and for the same reasons.

The schemas are those of the bundled OpenAPI document; the bodies are right ones with something broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, ValidationError

from tests.harness.api import OPERATIONS, User, violations
from tests.harness.contract import load_contract

EXAMPLES = 60  # for each operation: about 0.3 s

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 6),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    st.text(alphabet="a字🙂 -._~/\n\u2028", max_size=70),
    st.lists(st.text(alphabet="ab", max_size=3), max_size=3),
    st.dictionaries(st.text(alphabet="ab", max_size=3), st.integers(), max_size=2),
)


def _resolved(node: Any) -> Any:
    """The schema with its references replaced by what they refer to, formats left out."""
    if isinstance(node, list):
        return [_resolved(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = load_contract().openapi
        for token in node["$ref"].removeprefix("#/").split("/"):
            target = target[token]
        return _resolved(target)
    return {key: _resolved(value) for key, value in node.items() if key != "format"}


def _likely(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows, mostly."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "integer":
        return st.integers(0, 5)
    if schema["type"] == "array":
        return st.lists(_likely(schema["items"]), max_size=3)
    texts = st.text(alphabet="abcXYZ019._-é字🙂 ", max_size=12)
    return texts.map(lambda text: f"https://example.org/{text}") if "http" in schema.get("pattern", "") else texts


@st.composite
def _bodies(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    body = {name: draw(_likely(value)) for name, value in schema["properties"].items()}
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from([*schema["properties"], "extra", "", "a/b~c"]))
        if draw(st.booleans()):
            body.pop(name, None)
        else:
            body[name] = draw(ANYTHING)
    return body


def _escaped(name: object) -> str:
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def _reasons(error: ValidationError) -> Iterator[tuple[str, str]]:
    """What the contract calls a validator's error: a missing or unknown property is named itself."""
    at = "".join(_escaped(part) for part in error.absolute_path)
    if error.validator == "required":
        for name in set(error.validator_value) - set(error.instance):
            yield at + _escaped(name), "required"
    elif error.validator == "additionalProperties":
        for name in set(error.instance) - set(error.schema["properties"]):
            yield at + _escaped(name), "additionalProperties"
    else:
        yield at, str(error.validator)


WITH_BODY = [
    "register",
    "login",
    "guestLogin",
    "refreshSession",
    "updateProfile",
    "createConversation",
    "updateConversation",
    "sendMessage",
    "markRead",
    "addMembers",
    "updateMember",
    "createFriendRequest",
    "updateFriendRequest",
]


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_is_refused_exactly_when_the_schema_refuses_it(alice: User, name: str) -> None:
    operation = OPERATIONS[name]
    node = load_contract().openapi["paths"][operation.path][operation.method.lower()]
    schema = _resolved(node["requestBody"]["content"]["application/json"]["schema"])
    validator = Draft7Validator(schema)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_bodies(schema))
    def judge(body: dict[str, Any]) -> None:
        errors = list(validator.iter_errors(body))
        response = alice.api.call(name, "nope", body=body)
        shown = f"{json.dumps(body, ensure_ascii=False)[:500]} -> {response.status_code} {response.text[:500]}"
        assert response.status_code < 500, shown
        if not errors:
            # what no keyword states (a group's name, a pair of two) may still be refused
            stated_elsewhere = {("/name", "required"), ("/members", "not")}
            assert response.status_code != 400 or violations(response) <= stated_elsewhere, shown
            return
        # Of a value that has the wrong type and is not in the enumeration, either is reason enough.
        expected = {reason for error in errors for reason in _reasons(error)}
        found = violations(response)
        assert found <= expected, shown
        assert {at for at, _ in found} == {at for at, _ in expected}, shown

    judge()
