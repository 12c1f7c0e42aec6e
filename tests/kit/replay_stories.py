"""Stories that show a defect of the little server: what is done over the wire, the log of it, and the check.

With the kit's own clients, as its layers do it; noise in every story is what shrinking has to take away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract.channel import read_socket_contract
from conformance.contract.http import HttpContract, read_http_contract
from conformance.contract.load import load_contract
from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.replay.prelude import frame_bytes
from conformance.replay.symbolize import Seen, make_trace
from conformance.replay.values import new_run_marker
from conformance.trace import Trace
from conformance.wire.connecting import open_socket
from conformance.wire.http import Answer, Http
from conformance.wire.log import WireLog
from conformance.wire.socket import HandshakeRefused, Socket

SPECS = Path(__file__).resolve().parents[2] / "specs"
PASSWORD = "correct horse battery"

Json = dict[str, Any]


@cache
def http_contract() -> HttpContract:
    """GoChat's, read once."""
    return read_http_contract(load_contract(str(SPECS / "openapi.yaml"), "openapi"))


@cache
def socket_contract() -> SocketContract:
    """GoChat's, read once."""
    return read_socket_contract(load_contract(str(SPECS / "asyncapi.yaml"), "asyncapi"))


@dataclass
class Stage:
    """People at one server, and the log of what they do."""

    url: str
    marker: str = field(default_factory=new_run_marker)
    log: WireLog = field(default_factory=WireLog)
    people: dict[str, Http] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    sockets: list[Socket] = field(default_factory=list)
    sent: int = 0

    async def call(self, who: str, method: str, path: str, **more: Any) -> Answer:
        """Send a request as somebody, with his token once he has one."""
        if who not in self.people:
            self.people[who] = Http(self.url, http_contract(), self.log, Coverage(), who=who)
        return await self.people[who].request(method, f"/api{path}", token=self.tokens.get(who), **more)

    async def join(self, *names: str) -> None:
        """Register people and log them in."""
        for who in names:
            account = {"username": f"{who}-{self.marker}", "password": PASSWORD}
            self.ids[who] = (await self.call(who, "POST", "/auth/register", data=account)).data["user"]["id"]
            self.tokens[who] = (await self.call(who, "POST", "/auth/login", data=account)).data["accessToken"]

    async def group(self, owner: str, *members: str) -> str:
        """Open a group; its id."""
        body = {"type": 2, "name": "three of us", "members": [self.ids[each] for each in members]}
        return str((await self.call(owner, "POST", "/conversations", data=body)).data["id"])

    async def line(self, who: str, token: str | None = None) -> Socket:
        """Connect."""
        name = f"s{len(self.sockets) + 1}"
        query = {"token": self.tokens[who] if token is None else token}
        opened = await open_socket(self.url, socket_contract(), self.log, Coverage(), name=name, who=who, query=query)
        self.sockets.append(opened)
        return opened

    def post(self, socket: Socket, conversation: str, content: str = "hello") -> str:
        """Send a message; its client_msg_id."""
        self.sent += 1
        identity = f"m{self.sent}-{self.marker}"
        data = {"conversationId": conversation, "content": content, "messageType": 1, "client_msg_id": identity}
        socket.send({"type": "send-message", "data": data, "timestamp": 1})
        return identity

    async def posted(self, socket: Socket, conversation: str, content: str = "hello") -> str:
        """Send a message and wait for its first answer."""
        number = len(socket.received)
        identity = self.post(socket, conversation, content)
        await socket.wait_until(lambda: len(socket.received) > number, 2)
        return identity

    async def wait(self, seconds: float) -> None:
        """Wait on purpose."""
        self.log.add("wait", seconds=seconds)
        await asyncio.sleep(seconds)

    async def end(self) -> None:
        """Close everything."""
        for each in self.sockets:
            each.log = WireLog()
            each.drop()
        for user in self.people.values():
            await user.close()


Tell = Callable[[Stage], Awaitable[Json]]


@dataclass(frozen=True)
class Story:
    """One defect of the little server, what shows it, and how small that gets.

    Attributes:
        tell: Does the steps, returns the check.
        smallest: Steps, frames and connections of the shrunk trace.
        got: What a replay says to have come.
    """

    name: str
    defect: str
    tell: Tell
    smallest: tuple[int, int, int]
    got: str


