"""Operations that must be refused before the state is looked at: shape, place and order of the contract's errors.

Which requests these are is the table `refusals.CASES`; frames come with the story. Knows of the model only where things
are, not what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.chat.model import Model
from conformance.chat.operation import Findings, Operation
from conformance.chat.refusals import CASES, Case
from conformance.wire.http import Answer
from conformance.wire.socket import HandshakeRefused, Received, Socket

if TYPE_CHECKING:
    from conformance.chat.room import Room

Json = dict[str, Any]


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
        text: What to send; `{c}` is the conversation's id, `{m}` a client_msg_id.
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
