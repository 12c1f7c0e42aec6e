"""Compares two versions of the contracts, document by document, and puts what was found in order."""

from __future__ import annotations

from dataclasses import replace

from conformance.diff import extensions
from conformance.diff.change import Change, Direction
from conformance.diff.collector import Collector, Spot
from conformance.diff.http import compare_http
from conformance.diff.node import Node
from conformance.diff.socket import compare_socket
from conformance.diff.sources import Contracts
from conformance.diff.unreadable import ContractUnreadable

_COMPARISONS = {"openapi": compare_http, "asyncapi": compare_socket}
# What a list where an object belongs leads to, and the like: whoever lints the documents is told the place.
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_NAMES = {"openapi": "OpenAPI", "asyncapi": "AsyncAPI"}


def compare_contracts(old: Contracts, new: Contracts) -> list[Change]:
    """Return what changed, the worst first.

    A change that both documents show (the catalogue and the limits stand in both) is there once, as of `both`.
    ContractUnreadable: a reference leads nowhere, or the versions have no document in common.
    """
    shared = [kind for kind in _COMPARISONS if kind in old.documents and kind in new.documents]
    if not shared:
        kinds = [" and ".join(_NAMES[kind] for kind in each.documents) for each in (old, new)]
        raise ContractUnreadable(f"{old.name} is {kinds[0]}, {new.name} is {kinds[1]}: they cannot be compared")
    changes: list[Change] = []
    for kind, compare in _COMPARISONS.items():
        before, after = old.documents.get(kind), new.documents.get(kind)
        if before is not None and after is not None:
            try:
                collector = Collector(kind, before, after)
                compare(collector)
                extensions.compare_catalogue(collector)
                extensions.compare_limits(collector)
            except _MALFORMED as error:
                names = f"{_NAMES[kind]} documents of {old.name} and {new.name}"
                raise ContractUnreadable(f"one of the {names} is not valid ({error})") from error
            changes += collector.changes
        elif after is not None:
            changes += _whole_document("document-added", kind, after)
        elif before is not None:
            changes += _whole_document("document-removed", kind, before)
    return sorted(_merged(changes), key=lambda change: change.severity.rank)


def _whole_document(rule: str, kind: str, root: Node) -> list[Change]:
    collector = Collector(kind, root, root)
    nodes = (None, root) if rule == "document-added" else (root, None)
    collector.add(rule, Spot("", Direction.BOTH), *nodes, what=_NAMES[kind])
    return collector.changes


def _merged(changes: list[Change]) -> list[Change]:
    kept: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        # The words of each document are its own, and so is what it says of its operations.
        alike = (change.key, change.text, "" if not change.subject else change.document)
        known = kept.get(alike)
        if known is None:
            kept[alike] = change
        elif known.document != change.document:
            kept[alike] = replace(known, document="both")
    return list(kept.values())
