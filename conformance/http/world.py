"""Makes the people and things of `people` on the server when they are first needed, and fills in placeholders.

What is used up is made again, so each request finds the same world, and a trace of it needs the set-up steps and the
request only. Knows the contract's operations by id, and nothing of how answers are judged.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from conformance.contract.http import HttpContract
from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.http.exchange import Exchange, Finding, Sent
from conformance.http.people import ONE_WAY, PEOPLE, PLACES, SPENT, STEPS, Place
from conformance.http.sender import Sender

REFERENCE = re.compile(r"\$\{([A-Za-z]+)(?:#([^}]*))?\}")
PLACEHOLDER = re.compile(r"kit\.[a-z-]+")
MARK = "kit."

RENEWAL_INTERVAL_S = {"throwawayLogin": 0.25, "refreshLogin": 0.25, "newcomer": 1.0, "request": 3.0}
"""How long these stay used up: making them costs the server something, and a second use is worth a look, too."""

LOGIN_INTERVAL_S = 2.0
WAIT_LIMIT_S, LEAST_WAIT_S = 5.0, 0.2
"""How long a step of the set-up waits for a limit in all, and at least before it is tried again."""

RUN_DIGITS = 10


class World:
    """The values behind the placeholders of one server."""

    def __init__(self, contract: HttpContract, sender: Sender) -> None:
        """Prepare; nothing is sent yet."""
        self.findings: list[Finding] = []
        self._run = "".join(secrets.choice("0123456789") for _ in range(RUN_DIGITS - 4))
        self._contract = contract
        self._sender = sender
        self._lock = threading.RLock()
        self._answers: dict[str, Any] = {}
        self._made_at: dict[str, float] = {}
        self._times: dict[str, int] = {}
        self._failed: set[str] = set()
        self._refusals: dict[str, Exchange] = {}
        self._spent: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._making = 0

    @property
    def people(self) -> tuple[str, ...]:
        """Those who can log in by this contract."""
        return tuple(name for name in PEOPLE if self._is_possible(f"{name}Login"))

    def prepare(self) -> None:
        """Take all steps that this contract has, while nothing is in their way; one that is refused is a finding."""
        with self._lock:
            for step in STEPS:
                if self._made(step) is None and step in self._refusals:
                    self._failed.add(step)
                    self.findings.append(self._refused(step, self._refusals[step]))

    def fill(self, written: Sent) -> Sent:
        """Return the request with the values behind its placeholders; what can't be made stays as it is written."""
        if MARK not in f"{written.path}{written.query}{written.token}" and MARK.encode() not in written.body:
            return written
        with self._lock:
            if not self._making:
                self._forget_what_is_spent()
            path = "/".join(
                quote(self._value(unquote(part)), safe="") if MARK in part else part for part in written.path.split("/")
            )
            query = written.query
            if MARK in query:
                pairs = parse_qsl(query, keep_blank_values=True)
                query = urlencode([(name, self._value(text)) for name, text in pairs])
            body = written.body
            for name in PLACEHOLDER.findall(body.decode("latin-1")):
                # Whole strings of JSON only, and every other byte as it is.
                body = body.replace(json.dumps(name).encode(), json.dumps(self._value(name)).encode())
            headers = dict(written.headers)
            if written.token in PLACES:
                token = self._value(written.token)
                headers["authorization"] = f"Bearer {token}"
                if token == written.token:
                    del headers["authorization"]
            return Sent(written.method, path, query, headers, body)

    def saw(self, exchange: Exchange) -> None:
        """Take note of what an exchange has used up, so that the next one that needs it finds it made again."""
        operation = self._contract.operation_at(exchange.sent.method, exchange.sent.path)
        with self._lock:
            if self._making:
                return
            text = f"{exchange.written.token} {exchange.written.path} {exchange.written.body!r}"
            for name, step in ONE_WAY.items():
                if name in text:
                    self._spent.setdefault(step, (time.monotonic(), (step,)))
            if operation is not None and operation.id in SPENT and 200 <= exchange.status < 300:
                steps = SPENT[operation.id]
                made = value_at(self._answers.get(steps[0], {}), "/data/id")
                if isinstance(made, str) and made in exchange.sent.path:
                    self._spent.setdefault(steps[0], (time.monotonic(), steps))

    def log_in_again(self, token: str) -> bool:
        """Give the person of a token's placeholder a new login; False when that was done a moment ago, or can't be."""
        step = f"{token.removeprefix('kit.as-')}Login"
        with self._lock:
            if step not in self._answers or time.monotonic() - self._made_at[step] < LOGIN_INTERVAL_S:
                return False
            before = self._answers.pop(step)
            if self._made(step) is None:
                self._answers[step] = before
                return False
            return True

    def steps_for(self, text: str) -> list[str]:
        """Return the set-up steps that the placeholders in a text need, each after what it needs itself."""
        done: dict[str, None] = {}
        for name in PLACEHOLDER.findall(text):
            if name in PLACES:
                for step in needs_of(PLACES[name]):
                    self._close(step, done)
        return list(done)

    def written(self, step: str) -> Sent:
        """Return the request of a set-up step, with placeholders."""
        asked = STEPS[step]
        operation = self._contract.operations[asked.operation]
        path = re.sub(r"\{([^}]*)\}", lambda match: asked.path.get(match[1], match[0]), operation.path)
        headers = {"content-type": "application/json"} if asked.json is not None else {}
        if asked.who:
            headers["authorization"] = f"Bearer kit.as-{asked.who}"
        body = b"" if asked.json is None else json.dumps(asked.json).encode()
        return Sent(operation.method, self._contract.base + path, "", headers, body)

    def _close(self, step: str, done: dict[str, None]) -> None:
        if step in done or not self._is_possible(step):
            return
        for needed in _needed(step):
            self._close(needed, done)
        done[step] = None

    def _is_possible(self, step: str) -> bool:
        return STEPS[step].operation in self._contract.operations and all(map(self._is_possible, _needed(step)))

    def _forget_what_is_spent(self) -> None:
        for first, (spent_at, steps) in list(self._spent.items()):
            if time.monotonic() - spent_at >= RENEWAL_INTERVAL_S.get(first, 0.0):
                del self._spent[first]
                for step in steps:
                    self._answers.pop(step, None)

    def _value(self, text: str) -> str:
        place = PLACES.get(text)
        if place is None or any(self._made(step) is None for step in needs_of(place)):
            return text
        if not needs_of(place) and not place.counts:
            self._times[text] = self._times.get(text, 0) + 1

        def value(match: re.Match[str]) -> str:
            if match[1] == "run":
                return f"{self._run}{self._times.get(place.counts or text, 0):04}"
            found = value_at(self._answers[match[1]], match[2] or "")
            return str(found) if found is not ABSENT else match[0]

        return REFERENCE.sub(value, place.text)

    def _made(self, step: str) -> Any:
        """Return the answer of a step, which is taken now if it was not yet; None when it does not succeed."""
        if step in self._answers:
            return self._answers[step]
        if step in self._failed or not self._is_possible(step):
            return None
        if any(self._made(needed) is None for needed in _needed(step)):
            return None
        if STEPS[step].operation == "register":
            self._times[step] = self._times.get(step, 0) + 1
        self._making += 1
        try:
            exchange = self._sent_patiently(self.written(step))
        finally:
            self._making -= 1
        answer = exchange.value
        if not 200 <= exchange.status < 300 or answer is ABSENT:
            if exchange.status != 429:
                self._refusals[step] = exchange
            return None
        self._answers[step], self._made_at[step] = answer, time.monotonic()
        return answer

    def _sent_patiently(self, written: Sent) -> Exchange:
        """Send, and where it was too soon wait as long as Retry-After says."""
        until = time.monotonic() + WAIT_LIMIT_S
        while True:
            exchange = self._sender.ask(written)
            if exchange.status != 429 or time.monotonic() > until:
                return exchange
            told = exchange.headers.get("retry-after", "")
            time.sleep(min(max(float(told) if told.isdecimal() else 0.0, LEAST_WAIT_S), WAIT_LIMIT_S))

    def _refused(self, step: str, exchange: Exchange) -> Finding:
        operation = self._contract.operations[STEPS[step].operation]
        got = f"{exchange.status or exchange.failure} {exchange.body[:200].decode('utf-8', 'replace')}".strip()
        success = [int(status) for status in operation.responses if status.startswith("2")]
        return Finding(
            "http-setup",
            operation.id,
            f"openapi{operation.pointer}",
            step,
            f"success for the set-up step `{step}`",
            got,
            (exchange,),
            {"status": success},
        )


def needs_of(place: Place) -> tuple[str, ...]:
    """Return the steps that a placeholder needs: those that its text refers to, then the others."""
    return tuple(match[1] for match in REFERENCE.finditer(place.text) if match[1] != "run") + place.needs


def _needed(step: str) -> Iterator[str]:
    asked = STEPS[step]
    text = f"{json.dumps([asked.path, asked.json])} " + (f"kit.as-{asked.who}" if asked.who else "")
    for name in PLACEHOLDER.findall(text):
        yield from needs_of(PLACES[name])
