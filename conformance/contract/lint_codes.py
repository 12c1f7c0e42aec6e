"""Lint rules about error codes, close codes and limits, in one document or between the two.

The catalogue (`x-error-catalogue`) is the measure; without one there is nothing to hold the codes to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.contract.lint_frames import code_member
from conformance.contract.lint_places import Contract, Place, items, member, members, texts
from conformance.contract.lint_schemas import declared
from conformance.contract.load import escaped
from conformance.contract.socket import LIMITS
from conformance.violation import Violation

CATALOGUE = "x-error-catalogue"
LEGAL_CLOSE_CODES = (range(1000, 1004), range(1007, 1015), range(3000, 5000))
"""RFC 6455, section 7.4, and IANA's registry: 1004 to 1006 and 1015 are never on the wire, the rest is nobody's."""

HTTP_CODE = (["code"], ["error", "code"])
"""Where error answers have their code."""


def judge_codes(openapi: Contract | None, asyncapi: Contract) -> Iterator[Violation]:
    """Yield error codes, close codes and limits that contradict the catalogue, RFC 6455 or each other."""
    contracts = [asyncapi] if openapi is None else [openapi, asyncapi]
    catalogues = {each.name: _catalogue(each) for each in contracts if CATALOGUE in each.document}
    for contract in contracts:
        if contract.name in catalogues:
            yield from _twice(contract, catalogues[contract.name])
    if len(catalogues) == 2:
        yield from _shared(asyncapi, catalogues["openapi"], catalogues["asyncapi"])
    entries = catalogues.get("asyncapi") or catalogues.get("openapi") or []
    catalogue = {each["code"]: each for each in entries}
    if openapi is not None and catalogue:
        yield from _http_codes(openapi, catalogue)
    for channel in asyncapi.all("channel"):
        yield from _close_codes(asyncapi, channel.pointer, channel.value.get("x-close-codes"), catalogue)
        if catalogue:
            yield from _frame_codes(asyncapi, channel, catalogue)
    yield from _limits(asyncapi)


def _catalogue(contract: Contract) -> list[dict[str, Any]]:
    """Return the entries that have a code; `extension-valid` tells of others."""
    found, _ = contract.follow(contract.document[CATALOGUE])
    return [each for each in items(found) if isinstance(each, dict) and isinstance(each.get("code"), str)]


def _twice(contract: Contract, entries: list[dict[str, Any]]) -> Iterator[Violation]:
    seen = set()
    for each in entries:
        if each["code"] in seen:
            yield contract.violation(
                "extension-valid", each["code"], f"#/{CATALOGUE}", "each code once", each["code"], each["code"]
            )
        seen.add(each["code"])


def _shared(asyncapi: Contract, of_http: list[dict[str, Any]], of_frames: list[dict[str, Any]]) -> Iterator[Violation]:
    http, frames = ({each["code"]: each for each in entries} for entries in (of_http, of_frames))
    for code in dict.fromkeys((*http, *frames)):
        if http.get(code) != frames.get(code):
            in_http, in_frames = (json.dumps(side.get(code), ensure_ascii=False) for side in (http, frames))
            yield asyncapi.violation(
                "catalogue-shared", code, f"#/{CATALOGUE}", f"as in the openapi document: {in_http}", in_frames, code
            )


def _http_codes(openapi: Contract, catalogue: dict[str, dict[str, Any]]) -> Iterator[Violation]:
    for status, subject, pointer, codes in _error_answers(openapi):
        for code in codes:
            if code not in catalogue:
                yield openapi.violation("error-code-known", subject, pointer, "a code of the catalogue", code, code)
                continue
            known = catalogue[code].get("status")
            fits = status in (str(known), "default") or (known is not None and status == f"{str(known)[0]}XX")
            if not fits:
                expected = f"the status {known}" if known is not None else "no HTTP answer, as it has no status"
                yield openapi.violation("error-code-status", subject, pointer, f"{code} under {expected}", status, code)


def _error_answers(openapi: Contract) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield status, operation, pointer and codes of each declared error answer that lists its codes."""
    for operation in openapi.all("http operation"):
        for status, raw in members(operation.value.get("responses")):
            response, at = openapi.follow(raw, f"{operation.pointer}/responses/{status}")
            if not status.startswith(("4", "5", "default")):
                continue
            for media_type, media in members(member(response, "content")):
                schema = member(media, "schema") if "json" in media_type else None
                lists = [found for parts in HTTP_CODE for found in _enums(declared(openapi, schema, parts))]
                if lists:
                    # What all of them allow: a general envelope lists every code, the answer those it can have.
                    codes = [code for code in lists[0] if all(code in each for each in lists)]
                    where = f"{at}/content/{escaped(media_type)}/schema"
                    yield status, operation.subject, where, codes


def _enums(schemas: list[Any] | None) -> list[list[str]]:
    return [texts(each["enum"]) for each in schemas or () if isinstance(each.get("enum"), list)]


def _frame_codes(asyncapi: Contract, channel: Place, catalogue: dict[str, dict[str, Any]]) -> Iterator[Violation]:
    at, lists = code_member(asyncapi, channel)
    if not lists:
        return
    allowed = [code for code in texts(lists[0]) if all(code in each for each in lists)]
    for code in allowed:
        if code not in catalogue:
            yield asyncapi.violation(
                "error-code-known", channel.subject, at, "a code of the catalogue", code, str(code)
            )
        elif catalogue[code].get("socket", "none") == "none":
            expected = "only codes that the catalogue sends to a socket"
            yield asyncapi.violation("error-code-socket", channel.subject, at, expected, code, code)
    for code, entry in catalogue.items():
        if entry.get("socket", "none") != "none" and code not in allowed:
            expected = f"{code}, which the catalogue sends to a socket"
            yield asyncapi.violation("error-code-socket", channel.subject, at, expected, "it is not allowed", code)


def _close_codes(contract: Contract, at: str, raw: Any, catalogue: dict[str, dict[str, Any]]) -> Iterator[Violation]:
    if not isinstance(raw, list):
        return
    pointer, seen = f"{at}/x-close-codes", set()
    for index, each in enumerate(raw):
        code = member(each, "code")
        if not isinstance(code, int) or isinstance(code, bool):
            continue
        if code in seen or not any(code in legal for legal in LEGAL_CLOSE_CODES):
            expected = "each code once" if code in seen else "1000-1003, 1007-1014 or 3000-4999"
            yield contract.violation("close-code-legal", f"{code}", f"{pointer}/{index}/code", expected, f"{code}")
        seen.add(code)
    for name, entry in catalogue.items():
        code = entry.get("closeCode")
        if isinstance(code, int) and code not in seen:
            expected = f"{code}, with which {name} closes"
            yield contract.violation("close-code-declared", name, pointer, expected, "it is not declared", f"{code}")


def _limits(asyncapi: Contract) -> Iterator[Violation]:
    raw, rule = asyncapi.document.get("x-limits"), "limits-sane"
    limits, pointer = asyncapi.follow(raw, "#/x-limits")
    if raw is None or (limits == {} and limits is not raw):
        return
    if not isinstance(limits, dict):
        yield asyncapi.violation(rule, "x-limits", pointer, "an object", str(limits))
        return
    for name, value in limits.items():
        at = f"{pointer}/{escaped(name)}"
        if name not in LIMITS and not name.startswith("x-"):
            yield asyncapi.violation(rule, name, at, f"one of {', '.join(LIMITS)}", name)
        elif not name.startswith("x-") and not (_is_number(value) and value >= 0):
            yield asyncapi.violation(rule, name, at, "a number of at least 0", json.dumps(value, default=str))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
