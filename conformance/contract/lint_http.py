"""Lint rules about HTTP operations: their ids, the parameters of their paths, and the links from one to another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.contract.http import METHODS
from conformance.contract.lint_places import Contract, items, member, members, texts
from conformance.contract.lint_schemas import declared
from conformance.contract.load import escaped
from conformance.violation import Violation

EXPRESSION = re.compile(
    r"\$(request|response)\.(body#(?P<pointer>/[^}\s\"]*)|(?P<place>path|query|header)\.(?P<name>[^}\s\"]+))"
)
"""OpenAPI 3.0.3, 4.7.20.4: a runtime expression, whole or in braces inside a text."""


def judge_operations(contract: Contract) -> Iterator[Violation]:
    """Yield operations without an id of their own, and paths whose parameters are not those that are declared."""
    operations = list(contract.all("http operation"))
    named = [place for place in operations if isinstance(place.value.get("operationId"), str)]
    times = Counter(place.value["operationId"] for place in named)
    for place in operations:
        identity = place.value.get("operationId")
        if place in named and times[identity] > 1:
            at = f"{place.pointer}/operationId"
            got = f"{identity}, {times[identity]} times"
            yield contract.violation("operation-id", place.subject, at, "an operationId of its own", got)
        # None at all is a style of its own; callbacks and webhooks are not this server's operations.
        elif identity is None and named and re.fullmatch("#/paths/[^/]+/[a-z]+", place.pointer):
            yield contract.violation("operation-id", place.subject, place.pointer, "an operationId", "none")
    for path, _item, pointer, method, operation in _methods(contract):
        yield from _path_parameters(contract, path, pointer, method, operation)


def judge_links(contract: Contract) -> Iterator[Violation]:
    """Yield links to nothing, with what the target does not take, or with values that are declared nowhere."""
    targets = {
        str(operation.get("operationId")): (_parameters(contract, item, operation), operation)
        for _, item, _, _, operation in _methods(contract)
    }
    for _path, item, pointer, _method, operation in _methods(contract):
        for status, raw in members(operation.get("responses")):
            response, _ = contract.follow(raw)
            for name, raw_link in members(member(response, "links")):
                link, at = contract.follow(raw_link, f"{pointer}/responses/{status}/links/{escaped(name)}")
                subject = f"{operation.get('operationId', pointer)} {status} {name}"
                if not isinstance(link, dict):
                    continue
                if isinstance(link.get("operationId"), str):
                    yield from _target(contract, link, at, subject, targets)
                source = (_parameters(contract, item, operation), operation, response)
                for part in ("parameters", "requestBody"):
                    for where, text in _texts(link.get(part), f"{at}/{part}"):
                        yield from _expressions(contract, text, where, subject, source)


def _methods(contract: Contract) -> Iterator[tuple[str, Any, str, str, Any]]:
    """Yield path, path item, pointer of the operation, method, operation."""
    for path, raw in members(contract.document.get("paths")):
        item, _ = contract.follow(raw)
        for method in METHODS:
            if isinstance(member(item, method), dict):
                yield path, item, f"#/paths/{escaped(path)}/{method}", method, item[method]


def _parameters(contract: Contract, item: Any, operation: Any) -> list[dict[str, Any]]:
    """Return an operation's own parameters and those of its path that it does not replace."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for holder in (item, operation):
        for raw in items(member(holder, "parameters")):
            parameter, _ = contract.follow(raw)
            if isinstance(parameter, dict):
                found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
    return list(found.values())


def _path_parameters(contract: Contract, path: str, pointer: str, method: str, operation: Any) -> Iterator[Violation]:
    item, _ = contract.follow(contract.document["paths"][path])
    subject = str(operation.get("operationId") or f"{method.upper()} {path}")
    rule, template = "path-parameters", re.findall(r"\{([^{}]+)\}", path)
    names = [str(each.get("name")) for each in _parameters(contract, item, operation) if each.get("in") == "path"]
    for name in dict.fromkeys(template):
        if name not in names:
            yield contract.violation(rule, subject, pointer, f"a path parameter {name}", "none", name)
    for name in names:
        if name not in template:
            yield contract.violation(rule, subject, pointer, f"{{{name}}} in the path", path, name)
    own = Counter(
        (str(each.get("in")), str(each.get("name")))
        for each in (contract.follow(raw)[0] for raw in items(operation.get("parameters")))
        if isinstance(each, dict) and "name" in each
    )
    for (where, name), times in own.items():
        if times > 1:
            got = f"the {where} parameter {name}, {times} times"
            yield contract.violation(rule, subject, pointer, "each parameter once", got, f"{where} {name}")


def _target(contract: Contract, link: Any, at: str, subject: str, targets: dict[Any, Any]) -> Iterator[Violation]:
    identity, rule = link["operationId"], "link-target"
    if identity not in targets:
        yield contract.violation(rule, subject, f"{at}/operationId", "the operationId of an operation", identity)
        return
    parameters, operation = targets[identity]
    names = [(str(each.get("in")), str(each.get("name"))) for each in parameters]
    known = {f"{place}.{name}" for place, name in names} | {name for _, name in names}
    for name, _ in members(link.get("parameters")):
        if name not in known:
            where = f"{at}/parameters/{escaped(name)}"
            yield contract.violation(rule, subject, where, f"a parameter of {identity}", name)
    body = link.get("requestBody")
    if not isinstance(body, dict):
        return
    schema = _json_schema(contract, operation.get("requestBody"))
    if schema is None:
        yield contract.violation(rule, subject, f"{at}/requestBody", f"no body, as {identity} takes none", "a body")
        return
    whole = declared(contract, schema, []) or []
    for name in body:
        closed = any(each.get("additionalProperties") is False for each in whole)
        if closed and declared(contract, schema, [name]) is None:
            where = f"{at}/requestBody/{escaped(name)}"
            yield contract.violation(rule, subject, where, f"a property of the body of {identity}", name)
    needed = {name for each in whole if "allOf" not in each for name in texts(each.get("required"))}
    if not any("oneOf" in each or "anyOf" in each for each in whole):
        for name in sorted(needed - set(body)):
            expected = f"{name}, which {identity} requires"
            yield contract.violation(rule, subject, f"{at}/requestBody", expected, f"only {', '.join(body)}", name)


def _expressions(
    contract: Contract, text: str, at: str, subject: str, source: tuple[list[dict[str, Any]], Any, Any]
) -> Iterator[Violation]:
    parameters, operation, response = source
    for found in EXPRESSION.finditer(text):
        pointer, place, name = found["pointer"], found["place"], found["name"]
        if pointer is not None:
            schema = _json_schema(contract, response if found[1] == "response" else operation.get("requestBody"))
            parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
            is_there = schema is not None and declared(contract, schema, parts) is not None
        else:  # headers come and go undeclared
            is_there = place == "header" or any(
                each.get("in") == place and each.get("name") == name for each in parameters
            )
        if not is_there:
            yield contract.violation("link-value", subject, at, "something that is declared", found[0], found[0])


def _json_schema(contract: Contract, holder: Any) -> Any:
    """Return the schema of the JSON body of a request or response; None without one, {} where it is any."""
    holder, _ = contract.follow(holder)
    for media_type, media in members(member(holder, "content")):
        if "json" in media_type and isinstance(media, dict):
            return media.get("schema", {})
    return {} if member(holder, "content") else None


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    for name, each in members(value) + [(str(index), each) for index, each in enumerate(items(value))]:
        yield from _texts(each, f"{pointer}/{escaped(name)}")
