"""Each rule of the chat about frames fires on a wrong frame, or on none, and is silent on the right one."""

from __future__ import annotations

import time
from typing import Any

import pytest

from conformance.chat.connections import Connect, Opened, Ping, online_due
from conformance.chat.errors import BadFrame
from conformance.chat.friends import AnswerFriend, request_view
from conformance.chat.inbox import Inbox
from conformance.chat.judging import judge_frame
from conformance.chat.messages import WS, Burst, Many, Repeat, Send
from conformance.chat.model import PENDING, FriendRequest, Model
from conformance.chat.operation import Finding, Findings
from conformance.chat.presence import LATE_S
from conformance.chat.reading import MarkRead
from conformance.chat.sent import Sent, push_due
from conformance.chat.vanishing import SendAndVanish, Vanished
from conformance.wire.socket import Received, Socket
from tests.kit.chat_outcomes import (
    NOW,
    Case,
    Json,
    ack,
    came,
    chat,
    closed,
    error_frame,
    frame,
    group,
    judged,
    push,
    rules_found,
    settled,
    socket,
    status,
    stored,
    success,
)

PONG = {"type": "pong", "timestamp": NOW}
CID = "m1-cid"
ENDED_S = 100.0
"""How long ago somebody left of whom everybody must have been told."""


# What the contract alone says.


def alone(value: Any) -> Findings:
    model, found = chat("alice"), Findings()
    on = socket(model, "alice")
    judge_frame(on, came(on, value), found)
    return found


# Sending.


def sent(value: Json | None, *, is_closed: bool = False) -> Findings:
    """Return what is wrong with the reply to alice's second message in a group."""
    model = chat("alice", "bob")
    stored(model, group(model, "alice", "bob"), "bob", "m0")
    on = socket(model, "alice")
    reply = came(on, value) if value is not None else None
    if is_closed:
        closed(on, 1011)
    return judged(Send("alice", "g", "m1"), Sent(on, reply, None, CID), model)


def refused_send(value: Json | None) -> Findings:
    """Return what is wrong with the reply to a send by somebody who is no member."""
    model = chat("alice", "bob")
    group(model, "bob")
    on = socket(model, "alice")
    reply = came(on, value) if value is not None else None
    return judged(Send("alice", "g", "m1"), Sent(on, reply, None, CID), model)


def repeated(value: Json | None, changed: str = "") -> Findings:
    model = chat("alice", "bob")
    stored(model, group(model, "alice", "bob"), "alice", "m1")
    on = socket(model, "alice")
    reply = came(on, value) if value is not None else None
    return judged(Repeat("alice", "m1", changed=changed), Sent(on, reply, None, CID), model)


def burst(*order: int, pong_at: int = 3) -> Findings:
    """Return what is wrong with three acks, with these seqIds in the order of the sends, and the pong after them."""
    model = chat("alice", "bob")
    group(model, "alice", "bob")
    on = socket(model, "alice")
    frames: list[Json] = [ack(f"x{number}", f"id-{number}", seq) for number, seq in enumerate(order)]
    frames.insert(pong_at, PONG)
    received = {each.data.get("client_msg_id", "pong"): each for each in [came(on, value) for value in frames]}
    sends = [
        (Send("alice", "g", f"x{number}"), Sent(on, received[f"x{number}"], None, f"x{number}"))
        for number in range(len(order))
    ]
    acks: list[Received] = [pair[1].received for pair in sends if pair[1].received is not None]
    outcome = Many(sends, [(on, received["pong"], acks)])
    return judged(Burst((("alice", WS),), "g", "x", 3), outcome, model)


def pinged(value: Json | None) -> Findings:
    model = chat("alice")
    on = socket(model, "alice")
    return judged(Ping("alice"), (on, came(on, value) if value is not None else None), model)


def read(value: Json, *, is_member: bool = True) -> Findings:
    model = chat("alice", "bob")
    stored(model, group(model, *(("bob", "alice") if is_member else ("bob",))), "bob", "m1")
    on = socket(model, "alice")
    return judged(MarkRead("alice", "g", 1, WS), (on, came(on, value)), model)


