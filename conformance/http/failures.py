"""Turns Schemathesis' failures into findings: which rule, at which pointer of the contract, with which check.

Failures come as data with a key of their own; here each class has its rule. What `judge` decides on the wire as well
counts only where it agrees. Knows no engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemathesis.core.failures import Failure

from conformance.contract.http import HttpContract
from conformance.contract.load import escaped
from conformance.http.exchange import Exchange, Finding

RULE_OF = {
    "UndefinedStatusCode": "http-undeclared-status",
    "ServerError": "http-server-error",
    "ContentTypeServerError": "http-server-error",
    "ResponseTimeExceeded": "http-no-answer",
    "MissingContentType": "http-answer-type",
    "UndefinedContentType": "http-answer-type",
    "MalformedMediaType": "http-answer-type",
    "MissingHeaders": "http-answer-header",
    "JsonSchemaError": "http-answer-body",
    "ContentDeserializationError": "http-answer-body",
    "MalformedJson": "http-answer-body",
    "DiscriminatorMismatch": "http-answer-body",
    "AcceptedNegativeData": "http-accepted-invalid",
    "RejectedPositiveData": "http-refused-valid",
    "MissingHeaderNotRejected": "http-missing-header-accepted",
    "IgnoredAuth": "http-ignored-auth",
    "UnsupportedMethodResponse": "http-unsupported-method",
    "AllowHeaderMismatch": "http-allow-header",
    "UseAfterFree": "http-use-after-delete",
    "EnsureResourceAvailability": "http-lost-resource",
}
"""The rule of each class of failure; every other class is `http-other-check`."""

WIRE_DECIDES = frozenset({"http-accepted-invalid", "http-refused-valid", "http-undeclared-status"})
"""Rules on which Schemathesis goes by what it meant to send; they count where `judge` says so of what was sent."""


def finding_of(failure: Failure, contract: HttpContract, exchanges: tuple[Exchange, ...]) -> Finding:
    """Return the finding for a failure.

    Args:
        exchanges: The chain that led to it; the last one is the one that failed.
    """
    kind = type(failure).__name__
    rule = RULE_OF.get(kind, "http-other-check")
    title = failure.title
    if rule == "http-answer-body" and "header" in title.lower():
        rule = "http-answer-header"
    last = exchanges[-1]
    operation = contract.operation_at(last.sent.method, last.sent.path)
    label = str(failure.operation or "")
    if operation is None:
        path = label.partition(" ")[2]
        subject, pointer = f"{last.sent.method} {path}", f"openapi#/paths/{escaped(path)}"
        statuses: list[int] = []
    else:
        subject, pointer = operation.id, f"openapi{operation.pointer}"
        statuses = sorted(int(each) for each in operation.responses if each.isdigit())
    expected, check = _expectation(rule, statuses, last)
    lines = [line for line in failure.message.splitlines() if line.strip()]
    got = " ".join(lines)[:300] or title
    return Finding(rule, subject, pointer, _detail(rule, failure, last), expected or title, got, exchanges, check)


def _detail(rule: str, failure: Failure, last: Exchange) -> str:
    if rule in ("http-use-after-delete", "http-lost-resource"):
        return str(failure.operation or "")
    if rule == "http-ignored-auth":
        return str(getattr(failure, "scenario", "")).lower()
    if rule == "http-other-check":
        return type(failure).__name__
    return str(last.status)


def _expectation(rule: str, statuses: list[int], last: Exchange) -> tuple[str, Mapping[str, Any]]:
    refusals = [status for status in statuses if 400 <= status < 500] or [400]
    sound = [status for status in statuses if status < 500] or [200]
    table: dict[str, tuple[str, Mapping[str, Any]]] = {
        "http-undeclared-status": (f"one of {', '.join(map(str, statuses))}", {"status": statuses}),
        "http-server-error": ("no 5xx", {"status": sound}),
        "http-accepted-invalid": ("4xx", {"status": refusals}),
        "http-refused-valid": ("no refusal", {"status": [each for each in sound if each != last.status]}),
        "http-missing-header-accepted": ("4xx without a required header", {"status": refusals}),
        "http-ignored-auth": ("401 without a valid token", {"status": [401, 403]}),
        "http-unsupported-method": ("405 with Allow", {"status": [405]}),
        "http-use-after-delete": ("404 after the deletion", {"status": [403, 404, 410]}),
        "http-lost-resource": ("no 404 after the creation", {"status": [each for each in sound if each != 404]}),
    }
    if rule == "http-unsupported-method" and last.status == 405:
        return "405 with Allow", {"header": "Allow", "present": True}
    return table.get(rule, ("", {"status": [each for each in sound if each != last.status] or [200]}))
