"""Faults below the frames, as data: what goes over the stream, and with which code RFC 6455 has the connection end.

Only the tables: `transport` plays them. A fault is made of a valid frame of the channel, so that nothing else is wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from conformance.generic.framing import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, encode_close, encode_frame

PROTOCOL_ERROR, UNSUPPORTED_DATA, NOT_UTF8, TOO_LARGE = 1002, 1003, 1007, 1009
"""RFC 6455, section 7.4.1."""

Make = Callable[[bytes, Random], bytes]
"""From a valid frame's text and a random source to bytes for the stream."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What ends a connection.

    Attributes:
        name: For people and for coverage: `binary frame`.
        codes: The close codes that are right.
        make: What goes out.
    """

    name: str
    codes: tuple[int, ...]
    make: Make


def _text(payload: bytes, *, fin: bool = True) -> bytes:
    return encode_frame(TEXT, payload, fin=fin)


def _more(payload: bytes, *, fin: bool = True) -> bytes:
    return encode_frame(CONTINUATION, payload, fin=fin)


def _fixed(data: bytes) -> Make:
    return lambda _text, _rng: data


def _inside(bad: bytes) -> Make:
    """Return a maker of the valid frame with these bytes before its last one."""
    return lambda text, _rng: _text(text[:-1] + bad + text[-1:])


def _closing(code: int) -> Fault:
    return Fault(f"close with {code}", (PROTOCOL_ERROR,), _fixed(encode_close(code)))


def _cut(text: bytes, rng: Random) -> tuple[bytes, bytes]:
    at = rng.randint(1, max(1, len(text) - 1))
    return text[:at], text[at:]


def _in_fragments(opcode: int) -> Make:
    def make(text: bytes, rng: Random) -> bytes:
        first, second = _cut(text, rng)
        return encode_frame(opcode, first, fin=False) + _more(second)

    return make


BINARY_FAULTS = (
    Fault("binary frame", (UNSUPPORTED_DATA,), lambda text, _rng: encode_frame(BINARY, text)),
    Fault("empty binary frame", (UNSUPPORTED_DATA,), _fixed(encode_frame(BINARY))),
    Fault("binary frame of noise", (UNSUPPORTED_DATA,), lambda _t, rng: encode_frame(BINARY, rng.randbytes(300))),
    Fault("binary frame in fragments", (UNSUPPORTED_DATA,), _in_fragments(BINARY)),
)
"""Right where only text is declared, which is so for JSON."""

UTF8_FAULTS = (
    Fault("lone continuation byte", (NOT_UTF8,), _fixed(_text(b"\x80"))),
    Fault("bad UTF-8 in a frame", (NOT_UTF8,), _inside(b"\xff")),
    Fault("bad UTF-8 behind a frame", (NOT_UTF8,), lambda text, _rng: _text(text + b"\xe4\xbd")),
    Fault("overlong UTF-8", (NOT_UTF8,), _inside(b"\xc0\xaf")),
    Fault("a surrogate in UTF-8", (NOT_UTF8,), _inside(b"\xed\xa0\x80")),
    Fault("beyond Unicode", (NOT_UTF8,), _inside(b"\xf4\x90\x80\x80")),
    Fault(
        "bad UTF-8 over two fragments",
        (NOT_UTF8,),
        lambda text, _rng: _text(text[:-1] + b"\xe4", fin=False) + _more(b"x" + text[-1:]),
    ),
    Fault(
        "UTF-8 cut off in the last fragment",
        (NOT_UTF8,),
        lambda text, _rng: _text(text, fin=False) + _more(b"\xe4\xbd"),
    ),
    Fault("close with a reason that is not UTF-8", (NOT_UTF8, PROTOCOL_ERROR), _fixed(encode_close(1000, b"\xff\xfe"))),
)

FRAMING_FAULTS = (
    Fault("frame without a mask", (PROTOCOL_ERROR,), lambda text, _rng: encode_frame(TEXT, text, masked=False)),
    Fault("reserved bit 1", (PROTOCOL_ERROR,), lambda text, _rng: encode_frame(TEXT, text, rsv=4)),
    Fault("reserved bit 2", (PROTOCOL_ERROR,), lambda text, _rng: encode_frame(TEXT, text, rsv=2)),
    Fault("reserved bit 3", (PROTOCOL_ERROR,), lambda text, _rng: encode_frame(TEXT, text, rsv=1)),
    Fault("reserved data opcode", (PROTOCOL_ERROR,), lambda text, rng: encode_frame(rng.randint(3, 7), text)),
    Fault("reserved control opcode", (PROTOCOL_ERROR,), lambda _text, rng: encode_frame(rng.randint(11, 15), b"x")),
    Fault("continuation of nothing", (PROTOCOL_ERROR,), lambda text, _rng: _more(text)),
    Fault(
        "message inside a message",
        (PROTOCOL_ERROR,),
        lambda text, rng: _text(_cut(text, rng)[0], fin=False) + _text(text),
    ),
    Fault("ping in fragments", (PROTOCOL_ERROR,), _fixed(encode_frame(PING, b"x", fin=False))),
    Fault("ping too long", (PROTOCOL_ERROR,), _fixed(encode_frame(PING, b"x" * 126))),
    Fault("pong too long", (PROTOCOL_ERROR,), _fixed(encode_frame(PONG, b"x" * 126))),
    Fault("close too long", (PROTOCOL_ERROR,), _fixed(encode_frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124))),
    Fault("close with half a code", (PROTOCOL_ERROR,), _fixed(encode_frame(CLOSE, b"\x03"))),
    *map(_closing, (0, 999, 1005, 1006, 1015)),
)


def too_large(limit: int) -> tuple[Fault, ...]:
    """Return frames that are over a limit of bytes."""

    def padded(text: bytes, size: int) -> bytes:
        return text + b" " * (size - len(text))

    def in_fragments(text: bytes, _rng: Random) -> bytes:
        whole = padded(text, limit + 1)
        third = limit // 3
        return _text(whole[:third], fin=False) + _more(whole[third : 2 * third], fin=False) + _more(whole[2 * third :])

    return (
        Fault("frame over the limit of bytes", (TOO_LARGE,), lambda text, _rng: _text(padded(text, limit + 1))),
        Fault("frame far over the limit of bytes", (TOO_LARGE,), lambda text, _rng: _text(padded(text, limit * 4))),
        Fault("frame over the limit of bytes, in fragments", (TOO_LARGE,), in_fragments),
    )


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is right though unusual: the frame must be read, and pings between must be answered.

    Attributes:
        make: What goes out; several pieces go out one after the other.
        pongs: Payloads of the pongs that must come.
        needs_limit: It is made for the limit of bytes; `make` gets a text that is as long.
    """

    name: str
    make: Callable[[bytes, Random], list[bytes]]
    pongs: tuple[bytes, ...] = ()
    needs_limit: bool = False


