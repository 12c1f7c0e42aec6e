"""Holds each request to its operation of the OpenAPI document: media type, size, parameters, body.

A middleware of Connexion's kind (`RoutedMiddleware`) that compiles everything at start-up; Connexion's own builds its
validators anew for each request, which was half of the time of a request. What passes is in
`scope["extensions"]["gochat"]` as keyword arguments for the handler.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware

from generated import requests as request_types
from generated.errors import InvalidRequest, MessageTooLarge, UnsupportedMediaType
from gochat.contract import (
    MAX_VIOLATIONS,
    ContractViolation,
    Decoder,
    Schema,
    Violation,
    bundled,
    find_unicode_violations,
)
from gochat.http.body import RequestBody
from gochat.http.bridge import ENCODED_SLASH, ASGIApp, Receive, Scope, Send
from gochat.names import snake_case

INTEGER = re.compile(r"-?(0|[1-9][0-9]*)\Z", re.ASCII)
MAX_INTEGER_DIGITS = 20
CONTENT_POINTER = "/content"
"""The one string whose maxLength is MESSAGE_TOO_LARGE."""


class RequestOperation:
    """The compiled checks of one operation."""

    def __init__(self, operation_id: str, specification: dict[str, Any], next_app: ASGIApp) -> None:
        self._next_app = next_app
        parameters = [_resolve(parameter) for parameter in specification.get("parameters", ())]
        self._query = [p for p in parameters if p["in"] == "query"]
        self._path = [p for p in parameters if p["in"] == "path"]
        self._integers = {p["name"] for p in self._query if _schema(p).get("type") == "integer"}
        self._defaults = {snake_case(p["name"]): _schema(p).get("default") for p in self._query}
        self._query_schema = _object_schema(self._query)
        self._path_schema = _object_schema(self._path)
        self._body = _body_decoder(specification)
        self._body_required = specification.get("requestBody", {}).get("required", False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arguments = dict(self._defaults)
        violations: list[Violation] = []
        body: RequestBody = scope["gochat"]["body"]
        if self._body is not None and (self._body_required or body.is_present):
            _check_media_type(scope, body)
            try:
                arguments["body"] = self._body.decode(body.read())
            except ContractViolation as error:
                if error.only_too_long(CONTENT_POINTER):
                    raise MessageTooLarge() from None
                violations += error.violations
        self._read_query(scope, arguments, violations)
        self._read_path(scope, arguments, violations)
        if violations:
            raise InvalidRequest(details=ContractViolation(violations[:MAX_VIOLATIONS]).details())
        scope["extensions"]["gochat"] = arguments
        await self._next_app(scope, receive, send)

    def _read_query(self, scope: Scope, arguments: dict[str, Any], violations: list[Violation]) -> None:
        if not scope["query_string"] and not any(p.get("required") for p in self._query):
            return
        values: dict[str, Any] = {}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="surrogateescape")
        for name, text in pairs:
            refused = list(find_unicode_violations(name + text, f"/query/{_printable(name)}"))
            violations += refused
            value = int(text) if name in self._integers and _is_integer(text) else text
            if not refused:
                values[name] = [values[name], value] if name in values else value  # a repeat is of no scalar type
        if not self._query_schema.accepts(values):
            violations += self._query_schema.explain(values, "/query")
        arguments.update((snake_case(name), value) for name, value in values.items())

    def _read_path(self, scope: Scope, arguments: dict[str, Any], violations: list[Violation]) -> None:
        values = {name: text.replace(ENCODED_SLASH, "/") for name, text in scope.get("path_params", {}).items()}
        refused = [v for name, text in values.items() for v in find_unicode_violations(text, f"/path/{name}")]
        violations += refused
        if values and not refused and not self._path_schema.accepts(values):
            violations += self._path_schema.explain(values, "/path")
        arguments.update((snake_case(name), value) for name, value in values.items())


class RequestAPI(RoutedAPI[RequestOperation]):
    """All operations of the document, compiled."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs = {name: kwargs[name] for name in ("next_app", "base_path", "resolver") if name in kwargs}
        super().__init__(*args, **kwargs)
        self._specifications = {
            operation["operationId"]: operation
            for methods in bundled("openapi")["paths"].values()
            for method, operation in methods.items()
            if method != "parameters"
        }
        self.add_paths()

    def make_operation(self, operation: Any) -> RequestOperation:
        operation_id = operation.operation_id
        return RequestOperation(operation_id, self._specifications[operation_id], self.next_app)


class RequestMiddleware(RoutedMiddleware[RequestAPI]):
    """Validates requests after security and before the handler."""

    api_cls = RequestAPI


def _body_decoder(specification: dict[str, Any]) -> Decoder[Any] | None:
    if "requestBody" not in specification:
        return None
    name = specification["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return Decoder(getattr(request_types, name), Schema.named(name, "openapi"))


def _check_media_type(scope: Scope, body: RequestBody) -> None:
    """Raise 415 unless the body is said to be JSON in UTF-8 (RFC 8259, 8.1); a missing body has no type."""
    headers = dict(scope["headers"])
    header = headers.get(b"content-type", b"").decode("latin-1")
    if not header and not body.is_present:
        return
    media_type, *parameters = [part.strip().lower() for part in header.split(";")]
    charsets = [p.partition("=")[2].strip('" ') for p in parameters if p.partition("=")[0].strip() == "charset"]
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType()  # RFC 9110, 15.5.16
    if media_type != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise UnsupportedMediaType()


def _object_schema(parameters: list[dict[str, Any]]) -> Schema:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {p["name"]: p["schema"] for p in parameters},
        "additionalProperties": False,
    }
    required = [p["name"] for p in parameters if p.get("required")]
    if required:  # Draft 4 allows no empty list
        schema["required"] = required
    return Schema(schema, "openapi")


def _resolve(value: dict[str, Any]) -> dict[str, Any]:
    """Follow a local reference of the bundled document."""
    if "$ref" not in value:
        return value
    target: Any = bundled("openapi")
    for part in value["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return dict(target)


def _schema(parameter: dict[str, Any]) -> dict[str, Any]:
    return _resolve(parameter["schema"])


def _is_integer(text: str) -> bool:
    return len(text) <= MAX_INTEGER_DIGITS and INTEGER.match(text) is not None


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")
