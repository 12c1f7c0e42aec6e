"""Compares two OpenAPI documents, operation by operation.

What a client sends (parameters, bodies) and what the server sends (answers, headers) are compared in their direction,
at each use. A path is known by its form, not by the names of its parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from conformance.diff.change import Direction
from conformance.diff.collector import Collector, Spot
from conformance.diff.node import Node, both, elements, members, under
from conformance.diff.security import compare_security, http_demands

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TO_SERVER, TO_CLIENT, BOTH = Direction.TO_SERVER, Direction.TO_CLIENT, Direction.BOTH
_WORDS = ("summary", "description", "tags", "externalDocs")
_STYLES: dict[str, dict[str, Any]] = {  # by `in`: how a parameter is written unless it says otherwise
    "query": {"style": "form", "explode": True},
    "cookie": {"style": "form", "explode": True},
    "path": {"style": "simple", "explode": False},
    "header": {"style": "simple", "explode": False},
}
_UNSPOKEN_HEADERS = ("accept", "content-type", "authorization")  # OpenAPI: a parameter of that name means nothing


@dataclass(frozen=True)
class Operation:
    """An operation in its path: `form` is the path without the names of its parameters."""

    method: str
    path: str
    form: str
    node: Node
    item: Node  # what the methods of the path share

    @property
    def name(self) -> str:
        """Return what people call it."""
        return str(self.node.plain("operationId") or self.label)

    @property
    def label(self) -> str:
        """Return the method and the path."""
        return f"{self.method.upper()} {self.path}"


def compare_http(collector: Collector) -> None:
    """Find what changed between two OpenAPI documents."""
    old_root, new_root = collector.old, collector.new
    whole = Spot("", BOTH)
    collector.words(old_root, new_root, whole, ("info", "tags", "externalDocs"))
    collector.extensions(old_root, new_root, whole, known=("x-error-catalogue", "x-limits"))
    _compare_servers(collector, whole)
    old, new = ({(each.method, each.form): each for each in _operations(root)} for root in (old_root, new_root))
    for key, operation in old.items():
        if key in new:
            _compare_operation(collector, operation, new[key])
        else:
            spot = Spot(operation.name, TO_SERVER)
            collector.add("operation-removed", spot, operation.node, None, what=operation.label)
    for key, operation in new.items():
        if key not in old:
            spot = Spot(operation.name, TO_SERVER)
            collector.add("operation-added", spot, None, operation.node, what=operation.label)
    if old_root.plain("webhooks") != new_root.plain("webhooks"):
        nodes = old_root.get("webhooks"), new_root.get("webhooks")
        collector.add("callback-changed", Spot("", TO_CLIENT), *nodes, what="webhooks")


def _operations(root: Node) -> Iterator[Operation]:
    paths = root.get("paths")
    for path, item in paths.items() if paths is not None else ():
        for method in METHODS:
            node = item.get(method)
            if node is not None:
                yield Operation(method, path, re.sub(r"\{[^}]*\}", "{}", path).rstrip("/") or "/", node, item)


def _compare_servers(collector: Collector, spot: Spot) -> None:
    old, new = (
        {node.plain("url"): node for node in elements(root, "servers")} for root in (collector.old, collector.new)
    )
    gone, come = ([url for url in one if url not in other] for one, other in ((old, new), (new, old)))
    bases = {urlsplit(url).path.rstrip("/") for url in new} if new else {""}
    for url in gone:
        if urlsplit(url).path.rstrip("/") not in bases:
            collector.add("server-removed", spot, old[url], None, what=url)
        elif urlsplit(url).netloc:
            collector.add("server-moved", spot, old[url], None, old=url, new=", ".join(new) or "/")
    for url in come:
        if not old and urlsplit(url).path.rstrip("/"):
            collector.add("server-removed", spot, None, new[url], what="/")
        else:
            collector.add("server-added", spot, None, new[url], what=url)


def _compare_operation(collector: Collector, old: Operation, new: Operation) -> None:
    spot = Spot(new.name, TO_SERVER)
    before, after = old.node.plain("operationId"), new.node.plain("operationId")
    if before is not None and before != after:
        nodes = old.node.get("operationId"), new.node.get("operationId")
        collector.add("operation-renamed", spot, *nodes, old=before, new=after or new.label)
    flags = bool(old.node.plain("deprecated")), bool(new.node.plain("deprecated"))
    if flags[0] != flags[1]:
        nodes = old.node.get("deprecated"), new.node.get("deprecated")
        collector.add("deprecated", spot, *nodes, old=flags[0], new=flags[1])
    collector.words(old.node, new.node, spot, _WORDS)
    collector.extensions(old.node, new.node, spot)
    if old.node.plain("callbacks") != new.node.plain("callbacks"):
        nodes = old.node.get("callbacks"), new.node.get("callbacks")
        collector.add("callback-changed", replace(spot, direction=TO_CLIENT), *nodes, what="callbacks")
    demands, places = [], []
    for operation, root in ((old, collector.old), (new, collector.new)):
        listed = operation.node.get("security") or root.get("security")
        demands.append(http_demands(root, listed))
        places.append(listed or operation.node)
    compare_security(collector, demands, replace(spot, place="security"), (places[0], places[1]))
    _compare_parameters(collector, old, new, spot)
    _compare_request_body(collector, old.node, new.node, replace(spot, place="request body", noun="the body"))
    _compare_responses(collector, old.node, new.node, spot)


def _compare_parameters(collector: Collector, old: Operation, new: Operation, spot: Spot) -> None:
    before, after = _parameters(old), _parameters(new)
    for key, parameter in before.items():
        name, where = parameter.plain("name"), parameter.plain("in")
        here = replace(spot, place=f"{where} parameter {name}", noun=f"parameter `{name}`")
        if key in after:
            _compare_parameter(collector, parameter, after[key], here)
        else:
            rule = "header-parameter-removed" if where == "header" else "parameter-removed"
            collector.add(rule, here, parameter, None, what=name)
    for key, parameter in after.items():
        if key not in before:
            name, required = parameter.plain("name"), parameter.plain("required") is True
            here = replace(spot, place=f"{parameter.plain('in')} parameter {name}")
            collector.add(
                "required-parameter-added" if required else "parameter-added", here, None, parameter, what=name
            )


def _parameters(operation: Operation) -> dict[tuple[str, str], Node]:
    """Return the parameters by place and name; one of the path by its position, as its name is never sent."""
    positions = re.findall(r"\{([^}]*)\}", operation.path)
    found: dict[tuple[str, str], Node] = {}
    for parameter in [*elements(operation.item, "parameters"), *elements(operation.node, "parameters")]:
        where, name = str(parameter.plain("in")), str(parameter.plain("name"))
        if where == "header":
            name = name.lower()
            if name in _UNSPOKEN_HEADERS:
                continue
        if where == "path":
            name = str(positions.index(name)) if name in positions else name
        found[where, name] = parameter
    return found


def _compare_parameter(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    name = new.plain("name")
    before, after = old.plain("required") is True, new.plain("required") is True
    if before != after:
        rule = "parameter-now-required" if after else "parameter-no-longer-required"
        collector.add(rule, spot, old.get("required"), new.get("required") or new, what=name)
    usual = _STYLES.get(new.plain("in", ""), {})
    for keyword in ("style", "explode", "allowReserved", "allowEmptyValue"):
        default = usual.get(keyword, False)
        if keyword == "explode" and ("style" in old.value or "style" in new.value):
            default = new.plain("style", "form") == "form"
        texts = {"old": old.plain(keyword, default), "new": new.plain(keyword, default)}
        if texts["old"] != texts["new"]:
            nodes = old.get(keyword), new.get(keyword)
            collector.add("parameter-style-changed", spot, *nodes, what=name, keyword=keyword, **texts)
    collector.words(old, new, spot, ("description", "example", "examples", "deprecated"))
    if "content" in old.value or "content" in new.value:
        _compare_content(collector, old, new, spot)
    else:
        collector.compare(under(old, "schema"), under(new, "schema"), spot)


def _compare_request_body(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    before, after = old.get("requestBody"), new.get("requestBody")
    if before is None and after is None:
        return
    if before is None or after is None:
        needed = after is not None and after.plain("required") is True
        rule = "body-removed" if after is None else "required-body-added" if needed else "body-added"
        collector.add(rule, spot, before, after)
        return
    was, is_ = before.plain("required") is True, after.plain("required") is True
    if was != is_:
        rule = "body-now-required" if is_ else "body-no-longer-required"
        collector.add(rule, spot, before.get("required"), after.get("required") or after)
    collector.words(before, after, spot, ("description",))
    _compare_content(collector, before, after, spot)


def _compare_content(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    before, after = _content(old), _content(new)
    side = "request" if spot.direction is TO_SERVER else "response"
    if side == "response" and bool(before) != bool(after):
        rule = "response-body-added" if after else "response-body-removed"
        collector.add(rule, spot, old.get("content"), new.get("content"))
        return
    for name, media in before.items():
        if name not in after:
            collector.add(f"{side}-media-type-removed", spot, media, None, what=name)
            continue
        here = spot if len(before) == 1 else replace(spot, place=f"{spot.place} {name}")
        collector.words(media, after[name], here, ("example", "examples"))
        if media.plain("encoding") != after[name].plain("encoding"):
            collector.add("encoding-changed", here, media.get("encoding"), after[name].get("encoding"), what=name)
        collector.compare(under(media, "schema"), under(after[name], "schema"), here)
    for name, media in after.items():
        if name not in before:
            collector.add(f"{side}-media-type-added", spot, None, media, what=name)


def _content(node: Node) -> dict[str, Node]:
    content = node.get("content")
    return {name.lower().replace(" ", ""): media for name, media in content.items()} if content is not None else {}


def _compare_responses(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    spot = replace(spot, direction=TO_CLIENT)
    before, after = ({status.upper(): each for status, each in members(node, "responses")} for node in (old, new))
    for status, response in before.items():
        known = _answer(after, status)
        if known is not None:
            _compare_response(collector, response, known, _answer_spot(spot, status))
        else:
            rule = "error-status-removed" if _is_failure(status) else "success-status-removed"
            collector.add(rule, _answer_spot(spot, status), response, None, what=status)
    for status, response in after.items():
        if status in before:
            continue
        known = _answer(before, status)
        if known is not None:
            _compare_response(collector, known, response, _answer_spot(spot, status))
        else:
            rule = "error-status-added" if _is_failure(status) else "success-status-added"
            collector.add(rule, _answer_spot(spot, status), None, response, what=status)


def _answer(responses: dict[str, Node], status: str) -> Node | None:
    """Return what is said about a status: for itself, for its class, or for all others."""
    return responses.get(status) or responses.get(f"{status[0]}XX") or responses.get("DEFAULT")


def _answer_spot(spot: Spot, status: str) -> Spot:
    return replace(spot, place=f"response {status.lower()}", noun="the body", failure=_is_failure(status))


def _is_failure(status: str) -> bool:
    return status[0] in "45D"  # D: default, which by custom describes failures


def _compare_response(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    collector.words(old, new, spot, ("description",))
    links = [{name: link.value for name, link in members(each, "links")} for each in (old, new)]
    if links[0] != links[1]:  # they tell tools what fits together, and clients nothing that they need
        collector.add("words-changed", spot, *both(old, new, "links"))
    before, after = ({name.lower(): (name, node) for name, node in members(each, "headers")} for each in (old, new))
    for key, (name, header) in before.items():
        here = replace(spot, place=f"{spot.place} header {name}", noun=f"the header `{name}`")
        was = header.plain("required") is True
        if key not in after:
            rule = "required-response-header-removed" if was else "response-header-removed"
            collector.add(rule, here, header, None, what=name)
            continue
        now = after[key][1]
        if was != (now.plain("required") is True):
            rule = "response-header-no-longer-required" if was else "response-header-now-required"
            collector.add(rule, here, header.get("required"), now.get("required") or now, what=name)
        collector.words(header, now, here, ("description", "example", "examples"))
        collector.compare(under(header, "schema"), under(now, "schema"), here)
    for key, (name, header) in after.items():
        if key not in before:
            here = replace(spot, place=f"{spot.place} header {name}")
            collector.add("response-header-added", here, None, header, what=name)
    _compare_content(collector, old, new, replace(spot, place=f"{spot.place} body"))
