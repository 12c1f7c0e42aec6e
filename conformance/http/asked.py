"""What the contract says about a request as it was sent: valid, invalid and why, or not for us to judge.

Schemathesis knows what it meant to generate; this looks at what arrived. Where readers may differ (a parameter twice,
`1.0` for an integer, duplicate keys, a path with `%2F`) nobody is judged. Knows nothing of answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from conformance.contract.http import HttpContract, HttpOperation
from conformance.contract.judge import Problem, Schema, compiler
from conformance.contract.load import escaped, followed
from conformance.http.claims import claims
from conformance.http.exchange import Sent

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
MUST_BE_TEXT = re.compile(r"[A-Za-z_ -]+")
"""What is no number in anybody's reading; `1_000`, `１` and the like are left open."""

EXACT_UP_TO = 2**53
DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """The verdict on a request.

    Attributes:
        is_sure: False where readers may differ; then `problems` says nothing.
        problems: What breaks the contract; pointers as in `details.errors`: into the body, `/query/NAME`, `/path/NAME`.
        value: The body's parsed JSON, None when there is none.
    """

    is_sure: bool
    problems: tuple[Problem, ...] = ()
    value: Any = None

    @property
    def is_valid(self) -> bool:
        """Whether the request surely keeps the contract."""
        return self.is_sure and not self.problems

    @property
    def is_invalid(self) -> bool:
        """Whether the request surely breaks the contract."""
        return self.is_sure and bool(self.problems)


