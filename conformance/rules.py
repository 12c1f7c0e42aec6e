"""The rules that a server is held to: what each asks for, and what a client suffers where it is broken.

Each layer of the kit keeps its own table next to the code that judges; `all_rules` puts them together. A violation
names its rule by id, and the reports explain it from here. Knows nothing of how a rule is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

LAYERS = ("contract", "http", "generic", "chat")
"""In the order in which they are reported; each has its table in `conformance.<layer>.rules`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a server, or its contract, has to keep.

    Attributes:
        id: kebab-case, unique over all layers; never reused for something else, as baselines hold it.
        layer: One of `LAYERS`.
        title: The rule as a statement, up to 80 characters: "Every received frame is declared".
        suffers: What a client suffers when it is broken, one line.
    """

    id: str
    layer: str
    title: str
    suffers: str


def rule_table(layer: str, *rows: tuple[str, str, str]) -> dict[str, Rule]:
    """Build a layer's table from rows of (id, title, suffers).

    Raises:
        ValueError: An id stands twice.
    """
    table = {identity: Rule(identity, layer, title, suffers) for identity, title, suffers in rows}
    if len(table) != len(rows):
        raise ValueError(f"a rule of the layer {layer} stands twice")
    return table


def all_rules() -> dict[str, Rule]:
    """Return every rule of every layer by id.

    Raises:
        ValueError: Two layers have a rule of the same id.
    """
    return rules_of(*LAYERS)


def rules_of(*layers: str) -> dict[str, Rule]:
    """Return the rules of some layers by id; no code of another layer is loaded.

    Raises:
        ValueError: Two layers have a rule of the same id.
    """
    rules: dict[str, Rule] = {}
    for layer in layers:
        own: dict[str, Rule] = import_module(f"conformance.{layer}.rules").RULES
        if twice := rules.keys() & own.keys():
            raise ValueError(f"rules of two layers: {sorted(twice)}")
        rules.update(own)
    return rules
