"""Holds what the server sends to the bundled OpenAPI and AsyncAPI documents.

Used by the HTTP and the WebSocket client of the harness for every answer and every frame.
Validates with openapi-core and jsonschema only, never with the server's own code.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft7Validator
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

PROJECT_ROOT = Path(__file__).resolve().parents[2]
GENERATED = PROJECT_ROOT / "generated"
BASE_PATH = "/api"

OPENAPI_URI = "urn:gochat:openapi"
ASYNCAPI_URI = "urn:gochat:asyncapi"

HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SUCCESS_KEYS = {"success", "message", "data"}
ERROR_KEYS = {"success", "message", "code"}


class ContractViolationError(AssertionError):
    """The server said something that the contract does not allow."""


@dataclass(frozen=True)
class CatalogueEntry:
    """One error code: its HTTP status (None where it has none) and what it does on the socket."""

    code: str
    status: int | None
    socket: str


@dataclass(frozen=True)
class MatchedOperation:
    """The operation that a request addresses, with the document's node and its JSON pointer."""

    operation_id: str
    node: dict[str, Any]
    pointer: str


class Contract:
    """The two bundled documents and the error catalogue, ready to judge answers and frames."""

    def __init__(self, openapi: dict[str, Any], asyncapi: dict[str, Any]) -> None:
        self.openapi = openapi
        self.asyncapi = asyncapi
        self.catalogue = {
            entry["code"]: CatalogueEntry(entry["code"], entry.get("status"), entry["socket"])
            for entry in openapi["x-error-catalogue"]
        }
        self._lock = threading.RLock()
        self._registry: Registry[Any] = Registry().with_resources(
            [
                (OPENAPI_URI, Resource.from_contents(openapi, default_specification=DRAFT7)),
                (ASYNCAPI_URI, Resource.from_contents(asyncapi, default_specification=DRAFT7)),
            ]
        )
        self._path_patterns: list[tuple[re.Pattern[str], str]] = [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template)) + r"\Z"), template)
            for template in sorted(openapi["paths"], key=lambda template: template.count("{"))
        ]
        self._openapi_core = OpenAPI.from_dict(_with_one_server(openapi))
        self._response_validators: dict[tuple[str, str], Draft7Validator | None] = {}
        self._server_frames = dict(self._read_messages("ws"))
        self._records = dict(self._read_messages("downstream"))

    # HTTP

    def check_response(self, response: httpx.Response) -> None:
        """Raises ContractViolationError unless the answer is one that the contract allows for its request."""
        request = response.request
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        what = f"{request.method} {path} -> {response.status_code}"
        if request.method == "HEAD":
            if response.content:
                raise ContractViolationError(f"{what}: an answer to HEAD has no body")
            return
        body = self._check_envelope(what, response)
        operation = self.operation_for(request.method, path)
        if operation is None:
            if response.is_success:
                raise ContractViolationError(f"{what}: a success outside the contract: {body}")
            return
        self._check_with_openapi_core(what, response, path)
        self._check_with_jsonschema(what, operation, response.status_code, body)

    def operation_for(self, method: str, path: str) -> MatchedOperation | None:
        """Finds the operation for a method and a full, percent-encoded path; None outside the contract."""
        if not path.startswith(BASE_PATH + "/"):
            return None
        template = self._template_for(path.removeprefix(BASE_PATH))
        if template is None or method.lower() not in HTTP_METHODS:
            return None
        node = self.openapi["paths"][template].get(method.lower())
        if node is None:
            return None
        escaped = template.replace("~", "~0").replace("/", "~1")
        return MatchedOperation(node["operationId"], node, f"/paths/{escaped}/{method.lower()}")

    def _template_for(self, path: str) -> str | None:
        for pattern, template in self._path_patterns:
            if pattern.match(path):
                return template
        return None

    def _check_envelope(self, what: str, response: httpx.Response) -> dict[str, Any]:
        if response.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise ContractViolationError(
                f"{what}: Content-Type is {response.headers.get('content-type')!r}: {response.text[:500]!r}"
            )
        try:
            body = response.json()
        except ValueError as error:
            raise ContractViolationError(f"{what}: not JSON ({error}): {response.text[:500]!r}") from None
        if not isinstance(body, dict) or not isinstance(body.get("message"), str) or not body["message"]:
            raise ContractViolationError(f"{what}: no envelope with a message: {body!r}")
        _refuse_nulls(what, body)
        if response.is_success:
            if set(body) != SUCCESS_KEYS or body["success"] is not True or not isinstance(body["data"], dict):
                raise ContractViolationError(f"{what}: not a success envelope: {body!r}")
        else:
            self._check_error_envelope(what, response, body)
        return body

    def _check_error_envelope(self, what: str, response: httpx.Response, body: dict[str, Any]) -> None:
        if set(body) - {"details"} != ERROR_KEYS or body["success"] is not False:
            raise ContractViolationError(f"{what}: not an error envelope: {body!r}")
        entry = self.catalogue.get(body["code"])
        if entry is None:
            raise ContractViolationError(f"{what}: code is not in the catalogue: {body!r}")
        if entry.status != response.status_code:
            raise ContractViolationError(f"{what}: the catalogue gives {entry.code} the status {entry.status}")
        details = body.get("details", {})
        if not isinstance(details, dict):
            raise ContractViolationError(f"{what}: details is not an object: {body!r}")
        headers = response.headers
        if response.status_code == 401 and not headers.get("www-authenticate", "").startswith("Bearer"):
            raise ContractViolationError(f"{what}: a 401 carries WWW-Authenticate: Bearer, got {dict(headers)}")
        if response.status_code == 405 and not headers.get("allow"):
            raise ContractViolationError(f"{what}: a 405 carries Allow, got {dict(headers)}")
        if response.status_code == 429:
            _check_retry_after(what, headers, details)
        if entry.code == "INVALID_REQUEST":
            _check_violations(what, details)

    def _check_with_openapi_core(self, what: str, response: httpx.Response, path: str) -> None:
        with self._lock:
            errors = list(
                self._openapi_core.iter_response_errors(_CoreRequest(response, path), _CoreResponse(response))
            )
        if errors:
            reasons = "; ".join(f"{error} ({error.__cause__})" for error in errors)
            raise ContractViolationError(f"{what}: openapi-core: {reasons}; body {response.text[:1000]}")

    def _check_with_jsonschema(self, what: str, operation: MatchedOperation, status: int, body: dict[str, Any]) -> None:
        key = (operation.pointer, str(status))
        if key not in self._response_validators:
            self._response_validators[key] = self._response_validator(operation, str(status))
        validator = self._response_validators[key]
        if validator is None:
            raise ContractViolationError(f"{what}: {operation.operation_id} declares no {status}: {body}")
        _raise_schema_errors(what, validator, body)

    def _response_validator(self, operation: MatchedOperation, status: str) -> Draft7Validator | None:
        response = operation.node["responses"].get(status)
        if response is None:
            return None
        pointer = f"{operation.pointer}/responses/{status}"
        while "$ref" in response:
            pointer = response["$ref"].removeprefix("#")
            response = _at(self.openapi, pointer)
        return self._validator(OPENAPI_URI, f"{pointer}/content/application~1json/schema")

    # WebSocket

    def check_frame(self, frame: Any) -> None:
        """Raises ContractViolationError unless the decoded frame is one that the server may send."""
        what = f"frame {str(frame)[:300]}"
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise ContractViolationError(f"{what}: no object with a type")
        _refuse_nulls(what, frame)
        if not isinstance(frame.get("timestamp"), int) or isinstance(frame["timestamp"], bool):
            raise ContractViolationError(f"{what}: the server always sends timestamp, Unix seconds")
        validator = self._server_frames.get(frame["type"])
        if validator is None:
            raise ContractViolationError(f"{what}: the server may send {sorted(self._server_frames)}")
        _raise_schema_errors(what, validator, frame)
        if frame["type"] == "error":
            entry = self.catalogue.get(frame["data"]["code"])
            if entry is None or entry.socket == "none":
                raise ContractViolationError(f"{what}: the catalogue has no such code for the socket")
            if not isinstance(frame["data"].get("details"), dict):
                raise ContractViolationError(f"{what}: an error frame always has details")
            if entry.code == "INVALID_MESSAGE":
                _check_violations(what, frame["data"]["details"])

    # Kafka

    def check_record(self, record: Any) -> None:
        """Raises ContractViolationError unless the decoded record is one that processes of the server may send."""
        what = f"record {str(record)[:300]}"
        if not isinstance(record, dict) or record.get("type") not in self._records:
            raise ContractViolationError(f"{what}: the types are {sorted(self._records)}")
        _refuse_nulls(what, record)
        _raise_schema_errors(what, self._records[record["type"]], record)

    def _read_messages(self, channel: str) -> Iterator[tuple[str, Draft7Validator]]:
        for operation in self.asyncapi["operations"].values():
            if operation["action"] != "send" or operation["channel"] != {"$ref": f"#/channels/{channel}"}:
                continue
            for reference in operation["messages"]:
                message, pointer = reference, ""
                while "$ref" in message:
                    pointer = message["$ref"].removeprefix("#")
                    message = _at(self.asyncapi, pointer)
                payload = f"{pointer}/payload"
                if "schemaFormat" in message["payload"]:
                    payload += "/schema"
                yield message["name"], self._validator(ASYNCAPI_URI, payload)

    def _validator(self, document_uri: str, pointer: str) -> Draft7Validator:
        return Draft7Validator(
            {"$ref": f"{document_uri}#{pointer.replace('{', '%7B').replace('}', '%7D')}"},
            registry=self._registry,
            format_checker=Draft7Validator.FORMAT_CHECKER,
        )