def bad_frame(value: Json | None) -> Findings:
    model = chat("alice")
    on = socket(model, "alice")
    operation = BadFrame("alice", "{}", names=True, details=(("/data/content", "required"),))
    return judged(operation, (on, came(on, value) if value is not None else None, CID), model)


def invalid(cid: str, pointer: str) -> Json:
    return error_frame("INVALID_MESSAGE", client_msg_id=cid, errors=[{"pointer": pointer, "rule": "required"}])


async def left_over(value: Json) -> list[Finding]:
    """Return what is wrong with a frame that answers nothing, when all is done."""
    model = chat("alice")
    on = socket(model, "alice")
    came(on, value)
    return await settled(model, on)


async def nothing_left() -> list[Finding]:
    model = chat("alice")
    return await settled(model, socket(model, "alice"))


# Pushes.


class Pushes:
    """A group of alice and bob, who are online, and carol outside; alice sent m1 and m2, which are due to bob."""

    def __init__(self) -> None:
        self.model = chat("alice", "bob", "carol")
        self.group = group(self.model, "alice", "bob")
        self.sockets = {user: socket(self.model, user) for user in ("alice", "bob", "carol")}
        self.messages = [stored(self.model, self.group, "alice", label) for label in ("m1", "m2")]
        self.model.due = [push_due(self.model, "bob-1", self.group, message) for message in self.messages]

    def push(self, number: int, to: str = "bob", **other: Any) -> None:
        """Let the push of a message come."""
        came(self.sockets[to], push(self.model, self.group, self.messages[number], **other))

    async def found(self) -> list[Finding]:
        """Return what a room says to it."""
        return await settled(self.model, *self.sockets.values())


async def pushed(*order: int, extra: tuple[int, str] | None = None, **other: Any) -> list[Finding]:
    """Push messages to bob in this order, the last one with `other` members, and one more to somebody."""
    scene = Pushes()
    for number in order:
        scene.push(number, **(other if number == order[-1] else {}))
    if extra is not None:
        scene.push(extra[0], extra[1])
    return await scene.found()


async def pushed_in_world(sender: str, to_member: bool = True) -> list[Finding]:
    """Push to bob what somebody wrote in the world chat: what strangers write there comes as it comes."""
    model = chat("alice", "bob")
    world, on = model.conversations["world"], socket(model, "bob")
    if not to_member:
        del world.members["bob"]
    data = {
        "id": "w", "conversationId": world.id, "sender": {"id": sender, "username": "someone"}, "content": "hello",
        "messageType": 1, "seqId": 70, "createdAt": NOW,
    }  # fmt: skip
    came(on, frame("new-message", **data))
    return await settled(model, on)


async def vanished(times: int) -> list[Finding]:
    """Let alice vanish with a message under way and repeat it; it is pushed to bob so many times."""
    model = chat("alice", "bob")
    conversation = group(model, "alice", "bob")
    older, bob = closed(socket(model, "alice"), 1006, by_server=False), socket(model, "bob")
    newer = Socket("alice-2", older.contract, older.log, older.coverage, "alice")
    opened = Opened(newer, came(newer, PONG), time.monotonic())
    repeat = Sent(newer, came(newer, ack(CID, "id-m1", 1, NOW)), None, CID)
    for received in newer.received:
        received.taken = True
    found = judged(SendAndVanish("alice", "g", "m1"), Vanished(time.monotonic(), opened, repeat), model)
    assert found.items == []
    for _ in range(times):
        came(bob, push(model, conversation, conversation.messages[0]))
    return await settled(model, older, newer, bob)


# Presence.


class Friends:
    """Alice and bob are friends, carol is a stranger; alice is online and looks at what she is told."""

    def __init__(self) -> None:
        self.model = chat("alice", "bob", "carol")
        self.model.friends = {frozenset(("alice", "bob"))}
        self.alice = socket(self.model, "alice")
        self.inbox = Inbox()

    def leave(self, user: str, ago_s: float) -> None:
        """Let somebody have been there and have left so long ago."""
        now = time.monotonic()
        self.model.presence.connect(user, now - ago_s - 1)
        self.model.presence.disconnect(user, now - ago_s)

    def told(self, user: str, word: str, *, is_due: bool = False) -> None:
        """Let a status come."""
        if is_due:
            self.model.due.append(online_due(self.model, "alice-1", user))
        came(self.alice, status(self.model, user, word))

    def take(self) -> Findings:
        """Return what is wrong with what came."""
        found = Findings()
        self.inbox.collect(self.model, [self.alice], found)
        self.inbox.refuse(self.model, [self.alice], found)
        return found


