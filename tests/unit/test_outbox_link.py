"""The outbox and the link on real sockets: whole frames, few writes, bounds, and how a connection ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from wsproto.frame_protocol import Opcode

from gochat.ws.link import Link
from gochat.ws.outbox import WRITE_BYTES, Outbox, close_frame, text_frame
from tests.unit.sockets import CountingSocket, Peer, connect_pair, shake_hands


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    with gevent.Timeout(10):
        yield


@pytest.fixture
def pair() -> Iterator[tuple[CountingSocket, Peer]]:
    sock, peer = connect_pair()
    yield sock, peer
    sock.close()
    peer.sock.close()


MakeLink = Callable[..., tuple[Link, "gevent.Greenlet[list[str]]", Peer]]


@pytest.fixture
def make_link(pair: tuple[CountingSocket, Peer]) -> MakeLink:
    """Makes a link after the handshake; the greenlet serves it and returns the messages that came."""

    def serve(link: Link) -> list[str]:
        received = [text for texts in link.messages() for text in texts]
        link.finish()
        return received

    def make(**options: Any) -> tuple[Link, gevent.Greenlet[list[str]], Peer]:
        server = shake_hands(*pair)
        link = Link(server, **{"max_message_bytes": 1000, "outbox_max_bytes": 100_000, **options})
        return link, gevent.spawn(serve, link), pair[1]

    return make


def numbered(count: int, size: int) -> list[bytes]:
    return [b"%06d" % number + b"x" * (size - 6) for number in range(count)]


def test_what_waits_goes_out_in_one_write(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 100_000)
    frames = [text_frame(payload) for payload in numbered(50, 20)]
    assert all(outbox.put(frame) for frame in frames)
    gevent.sleep(0.01)
    assert sock.writes == [sum(map(len, frames))]
    assert peer.sock.recv(10_000) == b"".join(frames)


def test_a_write_has_a_bound_and_holds_whole_frames(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 10_000_000)
    payloads = numbered(200, 1000)
    for payload in payloads:
        outbox.put(text_frame(payload))
    outbox.finish()
    reader = gevent.spawn(peer.read_until_end)
    outbox.wait_finished(5)
    sock.close()
    assert [bytes(payload, "ascii") for _, payload in peer.frames(reader.get())] == payloads
    frame_bytes = len(text_frame(payloads[0]))
    assert all(size % frame_bytes == 0 and size <= WRITE_BYTES for size in sock.writes)
    assert len(sock.writes) <= 200 * frame_bytes // WRITE_BYTES + 1


def test_a_frame_larger_than_a_write_goes_out_whole(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 10_000_000)
    payload = b"y" * (3 * WRITE_BYTES)
    outbox.put(text_frame(b"before"))
    outbox.put(text_frame(payload))
    outbox.finish(close_frame(1000))
    reader = gevent.spawn(peer.read_until_end)
    outbox.wait_finished(5)
    sock.close()
    assert peer.frames(reader.get())[:2] == [(Opcode.TEXT, "before"), (Opcode.TEXT, payload.decode())]


def test_a_slow_reader_gets_whole_frames_in_order(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 100_000)
    payloads = numbered(60, 500)
    reader = gevent.spawn(peer.read_until_end, bytes_at_once=97, pause_s=0.0001)
    for payload in payloads:
        assert outbox.put(text_frame(payload))
        gevent.sleep(0)
    outbox.finish(close_frame(1000))
    outbox.wait_finished(8)
    sock.close()
    frames = peer.frames(reader.get())
    assert [payload.encode() for opcode, payload in frames if opcode == Opcode.TEXT] == payloads
    assert frames[-1][0] == Opcode.CLOSE


def test_more_than_the_bound_is_refused_until_something_was_read(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 100_000)
    frame = text_frame(b"z" * 990)
    taken = 0
    while outbox.put(frame):
        taken += 1
        gevent.sleep(0)  # the writer runs, and what it is writing counts until it is written
    assert 100_000 // len(frame) <= taken <= 100_000 // len(frame) + 64 * 1024 // len(frame)
    assert not outbox.put(frame)
    read = 0
    while read < taken * len(frame):
        read += len(peer.sock.recv(65536))
    gevent.sleep(0)
    assert outbox.put(frame)


def test_frames_after_finish_are_dropped(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 1000)
    outbox.put(text_frame(b"first"))
    outbox.finish(text_frame(b"last"), close_frame(1000))
    assert outbox.put(text_frame(b"late"))
    outbox.finish(text_frame(b"later"))
    outbox.wait_finished(5)
    sock.close()
    assert peer.read_until_end() == text_frame(b"first") + text_frame(b"last") + close_frame(1000)


def test_finish_can_forget_what_waits_but_never_cuts_a_frame(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 10_000_000)
    for payload in numbered(300, 1000):
        outbox.put(text_frame(payload))
    gevent.sleep(0.01)  # the writer is in the middle of its first write
    outbox.finish(close_frame(4408), drop_waiting=True)
    reader = gevent.spawn(peer.read_until_end)
    outbox.wait_finished(5)
    sock.close()
    *texts, (opcode, (code, _)) = peer.frames(reader.get())
    assert [payload[:6] for _, payload in texts] == [f"{number:06}" for number in range(len(texts))]
    assert 0 < len(texts) <= WRITE_BYTES // 1000
    assert (opcode, code) == (Opcode.CLOSE, 4408)


def test_a_peer_that_is_gone_ends_the_writer(pair: tuple[CountingSocket, Peer]) -> None:
    sock, peer = pair
    outbox = Outbox(sock, 1000)
    peer.sock.close()
    outbox.put(text_frame(b"x"))
    outbox.wait_finished(5)
    assert outbox.put(b"x" * 5000), "nothing waits for a dead socket"


def test_a_reader_that_is_too_slow_is_closed_with_4408(make_link: MakeLink) -> None:
    link, serving, peer = make_link(outbox_max_bytes=100_000)
    sent = 0
    while not link.is_closing:
        link.send(b"%06d" % sent + b"x" * 994)
        sent += 1
        gevent.sleep(0)
    assert link.close_code == 4408
    link.send(b"late")
    peer.sock.sendall(peer.close_frame(4408))
    *texts, (opcode, (code, _)) = peer.frames(peer.read_until_end())
    peer.sock.close()
    assert (opcode, code) == (Opcode.CLOSE, 4408)
    assert [payload[:6] for _, payload in texts] == [f"{number:06}" for number in range(len(texts))]
    assert len(texts) < sent
    assert serving.get() == []


def test_messages_come_in_as_they_were_sent(make_link: MakeLink) -> None:
    link, serving, peer = make_link()
    peer.sock.sendall(peer.text("one") + peer.text("two \U0001f600"))
    for byte in peer.text("three"):
        peer.sock.sendall(bytes([byte]))
        gevent.sleep(0)
    peer.sock.sendall(peer.text("last, with the close behind it") + peer.close_frame(1000))
    assert peer.frames(peer.read_until_end()) == [(Opcode.CLOSE, (1000, ""))]
    peer.sock.close()
    assert serving.get() == ["one", "two \U0001f600", "three", "last, with the close behind it"]
    assert link.close_code == 1000


def test_a_message_over_the_bound_is_told_and_closed_with_1009(make_link: MakeLink) -> None:
    link, serving, peer = make_link(max_message_bytes=1000, too_large_notice=b"too large")
    peer.sock.sendall(peer.text("x" * 1000) + peer.text("\xe9" * 501))
    gevent.sleep(0.05)
    peer.sock.sendall(peer.close_frame(1009))
    assert peer.frames(peer.read_until_end()) == [(Opcode.TEXT, "too large"), (Opcode.CLOSE, (1009, ""))]
    peer.sock.close()
    assert serving.get() == ["x" * 1000]
    assert link.close_code == 1009


def test_a_connection_that_is_lost_ends_with_1006(make_link: MakeLink) -> None:
    link, serving, peer = make_link()
    peer.sock.close()
    assert serving.get() == []
    assert link.close_code == 1006


def test_the_first_reason_to_close_counts(make_link: MakeLink) -> None:
    link, serving, peer = make_link()
    link.send(b"waiting")
    link.close(4401, b"why")
    link.close(1012, b"another reason")
    assert link.close_code == 4401
    peer.sock.sendall(peer.close_frame(4401))
    frames = peer.frames(peer.read_until_end())
    peer.sock.close()
    assert frames == [(Opcode.TEXT, "waiting"), (Opcode.TEXT, "why"), (Opcode.CLOSE, (4401, ""))]
    assert serving.get() == []
    assert link.close_code == 4401
