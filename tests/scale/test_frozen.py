"""A part of a cluster says nothing any more without being gone, as on a machine that is frozen or behind a cut cable.

Nobody waits for it for long, nobody gets no answer at all, and when it is back all goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gochat.logic.client import DEADLINE_S
from models.postgres import ANSWER_S, REACH_S
from tests.harness.api import User, expect_error, expect_ok, new_user, single
from tests.harness.frames import say, send_acked, text_message, wait_until
from tests.harness.kafka import Broker
from tests.harness.postgres import Postgres, running_postgres
from tests.harness.server import GoChatServer
from tests.harness.socket import Json, Socket
from tests.scale.conftest import StartSides

SPARE_S = 5.0
"""More than what is waited for takes on a machine that is busy."""

AT_ONCE_S = 2.0

Connect = Callable[[User, GoChatServer], Socket]


@pytest.fixture
def connect(open_socket: Callable[..., Socket]) -> Connect:
    """Connects a user to one gateway."""
    return lambda user, gateway: open_socket(user, on=gateway)


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """PostgreSQL that a test may stop."""
    with running_postgres() as running:
        yield running


def is_stored(user: User, message: Json) -> bool:
    """Sends a message (again) over HTTP; says whether it was taken."""
    body = {name: value for name, value in message.items() if name != "conversationId"}
    return user.api.send_message(message["conversationId"], body).is_success


def test_postgres_that_says_nothing_is_an_outage_and_passes(
    own_postgres: Postgres, start_sides: StartSides, connect: Connect
) -> None:
    sides = start_sides(storing=own_postgres)
    ann, ben = new_user(sides.one), new_user(sides.other)
    chat = single(ann, ben)
    sender, reader = connect(ann, sides.one), connect(ben, sides.other)
    send_acked(sender, text_message(chat, "before"))
    reader.expect("new-message")
    own_postgres.pause()
    try:
        began = time.monotonic()
        lost = text_message(chat, "meanwhile")
        sender.send("send-message", lost)
        with ThreadPoolExecutor(40) as many:  # more than there are connections
            answers = [many.submit(ann.api.get_profile) for _ in range(40)]
            assert sides.one.http.get(f"{sides.one.url}/healthz").status_code == 200
            assert time.monotonic() - began < AT_ONCE_S, "the hub waits"
            for answer in answers:
                expect_error(answer.result(), "UNAVAILABLE")
            print(f"\n40 requests refused after {time.monotonic() - began:.1f} s at most", end="")
            assert time.monotonic() - began < ANSWER_S + REACH_S + SPARE_S
        assert sender.expect("error", DEADLINE_S + SPARE_S)["data"]["code"] == "UNAVAILABLE"
        print(f"\na message refused after {time.monotonic() - began:.1f} s", end="")
    finally:
        own_postgres.go_on()
    wait_until(lambda: is_stored(ann, lost), "the message to be taken", SPARE_S)
    reader.expect("new-message", where={"content": "meanwhile"})
    assert [message["content"] for message in ann.api.history(chat)] == ["meanwhile", "before"]
    sender.settle()
    reader.settle()


def test_im_logic_that_says_nothing_is_an_outage_of_sends_and_passes(start_sides: StartSides, connect: Connect) -> None:
    sides = start_sides()
    ann, ben = new_user(sides.one), new_user(sides.other)
    chat = single(ann, ben)
    sender, reader = connect(ann, sides.one), connect(ben, sides.other)
    sides.cluster.logic.process.pause()
    try:
        began = time.monotonic()
        lost = text_message(chat, "meanwhile")
        sender.send("send-message", lost)
        expect_ok(ann.api.get_profile())
        assert time.monotonic() - began < AT_ONCE_S
        assert sender.expect("error", DEADLINE_S + SPARE_S)["data"]["code"] == "UNAVAILABLE"
    finally:
        sides.cluster.logic.process.go_on()
    wait_until(lambda: is_stored(ann, lost), "the message to be taken", SPARE_S)
    reader.expect("new-message", where={"content": "meanwhile"})
    assert [message["content"] for message in ann.api.history(chat)] == ["meanwhile"]


def test_kafka_that_says_nothing_keeps_nobody_waiting_for_an_ack(
    own_broker: Broker, start_sides: StartSides, connect: Connect
) -> None:
    sides = start_sides(on=own_broker)
    ann, ben = new_user(sides.one), new_user(sides.other)
    chat = single(ann, ben)
    sender, reader = connect(ann, sides.one), connect(ben, sides.other)
    own_broker.pause()
    try:
        for number in range(50):
            began = time.monotonic()
            say(sender, chat, str(number))
            assert time.monotonic() - began < AT_ONCE_S
            time.sleep(0.1)
    finally:
        own_broker.go_on()
    for number in range(50):
        assert reader.expect("new-message", SPARE_S)["data"]["content"] == str(number)
