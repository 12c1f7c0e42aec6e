"""The OpenAPI document as typed data: operations, and what each may answer.

Built once a run. Judges answers by jsonschema-rs; the HTTP stage has openapi-core as a second opinion. Knows no chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.contract.channel import error_catalogue
from conformance.contract.judge import Problem, Schema, compiler
from conformance.contract.load import Document, escaped, followed
from conformance.contract.socket import ErrorCode

BODYLESS = (204, 205, 304)
"""RFC 9110, 15.3.5, 15.3.6 and 15.4.5: answers with these have no body, whatever `default` or `2XX` declare."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Response:
    """One declared answer: its pointer, its JSON schema (None without a body) and the headers that it must have."""

    pointer: str
    schema: Schema | None
    required_headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpOperation:
    """One operation. `path` is the template without the server's base, `responses` by status text or `default`."""

    id: str
    method: str
    path: str
    pointer: str
    responses: dict[str, Response]
    raw: dict[str, Any] = field(repr=False)
    secured: bool = False

    def response(self, status: int) -> Response | None:
        """Return what is declared for a status, by itself, by its class (`4XX`) or as `default`."""
        return (
            self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX") or self.responses.get("default")
        )


@dataclass(frozen=True)
class HttpContract:
    """The HTTP half of a server's contract. `base` is the path of the first server: `/api`."""

    document: Document = field(repr=False)
    base: str
    operations: dict[str, HttpOperation]
    errors: dict[str, ErrorCode]
    _routes: tuple[tuple[re.Pattern[str], HttpOperation], ...] = field(repr=False, default=())

    def operation_at(self, method: str, path: str) -> HttpOperation | None:
        """Return the operation of a request's path, the base included, None when there is none."""
        if not path.startswith(self.base):
            return None
        rest = path[len(self.base) :]
        for pattern, operation in self._routes:
            if operation.method == method.upper() and pattern.fullmatch(rest):
                return operation
        return None

    def judge(
        self, operation: HttpOperation, status: int, headers: Mapping[str, str], body: Any
    ) -> tuple[Response | None, list[Problem]]:
        """Say what is declared for an answer and what of it does not hold.

        Args:
            body: The parsed JSON, `ABSENT` when there is none or it is no JSON.

        Returns:
            (None, []) for a status that is not declared. The pointer of a header is `/header/NAME`.
        """
        response = operation.response(status)
        if response is None:
            return None, []
        problems = [
            Problem(f"/header/{name}", "required", f"the header {name} is missing")
            for name in response.required_headers
            if name.lower() not in {each.lower() for each in headers}
        ]
        if response.schema is not None and operation.method != "HEAD" and status not in BODYLESS:
            problems += response.schema.problems(body)
        return response, problems


def read_http_contract(document: Document) -> HttpContract:
    """Return the operations of an OpenAPI 3 document.

    Raises:
        ContractUnreadable: It refers to what is not there.
    """
    compile_schema = compiler(document)
    operations: dict[str, HttpOperation] = {}
    for path, raw_item in (document.get("paths") or {}).items():
        item, _ = followed(document, raw_item)
        for method in METHODS:
            if method not in item:
                continue
            raw = item[method]
            pointer = f"#/paths/{escaped(path)}/{method}"
            responses = {}
            for status, raw_response in (raw.get("responses") or {}).items():
                response, _ = followed(document, raw_response)
                content = response.get("content") or {}
                media = next((content[name] for name in content if "json" in name), None)
                headers = {name: followed(document, each)[0] for name, each in (response.get("headers") or {}).items()}
                responses[str(status)] = Response(
                    f"{pointer}/responses/{status}",
                    compile_schema(media["schema"]) if media and "schema" in media else None,
                    tuple(name for name, each in headers.items() if each.get("required")),
                )
            identity = str(raw.get("operationId") or f"{method} {path}")
            secured = bool(raw.get("security", document.get("security")))
            operations[identity] = HttpOperation(identity, method.upper(), path, pointer, responses, raw, secured)
    server = (document.get("servers") or [{}])[0]
    url = str(server.get("url", ""))
    for name, variable in (server.get("variables") or {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    base = urlsplit(url).path.rstrip("/")
    # Longer templates with fewer parameters first: /users/search before /users/{id}.
    ordered = sorted(operations.values(), key=lambda operation: operation.path.count("{"))
    routes = tuple((_pattern(operation.path), operation) for operation in ordered)
    return HttpContract(document, base, operations, error_catalogue(document), routes)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", path))
    )
