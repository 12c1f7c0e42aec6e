"""Who sends too fast or reads too slowly is told, and in the end cut off; nobody else notices."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.harness.api import User, at_once, expect_error, expect_ok, login_again, new_guest, new_user
from tests.harness.frames import (
    pushes_up_to,
    read_until_close,
    say,
    send_acked,
    send_refused,
    text_message,
    wait_until,
)
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import (
    OP_CONTINUATION,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    Json,
    RawSocket,
    Socket,
    encode_frame,
)

RATE_PER_S = 20
BURST = 40
REFUSALS_UNTIL_CLOSE = 100
PAUSE_S = 2.0


@pytest.fixture(scope="module")
def strict_server() -> Iterator[GoChatServer]:
    """A server with the rate that is the default."""
    with running_server({"GOCHAT_MESSAGE_RATE": None}) as running:
        yield running


@pytest.fixture
def user(strict_server: GoChatServer) -> User:
    """Somebody whose burst is untouched; a guest, because that costs no password."""
    return new_guest(strict_server)


@pytest.fixture
def other(strict_server: GoChatServer) -> User:
    """Somebody else."""
    return new_guest(strict_server)


@pytest.fixture
def room(user: User) -> str:
    """Where both may talk: the world chat."""
    return user.api.world_id()


def _outcomes(socket: Socket, sent: list[Json]) -> tuple[list[Json], list[Json]]:
    """Waits for an answer to each of the sends; returns the data of the acks and of the errors."""
    answers: list[Json] = []

    def complete() -> bool:
        answers.extend(frame for frame in socket.drain() if frame["type"] in ("message-ack", "error"))
        return len(answers) >= len(sent)

    wait_until(complete, f"{len(sent)} answers", 10)
    acks = [answer["data"] for answer in answers if answer["type"] == "message-ack"]
    errors = [answer["data"] for answer in answers if answer["type"] == "error"]
    assert len(acks) + len(errors) == len(sent)
    ids = [ack["client_msg_id"] for ack in acks] + [error["details"]["client_msg_id"] for error in errors]
    assert sorted(ids) == sorted(data["client_msg_id"] for data in sent)
    return acks, errors


def _exhaust(socket: Socket, room: str) -> Json:
    """Sends until the first refusal; returns its data."""
    for _ in range(10):
        sent = [text_message(room) for _ in range(BURST // 2)]
        for data in sent:
            socket.send("send-message", data)
        errors = _outcomes(socket, sent)[1]
        if errors:
            return errors[-1]
    raise AssertionError("no limit")


def _refusals(socket: Socket, room: str, count: int) -> None:
    """Sends until exactly so many are refused."""
    refused = 0
    while refused < count:
        sent = [text_message(room) for _ in range(count - refused)]
        for data in sent:
            socket.send("send-message", data)
        refused += len(_outcomes(socket, sent)[1])


def test_forty_messages_pass_at_once_and_then_twenty_a_second(
    strict_server: GoChatServer, user: User, room: str
) -> None:
    with Socket(strict_server, user.token) as socket:
        socket.settle()
        started = time.monotonic()
        sent = [text_message(room) for _ in range(BURST + 30)]
        for data in sent:
            socket.send("send-message", data)
        acks, errors = _outcomes(socket, sent)
        took_s = time.monotonic() - started
    assert BURST <= len(acks) <= BURST + math.ceil(RATE_PER_S * took_s)
    for error in errors:
        assert error["code"] == "RATE_LIMITED"
        assert set(error["details"]) == {"client_msg_id", "retryAfterMs"}
        assert 1 <= error["details"]["retryAfterMs"] <= 1000 / RATE_PER_S
    first = acks[0]["seqId"]
    assert [ack["seqId"] for ack in acks] == list(range(first, first + len(acks))), "a refused one takes no number"
    stored = [message["id"] for message in user.api.history(room, limit=100) if message["senderId"] == user.id]
    assert stored[::-1] == [ack["messageId"] for ack in acks]


def test_who_waits_as_long_as_he_is_told_may_send(strict_server: GoChatServer, user: User, room: str) -> None:
    with Socket(strict_server, user.token) as socket:
        for _ in range(3):  # so that the refusals do not close the socket
            error = _exhaust(socket, room)
            time.sleep(error["details"]["retryAfterMs"] / 1000 + 0.002)
            say(socket, room, "after the wait")


def test_a_steady_twenty_a_second_is_never_refused(strict_server: GoChatServer, user: User, room: str) -> None:
    with Socket(strict_server, user.token) as socket:
        error = _exhaust(socket, room)
        started = time.monotonic() + error["details"]["retryAfterMs"] / 1000
        for number in range(RATE_PER_S):
            time.sleep(max(0.0, started + (number + 1) / RATE_PER_S - time.monotonic()))
            say(socket, room, "steady")


def test_both_edges_and_all_logins_share_the_limit(start_server: Callable[..., GoChatServer]) -> None:
    rate_per_s, burst = 2, 4  # slower than any machine
    server = start_server(GOCHAT_MESSAGE_RATE=rate_per_s)
    user = new_user(server)
    room = user.api.world_id()
    again = login_again(user)
    with Socket(server, user.token) as socket:
        socket.settle()
        started = time.monotonic()
        for _ in range(burst // 2):
            say(socket, room)
        stored = burst // 2
        while (answer := again.api.send_message(room, {"messageType": 1, "content": "x"})).is_success:
            stored += 1
        took_s = time.monotonic() - started
        expect_error(answer, "RATE_LIMITED")
        assert burst <= stored <= burst + math.ceil(rate_per_s * took_s)
        wait_ms = answer.json()["details"]["retryAfterMs"]
        if wait_ms > 250:  # else the next one may be due already
            send_refused(socket, text_message(room), "RATE_LIMITED")
        time.sleep(wait_ms / 1000 + 0.002)
        say(socket, room, "after the wait that HTTP told")


def test_repeats_count(strict_server: GoChatServer, user: User, room: str) -> None:
    data = text_message(room)
    with Socket(strict_server, user.token) as socket:
        for _ in range(BURST + 30):
            socket.send("send-message", data)
        acks, errors = _outcomes(socket, [data] * (BURST + 30))
    assert len(acks) >= BURST
    assert {error["code"] for error in errors} == {"RATE_LIMITED"}
    assert len({ack["seqId"] for ack in acks}) == 1


def test_the_limit_comes_after_the_frame_and_before_the_state(
    strict_server: GoChatServer, user: User, room: str
) -> None:
    with Socket(strict_server, user.token) as socket:
        _exhaust(socket, room)
        for data, code in (
            (text_message(room, ""), "INVALID_MESSAGE"),
            (text_message(room, "x" * 4001), "MESSAGE_TOO_LARGE"),
        ):
            send_refused(socket, data, code)
        sent = [text_message("no-such-conversation") for _ in range(BURST // 2)]
        for data in sent:
            socket.send("send-message", data)
        codes = [error["code"] for error in _outcomes(socket, sent)[1]]
        assert "RATE_LIMITED" in codes
        assert set(codes) <= {"RATE_LIMITED", "CONVERSATION_NOT_FOUND"}  # one may have become due meanwhile


def test_pings_and_marks_are_not_limited(strict_server: GoChatServer, user: User, room: str) -> None:
    with Socket(strict_server, user.token) as socket:
        _exhaust(socket, room)
        for _ in range(BURST * 2):
            socket.send("mark-read", {"conversationId": room, "seqId": 1})
            socket.send("ping")
        for _ in range(BURST * 2):
            socket.expect("pong")
        assert socket.drain() == []


def test_a_users_limit_is_nobody_elses(strict_server: GoChatServer, user: User, other: User, room: str) -> None:
    with Socket(strict_server, user.token) as fast, Socket(strict_server, other.token) as calm:
        _exhaust(fast, room)
        sent = [text_message(room) for _ in range(BURST)]
        for data in sent:
            calm.send("send-message", data)
        assert _outcomes(calm, sent)[1] == []


def test_a_hundred_refusals_without_a_pause_close_the_socket(
    strict_server: GoChatServer, user: User, other: User, room: str
) -> None:
    with Socket(strict_server, user.token) as socket, Socket(strict_server, other.token) as calm:
        with suppress(ConnectionClosed):
            for _ in range(BURST + REFUSALS_UNTIL_CLOSE * 3):
                socket.send("send-message", text_message(room))
        assert socket.expect_close() == 4429
        answers = [frame["data"] for frame in socket.drain()]
        refused = [data for data in answers if data.get("code") == "RATE_LIMITED"]
        assert REFUSALS_UNTIL_CLOSE - 1 <= len(refused) <= REFUSALS_UNTIL_CLOSE
        acked = [data for data in answers if data.get("status") == "success"]
        assert len(acked) + len(refused) == len(answers)
        calm.settle()
    with Socket(strict_server, user.token) as back:
        back.settle()


def test_refusals_with_pauses_do_not_close_the_socket(strict_server: GoChatServer, user: User, room: str) -> None:
    with Socket(strict_server, user.token) as socket:
        for _ in range(2):
            _refusals(socket, room, REFUSALS_UNTIL_CLOSE * 7 // 10)
            time.sleep(PAUSE_S + 0.2)
        socket.settle()


def test_refusals_over_http_and_of_other_kinds_do_not_close_the_socket(
    strict_server: GoChatServer, user: User, room: str
) -> None:
    with Socket(strict_server, user.token) as socket:
        for _ in range(REFUSALS_UNTIL_CLOSE + 10):
            socket.send("send-message", text_message(room, ""))
        for _ in range(REFUSALS_UNTIL_CLOSE + 10):
            assert socket.expect("error")["data"]["code"] == "INVALID_MESSAGE"

        def send_until_refused_often() -> None:
            refused = 0
            while refused < REFUSALS_UNTIL_CLOSE // 10:
                answer = user.api.send_message(room, {"messageType": 1, "content": "x"})
                refused += answer.status_code == 429

        at_once([send_until_refused_often] * 11)
        socket.settle()


# Floods

HELD_UP_S = 0.25
"""A ping and a request take a tenth of that beside a flood; half a second where only who is ready gets his turn."""

FLOODS: dict[str, bytes] = {
    "pings": encode_frame(OP_TEXT, b'{"type":"ping"}'),
    "control-pings": encode_frame(OP_PING, b"x"),
    "control-pongs": encode_frame(OP_PONG),
    "invalid-frames": encode_frame(OP_TEXT, b'{"type":"send-message","data":{}}'),
    "marks": encode_frame(OP_TEXT, b'{"type":"mark-read","data":{"conversationId":"no-such","seqId":1}}'),
    "empty-pieces": encode_frame(OP_CONTINUATION, fin=False),
    "large-frames": encode_frame(OP_TEXT, b'{"type":"ping","data":[' + b"1," * 30_000 + b"1]}"),
    "nested-frames": encode_frame(OP_TEXT, b'{"type":"ping","data":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    "many-properties": encode_frame(OP_TEXT, json.dumps({f"x{n}": n for n in range(4000)} | {"type": "ping"}).encode()),
}


def _flood(raw: RawSocket, frame: bytes, stop: threading.Event) -> None:
    """Writes the frame again and again, as fast as the server takes it."""
    many = frame * max(1, 60_000 // len(frame))
    with suppress(OSError):  # cut off
        while not stop.is_set():
            raw.send_bytes(many)


def _read_all(raw: RawSocket) -> None:
    with suppress(OSError):
        raw.read_rest()


@pytest.mark.parametrize("frame", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_frames_holds_nobody_up(strict_server: GoChatServer, user: User, other: User, frame: bytes) -> None:
    with Socket(strict_server, other.token) as calms, RawSocket(strict_server, user.token) as raw:
        calms.settle()
        if frame == FLOODS["empty-pieces"]:
            raw.send_frame(OP_TEXT, b"{", fin=False)
        stop = threading.Event()
        threads = [
            threading.Thread(target=_flood, args=(raw, frame, stop)),
            threading.Thread(target=_read_all, args=(raw,)),
        ]
        for thread in threads:
            thread.start()
        try:
            time.sleep(0.2)
            fastest_s = math.inf
            for _ in range(10):
                began = time.monotonic()
                calms.send("ping")
                calms.expect("pong", 2)
                assert other.api.get_profile().is_success
                fastest_s = min(fastest_s, time.monotonic() - began)
                if fastest_s < HELD_UP_S:
                    break
            assert fastest_s < HELD_UP_S
        finally:
            stop.set()
            raw.shut()
            for thread in threads:
                thread.join(10)


# Slow readers

OUTBOX_MAX_BYTES = 200_000
KERNEL_BUFFERS_BYTES = 6_000_000  # what both ends of a loopback connection hold at most, and a little more
SMALL_BUFFER_BYTES = 65_536  # smaller ones take minutes to read the rest from
BIG = "🙂" * 4000  # 16 kB as UTF-8
HOW_MANY = 500


@pytest.fixture(scope="module")
def narrow_server() -> Iterator[GoChatServer]:
    """A server on which little may wait for a client."""
    with running_server({"GOCHAT_OUTBOX_MAX_BYTES": str(OUTBOX_MAX_BYTES)}) as running:
        yield running


def _send_a_lot(sender: Socket, group_id: str) -> float:
    """Sends far more than all buffers hold, each message after the ack of the last; returns the longest wait."""
    assert HOW_MANY * len(BIG.encode()) > KERNEL_BUFFERS_BYTES + OUTBOX_MAX_BYTES
    longest_s = 0.0
    for _ in range(HOW_MANY):
        started = time.monotonic()
        say(sender, group_id, BIG)
        longest_s = max(longest_s, time.monotonic() - started)
    return longest_s


def test_who_does_not_read_is_closed_with_4408_and_the_others_are_not_held_up(
    narrow_server: GoChatServer,
) -> None:
    sender, slow, quick = (new_guest(narrow_server) for _ in range(3))
    world_id = sender.api.world_id()
    with (
        RawSocket(narrow_server, slow.token, receive_buffer_bytes=SMALL_BUFFER_BYTES) as slows,
        Socket(narrow_server, sender.token) as senders,
        Socket(narrow_server, quick.token) as quicks,
    ):
        first = say(senders, world_id)["seqId"]
        longest_s = _send_a_lot(senders, world_id)
        pushes = pushes_up_to(quicks, world_id, first + HOW_MANY)
        assert [push["seqId"] for push in pushes] == list(range(first, first + HOW_MANY + 1))
        assert longest_s < 2, f"a send took {longest_s} s while somebody did not read"
        senders.settle()

        frames, code = read_until_close(slows)
        assert code == 4408
        seen = [frame["data"]["seqId"] for frame in frames]
        assert seen == list(range(first, first + len(seen))), "what did arrive is whole and in order"
        assert len(seen) < HOW_MANY
    with Socket(narrow_server, slow.token) as back:
        back.settle()
        missed = expect_ok(slow.api.list_messages(world_id, after=seen[-1], limit=1))["messages"]
        assert missed[0]["seqId"] == seen[-1] + 1


def test_many_who_do_not_read_hold_nobody_up(narrow_server: GoChatServer) -> None:
    sender, quick, *slow = (new_guest(narrow_server) for _ in range(5))
    world_id = sender.api.world_id()
    raws = [RawSocket(narrow_server, user.token, receive_buffer_bytes=SMALL_BUFFER_BYTES) for user in slow]
    try:
        with Socket(narrow_server, sender.token) as senders, Socket(narrow_server, quick.token) as quicks:
            first = say(senders, world_id)["seqId"]
            assert _send_a_lot(senders, world_id) < 2
            pushes_up_to(quicks, world_id, first + HOW_MANY)
        assert [read_until_close(raw)[1] for raw in raws] == [4408] * len(raws)
    finally:
        for raw in raws:
            raw.close()


def test_who_never_reads_again_is_cut_off(narrow_server: GoChatServer) -> None:
    sender, slow = new_guest(narrow_server), new_guest(narrow_server)
    with RawSocket(narrow_server, slow.token, receive_buffer_bytes=SMALL_BUFFER_BYTES) as raw:
        with Socket(narrow_server, sender.token) as senders:
            _send_a_lot(senders, sender.api.world_id())

        def is_cut_off() -> bool:
            try:
                raw.send_text({"type": "ping"})
            except OSError:  # to write to what the other side has ended is refused, sooner or later
                return True
            return False

        wait_until(is_cut_off, "the end of a connection that nobody reads", 15)


def test_a_reader_who_keeps_up_is_never_closed(narrow_server: GoChatServer) -> None:
    sender, quick = new_guest(narrow_server), new_guest(narrow_server)
    world_id = sender.api.world_id()
    with Socket(narrow_server, sender.token) as senders, Socket(narrow_server, quick.token) as quicks:
        first = say(senders, world_id)["seqId"]
        for number in range(1, 201):
            senders.send("send-message", text_message(world_id, f"{number} " + "x" * 3000))
            if number % 20 == 0:
                pushes_up_to(quicks, world_id, first + number)
        quicks.settle()


def test_a_sender_who_does_not_read_his_acks_is_closed_too(narrow_server: GoChatServer) -> None:
    sender = new_guest(narrow_server)
    data = text_message(sender.api.world_id())
    small = SMALL_BUFFER_BYTES
    with RawSocket(narrow_server, sender.token, receive_buffer_bytes=small, timeout_s=5) as raw:
        until = time.monotonic() + 60
        with suppress(OSError):  # closed, or the server reads no more
            while time.monotonic() < until:
                raw.send_text({"type": "send-message", "data": data})
        frames, code = read_until_close(raw)
        assert code in (4408, 1006)
    seq_ids = {frame["data"]["seqId"] for frame in frames}
    with Socket(narrow_server, sender.token) as back:
        assert {send_acked(back, data)["seqId"]} == seq_ids


def test_a_rate_of_zero_is_no_limit(server: GoChatServer, guest: User) -> None:
    room = guest.api.world_id()
    with Socket(server, guest.token) as socket:
        sent = [text_message(room) for _ in range(300)]
        for data in sent:
            socket.send("send-message", data)
        acks, errors = _outcomes(socket, sent)
    assert (len(acks), errors) == (300, [])
