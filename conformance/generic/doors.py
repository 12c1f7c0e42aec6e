"""Tries the doors of the channel: handshakes that are none, and credentials that are bad.

A handshake is refused as HTTP. Bad credentials are refused as HTTP or, where the catalogue ties an error to a close
code, by that error and that close after the upgrade.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from conformance.contract.judge import ABSENT, json_value
from conformance.generic.bench import Bench
from conformance.generic.bytes_socket import BytesSocket, open_bytes_socket
from conformance.generic.finding import WITHIN_S, Finding
from conformance.generic.framing import TEXT, encode_close, encode_frame
from conformance.generic.seat import NoCredentials, Seat
from conformance.generic.stock import leaves
from conformance.trace import Step
from conformance.wire.log import WireLog
from conformance.wire.socket import HandshakeRefused

HTTP_UPGRADE_REQUIRED = 426
"""RFC 9110, section 15.5.22."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PAUSE_S = 1.0

Headers = Mapping[str, str | None]

VERSION, KEY_HEADER = "Sec-WebSocket-Version", "Sec-WebSocket-Key"

HANDSHAKES: tuple[tuple[str, Headers], ...] = (
    ("version 8", {VERSION: "8"}),
    ("version 99", {VERSION: "99"}),
    ("no version", {VERSION: None}),
    ("no key", {KEY_HEADER: None}),
    ("a bad key", {KEY_HEADER: "x"}),
    ("no upgrade", {"Upgrade": None, "Connection": None}),
)
"""Handshakes that are none, by RFC 6455, section 4.2.1: what is other than in a good one."""


@dataclass(frozen=True)
class _Try:
    name: str
    query: dict[str, str]