UNSURE = Asked(False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter."""

    name: str
    place: str
    is_required: bool
    type: str
    schema: Schema | None


@dataclass(frozen=True, slots=True)
class Form:
    """What an operation takes: parameters, and a body by media type."""

    parameters: tuple[Parameter, ...]
    body: Schema | None
    body_schema: Any
    media_types: tuple[str, ...]
    needs_body: bool
    path: re.Pattern[str]

    def of(self, place: str) -> Iterator[Parameter]:
        """Yield the parameters in `query`, `path`, `header` or `cookie`."""
        return (parameter for parameter in self.parameters if parameter.place == place)


@dataclass
class Forms:
    """The forms of all operations, and what the document as a whole says about requests."""

    contract: HttpContract
    closed_query: bool = False
    _forms: dict[str, Form] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._compile = compiler(self.contract.document)
        self.closed_query = any(
            pointer.startswith("/query/") and rule == "additionalProperties"
            for pointer, rule in claims(self.contract.document.get("paths"), self.contract.document)
        )

    def form(self, operation: HttpOperation) -> Form:
        """Return what an operation takes."""
        if operation.id not in self._forms:
            self._forms[operation.id] = self._read(operation)
        return self._forms[operation.id]

    def examine(self, operation: HttpOperation, sent: Sent) -> Asked:
        """Return the verdict on a request to an operation."""
        form = self.form(operation)
        problems: list[Problem] = []
        for part in (self._path(form, sent), self._query(form, sent), self._headers(form, sent)):
            if part is None:
                return UNSURE
            problems += part
        found, value = self._body(operation, form, sent)
        if found is None:
            return UNSURE
        return Asked(True, (*problems, *found), value)

    def _read(self, operation: HttpOperation) -> Form:
        document = self.contract.document
        item, _ = followed(document, document["paths"][operation.path])
        raw = {}
        for each in (*item.get("parameters", ()), *operation.raw.get("parameters", ())):
            parameter, _ = followed(document, each)
            raw[parameter["in"], parameter["name"]] = parameter
        parameters = []
        for (place, name), parameter in raw.items():
            schema, _ = followed(document, parameter.get("schema", {}))
            parameters.append(
                Parameter(
                    name,
                    place,
                    bool(parameter.get("required")),
                    str(schema.get("type", "")),
                    self._compile(parameter["schema"]) if "schema" in parameter else None,
                )
            )
        body, _ = followed(document, operation.raw.get("requestBody") or {})
        content = body.get("content") or {}
        media = next((name for name in content if "json" in name), None)
        schema = content[media].get("schema") if media else None
        names = re.escape(self.contract.base) + "".join(
            f"(?P<p{number // 2}>[^/]+)" if number % 2 else re.escape(part)
            for number, part in enumerate(re.split(r"\{([^}]*)\}", operation.path))
        )
        return Form(
            tuple(parameters),
            self._compile(schema) if schema is not None else None,
            schema,
            tuple(content),
            bool(body.get("required")),
            re.compile(names),
        )

    def _path(self, form: Form, sent: Sent) -> list[Problem] | None:
        match = form.path.fullmatch(sent.path)
        if match is None:
            return None
        problems: list[Problem] = []
        for parameter, raw in zip(form.of("path"), match.groups(), strict=False):
            text = _decoded(raw)
            if text is None or text in (".", "..") or re.search(r"[/\\;\x00-\x1f\x7f]", text) or text != text.strip():
                return None
            found = _told(parameter, text)
            if found is None:
                return None
            problems += found
        return problems

    def _query(self, form: Form, sent: Sent) -> list[Problem] | None:
        if _decoded(sent.query.replace("+", " ")) is None or ";" in sent.query:
            return None
        given: dict[str, str] = {}
        for name, text in parse_qsl(sent.query, keep_blank_values=True):
            if name in given:
                return None
            given[name] = text
        if any("[" in name or not name.isprintable() for name in given):
            return None
        problems: list[Problem] = []
        for parameter in form.of("query"):
            if parameter.name not in given:
                if parameter.is_required:
                    problems.append(Problem(f"/query/{escaped(parameter.name)}", "required", "is missing"))
                continue
            found = _told(parameter, given.pop(parameter.name))
            if found is None:
                return None
            problems += found
        if self.closed_query:
            problems += [Problem(f"/query/{escaped(name)}", "additionalProperties", "undeclared") for name in given]
        return problems

    def _headers(self, form: Form, sent: Sent) -> list[Problem] | None:
        if any(not re.fullmatch(r"[\x20-\x7e]*", text) for text in sent.headers.values()):
            return None
        if next(form.of("cookie"), None) is not None:
            return None
        problems: list[Problem] = []
        for parameter in form.of("header"):
            name = parameter.name.lower()
            if name in ("accept", "content-type", "authorization"):
                continue
            if name not in sent.headers:
                if parameter.is_required:
                    problems.append(Problem(f"/header/{parameter.name}", "required", "is missing"))
                continue
            found = _told(parameter, sent.headers[name].strip())
            if found is None:
                return None
            problems += found
        return problems

    def _body(self, operation: HttpOperation, form: Form, sent: Sent) -> tuple[list[Problem] | None, Any]:
        if not form.media_types:
            return (None if sent.body else []), None
        if not sent.body:
            return ([Problem("", "required", "the body is missing")] if form.needs_body else []), None
        media = sent.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json" or form.body is None:
            is_other = bool(re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", media)) and "json" not in media
            if is_other and "415" in operation.responses and not any("*" in name for name in form.media_types):
                declared = any(name.partition(";")[0].strip().lower() == media for name in form.media_types)
                return (None if declared else [Problem("/header/Content-Type", "contentType", media)]), None
            return None, None
        try:
            text = sent.body.decode()
            value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_without_duplicates)
        except _Open:
            return None, None
        except (ValueError, RecursionError):
            return (None if sent.body.startswith((b"\xef\xbb\xbf", b"\xff", b"\xfe")) else _JSON), None
        if _depth_or_open(value, DEEPEST):
            return None, None
        problems = form.body.problems(value)
        return problems, value


_JSON = [Problem("", "json", "no JSON")]


class _Open(Exception):
    """Readers of JSON differ on this."""


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Open
    return value


def _depth_or_open(value: Any, left: int) -> bool:
    """Say whether a value is deeper than `left`, or holds what readers differ on."""
    if isinstance(value, float):
        return value.is_integer() or value in (float("inf"), float("-inf"))
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) > EXACT_UP_TO
    if isinstance(value, str):
        return bool(re.search("[\x00\ud800-\udfff]", value))
    if isinstance(value, list):
        return not left or any(_depth_or_open(item, left - 1) for item in value)
    if isinstance(value, dict):
        return not left or any(_depth_or_open(item, left - 1) for pair in value.items() for item in pair)
    return False


def _decoded(text: str) -> str | None:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return None
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return None


def _told(parameter: Parameter, text: str) -> list[Problem] | None:
    """Return what is wrong with a parameter's text, None where readers may differ."""
    pointer = f"/{parameter.place}/{escaped(parameter.name)}"
    if parameter.schema is None or "\x00" in text:
        return None
    value: Any = text
    if parameter.type in ("integer", "number"):
        if not INTEGER.fullmatch(text):
            is_text = bool(MUST_BE_TEXT.fullmatch(text)) and text.lower() not in ("nan", "inf", "infinity", "-")
            return [Problem(pointer, "type", text)] if is_text and text.strip() == text else None
        value = int(text)
        if abs(value) > EXACT_UP_TO:
            return None
    elif parameter.type == "boolean":
        if text not in ("true", "false"):
            return None
        value = text == "true"
    elif parameter.type != "string":
        return None
    return [Problem(pointer, problem.keyword, problem.text) for problem in parameter.schema.problems(value)]
