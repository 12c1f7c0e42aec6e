"""The table of what can change in a schema, and what each change does in which direction.

`effect` compares the sets of values that the two schemas allow, and does not know who sends them. The verdicts follow
from it: narrower is never safe in what clients send, wider is never safe in what the server sends, so a comparison
that is safe throughout means inclusion. A test holds the table to that, another one random schemas to the comparison.

The sentences take {name}, and {old}, {new} or {values} where there are such.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag

from conformance.diff.change import Direction, Severity


class Effect(Flag):
    """What a change does to the set of allowed values."""

    NONE = 0
    NARROWER = 1  # some value is no longer allowed
    WIDER = 2  # some value is allowed that was not
    DIFFERENT = 3


BREAKING, RISKY, SAFE, DOCS = Severity


@dataclass(frozen=True)
class SchemaRule:
    """One kind of change of a schema: its effect, and the verdict and the sentence for each direction."""

    id: str
    effect: Effect
    to_server: Severity
    to_client: Severity
    server_text: str  # for what clients send
    client_text: str  # for what the server sends

    def severity(self, direction: Direction) -> Severity:
        """Return the verdict on this change in what is sent in `direction`."""
        return self.to_server if direction is Direction.TO_SERVER else self.to_client

    def text(self, direction: Direction) -> str:
        """Return the sentence for `direction`, to be filled in."""
        return self.server_text if direction is Direction.TO_SERVER else self.client_text


NARROWER, WIDER, DIFFERENT, NONE = Effect.NARROWER, Effect.WIDER, Effect.DIFFERENT, Effect.NONE

_TABLE = (
    # Properties
    SchemaRule(
        "required-property-added", NARROWER, BREAKING, SAFE,
        "{name} is new and required: a client that does not know it is refused",
        "{name} is new and always there; a client ignores what it does not know",
    ),
    SchemaRule(
        "required-property-added-to-closed", DIFFERENT, BREAKING, BREAKING,
        "{name} is new and required: a client that does not know it is refused",
        "{name} is new in an object that had no other properties: a strict client refuses the whole",
    ),
    SchemaRule(
        "property-added", WIDER, SAFE, BREAKING,
        "{name} is new and optional",
        "{name} is new in an object that had no other properties: a strict client refuses the whole",
    ),
    SchemaRule(
        "property-added-to-open", NARROWER, RISKY, SAFE,
        "{name} has a meaning now in an open object: a client that already sent something else under it may be refused",
        "{name} is new; a client ignores what it does not know",
    ),
    SchemaRule(
        "property-added-otherwise", DIFFERENT, BREAKING, BREAKING,
        "{name} has a schema of its own now: a client that sent it as other properties are sent may be refused",
        "{name} has a schema of its own now: a client that reads it as other properties may not understand it",
    ),
    SchemaRule(
        "property-removed", WIDER, RISKY, BREAKING,
        "{name} is not looked at any more: what a client says with it has no effect",
        "{name} is gone: a client that reads it finds nothing",
    ),
    SchemaRule(
        "property-removed-from-closed", DIFFERENT, BREAKING, BREAKING,
        "{name} is unknown now, and unknown properties are errors: a client that sends it is refused",
        "{name} is gone: a client that reads it finds nothing",
    ),
    SchemaRule(
        "property-now-required", NARROWER, BREAKING, SAFE,
        "{name} is required now: a client that leaves it out is refused",
        "{name} is always there now",
    ),
    SchemaRule(
        "property-no-longer-required", WIDER, SAFE, BREAKING,
        "{name} may be left out now",
        "{name} may be missing now: a client that counts on it fails",
    ),
    SchemaRule(
        "object-closed", NARROWER, BREAKING, SAFE,
        "{name} takes no other properties any more: a client that sends one is refused",
        "{name} has no other properties any more",
    ),
    SchemaRule(
        "object-opened", WIDER, SAFE, RISKY,
        "{name} takes other properties now",
        "{name} may have other properties now: a strict client refuses them",
    ),
    SchemaRule(
        "pattern-properties-changed", DIFFERENT, BREAKING, BREAKING,
        "{name} groups its properties by other patterns: what a client sends may be refused",
        "{name} groups its properties by other patterns: a client may not understand what it reads",
    ),
    SchemaRule(
        "dependency-added", NARROWER, BREAKING, SAFE,
        "one property of {name} requires others now ({values}): a client that sends it alone is refused",
        "one property of {name} always comes with others now ({values})",
    ),
    SchemaRule(
        "dependency-removed", WIDER, SAFE, BREAKING,
        "one property of {name} may come without others now ({values})",
        "one property of {name} may come without others now ({values}): a client that counts on both fails",
    ),
    # Types and values
    SchemaRule(
        "type-narrowed", NARROWER, BREAKING, SAFE,
        "{name} may be {new} only, was {old}: a client that sends another type is refused",
        "{name} is {new} only, was {old}",
    ),
    SchemaRule(
        "type-widened", WIDER, SAFE, BREAKING,
        "{name} may be {new}, was {old}",
        "{name} may be {new}, was {old}: a client that expects the old type fails",
    ),
    SchemaRule(
        "type-changed", DIFFERENT, BREAKING, BREAKING,
        "{name} is {new}, was {old}: a client that sends the old type is refused",
        "{name} is {new}, was {old}: a client that expects the old type fails",
    ),
    SchemaRule(
        "enum-value-removed", NARROWER, BREAKING, SAFE,
        "{name} takes {values} no longer: a client that sends it is refused",
        "{name} is never {values} any more",
    ),
    SchemaRule(
        "enum-value-added", WIDER, SAFE, BREAKING,
        "{name} takes {values} too",
        "{name} may be {values} now: a client that switches on it or decodes it into a fixed set has no case for it",
    ),
    SchemaRule(
        "error-code-added", WIDER, SAFE, RISKY,
        "{name} takes {values} too",
        "{name} may be {values} now: a client has to fall back on what it does with any failure",
    ),
    SchemaRule(
        "enum-added", NARROWER, BREAKING, SAFE,
        "{name} takes only {values} now: a client that sends another value is refused",
        "{name} is one of {values} now",
    ),
    SchemaRule(
        "enum-removed", WIDER, SAFE, BREAKING,
        "{name} is no longer limited to {values}",
        "{name} may be anything beside {values} now: a client that switches on it has no case for that",
    ),
    # Bounds and forms
    SchemaRule(
        "bound-narrowed", NARROWER, BREAKING, SAFE,
        "{keyword} of {name} is {new}, was {old}: a client that goes beyond it is refused",
        "{keyword} of {name} is {new}, was {old}; the server keeps within the old one",
    ),
    SchemaRule(
        "bound-widened", WIDER, SAFE, RISKY,
        "{keyword} of {name} is {new}, was {old}",
        "{keyword} of {name} is {new}, was {old}: a client that made room for the old one only fails",
    ),
    SchemaRule(
        "pattern-added", NARROWER, BREAKING, SAFE,
        "{name} has to match {new} now: a client that sends something else is refused",
        "{name} always matches {new} now",
    ),
    SchemaRule(
        "pattern-removed", WIDER, SAFE, RISKY,
        "{name} need not match {old} any more",
        "{name} need not match {old} any more: a client that takes it apart by that fails",
    ),
    SchemaRule(
        "pattern-changed", DIFFERENT, BREAKING, RISKY,
        "{name} has to match {new}, was {old}: a client that keeps to the old pattern may be refused",
        "{name} matches {new}, was {old}: a client that takes it apart by the old pattern may fail",
    ),
    SchemaRule(
        "format-added", NARROWER, BREAKING, SAFE,
        "{name} has to be a {new} now: a client that sends something else may be refused",
        "{name} is always a {new} now",
    ),
    SchemaRule(
        "format-removed", WIDER, SAFE, BREAKING,
        "{name} need not be a {old} any more",
        "{name} need not be a {old} any more: a client that parses it as one fails",
    ),
    SchemaRule(
        "format-changed", DIFFERENT, BREAKING, BREAKING,
        "{name} has to be a {new}, was {old}: a client that sends the old form may be refused",
        "{name} is a {new}, was {old}: a client that parses the old form fails",
    ),
    # Compositions
    SchemaRule(
        "alternative-removed", NARROWER, BREAKING, SAFE,
        "{name} may not be {values} any more: a client that sends it is refused",
        "{name} is never {values} any more",
    ),
    SchemaRule(
        "alternative-added", WIDER, SAFE, BREAKING,
        "{name} may be {values} too",
        "{name} may be {values} now: a client that knows the other alternatives only fails",
    ),
    SchemaRule(
        "condition-added", NARROWER, BREAKING, SAFE,
        "{name} has to fulfil {keyword} now: a client that sends something else is refused",
        "{name} always fulfils {keyword} now",
    ),
    SchemaRule(
        "condition-removed", WIDER, SAFE, BREAKING,
        "{name} need not fulfil {keyword} any more",
        "{name} need not fulfil {keyword} any more: a client that counts on it fails",
    ),
    SchemaRule(
        "condition-changed", DIFFERENT, BREAKING, BREAKING,
        "{keyword} of {name} is another: what a client sends may be refused",
        "{keyword} of {name} is another: a client may not understand what it reads",
    ),
    # What the set of values does not tell
    SchemaRule(
        "default-changed", NONE, RISKY, RISKY,
        "{name} counts as {new} where it is left out, was {old}: the same request does something else",
        "{name} means {new} where it is left out, was {old}: a client that fills in the old one is wrong",
    ),
    SchemaRule(
        "access-changed", NONE, RISKY, RISKY,
        "{keyword} of {name} is {new}, was {old}: what a client sends in it may be ignored or refused",
        "{keyword} of {name} is {new}, was {old}: a client may not find it any more",
    ),
    SchemaRule("schema-docs", NONE, DOCS, DOCS, "the words about {name} changed", "the words about {name} changed"),
    SchemaRule(
        "schema-deprecated", NONE, DOCS, DOCS,
        "{name} is deprecated: {new}, was {old}",
        "{name} is deprecated: {new}, was {old}",
    ),
)  # fmt: skip

SCHEMA_RULES = {rule.id: rule for rule in _TABLE}
