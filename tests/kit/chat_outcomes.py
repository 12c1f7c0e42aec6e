"""Builders for the tests of the chat rules: a model, answers and frames by hand, as plain data, and what is found."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from conformance.chat.model import ADMIN, GROUP, MEMBER, OWNER, WORLD, Conversation, Link, Login, Message, Model, Person
from conformance.chat.operation import Finding, Findings, Operation
from conformance.chat.room import Room
from conformance.chat.stock import Stock
from conformance.chat.tokens import UseLogin
from conformance.contract.channel import read_socket_contract
from conformance.contract.http import HttpContract, read_http_contract
from conformance.contract.judge import ABSENT
from conformance.contract.load import load_contract
from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.stage import Run
from conformance.violation import Violation
from conformance.wire.addresses import Addresses
from conformance.wire.http import Answer
from conformance.wire.log import WireLog
from conformance.wire.socket import Closed, Received, Socket
from tests.kit.lint_documents import CHECKOUT

Json = dict[str, Any]
Outcome = Findings | list[Finding] | list[Violation]
Scene = Callable[[], Outcome | Awaitable[Outcome]]

NOW = 1_800_000_000
"""A plausible time in Unix seconds."""

PATIENCE_S = 0.03
"""How long a room of these tests waits for what is due: everything is there before it is asked."""


@dataclass(frozen=True)
class Case:
    """A rule, and two scenes that differ by what breaks it alone."""

    rule: str
    name: str
    right: Scene
    wrong: Scene

    @property
    def id(self) -> str:
        """Return the name of its tests."""
        return f"{self.rule}: {self.name}"


def rules_found(scene: Scene) -> set[str]:
    """Return the rules that a scene finds broken; it is built on a running loop, as sockets want it."""

    async def run() -> Outcome:
        made = scene()
        return await made if inspect.isawaitable(made) else made

    found = asyncio.run(run())
    return {each.rule for each in (found.items if isinstance(found, Findings) else found)}


@cache
def api() -> HttpContract:
    """Return GoChat's HTTP contract."""
    return read_http_contract(load_contract(str(CHECKOUT / "generated" / "openapi.yaml"), "openapi"))


@cache
def channel() -> SocketContract:
    """Return GoChat's WebSocket contract."""
    return read_socket_contract(load_contract(str(CHECKOUT / "generated" / "asyncapi.yaml"), "asyncapi"))


# Answers.


def answer(
    operation: str, status: int, body: Any = ABSENT, headers: Mapping[str, str] | None = None, sent: Any = ABSENT
) -> Answer:
    """Return an answer as the client would have made it, judged by the contract; status 0: none came."""
    asked = api().operations.get(operation)
    failure = "" if status else "ConnectError"
    declared, problems = (None, []) if asked is None else api().judge(asked, status, headers or {}, body)
    path = f"{api().base}{asked.path}" if asked else "/ws"
    method = asked.method if asked else "GET"
    return Answer(
        "r1", method, path, status, httpx.Headers(headers), "", body, asked, tuple(problems),
        declared is not None or asked is None, failure, sent,
    )  # fmt: skip


def success(operation: str, data: Any, status: int = 200, **members: Any) -> Answer:
    """Return an answer with data."""
    return answer(operation, status, {"success": True, "message": "OK", "data": data}, **members)


def refusal(operation: str, status: int, code: str, details: Any = None, **members: Any) -> Answer:
    """Return an answer with an error."""
    body = {"success": False, "message": "no", "code": code} | ({"details": details} if details is not None else {})
    return answer(operation, status, body, **members)


def judged(operation: Operation, outcome: Any, model: Model) -> Findings:
    """Return what an operation finds wrong with an outcome."""
    found = Findings()
    operation.judge(model, outcome, found)
    return found


# The chat.


def chat(*users: str) -> Model:
    """Return a model with these users, logged in, alone in the world chat; `guest...` are guests."""
    model = Model()
    world = Conversation("world", "id-world", WORLD, is_shared=True)
    model.conversations["world"] = world
    for user in users:
        model.people[user] = Person(user, f"id-{user}", f"{user}-1", "a password", user.startswith("guest"))
        model.logins[f"{user}/1"] = Login(f"{user}/1", user, [f"{user}-access"], f"{user}-refresh")
        model.current[user] = f"{user}/1"
        world.join(user)
    return model


