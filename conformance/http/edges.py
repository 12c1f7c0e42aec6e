"""Requests at the edges of the schemas: values that just keep a keyword, and values that just break one.

One place at a time, in a request that is right otherwise, by `conformance.generate`. Schemathesis does this, too, and
more of it; this is a fifth of its cost, so it is done first. Knows schemas and no operation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from conformance.contract.http import HttpContract, HttpOperation
from conformance.contract.judge import Compile, compiler
from conformance.contract.load import followed
from conformance.generate.broken import breaks
from conformance.generate.schemas import UnusableSchema
from conformance.http.exchange import Sent

TEXTS = ("😀", "\u2028<>&\"'\\/", "ﷺ\u0301\u202e", "null", "0", " ")
LONGEST = 6_000
"""Longer strings are about the limit of the body."""


class Edges:
    """The edges of one document's requests."""

    def __init__(self, contract: HttpContract) -> None:
        self._document = contract.document
        self._compile: Compile = compiler(contract.document)

    def around(self, operation: HttpOperation, sent: Sent, rng: Random) -> Iterator[Sent]:
        """Yield variants of a right request, in the contract's order."""
        given = dict(parse_qsl(sent.query))
        for raw in operation.raw.get("parameters", ()):
            parameter, _ = followed(self._document, raw)
            if parameter["in"] == "query" and "schema" in parameter:
                name, schema = parameter["name"], parameter["schema"]
                for value in (*self._inside(schema), *self._outside(schema, rng)):
                    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                        yield replace(sent, query=urlencode({**given, name: value}))
        if not sent.body:
            return
        body, _ = followed(self._document, operation.raw.get("requestBody") or {})
        content = body.get("content") or {}
        schema = next((content[name].get("schema") for name in content if "json" in name), None)
        if schema is not None:
            yield from (_with_json(sent, value) for value in self._bodies(schema, json.loads(sent.body), rng))

    def _bodies(self, schema: Any, base: Any, rng: Random) -> Iterator[Any]:
        accepts = self._compile(schema).accepts
        followed_schema, _ = followed(self._document, schema)
        if isinstance(base, dict):
            for name, each in (followed_schema.get("properties") or {}).items():
                for value in self._inside(each):
                    if accepts({**base, name: value}):
                        yield {**base, name: value}
        yield from self._broken(schema, base, rng)

    def _inside(self, schema: Any) -> Iterator[Any]:
        """Yield values that a schema just accepts."""
        schema, _ = followed(self._document, schema)
        accepts = self._compile(schema).accepts
        values: list[Any] = list(schema.get("enum", ()))
        values += [schema[name] for name in ("minimum", "maximum", "default", "example") if name in schema]
        if schema.get("type") == "string" and "enum" not in schema:
            least, most = schema.get("minLength", 0), min(schema.get("maxLength", 100), LONGEST)
            values += ["a" * least, "a" * most, "😀" * most, "a" * max(least, 3)]
            values += [(text * (least + 1))[: max(most, 1)] for text in TEXTS]
        yield from (value for value in dict.fromkeys(values) if accepts(value))

    def _outside(self, schema: Any, rng: Random) -> Iterator[Any]:
        inside = next(self._inside(schema), None)
        return self._broken(schema, inside, rng) if inside is not None else iter(())

    def _broken(self, schema: Any, base: Any, rng: Random) -> Iterator[Any]:
        try:
            ways = breaks(schema, self._document)
        except UnusableSchema:
            return
        for way in ways:
            if not way.open:
                yield way.apply(base, rng)


def _with_json(sent: Sent, body: Any) -> Sent:
    return replace(sent, body=json.dumps(body).encode())