async def came_online(*words: str) -> list[Finding]:
    """Let bob connect, and alice be told of it in these words."""
    scene = Friends()
    bob = Socket("bob-1", scene.alice.contract, scene.alice.log, scene.alice.coverage, "bob")
    pong = came(bob, PONG)
    pong.taken = True
    assert judged(Connect("bob"), Opened(bob, pong, time.monotonic()), scene.model).items == []
    came(bob, status(scene.model, "alice", "online"))
    for word in words:
        came(scene.alice, status(scene.model, "bob", word))
    return await settled(scene.model, scene.alice, bob)


async def befriended(*told: str) -> list[Finding]:
    """Let bob accept alice's request when both are online, and these be told of the other."""
    model, sockets = accepted()
    for user in told:
        came(sockets[user], status(model, "bob" if user == "alice" else "alice", "online"))
    return await settled(model, *sockets.values())


def accepted() -> tuple[Model, dict[str, Socket]]:
    model = chat("alice", "bob")
    sockets = {user: socket(model, user) for user in ("alice", "bob")}
    request = FriendRequest("f", "id-f", "alice", "bob", PENDING, None)
    model.requests["f"] = request
    after = request_view(model, request) | {"status": 1}
    found = judged(AnswerFriend("bob", "f"), (success("updateFriendRequest", after), time.monotonic()), model)
    assert found.items == []
    return model, sockets


async def befriended_and_replaced(*told: str) -> list[Finding]:
    """Let bob accept, and connect anew before anything has come; alice is told, and these sockets of his."""
    model, sockets = accepted()
    old = closed(sockets["bob"], 4409)
    new = Socket("bob-2", old.contract, old.log, old.coverage, "bob")
    pong = came(new, PONG)
    pong.taken = True
    assert judged(Connect("bob"), Opened(new, pong, time.monotonic()), model).items == []
    came(sockets["alice"], status(model, "bob", "online"))
    for on in (old, new):
        if on.name in told:
            came(on, status(model, "alice", "online"))
    return await settled(model, sockets["alice"], old, new)


def went_offline(ago_s: float, *, word: str = "offline", user: str = "bob") -> Findings:
    scene = Friends()
    scene.leave(user, ago_s)
    scene.told(user, word)
    return scene.take()


def stays_online(*words: str, are_due: int = 1) -> Findings:
    """Tell alice of bob, who is connected; the first words are due."""
    scene = Friends()
    scene.model.presence.connect("bob", time.monotonic())
    for number, word in enumerate(words):
        scene.told("bob", word, is_due=number < are_due)
    return scene.take()


def told_twice(*words: str) -> Findings:
    """Tell alice that bob came online, and then, long after he left, these words."""
    scene = Friends()
    scene.told("bob", "online", is_due=True)
    assert scene.take().items == []
    scene.leave("bob", ENDED_S)
    for word in words:
        scene.told("bob", word)
    return scene.take()


def not_told(*words: str, ago_s: float = ENDED_S) -> Findings:
    """Tell alice that bob came online, then these words, and ask at the end whether something is left to tell."""
    scene = Friends()
    scene.told("bob", "online", is_due=True)
    scene.take()
    scene.leave("bob", ago_s)
    for word in words:
        scene.told("bob", word)
    found = scene.take()
    scene.inbox.not_told(scene.model, [scene.alice], time.monotonic(), found)
    return found


