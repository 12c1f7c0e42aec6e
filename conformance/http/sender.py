"""Sends requests with `requests`, from local addresses of its own, and hands every exchange on.

It is a transport adapter, so Schemathesis' sessions can send through it: whatever goes out in this layer,
Schemathesis' own probes included, passes here and is judged. Placeholders are filled in here by the world.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from conformance.contract.http import HttpContract
from conformance.http.exchange import Exchange, Sent
from conformance.tls import authority
from conformance.wire.addresses import Addresses

TIMEOUT_S = 20.0
CASE_ID = "X-Schemathesis-TestCaseId"
GRANTS_AN_ADDRESS = 25
"""Logins from one address before another is taken; the documented limit is 60 a minute."""


class Fills(Protocol):
    """What knows the values behind the placeholders."""

    def fill(self, written: Sent) -> Sent:
        """Return the request with real values."""

    def saw(self, exchange: Exchange) -> None:
        """Take note of what an exchange has changed."""


class Sender(BaseAdapter):
    """A transport adapter with changing local addresses."""

    def __init__(
        self, base_url: str, contract: HttpContract, addresses: Addresses, on_exchange: Callable[[Exchange, str], None]
    ) -> None:
        super().__init__()
        self.world: Fills | None = None
        self._base_url = base_url.rstrip("/")
        self._contract = contract
        self._addresses = addresses
        self._on_exchange = on_exchange
        self._lock = threading.RLock()
        self._plain = _From(addresses.take())
        self._granting = _From(addresses.take())
        self._grants = 0
        self._is_bursting = False

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Send a prepared request, with its placeholders filled in; the answer refers to it as it was written."""
        headers = _texts(request.headers)
        case_id = headers.pop(CASE_ID, "")
        written = Sent.at(str(request.method), str(request.url), headers, _bytes(request.body))
        exchange, response, error = self._exchange(written, case_id=case_id)
        if response is None:
            raise error or requests.ConnectionError(exchange.failure)
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._plain.close()
            self._granting.close()

    def ask(self, written: Sent, *, is_judged: bool = True) -> Exchange:
        """Send a request and return what came back, an exchange with status 0 when nothing did."""
        return self._exchange(written, is_judged=is_judged)[0]

    def burst(self, written: list[Sent], most: int) -> None:
        """Send the first request from one new address until it is too much for the server, then the others once each.

        Only where there are many addresses: others on this machine must not suffer.
        """
        if not self._addresses.are_many:
            return
        with self._lock:
            before, self._granting, self._is_bursting = self._granting, _From(self._addresses.take()), True
        for _ in range(most):
            if self.ask(written[0]).status == 429:
                break
        for other in written[1:]:
            self.ask(other)
        with self._lock:
            self._granting.close()
            self._granting, self._is_bursting = before, False

    def _exchange(
        self, written: Sent, *, is_judged: bool = True, case_id: str = ""
    ) -> tuple[Exchange, requests.Response | None, Exception | None]:
        sent = self.world.fill(written) if self.world else written
        response, error = None, None
        for _ in range(2):  # the server may have closed a kept connection in good faith: once more, on a new one
            adapter = self._adapter_for(sent)
            try:
                response = adapter.send(_prepared(self._base_url, sent), timeout=TIMEOUT_S, verify=authority())
                break
            except (requests.RequestException, OSError) as failed:
                error = failed
                adapter.close()
        if response is None:
            exchange = Exchange(written, sent, 0, {}, b"", f"{type(error).__name__}: {str(error)[:200]}")
        else:
            headers = {name.lower(): value for name, value in response.headers.items()}
            exchange = Exchange(written, sent, response.status_code, headers, response.content or b"")
            if response.status_code == 429 and adapter is self._granting:
                self._grants = GRANTS_AN_ADDRESS
        if self.world:
            self.world.saw(exchange)
        if is_judged:
            self._on_exchange(exchange, case_id)
        return exchange, response, error

    def _adapter_for(self, sent: Sent) -> _From:
        operation = self._contract.operation_at(sent.method, sent.path)
        if operation is None or operation.secured:
            return self._plain
        with self._lock:
            self._grants += 1
            is_full = self._grants > GRANTS_AN_ADDRESS and not self._is_bursting
            if is_full and self._addresses.are_many:
                self._granting.close()
                self._granting, self._grants = _From(self._addresses.take()), 1
            return self._granting


class _From(HTTPAdapter):
    """An adapter whose connections come from one local address."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        super().__init__(pool_maxsize=4)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        if self._address is not None:
            options["source_address"] = (self._address, 0)
        super().init_poolmanager(*arguments, **options)


def _prepared(base_url: str, sent: Sent) -> requests.PreparedRequest:
    request = requests.PreparedRequest()
    request.prepare(method=sent.method, url=base_url, headers={}, data=None)
    request.method = sent.method
    request.url = f"{base_url}{sent.path}" + (f"?{sent.query}" if sent.query else "")
    headers = {name: value for name, value in sent.headers.items() if name not in ("content-length", "host")}
    if sent.body or sent.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(sent.body))
    request.headers = requests.structures.CaseInsensitiveDict(headers)
    request.body = sent.body or None
    return request


def _texts(headers: Any) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in headers.items()}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, bytes):
        return body
    return b"".join(body)
