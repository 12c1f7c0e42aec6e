"""Writes the Python client's methods for the HTTP API: those that are awaited, and those that wait."""

from __future__ import annotations

from gochat.codegen.client_facts import ClientFacts, HttpCall, QueryParameter
from gochat.codegen.python_text import MARK, annotation, docstring, literal, python_name, python_parameter


def render_api(facts: ClientFacts) -> str:
    """Return the module with a method for each operation, to be awaited."""
    methods = "\n".join(_async_method(call) for call in facts.http_calls)
    return f'''"""A method for each operation of the HTTP API. {MARK}"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from . import http_types
from .session import Session


class AsyncGoChatApi:
    """Each method returns the `data` of the answer.

    It raises GoChatError when the server refuses, and ConnectionLost when there is no answer.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

{methods}'''


def render_sync_api(facts: ClientFacts) -> str:
    """Return the same for code without asyncio."""
    methods = "\n".join(_sync_method(call) for call in facts.http_calls)
    return f'''"""A method for each operation of the HTTP API, for code without asyncio. {MARK}"""

from __future__ import annotations

from typing import Any, Literal

from . import http_types
from .api import AsyncGoChatApi
from .loop_thread import LoopThread


class GoChatApi:
    """Each method waits for the answer and returns its `data`.

    It raises GoChatError when the server refuses, and ConnectionLost when there is no answer.
    """

    def __init__(self, api: AsyncGoChatApi, loop: LoopThread) -> None:
        self._api = api
        self._loop = loop

{methods}'''


def _async_method(call: HttpCall) -> str:
    path = call.path
    for name in call.path_parameters:
        path = path.replace(f"{{{name}}}", f"{{quote({python_name(name)}, safe='')}}")
    arguments = [
        literal(call.method),
        f'f"{path}"' if call.path_parameters else literal(path),
        f"http_types.{call.data}",
    ]
    if call.query:
        arguments.append("query={" + ", ".join(f"{literal(p.name)}: {python_name(p.name)}" for p in call.query) + "}")
    if call.body is not None:
        arguments.append("body=body" if call.is_body_required else "body={} if body is None else body")
    if call.is_open:
        arguments.append("is_open=True")
    name = python_name(call.operation_id)
    return (
        f"    async def {name}({', '.join(_http_parameters(call))}) -> http_types.{call.data}:\n"
        f"{docstring(_http_doc(call), 8)}"
        f"        return await self._session.call({', '.join(arguments)})\n"
    )


def _sync_method(call: HttpCall) -> str:
    given = [python_name(name) for name in call.path_parameters]
    given += ["body"] if call.body is not None else []
    given += [f"{python_name(p.name)}={python_name(p.name)}" for p in call.query]
    name = python_name(call.operation_id)
    return (
        f"    def {name}({', '.join(_http_parameters(call))}) -> http_types.{call.data}:\n"
        f"{docstring(_http_doc(call), 8)}"
        f"        return self._loop.wait_for(self._api.{name}({', '.join(given)}))\n"
    )


def _http_parameters(call: HttpCall) -> list[str]:
    parameters = ["self", *(f"{python_name(name)}: str" for name in call.path_parameters)]
    if call.body is not None:
        optional = "" if call.is_body_required else " | None = None"
        parameters.append(f"body: http_types.{call.body}{optional}")
    if call.query:
        parameters.append("*")
        parameters += [_query_parameter(parameter) for parameter in call.query]
    return parameters


def _query_parameter(parameter: QueryParameter) -> str:
    return python_parameter(python_name(parameter.name), annotation(parameter.schema, ""), parameter.required)


def _http_doc(call: HttpCall) -> str:
    notes = [
        f"{python_name(p.name)}: {' '.join(p.description.split())}" for p in call.query if p.description
    ]  # a line each, as a parameter's text is short
    return "\n\n".join(part for part in (call.doc, "\n".join(notes)) if part)
