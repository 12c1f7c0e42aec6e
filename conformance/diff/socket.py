"""Compares two AsyncAPI documents, channel by channel and operation by operation.

Both are taken as the server's own: `action: receive` is what clients send, `action: send` what they get. A client
ignores frames that it does not know, so a new one is safe.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.diff.change import Direction
from conformance.diff.channels import compare_channel, compare_servers
from conformance.diff.collector import Collector, Spot
from conformance.diff.node import Node, both, elements, members, under
from conformance.diff.security import compare_security, socket_demands
from conformance.diff.shape import Schemas

TO_SERVER, TO_CLIENT, BOTH = Direction.TO_SERVER, Direction.TO_CLIENT, Direction.BOTH
_WORDS = ("title", "summary", "description", "tags", "externalDocs", "examples")
_JSON_SCHEMA = ("aai.asyncapi", "schema+json", "schema+yaml", "openapi")  # in a `schemaFormat` that can be compared


def compare_socket(collector: Collector) -> None:
    """Find what changed between two AsyncAPI documents."""
    old, new = collector.old, collector.new
    whole = Spot("", BOTH)
    collector.words(old, new, whole, ("info",))
    collector.extensions(old, new, whole, known=("x-error-catalogue", "x-limits"))
    if old.plain("defaultContentType") != new.plain("defaultContentType"):
        texts = {"old": old.plain("defaultContentType"), "new": new.plain("defaultContentType")}
        collector.add("content-type-changed", whole, *both(old, new, "defaultContentType"), **texts)
    compare_servers(collector, whole)
    channels = _paired(collector, "channels", lambda node: node.plain("address"))
    for before, after in channels:
        compare_channel(collector, before, after)
    for before, after in _paired(collector, "operations", _operation_form):
        _compare_operation(collector, before, after)


def _paired(collector: Collector, group: str, form: Any) -> list[tuple[Node | None, Node | None]]:
    """Return what belongs together: members of one key, and of the rest those that look alike."""
    old, new = dict(members(collector.old, group)), dict(members(collector.new, group))
    pairs: list[tuple[Node | None, Node | None]] = []
    free = {key: node for key, node in new.items() if key not in old}
    for key, node in old.items():
        partner = new.get(key)
        if partner is None:
            alike = next((other for other in free if form(free[other]) == form(node)), None)
            partner = free.pop(alike) if alike is not None else None
        pairs.append((node, partner))
    return pairs + [(None, node) for node in free.values()]


def _compare_operation(collector: Collector, old: Node | None, new: Node | None) -> None:
    known = new or old
    if known is None:
        return
    spot = _operation_spot(known)
    if old is None or new is None:
        whose = "client" if spot.direction is TO_SERVER else "server"
        rule = f"{whose}-frame-{'removed' if new is None else 'added'}"
        collector.add(rule, spot, old, new, what=" or ".join(f"`{name}`" for name in _frames(known)) or "it")
        return
    key_before, key_after = (node.pointer.rpartition("/")[2] for node in (old, new))
    if key_before != key_after:
        collector.add("operation-key-renamed", spot, old, new, old=key_before, new=key_after)
    if old.plain("action") != new.plain("action"):
        senders = {"receive": "client", "send": "server"}
        texts = {"old": senders.get(old.plain("action")), "new": senders.get(new.plain("action"))}
        collector.add("action-changed", replace(spot, direction=BOTH), *both(old, new, "action"), **texts)
        return
    addresses = [_channel_address(node) for node in (old, new)]
    if _channel_key(old) != _channel_key(new) and addresses[0] != addresses[1]:
        collector.add("operation-moved", spot, *both(old, new, "channel"), old=addresses[0], new=addresses[1])
    collector.words(old, new, spot, _WORDS)
    collector.extensions(old, new, spot)
    if old.plain("bindings") != new.plain("bindings"):
        collector.add("binding-changed", spot, *both(old, new, "bindings"), what="operation's")
    demands = [socket_demands(node.get("security")) for node in (old, new)]
    places = (old.get("security") or old, new.get("security") or new)
    compare_security(collector, demands, replace(spot, direction=TO_SERVER, place="security"), places)
    _compare_messages(collector, _messages(old), _messages(new), spot, "frame")
    _compare_reply(collector, old, new, spot)


def _compare_reply(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    before, after = old.get("reply"), new.get("reply")
    spot = replace(spot, direction=spot.direction.opposite, place="reply")
    if before is None and after is None:
        return
    if before is None or after is None:
        replies = " or ".join(f"`{name}`" for name in _frames(after)) if after is not None else ""
        collector.add("reply-added" if before is None else "reply-removed", spot, before, after, new=replies)
        return
    places = [_reply_place(reply) for reply in (before, after)]
    if places[0] != places[1] and (
        _channel_key(before) != _channel_key(after) or "address" in {*before.value, *after.value}
    ):
        collector.add("reply-moved", spot, before, after, old=places[0], new=places[1])
    _compare_messages(collector, _messages(before), _messages(after), spot, "reply-frame")


def _reply_place(reply: Node) -> str:
    address = reply.get("address")
    if address is not None:
        return f"at `{address.plain('location')}`"
    return f"on `{_channel_address(reply)}`"


def _compare_messages(collector: Collector, old: dict[str, Node], new: dict[str, Node], spot: Spot, what: str) -> None:
    free = {key: node for key, node in new.items() if key not in old}
    for key, before in old.items():
        after = new.get(key)
        if after is None:
            alike = next((other for other in free if _frame_name(free[other], other) == _frame_name(before, key)), None)
            if alike is None and len(free) == 1 and len(old) == 1:
                alike = next(iter(free))  # the only one became another only one
            after = free.pop(alike) if alike is not None else None
        if after is None:
            rule = _message_rule(what, spot, "removed")
            collector.add(rule, spot, before, None, what=f"`{_frame_name(before, key)}`")
        else:
            _compare_message(collector, before, after, spot, what)
    for key, after in free.items():
        collector.add(_message_rule(what, spot, "added"), spot, None, after, what=f"`{_frame_name(after, key)}`")


def _message_rule(what: str, spot: Spot, change: str) -> str:
    if what == "reply-frame":
        return f"reply-frame-{change}"
    return f"{'client' if spot.direction is TO_SERVER else 'server'}-frame-{change}"


def _compare_message(collector: Collector, old: Node, new: Node, spot: Spot, what: str) -> None:
    name = _frame_name(new, spot.subject)
    part = f"reply {name}" if what == "reply-frame" else "frame" if name == spot.subject else f"frame {name}"
    spot = replace(spot, place=part, noun="the frame", failure=False)
    names = [_frame_name(node, "") for node in (old, new)]
    if names[0] != names[1]:
        collector.add("frame-name-changed", spot, *both(old, new, "name"), old=names[0], new=names[1])
    types = [node.plain("contentType", root.plain("defaultContentType")) for node, root in _rooted(collector, old, new)]
    if types[0] != types[1] and "contentType" in {*old.value, *new.value}:
        collector.add("content-type-changed", spot, *both(old, new, "contentType"), old=types[0], new=types[1])
    places = [_correlation(node) for node in (old, new)]
    if places[0] != places[1]:
        rule = (
            "correlation-added"
            if places[0] is None
            else "correlation-removed"
            if places[1] is None
            else "correlation-changed"
        )
        collector.add(rule, spot, *both(old, new, "correlationId"), old=places[0], new=places[1])
    collector.words(old, new, spot, _WORDS)
    collector.extensions(old, new, spot)
    for key, where in (("headers", f"{part} headers"), ("payload", part)):
        _compare_schema(collector, _of(old, key), _of(new, key), replace(spot, place=where))


def _compare_schema(collector: Collector, old: Node | None, new: Node | None, spot: Spot) -> None:
    for node in (old, new):
        language = str(node.plain("schemaFormat", "")) if node is not None else ""
        if language and not any(known in language for known in _JSON_SCHEMA):
            # Avro, Protobuf and the like: equal or not is all that can be told.
            if (old and old.value) != (new and new.value):
                collector.add("foreign-schema-changed", spot, old, new, what=language)
            return
    collector.compare(_schemas(old), _schemas(new), spot)


def _rooted(collector: Collector, old: Node, new: Node) -> tuple[tuple[Node, Node], tuple[Node, Node]]:
    return (old, collector.old), (new, collector.new)


def _correlation(message: Node) -> str | None:
    node = _of(message, "correlationId")
    return f"`{node.plain('location')}`" if node is not None else None


def _of(node: Node, key: str) -> Node | None:
    """Return what a message or an operation says about `key`, by itself or else by its last trait that does."""
    own = node.get(key)
    if own is not None:
        return own
    found = [trait.get(key) for trait in elements(node, "traits")]
    return next((each for each in reversed(found) if each is not None), None)


def _schemas(node: Node | None) -> Schemas:
    if node is None:
        return ()
    named = isinstance(node.value, dict) and "schemaFormat" in node.value
    return under(node, "schema") if named else (node,)


def _operation_form(node: Node) -> tuple[Any, ...]:
    return node.plain("action"), _channel_address(node), tuple(sorted(_frames(node)))


def _operation_spot(node: Node) -> Spot:
    frames = _frames(node)
    subject = frames[0] if len(frames) == 1 else node.pointer.rpartition("/")[2]
    return Spot(subject, TO_SERVER if node.plain("action") == "receive" else TO_CLIENT)


def _frames(node: Node) -> list[str]:
    return [_frame_name(message, key) for key, message in _messages(node).items()]


def _frame_name(message: Node, key: str) -> str:
    return str(message.plain("name") or key)


def _messages(node: Node) -> dict[str, Node]:
    """Return the messages of an operation or a reply, by key; all of the channel where none are named."""
    listed = node.get("messages")
    if listed is None:
        channel = node.get("channel")
        return dict(members(channel, "messages")) if channel is not None else {}
    found: dict[str, Node] = {}
    for index in range(len(listed.value)):
        written = listed.at(index)
        key = (written.reference or str(index)).rpartition("/")[2]
        found[key] = written.followed()
    return found


def _channel_key(node: Node) -> str:
    channel = node.get("channel")
    return channel.pointer if channel is not None else ""


def _channel_address(node: Node) -> str:
    channel = node.get("channel")
    return str(channel.plain("address")) if channel is not None else "no channel"
