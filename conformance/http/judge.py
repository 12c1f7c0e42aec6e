"""Judges exchanges, one at a time: the answer by the contract, and the verdict on the request by what was answered.

Contract-driven throughout: what may be refused is what a schema states or an example of the refusal shows. Pure but
for the memory of the second opinion; knows no Schemathesis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.http import HttpContract, HttpOperation
from conformance.contract.judge import ABSENT, Problem
from conformance.contract.load import escaped, followed
from conformance.contract.socket import value_at
from conformance.http.asked import Asked, Forms
from conformance.http.claims import claim_in, claims, is_stated, schemas_at
from conformance.http.exchange import FORGED, Exchange, Finding
from conformance.http.outside import Outside, start, wrong_code
from conformance.http.second import Opinion, SecondOpinion

TOO_LONG_FOR_SOME = 65_536
"""Bytes of a body, where the server's limit is not known."""

REFUSALS = (400, 406, 411, 413, 415, 422)
"""What says that the request itself is wrong, whatever the state of the server is."""


class Judge:
    """What is wrong with an exchange, by one contract."""

    def __init__(self, contract: HttpContract, max_body_bytes: int) -> None:
        """Prepare.

        Args:
            max_body_bytes: Longer bodies may be refused with 413; 0 is no limit.
        """
        self._contract = contract
        self._forms = Forms(contract)
        self._second = SecondOpinion(contract)
        self._max_body_bytes = max_body_bytes
        self._shown: dict[tuple[str, int], set[tuple[str, str]]] = {}
        self._outside = Outside(contract)

    def findings(self, exchange: Exchange) -> list[Finding]:
        """Return the broken rules that one exchange shows."""
        operation = self._contract.operation_at(exchange.sent.method, exchange.sent.path)
        if operation is None:
            return [*self._outside.findings(exchange)]
        asked = self._forms.examine(operation, exchange.sent)
        found = [*self._answer(operation, exchange)]
        if any(finding.rule in ("http-no-answer", "http-server-error") for finding in found):
            return found
        return [*found, *self._request(operation, asked, exchange)]

    def _answer(self, operation: HttpOperation, exchange: Exchange) -> Iterator[Finding]:
        declared = sorted(int(status) for status in operation.responses if status.isdigit())
        sound = [status for status in declared if status < 500]
        if not exchange.status:
            if _is_odd(exchange) or len(exchange.sent.body) > (self._max_body_bytes or TOO_LONG_FOR_SOME):
                return  # a server may close the connection on these, RFC 9110, 15.5.14 and 15.5.15
            check = {"status": sound}
            yield _found(operation, "", "http-no-answer", "", "an answer", exchange.failure, exchange, check)
            return
        status, headers = exchange.status, exchange.headers
        if status >= 500:
            got = f"{status} {start(exchange)}"
            yield _found(
                operation, "/responses", "http-server-error", str(status), "no 5xx", got, exchange, {"status": sound}
            )
        response = operation.response(status)
        if response is None:
            if not _is_odd(exchange):
                expected = "one of " + ", ".join(operation.responses)
                got = f"{status} {start(exchange)}"
                where = "/responses"
                check = {"status": declared}
                yield _found(operation, where, "http-undeclared-status", str(status), expected, got, exchange, check)
            return
        raw, _ = followed(self._contract.document, operation.raw["responses"].get(str(status)) or {})
        content = raw.get("content") or {}
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        where = response.pointer.removeprefix(operation.pointer)
        if content and exchange.sent.method != "HEAD" and not _fits(media, content):
            yield _found(
                operation,
                where,
                "http-answer-type",
                str(status),
                f"Content-Type {' or '.join(content)}",
                f"Content-Type {media or 'missing'} with status {status}",
                exchange,
                {"status": [status], "header": "Content-Type", "not": headers.get("content-type", ""), "always": True}
                if media
                else {"status": [status], "header": "Content-Type", "present": True, "always": True},
            )
            return
        body = exchange.value
        _, problems = self._contract.judge(operation, status, headers, body)
        for problem in problems:
            if problem.pointer.startswith("/header/"):
                name = problem.pointer.removeprefix("/header/")
                yield _found(
                    operation,
                    f"{where}/headers/{escaped(name)}",
                    "http-answer-header",
                    f"{status} {name}",
                    f"the header {name} with status {status}",
                    "no such header",
                    exchange,
                    {"status": [status], "header": name, "present": True, "always": True},
                )
            elif exchange.sent.method != "HEAD":
                yield self._wrong_body(operation, where, problem, exchange)
        if not problems:
            for opinion in self._second.problems(exchange):
                yield self._second_opinion(operation, where, opinion, exchange)
        yield from wrong_code(self._contract, operation.id, f"openapi{response.pointer}", exchange)

    def _second_opinion(self, operation: HttpOperation, where: str, opinion: Opinion, exchange: Exchange) -> Finding:
        status, header = exchange.status, opinion.header
        if header:
            value = exchange.headers.get(header.lower())
            check = {"status": [status], "header": header, **({"not": value} if value else {"present": True})}
            return _found(
                operation,
                f"{where}/headers/{escaped(header)}",
                "http-answer-header",
                f"{status} {header}",
                f"a valid header {header} with status {status}",
                opinion.text,
                exchange,
                {**check, "always": True},
            )
        stands = value_at(exchange.value, opinion.pointer)
        return _found(
            operation,
            where,
            "http-second-opinion",
            f"{status} {opinion.kind}",
            "an answer that openapi-core finds valid, too",
            f"{opinion.kind}: {opinion.text}",
            exchange,
            {"status": [status], "pointer": opinion.pointer, "not": stands if stands is not ABSENT else None},
        )

    def _wrong_body(self, operation: HttpOperation, where: str, problem: Problem, exchange: Exchange) -> Finding:
        place = re.sub(r"/[0-9]+(?=/|$)", "/*", problem.pointer)
        value = exchange.value
        check: dict[str, Any] = {"pointer": problem.pointer}
        stands = value_at(value, problem.pointer) if value is not ABSENT else ABSENT
        schemas = self._stated(operation, exchange.status, problem.pointer)
        types = [each["type"] for each in schemas if isinstance(each.get("type"), str)]
        allowed = [each["enum"] for each in schemas if isinstance(each.get("enum"), list)]
        if value is ABSENT:
            check = {"pointer": "", "type": "object"}
        elif problem.keyword == "required" or stands is ABSENT:
            check["present"] = True
        elif problem.keyword == "type" and types:
            check["type"] = types[0]
        elif problem.keyword == "enum" and allowed and len(allowed[-1]) == 1:
            check["equals"] = allowed[-1][0]
        else:
            check["not"] = stands
        return _found(
            operation,
            where,
            "http-answer-body",
            f"{exchange.status} {place} {problem.keyword}",
            f"{place or 'the body'} valid by its schema ({problem.keyword}) with status {exchange.status}",
            problem.text if value is not ABSENT else f"no JSON: {start(exchange)}",
            exchange,
            {"status": [exchange.status], **check, "always": True},
        )

    def _stated(self, operation: HttpOperation, status: int, pointer: str) -> list[dict[str, Any]]:
        response, _ = followed(self._contract.document, operation.raw["responses"].get(str(status)) or {})
        content = response.get("content") or {}
        schema = next((content[name].get("schema") for name in content if "json" in name), None)
        return schemas_at(self._contract.document, schema or {}, pointer)

    def _request(self, operation: HttpOperation, asked: Asked, exchange: Exchange) -> Iterator[Finding]:
        status = exchange.status
        is_success = 200 <= status < 300
        token = exchange.sent.token
        if is_success and operation.secured and token in ("", FORGED) and _bears_only(operation, self._contract):
            kind = "a forged token" if token else "no token"
            expected, check = f"401 with {kind}", {"status": [401, 403]}
            yield _found(operation, "/security", "http-ignored-auth", kind, expected, str(status), exchange, check)
        if is_success and asked.is_invalid:
            problem = asked.problems[0]
            refused = [each for each in (400, 404, 413, 415, 422) if str(each) in operation.responses] or [400]
            what = f"{problem.pointer or 'the body'} breaks `{problem.keyword}`"
            rule = "http-missing-header-accepted" if _is_missing_header(problem) else "http-accepted-invalid"
            yield _found(
                operation,
                _where(problem),
                rule,
                f"{re.sub(r'/[0-9]+(?=/|$)', '/*', _stable(problem))} {problem.keyword}",
                f"4xx: {_stable(problem) or 'the body'} breaks `{problem.keyword}`",
                f"{status} although {what}",
                exchange,
                {"status": refused},
            )
        if asked.is_valid and status in REFUSALS:
            yield from self._wrong_refusal(operation, exchange)

    def _wrong_refusal(self, operation: HttpOperation, exchange: Exchange) -> Iterator[Finding]:
        """Judge the refusal of a valid request: it has to be for a rule in words, which an example shows."""
        status = exchange.status
        if status == 413 and self._max_body_bytes and len(exchange.sent.body) > self._max_body_bytes:
            return
        expected, rule_id = "no refusal of a request that keeps its schema", "http-refused-valid"
        told = claims(exchange.value, {}) if exchange.value is not ABSENT else set()
        if not told:
            others = [int(each) for each in operation.responses if each.isdigit() and int(each) not in REFUSALS]
            check: Mapping[str, Any] = {"status": [each for each in others if each < 500]}
            got = f"{status}: {start(exchange)}"
            yield _found(operation, "", rule_id, str(status), expected, got, exchange, check)
            return
        shown = self._shown_for(operation, status)
        form = self._forms.form(operation)
        for pointer, rule in sorted(told):
            is_rule_in_words = (pointer, rule) in shown or (rule == "not" and not shown)
            place, _, name = pointer.removeprefix("/").partition("/")
            if place in ("query", "path", "header") and any(each.name == name for each in form.of(place)):
                is_false = rule != "not"
            else:
                is_false = form.body_schema is not None and is_stated(
                    self._contract.document, form.body_schema, pointer, rule
                )
            if is_false or not is_rule_in_words:
                at, claim = claim_in(exchange.value, pointer, rule)
                check = {"status": [status], "pointer": at, "not": claim}
                got = f"{status}: {pointer or 'the body'} is said to break `{rule}`"
                detail = f"{status} {re.sub(r'/[0-9]+(?=/|$)', '/*', pointer)} {rule}"
                yield _found(operation, "", rule_id, detail, expected, got, exchange, check)
                return

    def _shown_for(self, operation: HttpOperation, status: int) -> set[tuple[str, str]]:
        key = (operation.id, status)
        if key not in self._shown:
            response = operation.raw["responses"].get(str(status)) or {}
            self._shown[key] = claims(response, self._contract.document)
        return self._shown[key]


