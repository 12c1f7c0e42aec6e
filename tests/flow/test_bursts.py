"""Many large messages at once: who reads them loses none and stays, though his outbox cannot hold them all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.harness.api import User, group, new_user
from tests.harness.frames import text_message
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

SENDERS, EACH = 8, 40  # a user's burst
BIG = "🙂" * 4000  # 16 kB; all together five times an outbox


@pytest.fixture(scope="module")
def busy_server() -> Iterator[GoChatServer]:
    """A server with the limits that are the default."""
    with running_server({"GOCHAT_MESSAGE_RATE": None}) as running:
        yield running


def test_a_burst_of_large_messages_closes_nobody_who_reads(busy_server: GoChatServer) -> None:
    reader = new_user(busy_server)
    senders = [new_user(busy_server) for _ in range(SENDERS)]
    rooms = [group(sender, reader) for sender in senders]

    def send_all(sender: User, room: str) -> None:
        with Socket(busy_server, sender.token) as socket:
            for number in range(EACH):
                socket.send("send-message", text_message(room, BIG[:-3] + f"{number:03}"))
            for _ in range(EACH):
                socket.expect("message-ack")

    with ExitStack() as stack:
        socket = stack.enter_context(Socket(busy_server, reader.token))
        pool = stack.enter_context(ThreadPoolExecutor(SENDERS))
        sending = [pool.submit(send_all, sender, room) for sender, room in zip(senders, rooms, strict=True)]
        pushed = [socket.expect("new-message", 15)["data"] for _ in range(SENDERS * EACH)]
        for each in sending:
            each.result(timeout=15)
        socket.settle()
    for room in rooms:
        contents = [message["content"][-3:] for message in pushed if message["conversationId"] == room]
        assert contents == [f"{number:03}" for number in range(EACH)]
