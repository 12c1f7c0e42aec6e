"""Compares where an AsyncAPI document's frames travel: servers, channels, and the handshake of a socket.

What the frames are is compared in `socket.py`.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.diff import extensions
from conformance.diff.change import Direction
from conformance.diff.collector import Collector, Spot
from conformance.diff.node import Node, both, elements, members, under
from conformance.diff.security import compare_security, socket_demands

TO_SERVER, BOTH = Direction.TO_SERVER, Direction.BOTH
CHANNEL_WORDS = ("title", "summary", "description", "tags", "externalDocs")


def compare_servers(collector: Collector, spot: Spot) -> None:
    """Compare where the server can be reached, and what each address asks for."""
    old, new = (
        {_address(node): node for _, node in members(root, "servers")} for root in (collector.old, collector.new)
    )
    forms = {(protocol, path) for protocol, _, path in new}
    for address, node in old.items():
        protocol, _, path = address
        if address in new:
            demands = [socket_demands(each.get("security")) for each in (node, new[address])]
            here = replace(spot, direction=TO_SERVER, place=f"server {_address_text(address)}")
            compare_security(
                collector, demands, here, (node.get("security") or node, new[address].get("security") or new[address])
            )
        elif (protocol, path) in forms:
            moved = [_address_text(each) for each in new if (each[0], each[2]) == (protocol, path)]
            collector.add("server-moved", spot, node, None, old=_address_text(address), new=", ".join(moved))
        else:
            collector.add("server-removed", spot, node, None, what=_address_text(address))
    for address, node in new.items():
        if address not in old:
            collector.add("server-added", spot, None, node, what=_address_text(address))


def _address(server: Node) -> tuple[str, str, str]:
    return str(server.plain("protocol")), str(server.plain("host")), str(server.plain("pathname", "")).rstrip("/")


def _address_text(address: tuple[str, str, str]) -> str:
    return f"{address[0]}://{address[1]}{address[2]}"


def compare_channel(collector: Collector, old: Node | None, new: Node | None) -> None:
    """Compare a channel with its next version: address, handshake and what it declares beside its operations."""
    spot = Spot("", BOTH)
    if old is None or new is None:
        known = new or old
        what = known.plain("address") if known is not None else ""
        collector.add("channel-removed" if new is None else "channel-added", spot, old, new, what=what)
        return
    spot = Spot(str(new.plain("address")), BOTH)
    if old.plain("address") != new.plain("address"):
        texts = {"old": old.plain("address"), "new": new.plain("address")}
        collector.add("channel-address-changed", spot, *both(old, new, "address"), **texts)
    before, after = (_parameter_text(node) for node in (old, new))
    if before != after:
        collector.add("channel-parameters-changed", spot, *both(old, new, "parameters"), old=before, new=after)
    collector.words(old, new, spot, CHANNEL_WORDS)
    collector.extensions(old, new, spot, known=("x-close-codes", "x-invalid-frames"))
    extensions.compare_close_codes(collector, old, new, spot)
    extensions.compare_invalid_frames(collector, old, new, spot)
    _compare_bindings(collector, old, new, spot)
    _compare_places(collector, old, new, spot)


def _compare_places(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    """Compare at which servers a channel is, of those that both versions have; the others are told of elsewhere."""
    roots = collector.old, collector.new
    known = [{_address(server) for _, server in members(root, "servers")} for root in roots]
    before, after = (
        {_address(server) for server in elements(channel, "servers")} or every
        for channel, every in zip((old, new), known, strict=True)
    )
    shared = known[0] & known[1]
    for rule, places in (("channel-left-server", before - after), ("channel-joined-server", after - before)):
        if places & shared:
            what = ", ".join(f"`{_address_text(address)}`" for address in sorted(places & shared))
            collector.add(rule, spot, *both(old, new, "servers"), what=what)


def _parameter_text(channel: Node) -> str:
    names = []
    for name, parameter in members(channel, "parameters"):
        values = parameter.plain("enum")
        names.append(f"{name} of {', '.join(map(str, values))}" if values else name)
    return ", ".join(sorted(names)) or "none"


def _compare_bindings(collector: Collector, old: Node, new: Node, spot: Spot) -> None:
    before, after = dict(members(old, "bindings")), dict(members(new, "bindings"))
    for name in sorted({*before, *after}):
        first, last = before.get(name), after.get(name)
        if name != "ws" or first is None or last is None:
            if (first and first.value) != (last and last.value):
                collector.add("binding-changed", spot, first, last, what=name)
            continue
        here = replace(spot, direction=TO_SERVER)
        methods = [binding.plain("method", "GET") for binding in (first, last)]
        if methods[0] != methods[1]:
            nodes = both(first, last, "method")
            collector.add("handshake-method-changed", here, *nodes, old=methods[0], new=methods[1])
        for part in ("query", "headers"):
            what = replace(here, place=f"handshake {part}", noun=f"the {part} of the handshake")
            collector.compare(under(first, part), under(last, part), what)