def _found(
    operation: HttpOperation,
    where: str,
    rule: str,
    detail: str,
    expected: str,
    got: str,
    exchange: Exchange,
    check: Mapping[str, Any],
) -> Finding:
    return Finding(rule, operation.id, f"openapi{operation.pointer}{where}", detail, expected, got, (exchange,), check)


def _fits(media: str, content: Mapping[str, Any]) -> bool:
    for declared in content:
        name = declared.partition(";")[0].strip().lower()
        if name in (media, "*/*") or (name.endswith("/*") and media.startswith(name[:-1])):
            return True
    return False


def _is_odd(exchange: Exchange) -> bool:
    """Say whether a server below the application may have answered: the path or a header is not plain."""
    plain = all(re.fullmatch(r"[\x20-\x7e]*", text) for text in exchange.sent.headers.values())
    odd = re.search(r"%(2f|5c|0[0-9a-f]|1[0-9a-f]|7f)|/\.{1,2}(/|$)|[^\x21-\x7e]|//", exchange.sent.path.lower())
    is_long = len(exchange.sent.path) + len(exchange.sent.query) > 4000
    return not plain or bool(odd) or is_long


def _bears_only(operation: HttpOperation, contract: HttpContract) -> bool:
    """Say whether every security requirement of an operation is a bearer token, so that none means nobody."""
    wanted = operation.raw.get("security", contract.document.get("security")) or []
    schemes = (contract.document.get("components") or {}).get("securitySchemes") or {}
    return bool(wanted) and all(
        any(str((schemes.get(name) or {}).get("scheme", "")).lower() == "bearer" for name in requirement)
        for requirement in wanted
    )


def _is_missing_header(problem: Problem) -> bool:
    return problem.pointer.startswith("/header/") and problem.keyword == "required"


def _stable(problem: Problem) -> str:
    """Return the pointer of a problem without names that were made up."""
    return problem.pointer.rpartition("/")[0] if problem.keyword == "additionalProperties" else problem.pointer


def _where(problem: Problem) -> str:
    place = problem.pointer.split("/")[1:2]
    return "/parameters" if place and place[0] in ("query", "path", "header") else "/requestBody" if place else ""
