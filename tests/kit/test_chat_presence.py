"""When a user counts as online: within the grace he does, beyond it he does not, and around its end both are right."""

from __future__ import annotations

import pytest

from conformance.chat.presence import EARLY_S, LATE_S, OFFLINE, ONLINE, UNSURE, Presence

GRACE_S = 10.0
EPSILON_S = 0.01


def gone(at: float = 100.0) -> Presence:
    """Return the presence of alice, who came at 50 and left."""
    presence = Presence(GRACE_S)
    presence.connect("alice", 50.0)
    presence.disconnect("alice", at)
    return presence


@pytest.mark.parametrize(
    ("away_s", "state"),
    [
        (0.0, ONLINE),
        (GRACE_S - EARLY_S - EPSILON_S, ONLINE),
        (GRACE_S - EARLY_S + EPSILON_S, UNSURE),
        (GRACE_S, UNSURE),
        (GRACE_S + LATE_S - EPSILON_S, UNSURE),
        (GRACE_S + LATE_S + EPSILON_S, OFFLINE),
    ],
)
def test_who_left_is_online_for_the_grace(away_s: float, state: str) -> None:
    assert gone().state("alice", 100.0 + away_s) == state


def test_who_never_came_is_offline_and_who_is_there_is_online() -> None:
    presence = Presence(GRACE_S)
    assert presence.state("alice", 0.0) == OFFLINE
    assert presence.last_gap("alice") is None
    presence.connect("alice", 1.0)
    assert presence.state("alice", 10_000.0) == ONLINE


@pytest.mark.parametrize(
    ("away_s", "may"), [(5.0, False), (GRACE_S - EARLY_S - EPSILON_S, False), (GRACE_S - EARLY_S + EPSILON_S, True)]
)
def test_offline_may_be_told_from_the_end_of_the_grace(away_s: float, may: bool) -> None:
    assert gone().may_be_offline("alice", 100.0 + away_s) is may


@pytest.mark.parametrize(
    ("away_s", "must"),
    [(GRACE_S, False), (GRACE_S + LATE_S - EPSILON_S, False), (GRACE_S + LATE_S + EPSILON_S, True)],
)
def test_offline_must_be_told_when_the_time_for_it_is_over(away_s: float, must: bool) -> None:
    presence = gone()
    assert (presence.must_be_offline("alice", 100.0 + away_s) is not None) is must


@pytest.mark.parametrize(
    ("away_s", "after_s", "may"),
    [(5.0, 0.5, False), (5.0, 20.0, False), (12.0, LATE_S - EPSILON_S, True), (12.0, LATE_S + EPSILON_S, False)],
)
def test_who_is_back_may_be_called_offline_only_late_and_only_after_a_long_absence(
    away_s: float, after_s: float, may: bool
) -> None:
    presence = gone()
    presence.connect("alice", 100.0 + away_s)
    assert presence.may_be_offline("alice", 100.0 + away_s + after_s) is may
    assert presence.must_be_offline("alice", 1000.0) is None
    assert presence.state("alice", 1000.0) == ONLINE


def test_a_second_connection_and_a_second_end_change_nothing() -> None:
    presence = gone()
    presence.disconnect("alice", 109.0)
    gap = presence.last_gap("alice")
    assert gap is not None
    assert (gap.start, gap.end) == (100.0, None)
    presence.connect("alice", 110.0)
    presence.connect("alice", 115.0)
    assert presence.connected["alice"] == 110.0
    assert (gap.start, gap.end) == (100.0, 110.0)


def test_the_grace_of_the_server_counts() -> None:
    presence = Presence(1.0)
    presence.connect("alice", 50.0)
    presence.disconnect("alice", 100.0)
    assert presence.state("alice", 100.5) == ONLINE
    assert presence.state("alice", 101.0 + LATE_S + EPSILON_S) == OFFLINE