CASES = (
    Case("received-declared", "another type", lambda: alone(PONG), lambda: alone({"type": "typing", "data": {}})),
    Case("received-declared", "no object", lambda: alone(PONG), lambda: alone([PONG])),
    Case("received-valid", "no timestamp", lambda: alone(PONG), lambda: alone({"type": "pong"})),
    Case("received-valid", "a seqId as text", lambda: alone(ack(CID, "m", 1)),
         lambda: alone(ack(CID, "m", "1"))),  # type: ignore[arg-type]  # a text is what is wrong
    Case("time-plausible", "milliseconds", lambda: alone(PONG), lambda: alone({**PONG, "timestamp": NOW * 1000})),
    Case("time-plausible", "milliseconds of a message", lambda: alone(ack(CID, "m", 1)),
         lambda: alone(ack(CID, "m", 1, NOW * 1000))),
    Case("reply-sent", "no ack", lambda: sent(ack(CID, "m", 2)), lambda: sent(None)),
    Case("reply-sent", "closed instead", lambda: sent(ack(CID, "m", 2)), lambda: sent(None, is_closed=True)),
    Case("reply-sent", "no pong", lambda: pinged(PONG), lambda: pinged(None)),
    Case("reply-value", "an error for what may be done", lambda: sent(ack(CID, "m", 2)),
         lambda: sent(error_frame("FORBIDDEN", client_msg_id=CID))),
    Case("reply-single", "a second ack", nothing_left, lambda: left_over(ack(CID, "m", 1))),
    Case("reply-single", "a pong without a ping", nothing_left, lambda: left_over(PONG)),
    Case("reply-error", "an error about nothing", nothing_left, lambda: left_over(error_frame("INTERNAL_ERROR"))),
    Case("reply-error", "an ack for a stranger", lambda: refused_send(error_frame("FORBIDDEN", client_msg_id=CID)),
         lambda: refused_send(ack(CID, "m", 1))),
    Case("reply-error", "another code", lambda: refused_send(error_frame("FORBIDDEN", client_msg_id=CID)),
         lambda: refused_send(error_frame("INVALID_MESSAGE", client_msg_id=CID))),
    Case("reply-error", "nothing", lambda: refused_send(error_frame("FORBIDDEN", client_msg_id=CID)),
         lambda: refused_send(None)),
    Case("reply-error", "a read that may be done", lambda: read(PONG), lambda: read(error_frame("FORBIDDEN"))),
    Case("reply-error", "a read that may not be done", lambda: read(error_frame("FORBIDDEN"), is_member=False),
         lambda: read(PONG, is_member=False)),
    Case("reply-error", "another content under the same id",
         lambda: repeated(error_frame("CLIENT_MSG_ID_CONFLICT", client_msg_id=CID), "content"),
         lambda: repeated(ack(CID, "id-m1", 1, NOW + 1), "content")),
    Case("reply-error", "a wrong frame is swallowed", lambda: bad_frame(invalid(CID, "/data/content")),
         lambda: bad_frame(None)),
    Case("error-details", "a wrong frame's place", lambda: bad_frame(invalid(CID, "/data/content")),
         lambda: bad_frame(invalid(CID, "/content"))),
    Case("error-details", "a wrong frame's client_msg_id", lambda: bad_frame(invalid(CID, "/data/content")),
         lambda: bad_frame(invalid("another", "/data/content"))),
    Case("pong-last", "the pong before an ack", lambda: burst(1, 2, 3), lambda: burst(1, 2, 3, pong_at=2)),
    Case("seq-order", "the second before the first", lambda: burst(1, 2, 3), lambda: burst(2, 1, 3)),
    Case("seq-gapless", "a hole", lambda: sent(ack(CID, "m", 2)), lambda: sent(ack(CID, "m", 3))),
    Case("seq-gapless", "one twice", lambda: sent(ack(CID, "m", 2)), lambda: sent(ack(CID, "m", 1))),
    Case("seq-gapless", "a hole in a burst", lambda: burst(1, 2, 3), lambda: burst(1, 2, 4)),
    Case("ack-idempotent", "another seqId", lambda: repeated(ack(CID, "id-m1", 1, NOW + 1)),
         lambda: repeated(ack(CID, "id-m1", 2, NOW + 1))),
    Case("ack-idempotent", "another message", lambda: repeated(ack(CID, "id-m1", 1, NOW + 1)),
         lambda: repeated(ack(CID, "id-m2", 1, NOW + 1))),
    Case("ack-idempotent", "an error", lambda: repeated(ack(CID, "id-m1", 1, NOW + 1)),
         lambda: repeated(error_frame("CLIENT_MSG_ID_CONFLICT", client_msg_id=CID))),
    Case("ack-idempotent", "nothing", lambda: repeated(ack(CID, "id-m1", 1, NOW + 1)), lambda: repeated(None)),
    Case("push-sent", "one is missing", lambda: pushed(0, 1), lambda: pushed(0)),
    Case("push-once", "one comes twice", lambda: pushed(0, 1), lambda: pushed(0, 1, extra=(1, "bob"))),
    Case("push-once", "a repeat is pushed", lambda: vanished(1), lambda: vanished(2)),
    Case("push-members-only", "to somebody else", lambda: pushed(0, 1), lambda: pushed(0, 1, extra=(1, "carol"))),
    Case("push-not-to-sender", "to the sender", lambda: pushed(0, 1), lambda: pushed(0, 1, extra=(1, "alice"))),
    Case("push-valid", "another text", lambda: pushed(0, 1), lambda: pushed(0, 1, content="bye")),
    Case("push-valid", "another sender", lambda: pushed(0, 1),
         lambda: pushed(0, 1, sender={"id": "id-bob", "username": "bob-1"})),
    Case("push-valid", "a message that nobody sent", lambda: pushed_in_world("id-stranger"),
         lambda: pushed_in_world("id-alice")),
    Case("push-members-only", "the world chat for one outside", lambda: pushed_in_world("id-stranger"),
         lambda: pushed_in_world("id-stranger", to_member=False)),
    Case("push-order", "the newer first", lambda: pushed(0, 1), lambda: pushed(1, 0)),
    Case("presence-told", "nothing of who came", lambda: came_online("online"), lambda: came_online()),
    Case("presence-told", "one of two new friends is not told", lambda: befriended("alice", "bob"),
         lambda: befriended("alice")),
    Case("presence-told", "a new friend is told on the connection that was replaced only",
         lambda: befriended_and_replaced("bob-1", "bob-2"), lambda: befriended_and_replaced("bob-1")),
    Case("presence-told", "a new friend is told on neither connection",
         lambda: befriended_and_replaced("bob-2"), lambda: befriended_and_replaced()),
    Case("presence-told", "nothing of who left", lambda: not_told("offline"), lambda: not_told()),
    Case("presence-told", "nothing beyond the grace, rather than within it", lambda: not_told(ago_s=9.0),
         lambda: not_told(ago_s=10 + LATE_S + 1)),
    Case("presence-true", "offline who is connected", lambda: stays_online("online"),
         lambda: stays_online("online", "offline")),
    Case("presence-true", "offline within the grace", lambda: went_offline(11.0), lambda: went_offline(5.0)),
    Case("presence-true", "online who is gone", lambda: told_twice("offline"), lambda: told_twice("online")),
    Case("presence-friends-only", "of a stranger", lambda: went_offline(11.0),
         lambda: went_offline(11.0, user="carol")),
    Case("presence-once", "online twice", lambda: came_online("online"), lambda: came_online("online", "online")),
    Case("presence-once", "online within the grace", lambda: stays_online("online"),
         lambda: stays_online("online", are_due=0)),
    Case("presence-once", "offline twice", lambda: told_twice("offline"), lambda: told_twice("offline", "offline")),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_right_frame_breaks_no_rule(case: Case) -> None:
    assert rules_found(case.right) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_wrong_frame_breaks_its_rule_alone(case: Case) -> None:
    assert rules_found(case.wrong) == {case.rule}


@pytest.mark.parametrize("content", ["hello", "!", "x" * 4000, "x" * 3999 + "!"])
def test_a_repeat_with_another_content_is_as_long_as_the_first(content: str) -> None:
    """One code point more would be refused for its length, not for the id."""
    model = chat("alice")
    stored(model, group(model, "alice"), "alice", "m1", content)
    again = Repeat("alice", "m1", changed="content")._send(model)
    assert again.content != content
    assert len(again.content) == len(content)
