"""Writes `errors.py`: an exception class for each code of the catalogue, success texts, close codes.

Reads the plain data of `errors.yaml` and of `x-close-codes` in the AsyncAPI document.
"""

import json
from typing import Any

from gochat.codegen.documents import JsonObject
from gochat.codegen.names import class_name, constant_name
from gochat.codegen.spec_error import SpecError

_LANGUAGES = ("zh", "en")
_SOCKET_EFFECTS = ("none", "frame", "close")
_GRPC_STATUSES = (
    *("INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "UNAUTHENTICATED", "RESOURCE_EXHAUSTED"),
    *("FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"),
)
"""Those that a server may choose (gRPC, "Status codes and their use")."""

_BASE = '''
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal


class ContractError(Exception):
    """A failure that the contract names; raise a leaf class, one for each code.

    `status` is the HTTP status, None where the code is for the socket only. `socket`: `none`, never in an
    error frame; `frame`, the socket stays open (a `close_code` beside it is for the case that the class tells
    of); `close`, the close with `close_code` follows every time. `grpc_status` is the status with which im-logic
    refuses a call. `details` goes out as it is.
    """

    code: ClassVar[str]
    status: ClassVar[int | None] = None
    close_code: ClassVar[int | None] = None
    socket: ClassVar[Literal["none", "frame", "close"]] = "none"
    retryable: ClassVar[bool] = False
    grpc_status: ClassVar[str | None] = None
    texts: ClassVar[dict[str, str]]

    def __init__(self, *, details: dict[str, object] | None = None) -> None:
        super().__init__(self.code)
        self.details: dict[str, object] = {} if details is None else details

    def text(self, language: str = "zh") -> str:
        """Returns the sentence for people in `zh` or `en`; Chinese for any other language."""
        return self.texts.get(language, self.texts["zh"])


@dataclass(frozen=True)
class CloseCode:
    """What a WebSocket close code means, and whether a client may reconnect after it."""

    code: int
    name: str
    meaning: str
    reconnect: bool
    hint: str
'''


def render_catalogue(catalogue: JsonObject, close_codes: list[JsonObject], head: str) -> str:
    """Returns the module `errors.py`.

    SpecError: a code, key or close code twice, no text, or an error that closes with an unknown code.
    """
    errors, messages = catalogue["errors"], catalogue["messages"]
    _check_entries(errors, ("code", "socket", "retryable", *_LANGUAGES), "errors.yaml#/errors")
    _check_entries(messages, ("key", *_LANGUAGES), "errors.yaml#/messages")
    _check_entries(close_codes, ("code", "name", "meaning", "reconnect"), "asyncapi.yaml x-close-codes")
    known_closes = {close["code"] for close in close_codes}
    parts = [head.rstrip("\n") + "\n" + _BASE]
    parts += [_render_error(error, known_closes) for error in errors]
    parts.append(_render_tables(errors, messages))
    parts.append(_render_close_codes(close_codes))
    return "\n".join(parts)


def _check_entries(entries: list[JsonObject], keys: tuple[str, ...], where: str) -> None:
    """SpecError: an entry lacks one of the keys, or two have the same value under the first."""
    seen: set[Any] = set()
    for index, entry in enumerate(entries):
        missing = [key for key in keys if key not in entry]
        if missing:
            raise SpecError(f"{where}/{index}: {missing[0]!r} is missing")
        if entry[keys[0]] in seen:
            raise SpecError(f"{where}/{index}: {keys[0]} {entry[keys[0]]!r} occurs twice")
        seen.add(entry[keys[0]])


def _render_error(error: JsonObject, known_closes: set[int]) -> str:
    code, close_code = error["code"], error.get("closeCode")
    if error["socket"] not in _SOCKET_EFFECTS:
        raise SpecError(f"errors.yaml {code}: socket must be one of {', '.join(_SOCKET_EFFECTS)}")
    if close_code is not None and close_code not in known_closes:
        raise SpecError(f"errors.yaml {code}: closeCode {close_code} is not in x-close-codes of asyncapi.yaml")
    if error["socket"] == "close" and close_code is None:
        raise SpecError(f"errors.yaml {code}: socket `close` needs a closeCode")
    if error.get("grpc", "INTERNAL") not in _GRPC_STATUSES:
        raise SpecError(f"errors.yaml {code}: grpc must be a status that a server may end a call with")
    lines = [f"\nclass {class_name(code)}(ContractError):"]
    note = " ".join(str(error.get("note", "")).split())
    lines.append(f"    {_docstring(error['en'] + (' ' + note if note else ''))}\n")
    lines.append(f"    code = {_literal(code)}")
    if error.get("status") is not None:
        lines.append(f"    status = {error['status']}")
    if close_code is not None:
        lines.append(f"    close_code = {close_code}")
    if error["socket"] != "none":
        lines.append(f"    socket = {_literal(error['socket'])}")
    if error["retryable"]:
        lines.append("    retryable = True")
    if "grpc" in error:
        lines.append(f"    grpc_status = {_literal(error['grpc'])}")
    lines.append(f"    texts: ClassVar[dict[str, str]] = {_texts(error)}\n")
    return "\n".join(lines)


def _render_tables(errors: list[JsonObject], messages: list[JsonObject]) -> str:
    rows = [f"    {_literal(error['code'])}: {class_name(error['code'])},\n" for error in errors]
    texts = [f"    {_literal(m['key'])}: {_texts(m)},\n" for m in messages]
    return (
        "\nCATALOGUE: dict[str, type[ContractError]] = {\n" + "".join(rows) + "}\n\n"
        "SUCCESS_TEXTS: dict[str, dict[str, str]] = {\n" + "".join(texts) + "}\n"
    )


def _render_close_codes(close_codes: list[JsonObject]) -> str:
    constants, rows = [], []
    for close in close_codes:
        constants.append(f"    {constant_name(close['name'])} = {close['code']}\n")
        facts = [f"code={close['code']}"]
        facts += [f"{key}={_literal(' '.join(str(close.get(key, '')).split()))}" for key in ("name", "meaning", "hint")]
        facts.append(f"reconnect={bool(close['reconnect'])}")
        rows.append(f"    {close['code']}: CloseCode(\n" + "".join(f"        {fact},\n" for fact in facts) + "    ),\n")
    return (
        '\nclass Close(IntEnum):\n    """The close codes by name."""\n\n' + "".join(constants) + "\n\n"
        "CLOSE_CODES: dict[int, CloseCode] = {\n" + "".join(rows) + "}\n"
    )


def _texts(entry: JsonObject) -> str:
    return "{" + ", ".join(f"{_literal(key)}: {_literal(entry[key])}" for key in _LANGUAGES) + "}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _docstring(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + '"""'
