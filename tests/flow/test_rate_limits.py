"""Who asks too often is told to wait and for how long; nobody else notices."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from tests.harness.api import (
    TEXT,
    Api,
    Json,
    User,
    at_once,
    expect_error,
    expect_ok,
    fresh_name,
    group,
    login_again,
    new_guest,
    new_user,
    register_only,
)
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

StartServer = Callable[..., GoChatServer]


@pytest.fixture(scope="module")
def slow_server() -> Iterator[GoChatServer]:
    """A server on which a user may send one message a second."""
    with running_server({"GOCHAT_MESSAGE_RATE": "1"}) as running:
        yield running


def _text(**more: object) -> Json:
    return {"messageType": TEXT, "content": "hello", **more}


def _send_until_limited(user: User, conversation_id: str, at_most: int = 100) -> tuple[int, httpx.Response]:
    """Sends until the first 429; returns how many were stored, and that answer."""
    for sent in range(at_most):
        answer = user.api.send_message(conversation_id, _text())
        if answer.status_code == 429:
            return sent, answer
        expect_ok(answer, 201)
    raise AssertionError(f"{at_most} messages and no limit")


def test_sending_too_fast_is_refused_with_the_time_to_wait(slow_server: GoChatServer) -> None:
    user = new_user(slow_server)
    group_id = group(user)
    stored, limited = _send_until_limited(user, group_id)
    body = expect_error(limited, "RATE_LIMITED")
    assert stored >= 2
    wait_ms = body["details"]["retryAfterMs"]
    assert 1 <= wait_ms <= 1000  # at one a second, the next one is due within a second
    assert int(limited.headers["retry-after"]) >= 1
    assert len(user.api.history(group_id, limit=100)) == stored
    time.sleep(wait_ms / 1000 + 0.05)
    assert expect_ok(user.api.send_message(group_id, _text()), 201)["seqId"] == stored + 1


def test_a_users_limit_is_nobody_elses(slow_server: GoChatServer) -> None:
    fast, calm = new_user(slow_server), new_user(slow_server)
    group_id = group(fast, calm)
    _send_until_limited(fast, group_id)
    calm.api.say(group_id, "I was quiet until now")


def test_a_user_has_one_limit_over_all_logins_and_conversations(slow_server: GoChatServer) -> None:
    user = new_user(slow_server)
    one, other = group(user), group(user)
    again = login_again(user)
    _send_until_limited(user, one)
    expect_error(again.api.send_message(other, _text()), "RATE_LIMITED")


def test_a_guest_is_limited_too(slow_server: GoChatServer) -> None:
    guest = new_guest(slow_server)
    _send_until_limited(guest, guest.api.world_id())


def test_repeats_count(slow_server: GoChatServer) -> None:
    user = new_user(slow_server)
    group_id = group(user)
    body = _text(client_msg_id=secrets.token_hex(8))
    for _ in range(100):
        answer = user.api.send_message(group_id, body)
        if answer.status_code == 429:
            break
    expect_error(answer, "RATE_LIMITED")
    assert len(user.api.history(group_id)) == 1


def test_both_edges_share_the_limit(slow_server: GoChatServer) -> None:
    user = new_user(slow_server)
    group_id = group(user)
    with Socket(slow_server, user.token) as socket:
        socket.settle()
        _send_until_limited(user, group_id)
        data = {"conversationId": group_id, "client_msg_id": secrets.token_hex(8), **_text()}
        socket.send("send-message", data)
        error = socket.expect("error")["data"]
    assert error["code"] == "RATE_LIMITED"
    assert error["details"]["client_msg_id"] == data["client_msg_id"]
    assert error["details"]["retryAfterMs"] >= 1


def test_the_limit_comes_after_the_contract_and_before_the_state(slow_server: GoChatServer) -> None:
    user, stranger = new_user(slow_server), new_user(slow_server)
    foreign = group(stranger)
    _send_until_limited(user, group(user))
    expect_error(user.api.send_message(foreign, {"messageType": 9, "content": "x"}), "INVALID_REQUEST")
    expect_error(user.api.send_message(foreign, _text(content="x" * 4001)), "MESSAGE_TOO_LARGE")
    expect_error(user.api.send_message("no-such-group", _text()), "RATE_LIMITED")
    expect_error(user.api.send_message(foreign, _text()), "RATE_LIMITED")


def test_reading_and_the_rest_are_not_limited_by_sending(slow_server: GoChatServer) -> None:
    user = new_user(slow_server)
    group_id = group(user)
    _send_until_limited(user, group_id)
    for _ in range(20):
        expect_ok(user.api.list_messages(group_id))
    expect_ok(user.api.mark_read(group_id, {"seqId": 1}))
    expect_ok(user.api.update_conversation(group_id, {"name": "renamed"}))


def test_by_default_forty_messages_pass_at_once_and_then_twenty_a_second(start_server: StartServer) -> None:
    user = new_user(start_server(GOCHAT_MESSAGE_RATE=None))
    group_id = group(user)
    started = time.monotonic()
    stored = sum(stored for stored, _ in at_once([partial(_send_until_limited, user, group_id)] * 8))
    took_s = time.monotonic() - started
    assert 40 <= stored <= 40 + 20 * took_s + 1


def test_zero_takes_the_limit_of_messages_away(alice: User) -> None:
    group_id = group(alice)
    for number in range(100):
        assert alice.api.say(group_id)["seqId"] == number + 1


# Logging in


def _log_in_until_limited(api: Api, credentials: Json, at_most: int = 100) -> tuple[int, httpx.Response]:
    for attempt in range(at_most):
        answer = api.login(credentials)
        if answer.status_code == 429:
            return attempt, answer
    raise AssertionError(f"{at_most} logins and no limit")


def test_guests_are_limited_by_address(start_server: StartServer) -> None:
    api = Api(start_server(GOCHAT_LOGIN_RATE=5))
    statuses = [api.guest_login().status_code for _ in range(7)]
    assert statuses == [201] * 5 + [429] * 2


def test_registering_login_and_guests_share_the_limit(start_server: StartServer) -> None:
    api = Api(start_server(GOCHAT_LOGIN_RATE=5))
    credentials = {"username": fresh_name(), "password": "a good password"}
    expect_ok(api.register(credentials), 201)
    expect_ok(api.login(credentials))
    expect_ok(api.guest_login(), 201)
    expect_error(api.login({**credentials, "password": "a wrong password"}), "INVALID_CREDENTIALS")
    expect_error(api.register(credentials), "USERNAME_TAKEN")
    expect_error(api.login(credentials), "RATE_LIMITED")
    expect_error(api.guest_login(), "RATE_LIMITED")
    limited = api.register({"username": fresh_name(), "password": "a good password"})
    body = expect_error(limited, "RATE_LIMITED")
    assert 1 <= body["details"]["retryAfterMs"] <= 60_000
    assert 1 <= int(limited.headers["retry-after"]) <= 60


def test_the_limit_of_logins_comes_after_the_contract(start_server: StartServer) -> None:
    api = Api(start_server(GOCHAT_LOGIN_RATE=1))
    expect_ok(api.guest_login(), 201)
    expect_error(api.guest_login(), "RATE_LIMITED")
    expect_error(api.guest_login({"surprise": 1}), "INVALID_REQUEST")
    expect_error(api.login({"username": "ab", "password": "a good password"}), "INVALID_REQUEST")


def test_the_limit_of_logins_leaves_who_is_in_alone(start_server: StartServer) -> None:
    server = start_server(GOCHAT_LOGIN_RATE=1)
    guest = new_guest(server)
    expect_error(Api(server).guest_login(), "RATE_LIMITED")
    expect_ok(guest.api.get_profile())
    guest.api.say(guest.api.world_id())
    expect_ok(Api(server).refresh_session({"refreshToken": guest.refresh_token}))


def test_after_the_time_to_wait_a_login_passes(start_server: StartServer) -> None:
    api = Api(start_server(GOCHAT_LOGIN_RATE=60))
    statuses = []
    for _ in range(100):
        answer = api.guest_login()
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert statuses.count(201) >= 60
    wait_ms = expect_error(answer, "RATE_LIMITED")["details"]["retryAfterMs"]
    assert wait_ms <= 60_000
    if wait_ms <= 5_000:  # a window of a whole minute is not worth a test's time
        time.sleep(wait_ms / 1000 + 0.1)
        expect_ok(api.guest_login(), 201)


def test_ten_failed_logins_lock_an_account_for_a_while(start_server: StartServer) -> None:
    server = start_server(GOCHAT_LOGIN_RATE=None)
    api = Api(server)
    _, credentials = register_only(server)
    _, bystander = register_only(server)
    wrong = {**credentials, "password": "not the password"}
    refused, limited = _log_in_until_limited(api, wrong, at_most=20)
    assert refused == 10
    assert 1 <= expect_error(limited, "RATE_LIMITED")["details"]["retryAfterMs"] <= 60_000
    expect_error(api.login(credentials), "RATE_LIMITED")  # else guessing would go on
    shouted = {**credentials, "username": credentials["username"].upper()}
    expect_error(api.login(shouted), "RATE_LIMITED")
    expect_ok(api.login(bystander))


def test_successful_logins_do_not_count_as_failed(start_server: StartServer) -> None:
    server = start_server(GOCHAT_LOGIN_RATE=None)
    _, credentials = register_only(server)
    for _ in range(15):
        expect_ok(Api(server).login(credentials))


def test_unknown_names_are_limited_like_known_ones(start_server: StartServer) -> None:
    api = Api(start_server(GOCHAT_LOGIN_RATE=None))
    refused, _ = _log_in_until_limited(api, {"username": fresh_name(), "password": "a good password"}, at_most=20)
    assert refused == 10


def test_zero_takes_every_limit_of_logins_away(server: GoChatServer) -> None:
    _, credentials = register_only(server)
    wrong = {**credentials, "password": "not the password"}
    for _ in range(15):
        expect_error(Api(server).login(wrong), "INVALID_CREDENTIALS")
    expect_ok(Api(server).login(credentials))
    for _ in range(70):
        expect_ok(Api(server).guest_login(), 201)
