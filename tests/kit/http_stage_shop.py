"""A little HTTP server that has nothing to do with a chat, right or with one defect, and its OpenAPI document.

What the tests of the HTTP stage run it against: people register and log in, keep items, and read a report. Plain
standard library, in a thread of the test's process.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

BASE = "/v1"
CODES = {"INVALID": 400, "UNAUTHORIZED": 401, "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "TAKEN": 409}
METHODS = {"/register": "POST", "/login": "POST", "/items": "GET, POST", "/items/{}": "GET, DELETE", "/report": "GET"}


def _answer(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}, **more}


def _error(*codes: str) -> dict[str, Any]:
    shown = {"code": codes[0], "errors": [{"pointer": "/query/page", "rule": "additionalProperties"}]}
    schema = {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {"type": "string", "enum": list(codes)}, "errors": {"type": "array", "items": {}}},
    }
    content = (
        {"schema": schema, "examples": {"shown": {"value": shown}}} if codes == ("INVALID",) else {"schema": schema}
    )
    return {"description": "Refused.", "content": {"application/json": content}}


def _body(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


_ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9]+$"}
_PERSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["username", "password"],
    "properties": {
        "username": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{3,50}$"},
        "password": {"type": "string", "minLength": 8, "maxLength": 100},
    },
}
_ITEM = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {"id": _ID, "name": {"type": "string"}, "note": {"type": "string", "writeOnly": True}},
        }
    },
}
_NEW_ITEM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[^\\u0000]*$"},
        "size": {"type": "integer", "minimum": 0, "maximum": 5},
    },
}
_USER = {"type": "object", "required": ["id"], "properties": {"id": _ID}}
_ITEM_ID = {"name": "itemId", "in": "path", "required": True, "schema": _ID}
_TO_ITEM = {"parameters": {"itemId": "$response.body#/data/id"}}
_SESSION = {
    "type": "object",
    "required": ["accessToken", "user"],
    "properties": {"accessToken": {"type": "string"}, "user": _USER},
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": BASE}],
    "security": [{"bearer": []}],
    "paths": {
        "/register": {
            "post": {
                "operationId": "register",
                "security": [],
                "requestBody": _body(_PERSON, {"username": "alice", "password": "long enough"}),
                "responses": {
                    "201": _answer(
                        {
                            "type": "object",
                            "required": ["data"],
                            "properties": {
                                "data": {"type": "object", "required": ["user"], "properties": {"user": _USER}}
                            },
                        }
                    ),
                    "400": _error("INVALID"),
                    "409": _error("TAKEN"),
                },
            }
        },
        "/login": {
            "post": {
                "operationId": "login",
                "security": [],
                "requestBody": _body(_PERSON, {"username": "alice", "password": "long enough"}),
                "responses": {
                    "200": _answer({"type": "object", "required": ["data"], "properties": {"data": _SESSION}}),
                    "400": _error("INVALID"),
                    "401": _error("UNAUTHORIZED"),
                },
            }
        },
        "/items": {
            "get": {
                "operationId": "listItems",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
                ],
                "responses": {
                    "200": _answer(
                        {
                            "type": "object",
                            "required": ["data"],
                            "properties": {"data": {"type": "array", "items": {}}},
                        },
                        headers={"X-Total": {"required": True, "schema": {"type": "integer"}}},
                    ),
                    "400": _error("INVALID"),
                    "401": _error("UNAUTHORIZED"),
                },
            },
            "post": {
                "operationId": "createItem",
                "requestBody": _body(_NEW_ITEM, {"name": "chair", "size": 2}),
                "responses": {
                    "201": _answer(
                        _ITEM,
                        links={
                            "Get": {"operationId": "getItem", **_TO_ITEM},
                            "Delete": {"operationId": "deleteItem", **_TO_ITEM},
                        },
                    ),
                    "400": _error("INVALID"),
                    "401": _error("UNAUTHORIZED"),
                },
            },
        },
        "/items/{itemId}": {
            "get": {
                "operationId": "getItem",
                "parameters": [_ITEM_ID],
                "responses": {
                    "200": _answer(_ITEM),
                    "400": _error("INVALID"),
                    "401": _error("UNAUTHORIZED"),
                    "404": _error("NOT_FOUND"),
                },
            },
            "delete": {
                "operationId": "deleteItem",
                "parameters": [_ITEM_ID],
                "responses": {
                    "200": _answer(
                        {"type": "object"},
                        links={"Get": {"operationId": "getItem", "parameters": {"itemId": "$request.path.itemId"}}},
                    ),
                    "400": _error("INVALID"),
                    "401": _error("UNAUTHORIZED"),
                    "404": _error("NOT_FOUND"),
                },
            },
        },
        "/report": {
            "get": {
                "operationId": "readReport",
                "security": [],
                "parameters": [
                    {
                        "name": "X-Client",
                        "in": "header",
                        "required": True,
                        "schema": {"type": "string"},
                        "example": "kit",
                    }
                ],
                "responses": {"200": _answer({"type": "object"}), "400": _error("INVALID")},
            }
        },
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "x-error-catalogue": [
        {"code": code, "status": status, "socket": "none", "retryable": False, "zh": code, "en": code}
        for code, status in CODES.items()
    ],
}


class Refused(Exception):
    """A request gets an error."""

    def __init__(self, code: str, pointer: str | None = None, rule: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.errors = [] if pointer is None else [{"pointer": pointer, "rule": rule}]


class Dropped(Exception):
    """The connection ends without an answer."""


@dataclass
class Shop:
    """What is in the shop, and what is wrong with it."""

    defect: str = ""
    people: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and value."""
        template = re.sub(r"^/items/[^/]+$", "/items/{}", path)
        if template not in METHODS:
            raise Refused("NOT_FOUND")
        if method not in METHODS[template].split(", "):
            if self.defect == "other methods succeed":
                return 200, {}, {}
            raise Refused("NOT_FOUND" if self.defect == "other methods not found" else "METHOD_NOT_ALLOWED")
        if template not in ("/register", "/login", "/report"):
            self._check_token(method, headers)
        if template != "/items" or method != "GET":
            self._check_query(query, {})
        if template == "/report":
            if "X-Client" not in headers and self.defect != "header not needed":
                raise Refused("INVALID", "/header/X-Client", "required")
            return 200, {}, {}
        if template == "/items":
            return self._list(query) if method == "GET" else self._create(body)
        if template == "/items/{}":
            return self._one(method, path.rpartition("/")[2])
        return self._person(template, body)

    def _check_token(self, method: str, headers: Any) -> None:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        is_known = scheme.lower() == "bearer" and token in self.tokens
        if self.defect == "no token needed" and method == "GET":
            return
        if self.defect == "any token will do" and token:
            return
        if not is_known or (self.defect == "token refused" and method == "DELETE"):
            raise Refused("UNAUTHORIZED")

    def _check_query(self, query: str, known: dict[str, int]) -> dict[str, str]:
        pairs = parse_qsl(query, keep_blank_values=True)
        for name, _ in pairs:
            if name not in known and self.defect != "unknown parameter accepted":
                raise Refused("INVALID", f"/query/{name}", "additionalProperties")
        if len(dict(pairs)) != len(pairs):
            raise Refused("INVALID", f"/query/{pairs[0][0]}", "type")
        return dict(pairs)

    def _list(self, query: str) -> tuple[int, dict[str, str], Any]:
        limit = self._check_query(query, {"limit": 1}).get("limit", "9")
        if not re.fullmatch(r"-?[0-9]{1,9}", limit):
            raise Refused("INVALID", "/query/limit", "type")
        if self.defect == "crash at the edge":
            9 // (9 - int(limit))
        if not 1 <= int(limit) <= 9 and self.defect != "bound not checked":
            raise Refused("INVALID", "/query/limit", "maximum" if int(limit) > 9 else "minimum")
        headers = {} if self.defect == "header missing" else {"X-Total": str(len(self.items))}
        if self.defect == "header invalid":
            headers = {"X-Total": "many"}
        return 200, headers, {"data": list(self.items.values())[: int(limit)]}

    def _create(self, body: bytes) -> tuple[int, dict[str, str], Any]:
        value = self._object(body, ("name",), ("size",))
        name, size = value["name"], value.get("size", 0)
        longest = 19 if self.defect == "valid refused" else 20
        if not isinstance(name, str):
            raise Refused("INVALID", "/name", "type")
        if not 1 <= len(name) <= longest:
            raise Refused("INVALID", "/name", "maxLength" if name else "minLength")
        if isinstance(size, bool) or not isinstance(size, int):
            raise Refused("INVALID", "/size", "type")
        if not 0 <= size <= 5:
            raise Refused("INVALID", "/size", "maximum" if size > 5 else "minimum")
        if self.defect == "refused in words" and size == 4:
            raise Refused("INVALID", "/size", "not")
        if self.defect == "no answer" and size == 5:
            raise Dropped
        identity = secrets.token_hex(8)
        item: dict[str, Any] = {"id": identity, "name": name}
        if self.defect == "write-only shown":
            item["note"] = "for our eyes only"
        if self.defect == "id as a number":
            item["id"] = 7
        if self.defect != "created and lost":
            self.items[identity] = item
        return (202 if self.defect == "status not declared" else 201), {}, {"data": item}

    def _one(self, method: str, identity: str) -> tuple[int, dict[str, str], Any]:
        if not re.fullmatch("[a-z0-9]{1,64}", identity):
            raise Refused("INVALID", "/path/itemId", "maxLength" if len(identity) > 64 else "pattern")
        if identity not in self.items:
            raise Refused("NOT_FOUND")
        item = self.items[identity]
        if method == "DELETE":
            if self.defect != "deleted and there":
                del self.items[identity]
            return 200, {}, {}
        return 200, {}, {"data": item}

    def _person(self, template: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        value = self._object(body, ("username", "password"), ())
        if not isinstance(value["username"], str) or not re.fullmatch(r"[A-Za-z0-9_.-]{3,50}", value["username"]):
            raise Refused("INVALID", "/username", "pattern" if isinstance(value["username"], str) else "type")
        if not isinstance(value["password"], str) or not 8 <= len(value["password"]) <= 100:
            raise Refused("INVALID", "/password", "maxLength" if isinstance(value["password"], str) else "type")
        name = value["username"]
        user = {"id": name.lower().encode().hex()[-64:]}
        if template == "/register":
            if self.defect == "nobody registers":
                raise Refused("TAKEN")
            if name in self.people:
                raise Refused("TAKEN")
            self.people[name] = value["password"]
            return 201, {}, {"data": {"user": user}}
        if self.people.get(name) != value["password"]:
            raise Refused("UNAUTHORIZED")
        token = secrets.token_hex(16)
        self.tokens[token] = name
        return 200, {}, {"data": {"accessToken": token, "user": user}}

    def _object(self, body: bytes, needed: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, Any]:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused("INVALID", "", "json") from None
        if not isinstance(value, dict):
            raise Refused("INVALID", "", "type")
        if "\x00" in json.loads(json.dumps(str(value))):
            raise Refused("INVALID", "", "unicode")
        for name in needed:
            if name not in value:
                raise Refused("INVALID", f"/{name}", "required")
        for name in value:
            if name not in (*needed, *allowed) and self.defect != "unknown property accepted":
                raise Refused("INVALID", f"/{name}", "additionalProperties")
        return value


@contextmanager
def running_shop(defect: str = "") -> Iterator[str]:
    """Run a shop while inside; give its base URL."""
    shop = Shop(defect)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one segment; else the client's delayed ACK costs 40 ms each

        def log_message(self, *_: Any) -> None:
            return

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            headers: dict[str, str] = {}
            try:
                if not parts.path.startswith(BASE + "/"):
                    raise Refused("NOT_FOUND")
                path = parts.path.removeprefix(BASE)
                status, headers, value = shop.answer(self.command, path, parts.query, self.headers, body)
            except Refused as refused:
                status = CODES[refused.code]
                code = "TAKEN" if defect == "code of another status" and status == 405 else refused.code
                value = {"code": code, "errors": refused.errors}
                if status == 405:
                    path = re.sub(r"^/items/[^/]+$", "/items/{}", parts.path.removeprefix(BASE))
                    allow = {"no Allow": "", "wrong Allow": "GET, PATCH"}.get(defect, METHODS[path])
                    headers = {"Allow": allow} if allow else {}
            except Dropped:
                self.close_connection = True
                return
            except ZeroDivisionError:
                status, value = 500, {"code": "INTERNAL"}
            self._send(status, headers, json.dumps(value).encode())

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if defect == "another content type" else "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = do_QUERY = do  # noqa: N815 - http.server looks for these

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
