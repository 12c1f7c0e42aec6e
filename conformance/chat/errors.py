"""Operations that must be refused before the state is looked at: shape, place and order of the contract's errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.model import Model
from conformance.chat.operation import Findings, Operation
from conformance.contract.socket import ABSENT
from conformance.wire.http import Answer
from conformance.wire.socket import HandshakeRefused, Received, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

Json = dict[str, Any]

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


@dataclass(frozen=True)
class Refused(Operation):
    """Send a request that is wrong, of the table `CASES`, as a user who is in the conversation `to`."""

    user: str
    case: str
    to: str = "world"

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user) and self.to in model.conversations

    async def act(self, room: Room) -> Answer:
        case, model = CASES[self.case], room.model
        names = {"{c}": model.conversations[self.to].id, "{u}": model.people[self.user].id}
        return await room.http(
            self.user,
            case.method,
            _filled(case.path, names),
            token="" if case.token else None,
            query=dict(case.query) or None,
            headers=dict(case.headers_sent) or None,
            data=_filled(case.body, names),
            text=case.text,
        )

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        case = CASES[self.case]
        if not found.status(outcome, *case.error, rule="error-order", why=self.case):
            return
        for name in case.headers:
            if name not in outcome.headers:
                check = {"check": "response", "step": outcome.id, "status": [case.error[0]]}
                found.add("answer-header", self.case, "openapi#/info", f"the header {name}", "none", check, name)
        self._judge_details(case, outcome, found)

    def _judge_details(self, case: Case, outcome: Answer, found: Findings) -> None:
        details = outcome.body.get("details") if isinstance(outcome.body, dict) else None
        errors = details.get("errors") if isinstance(details, dict) else None
        mistakes = entries(case.details)
        place, check = "/details/errors", dict[str, Any](equals=mistakes)
        if len(mistakes) > 1:  # their order is free
            place, check = f"{place}/{len(mistakes) - 1}", dict[str, Any](present=True)
        for wanted in mistakes:
            holds = isinstance(errors, list) and wanted in errors
            found.that(holds, "error-details", outcome, place, f"{wanted} ({self.case})", errors, **check)


@dataclass(frozen=True)
class SpeakEnglish(Operation):
    """Get an error and a success in each language; the texts are those of the catalogue."""

    user: str
    language: str = "en"

    def applies(self, model: Model) -> bool:
        return model.is_logged_in(self.user)

    async def act(self, room: Room) -> list[tuple[Answer, str]]:
        assert room.run.http is not None
        headers = {"Accept-Language": self.language}
        catalogue = room.run.http.document.get("x-error-catalogue") or []
        texts = {entry["code"]: entry for entry in catalogue if isinstance(entry, dict)}
        wanted = "en" if self.language.startswith("en") else "zh"
        refused = await room.http(self.user, "GET", "/conversations/no-such", headers=headers)
        entry = texts.get("CONVERSATION_NOT_FOUND", {})
        return [(refused, str(entry.get(wanted, "")))]

    def judge(self, model: Model, outcome: list[tuple[Answer, str]], found: Findings) -> None:
        for answer, text in outcome:
            if text:
                found.value(answer, "/message", text, what=f"the text for {self.language}")
            got = answer.headers.get("content-language", "")
            if got and not got.startswith("en" if self.language.startswith("en") else "zh"):
                check = {"check": "response", "step": answer.id, "pointer": "/message", "equals": text}
                found.add("answer-header", "Content-Language", "openapi#/info", self.language, got, check)


@dataclass(frozen=True)
class PlainSocketPath(Operation):
    """Ask for the socket's path without an upgrade, or with another version of the protocol: 426."""

    user: str
    version: str | None = None

    async def act(self, room: Room) -> Answer:
        headers = {}
        if self.version is not None:
            headers = {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": self.version,
            }
        client = room.client(self.user)
        return await client.request("GET", room.run.socket.address, headers=headers)

    def judge(self, model: Model, outcome: Answer, found: Findings) -> None:
        if not found.status(outcome, 426, "UPGRADE_REQUIRED"):
            return
        got = outcome.headers.get("sec-websocket-version", "nothing")
        if got != "13":
            check = {"check": "response", "step": outcome.id, "status": [426]}
            found.add("answer-header", "/ws", "asyncapi#/channels/ws", "Sec-WebSocket-Version: 13", got, check)


@dataclass(frozen=True)
class BadFrame(Operation):
    """Send a frame that is wrong and look at the error and that the connection goes on.

    Attributes:
        frame: What to send; `{c}` is the conversation's id, `{m}` a client_msg_id.
        code: The error's code.
        names: Whether details.client_msg_id has to be `{m}`.
        details: (pointer, rule) of each mistake that details.errors has to name.
    """

    user: str
    text: str
    code: str = "INVALID_MESSAGE"
    names: bool = False
    details: tuple[tuple[str, str], ...] = ()
    to: str = "world"

    def applies(self, model: Model) -> bool:
        return self.user in model.links and self.to in model.conversations

    async def act(self, room: Room) -> tuple[Socket | HandshakeRefused, Received | None, str]:
        socket = room.socket_of(self.user)
        assert socket is not None
        cid = room.log.new_id("bad-") + f"-{room.marker}"
        socket.send_text(self.text.replace("{c}", room.model.conversations[self.to].id).replace("{m}", cid))
        return socket, await room.reply(socket, lambda received: received.name == "error"), cid

    def judge(self, model: Model, outcome: tuple[Socket, Received | None, str], found: Findings) -> None:
        socket, received, cid = outcome
        wanted: Json = {"code": self.code}
        details: Json = {}
        if self.names:
            details["client_msg_id"] = cid
        if details:
            wanted["details"] = details
        match = {"type": "error", "data": wanted}
        check = {"check": "frame", "socket": socket.name, "match": match, "min": 1, "max": 1, "within_s": 3.0}
        pointer = "asyncapi#/channels/ws/x-invalid-frames"
        data = received.data if received is not None else {}
        if received is None or data.get("code") != self.code:
            got = data.get("code") or (f"closed with {socket.closed.code}" if socket.closed else "nothing")
            found.add("reply-error", "error", pointer, f"an error frame with {self.code}", got, check, self.text[:40])
            return
        got_details = data.get("details") or {}
        if self.names and got_details.get("client_msg_id") != cid:
            found.add(
                "error-details", "error", pointer, "details.client_msg_id of the failed send",
                got_details.get("client_msg_id", "nothing"), check, "client_msg_id",
            )  # fmt: skip
        for entry in entries(self.details):
            if entry not in (got_details.get("errors") or []):
                found.add("error-details", "error", pointer, f"{entry}", got_details.get("errors"), check, str(entry))


def entries(mistakes: Iterable[tuple[str, str]]) -> list[Json]:
    """Return `details.errors` for mistakes given as (pointer, rule)."""
    return [{"pointer": pointer, "rule": rule} for pointer, rule in mistakes]


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(name, text)
        return value
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, names) for name, item in value.items()}
    return value
