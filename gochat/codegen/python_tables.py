"""Writes the Python client's tables: errors, close codes, limits and the rules of the frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gochat.codegen.client_facts import ClientFacts
from gochat.codegen.documents import JsonObject
from gochat.codegen.python_text import MARK, literal, python_name

REFRESH = "refreshSession"
"""The operation that the session needs."""


def render_catalogue(facts: ClientFacts) -> str:
    """Return the module of the tables, with the types of their rows."""
    codes = ", ".join(literal(e["code"]) for e in facts.errors)
    refresh = next(call.path for call in facts.http_calls if call.operation_id == REFRESH)
    errors = [
        (e["code"], {"status": e.get("status"), "retryable": e["retryable"], "en": e["en"], "zh": e["zh"]})
        for e in facts.errors
    ]
    closes = [(c["code"], {k: c[k] for k in ("name", "meaning", "reconnect", "hint")}) for c in facts.close_codes]
    client = [(c.frame, {"correlation": c.correlation, "replies": c.replies}) for c in facts.client_calls]
    server = "".join(
        f"    {literal(f.frame)}: ServerFrameRule(frame=server_frames.{f.frame_schema}, "
        f"correlation={literal(f.correlation)}),\n"
        for f in facts.server_frames
    )
    limits = "".join(
        f"    {python_name(name)}: {type(value).__name__} = {literal(value)}\n" for name, value in facts.limits.items()
    )
    return f'''"""The tables of the contract: errors, close codes, limits, frames. {MARK}"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from . import server_frames

VERSION = {literal(facts.version)}
"""The version of the contract, and of this package."""
BASE_PATH = {literal(facts.base_path)}
SOCKET_PATH = {literal(facts.socket_path)}
REFRESH_PATH = {literal(refresh)}

ErrorCode: TypeAlias = Literal[{codes}]
"""A code of the catalogue."""


@dataclass(frozen=True)
class CatalogueError:
    """An error that the server may answer with. `status` is None for what reaches a socket only."""

    status: int | None
    retryable: bool
    en: str
    zh: str


@dataclass(frozen=True)
class CloseCode:
    """A close code of the socket, and whether a client should come back by itself."""

    name: str
    meaning: str
    reconnect: bool
    hint: str


@dataclass(frozen=True)
class Limits:
    """The limits as a server has them unless it is set otherwise, in the units of their names; 0: none."""

{limits or "    pass"}

@dataclass(frozen=True)
class ClientFrameRule:
    """Where a frame of a client has its id, and which frames answer it."""

    correlation: str | None
    replies: tuple[str, ...]


@dataclass(frozen=True)
class ServerFrameRule:
    """The type of a frame of the server, and where it has the id of what it answers."""

    frame: type[Any]
    correlation: str | None


ERRORS: Mapping[str, CatalogueError] = {{
{_rows("CatalogueError", errors)}}}

CLOSE_CODES: Mapping[int, CloseCode] = {{
{_rows("CloseCode", closes)}}}

LIMITS = Limits()

CLIENT_FRAMES: Mapping[str, ClientFrameRule] = {{
{_rows("ClientFrameRule", client)}}}

SERVER_FRAMES: Mapping[str, ServerFrameRule] = {{
{server}}}
'''


def _rows(kind: str, rows: Iterable[tuple[Any, JsonObject]]) -> str:
    return "".join(
        f"    {literal(key)}: {kind}("
        + ", ".join(f"{name}={literal(value)}" for name, value in fields.items())
        + "),\n"
        for key, fields in rows
    )
