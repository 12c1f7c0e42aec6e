"""The TypeScript client against a real server, through networks that break: all arrives once and in order."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.chaos import ChaosProxy
from tests.clients.typescript import Client, Driver, Refused, node_clients
from tests.harness.api import fresh_name
from tests.harness.server import GoChatServer

PASSWORD = "correct horse battery"
SHORT_CAPS_S = [0.05]
"""Waits between attempts where a test is not about them."""
MESSAGES, CUTS = 1000, 100


@pytest.fixture(scope="module")
def node() -> Iterator[Driver]:
    with node_clients() as driver:
        yield driver


@pytest.fixture
def member(server: GoChatServer, node: Driver) -> Callable[..., Client]:
    """Makes a client that is logged in: `member(url=proxy.url)`."""

    def make(**options: Any) -> Client:
        name = fresh_name()
        settings = {"url": server.url, "messagesPerS": 0, "reconnectCapsS": SHORT_CAPS_S, **options}
        client = node.client(name, **settings)
        client.call("register", name, PASSWORD)
        return client

    return make


def proxy_to(server: GoChatServer) -> ChaosProxy:
    return ChaosProxy(*server.host_and_port)


def single_chat(one: Client, other: Client) -> str:
    """Opens a single chat of two; returns its id."""
    identity: str = one.call("api.createConversation", {"type": 1, "members": [other.call("user")["id"]]})["id"]
    return identity


def test_1000_messages_through_100_disconnects_arrive_exactly_once_and_in_order(
    server: GoChatServer, member: Callable[..., Client], record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(20261122)
    began = time.monotonic()
    with proxy_to(server) as way_out, proxy_to(server) as way_in:
        sender, receiver = member(url=way_out.url), member(url=way_in.url)
        chat = single_chat(sender, receiver)
        sender.connect()
        receiver.connect()
        acks = []
        for number in range(CUTS):
            side, proxy = (sender, way_out) if number % 2 == 0 else (receiver, way_in)
            opened = side.states().count("open")
            at_once = range(number * MESSAGES // CUTS, (number + 1) * MESSAGES // CUTS)
            acks += [sender.begin("socket.send", chat, f"message {each}") for each in at_once]
            time.sleep(draw.uniform(0, 0.02))
            proxy.cut_all()
            side.wait_for(lambda side=side, opened=opened: side.states().count("open") > opened, "is not back")
        seq_ids = [ack.result(30)["seqId"] for ack in acks]
        receiver.wait_for(lambda: len(receiver.of("message")) >= MESSAGES, "has not got everything")
        sender.wait_for(lambda: len(sender.of("message")) >= MESSAGES, "has not seen its own messages")
    got = [message["content"] for message in receiver.of("message")]
    pushed = len(receiver.of("new-message"))
    again = sum(client.states().count("open") for client in (sender, receiver)) - 2
    figures = (
        f"{len(got)} of {MESSAGES} messages, {again} disconnects, {pushed} pushes, {time.monotonic() - began:.1f} s"
    )
    print(f"\nTypeScript client: {figures}, each once and in order")
    record_property("figures", figures)
    assert again >= CUTS
    assert got == [f"message {number}" for number in range(MESSAGES)]
    assert seq_ids == list(range(1, MESSAGES + 1))
    assert [message["seqId"] for message in sender.of("message")] == seq_ids
    assert all(message["clientMsgId"] for message in sender.of("message"))


def test_nothing_is_missed_from_the_first_open_on(server: GoChatServer, member: Callable[..., Client]) -> None:
    for _ in range(10):
        sender, receiver = member(), member()
        chat = single_chat(sender, receiver)
        sender.connect()
        sender.call("socket.send", chat, "before")
        receiver.begin("socket.send", chat, "mine")
        receiver.begin("socket.connect")
        receiver.wait_for(lambda receiver=receiver: "open" in receiver.states(), "is not open")
        sender.call("socket.send", chat, "yours")
        receiver.wait_for(lambda receiver=receiver: len(receiver.of("message")) >= 2, "has missed something")
        assert [message["seqId"] for message in receiver.of("message")] == [2, 3]


def test_a_message_whose_ack_was_lost_is_not_stored_twice(server: GoChatServer, member: Callable[..., Client]) -> None:
    with proxy_to(server) as proxy:
        sender, receiver = member(url=proxy.url), member()
        chat = single_chat(sender, receiver)
        sender.connect()
        receiver.connect()
        proxy.drop_back = True
        ack = sender.begin("socket.send", chat, "once")
        receiver.wait_for(lambda: receiver.of("message"), "has got nothing")
        assert not ack.done()
        proxy.drop_back = False
        proxy.cut_all()
        assert ack.result(30)["seqId"] == 1
        assert sender.call("socket.send", chat, "next")["seqId"] == 2
    assert [m["content"] for m in receiver.of("message")][:1] == ["once"]


def test_silence_after_a_ping_is_taken_for_a_dead_connection(
    server: GoChatServer, member: Callable[..., Client]
) -> None:
    with proxy_to(server) as proxy:
        client, other = member(url=proxy.url), member()
        chat = single_chat(client, other)
        client.connect()
        proxy.drop = True
        began = time.monotonic()
        client.begin("socket.ping")
        ack = client.begin("socket.send", chat, "into the dark")
        client.call("socket.probe")
        client.wait_for(lambda: "waiting" in client.states(), "still waits for an answer", 15)
        assert 8 < time.monotonic() - began < 13
        proxy.drop = False
        assert ack.result(30)["seqId"] == 1


def test_a_replaced_connection_does_not_come_back_by_itself(
    server: GoChatServer, member: Callable[..., Client]
) -> None:
    first = member()
    first.connect()
    second = first.driver.client(fresh_name(), url=server.url, reconnectCapsS=SHORT_CAPS_S)
    second.call("login", first.call("user")["username"], PASSWORD)
    second.connect()
    first.wait_for(lambda: first.states()[-1] == "closed", "is not closed")
    assert first.of("state")[-1] == {"status": "closed", "code": 4409, "name": "REPLACED"}
    count = len(first.states())
    time.sleep(1)
    assert len(first.states()) == count, "it came back"
    with pytest.raises(Refused) as refusal:
        first.call("socket.send", "world", "nobody hears it")
    assert refusal.value.kind == "ConnectionLost"
    first.connect()  # because the user wants it
    second.wait_for(lambda: second.states()[-1] == "closed", "is not closed")


def test_what_waits_when_a_connection_is_replaced_is_told(server: GoChatServer, member: Callable[..., Client]) -> None:
    first = member(messagesPerS=1)
    first.connect()
    sends = [
        first.begin("socket.send", "world", f"{number}") for number in range(50)
    ]  # the last ones wait for the pace
    second = first.driver.client(fresh_name(), url=server.url)
    second.call("login", first.call("user")["username"], PASSWORD)
    second.connect()
    first.wait_for(lambda: first.states()[-1] == "closed", "is not closed")
    sends[0].result(10)
    with pytest.raises(Refused, match="4409 REPLACED") as refusal:
        sends[-1].result(10)
    assert refusal.value.kind == "ConnectionLost"


def test_a_login_that_ended_elsewhere_is_told_and_not_tried_again(
    server: GoChatServer, member: Callable[..., Client]
) -> None:
    client = member()
    client.connect()
    client.begin("api.logout").result(30)
    client.wait_for(lambda: client.states()[-1] == "closed", "is not closed")
    assert client.of("state")[-1] == {"status": "closed", "code": 4401, "name": "AUTH_FAILED"}
    assert client.call("user") is None
    assert client.of("user")[-1] is None
    count = len(client.states())
    time.sleep(0.5)
    assert len(client.states()) == count, "it came back"


def test_tokens_are_renewed_in_time_and_friends_see_nothing(
    start_server: Callable[..., GoChatServer], node: Driver
) -> None:
    server = start_server(GOCHAT_ACCESS_TOKEN_TTL_S=3, GOCHAT_PRESENCE_GRACE_S=2)
    people = []
    for _ in range(2):
        name = fresh_name()
        person = node.client(name, url=server.url, messagesPerS=0, reconnectCapsS=SHORT_CAPS_S)
        person.call("register", name, PASSWORD)
        people.append(person)
    one, friend = people
    request = one.call("api.createFriendRequest", {"targetUserId": friend.call("user")["id"]})
    friend.call("api.updateFriendRequest", request["id"], {"action": "accept"})
    chat = single_chat(one, friend)
    for person in people:
        person.connect()
    for number in range(40):
        assert one.call("socket.send", chat, f"{number}")["seqId"] == number + 1
        time.sleep(0.2)
    friend.wait_for(lambda: len(friend.of("message")) == 40, "misses messages")
    assert [m["seqId"] for m in friend.of("message")] == list(range(1, 41))
    told = [e for e in friend.of("online-status") if e["userId"] == one.call("user")["id"]]
    assert {e["status"] for e in told} == {"online"}, told
    assert not {"closed", "waiting"} & set(one.states()), one.of("state")


def test_a_refusal_for_the_rate_is_waited_for(start_server: Callable[..., GoChatServer], node: Driver) -> None:
    server = start_server(GOCHAT_MESSAGE_RATE=10)
    name = fresh_name()
    client = node.client(name, url=server.url, messagesPerS=0)
    client.call("register", name, PASSWORD)
    world = client.call("api.listConversations", {"type": 3})["conversations"][0]["id"]
    client.connect()
    began = time.monotonic()
    acks = [client.begin("socket.send", world, f"{number}") for number in range(40)]
    seq_ids = [ack.result(30)["seqId"] for ack in acks]
    assert any(error["code"] == "RATE_LIMITED" for error in client.of("error")), "the server has not refused anything"
    assert sorted(seq_ids) == list(range(1, 41))
    assert 1.0 < time.monotonic() - began < 10


def test_sends_are_paced_so_that_the_server_refuses_none(
    start_server: Callable[..., GoChatServer], node: Driver
) -> None:
    server = start_server(GOCHAT_MESSAGE_RATE=None)
    name = fresh_name()
    client = node.client(name, url=server.url)
    client.call("register", name, PASSWORD)
    world = client.call("api.listConversations", {"type": 3})["conversations"][0]["id"]
    client.connect()
    acks = [client.begin("socket.send", world, f"{number}") for number in range(80)]
    assert [ack.result(30)["seqId"] for ack in acks] == list(range(1, 81))
    assert client.of("error") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [("x" * 4001, "MESSAGE_TOO_LARGE"), ("x" * 70_000, "MESSAGE_TOO_LARGE"), ("", "INVALID_MESSAGE")],
)
def test_what_the_server_refuses_rejects_with_its_code(member: Callable[..., Client], content: str, code: str) -> None:
    client, other = member(), member()
    chat = single_chat(client, other)
    client.connect()
    with pytest.raises(Refused) as refused:
        client.call("socket.send", chat, content)
    assert (refused.value.kind, refused.value.code) == ("GoChatError", code)
    assert client.call("socket.send", chat, "goes on")["seqId"] == 1
    assert not {"closed", "waiting"} & set(client.states())


def test_what_may_not_be_done_rejects_with_code_and_status(member: Callable[..., Client]) -> None:
    client, one, other = member(), member(), member()
    chat = single_chat(one, other)
    client.connect()
    with pytest.raises(Refused) as refused:
        client.call("socket.send", chat, "let me in")
    assert (refused.value.code, refused.value.retryable) == ("FORBIDDEN", False)
    with pytest.raises(Refused) as refused:
        client.call("api.getConversation", chat)
    assert (refused.value.code, refused.value.status) == ("FORBIDDEN", 403)


def test_a_conversation_that_began_while_away_is_delivered(server: GoChatServer, member: Callable[..., Client]) -> None:
    with proxy_to(server) as proxy:
        away, other = member(url=proxy.url), member()
        away.connect()
        proxy.refuse = True
        proxy.cut_all()
        away.wait_for(lambda: "waiting" in away.states(), "has not noticed")
        chat = single_chat(other, away)
        other.connect()
        for number in range(120):
            other.call("socket.send", chat, f"{number}")
        assert away.of("message") == []
        proxy.refuse = False
        away.wait_for(lambda: len(away.of("message")) == 120, "has not got what it missed")
    assert [message["seqId"] for message in away.of("message")] == list(range(1, 121))


def test_a_restart_of_the_server_is_survived(start_server: Callable[..., GoChatServer], node: Driver) -> None:
    server = start_server()
    name = fresh_name()
    client = node.client(name, url=server.url, reconnectCapsS=[0.2])
    client.call("register", name, PASSWORD)
    world = client.call("api.listConversations", {"type": 3})["conversations"][0]["id"]
    client.connect()
    server.stop()
    client.wait_for(lambda: "waiting" in client.states(), "has not noticed")
    ack = client.begin("socket.send", world, "written while the server was away")
    server.start()
    assert ack.result(30)["seqId"] == 1


def test_waits_are_drawn_from_zero_to_1_2_4_8_seconds(server: GoChatServer, node: Driver) -> None:
    with proxy_to(server) as proxy:
        name = fresh_name()
        client = node.client(name, url=proxy.url)
        client.call("register", name, PASSWORD)
        client.connect()
        proxy.refuse = True
        began = time.time() * 1000
        proxy.cut_all()
        client.wait_for(lambda: client.states().count("waiting") >= 4, "does not try", 40)
        waits = [state for state in client.of("state") if state["status"] == "waiting"]
    assert [state["attempt"] for state in waits[:4]] == [1, 2, 3, 4]
    ends = [began] + [state["retryAt"] for state in waits[:4]]
    for cap_s, (before, end) in zip((1, 2, 4, 8), itertools.pairwise(ends), strict=True):
        assert end - before <= cap_s * 1000 + 1500, (cap_s, ends)
