"""The first stage of a run: what is wrong with the two contracts themselves, before a server is held to them.

Puts the rules of the modules `lint_*` together; `conformance.contract.rules` has them all. Takes any two documents that
`load_contract` gives, however wrong, and needs no server.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract.judge import compiler
from conformance.contract.lint_codes import judge_codes
from conformance.contract.lint_documents import judge_extensions, judge_form, judge_references
from conformance.contract.lint_examples import judge_examples
from conformance.contract.lint_frames import judge_frames
from conformance.contract.lint_http import judge_links, judge_operations
from conformance.contract.lint_places import Contract
from conformance.contract.lint_schemas import judge_schemas
from conformance.contract.lint_shapes import judge_shapes
from conformance.contract.load import Document
from conformance.violation import Violation

UNREADABLE = frozenset({"openapi-valid", "asyncapi-valid", "extension-valid", "reference-resolves"})
"""Rules without which a contract can't be used at all: a server can't be held to what nobody can read."""


def lint(openapi: Document | None, asyncapi: Document) -> list[Violation]:
    """Return what is wrong with the contracts, each thing once: the HTTP document's first, then what concerns both.

    Args:
        openapi: None where there is no HTTP half.
    """
    found: dict[str, Violation] = {}
    for violation in _judge(openapi, asyncapi):
        found.setdefault(violation.key, violation)
    return list(found.values())


def _judge(openapi: Document | None, asyncapi: Document) -> Iterator[Violation]:
    http = None if openapi is None else Contract("openapi", openapi)
    frames = Contract("asyncapi", asyncapi)
    for contract in (frames,) if http is None else (http, frames):
        compile_schema = compiler(contract.document)
        yield from judge_form(contract)
        yield from judge_extensions(contract)
        yield from judge_references(contract)
        yield from judge_schemas(contract, compile_schema)
        yield from judge_examples(contract, compile_schema)
    if http is not None:
        yield from judge_operations(http)
        yield from judge_links(http)
        yield from judge_shapes(http, frames)
    yield from judge_frames(frames)
    yield from judge_codes(http, frames)
