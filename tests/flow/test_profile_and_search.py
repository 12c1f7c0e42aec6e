"""A user sees the own profile, changes its picture, and finds others by the beginning of their names."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from tests.harness.api import Api, User, expect_invalid, expect_ok, new_user, register_only
from tests.harness.server import GoChatServer

AVATAR = "https://example.org/avatars/1.png"


def test_a_profile_is_the_user_who_logged_in(alice: User) -> None:
    profile = expect_ok(alice.api.get_profile())
    assert profile["id"] == alice.id
    assert profile["username"] == alice.username
    assert profile["isGuest"] is False


def test_a_new_profile_has_no_avatar(alice: User) -> None:
    assert "avatarUrl" not in expect_ok(alice.api.get_profile())


@pytest.mark.parametrize(
    "avatar_url",
    [
        AVATAR,
        "http://example.org/a.png",
        "http://localhost:8080/a?x=1#y",
        "https://example.org/" + "a" * (2048 - 20),
    ],
    ids=["https", "http", "port and query", "2048 long"],
)
def test_a_profile_takes_an_absolute_http_address(bob: User, avatar_url: str) -> None:
    assert expect_ok(bob.api.update_profile({"avatarUrl": avatar_url}))["avatarUrl"] == avatar_url
    assert expect_ok(bob.api.get_profile())["avatarUrl"] == avatar_url


@pytest.mark.parametrize(
    ("avatar_url", "rule"),
    [
        ("", ("pattern", "format", "minLength")),
        ("/avatars/1.png", ("pattern", "format")),
        ("//example.org/1.png", ("pattern", "format")),
        ("example.org/1.png", ("pattern", "format")),
        ("ftp://example.org/1.png", ("pattern", "format")),
        ("javascript:alert(1)", ("pattern", "format")),
        ("data:image/png;base64,AAAA", ("pattern", "format")),
        ("http://", ("pattern", "format")),
        ("http://exa mple.org/1.png", ("pattern", "format")),
        ("https://example.org/a\nb", ("pattern", "format")),
        ("https://example.org/" + "a" * (2049 - 20), "maxLength"),
        ("https://example.org/\x00", "unicode"),
        (None, "type"),
        (5, "type"),
    ],
)
def test_a_profile_refuses_other_addresses(bob: User, avatar_url: object, rule: str | tuple[str, ...]) -> None:
    expect_invalid(bob.api.update_profile({"avatarUrl": avatar_url}), "/avatarUrl", rule)


def test_a_profile_update_needs_the_avatar(bob: User) -> None:
    expect_invalid(bob.api.update_profile({}), "/avatarUrl", "required")


def test_a_username_cannot_be_changed(bob: User) -> None:
    answer = bob.api.update_profile({"avatarUrl": AVATAR, "username": "other"})
    expect_invalid(answer, "/username", "additionalProperties")


# Search


@pytest.fixture(scope="module")
def prefix() -> str:
    """What all names of this module's crowd begin with."""
    return "Sx" + secrets.token_hex(4)


@pytest.fixture(scope="module")
def crowd(server: GoChatServer, prefix: str) -> list[str]:
    """Twelve names in the order in which a search shows them, all but the case of it shuffled."""
    names = [f"{prefix}{end}" for end in ("-a", ".B", "_c", "0", "Ant", "bee", "Cat", "dog", "Eel", "fly")]
    names += [f"{prefix.swapcase()}{end}" for end in ("AntLion", "zebra")]
    for name in reversed(names):
        register_only(server, name)
    return sorted(names, key=str.lower)


def _found(api: Api, **query: object) -> list[str]:
    return [user["username"] for user in expect_ok(api.search_users(**query))["users"]]


def test_search_matches_the_beginning_and_sorts_by_the_lower_case_name(
    alice: User, crowd: list[str], prefix: str
) -> None:
    assert _found(alice.api, q=prefix, limit=20) == crowd


def test_search_returns_ten_by_default(alice: User, crowd: list[str], prefix: str) -> None:
    assert _found(alice.api, q=prefix) == crowd[:10]


def test_search_returns_at_most_the_limit(alice: User, crowd: list[str], prefix: str) -> None:
    assert _found(alice.api, q=prefix, limit=3) == crowd[:3]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.swapcase])
def test_searchs_case_does_not_matter(alice: User, prefix: str, spelling: Callable[[str], str]) -> None:
    assert _found(alice.api, q=spelling(prefix + "ant"), limit=20) == [
        f"{prefix}Ant",
        f"{prefix.swapcase()}AntLion",
    ]


@pytest.mark.usefixtures("crowd")
def test_search_does_not_match_inside_a_name(alice: User, prefix: str) -> None:
    assert _found(alice.api, q=prefix[1:]) == []


@pytest.mark.parametrize("pattern", ["%", "_", "*", "?", "[a-z]", "\\"])
def test_search_takes_wildcards_literally(alice: User, crowd: list[str], prefix: str, pattern: str) -> None:
    names = [name for name in crowd if name.lower().startswith((prefix + pattern).lower())]
    assert _found(alice.api, q=prefix + pattern, limit=20) == names


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("q", ["%", "查无此人", "' OR 1=1 --", "🙂"])
def test_search_for_what_no_name_begins_with_is_empty(alice: User, q: str) -> None:
    assert _found(alice.api, q=q) == []


def test_search_finds_oneself(server: GoChatServer) -> None:
    user = new_user(server)
    assert _found(user.api, q=user.username) == [user.username]


def test_search_finds_one_name_by_fifty_characters(server: GoChatServer, alice: User) -> None:
    name = ("Long" + secrets.token_hex(23))[:50]
    register_only(server, name)
    assert _found(alice.api, q=name) == [name]


@pytest.mark.parametrize(
    ("query", "pointer", "rule"),
    [
        ({}, "/query/q", "required"),
        ({"q": ""}, "/query/q", "minLength"),
        ({"q": "a" * 51}, "/query/q", "maxLength"),
        ({"q": "a\x00b"}, "/query/q", "unicode"),
        ({"q": "abc", "limit": 0}, "/query/limit", "minimum"),
        ({"q": "abc", "limit": 21}, "/query/limit", "maximum"),
        ({"q": "abc", "limit": "ten"}, "/query/limit", "type"),
        ({"q": "abc", "limit": ""}, "/query/limit", "type"),
        ({"q": "abc", "limit": "1_0"}, "/query/limit", "type"),
        ({"q": "abc", "limit": "٣"}, "/query/limit", "type"),
        ({"q": "abc", "page": 1}, "/query/page", "additionalProperties"),
    ],
)
def test_a_search_is_held_to_its_bounds(
    alice: User, query: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(alice.api.search_users(**query), pointer, rule)


def test_fifty_chinese_characters_are_within_a_searchs_bounds(alice: User) -> None:
    assert _found(alice.api, q="查" * 50) == []
