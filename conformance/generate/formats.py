"""Texts of the formats of JSON Schema and OpenAPI, and texts that are none.

Tables only. Whether a text really is of its format, the validator says where it knows the format; those that it does
not know in draft 7 (uuid, duration, byte) are made right here, because a server may know them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random

from conformance.generate.alphabets import TEXTS

_LABELS = ("a", "example", "x-1", "xn--bcher-kva", "0", "a" * 63, "Test", "www")
_LOCALS = ("a", "first.last", "x+tag", "o'neil", "1", "_", "a-b", "a" * 64)
_SEGMENTS = ("", "a", "cat.png", "%E4%BD%A0", "a;b=1", "~x", "-", "a@b", "...", "1")


def _date(rng: Random) -> str:
    fixed = ("0001-01-01", "9999-12-31", "2000-02-29", "1970-01-01", "2038-01-19")
    made = f"{rng.randint(1, 9999):04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return rng.choice((*fixed, made, made, made))


def _time(rng: Random) -> str:
    fraction = rng.choice(("", "", ".0", ".5", ".123456789"))
    zone = rng.choice(("Z", "Z", "+00:00", "-12:00", "+05:30", "+14:00"))
    return f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}{fraction}{zone}"


def _host(rng: Random) -> str:
    return ".".join(rng.choices(_LABELS, k=rng.randint(1, 3))) + rng.choice(("", ".com", ".museum"))


def _ipv4(rng: Random) -> str:
    return ".".join(str(rng.choice((0, 1, 9, 10, 127, 255, rng.randint(0, 255)))) for _ in range(4))


def _ipv6(rng: Random) -> str:
    made = ":".join(f"{rng.getrandbits(16):x}" for _ in range(8))
    return rng.choice(("::", "::1", "fe80::1", "2001:db8::ff00:42:8329", "::ffff:192.0.2.1", made, made))


def _reference(rng: Random) -> str:
    path = "".join("/" + rng.choice(_SEGMENTS) for _ in range(rng.randint(0, 3)))
    return path + rng.choice(("", "?q=1", "?a=%20&b", "#top", "?x#y"))


def _uri(rng: Random) -> str:
    fixed = ("urn:isbn:0451450523", "mailto:a@example.com", "tel:+1-816-555-1212", "data:,x")
    host = rng.choice((_host(rng), _ipv4(rng), f"{_host(rng)}:8080"))
    made = f"{rng.choice(('http', 'https', 'https'))}://{host}{_reference(rng)}"
    return rng.choice((*fixed, *(made,) * 8))


def _uuid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    made = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    return rng.choice((made, made, made, "00000000-0000-0000-0000-000000000000", made.upper()))


def _bytes(rng: Random) -> str:
    return base64.b64encode(rng.randbytes(rng.randint(0, 12))).decode()


def _pointer(rng: Random) -> str:
    return "".join("/" + rng.choice(("", "a", "0", "~0", "~1", "a b", "é")) for _ in range(rng.randint(0, 3)))


FORMATS: dict[str, Callable[[Random], str]] = {
    "date": _date,
    "time": _time,
    "date-time": lambda rng: f"{_date(rng)}T{_time(rng)}",
    "duration": lambda rng: rng.choice(("P1D", "PT0S", "P1Y2M3DT4H5M6S", "P4W", "PT36H")),
    "email": lambda rng: f"{rng.choice(_LOCALS)}@{rng.choice(('example.com', 'a.b.c', 'xn--bcher-kva.example'))}",
    "idn-email": lambda rng: rng.choice(("실례@실례.테스트", "a@example.com", "用户@例子.广告")),
    "hostname": _host,
    "idn-hostname": lambda rng: rng.choice((_host(rng), "例子.广告", "bücher.example")),
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "uri": _uri,
    "url": _uri,
    "uri-reference": lambda rng: rng.choice((_uri(rng), _reference(rng))),
    "iri": lambda rng: rng.choice((_uri(rng), "https://例子.广告/路径?查=1")),
    "iri-reference": lambda rng: rng.choice((_uri(rng), _reference(rng), "/路径")),
    "uri-template": lambda rng: rng.choice(("/a/{b}", "https://example.com/{x}{?y,z}", "")),
    "uuid": _uuid,
    "byte": _bytes,
    "json-pointer": _pointer,
    "relative-json-pointer": lambda rng: f"{rng.randint(0, 9)}{rng.choice(('#', _pointer(rng)))}",
    "regex": lambda rng: rng.choice(("", "a", "^a+$", "[^x]", "(a|b){2,3}", r"\d\u0041")),
}
"""Makers by format. A format that is not here says nothing about texts: int64, password, binary, a server's own."""

NOT_OF_FORMAT: dict[str, tuple[str, ...]] = {
    "date": ("2026-02-30", "2026-13-01", "2026-1-1", "20260101", "2026-01-01T00:00:00Z"),
    "time": ("24:00:00Z", "12:60:00Z", "12:00Z", "noon"),
    "date-time": ("2026-01-01", "2026-01-01 00:00", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "1795305660"),
    "email": ("a", "a@", "@b.c", "a b@c.d", "a@b@c.d"),
    "hostname": ("-a", "a_b", "a..b", "a" * 64, "a b"),
    "ipv4": ("1.2.3", "256.1.1.1", "1.2.3.4.5", "01.2.3.4", "::1"),
    "ipv6": (":::", "1.2.3.4", "g::1", "1:2:3:4:5:6:7:8:9", "::1%eth0"),
    "uri": ("a", "/a", "//a", "http://a b", "http://[::1", "http://a/%zz", "://a"),
    "uri-reference": ("\\a", "a b", "http://a/%zz"),
    "uuid": ("0", "00000000-0000-0000-0000-00000000000", "00000000000000000000000000000000z"),
    "json-pointer": ("a", "/~2", "/~"),
    "regex": ("[", "(", "a{2,1}", "*"),
}
"""Texts that look like a format and are not of it."""


def texts_not_of(name: str, value: str) -> tuple[str, ...]:
    """Return texts that are probably not of a format; `value` is one that is."""
    return (*NOT_OF_FORMAT.get(name, ()), f" {value}", f"{value} ", f"{value}\n", value[:-1], "", *TEXTS)