def group(model: Model, *members: str, label: str = "g", admins: tuple[str, ...] = ()) -> Conversation:
    """Put a group into the model; the first member owns it."""
    made = Conversation(label, f"id-{label}", GROUP, name=f"the group {label}")
    for member in members:
        made.join(member, OWNER if member == members[0] else ADMIN if member in admins else MEMBER)
    model.conversations[label] = made
    return made


def stored(model: Model, conversation: Conversation, sender: str, label: str, content: str = "hello") -> Message:
    """Put a message into a conversation of the model."""
    seq = conversation.last_seq + 1
    message = Message(label, f"id-{label}", sender, content, 1, seq, NOW + seq, f"{label}-cid")
    conversation.messages.append(message)
    model.sends[sender, f"{label}-cid"] = (conversation.label, message)
    return message


# Frames.


def socket(model: Model, user: str, name: str = "") -> Socket:
    """Return an open connection of a user, on which nothing has come; the model knows it as his newest."""
    made = Socket(name or f"{user}-1", channel(), WireLog(), Coverage(), user)
    model.links[user] = Link(made.name, user, model.current[user])
    model.presence.connect(user, time.monotonic())
    return made


def came(on: Socket, value: Any, *, at: float | None = None) -> Received:
    """Let a frame come."""
    message, problems = channel().judge(value)
    moment = time.monotonic() if at is None else at
    received = Received(len(on.received), repr(value), value, moment, message, tuple(problems))
    on.received.append(received)
    return received


def closed(on: Socket, code: int, *, by_server: bool = True) -> Socket:
    """Let a connection end."""
    on.closed = Closed(code, "", by_server, time.monotonic())
    return on


def frame(name: str, **data: Any) -> Json:
    """Return a frame of the server."""
    return {"type": name, "data": data, "timestamp": NOW}


def ack(cid: str, message_id: str, seq: int, created_at: int = NOW) -> Json:
    """Return the acknowledgement of a send."""
    return frame(
        "message-ack", client_msg_id=cid, messageId=message_id, status="success", seqId=seq, createdAt=created_at
    )


def error_frame(code: str, **details: Any) -> Json:
    """Return an error frame."""
    return frame("error", code=code, message="no", details=details)


def push(model: Model, conversation: Conversation, message: Message, **other: Any) -> Json:
    """Return the frame that pushes a message, with `other` members changed."""
    return frame(
        "new-message",
        **{
            "id": message.id,
            "conversationId": conversation.id,
            "sender": model.sender(message.sender),
            "content": message.content,
            "messageType": message.kind,
            "seqId": message.seq,
            "createdAt": message.created_at,
            **other,
        },
    )


def status(model: Model, user: str, word: str) -> Json:
    """Return the frame that tells whether a user is online."""
    return frame("online-status", userId=model.people[user].id, status=word)


# Rooms.


NOBODY = "http://127.0.0.1:9"
"""An address at which nobody listens."""


def run_by_hand(report: Callable[[Violation], None] = lambda violation: None, url: str = NOBODY) -> Run:
    """Return a run with GoChat's contracts."""

    async def no_credentials() -> dict[str, str]:
        return {}

    return Run(
        url, {}, api(), channel(), 1, 1.0, time.monotonic() + 60.0, Addresses(url), Coverage(), report,
        lambda stage, line: None, no_credentials,
    )  # fmt: skip


def room_of(model: Model, *sockets: Socket) -> Room:
    """Return a room in which this is how things stand."""
    run = run_by_hand()
    room = Room(run, Stock(run), patience_s=PATIENCE_S)
    room.model = model
    room.sockets = {each.name: each for each in sockets}
    return room


async def settled(model: Model, *sockets: Socket) -> list[Finding]:
    """Return what a room finds when its next step, one without any wire, has to settle what came."""
    user = next(iter(model.people))
    return await room_of(model, *sockets).do(UseLogin(user, model.current[user]))
