"""Writes JSON values as Python code, laid out as `ruff format` would, within a line length.

A small tree: a piece of code is a text, or brackets around items. What does not fit on a line has one item a line and a
comma after the last, which a formatter leaves as it is. Knows nothing of traces but `${...}` in strings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.replay.values import REFERENCE, escaped_text

LINE_LENGTH = 120
LONG_CHARS = 80
"""A literal longer than this is written in pieces."""
RUN_OF_TEXT = re.compile(r"(?P<one>.)(?P=one){23,}", re.DOTALL)
RUN_OF_BYTES = re.compile(rb"(?P<one>.)(?P=one){23,}", re.DOTALL)
"""What is written once, `"x" * 4000`."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """Code like `call(a, b=1)`: `open` up to the bracket, items of (prefix, code), `close` from the bracket on."""

    open: str
    items: tuple[tuple[str, Code], ...]
    close: str


Code = str | Brackets
Variable = Callable[[re.Match[str]], str]
"""Says in which variable stands what a match of `REFERENCE` refers to; not asked for `${$}`."""


def call(function: str, *arguments: Code, **named: Code | None) -> Brackets:
    """Return the call of a function; named arguments that are None are left out."""
    items = [("", argument) for argument in arguments]
    items += [(f"{name}=", argument) for name, argument in named.items() if argument is not None]
    return Brackets(f"{function}(", tuple(items), ")")


def value_code(value: Any, variable: Variable) -> Code:
    """Return the code of a JSON value."""
    if isinstance(value, str):
        return text_code(value, variable)
    if isinstance(value, dict):
        items = [(f"{_quoted(name)}: ", value_code(item, variable)) for name, item in value.items()]
        return Brackets("{", tuple(items), "}")
    if isinstance(value, list):
        return Brackets("[", tuple(("", value_code(item, variable)) for item in value), "]")
    return repr(value)


def text_code(text: str, variable: Variable) -> Code:
    """Return the code of a string; `${...}` in it are replaced by what stands in variables."""
    whole = REFERENCE.fullmatch(text)
    if whole and not whole["dollar"]:
        return variable(whole)
    return _summed(list(_pieces(text, variable)), '""')


def encoded_code(text: str, variable: Variable) -> Code:
    """Return the code of a text as UTF-8, lone surrogates as they would be in it."""
    if text.isascii() and not any(not found["dollar"] for found in REFERENCE.finditer(text)):
        return _summed([f"b{piece}" for piece in _pieces(text, variable)], 'b""')
    arguments = "" if _encodes(text) else '"utf-8", "surrogatepass"'
    code = text_code(text, variable)
    if isinstance(code, Brackets):
        return Brackets(code.open, code.items, f"{code.close}.encode({arguments})")
    return f"({code}).encode({arguments})" if " + " in code or " * " in code else f"{code}.encode({arguments})"


def bytes_code(data: bytes) -> Code:
    """Return the code of bytes: text where they are some, else a literal; repeated bytes are written once."""
    try:
        return encoded_code(escaped_text(data.decode()), lambda found: "")
    except UnicodeDecodeError:
        return _bytes_literal(data)


def statement(head: str, code: Code, *, indent: int = 4, tail: str = "") -> str:
    """Return `head` and code as lines, the first of them indented by so many spaces."""
    start = " " * indent
    one_line = f"{start}{head}{flat(code)}{tail}"
    if width(one_line) <= LINE_LENGTH or isinstance(code, str) or not code.items:
        return one_line
    lines = [f"{start}{head}{code.open}"]
    lines += [statement(prefix, item, indent=indent + 4, tail=",") for prefix, item in code.items]
    return "\n".join((*lines, f"{start}{code.close}{tail}"))


def flat(code: Code) -> str:
    """Return code on one line."""
    if isinstance(code, str):
        return code
    return code.open + ", ".join(prefix + flat(item) for prefix, item in code.items) + code.close


def width(text: str) -> int:
    """Return how many columns a text takes, as ruff counts them: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def identifier(*words: str) -> str:
    """Return a variable's name in snake case of words in any case."""
    text = "_".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word) for word in words if word)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "value"
    return f"n{name}" if name[0].isdigit() else name


def _pieces(text: str, variable: Variable) -> Iterator[str]:
    """Yield literals, f-strings and repetitions whose sum is the text."""
    plain, expressions = "", False

    def literal() -> str:
        return f"f{_quoted(plain)}" if expressions else _quoted(plain.replace("{{", "{").replace("}}", "}"))

    for part, is_code, times in _parts(text, variable):
        if times > 1 or width(plain) + width(part) > LONG_CHARS:
            if plain:
                yield literal()
            plain, expressions = "", False
        if times > 1:
            yield f"{_quoted(part)} * {times}"
        else:
            plain += part
            expressions = expressions or is_code
    if plain or not text:
        yield literal()


def _parts(text: str, variable: Variable) -> Iterator[tuple[str, bool, int]]:
    """Yield (text with braces doubled, or {variable}; whether it is a variable; how often it is repeated)."""
    rest = 0
    for found in REFERENCE.finditer(text):
        yield from _plain_parts(text[rest : found.start()])
        yield ("$", False, 1) if found["dollar"] else (f"{{{variable(found)}}}", True, 1)
        rest = found.end()
    yield from _plain_parts(text[rest:])


def _plain_parts(text: str) -> Iterator[tuple[str, bool, int]]:
    rest = 0
    for run in RUN_OF_TEXT.finditer(text):
        yield from _words(text[rest : run.start()])
        yield run["one"], False, len(run.group())
        rest = run.end()
    yield from _words(text[rest:])


def _words(text: str) -> Iterator[tuple[str, bool, int]]:
    for word in re.findall(r"\S{1,40}\s{0,10}|\s{1,10}", text):
        yield word.replace("{", "{{").replace("}", "}}"), False, 1


def _quoted(text: str) -> str:
    """Return a string literal, in double quotes unless single ones need fewer escapes."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    escaped = "".join(
        f"\\{each}" if each in (mark, "\\") else each if each.isprintable() else repr(each)[1:-1] for each in text
    )
    return f"{mark}{escaped}{mark}"


def _bytes_literal(data: bytes) -> Code:
    pieces: list[str] = []
    rest = 0
    for run in (*RUN_OF_BYTES.finditer(data), None):
        plain = data[rest : run.start() if run else len(data)]
        pieces += [_literal(plain[start : start + 20]) for start in range(0, len(plain), 20)]
        if run:
            pieces.append(f"{_literal(run['one'])} * {len(run.group())}")
            rest = run.end()
    return _summed(pieces, 'b""')


def _literal(data: bytes) -> str:
    mark = "'" if data.count(b'"') > data.count(b"'") else '"'
    return f"b{mark}{''.join(_byte(each, mark) for each in data)}{mark}"


def _byte(byte: int, mark: str) -> str:
    text = chr(byte)
    return f"\\{text}" if text in (mark, "\\") else text if 32 <= byte < 127 else f"\\x{byte:02x}"


def _summed(pieces: list[str], empty: str) -> Code:
    """Return the code of the sum of literals: as one expression when it is short."""
    joined = " + ".join(pieces) or empty
    if len(pieces) == 1 or width(joined) <= LONG_CHARS:
        return joined
    return call(f"{empty}.join", Brackets("[", tuple(("", piece) for piece in pieces), "]"))


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
