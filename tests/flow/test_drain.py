"""SIGTERM ends the server in good order: what is under way is answered or at least not lost, everybody is told."""

from __future__ import annotations

import os
import signal
import socket as tcp
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest
from websockets.exceptions import WebSocketException

from tests.harness.api import User, new_guest
from tests.harness.crowd import check_nothing_is_lost_or_doubled, new_crowd
from tests.harness.frames import read_until_close, say, send_acked, text_message
from tests.harness.server import GoChatServer, running_server, writes_held
from tests.harness.socket import OP_PING, OP_PONG, RawSocket, Socket, encode_frame

# `server.stop()` sends the SIGTERM and holds the exit status to 0 and the time to STOP_TIMEOUT_S.


@pytest.fixture(scope="module")
def stopped_by_many() -> Iterator[GoChatServer]:
    """The server that each test of this file stops."""
    with running_server() as running:
        yield running


@pytest.fixture
def doomed(stopped_by_many: GoChatServer) -> GoChatServer:
    """The same server, running."""
    if not stopped_by_many.is_running:
        stopped_by_many.start()
    return stopped_by_many


@pytest.fixture
def guest(doomed: GoChatServer) -> User:
    """Somebody who is in the world chat at least."""
    return new_guest(doomed)


def test_sigterm_under_load_loses_nothing_acknowledged_and_tells_everybody(doomed: GoChatServer) -> None:
    crowd = new_crowd(doomed, users=2, guests=8)
    with crowd.sending():
        crowd.wait_for_acks(300)
        doomed.stop()
    assert len(crowd.close_codes) == len(crowd.users)
    assert set(crowd.close_codes.values()) == {1012}
    assert {fate.refusal for fate in crowd.refused} <= {"UNAVAILABLE"}
    doomed.start()
    check_nothing_is_lost_or_doubled(crowd)
    for fate in crowd.unanswered:
        with Socket(doomed, fate.sender.token) as socket:
            fate.ack = send_acked(socket, fate.data)
    check_nothing_is_lost_or_doubled(crowd)


def test_what_waits_for_the_disk_at_sigterm_is_acknowledged_first(doomed: GoChatServer, guest: User) -> None:
    world_id = guest.api.world_id()
    with (
        writes_held(doomed) as let_go,
        Socket(doomed, guest.token) as socket,
        ThreadPoolExecutor(1) as stopping,
    ):
        message = text_message(world_id, "just in time")
        socket.send("send-message", message)
        socket.ping()  # the server has read the message: a control frame is answered in order
        stopped = stopping.submit(doomed.stop)
        socket.expect_none("message-ack", within_s=1)
        let_go()
        assert socket.expect("message-ack")["data"]["client_msg_id"] == message["client_msg_id"]
        assert socket.expect_close() == 1012
        stopped.result()


def test_idle_sockets_are_told_of_the_restart_and_may_come_back(doomed: GoChatServer, guest: User) -> None:
    other = new_guest(doomed)
    world_id = guest.api.world_id()
    with Socket(doomed, guest.token) as ours, Socket(doomed, other.token) as theirs:
        last = say(ours, world_id, "before")["seqId"]
        theirs.expect("new-message", where={"seqId": last})
        assert doomed.restart() < 5, "clients that answer the close hold nothing up"
        assert (ours.expect_close(), theirs.expect_close()) == (1012, 1012)
    with Socket(doomed, guest.token) as ours, Socket(doomed, other.token) as theirs:
        assert say(ours, world_id, "after")["seqId"] == last + 1
        assert theirs.expect("new-message")["data"]["content"] == "after"


def test_clients_that_do_not_react_hold_nothing_up_for_long(doomed: GoChatServer, guest: User) -> None:
    half_a_request = tcp.create_connection(doomed.host_and_port)
    half_a_request.sendall(b"POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    half_a_head = tcp.create_connection(doomed.host_and_port)
    half_a_head.sendall(b"GET /ws?token=x HTTP/1.1\r\nHost: x\r\nUpgr")
    no_request = tcp.create_connection(doomed.host_and_port)
    deaf, mute = new_guest(doomed), new_guest(doomed)
    world_id = guest.api.world_id()
    with (
        RawSocket(doomed, deaf.token, receive_buffer_bytes=4096),  # reads nothing
        Socket(doomed, guest.token) as sender,
        half_a_request,
        half_a_head,
        no_request,
    ):
        for _ in range(300):
            sender.send("send-message", text_message(world_id, "🙂" * 4000))
        for _ in range(300):
            sender.expect("message-ack", 20)
        with RawSocket(doomed, mute.token) as mutes:  # reads, but answers no close
            mutes.send_frame(OP_PING, b"hello")
            assert mutes.read_frame() == (True, OP_PONG, b"hello")
            doomed.stop()
            assert sender.expect_close() == 1012
            assert read_until_close(mutes) == ([], 1012)


def test_a_client_that_never_stops_writing_holds_nothing_up(doomed: GoChatServer, guest: User) -> None:
    with RawSocket(doomed, guest.token) as raw:
        raw.send_frame(OP_PING, b"hello")
        assert raw.read_frame() == (True, OP_PONG, b"hello")

        def keep_writing() -> None:
            many = encode_frame(OP_PONG) * 10_000
            with suppress(OSError):  # the server has ended the connection
                while True:
                    raw.send_bytes(many)

        writer = threading.Thread(target=keep_writing)
        writer.start()
        try:
            doomed.stop()
        finally:
            raw.shut()
            writer.join(10)


def _takes_connections(server: GoChatServer, user: User) -> bool:
    try:
        with Socket(server, user.token) as socket:
            socket.send("ping")
            socket.expect("pong", 2)
        return True
    except (OSError, WebSocketException, AssertionError):
        return False


def test_after_sigterm_no_new_connection_is_taken(doomed: GoChatServer, guest: User) -> None:
    late = new_guest(doomed)
    assert _takes_connections(doomed, late)
    with ThreadPoolExecutor(max_workers=1) as pool:
        with RawSocket(doomed, guest.token) as mutes:  # answers no close, so that the end takes its time
            stopping = pool.submit(doomed.stop)
            assert mutes.expect_close() == 1012
            assert not _takes_connections(doomed, late)
            with httpx.Client(trust_env=False, timeout=5) as client, suppress(httpx.HTTPError):  # or 503
                assert client.get(doomed.url + "/healthz").status_code == 503
        stopping.result()
    doomed.start()
    assert _takes_connections(doomed, late)


def test_a_second_sigterm_changes_nothing(doomed: GoChatServer, guest: User) -> None:
    pid = doomed.pid
    with ThreadPoolExecutor(max_workers=1) as pool:
        with RawSocket(doomed, guest.token) as mutes:  # answers no close, so that the end takes its time
            stopping = pool.submit(doomed.stop)
            assert mutes.expect_close() == 1012
            with suppress(ProcessLookupError):  # it was quicker
                os.kill(pid, signal.SIGTERM)
        stopping.result()
