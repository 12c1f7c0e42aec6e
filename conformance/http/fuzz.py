"""Runs Schemathesis: all phases, all checks, through our own transport, in the names of several people.

Driven by its engine's stream of events rather than its command line: the stream says at once what failed, with the
requests that led there, and ends in time. Nothing is shrunk by Hypothesis; `shrink` does that on the wire. Knows the
names of parameters that `people` can offer values for, and no operation.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events
from schemathesis.engine.context import EngineContext
from schemathesis.engine.core import Engine, EventStream
from schemathesis.engine.observations import Observations
from schemathesis.generation.meta import negated_parameters

from conformance.contract.http import HttpContract
from conformance.contract.load import followed
from conformance.http.people import ENDS_A_LOGIN, KNOWN, SHARES
from conformance.http.sender import Sender

SHARE_OF_KNOWN = 0.75
"""How often a value comes from the server; the rest is invented."""

EXAMPLES_A_CYCLE = 25
"""Of each operation, before stateful testing has its turn; then again, until the time is over."""

SETTLES_WITHIN_S = 1.0
"""What the engine may take to wind down."""

OnFailure = Callable[[Failure, list[str]], None]


def run_schemathesis(
    contract: HttpContract,
    sender: Sender,
    base_url: str,
    *,
    seed: int,
    seconds: float,
    people: Iterable[str],
    skip: Iterable[str],
    on_failure: OnFailure,
    on_progress: Callable[[str], bool],
) -> list[str]:
    """Test until the time is over, and return what went wrong with Schemathesis itself, one line each.

    Args:
        seed: What is generated depends on it; how far the time reaches does not.
        people: Who can log in; without anybody, requests go out without a token.
        skip: Ids of operations to leave out.
        on_failure: Called with each failure and the ids of the cases that led to it, in order.
        on_progress: Called with the phase after each scenario; the run ends when it returns False.
    """
    schema: Any = schemathesis.openapi.from_dict(contract.document, config=_config(contract, seed, seconds))
    schema.config.update(base_url=base_url.rstrip("/") + contract.base)
    for identity in skip:
        schema = schema.exclude(operation_id=identity)
    names = tuple(name for name in SHARES if name in people)
    if names:
        _log_in(schema, contract, names, seed)
    wrong: dict[str, None] = {}
    stream = _Engine(schema).through(sender)
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            for case_id, checks in list(recorder.checks.items()):
                for check in checks:
                    if check.failure_info is not None:
                        failure = check.failure_info.failure
                        chain = recorder.iter_chain_cases(
                            case_id=failure.case_id or case_id, related_case_ids=failure.related_case_ids()
                        )
                        on_failure(failure, [case.id for case in chain])
            if not on_progress(str(event.phase.value)):
                stream.stop()
        elif isinstance(event, events.NonFatalError) and not isinstance(event.value, requests.RequestException):
            wrong[f"{event.label}: {type(event.value).__name__}: {' '.join(str(event.value).split())[:200]}"] = None
        elif isinstance(event, events.FatalError):
            wrong[f"Schemathesis: {event.exception!r}"[:300]] = None
    return list(wrong)


def _config(contract: HttpContract, seed: int, seconds: float) -> SchemathesisConfig:
    places = _places(contract)
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "max-time": max(1, int(seconds)),
            "continue-on-failure": True,
            "workers": 1,
            "request-timeout": 20,
            "cache": {"enabled": False},
            "generation": {"database": "none", "max-examples": EXAMPLES_A_CYCLE, "no-shrink": True},
            "checks": {
                "negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]},
                "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "429"]},
            },
            "parameters": {
                place: {"dictionary": f"d{number}", "probability": SHARE_OF_KNOWN}
                for number, place in enumerate(places)
            },
            "dictionaries": {
                f"d{number}": {"values": list(dict.fromkeys(values))} for number, values in enumerate(places.values())
            },
        }
    )


def _places(contract: HttpContract) -> dict[str, tuple[Any, ...]]:
    """Return the values to offer by where they go, of the parameters and properties that the document has."""
    places: dict[str, tuple[Any, ...]] = {}
    for operation in contract.operations.values():
        for raw in operation.raw.get("parameters", ()):
            parameter, _ = followed(contract.document, raw)
            if parameter["name"] in KNOWN and parameter["in"] in ("path", "query"):
                places[f"{parameter['in']}.{parameter['name']}"] = KNOWN[parameter["name"]]
        body, _ = followed(contract.document, operation.raw.get("requestBody") or {})
        for media in (body.get("content") or {}).values():
            schema, _ = followed(contract.document, media.get("schema") or {})
            for name, each in (schema.get("properties") or {}).items():
                if name in KNOWN:
                    item, _ = followed(contract.document, each)
                    places[f"body.{name}" + ("[*]" if item.get("type") == "array" else "")] = KNOWN[name]
    return places


def _log_in(schema: Any, contract: HttpContract, names: tuple[str, ...], seed: int) -> None:
    operations = {(operation.method, operation.path): operation for operation in contract.operations.values()}
    tickets = [name for name in names for _ in range(SHARES[name])]

    @schema.auth(refresh_interval=None)
    class Login:
        """Sends each request in somebody's name, which depends on the request and the seed only."""

        def get(self, case: Any, context: Any) -> str | None:
            method, path = context.operation.method.upper(), context.operation.path
            operation = operations.get((method, path))
            if operation is None or not operation.secured:
                return None
            if ("Authorization", ParameterLocation.HEADER) in negated_parameters(case.meta):
                return None
            if operation.id in ENDS_A_LOGIN:
                return ENDS_A_LOGIN[operation.id]
            text = repr((seed, method, path, case.path_parameters, case.query, case.body))
            return tickets[hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] % len(tickets)]

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer kit.as-{data}"}


class _Engine(Engine):
    """Schemathesis' engine, whose requests go through our transport; it has no setting for that."""

    def through(self, sender: Sender) -> EventStream:
        """Begin, as `execute` does."""
        context = _Context(
            schema=self.schema,
            stop_event=threading.Event(),
            observations=Observations(),
            max_time=self.schema.config.max_time,
        )
        context.sender = sender
        return EventStream(self._create_execution_plan().execute(context), context.control.stop_event)


class _Context(EngineContext):
    """What the engine's parts ask for their session."""

    sender: Sender

    def get_session(self, *, operation: Any = None) -> requests.Session:
        """Return a session of the thread's own; our transport serves all threads."""
        if getattr(self._thread_local, "session", None) is None:
            self._thread_local.session = _session(self.sender)
        return self._thread_local.session  # type: ignore[no-any-return]  # a thread-local has no types


def _session(sender: Sender) -> requests.Session:
    session = requests.Session()
    session.headers = {}  # type: ignore[assignment]
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, sender)
    return session
