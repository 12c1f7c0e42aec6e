"""One run: reads the contracts, lints them, lets the stages work side by side until the budget is over, collects.

Knows the stages by name only; what they do is theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import httpx

from conformance.contract.channel import read_socket_contract
from conformance.contract.http import HttpContract, read_http_contract
from conformance.contract.load import ContractUnreadable, load_contract
from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.declared import matrices
from conformance.report.progress import Progress
from conformance.report.states import build_states
from conformance.result import Result, Stage
from conformance.rules import rules_of
from conformance.stage import Run
from conformance.tls import tls_context
from conformance.violation import Violation, merge
from conformance.wire.addresses import Addresses

CHAT, GENERIC = "chat", "generic"
LEAST_TOKEN_LIFE_S = 120
"""A sequence of the chat stage takes up to half a minute, and its accounts may have waited as long."""

PROFILES = (CHAT, GENERIC)
PUBLISHED = {"openapi": "/api/openapi.yaml", "asyncapi": "/api/asyncapi.yaml"}
"""Where a GoChat server publishes its contracts."""

STAGES: dict[str, tuple[str, ...]] = {CHAT: ("http", "generic", "chat"), GENERIC: ("generic",)}
REACH_TIMEOUT_S = 5.0
OVERTIME_S = 60.0
"""How long stages may take after the budget, to make what they found short. A stage that takes longer is cut off."""


class CannotRun(Exception):
    """The run can't begin; the text says why, in one line."""