def _bytewise(text: bytes, _rng: Random) -> list[bytes]:
    pieces = [_more(text[at : at + 1], fin=False) for at in range(1, len(text) - 1)]
    return [_text(text[:1], fin=False) + b"".join(pieces) + _more(text[-1:])]


def _halves(text: bytes, rng: Random) -> list[bytes]:
    first, second = _cut(text, rng)
    return [_text(first, fin=False), _more(second)]


def _with_pings(text: bytes, rng: Random) -> list[bytes]:
    first, second = _cut(text, rng)
    ping = encode_frame(PING, b"between")
    return [_text(first, fin=False) + ping, encode_frame(PONG, b"unasked") + _more(b"", fin=False), _more(second)]


def _empty_ends(text: bytes, _rng: Random) -> list[bytes]:
    return [_text(b"", fin=False) + _more(b"", fin=False) + _more(text, fin=False) + _more(b"")]


def _slowly(text: bytes, rng: Random) -> list[bytes]:
    frame = _text(text)
    cuts = sorted({1, 2, 3, 5, rng.randint(1, len(frame) - 1), len(frame)})
    return [frame[start:end] for start, end in zip([0, *cuts], cuts, strict=False) if start < end]


ODDITIES = (
    Oddity("two fragments", _halves),
    Oddity("fragments with a ping between", _with_pings, (b"between",)),
    Oddity("fragments of one byte", _bytewise),
    Oddity("empty fragments", _empty_ends),
    Oddity("a frame in pieces of the stream", _slowly),
    Oddity("a frame at the limit of bytes", lambda text, _rng: [_text(text)], needs_limit=True),
)

PINGS = (b"", b"x", b"\x00\xff" * 62, b"x" * 125)
"""Payloads of ping control frames, the longest there may be among them."""