async def record(story: Story, url: str) -> Trace:
    """Tell a story to a server and return the trace of it."""
    stage = Stage(url)
    try:
        check = await story.tell(stage)
        entries = [dict(entry) for entry in stage.log.entries]
    finally:
        await stage.end()
    return make_trace(entries, check, "a-rule", "The rule of a story", run_marker=stage.marker)


async def _noise(stage: Stage) -> tuple[Socket, Socket, str]:
    """Three people, a second group nobody needs, two connections, some talk; alice's and bob's, and the group."""
    await stage.join("alice", "bob", "carol")
    group = await stage.group("alice", "bob", "carol")
    other = await stage.group("carol", "bob")
    alice, bob = await stage.line("alice"), await stage.line("bob")
    carol = await stage.line("carol")
    await stage.posted(carol, other, "nobody cares")
    await stage.call("carol", "GET", f"/conversations/{other}/messages")
    return alice, bob, group


async def _acks(stage: Stage) -> Json:
    alice, _, group = await _noise(stage)
    identity = await stage.posted(alice, group)
    return _frame("s1", {"type": "message-ack", "data": {"client_msg_id": identity}}, 1, 1)


async def _ack_value(stage: Stage, **condition: Any) -> Json:
    alice, _, group = await _noise(stage)
    identity = await stage.posted(alice, group)
    match = {"type": "message-ack", "data": {"client_msg_id": identity}}
    return {
        "check": "frame-value",
        "socket": "s1",
        "match": match,
        "pointer": "/data/seqId",
        **condition,
    }


async def _ack_has_seq_id(stage: Stage) -> Json:
    return await _ack_value(stage, present=True, always=True)


async def _seq_id_is_integer(stage: Stage) -> Json:
    return await _ack_value(stage, type="integer", always=True)


async def _seq_id_equals(stage: Stage) -> Json:
    return await _ack_value(stage, equals=1)


async def _no_password(stage: Stage) -> Json:
    await _noise(stage)
    return {"check": "response", "step": "r1", "pointer": "/data/user/password", "absent": True, "always": True}


async def _not_the_password(stage: Stage) -> Json:
    await _noise(stage)
    return {"check": "response", "step": "r1", "pointer": "/data/user/password", "not": PASSWORD, "always": True}


async def _removed(stage: Stage) -> tuple[Socket, str]:
    alice, _, group = await _noise(stage)
    await stage.posted(alice, group, "before")
    await stage.call("alice", "DELETE", f"/conversations/{group}/members/{stage.ids['bob']}")
    return alice, group


async def _no_push_to_removed(stage: Stage) -> Json:
    alice, group = await _removed(stage)
    await stage.posted(alice, group, f"after {stage.marker}")
    match = {"type": "new-message", "data": {"conversationId": group, "content": f"after {stage.marker}"}}
    return _frame("s2", match, 0, 0)


async def _no_list_to_removed(stage: Stage) -> Json:
    _, group = await _removed(stage)
    answer = await stage.call("bob", "GET", f"/conversations/{group}/messages", query={"limit": 10})
    return {"check": "response", "step": answer.id, "status": [403, 404]}


async def _pong(stage: Stage) -> Json:
    alice, _, _ = await _noise(stage)
    alice.send({"type": "ping", "timestamp": 12})
    return _frame("s1", {"type": "pong"}, 1, None, always=True)


async def _binary(stage: Stage) -> Json:
    alice, _, _ = await _noise(stage)
    alice.send_raw(frame_bytes(b"\x00\xff\x00", opcode=2, mask=b"abcd"))
    return {"check": "close", "socket": "s1", "codes": [1003], "within_s": 0.3, "always": True}


async def _race(stage: Stage) -> Json:
    alice, bob, group = await _noise(stage)
    stage.log.group = 1
    first = stage.post(alice, group, "mine")
    second = stage.post(bob, group, "yours")
    await stage.call("carol", "GET", f"/conversations/{group}/messages")
    stage.log.group = None
    for socket in (alice, bob):
        await socket.wait_until(lambda socket=socket: len(socket.received) >= 2, 2)  # type: ignore[misc]  # mypy infers no lambda with a default
    ack = next(each for each in alice.received if each.data.get("client_msg_id") == first)
    match = {"type": "message-ack", "data": {"client_msg_id": second}}
    await stage.call("carol", "GET", f"/conversations/{group}/messages")
    return {
        "check": "frame-value",
        "socket": "s2",
        "match": match,
        "pointer": "/data/seqId",
        "not": Seen("s1", "/data/seqId", ack.index),
    }