@dataclass(frozen=True)
class Order:
    """What is asked for. The defaults are those of the command.

    Attributes:
        openapi: Path or URL; None: what the server publishes (chat) or no HTTP half (generic).
        query: Parameters that open the channel, for the generic profile.
        known: Keys of violations that a baseline names.
    """

    url: str
    openapi: str | None = None
    asyncapi: str | None = None
    budget_s: float = 60.0
    seed: int = 1
    profile: str = CHAT
    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    query: dict[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    fail_fast: bool = False


def base_url(url: str) -> str:
    """Return `http://HOST:PORT` of a URL.

    Raises:
        CannotRun: It is no http(s) URL.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.netloc:
        raise CannotRun(f"{url} is no URL like http://HOST:PORT")
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}"


def reach(url: str) -> None:
    """Make sure that something answers HTTP there.

    Raises:
        CannotRun: Nothing does.
    """
    try:
        httpx.get(url, timeout=REACH_TIMEOUT_S, verify=tls_context(url))
    except httpx.HTTPError as error:
        raise CannotRun(f"{url} can't be reached: {error}") from error


def read_contracts(order: Order, url: str) -> tuple[dict[str, str], HttpContract | None, SocketContract]:
    """Return where the contracts come from, and both, read.

    Raises:
        CannotRun: One can't be read.
    """
    sources = {"asyncapi": order.asyncapi or url + PUBLISHED["asyncapi"]}
    if order.openapi or order.profile == CHAT:
        sources["openapi"] = order.openapi or url + PUBLISHED["openapi"]
    try:
        http = read_http_contract(load_contract(sources["openapi"], "openapi")) if "openapi" in sources else None
        return sources, http, read_socket_contract(load_contract(sources["asyncapi"], "asyncapi"))
    except ContractUnreadable as error:
        raise CannotRun(str(error)) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CannotRun(f"a contract can't be understood: {type(error).__name__}: {error}") from error


def conform(order: Order, progress: Progress, coverage: Coverage) -> Result:
    """Hold the server to its contracts and return what was found.

    Args:
        coverage: Filled while the stages work; the progress display reads it.

    Raises:
        CannotRun: The server can't be reached or a contract can't be read.
    """
    url = base_url(order.url)
    reach(url)
    started_at, began = time.time(), time.monotonic()
    sources, http, socket = read_contracts(order, url)
    _check_names(order, http, socket)
    life_s = socket.limits.access_token_ttl_s
    if _wants(order, "chat") and order.profile == CHAT and 0 < life_s < LEAST_TOKEN_LIFE_S:
        raise CannotRun(
            f"access tokens live {life_s} s (accessTokenTtlS of x-limits), and users of the chat stage need theirs for"
            f" {LEAST_TOKEN_LIFE_S} s: let them live longer, or leave the stage out with --skip chat"
        )
    found: list[Violation] = []
    stages: list[Stage] = []

    def report(violation: Violation) -> None:
        if violation.rule in order.skip:
            return
        found.append(violation)
        progress.found(violation)

    if _wants(order, "contract"):
        stages.append(_lint(order, http, socket, report, progress))
    run = Run(
        base_url=url,
        sources=sources,
        http=http,
        socket=socket,
        seed=order.seed,
        budget_s=order.budget_s,
        deadline=began + order.budget_s,
        addresses=Addresses(url, first=int(time.time() * 1000) % 10_000_000),
        coverage=coverage,
        report=report,
        progress=progress.say,
        credentials=_fixed(order.query),
        only=order.only,
        skip=order.skip,
        fail_fast=order.fail_fast,
    )
    stages += asyncio.run(_work(run, order, found))
    documents = {"openapi": http.document if http else {}, "asyncapi": socket.document}
    return Result(
        url=url,
        profile=order.profile,
        seed=order.seed,
        budget_s=order.budget_s,
        contracts=sources,
        titles={name: _title(documents[name]) for name in sources},
        started_at=started_at,
        seconds=time.monotonic() - began,
        stages=tuple(stages),
        violations=tuple(sorted(merge(found), key=lambda violation: violation.key in order.known)),
        coverage=coverage,
        matrices=tuple(matrices(http, socket, coverage, order.budget_s)),
        known=order.known,
        notes=_notes(run),
        states=build_states(socket, coverage),
    )


def _lint(
    order: Order,
    http: HttpContract | None,
    socket: SocketContract,
    report: Callable[[Violation], None],
    progress: Progress,
) -> Stage:
    from conformance.contract.lint import lint
    from conformance.contract.rules import RULES

    progress.say("contract", "reading the contracts")
    began = time.monotonic()
    violations = lint(http.document if http else None, socket.document)
    for violation in violations:
        report(violation)
    progress.say("contract", f"{len(RULES)} rules")
    return Stage("contract", time.monotonic() - began, f"{len(RULES)} rules, {len(violations)} broken")


async def _work(run: Run, order: Order, found: list[Violation]) -> list[Stage]:
    names = STAGES[order.profile]
    credentials = None
    if order.profile == CHAT and run.http is not None:
        from conformance.chat.credentials import LOGIN_QUERY, Credentials, login_steps

        credentials = Credentials(run)
        run.credentials = credentials.take
        run.known = credentials.known
        run.login_steps, run.login_query = login_steps(run.http.base), LOGIN_QUERY
    if "chat" not in names or not _wants(order, "chat"):
        run.settled.set()
    watch = asyncio.create_task(_end_early(run, found))
    try:
        return list(await asyncio.gather(*(_stage(name, run, order) for name in names)))
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch
        if credentials is not None:
            await credentials.close()


async def _stage(name: str, run: Run, order: Order) -> Stage:
    began = time.monotonic()
    if not _wants(order, name):
        return Stage(name, 0.0, "", skipped="left out by --only or --skip")
    work: Callable[[Run], Awaitable[str]] = getattr(import_module(f"conformance.{name}.stage"), f"run_{name}")
    try:
        summary = await asyncio.wait_for(work(run), run.seconds_left + OVERTIME_S)
    except Exception as error:  # a defect of ours: the other stages go on, and the command says so
        reason = "it did not end in time" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
        trace = "" if isinstance(error, TimeoutError) else traceback.format_exc()
        return Stage(name, time.monotonic() - began, f"broke off: {reason}", failure=trace or reason)
    run.progress(name, f"done: {summary}")
    return Stage(name, time.monotonic() - began, summary)


async def _end_early(run: Run, found: list[Violation]) -> None:
    """End the run at the first violation, where that is asked for."""
    while not (run.fail_fast and found):
        await asyncio.sleep(0.05)
    run.ended.set()


def _wants(order: Order, stage: str) -> bool:
    """Say whether a stage runs: --only names it, or nothing that is a stage; --skip does not name it."""
    named = {"contract", "http", "generic", "chat"} & order.only
    return stage not in order.skip and (not named or stage in named)


def _fixed(query: dict[str, str]) -> Callable[[], Awaitable[dict[str, str]]]:
    async def credentials() -> dict[str, str]:
        return dict(query)

    return credentials


def _check_names(order: Order, http: HttpContract | None, socket: SocketContract) -> None:
    """Make sure that --only and --skip name what there is: a slip of the pen must not pass for a clean server."""
    stages = ("contract", *STAGES[order.profile])
    names = {*stages, *(http.operations if http else ()), *socket.messages, *socket.operations}
    if order.profile == CHAT:
        from conformance.chat.stories import STORIES

        names |= {"machine", *(story.name for story in STORIES)}
    unknown = sorted((order.only | order.skip - rules_of(*stages).keys()) - names)
    if unknown:
        near = get_close_matches(unknown[0], names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise CannotRun(f"no stage, operation, frame or story is called {unknown[0]}{hint}")


def _title(document: dict[str, Any]) -> str:
    info = document.get("info") or {}
    return f"{info.get('title', '')} {info.get('version', '')}".strip()


def _notes(run: Run) -> tuple[str, ...]:
    socket, notes = run.socket, []
    if not socket.close_codes:
        notes.append("the WebSocket contract has no x-close-codes: close codes are not judged")
    if socket.invalid is None:
        notes.append("the WebSocket contract has no x-invalid-frames: any declared answer to a wrong frame is taken")
    if run.http is not None and socket.limits.logins_per_min and not run.addresses.are_many:
        notes.append(
            f"all users came from one address, which may log in {socket.limits.logins_per_min:g} times a minute"
            " (x-limits), so there were fewer: switch that limit off, or run the kit on the server's machine"
        )
    return tuple(notes)