@lru_cache(maxsize=1)
def load_contract() -> Contract:
    """Reads the bundled documents once a process."""
    return Contract(_read_yaml(GENERATED / "openapi.yaml"), _read_yaml(GENERATED / "asyncapi.yaml"))


class _CoreRequest:
    """The request of an answer, in the shape that openapi-core asks for."""

    def __init__(self, response: httpx.Response, path: str) -> None:
        url = response.request.url
        self.parameters = RequestParameters()
        self.host_url = f"{url.scheme}://{url.netloc.decode('ascii')}"
        self.path = path
        self.full_url_pattern = self.host_url + path
        self.method = response.request.method.lower()
        self.content_type = "application/json"
        self.body = None


class _CoreResponse:
    """An answer, in the shape that openapi-core asks for."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.headers = response.headers
        self.content_type = response.headers.get("content-type", "").lower()
        self.data = response.content


def _with_one_server(openapi: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(openapi)
    document["servers"] = [{"url": BASE_PATH}]
    return document


def _read_yaml(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    assert isinstance(document, dict)
    return document


def _at(document: Any, pointer: str) -> Any:
    node = document
    for token in pointer.split("/")[1:]:
        node = node[token.replace("~1", "/").replace("~0", "~")]
    return node


def _raise_schema_errors(what: str, validator: Draft7Validator, value: Any) -> None:
    errors = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
    if errors:
        raise ContractViolationError(f"{what}: {'; '.join(errors)}; in {str(value)[:1000]}")


def _refuse_nulls(what: str, value: Any, pointer: str = "") -> None:
    """An absent optional is left out, never null."""
    if value is None:
        raise ContractViolationError(f"{what}: null at {pointer}")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_nulls(what, item, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nulls(what, item, f"{pointer}/{index}")


def _check_retry_after(what: str, headers: httpx.Headers, details: dict[str, Any]) -> None:
    retry_after_ms = details.get("retryAfterMs")
    if not isinstance(retry_after_ms, int) or isinstance(retry_after_ms, bool) or retry_after_ms < 1:
        raise ContractViolationError(f"{what}: a 429 has details.retryAfterMs >= 1, got {details}")
    retry_after_s = headers.get("retry-after", "")
    if not retry_after_s.isdigit() or not 0 <= int(retry_after_s) * 1000 - retry_after_ms <= 1000:
        raise ContractViolationError(
            f"{what}: Retry-After is {retry_after_s!r}, retryAfterMs is {retry_after_ms}: not the same wait"
        )


def _check_violations(what: str, details: dict[str, Any]) -> None:
    errors = details.get("errors")
    if not isinstance(errors, list) or not errors:
        raise ContractViolationError(f"{what}: details.errors says what is wrong, got {details}")
    for error in errors:
        if not isinstance(error.get("pointer"), str) or not isinstance(error.get("rule"), str):
            raise ContractViolationError(f"{what}: a violation is a pointer and a rule, got {error}")
        if error["pointer"] and not error["pointer"].startswith("/"):
            raise ContractViolationError(f"{what}: {error['pointer']!r} is no RFC 6901 pointer")
