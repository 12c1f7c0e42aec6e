"""The table of requests that are wrong, with the error that each must get and the mistakes that it has to name.

Data only: `errors` sends them and judges the answers. A story goes through all of them, so a new one needs no more than
its entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.contract.judge import ABSENT

LONG = "x" * 4001
"""One code point over the limit of content."""


@dataclass(frozen=True)
class Case:
    """A request that is wrong.

    Attributes:
        path: Below the base; `{c}` is the conversation's id, `{u}` the user's.
        token: False: without one.
        error: The status and code that it gets.
        details: (pointer, rule) of each mistake that details.errors has to name.
        headers: Names that the answer has to have.
    """

    method: str
    path: str
    error: tuple[int, str]
    body: Any = ABSENT
    text: str | None = None
    query: tuple[tuple[str, Any], ...] = ()
    headers_sent: tuple[tuple[str, str], ...] = ()
    token: bool = True
    details: tuple[tuple[str, str], ...] = ()
    headers: tuple[str, ...] = ()


NOT_FOUND, NO_METHOD = (404, "NOT_FOUND"), (405, "METHOD_NOT_ALLOWED")
NO_LOGIN, INVALID = (401, "AUTH_FAILED"), (400, "INVALID_REQUEST")
TOO_LARGE, NOT_JSON = (413, "MESSAGE_TOO_LARGE"), (415, "UNSUPPORTED_MEDIA_TYPE")
NO_USER = (404, "USER_NOT_FOUND")
GROUP = {"type": 2, "name": "large"}
NOBODIES = [f"no-such-user-{number}" for number in range(500)]
SEND = "/conversations/{c}/messages"
GOOD = {"messageType": 1, "content": "hello"}
PLAIN = (("Content-Type", "text/plain"),)

CASES: dict[str, Case] = {
    "unknown path": Case("GET", "/nowhere", NOT_FOUND),
    "unknown path without a token": Case("GET", "/nowhere", NOT_FOUND, token=False),
    "wrong method": Case("DELETE", "/users/profile", NO_METHOD, headers=("allow",)),
    "wrong method without a token": Case("PATCH", "/conversations", NO_METHOD, token=False, headers=("allow",)),
    "no token": Case("GET", "/friends", NO_LOGIN, token=False, headers=("www-authenticate",)),
    "no token and no JSON": Case("POST", "/conversations", NO_LOGIN, text="{", token=False),
    "no token and another type": Case("POST", SEND, NO_LOGIN, text="hi", headers_sent=PLAIN, token=False),
    "another type": Case("POST", SEND, NOT_JSON, text="hello", headers_sent=PLAIN),
    "another type, unknown conversation": Case(
        "POST", "/conversations/no-such/messages", NOT_JSON, text="hello", headers_sent=PLAIN
    ),
    "too large": Case("POST", SEND, TOO_LARGE, body={**GOOD, "content": "x" * 70_000}),
    "too large and no JSON": Case("POST", SEND, TOO_LARGE, text="{" * 70_000),
    "content too long": Case("POST", SEND, TOO_LARGE, body={**GOOD, "content": LONG}),
    "content too long, and more wrong": Case("POST", SEND, INVALID, body={**GOOD, "content": LONG + "\0"}),
    "broken JSON": Case("POST", SEND, INVALID, text='{"messageType": 1,', details=(("", "json"),)),
    "no body": Case("POST", SEND, INVALID, text="", details=(("", "json"),)),
    "not an object": Case("POST", SEND, INVALID, body=[GOOD], details=(("", "type"),)),
    "missing property": Case("POST", SEND, INVALID, body={"messageType": 1}, details=(("/content", "required"),)),
    "unknown property": Case("POST", SEND, INVALID, body={**GOOD, "x": 1}, details=(("/x", "additionalProperties"),)),
    "wrong type": Case("POST", SEND, INVALID, body={**GOOD, "content": 7}, details=(("/content", "type"),)),
    "two mistakes": Case(
        "POST", SEND, INVALID, body={"messageType": 9, "content": ""},
        details=(("/messageType", "enum"), ("/content", "minLength")),
    ),
    "two mistakes in a query": Case(
        "GET", "/conversations", INVALID, query=(("page", 0), ("sise", 3)),
        details=(("/query/page", "minimum"), ("/query/sise", "additionalProperties")),
    ),
    "empty content": Case("POST", SEND, INVALID, body={**GOOD, "content": ""}, details=(("/content", "minLength"),)),
    "system message": Case("POST", SEND, INVALID, body={**GOOD, "messageType": 4}, details=(("/messageType", "enum"),)),
    "zero character": Case("POST", SEND, INVALID, body={**GOOD, "content": "a\0b"}, details=(("/content", "unicode"),)),
    "lone surrogate": Case(
        "POST", SEND, INVALID, text='{"messageType": 1, "content": "\\ud800"}', details=(("/content", "unicode"),)
    ),
    "empty client_msg_id": Case(
        "POST", SEND, INVALID, body={**GOOD, "client_msg_id": ""}, details=(("/client_msg_id", "minLength"),)
    ),
    "long client_msg_id": Case(
        "POST", SEND, INVALID, body={**GOOD, "client_msg_id": "x" * 65}, details=(("/client_msg_id", "maxLength"),)
    ),
    "invalid before unknown": Case("POST", "/conversations/no-such/messages", INVALID, body={"content": ""}),
    "unknown query parameter": Case(
        "GET", "/conversations", INVALID, query=(("sise", 3),), details=(("/query/sise", "additionalProperties"),)
    ),
    "page 0": Case("GET", "/conversations", INVALID, query=(("page", 0),), details=(("/query/page", "minimum"),)),
    "size 101": Case("GET", "/conversations", INVALID, query=(("size", 101),), details=(("/query/size", "maximum"),)),
    "size a word": Case("GET", "/conversations", INVALID, query=(("size", "ten"),), details=(("/query/size", "type"),)),
    "type 4": Case("GET", "/conversations", INVALID, query=(("type", 4),), details=(("/query/type", "enum"),)),
    "limit 0": Case("GET", SEND, INVALID, query=(("limit", 0),), details=(("/query/limit", "minimum"),)),
    "both cursors": Case("GET", SEND, INVALID, query=(("cursor", 3), ("after", 1)), details=(("/query/after", "not"),)),
    "both cursors, unknown conversation": Case(
        "GET", "/conversations/no-such/messages", INVALID, query=(("cursor", 3), ("after", 1))
    ),
    "search for nothing": Case("GET", "/users/search", INVALID, details=(("/query/q", "required"),)),
    "search, limit 21": Case(
        "GET", "/users/search", INVALID, query=(("q", "a"), ("limit", 21)), details=(("/query/limit", "maximum"),)
    ),
    "short name": Case(
        "POST", "/auth/register", INVALID, body={"username": "ab", "password": "12345678"},
        token=False, details=(("/username", "minLength"),),
    ),
    "blank in the name": Case(
        "POST", "/auth/register", INVALID, body={"username": "a b c", "password": "12345678"},
        token=False, details=(("/username", "pattern"),),
    ),
    "short password of a new account": Case(
        "POST", "/auth/register", INVALID, body={"username": "some-body", "password": "1234567"},
        token=False, details=(("/password", "minLength"),),
    ),
    "name with a letter of another script": Case(
        "POST", "/auth/register", INVALID, body={"username": "\u0430lice", "password": "12345678"},
        token=False, details=(("/username", "pattern"),),
    ),
    "short password": Case(
        "POST", "/auth/login", INVALID, body={"username": "alice", "password": "1234567"},
        token=False, details=(("/password", "minLength"),),
    ),
    "unknown refresh token": Case("POST", "/auth/refresh", NO_LOGIN, body={"refreshToken": "no-token"}, token=False),
    "guest with a property": Case(
        "POST", "/auth/guest", INVALID, body={"name": "x"}, token=False, details=(("/name", "additionalProperties"),)
    ),
    "group without a name": Case(
        "POST", "/conversations", INVALID, body={"type": 2, "members": []}, details=(("/name", "required"),)
    ),
    "a group of 501, its owner included": Case(
        "POST", "/conversations", INVALID, body={**GROUP, "members": NOBODIES}, details=(("/members", "not"),)
    ),
    "a group of 500, if there were such users": Case(
        "POST", "/conversations", NO_USER, body={**GROUP, "members": [*NOBODIES[:499], NOBODIES[0]]}
    ),
    "a list of 501": Case(
        "POST", "/conversations", INVALID, body={**GROUP, "members": [*NOBODIES, NOBODIES[0]]},
        details=(("/members", "maxItems"),),
    ),
    "world chat cannot be made": Case(
        "POST", "/conversations", INVALID, body={"type": 3, "members": []}, details=(("/type", "enum"),)
    ),
    "single chat with nobody": Case(
        "POST", "/conversations", INVALID, body={"type": 1, "members": []}, details=(("/members", "not"),)
    ),
    "single chat with oneself": Case(
        "POST", "/conversations", INVALID, body={"type": 1, "members": ["{u}"]}, details=(("/members", "not"),)
    ),
    "single chat with two": Case(
        "POST", "/conversations", INVALID, body={"type": 1, "members": ["no-one", "no-two"]},
        details=(("/members", "not"),),
    ),
    "edit of nothing": Case("PUT", "/conversations/{c}", INVALID, body={}, details=(("", "minProperties"),)),
    "no members to add": Case(
        "POST", "/conversations/{c}/members", INVALID, body={"members": []}, details=(("/members", "minItems"),)
    ),
    "role 4": Case("PUT", "/conversations/{c}/members/{u}", INVALID, body={"role": 4}, details=(("/role", "enum"),)),
    "oneself as a friend": Case(
        "POST", "/friends/requests", INVALID, body={"targetUserId": "{u}"}, details=(("/targetUserId", "not"),)
    ),
    "no such action": Case(
        "PUT", "/friends/requests/no-such", INVALID, body={"action": "ignore"}, details=(("/action", "enum"),)
    ),
    "requests of a kind": Case(
        "GET", "/friends/requests", INVALID, query=(("type", "all"),), details=(("/query/type", "enum"),)
    ),
    "avatar that is no address": Case(
        "PUT", "/users/profile", INVALID, body={"avatarUrl": "javascript:alert(1)"},
        details=(("/avatarUrl", "pattern"),)
    ),
    "read up to 0": Case(
        "PUT", "/conversations/{c}/read", INVALID, body={"seqId": 0}, details=(("/seqId", "minimum"),)
    ),
    "conversation id too long": Case(
        "GET", "/conversations/" + "x" * 65, INVALID, details=(("/path/conversationId", "maxLength"),)
    ),
}  # fmt: skip
