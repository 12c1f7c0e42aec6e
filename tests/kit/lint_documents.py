"""Pairs of contracts for the tests of the lint: GoChat's, in two forms, and those of a service that is no chat."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract.lint import lint
from conformance.contract.load import Document, load_contract
from conformance.violation import Violation

CHECKOUT = Path(__file__).resolve().parents[2]
OTHER = Path(__file__).resolve().parent / "lint_other"
PAIRS = {"source": CHECKOUT / "specs", "bundled": CHECKOUT / "generated", "other": OTHER}

GONE = object()
"""As the new value of an edit: take it away."""


@cache
def documents(pair: str) -> tuple[Document, Document]:
    """Return (openapi, asyncapi) of a pair; not to be changed."""
    directory = PAIRS[pair]
    return (
        load_contract(str(directory / "openapi.yaml"), "openapi"),
        load_contract(str(directory / "asyncapi.yaml"), "asyncapi"),
    )


def edited(pair: str, *edits: tuple[str, str, Any]) -> tuple[Document, Document]:
    """Return a pair with edits: (`O` openapi or `A` asyncapi, RFC 6901 pointer, new value, `GONE` for none)."""
    openapi, asyncapi = copy.deepcopy(documents(pair))
    for document, pointer, value in edits:
        node: Any = openapi if document == "O" else asyncapi
        *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        for part in path:
            node = node[int(part)] if isinstance(node, list) else node[part]
        key: Any = int(last) if isinstance(node, list) and last != "-" else last
        if value is GONE:
            del node[key]
        elif key == "-":
            node.append(value)
        else:
            node[key] = value
    return openapi, asyncapi


def told(violations: list[Violation]) -> list[str]:
    """Return violations as texts, for the message of a failed test."""
    return [f"{each.rule} {each.subject} {each.pointer}: {each.expected}; {each.got}" for each in violations]


def lint_edited(pair: str, *edits: tuple[str, str, Any]) -> list[Violation]:
    """Return what the lint says of an edited pair."""
    return lint(*edited(pair, *edits))
