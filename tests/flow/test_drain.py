"""SIGTERM ends the server in good order: what is under way is answered or at least not lost, everybody is told."""

from __future__ import annotations

import os
import signal
import socket as tcp
import threading
from collections.abc import Callable
from contextlib import suppress

import httpx
from websockets.exceptions import WebSocketException

from tests.harness.api import User, group, new_user
from tests.harness.crowd import check_nothing_is_lost_or_doubled, new_crowd
from tests.harness.frames import read_until_close, say, send_acked, text_message
from tests.harness.server import STOP_TIMEOUT_S, GoChatServer
from tests.harness.socket import OP_PING, OP_PONG, RawSocket, Socket, encode_frame

StartServer = Callable[..., GoChatServer]


def test_sigterm_under_load_loses_nothing_acknowledged_and_tells_everybody(start_server: StartServer) -> None:
    server = start_server()
    crowd = new_crowd(server, 10)
    with crowd.sending():
        crowd.wait_for_acks(300)
        took_s = server.stop()  # holds the exit status to 0
    assert took_s < STOP_TIMEOUT_S
    assert set(crowd.close_codes.values()) == {1012}
    assert len(crowd.close_codes) == len(crowd.users)
    assert {fate.refusal for fate in crowd.fates.values()} <= {None, "UNAVAILABLE"}
    server.start()
    check_nothing_is_lost_or_doubled(crowd)
    for fate in crowd.unanswered:
        with Socket(server, fate.sender.token) as socket:
            fate.ack = send_acked(socket, fate.data)
    check_nothing_is_lost_or_doubled(crowd)


def test_idle_sockets_are_told_of_the_restart_and_may_come_back(start_server: StartServer) -> None:
    server = start_server()
    ann, ben = new_user(server), new_user(server)
    group_id = group(ann, ben)
    with Socket(server, ann.token) as anns, Socket(server, ben.token) as bens:
        say(anns, group_id, "before")
        bens.expect("new-message")
        took_s = server.restart()
        assert took_s < 5, "clients that answer the close hold nothing up"
        assert (anns.expect_close(), bens.expect_close()) == (1012, 1012)
    with Socket(server, ann.token) as anns, Socket(server, ben.token) as bens:
        assert say(anns, group_id, "after")["seqId"] == 2
        assert bens.expect("new-message")["data"]["content"] == "after"


def test_clients_that_do_not_react_hold_nothing_up_for_long(start_server: StartServer) -> None:
    server = start_server()
    sender, deaf, mute = (new_user(server) for _ in range(3))
    group_id = group(sender, deaf)
    half_a_request = tcp.create_connection(server.host_and_port)
    half_a_request.sendall(b"POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    no_request = tcp.create_connection(server.host_and_port)
    with (
        RawSocket(server, mute.token) as mutes,  # reads, but answers no close
        RawSocket(server, deaf.token, receive_buffer_bytes=4096) as _,  # reads nothing
        Socket(server, sender.token) as senders,
        half_a_request,
        no_request,
    ):
        for _ in range(300):
            senders.send("send-message", text_message(group_id, "🙂" * 4000))
        for _ in range(300):
            senders.expect("message-ack", 20)
        took_s = server.stop()  # holds the exit status to 0
        assert took_s < STOP_TIMEOUT_S
        assert senders.expect_close() == 1012
        frames, code = read_until_close(mutes)
        assert (frames, code) == ([], 1012)


def test_a_client_that_never_stops_writing_holds_nothing_up(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    with RawSocket(server, user.token) as raw:
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
            took_s = server.stop()  # holds the exit status to 0
        finally:
            raw.shut()
            writer.join(10)
        assert took_s < STOP_TIMEOUT_S


def _answers(server: GoChatServer, user: User) -> str:
    """Whether the server takes a new WebSocket: `open`, or why not."""
    try:
        with Socket(server, user.token) as socket:
            socket.send("ping")
            socket.expect("pong", 2)
        return "open"
    except (OSError, WebSocketException, AssertionError) as error:
        return type(error).__name__


def test_after_sigterm_no_new_connection_is_taken(start_server: StartServer) -> None:
    server = start_server()
    mute, late = new_user(server), new_user(server)
    assert _answers(server, late) == "open"
    stopping = threading.Thread(target=server.stop)
    with RawSocket(server, mute.token) as mutes:  # answers no close, so that the end takes its time
        stopping.start()
        assert mutes.expect_close() == 1012
        assert _answers(server, late) != "open"
        with httpx.Client(trust_env=False, timeout=5) as client:
            try:
                answer = client.get(server.url + "/healthz")
                assert answer.status_code == 503
            except httpx.HTTPError:
                pass  # refused
    stopping.join(STOP_TIMEOUT_S + 2)
    assert not stopping.is_alive()
    server.start()
    assert _answers(server, late) == "open"


def test_a_second_sigterm_changes_nothing(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    with RawSocket(server, user.token) as mutes:  # answers no close, so that the end takes its time
        stopping = threading.Thread(target=server.stop)  # holds the exit status to 0
        pid = server.pid
        stopping.start()
        assert mutes.expect_close() == 1012
        os.kill(pid, signal.SIGTERM)
    stopping.join(STOP_TIMEOUT_S + 2)
    assert not stopping.is_alive()
