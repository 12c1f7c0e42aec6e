"""Frames of RFC 6455 as a client writes them, and as it must not. Bytes in, bytes out."""

from __future__ import annotations

import os
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NAMES = {CONTINUATION: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping", PONG: "pong"}

NO_STATUS = 1005
"""RFC 6455, section 7.1.5: a close frame without a code."""


def encode_frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """Return one frame as a client writes it, or as it must not, for the rest of the arguments."""
    length = len(payload)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = masked << 7
    if length <= 125:
        head += bytes([bit | length])
    elif length <= 0xFFFF:
        head += struct.pack("!BH", bit | 126, length)
    else:
        head += struct.pack("!BQ", bit | 127, length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    repeated = int.from_bytes((key * (length // 4 + 1))[:length], "big")
    return head + key + (int.from_bytes(payload, "big") ^ repeated).to_bytes(length, "big")


def encode_close(code: int, reason: bytes = b"") -> bytes:
    """Return a client's close frame."""
    return encode_frame(CLOSE, struct.pack("!H", code) + reason)
