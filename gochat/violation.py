"""Builds the errors whose `details` name a place and a rule, for rules that no schema states."""

from __future__ import annotations

from generated.errors import InvalidRequest


def invalid(pointer: str, rule: str = "not") -> InvalidRequest:
    """Return INVALID_REQUEST for one violation: `pointer` is RFC 6901 or /query/NAME, `rule` a schema keyword."""
    return InvalidRequest(details={"errors": [{"pointer": pointer, "rule": rule}]})
