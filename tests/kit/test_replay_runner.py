"""A replay against servers that answer otherwise than the recorded one did, and each step and check by itself."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.replay.prelude import frame_bytes
from conformance.replay.runner import Outcome, replay
from conformance.trace import Step, Trace
from tests.harness.server import GoChatServer
from tests.kit.replay_server import little_server

Json = dict[str, Any]

ACCOUNT = {"username": "alice-${run}", "password": "correct horse battery"}
REGISTER: Json = {
    "step": "http",
    "id": "r1",
    "who": "alice",
    "method": "POST",
    "path": "/api/auth/register",
    "json": ACCOUNT,
}
LOGIN: Json = {**REGISTER, "id": "r2", "path": "/api/auth/login"}
CONNECT: Json = {"step": "connect", "socket": "s1", "who": "alice", "query": {"token": "${r2#/data/accessToken}"}}
PING: Json = {"step": "send", "socket": "s1", "json": {"type": "ping"}}
PONG: Json = {"step": "expect", "id": "e1", "socket": "s1", "frame": {"type": "pong"}}
OPENED = (REGISTER, LOGIN, CONNECT)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with little_server() as found:
        yield found


def run(url: str, check: Json, *steps: Step, **more: Any) -> Outcome:
    return asyncio.run(replay(Trace(steps, check), url, **more))


def status(*codes: int, step: str = "r1") -> Json:
    return {"check": "response", "step": step, "status": list(codes)}


def pongs(least: int, most: int | None = None) -> Json:
    return {"check": "frame", "socket": "s1", "match": {"type": "pong"}, "min": least, "within_s": 0.2} | (
        {} if most is None else {"max": most}
    )


@contextmanager
def server_that_says(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Run a server that gives these answers, one a request, the last one for ever; its URL and what it was sent."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    got = b""
                    while not got or (b"Content-Length: 2\r\n" in got and not got.endswith(b"\xff\x00")):
                        more = connection.recv(65536)
                        if not more:
                            break
                        got += more
                    if got:
                        requests.append(got)
                        connection.sendall(answers[min(len(requests), len(answers)) - 1])

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        listener.shutdown(socket.SHUT_RDWR)


def answer(code: int, *headers: str, body: str = "{}") -> bytes:
    rows = ("Connection: close", f"Content-Length: {len(body)}", *headers)
    return f"HTTP/1.1 {code} X\r\n{''.join(row + chr(13) + chr(10) for row in rows)}\r\n{body}".encode()


def test_a_server_that_is_not_there_shows_nothing() -> None:
    outcome = run("http://127.0.0.1:1", status(201), REGISTER)
    assert (outcome.reproduced, outcome.got) == (False, "http://127.0.0.1:1 can't be reached")


def test_a_value_that_did_not_come_ends_the_replay_with_the_step(url: str) -> None:
    outcome = run(url, pongs(1), LOGIN, CONNECT)
    assert not outcome.reproduced
    assert outcome.got == "step 2 (alice: connect) can't be done: nothing came as r2#/data/accessToken"


def test_a_check_that_can_not_be_done_shows_nothing(url: str) -> None:
    for check in (status(200, step="r9"), pongs(1), {**status(200), "status": ["${r9#/x}"]}, {"check": "other"}):
        outcome = run(url, check, REGISTER)
        assert not outcome.reproduced, check
        assert outcome.got


@pytest.mark.parametrize(
    "broken", [{"step": "dance"}, {"step": "http", "id": "r1"}, {"step": "send", "socket": "s9", "json": 1}]
)
def test_a_step_that_can_not_be_done_shows_nothing(url: str, broken: Json) -> None:
    outcome = run(url, status(200), REGISTER, broken)
    assert not outcome.reproduced
    assert outcome.got.startswith("step 2 (")


def test_each_replay_has_names_of_its_own(url: str) -> None:
    assert [run(url, status(409), REGISTER).got for _ in range(2)] == ["201", "201"]
    assert run(url, status(201, step="r3"), REGISTER, {**REGISTER, "id": "r3"}).got == "409 USERNAME_TAKEN"


def test_a_status_is_compared(url: str) -> None:
    assert run(url, status(200, 204), REGISTER).sort == "201"
    assert not run(url, status(200, 201), REGISTER).reproduced


def test_no_answer_at_all_is_a_status_like_another() -> None:
    with server_that_says(b"") as (url, _):
        outcome = run(url, status(200), REGISTER)
        assert outcome.reproduced
        assert outcome.got.startswith("no answer (")
        assert not run(url, {"check": "response", "step": "r1", "pointer": "/x", "present": True}, REGISTER).reproduced


def test_a_value_is_looked_at_only_with_the_status_that_it_belongs_to(url: str) -> None:
    check = {"check": "response", "step": "r3", "pointer": "/data/user", "present": True}
    twice = (REGISTER, {**REGISTER, "id": "r3"})
    assert run(url, check, *twice).reproduced
    assert not run(url, {**check, "status": [201]}, *twice).reproduced


def test_frames_are_counted_from_the_connect_on(url: str) -> None:
    steps = (*OPENED, PING, PONG, PING, PONG)
    assert [run(url, pongs(*bounds), *steps).reproduced for bounds in ((2, 2), (1,), (0, 3))] == [False] * 3
    assert [run(url, pongs(*bounds), *steps).sort for bounds in ((0, 1), (3,), (3, 4))] == [
        "too many",
        "too few",
        "too few",
    ]


def test_a_frame_counts_for_one_expect(url: str) -> None:
    took_s = {}
    for number in (1, 2):
        started = time.monotonic()
        run(url, pongs(0), *OPENED, PING, PONG, *[{**PONG, "id": "e2"}] * (number - 1), expect_timeout_s=0.6)
        took_s[number] = time.monotonic() - started
    assert took_s[2] - took_s[1] > 0.3


def test_an_expect_that_nothing_needs_ends_nothing(url: str) -> None:
    never = {**PONG, "frame": {"type": "never"}, "within_s": 0.1}
    assert run(url, pongs(1), *OPENED, PING, never).got == "1 such frame"
    needs = {**PING, "json": {"type": "ping", "data": "${e1#/data}"}}
    outcome = run(url, pongs(1), *OPENED, never, needs)
    assert outcome.got == "step 5 (s1: send) can't be done: nothing came as e1#/data"


def test_text_raw_bytes_and_a_close_go_out_as_they_are(url: str) -> None:
    error = {"check": "frame-value", "socket": "s1", "match": {"type": "error"}, "pointer": "/data/code", "equals": 1}
    text = {"step": "send", "socket": "s1", "text": "{no json"}
    assert run(url, error, *OPENED, text).got == '/data/code is "INVALID_MESSAGE"'
    raw = base64.b64encode(frame_bytes(b"[]", opcode=1)).decode()
    assert run(url, error, *OPENED, {"step": "raw", "socket": "s1", "base64": raw}).reproduced
    closing = {"check": "close", "socket": "s1", "codes": []}
    assert run(url, closing, *OPENED, {"step": "close", "socket": "s1", "code": 3003}).got == "closed with 3003"
    assert run(url, closing, *OPENED, {"step": "drop", "socket": "s1"}).got == "closed with 1006"


def test_an_end_can_be_waited_for(url: str) -> None:
    again = {**CONNECT, "socket": "s2"}
    ended = {"step": "expect", "id": "e1", "socket": "s1", "closed": True}
    outcome = run(url, {"check": "close", "socket": "s1", "codes": [4401], "within_s": 0}, *OPENED, again, ended)
    assert (outcome.got, outcome.sort) == ("closed with 4409", "closed 4409")


def test_a_wait_takes_its_time(url: str) -> None:
    started = time.monotonic()
    run(url, status(201), REGISTER, {"step": "wait", "seconds": 0.5})
    assert time.monotonic() - started >= 0.5


def test_what_runs_together_does_not_wait_for_each_other(url: str) -> None:
    waits: list[Step] = [{"step": "wait", "seconds": 0.5} for _ in range(4)]
    started = time.monotonic()
    outcome = run(url, status(0), {"step": "together", "steps": [REGISTER, *waits]})
    assert outcome.got == "201"
    assert time.monotonic() - started < 1.5
    bad = run(url, status(0), {"step": "together", "steps": [REGISTER, CONNECT]})
    assert "can't be done: nothing came as r2#/data/accessToken" in bad.got


def test_a_refused_handshake_is_no_open_connection() -> None:
    with little_server("refuses to open") as url:
        outcome = run(url, {"check": "close", "socket": "s1", "codes": [4401]}, *OPENED)
        assert (outcome.reproduced, outcome.sort) == (True, "refused 401")
        assert not run(url, pongs(1), *OPENED).reproduced
        assert not run(url, pongs(0, 0), *OPENED, PING).reproduced


def test_a_limit_that_the_recorded_run_did_not_meet_is_waited_out() -> None:
    slow_down, fine = answer(429, "Retry-After: 1"), answer(201)
    for step, judged, requests_made, got in (
        ({**REGISTER, "answered": 201}, "r2", 4, "201"),
        ({**REGISTER, "answered": 201}, "r1", 2, "429"),
        ({**REGISTER, "answered": 429}, "r2", 2, "201"),
        (REGISTER, "r2", 2, "201"),
    ):
        with (
            server_that_says(slow_down, slow_down, fine)
            if requests_made == 4
            else server_that_says(slow_down, fine) as (url, requests)
        ):
            outcome = run(url, status(0, step=judged), step, {**LOGIN, "answered": 200})
            assert (len(requests), outcome.got) == (requests_made, got)


def test_the_body_of_a_request_may_be_bytes_and_the_path_is_quoted() -> None:
    with server_that_says(answer(200, body='{"id": "a/b?"}')) as (url, requests):
        body = base64.b64encode(b"\xff\x00").decode()
        asked = {
            "step": "http",
            "id": "r3",
            "method": "PUT",
            "path": "/x/${r1#/id}",
            "base64": body,
            "headers": {"A": "b"},
        }
        run(url, status(200), REGISTER, asked)
    assert requests[1].startswith(b"PUT /x/a%2Fb%3F HTTP/1.1\r\n")
    assert requests[1].endswith(b"\xff\x00")
    assert b"\r\nA: b\r\n" in requests[1]


def test_a_header_can_be_looked_at() -> None:
    check = {"check": "response", "step": "r1", "header": "X-Thing", "equals": "1"}
    with server_that_says(answer(200, "x-thing: 1"), answer(200, "x-thing: 2"), answer(200)) as (url, _):
        assert [run(url, check, REGISTER).got for _ in range(3)] == [
            '200, X-Thing is "1"', '200, X-Thing is "2"', "200, X-Thing is nothing",
        ]  # fmt: skip


def test_users_come_from_addresses_of_their_own(start_server: Callable[..., GoChatServer]) -> None:
    limited = start_server(GOCHAT_LOGIN_RATE=2)
    people = [
        {**REGISTER, "id": f"r{n}", "who": f"u{n}", "json": {**ACCOUNT, "username": f"u{n}-${{run}}"}} for n in range(6)
    ]
    assert run(limited.url, status(0, step="r5"), *people).got == "201"
    alone = [{**each, "who": "one"} for each in people]
    assert run(limited.url, status(0, step="r5"), *alone).got == "429 RATE_LIMITED"
