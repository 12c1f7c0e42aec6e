"""Small pieces of a script's code: bytes on the stream, names of values, conditions. Pure functions.

Bytes that are whole WebSocket frames are written as such, so that nobody has to decode them in his head.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from conformance.contract.socket import TAGS
from conformance.replay import prelude
from conformance.replay.python_code import Brackets, Code, bytes_code, call, flat, value_code
from conformance.replay.values import REFERENCE, escaped_text
from conformance.trace import Step


def raw_code(data: bytes) -> Code:
    """Return the code of bytes on the stream: as frames where they are such, else in base64."""
    frames = list(_frames(data))
    if not frames:
        text = base64.b64encode(data).decode()
        if len(text) <= 60:
            return f'base64.b64decode("{text}")'
        pieces = tuple(("", f'"{text[start : start + 76]}"') for start in range(0, len(text), 76))
        return call("base64.b64decode", call('"".join', Brackets("[", pieces, "]")))
    codes = []
    for first, mask, payload in frames:
        codes.append(
            call(
                "frame_bytes",
                bytes_code(payload),
                opcode=str(first & 0x0F),
                fin=None if first & 0x80 else "False",
                rsv=str(first >> 4 & 7) if first & 0x70 else None,
                mask=None if mask == bytes(4) else f'bytes.fromhex("{mask.hex()}")',
            )
        )
    return codes[0] if len(codes) == 1 else call('b"".join', Brackets("[", tuple(("", each) for each in codes), "]"))


def _frames(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (first byte, mask, payload) of whole masked frames; nothing at all when the bytes are not just these."""
    frames: list[tuple[int, bytes, bytes]] = []
    rest = data
    while rest:
        size, head = rest[1] & 0x7F if len(rest) > 1 else 0, 2
        if size >= 126:
            head = 4 if size == 126 else 10
            size = int.from_bytes(rest[2:head], "big")
        mask, payload = rest[head : head + 4], rest[head + 4 : head + 4 + size]
        if len(rest) < head + 4 + size:
            return
        plain = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        first = rest[0]
        again = prelude.frame_bytes(plain, opcode=first & 15, fin=bool(first & 0x80), rsv=first >> 4 & 7, mask=mask)
        if not rest.startswith(again):
            return
        frames.append((first, mask, plain))
        rest = rest[head + 4 + size :]
    yield from frames


def kind_of_frame(step: Step) -> str:
    frame = step.get("json")
    kinds = (frame[name] for name in TAGS if isinstance(frame.get(name), str)) if isinstance(frame, dict) else ()
    return str(next(iter(kinds), "a frame"))[:40]


def value_name(step: Step, parts: list[str]) -> str:
    """Return what to call the value at a pointer: `access_token`; an `id` is called after what has it."""
    named = [part for part in parts if not part.isdecimal() and part not in ("data", "result")]
    last = named[-1] if named else "value"
    if last.lower() != "id":
        return last
    owner = named[-2] if len(named) > 1 else ""
    if not owner and step["step"] == "http":
        path = [part for part in step["path"].split("/") if part and not REFERENCE.search(part)]
        owner = path[-1] if path else ""
    elif not owner:
        owner = kind_of_frame({"json": step.get("frame")}).removeprefix("a ")
    return f"{owner.removesuffix('s')}_id"


def subscript(part: str) -> str:
    return part if part.isdecimal() else flat(value_code(escaped_text(part), lambda found: ""))


def value_at(code: str, pointer: str) -> str:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return f"value_in({', '.join([code, *map(subscript, parts)])})" if parts else code


def not_in(code: str, values: list[Any]) -> str:
    if len(values) == 1:
        return f"{code} != {flat(value_code(values[0], lambda found: ''))}"
    return f"{code} not in ({', '.join(flat(value_code(each, lambda found: '')) for each in values)})"


def compared(value: Any, code: str, *, equal: bool) -> str:
    """Return the code that says whether a variable `value` is equal to a value, or is not; 1 and true are not equal."""
    if value is None or isinstance(value, bool):
        return f"value {'is' if equal else 'is not'} {code}"
    sign = "==" if equal else "!="
    return f'(kind_of(value), value) {sign} ("integer", {code})' if value in (0, 1) else f"value {sign} {code}"


def is_plain(text: str) -> bool:
    """Say whether a value can stand in a query as it is; references give tokens and ids, which can."""
    return re.fullmatch(r"[A-Za-z0-9_.~-]*", REFERENCE.sub("", text)) is not None


def printable(text: str) -> str:
    """Return a text with escapes for what can't stand in a comment."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
