"""Holds what arrives to the contract: a compiled check that accepts, a slower one that explains a refusal.

Used by both edges. The fast path is one msgspec decode into a generated type; only where that refuses, the JSON
Schema of the same contract is asked for everything that is wrong. Knows nothing of HTTP, sockets or the chat.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Generic, TypeVar

import jsonschema_rs
import msgspec

log = logging.getLogger(__name__)
T = TypeVar("T")

MAX_VIOLATIONS = 100
"""As the contract says: an answer must not be many times as long as what it answers."""

MAX_INT_DIGITS = 300
"""Longer integers are cut to so many digits: they break every bound as well, and Python reads none of over 4,300."""

_LONG_INT = re.compile(f"[0-9]{{{MAX_INT_DIGITS + 1}}}")
_REFUSED = re.compile("[\0\ud800-\udfff]")
_MAY_HOLD = (str, list, dict)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong: where (RFC 6901) and which schema keyword, or json, unicode or not."""

    pointer: str
    rule: str


class ContractViolation(Exception):
    """The input is not what the contract says.

    Attributes:
        violations: Everything that is wrong, in document order; never empty.
        document: What could be read of the input (None where it is not JSON), for ids that an answer names.
    """

    def __init__(self, violations: list[Violation], document: Any = None) -> None:
        super().__init__("; ".join(f"{v.pointer or '(root)'}: {v.rule}" for v in violations))
        self.violations = violations
        self.document = document

    def details(self) -> dict[str, object]:
        """Return the `details` of the error that tells the peer."""
        return {"errors": [{"pointer": v.pointer, "rule": v.rule} for v in self.violations]}

    def only_too_long(self, pointer: str) -> bool:
        """Say whether the string at `pointer` breaks its maxLength and nothing else."""
        return [v.rule for v in self.violations if v.pointer == pointer] == ["maxLength"]


class Schema:
    """A schema, compiled to explain refusals.

    Args:
        document: The bundled document to which its references point: openapi or asyncapi.
    """

    def __init__(self, schema: Mapping[str, Any], document: str) -> None:
        # Draft 4: the dialect of OpenAPI 3.0. Formats are stated by patterns as well, so they are not checked twice.
        self._validator = jsonschema_rs.Draft4Validator(
            {"allOf": [schema], "components": {"schemas": bundled(document)["components"]["schemas"]}},
            validate_formats=False,
        )

    @classmethod
    def named(cls, name: str, document: str) -> Schema:
        """Return the schema of this name in a bundled document."""
        return cls({"$ref": f"#/components/schemas/{name}"}, document)

    def accepts(self, instance: Any) -> bool:
        """Say whether `instance` is valid; `explain` says what is wrong."""
        return bool(self._validator.is_valid(instance))

    def explain(self, instance: Any, prefix: str = "") -> list[Violation]:
        """Return everything that is wrong with `instance`; where a type is wrong, nothing else about that place."""
        violations: list[Violation] = []
        for error in self._validator.iter_errors(instance):
            at = prefix + _pointer(error.instance_path)
            kind: Any = error.kind  # a class for each keyword, with the facts of that keyword
            if kind.name == "required":
                violations.append(Violation(f"{at}/{_escape(kind.property)}", "required"))
            elif kind.name == "additionalProperties":
                names = islice(kind.unexpected, MAX_VIOLATIONS)
                violations.extend(Violation(f"{at}/{_escape(name)}", kind.name) for name in names)
            else:
                violations.append(Violation(at, kind.name))
        mistyped = {v.pointer for v in violations if v.rule == "type"}
        return [v for v in violations if v.rule == "type" or v.pointer not in mistyped]


