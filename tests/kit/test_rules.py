"""Every rule of the kit is named by a test that shows it firing, and told to people in one form."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from conformance.rules import LAYERS, Rule, all_rules, rule_table

TESTS = Path(__file__).resolve().parents[1]
DIRECTORIES = (TESTS / "kit", TESTS / "flow")
TITLE_MAX = 100
"""A title stands in one line of the terminal, behind the rule's id."""


@cache
def texts_of_tests() -> frozenset[str]:
    """Return every string literal of the tests; a rule's id has to be one of them, whole."""
    found = set()
    for directory in DIRECTORIES:
        for path in sorted(directory.glob("**/*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return frozenset(found)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_rule_is_named_by_a_test(layer: str) -> None:
    rules: dict[str, Rule] = import_module(f"conformance.{layer}.rules").RULES
    missing = [identity for identity in rules if identity not in texts_of_tests()]
    assert not missing, f"no test names these rules of the layer {layer}: {', '.join(missing)}"


def test_rules_say_what_they_are() -> None:
    rules = all_rules()
    assert {rule.layer for rule in rules.values()} == set(LAYERS)
    for identity, rule in rules.items():
        assert rule.id == identity
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identity), identity
        assert 0 < len(rule.title) <= TITLE_MAX, identity
        assert not rule.title.endswith("."), identity
        assert rule.suffers.endswith("."), identity


@pytest.mark.parametrize("layer", LAYERS)
def test_no_two_rules_of_a_layer_have_the_same_title(layer: str) -> None:
    titles = [rule.title for rule in import_module(f"conformance.{layer}.rules").RULES.values()]
    assert len(set(titles)) == len(titles)


def test_a_rule_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        rule_table("chat", ("a", "A", "B."), ("a", "C", "D."))


def test_no_two_layers_have_a_rule_of_the_same_id() -> None:
    tables = [import_module(f"conformance.{layer}.rules").RULES for layer in LAYERS]
    twice = {identity: [table[identity].layer for table in tables if identity in table] for identity in all_rules()}
    assert {identity: layers for identity, layers in twice.items() if len(layers) > 1} == {}