async def _idle(stage: Stage) -> Json:
    await _noise(stage)
    await stage.wait(0.6)
    return {"check": "close", "socket": "s1", "codes": [], "within_s": 0.2}


async def _dropped(stage: Stage) -> Json:
    await stage.join("alice", "bob", "carol")
    alice, _ = await stage.line("alice"), await stage.line("bob")
    carol = await stage.line("carol")
    carol.close(1000)
    await carol.wait_closed(2)
    alice.drop()
    return {"check": "close", "socket": "s2", "codes": [], "within_s": 0.3, "always": True}


async def _bad_token(stage: Stage) -> Json:
    await _noise(stage)
    await stage.line("mallory", "not a token, é")
    return {"check": "close", "socket": "s4", "codes": [4401], "within_s": 0.3, "always": True}


async def _allow(stage: Stage) -> Json:
    await _noise(stage)
    answer = await stage.call("alice", "DELETE", "/auth/register", text='{"x": ${run}}', headers={"X-Any": "thing"})
    return {"check": "response", "step": answer.id, "header": "Allow", "present": True, "always": True}


async def _undeclared(stage: Stage) -> Json:
    _, bob, group = await _noise(stage)
    bob.send({"type": "mark-read", "data": {"conversationId": group, "seqId": 1}})
    bob.send_text('{"type": "ping", "data": {}, "timestamp": 1}')
    await bob.wait_until(lambda: bool(bob.received) and bob.received[-1].name == "pong", 2)
    return _frame("s2", {"type": "message-read"}, 0, 0, always=True)


async def _refused(stage: Stage) -> Json:
    await stage.join("alice", "bob")
    with suppress(HandshakeRefused):
        await stage.line("alice")
    return {"check": "close", "socket": "s1", "codes": [], "within_s": 0.2, "always": True}


def _frame(socket: str, match: Json, least: int, most: int | None, **more: Any) -> Json:
    limits = {"min": least} | ({} if most is None else {"max": most})
    return {"check": "frame", "socket": socket, "match": match, "within_s": 0.3, **limits, **more}


STORIES = (
    Story("acked once", "acks twice", _acks, (7, 1, 1), "2 such frames"),
    Story("ack has seqId", "ack without seqId", _ack_has_seq_id, (5, 1, 1), "/data/seqId is nothing"),
    Story("seqId is a number", "seqId as text", _seq_id_is_integer, (5, 1, 1), '/data/seqId is "1"'),
    Story("seqId is one", "seqId as text", _seq_id_equals, (7, 1, 1), '/data/seqId is "1"'),
    Story("no password", "leaks the password", _no_password, (1, 0, 0), '201, /data/user/password is "correct'),
    Story("not the password", "leaks the password", _not_the_password, (1, 0, 0), "201, /data/user/password is"),
    Story("no push to who was removed", "pushes to strangers", _no_push_to_removed, (11, 2, 2), "1 such frame"),
    Story("no list for who was removed", "lists to strangers", _no_list_to_removed, (10, 1, 1), "200"),
    Story("a ping is answered", "no pong", _pong, (4, 1, 1), "no such frames"),
    Story("no binary frames", "takes binary frames", _binary, (4, 1, 1), "still open after 0.3 s"),
    Story("places are given once", "gives a seqId twice", _race, (11, 2, 2), "/data/seqId is 1"),
    Story("silence is no reason", "closes when idle", _idle, (4, 0, 1), "closed with 4410"),
    Story("each line by itself", "a dropped line ends others", _dropped, (7, 0, 2), "closed with 1011"),
    Story("a token is needed", "takes a bad token", _bad_token, (1, 0, 1), "still open after 0.3 s"),
    Story("405 has Allow", "no Allow header", _allow, (3, 0, 0), "405 METHOD_NOT_ALLOWED, Allow is nothing"),
    Story("frames are declared", "sends an undeclared frame", _undeclared, (7, 1, 1), "1 such frame"),
    Story("the door opens", "refuses to open", _refused, (3, 0, 1), "the handshake was answered with"),
)
