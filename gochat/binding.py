"""Binds the operations of the contracts to their handlers at start-up, and refuses when the two do not match.

Every operation needs a handler and every handler an operation, on HTTP and on WebSocket; what is missing on either
side is named, all of it at once.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import handlers.http
import handlers.ws
from generated.operations import HTTP_OPERATIONS, WS_OPERATIONS

Handler = Callable[..., Any]


class BindingError(Exception):
    """Contracts and handlers do not match; the text names each operation and each handler that is alone."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers of both edges.

    Attributes:
        http: By operationId.
        ws: Of the frames that clients send, by the frame's type.
    """

    http: dict[str, Handler]
    ws: dict[str, Handler]


def bind_handlers() -> Handlers:
    """Return the handler of each operation.

    Raises:
        BindingError: an operation without a handler, or a handler without an operation.
    """
    received = [operation for operation in WS_OPERATIONS if operation.action == "receive"]
    problems: list[str] = []
    http = _bind(
        "specs/openapi.yaml",
        handlers.http,
        [(operation.operation_id, operation.tag, operation.function) for operation in HTTP_OPERATIONS],
        problems,
    )
    ws = _bind(
        "specs/asyncapi.yaml",
        handlers.ws,
        [(operation.key, operation.tag, operation.function) for operation in received],
        problems,
    )
    if problems:
        raise BindingError("contracts and handlers do not match:\n  " + "\n  ".join(problems))
    return Handlers(http, {operation.wire_type: ws[operation.key] for operation in received})


def _bind(
    document: str, package: ModuleType, operations: Iterable[tuple[str, str, str]], problems: list[str]
) -> dict[str, Handler]:
    """Return the handlers that are there, and add what does not match to `problems`."""
    functions = _public_functions(package)
    wanted = {operation: f"{package.__name__}.{tag}.{function}" for operation, tag, function in operations}
    problems += [
        f"{document}: operation {operation} has no handler: write {name}"
        for operation, name in wanted.items()
        if name not in functions
    ]
    problems += [
        f"handler {name} has no operation in {document}: add one, or remove it"
        for name in functions
        if name not in wanted.values()
    ]
    return {operation: functions[name] for operation, name in wanted.items() if name in functions}


def _public_functions(package: ModuleType) -> dict[str, Handler]:
    found: dict[str, Handler] = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        module = importlib.import_module(info.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{module.__name__}.{name}"] = function
    return found
