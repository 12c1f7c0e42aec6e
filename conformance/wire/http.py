"""One user's HTTP client: sends, logs, counts, and judges every answer by the contract.

What the answer should have been in the state of the chat is for others; that it is declared and valid is judged here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from conformance.contract.http import HttpContract, HttpOperation
from conformance.contract.judge import ABSENT, Problem, json_value
from conformance.coverage import Coverage
from conformance.tls import tls_context
from conformance.wire.log import WireLog

ANSWER_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: 0 when the server gave no HTTP answer at all; `failure` then says why.
        body: The parsed JSON, `ABSENT` when there is none or it is no JSON.
        operation: The contract's, None when the request is for none of its operations.
        problems: What of the answer does not hold, by the contract; empty for an undeclared operation.
        declared: False when the contract has no such status for the operation.
        sent: The body of the request as a value.
    """

    id: str
    method: str
    path: str
    status: int
    headers: httpx.Headers
    text: str
    body: Any
    operation: HttpOperation | None
    problems: tuple[Problem, ...]
    declared: bool
    failure: str = ""
    sent: Any = ABSENT

    @property
    def data(self) -> Any:
        """Return the member `data` of the envelope; {} when there is none."""
        return self.body.get("data", {}) if isinstance(self.body, dict) else {}

    @property
    def code(self) -> str:
        """Return the error code of the envelope, "" when there is none."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class Http:
    """A connection pool of one user, with an address of its own where the machine has many."""

    def __init__(
        self,
        base_url: str,
        contract: HttpContract,
        log: WireLog,
        coverage: Coverage,
        *,
        address: str | None = None,
        who: str = "",
        on_answer: Callable[[Answer], None] | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: `http://HOST:PORT`, without the contract's base path.
            on_answer: Called with each answer, before `request` returns.
        """
        self.who = who
        self._base_url = base_url.rstrip("/")
        self._contract = contract
        self._log = log
        self._coverage = coverage
        self._on_answer = on_answer
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(verify=tls_context(base_url), local_address=address, http2=False),
            timeout=ANSWER_TIMEOUT_S,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Any = ABSENT,
        text: str | bytes | None = None,
    ) -> Answer:
        """Send a request to `path`, which has the contract's base in it, and return the answer, judged.

        Args:
            token: Goes out as `Authorization: Bearer`.
            data: The body as a value; `text` instead: the body as it is, with the content type of `headers` or JSON's.
        """
        identity = self._log.new_id("r")
        all_headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        content: bytes | None = None
        if data is not ABSENT:
            content = json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass")
        elif text is not None:
            content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if content is not None:
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        entry = self._log.add(
            "http",
            id=identity,
            who=self.who or None,
            method=method,
            path=path,
            query=dict(query) if query else None,
            headers=dict(headers) if headers else None,
            token=token,
        )
        if isinstance(text, str):
            entry["text"] = text
        elif text is not None:  # bytes that need not be text
            entry["base64"] = base64.b64encode(text).decode()
        if data is not ABSENT:
            entry["json"] = data
        self._coverage.counts["requests"] += 1
        answer = replace(await self._answer(identity, method, path, query, all_headers, content), sent=data)
        entry["answer"] = {"status": answer.status, "headers": dict(answer.headers)} | (
            {"text": answer.text or answer.failure} if answer.body is ABSENT else {"body": answer.body}
        )
        self._count(answer)
        if self._on_answer is not None:
            self._on_answer(answer)
        return answer

    def adopt(self, log: WireLog, who: str, on_answer: Callable[[Answer], None] | None) -> None:
        """Go on for another log, under a user's name."""
        self._log, self.who, self._on_answer = log, who, on_answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _answer(
        self, identity: str, method: str, path: str, query: Any, headers: dict[str, str], content: bytes | None
    ) -> Answer:
        operation = self._contract.operation_at(method, path)
        try:
            response = await self._client.request(
                method, self._base_url + path, params=query or None, headers=headers, content=content
            )
        except httpx.HTTPError as error:
            failure = f"{type(error).__name__}: {error}".rstrip(": ")
            return Answer(identity, method, path, 0, httpx.Headers(), "", ABSENT, operation, (), False, failure)
        body = json_value(response.content)
        problems: list[Problem] = []
        declared = True
        if operation is not None:
            found, problems = self._contract.judge(operation, response.status_code, response.headers, body)
            declared = found is not None
        return Answer(
            identity,
            method,
            path,
            response.status_code,
            response.headers,
            response.text,
            body,
            operation,
            tuple(problems),
            declared,
        )

    def _count(self, answer: Answer) -> None:
        if answer.operation is not None:
            self._coverage.statuses[f"{answer.operation.id} {answer.status}"] += 1
        if answer.code:
            self._coverage.errors[f"{answer.code} http"] += 1
