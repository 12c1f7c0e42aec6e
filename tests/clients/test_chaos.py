"""The bad network itself: each thing that it is told to do to a connection happens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.clients.chaos import ChaosProxy


@pytest.fixture
def proxy() -> Iterator[ChaosProxy]:
    """A bad network in front of a server that gives back what it gets."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    def echo(connection: socket.socket) -> None:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass
        finally:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        with ChaosProxy("127.0.0.1", listener.getsockname()[1]) as running:
            yield running
        listener.shutdown(socket.SHUT_RDWR)


def connect(proxy: ChaosProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def asked(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    return connection.recv(65536)


def test_it_forwards_both_ways_and_ends_in_good_order(proxy: ChaosProxy) -> None:
    with connect(proxy) as one:
        assert asked(one, b"hello") == b"hello"
        one.shutdown(socket.SHUT_WR)
        assert one.recv(1) == b""
    assert (proxy.connections, proxy.cuts) == (1, 0)


def test_a_cut_is_a_reset_of_all(proxy: ChaosProxy) -> None:
    with connect(proxy) as one, connect(proxy) as other:
        assert asked(one, b"1") + asked(other, b"2") == b"12"
        assert proxy.cut_all() == 2
        for each in (one, other):
            with pytest.raises(ConnectionResetError):
                each.recv(1)
    assert (proxy.cuts, proxy.cut_all()) == (2, 0)


def test_a_cut_after_bytes_lets_so_many_pass(proxy: ChaosProxy) -> None:
    proxy.cut_after_bytes = 10
    with connect(proxy) as one:
        assert asked(one, b"12345") == b"12345"
        with pytest.raises(ConnectionResetError):
            asked(one, b"6")
    assert proxy.cuts == 1


def test_a_delay_holds_back_in_order(proxy: ChaosProxy) -> None:
    proxy.delay_s, proxy.jitter_s = 0.1, 0.05
    with connect(proxy) as one:
        started = time.monotonic()
        assert asked(one, b"x") == b"x"
        assert 0.2 <= time.monotonic() - started < 2
        for number in range(5):
            one.sendall(b"%d" % number)
            time.sleep(0.01)
        got = b""
        while len(got) < 5:
            got += one.recv(10)
        assert got == b"01234"


@pytest.mark.parametrize("setting", ["drop", "drop_back"])
def test_what_is_dropped_waits_and_nothing_is_closed(proxy: ChaosProxy, setting: str) -> None:
    with connect(proxy) as one:
        assert asked(one, b"x") == b"x"
        setattr(proxy, setting, True)
        one.sendall(b"y")
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.recv(1)
        setattr(proxy, setting, False)
        one.settimeout(5)
        assert one.recv(1) == b"y"


def test_a_refused_connection_is_reset(proxy: ChaosProxy) -> None:
    proxy.refuse = True
    with pytest.raises(ConnectionResetError), connect(proxy) as one:
        asked(one, b"x")
    assert proxy.connections == 1


def test_connections_are_served_in_another_order_than_they_came(proxy: ChaosProxy) -> None:
    proxy.reorder = True
    with connect(proxy) as one:
        one.sendall(b"1")
        while proxy.connections < 1:
            time.sleep(0.005)
        with connect(proxy) as other:
            assert asked(other, b"2") == b"2"
            assert one.recv(1) == b"1"
    assert proxy.served == [2, 1]
    with connect(proxy) as alone:
        assert asked(alone, b"3") == b"3"