class Decoder(Generic[T]):
    """Reads JSON of one schema into its generated type.

    Args:
        kind: The generated type, or a tagged union of them.
        schemas: The schema that explains a refusal; for a union, one for each value of `tag`.
    """

    def __init__(self, kind: Any, schemas: Schema | Mapping[str, Schema], tag: str = "type") -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._schemas = schemas
        self._tag = tag

    def decode(self, data: bytes | str) -> T:
        """Return the value.

        Raises:
            ContractViolation: it is not JSON, or not what the schema says.
        """
        try:
            value: T = self._decoder.decode(data)
            return value
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return self._decode_slowly(data)

    def _decode_slowly(self, data: bytes | str) -> T:
        """Return the value of what is valid once the last of repeated names counts; the fast way wants all to be."""
        violations: list[Violation] = []
        document = None
        try:
            text = data if isinstance(data, str) else data.decode()  # json.loads would guess UTF-16 and UTF-32, too
            parse_int = _read_int if _LONG_INT.search(text) else None  # a call of Python for each number took 3 of 4 ms
            document = json.loads(text, parse_constant=_refuse_constant, parse_int=parse_int)
            clean = _clean(document, [], violations)
            violations += self._schema_violations(clean)
        except (ValueError, RecursionError):  # not JSON, or nested deeper than is read here (RFC 8259, section 9)
            raise ContractViolation([Violation("", "json")], document) from None
        if violations:
            raise ContractViolation(violations[:MAX_VIOLATIONS], document)
        try:
            value: T = self._decoder.decode(json.dumps(clean))
            return value
        except msgspec.MsgspecError:
            log.error("the generated type refused what the schema accepts: regenerate, or mend the generator")
            raise ContractViolation([Violation("", "not")], document) from None

    def _schema_violations(self, document: Any) -> list[Violation]:
        if isinstance(self._schemas, Schema):
            return self._schemas.explain(document)
        if not isinstance(document, dict):
            return [Violation("", "type")]
        if self._tag not in document:
            return [Violation(f"/{self._tag}", "required")]
        name = document[self._tag]
        if not isinstance(name, str):
            return [Violation(f"/{self._tag}", "type")]
        schema = self._schemas.get(name)
        return [Violation(f"/{self._tag}", "enum")] if schema is None else schema.explain(document)


@cache
def bundled(name: str) -> dict[str, Any]:
    """Return a bundled document of `generated/`: openapi or asyncapi."""
    document: dict[str, Any] = msgspec.json.decode(bundled_text(f"{name}.json"))
    return document


def bundled_text(file_name: str) -> bytes:
    """Return the bytes of a file of `generated/`."""
    return files("generated").joinpath(file_name).read_bytes()


def find_unicode_violations(text: str, pointer: str) -> Iterator[Violation]:
    """Yield a violation when `text` holds U+0000 or a lone surrogate, which are refused everywhere."""
    if _REFUSED.search(text):
        yield Violation(pointer, "unicode")


def _clean(value: Any, path: list[str | int], violations: list[Violation]) -> Any:
    """Note strings that hold U+0000 or lone surrogates, and return a copy in which a letter stands for each,
    so that the schema can say what else is wrong. `path` leads to `value`."""
    if isinstance(value, str):
        if not _REFUSED.search(value):
            return value
        violations.append(Violation(_pointer(path), "unicode"))
        return _REFUSED.sub("a", value)
    if isinstance(value, list):
        return [
            _clean_item(item, index, path, violations) if isinstance(item, _MAY_HOLD) else item
            for index, item in enumerate(value)
        ]
    if isinstance(value, dict):
        cleaned = {}
        for key, item in value.items():
            name = _REFUSED.sub("\ufffd", key)
            if name != key:
                violations.append(Violation(_pointer([*path, name]), "unicode"))
            cleaned[name] = _clean_item(item, name, path, violations)
        return cleaned
    return value


def _clean_item(item: Any, part: str | int, path: list[str | int], violations: list[Violation]) -> Any:
    path.append(part)
    cleaned = _clean(item, path, violations)
    path.pop()
    return cleaned


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{_escape(part)}" for part in path)


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _read_int(digits: str) -> int:
    return int(digits[:MAX_INT_DIGITS])
