"""An account is registered once, whatever the case of its name, and logs in with its password."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.harness.api import (
    Api,
    User,
    at_once,
    expect_error,
    expect_invalid,
    expect_ok,
    fresh_name,
    login_again,
    register_only,
    violations,
)
from tests.harness.server import GoChatServer

PASSWORD = "correct horse battery"


def test_registering_returns_the_user_and_nothing_secret(nobody: Api) -> None:
    username = fresh_name()
    response = nobody.register({"username": username, "password": PASSWORD})
    user = expect_ok(response, 201)["user"]
    assert user["username"] == username
    assert user["isGuest"] is False
    assert PASSWORD not in response.text
    assert "argon2" not in response.text


def test_registering_does_not_log_in(nobody: Api) -> None:
    data = expect_ok(nobody.register({"username": fresh_name(), "password": PASSWORD}), 201)
    assert set(data) == {"user"}


def test_login_returns_tokens_their_life_and_the_user(server: GoChatServer, nobody: Api) -> None:
    user_id, credentials = register_only(server)
    session = expect_ok(nobody.login(credentials))
    assert session["user"]["id"] == user_id
    assert session["user"]["username"] == credentials["username"]
    assert session["expiresIn"] == 3600
    assert session["accessToken"]
    assert session["refreshToken"]
    assert session["accessToken"] != session["refreshToken"]


def test_the_access_token_of_a_login_works(alice: User) -> None:
    assert expect_ok(alice.api.get_profile())["id"] == alice.id


def test_every_login_has_tokens_of_its_own(alice: User) -> None:
    again = login_again(alice)
    assert again.token != alice.token
    assert again.refresh_token != alice.refresh_token


def test_a_username_is_shown_as_registered(nobody: Api) -> None:
    username = fresh_name("MiXed.Case_")
    credentials = {"username": username, "password": PASSWORD}
    assert expect_ok(nobody.register(credentials), 201)["user"]["username"] == username
    assert expect_ok(nobody.login(credentials))["user"]["username"] == username


@pytest.mark.parametrize("spelling", [str, str.upper, str.lower, str.swapcase])
def test_a_taken_username_is_refused_in_any_case(
    server: GoChatServer, nobody: Api, spelling: Callable[[str], str]
) -> None:
    username = fresh_name("TaKen")
    register_only(server, username)
    expect_error(nobody.register({"username": spelling(username), "password": PASSWORD}), "USERNAME_TAKEN")


@pytest.mark.parametrize(
    "username",
    ["abc", "a" * 50, "A-Z.a_z-09", "...", "___", "-x-", "007"],
    ids=lambda name: name[:10],
)
def test_a_username_within_the_bounds_is_taken(nobody: Api, username: str) -> None:
    credentials = {"username": username, "password": PASSWORD}
    expect_ok(nobody.register(credentials), 201)
    assert expect_ok(nobody.login(credentials))["user"]["username"] == username


@pytest.mark.parametrize(
    "password",
    [
        "8 chars.",
        "p" * 128,
        "密码密码密码密码",
        "🔑🔑🔑🔑🔑🔑🔑🔑",
        "🔑" * 128,
        " leading and trailing ",
        "tab\tand\nline",
    ],
    ids=["8", "128", "8 chinese", "8 emoji", "128 emoji", "spaces", "control characters"],
)
def test_a_password_within_the_bounds_logs_in(nobody: Api, password: str) -> None:
    credentials = {"username": fresh_name(), "password": password}
    expect_ok(nobody.register(credentials), 201)
    expect_ok(nobody.login(credentials))


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.swapcase])
def test_a_login_matches_the_name_in_any_case(
    server: GoChatServer, nobody: Api, spelling: Callable[[str], str]
) -> None:
    user_id, credentials = register_only(server, fresh_name("LogIn"))
    credentials["username"] = spelling(credentials["username"])
    assert expect_ok(nobody.login(credentials))["user"]["id"] == user_id


def test_a_password_is_compared_to_its_last_character(nobody: Api) -> None:
    username, password = fresh_name(), "x" * 127
    expect_ok(nobody.register({"username": username, "password": password + "1"}), 201)
    expect_error(nobody.login({"username": username, "password": password + "2"}), "INVALID_CREDENTIALS")
    expect_error(nobody.login({"username": username, "password": password}), "INVALID_CREDENTIALS")
    expect_ok(nobody.login({"username": username, "password": password + "1"}))


def test_a_passwords_case_matters(server: GoChatServer, nobody: Api) -> None:
    _, credentials = register_only(server)
    wrong = credentials["password"].upper()
    expect_error(nobody.login({**credentials, "password": wrong}), "INVALID_CREDENTIALS")


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(alice: User, nobody: Api) -> None:
    unknown = nobody.login({"username": fresh_name(), "password": PASSWORD})
    wrong = nobody.login({"username": alice.username, "password": PASSWORD})
    assert expect_error(unknown, "INVALID_CREDENTIALS") == expect_error(wrong, "INVALID_CREDENTIALS")


@pytest.mark.parametrize("operation", ["register", "login"])
@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("username", "ab", "minLength"),
        ("username", "a" * 51, "maxLength"),
        ("username", "has space", "pattern"),
        ("username", "用户名字", "pattern"),
        ("username", "naïve", "pattern"),
        ("username", "line-end\n", "pattern"),
        ("username", "a/b/c", "pattern"),
        ("username", "semi;colon", "pattern"),
        ("username", "ab\x00cd", "unicode"),
        ("username", 12345, "type"),
        ("username", None, "type"),
        ("username", ["alice"], "type"),
        ("password", "7 chars", "minLength"),
        ("password", "🔑" * 7, "minLength"),
        ("password", "p" * 129, "maxLength"),
        ("password", "null\x00null", "unicode"),
        ("password", 12345678, "type"),
        ("password", None, "type"),
        ("passwort", PASSWORD, "additionalProperties"),
        ("isGuest", True, "additionalProperties"),
    ],
)
def test_bounds_hold_for_registering_and_for_login(
    nobody: Api, operation: str, field: str, value: object, rule: str
) -> None:
    body = {"username": fresh_name(), "password": PASSWORD, field: value}
    expect_invalid(nobody.call(operation, body=body), f"/{field}", rule)


@pytest.mark.parametrize("operation", ["register", "login"])
def test_every_missing_field_is_named(nobody: Api, operation: str) -> None:
    found = violations(nobody.call(operation, body={}))
    assert found == {("/username", "required"), ("/password", "required")}


def test_the_same_name_registered_at_once_is_given_once(nobody: Api) -> None:
    username = fresh_name("Race")
    bodies = [
        {"username": spelling(username), "password": PASSWORD} for spelling in (str, str.upper, str.lower, str.swapcase)
    ]
    answers = at_once([partial(nobody.register, body) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            expect_error(answer, "USERNAME_TAKEN")


def test_a_login_needs_no_valid_token(server: GoChatServer) -> None:
    _, credentials = register_only(server)
    expect_ok(Api(server, "not-a-token").login(credentials))


def test_an_unknown_name_and_a_wrong_password_take_the_same_time(alice: User, nobody: Api) -> None:
    guest = expect_ok(nobody.guest_login(), 201)["user"]["username"]
    fastest_s = dict.fromkeys(("known", "unknown", "guest"), math.inf)
    for _ in range(40):
        for kind, name in (("known", alice.username), ("unknown", fresh_name()), ("guest", guest)):
            began = time.perf_counter()
            expect_error(nobody.login({"username": name, "password": PASSWORD}), "INVALID_CREDENTIALS")
            fastest_s[kind] = min(fastest_s[kind], time.perf_counter() - began)
        # What else the machine does only adds. A hash takes tens of milliseconds, an answer without one a few.
        if max(fastest_s.values()) < 2 * min(fastest_s.values()):
            return
    raise AssertionError(f"the least of 40 times in s: {fastest_s}")
