"""A round through every operation as everybody, before Schemathesis: examples, plain mistakes, edges.

It costs a few seconds, and sees to it that each operation has succeeded and been refused once, however little time
there is. Every answer is judged like any other. Knows the contract, and the names of parameters that `people` has
values for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from conformance.contract.http import HttpContract, HttpOperation
from conformance.contract.load import followed
from conformance.http.edges import Edges
from conformance.http.exchange import FORGED, Sent
from conformance.http.people import ENDS_A_LOGIN, FRESH, KNOWN

NOBODY = "kit-nobody"
"""An id that the server did not give out."""

TRIED_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


def tour(
    contract: HttpContract, people: Iterable[str], max_body_bytes: int, seed: int, skip: Iterable[str] = ()
) -> Iterator[Sent]:
    """Yield the requests, written with placeholders.

    Args:
        people: Who can log in.
        max_body_bytes: The server's limit, 0 when there is none.
        seed: Decides on the order of the edges, since time may not do for all of them.
        skip: Ids of operations to leave out.
    """
    names = tuple(people)
    operations = [operation for operation in contract.operations.values() if operation.id not in set(skip)]
    for operation in operations:
        for sent in _examples(contract, operation):
            yield from (_as(sent, name) for name in _callers(operation, names))
            yield sent
    for operation in operations:
        sent = next(_examples(contract, operation))
        who = next(iter(_callers(operation, names)), "")
        for mistake in _mistakes(contract, operation, sent, max_body_bytes):
            yield _as(mistake, who)
        if operation.secured:
            yield replace(sent, headers={**sent.headers, "authorization": f"Bearer {FORGED}"})
    yield from _off_the_map(contract, names[0] if names else "", operations)
    rng, edges = Random(seed), Edges(contract)
    around = []
    for operation in operations:
        who = next(iter(_callers(operation, names)), "")
        around += [_as(sent, who) for sent in edges.around(operation, next(_examples(contract, operation)), rng)]
    rng.shuffle(around)
    yield from around


def _callers(operation: HttpOperation, names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or not operation.secured:
        return ()
    return (ENDS_A_LOGIN[operation.id],) if operation.id in ENDS_A_LOGIN else names


def rushed(contract: HttpContract, skip: Iterable[str] = ()) -> list[Sent]:
    """Return a request to each operation that is limited and needs no login, the cheapest first."""
    limited = [
        operation
        for operation in contract.operations.values()
        if "429" in operation.responses and not operation.secured and operation.id not in set(skip)
    ]
    bodies = {each.id: followed(contract.document, each.raw.get("requestBody") or {})[0] for each in limited}
    limited.sort(key=lambda operation: bool(bodies[operation.id].get("required")))
    return [next(_examples(contract, operation)) for operation in limited]


def _as(sent: Sent, name: str) -> Sent:
    return replace(sent, headers={**sent.headers, "authorization": f"Bearer kit.as-{name}"}) if name else sent


def _examples(contract: HttpContract, operation: HttpOperation) -> Iterator[Sent]:
    document = contract.document
    item, _ = followed(document, document["paths"][operation.path])
    values: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for raw in (*item.get("parameters", ()), *operation.raw.get("parameters", ())):
        parameter, _ = followed(document, raw)
        place, name = parameter["in"], parameter["name"]
        if place in values and (place == "path" or parameter.get("required")):
            values[place][name] = str(KNOWN.get(name, (_example_of(document, parameter),))[0])
    path = re.sub(r"\{([^}]*)\}", lambda match: quote(values["path"].get(match[1], "1"), safe=""), operation.path)
    headers = {name.lower(): value for name, value in values["header"].items()}
    headers.pop("authorization", None)
    sent = Sent(operation.method, contract.base + path, urlencode(values["query"]), headers)
    bodies = list(_bodies(document, operation))
    for body in bodies:
        yield _with_json(sent, body)
    if not bodies:
        yield sent


def _bodies(document: dict[str, Any], operation: HttpOperation) -> Iterator[Any]:
    body, _ = followed(document, operation.raw.get("requestBody") or {})
    content = body.get("content") or {}
    media = next((content[name] for name in content if "json" in name), None)
    if media is None:
        return
    examples = [followed(document, each)[0].get("value") for each in (media.get("examples") or {}).values()]
    schema, _ = followed(document, media.get("schema") or {})
    if not examples:
        examples = [media["example"] if "example" in media else schema.get("example", {})]
    fresh = FRESH.get(operation.id, {})
    for example in examples:
        if isinstance(example, dict):
            yield {name: fresh.get(name, _known(name, value)) for name, value in example.items()}
        else:
            yield example


def _known(name: str, value: Any) -> Any:
    if name not in KNOWN:
        return value
    return [KNOWN[name][0]] if isinstance(value, list) else KNOWN[name][0]


def _example_of(document: dict[str, Any], parameter: dict[str, Any]) -> Any:
    if "example" in parameter:
        return parameter["example"]
    for example in (parameter.get("examples") or {}).values():
        return followed(document, example)[0].get("value")
    schema, _ = followed(document, parameter.get("schema") or {})
    return schema.get("example", schema.get("default", (schema.get("enum") or [1])[0]))


def _with_json(sent: Sent, body: Any) -> Sent:
    return replace(sent, headers={**sent.headers, "content-type": "application/json"}, body=json.dumps(body).encode())


def _mistakes(contract: HttpContract, operation: HttpOperation, sent: Sent, max_body_bytes: int) -> Iterator[Sent]:
    yield replace(sent, query="&".join(filter(None, (sent.query, "kitUnknown=1"))))
    template = (contract.base + operation.path).split("/")
    parts = sent.path.split("/")
    for number, part in enumerate(template):
        if part.startswith("{"):
            for other in (NOBODY, "x" * 300):
                yield replace(sent, path="/".join([*parts[:number], other, *parts[number + 1 :]]))
    if not sent.body:
        return
    body = json.loads(sent.body)
    yield replace(sent, body=b"")
    yield replace(sent, body=b"{")
    yield replace(sent, body=b"[]")
    yield replace(sent, headers={**sent.headers, "content-type": "text/plain"})
    if max_body_bytes and "413" in operation.responses:
        yield replace(sent, body=sent.body + b" " * max_body_bytes)
    if isinstance(body, dict):
        yield _with_json(sent, {**body, "kitUnknown": 1})
        for name in body:
            yield _with_json(sent, {each: value for each, value in body.items() if each != name})
            yield _with_json(sent, {**body, name: {"kit": []}})
            yield _with_json(sent, {**body, name: None})


def _off_the_map(contract: HttpContract, name: str, operations: list[HttpOperation]) -> Iterator[Sent]:
    declared = {(operation.path, operation.method) for operation in contract.operations.values()}
    for path in dict.fromkeys(operation.path for operation in operations):
        at = contract.base + re.sub(r"\{([^}]*)\}", lambda match: str(KNOWN.get(match[1], (NOBODY,))[0]), path)
        for method in TRIED_METHODS:
            if (path, method) not in declared:
                yield _as(Sent(method, at), name)
    yield _as(Sent("GET", f"{contract.base}/kit-nothing"), name)
