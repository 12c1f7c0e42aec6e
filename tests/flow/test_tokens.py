"""Tokens open the protected operations, rotate, expire, and end with the login that they belong to."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from functools import partial

import jwt
import pytest

from tests.harness.api import (
    OPERATIONS,
    Api,
    User,
    at_once,
    expect_error,
    expect_invalid,
    expect_ok,
    fresh_name,
    login_again,
    new_user,
)
from tests.harness.server import GoChatServer
from tests.harness.socket import Socket

PROTECTED = [name for name, operation in OPERATIONS.items() if operation.protected]


@pytest.fixture
def user(server: GoChatServer) -> User:
    """Somebody whose logins a test may end."""
    return new_user(server)


def refreshed(user: User, refresh_token: str | None = None) -> User:
    """The same login after a refresh."""
    body = {"refreshToken": refresh_token or user.refresh_token}
    session = expect_ok(Api(user.api.server).refresh_session(body))
    return User(
        id=session["user"]["id"],
        username=user.username,
        password=user.password,
        api=Api(user.api.server, session["accessToken"]),
        token=session["accessToken"],
        refresh_token=session["refreshToken"],
    )


@pytest.mark.parametrize("operation", PROTECTED)
def test_a_protected_operation_without_a_token_is_refused(nobody: Api, operation: str) -> None:
    response = nobody.call(operation)
    expect_error(response, "AUTH_FAILED")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer not-a-token",
        "Bearer a.b.c",
        "Basic YWxpY2U6c2VjcmV0",
        "Token {token}",
        "{token}",
        "Bearer {token}x",
        "Bearer {token} {token}",
        "Bearer {token}.{token}",
    ],
)
def test_a_header_without_a_good_bearer_token_is_refused(nobody: Api, alice: User, header: str) -> None:
    value = header.format(token=alice.token)
    expect_error(nobody.request("GET", "/users/profile", headers={"Authorization": value}), "AUTH_FAILED")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_schemes_case_does_not_matter(nobody: Api, alice: User, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {alice.token}"}
    assert expect_ok(nobody.request("GET", "/users/profile", headers=headers))["id"] == alice.id


def test_a_token_in_the_query_opens_nothing_over_http(nobody: Api, alice: User) -> None:
    expect_error(nobody.request("GET", "/users/profile", query={"token": alice.token}), "AUTH_FAILED")


def test_a_refresh_token_is_no_access_token(nobody: Api, alice: User) -> None:
    expect_error(nobody.with_token(alice.refresh_token).get_profile(), "AUTH_FAILED")


def _with_other_payload(token: str) -> str:
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["exp"] = claims["exp"] + 3600
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


def _unsigned(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, key=None, algorithm="none")


def _signed_with_a_guess(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, key="secret-secret-secret-secret-secret", algorithm="HS256")


def _signed_with_nothing(token: str) -> str:
    return token.rpartition(".")[0] + "."


@pytest.mark.parametrize("forge", [_with_other_payload, _unsigned, _signed_with_a_guess, _signed_with_nothing])
def test_a_forged_token_is_refused(nobody: Api, alice: User, forge: Callable[[str], str]) -> None:
    expect_error(nobody.with_token(forge(alice.token)).get_profile(), "AUTH_FAILED")


def test_a_token_of_another_installation_is_refused(start_server: Callable[..., GoChatServer], alice: User) -> None:
    other = start_server()
    expect_error(Api(other, alice.token).get_profile(), "AUTH_FAILED")


def test_a_token_signed_with_the_configured_secret_but_expired_is_refused(
    start_server: Callable[..., GoChatServer],
) -> None:
    secret = "a-configured-secret-of-good-length-0123456789abcdef"
    server = start_server(GOCHAT_JWT_SECRET=secret)
    user = new_user(server)
    algorithm = jwt.get_unverified_header(user.token)["alg"]
    claims = jwt.decode(user.token, secret, algorithms=[algorithm], options={"verify_aud": False})
    again = jwt.encode(claims, secret, algorithm=algorithm)
    expect_ok(Api(server, again).get_profile())
    expired = jwt.encode({**claims, "exp": int(time.time()) - 60}, secret, algorithm=algorithm)
    expect_error(Api(server, expired).get_profile(), "AUTH_FAILED")


# Refreshing


def test_a_refresh_gives_new_tokens_that_work(user: User) -> None:
    new = refreshed(user)
    assert new.id == user.id
    assert new.token != user.token
    assert new.refresh_token != user.refresh_token
    assert expect_ok(new.api.get_profile())["id"] == user.id
    assert refreshed(new).id == user.id


def test_a_refresh_leaves_the_old_access_token_valid(user: User) -> None:
    refreshed(user)
    expect_ok(user.api.get_profile())


def test_a_refresh_needs_no_access_token(user: User, server: GoChatServer) -> None:
    body = {"refreshToken": user.refresh_token}
    expect_ok(Api(server, "an-expired-or-broken-one").refresh_session(body))


def test_a_refresh_token_used_twice_ends_the_whole_login(user: User, nobody: Api) -> None:
    new = refreshed(user)
    expect_error(nobody.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    expect_error(new.api.get_profile(), "AUTH_FAILED")
    expect_error(user.api.get_profile(), "AUTH_FAILED")
    expect_error(nobody.refresh_session({"refreshToken": new.refresh_token}), "AUTH_FAILED")


def test_an_old_refresh_token_of_any_age_ends_the_login(user: User, nobody: Api) -> None:
    newest = refreshed(refreshed(refreshed(user)))
    expect_error(nobody.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    expect_error(newest.api.get_profile(), "AUTH_FAILED")


def test_a_refresh_token_used_twice_closes_the_logins_socket(
    user: User, nobody: Api, open_socket: Callable[..., Socket]
) -> None:
    socket = open_socket(user)
    socket.settle()
    refreshed(user)
    socket.settle()
    expect_error(nobody.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    assert socket.expect("error")["data"]["code"] == "AUTH_FAILED"
    assert socket.expect_close() == 4401


def test_a_refresh_token_used_twice_leaves_other_logins(user: User, nobody: Api) -> None:
    other = login_again(user)
    refreshed(user)
    expect_error(nobody.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    expect_ok(other.api.get_profile())
    refreshed(other)


def test_a_refresh_token_used_twice_at_once_ends_the_login(user: User, nobody: Api) -> None:
    body = {"refreshToken": user.refresh_token}
    answers = at_once([partial(nobody.refresh_session, body) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    session = next(answer.json()["data"] for answer in answers if answer.status_code == 200)
    expect_error(nobody.with_token(session["accessToken"]).get_profile(), "AUTH_FAILED")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 512, "口令"])
def test_a_bad_refresh_token_fails_authentication(nobody: Api, token: str) -> None:
    expect_error(nobody.refresh_session({"refreshToken": token}), "AUTH_FAILED")


def test_an_access_token_does_not_refresh(nobody: Api, user: User) -> None:
    assert len(user.token) <= 512
    expect_error(nobody.refresh_session({"refreshToken": user.token}), "AUTH_FAILED")
    expect_ok(user.api.get_profile())


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({}, "/refreshToken", "required"),
        ({"refreshToken": ""}, "/refreshToken", "minLength"),
        ({"refreshToken": "x" * 513}, "/refreshToken", "maxLength"),
        ({"refreshToken": 1}, "/refreshToken", "type"),
        ({"refreshToken": "nonsense", "scope": "all"}, "/scope", "additionalProperties"),
    ],
)
def test_a_refresh_is_held_to_its_bounds(nobody: Api, body: object, pointer: str, rule: str) -> None:
    expect_invalid(nobody.refresh_session(body), pointer, rule)


# Logging out


def test_logout_ends_the_access_and_the_refresh_token_at_once(user: User, nobody: Api) -> None:
    assert expect_ok(user.api.logout()) == {}
    expect_error(user.api.get_profile(), "AUTH_FAILED")
    expect_error(user.api.logout(), "AUTH_FAILED")
    expect_error(nobody.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")


def test_logout_ends_all_access_tokens_of_the_login(user: User) -> None:
    new = refreshed(user)
    expect_ok(new.api.logout())
    expect_error(user.api.get_profile(), "AUTH_FAILED")


def test_logout_leaves_other_logins(user: User) -> None:
    other = login_again(user)
    expect_ok(user.api.logout())
    expect_ok(other.api.get_profile())
    refreshed(other)


def test_logout_closes_the_logins_socket(user: User, open_socket: Callable[..., Socket]) -> None:
    socket = open_socket(user)
    socket.settle()
    expect_ok(user.api.logout())
    assert socket.expect("error")["data"]["code"] == "AUTH_FAILED"
    assert socket.expect_close() == 4401


def test_logout_leaves_a_socket_of_another_login(user: User, open_socket: Callable[..., Socket]) -> None:
    socket = open_socket(login_again(user))
    socket.settle()
    expect_ok(user.api.logout())
    socket.expect_none("error", within_s=0.5)
    socket.settle()


def test_a_socket_is_refused_after_logout(user: User, open_socket: Callable[..., Socket]) -> None:
    expect_ok(user.api.logout())
    socket = open_socket(user)
    assert socket.expect("error")["data"]["code"] == "AUTH_FAILED"
    assert socket.expect_close() == 4401


def test_logout_survives_a_restart(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server()
    user = new_user(server)
    other = login_again(user)
    expect_ok(user.api.logout())
    server.restart()
    expect_error(user.api.get_profile(), "AUTH_FAILED")
    expect_error(Api(server).refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    expect_ok(other.api.get_profile())


def test_a_revoked_family_stays_revoked_after_a_restart(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server()
    user = new_user(server)
    new = refreshed(user)
    expect_error(Api(server).refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    server.restart()
    expect_error(new.api.get_profile(), "AUTH_FAILED")
    expect_error(Api(server).refresh_session({"refreshToken": new.refresh_token}), "AUTH_FAILED")


# Expiry

SHORT_LIFE_S = 2


@pytest.fixture
def impatient_server(start_server: Callable[..., GoChatServer]) -> GoChatServer:
    """A server whose access tokens live two seconds."""
    return start_server(GOCHAT_ACCESS_TOKEN_TTL_S=SHORT_LIFE_S)


def test_an_access_token_expires_and_the_refresh_token_goes_on(impatient_server: GoChatServer) -> None:
    credentials = {"username": fresh_name(), "password": "a good password"}
    nobody = Api(impatient_server)
    expect_ok(nobody.register(credentials), 201)
    session = expect_ok(nobody.login(credentials))
    assert session["expiresIn"] == SHORT_LIFE_S
    with Socket(impatient_server, session["accessToken"]) as socket:
        socket.settle()
        expect_ok(nobody.with_token(session["accessToken"]).get_profile())
        assert socket.expect("error", SHORT_LIFE_S + 3)["data"]["code"] == "AUTH_FAILED"
        assert socket.expect_close() == 4401
    time.sleep(0.2)  # the socket's timer and the clock of the next request need not agree to the millisecond
    expect_error(nobody.with_token(session["accessToken"]).get_profile(), "AUTH_FAILED")
    new = expect_ok(nobody.refresh_session({"refreshToken": session["refreshToken"]}))
    assert new["expiresIn"] == SHORT_LIFE_S
    expect_ok(nobody.with_token(new["accessToken"]).get_profile())


@pytest.mark.parametrize("part_of_a_second", [0.05, 0.5, 0.9])
def test_an_access_token_lives_as_long_as_the_answer_says(
    impatient_server: GoChatServer, part_of_a_second: float
) -> None:
    time.sleep((part_of_a_second - time.time()) % 1)  # whenever in a second the login happens
    asked_at = time.monotonic()
    session = expect_ok(Api(impatient_server).guest_login(), 201)
    api = Api(impatient_server, session["accessToken"])
    last_good_at = asked_at
    while api.get_profile().status_code == 200:
        last_good_at = time.monotonic()
        time.sleep(0.02)
    assert session["expiresIn"] - 0.3 <= last_good_at - asked_at <= session["expiresIn"] + 1.5
