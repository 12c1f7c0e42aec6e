"""Builds the HTTP API: Connexion's routing and security, our validation, and the handlers behind them.

Connexion's full stack took 1.03 ms a request; these middlewares alone, with compiled validation, take a third.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from connexion import ConnexionMiddleware
from connexion.exceptions import OAuthProblem
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from connexion.resolver import Resolver
from connexion.security import NO_VALUE, BearerSecurityHandler
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from generated.errors import (
    AuthFailed,
    ContractError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
)
from generated.operations import BASE_PATH, HTTP_OPERATIONS
from gochat import metrics
from gochat.actor import Actor
from gochat.call import Call
from gochat.contract import bundled
from gochat.defect import as_contract_error
from gochat.http.body import BrokenBody
from gochat.http.bridge import ASGIApp, AsgiBridge, Receive, Scope, Send
from gochat.http.envelope import Answer, Headers, Reply, error_answer, success_answer
from gochat.http.requests import RequestMiddleware
from gochat.services.app import Services

log = logging.getLogger(__name__)

Handler = Callable[..., Reply]
ROUTING = "connexion_routing"
"""Where Connexion's routing leaves the operation in the scope's extensions."""


def build_api(services: Services, handlers: Mapping[str, Handler], *, max_body_bytes: int) -> AsgiBridge:
    """Return the WSGI application for everything under /api.

    Args:
        handlers: The function of each operation, by operationId.
    """
    api = ConnexionMiddleware(
        _HandlerApp(services, handlers),
        middlewares=[_ErrorMiddleware, _StrictRoutingMiddleware, SecurityMiddleware, RequestMiddleware],
        resolver=Resolver(handlers.__getitem__),
        security_map={"bearer": _bearer_handler(services)},
    )
    api.add_api(_routes(bundled("openapi")), base_path=BASE_PATH)
    api.app, api.middleware_stack = api._build_middleware_stack()  # now, not at the first request
    return AsgiBridge(api, max_body_bytes=max_body_bytes)


def _routes(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Connexion reads of the contract, which it validates at each start: operations and who may call them.

    What operations take `RequestMiddleware` validates. With all of the contract a start took 80 ms longer, of 900.
    """
    paths = {
        path: {method: _route(operation) for method, operation in item.items() if "operationId" in operation}
        for path, item in document["paths"].items()
    }
    components = {"securitySchemes": document["components"]["securitySchemes"]}
    return {**document, "paths": paths, "components": components}


def _route(operation: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: operation[name] for name in ("operationId", "security") if name in operation}
    return {**kept, "responses": {"default": {"description": "as the contract says"}}}


class _HandlerApp:
    """The innermost ASGI application: calls the handler and sends its reply in the envelope."""

    def __init__(self, services: Services, handlers: Mapping[str, Handler]) -> None:
        self._services = services
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = scope["extensions"]
        operation_id = extensions.get(ROUTING, {}).get("operation_id")
        if operation_id is None:
            raise NotFound()
        actor: Actor | None = extensions.get("connexion_context", {}).get("token_info", {}).get("actor")
        edge = scope["gochat"]
        call = Call(self._services, actor, edge["address"])
        reply = self._handlers[operation_id](call, **extensions["gochat"])
        await _send(send, success_answer(reply, edge["language"]))


class _StrictRoutingMiddleware(RoutingMiddleware):
    """Connexion's routing, by the letter: no redirect for a trailing slash, and a line feed is a character of an id."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.router.redirect_slashes = False

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        for mount in self.router.routes:
            mount.app.redirect_slashes = False
            mount.path_regex = _exact(mount.path_regex)
            for route in mount.app.routes:
                route.path_regex = _exact(route.path_regex)


class _ErrorMiddleware:
    """The outermost layer: whatever is raised inside becomes the envelope of an error of the catalogue."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def counting_send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, counting_send)
        except Exception as error:
            await _send(counting_send, _answer_for(error, scope))
        operation_id = scope["extensions"].get(ROUTING, {}).get("operation_id")
        metrics.HTTP_REQUESTS.add((operation_id or "none", str(status)))


def _answer_for(error: Exception, scope: Scope) -> Answer:
    extra: Headers = []
    if isinstance(error, ContractError):
        known: ContractError = error
        if scope["gochat"]["body"].is_too_large_to_drop:
            extra = [("Connection", "close")]
    elif isinstance(error, OAuthProblem):
        known = AuthFailed()
    elif isinstance(error, HTTPException) and error.status_code == 404:
        known = NotFound()
    elif isinstance(error, HTTPException) and error.status_code == 405:
        known = MethodNotAllowed()
        extra = [("Allow", ", ".join(allowed_methods(scope["path"])))]
    elif isinstance(error, BrokenBody):
        known = InvalidRequest(details={"errors": [{"pointer": "", "rule": "json"}]})
        extra = [("Connection", "close")]
    else:
        known = as_contract_error(error)
    return error_answer(known, scope["gochat"]["language"], extra=extra)


def _exact(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return Starlette's pattern of a path so that `.` matches a line feed and the end is the very end."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern.pattern), re.DOTALL)


_PATHS = [(_exact(compile_path(BASE_PATH + operation.path)[0]), operation.method) for operation in HTTP_OPERATIONS]


def allowed_methods(path: str) -> list[str]:
    """Return the methods that the contract has for a path, in its order; empty where the path is unknown."""
    return list(dict.fromkeys(method for pattern, method in _PATHS if pattern.match(path)))


def _bearer_handler(services: Services) -> type[BearerSecurityHandler]:
    class Bearer(BearerSecurityHandler):
        """Reads the token; the class's own wrapper inspects our function's signature for every request."""

        def get_fn(self, security_scheme: dict[str, Any], required_scopes: Any) -> Callable[[Any], Any]:
            def verify(request: Any) -> Any:
                scheme, token = self.get_auth_header_value(request)
                if scheme != "bearer":
                    return NO_VALUE
                actor = services.accounts.authenticate(token)
                return {"sub": actor.user_id, "actor": actor}

            return verify

    return Bearer


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
