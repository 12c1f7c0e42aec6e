"""The second opinion: openapi-core on every answer, beside jsonschema-rs. Knows no rules."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.response.exceptions import HeaderValidationError
from requests.structures import CaseInsensitiveDict

from conformance.contract.http import HttpContract
from conformance.contract.load import FILES, escaped
from conformance.http.exchange import Exchange

HOST = "http://server.test"
REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Opinion:
    """One thing that openapi-core finds wrong.

    Attributes:
        kind: Its class of error.
        header: The header that it is about, "" for none.
        pointer: Where in the body, as far as it tells.
    """

    kind: str
    header: str
    pointer: str
    text: str


class SecondOpinion:
    """Judges answers by openapi-core; what it has judged before it remembers."""

    def __init__(self, contract: HttpContract) -> None:
        document = copy.deepcopy({name: value for name, value in contract.document.items() if name != FILES})
        if FILES in contract.document:
            document[FILES] = copy.deepcopy(contract.document[FILES])
        document["servers"] = [{"url": contract.base or "/"}]
        self._core = OpenAPI.from_dict(document)
        self._seen: dict[Any, tuple[Opinion, ...]] = {}

    def problems(self, exchange: Exchange) -> tuple[Opinion, ...]:
        """Return what is wrong with an answer, empty when it is valid."""
        sent = exchange.sent
        key = (sent.method, sent.path, exchange.status, exchange.body, tuple(exchange.headers.items()))
        if key not in self._seen:
            if len(self._seen) > REMEMBERED:
                self._seen.clear()
            errors = self._core.iter_response_errors(_Request(exchange), _Answer(exchange))
            self._seen[key] = tuple(_opinion(error) for error in errors)
        return self._seen[key]


class _Request:
    """A request as openapi-core asks for it."""

    def __init__(self, exchange: Exchange) -> None:
        self.parameters = RequestParameters()
        self.host_url = HOST
        self.path = exchange.sent.path
        self.full_url_pattern = HOST + exchange.sent.path
        self.method = exchange.sent.method.lower()
        self.content_type = "application/json"
        self.body = None


class _Answer:
    """An answer as openapi-core asks for it."""

    def __init__(self, exchange: Exchange) -> None:
        self.status_code = exchange.status
        self.headers: Mapping[str, Any] = CaseInsensitiveDict(exchange.headers)
        self.content_type = exchange.headers.get("content-type", "").lower()
        self.data = exchange.body


def _opinion(error: BaseException) -> Opinion:
    cause = error.__cause__
    errors = list(getattr(cause, "schema_errors", ()) or ())
    reasons = [str(getattr(each, "message", each)) for each in errors]
    path = next((getattr(each, "absolute_path", ()) for each in errors), ())
    pointer = "".join(f"/{escaped(str(part))}" for part in path)
    name = str(getattr(error, "name", "")) if isinstance(error, HeaderValidationError) else ""
    return Opinion(type(error).__name__, name, pointer, "; ".join(reasons)[:300] or str(cause or error)[:300])