class Doors:
    """Tries every door, again and again, until the run is over."""

    def __init__(self, bench: Bench) -> None:
        self.tried = 0
        self._bench = bench
        self._contract = bench.run.socket
        self._rng = Random(f"{bench.run.seed} doors")
        self._seat = Seat()

    async def run(self) -> None:
        """Work until the run is over."""
        pause_s = 0.0
        while not self._bench.is_over:
            try:
                query = await self._bench.query_of(self._seat)
            except NoCredentials:
                await asyncio.sleep(PAUSE_S)
                continue
            tries: list[Callable[[], Awaitable[None]]] = [
                partial(self._shake_hands, name, headers, query) for name, headers in HANDSHAKES
            ]
            tries += [partial(self._enter, each) for each in self._bad(query)]
            for attempt in tries:
                if self._bench.is_over:
                    return
                await attempt()
                await asyncio.sleep(pause_s)
            pause_s = PAUSE_S

    # Handshakes.

    async def _shake_hands(self, name: str, headers: Headers, query: dict[str, str]) -> None:
        log = WireLog()
        address = self._contract.address
        status, body, has_version = 0, "", False
        try:
            socket = await open_bytes_socket(
                self._bench.run.base_url, address, query, log, headers=headers, address=self._seat.address
            )
        except HandshakeRefused:
            if not await self._bench.witness.others_served("", []):
                return  # nobody gets an answer
        else:
            status, has_version = socket.status, VERSION.lower() in socket.headers
            await socket.wait_until(lambda: socket.ended or socket.is_open, 0.2)
            body = socket.body
            socket.drop()
        self.tried += 1
        if self._bench.is_over:
            return
        catalogue = any(each.status == HTTP_UPGRADE_REQUIRED for each in self._contract.errors.values())
        is_right = status == HTTP_UPGRADE_REQUIRED if catalogue else 400 <= status < 500
        if name == "no upgrade" and not catalogue:
            is_right = 200 <= status < 500  # it is an ordinary request, to which anything may be served
        expected = f"status {HTTP_UPGRADE_REQUIRED}" if catalogue else "a status from 400 to 499"
        got = f"status {status}" if status else "no answer"
        if is_right and status == HTTP_UPGRADE_REQUIRED and name.startswith("version") and not has_version:
            is_right, got, expected = False, f"no {VERSION}", f"the header {VERSION} with what the server speaks"
        self._note_refusal(status, body)
        if not is_right:
            self._report_handshake(name, headers, query, expected, got, catalogue=catalogue)

    def _note_refusal(self, status: int, body: str) -> None:
        coverage = self._bench.run.coverage
        if status and status != 101:
            coverage.transitions["connecting -> no valid handshake -> refused"] += 1
        try:
            value = json.loads(body[body.find("{") : body.rfind("}") + 1])
        except ValueError:
            return
        for _, _, leaf in leaves(value):
            if isinstance(leaf, str) and leaf in self._contract.errors:
                coverage.errors[f"{leaf} http"] += 1

    def _report_handshake(
        self, name: str, headers: Headers, query: dict[str, str], expected: str, got: str, *, catalogue: bool
    ) -> None:
        bench = self._bench
        good = {"Upgrade": "websocket", "Connection": "Upgrade", VERSION: "13", KEY_HEADER: KEY}
        all_headers = {k: v for k, v in {**good, **headers}.items() if v is not None}
        step: Step = {"step": "http", "id": "h1", "method": "GET", "path": self._contract.address}
        step |= {"query": dict(bench.opening.query or query), "headers": all_headers}
        status = [HTTP_UPGRADE_REQUIRED] if catalogue else list(range(400, 432))
        check: Step = {"check": "response", "step": "h1", "status": status}
        finding = Finding("handshake-refused", self._contract.channel, bench.channel, expected, got, check, name)
        bench.report(finding, [step])

    # Credentials.

    def _bad(self, query: dict[str, str]) -> list[_Try]:
        found = []
        for name, value in query.items():
            rest = {other: each for other, each in query.items() if other != name}
            found += [
                _Try(f"without {name}", rest),
                _Try(f"with an empty {name}", {**query, name: ""}),
                _Try(f"with another {name}", {**query, name: "x"}),
                _Try(f"with a longer {name}", {**query, name: f"{value}x"}),
                _Try(f"with a shorter {name}", {**query, name: value[:-1]}),
            ]
        return found

    async def _enter(self, each: _Try) -> None:
        bench = self._bench
        log = WireLog()
        bench.run.coverage.counts["connections"] += 1
        try:
            socket = await open_bytes_socket(
                bench.run.base_url, self._contract.address, each.query, log, address=self._seat.address
            )
        except HandshakeRefused:
            if await bench.witness.others_served("", []):
                self._report_entry(each, "an answer to the handshake", "none", log)
            return
        self.tried += 1
        if socket.is_open:
            await self._stay(each, socket, log)
        else:
            bench.run.coverage.transitions["connecting -> bad credentials -> refused"] += 1
            if not 400 <= socket.status < 500 or self._tied():
                expected = self._expected()
                self._report_entry(each, expected, f"the handshake was answered with {socket.status}", log)
        socket.end()

    async def _stay(self, each: _Try, socket: BytesSocket, log: WireLog) -> None:
        """See what becomes of a connection that bad credentials have opened, and whether a frame is answered on it."""
        bench = self._bench
        probe = bench.probe()
        if probe is not None:
            socket.write(encode_frame(TEXT, probe.text.encode()))
        left_s = min(bench.patience.alone_s, max(0.05, bench.run.seconds_left))
        await socket.wait_until(lambda: socket.close_code is not None or socket.ended, left_s)
        code, tied, coverage = socket.close_code, self._tied(), bench.run.coverage
        if code is None and (bench.is_over or (socket.ended and not await bench.witness.others_served("", []))):
            return
        values = [value for value in map(json_value, socket.texts) if value is not ABSENT]
        messages = [self._contract.judge(value)[0] for value in values]
        answers = bench.expected.answers(probe) if probe is not None else ()
        taken = [m for m in messages if m is not None and m in answers and not bench.expected.is_error(m)]
        if taken:
            self._report_entry(each, self._expected(), f"{taken[0].name} came", log)
            return
        codes = [leaf for value in values for _, _, leaf in leaves(value) if leaf in self._contract.errors]
        if code is not None:
            coverage.closes[str(code)] += 1
            coverage.transitions[f"open -> bad credentials -> closed {code}"] += 1
            socket.write(encode_close(1000))
        for error in codes:
            coverage.errors[f"{error} socket"] += 1
        declared = set(tied.values()) or set(self._contract.close_codes)
        if code is None or (declared and code not in declared):
            got = "the TCP connection just ended" if socket.ended else "it stays open"
            self._report_entry(each, self._expected(), got if code is None else f"the close code {code}", log)
        elif tied and not any(tied.get(error) == code for error in codes):
            self._report_entry(each, self._expected(), "no error frame", log, rule="close-announced")

    def _tied(self) -> dict[str, int]:
        """Return the close code of each error that always ends the connection."""
        return {
            each.code: each.close_code
            for each in self._contract.errors.values()
            if each.socket == "close" and each.close_code is not None
        }

    def _expected(self) -> str:
        tied = self._tied()
        if tied:
            return "an error frame and then the close, " + " or ".join(f"{name} {code}" for name, code in tied.items())
        return "a refused handshake, or a declared close"

    def _report_entry(
        self, each: _Try, expected: str, got: str, log: WireLog, rule: str = "credentials-checked"
    ) -> None:
        bench = self._bench
        if bench.is_over:
            return
        opening = bench.opening.query
        query = {name: v if v in ("", "x") else f"{opening.get(name, '')}x" for name, v in each.query.items()}
        codes = sorted(set(self._tied().values()) or set(self._contract.close_codes))
        check: Step = {"check": "close", "socket": "s1", "codes": codes, "within_s": WITHIN_S}
        detail = each.name if rule == "credentials-checked" else "bad credentials"
        finding = Finding(rule, self._contract.channel, bench.channel, expected, got, check, detail)
        bench.report(finding, [{"step": "connect", "socket": "s1", "query": query}], log.entries)
