"""Who counts as online, with a short grace period on the real hub."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from gevent import Timeout

from gochat.ws.presence import Presence

GRACE_S = 0.1
LONG_S = 2.5 * GRACE_S


@pytest.fixture
def went_offline() -> list[str]:
    return []


@pytest.fixture
def presence(went_offline: list[str]) -> Iterator[Presence]:
    with Timeout(5):
        yield Presence(GRACE_S, went_offline.append)


@pytest.fixture
def hub_errors(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What greenlets failed with meanwhile."""
    errors: list[object] = []
    monkeypatch.setattr(gevent.get_hub(), "handle_error", lambda context, kind, value, trace: errors.append(value))
    return errors


def test_the_first_connection_brings_a_user_online_and_a_second_does_not(presence: Presence) -> None:
    assert not presence.is_online("u")
    assert presence.connect("u")
    assert presence.is_online("u")
    assert not presence.connect("u")


def test_a_user_goes_offline_once_the_grace_period_is_over(presence: Presence, went_offline: list[str]) -> None:
    presence.connect("u")
    presence.disconnect("u")
    gevent.sleep(GRACE_S / 2)
    assert presence.is_online("u"), "within the grace period"
    assert went_offline == []
    gevent.sleep(LONG_S)
    assert went_offline == ["u"]
    assert not presence.is_online("u")


def test_a_flap_within_the_grace_period_says_nothing(presence: Presence, went_offline: list[str]) -> None:
    presence.connect("u")
    presence.disconnect("u")
    gevent.sleep(GRACE_S / 2)
    assert not presence.connect("u"), "was online all the time"
    gevent.sleep(LONG_S)
    assert went_offline == []
    assert presence.is_online("u")


def test_a_flap_starts_the_grace_period_anew(presence: Presence, went_offline: list[str]) -> None:
    presence.connect("u")
    for _ in range(5):
        presence.disconnect("u")
        gevent.sleep(GRACE_S * 0.6)
        assert presence.is_online("u")
        presence.connect("u")
    presence.disconnect("u")
    gevent.sleep(GRACE_S * 0.6)
    assert went_offline == []
    gevent.sleep(LONG_S)
    assert went_offline == ["u"]


def test_two_disconnects_announce_once(presence: Presence, went_offline: list[str], hub_errors: list[object]) -> None:
    presence.connect("u")
    presence.disconnect("u")
    presence.disconnect("u")
    gevent.sleep(LONG_S)
    assert went_offline == ["u"]
    assert hub_errors == []


def test_a_connection_after_two_disconnects_keeps_the_user_online(
    presence: Presence, went_offline: list[str], hub_errors: list[object]
) -> None:
    presence.connect("u")
    presence.disconnect("u")
    presence.disconnect("u")
    presence.connect("u")
    gevent.sleep(LONG_S)
    assert went_offline == []
    assert presence.is_online("u")
    assert hub_errors == []


def test_users_go_offline_in_the_order_in_which_they_left(presence: Presence, went_offline: list[str]) -> None:
    leavers = [f"user-{number}" for number in range(20)]
    for user_id in reversed(leavers):
        presence.connect(user_id)
    for user_id in leavers:
        presence.disconnect(user_id)
        gevent.sleep(0.002)
    gevent.sleep(LONG_S)
    assert went_offline == leavers


def test_a_user_who_came_back_can_leave_again(presence: Presence, went_offline: list[str]) -> None:
    for _ in range(2):
        assert presence.connect("u")
        presence.disconnect("u")
        gevent.sleep(LONG_S)
    assert went_offline == ["u", "u"]


def test_one_user_says_nothing_about_another(presence: Presence, went_offline: list[str]) -> None:
    presence.connect("a")
    presence.connect("b")
    presence.disconnect("a")
    gevent.sleep(LONG_S)
    assert went_offline == ["a"]
    assert presence.is_online("b")


def test_a_user_is_offline_by_the_time_it_is_announced() -> None:
    seen: list[bool] = []
    presence = Presence(0.0, lambda user_id: seen.append(presence.is_online(user_id)))
    presence.connect("u")
    presence.disconnect("u")
    gevent.sleep(GRACE_S)
    assert seen == [False]
