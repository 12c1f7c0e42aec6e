"""Rate limits against a clock that the test turns: burst, sustained rate, and when to come back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from generated.errors import RateLimited
from gochat.services.limits import PURGE_EVERY_S, RateLimit


class Clock:
    """A monotonic clock that stands still until it is turned. Real ones start anywhere, rarely at a round number."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def refused_for_ms(limit: RateLimit, key: str = "k") -> int:
    """Takes one; returns 0 when it is allowed, else the retryAfterMs of the refusal."""
    try:
        limit.take(key)
    except RateLimited as error:
        retry_after_ms = error.details["retryAfterMs"]
        assert isinstance(retry_after_ms, int)
        assert retry_after_ms >= 1
        return retry_after_ms
    return 0


def taken_at_once(limit: RateLimit, key: str = "k") -> int:
    """Takes until it is refused; returns how many were allowed."""
    taken = 0
    while refused_for_ms(limit, key) == 0:
        taken += 1
    return taken


def test_a_burst_is_allowed_and_not_one_more() -> None:
    limit = RateLimit(20, 40, Clock())
    assert taken_at_once(limit) == 40


def test_a_pause_fills_the_burst_up_and_not_beyond() -> None:
    clock = Clock()
    limit = RateLimit(20, 40, clock)
    taken_at_once(limit)
    clock.now_s = 1.0
    assert taken_at_once(limit) == 20
    clock.now_s = 1000.0
    assert taken_at_once(limit) == 40


def test_the_sustained_rate_is_what_passes_in_the_long_run() -> None:
    clock = Clock()
    limit = RateLimit(20, 40, clock)
    passed = 0
    for tick in range(64 * 100):  # 100 s at 64 attempts/s; a power of two adds up without rounding
        clock.now_s = tick / 64
        passed += refused_for_ms(limit) == 0
    assert 40 + 20 * 99 <= passed <= 40 + 20 * 100


def test_keys_do_not_take_from_each_other() -> None:
    limit = RateLimit(1, 2, Clock())
    assert taken_at_once(limit, "a") == 2
    assert taken_at_once(limit, "b") == 2


def test_a_rate_below_one_a_burst_still_lets_one_pass() -> None:
    clock = Clock()
    limit = RateLimit(0.1, 0.2, clock)
    assert taken_at_once(limit) == 1
    assert refused_for_ms(limit) == 10_000


@settings(deadline=None)  # how busy the machine is proves nothing
@given(
    start_s=st.floats(min_value=0, max_value=1e7),
    rate_per_s=st.sampled_from([0.1, 1 / 6, 0.5, 1.0, 3.0, 7.0, 20.0, 60.0, 333.0]),
    burst=st.integers(min_value=1, max_value=50),
    pause_ms=st.integers(min_value=0, max_value=2000),
)
def test_retry_after_is_the_shortest_wait_that_suffices(
    start_s: float, rate_per_s: float, burst: int, pause_ms: int
) -> None:
    clock = Clock(start_s)
    limit = RateLimit(rate_per_s, burst, clock)
    taken_at_once(limit)
    clock.now_s = start_s + pause_ms / 1000
    taken_at_once(limit)
    retry_after_ms = refused_for_ms(limit)
    refused_at_s = clock.now_s
    clock.now_s = refused_at_s + (retry_after_ms - 1) / 1000
    if retry_after_ms > 1:
        assert refused_for_ms(limit) > 0, "one millisecond less must not do"
    clock.now_s = refused_at_s + retry_after_ms / 1000
    assert refused_for_ms(limit) == 0, "the time that was named must do"


def test_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    limit = RateLimit(1, 1, clock)
    limit.take("k")
    assert [refused_for_ms(limit) for _ in range(100)] == [1000] * 100
    clock.now_s = 1.0
    assert refused_for_ms(limit) == 0


def test_what_is_given_back_can_be_taken_again() -> None:
    limit = RateLimit(1 / 60, 3, Clock())
    taken_at_once(limit)
    limit.give_back("k")
    assert taken_at_once(limit) == 1


def test_giving_back_never_makes_more_than_a_burst() -> None:
    limit = RateLimit(1, 3, Clock())
    for _ in range(10):
        limit.give_back("k")
    assert taken_at_once(limit) == 3


def test_a_rate_of_zero_is_no_limit_and_keeps_nothing() -> None:
    limit = RateLimit(0, 10, Clock())
    for _ in range(1000):
        limit.take("k")
        limit.give_back("k")
    assert limit._buckets == {}


def test_keys_that_are_idle_are_forgotten_and_busy_ones_are_not() -> None:
    clock = Clock()
    limit = RateLimit(1, 2, clock)
    for number in range(1000):
        limit.take(f"once-{number}")
    clock.now_s = PURGE_EVERY_S - 1
    taken_at_once(limit, "busy")
    assert len(limit._buckets) == 1001
    clock.now_s = PURGE_EVERY_S
    assert taken_at_once(limit, "busy") == 1, "the purge must not forgive"
    assert set(limit._buckets) == {"busy"}


def test_memory_follows_the_keys_of_the_last_two_minutes() -> None:
    clock = Clock()
    limit = RateLimit(10, 10, clock)
    most = 0
    for second in range(600):
        clock.now_s = float(second)
        for number in range(10):
            limit.take(f"{second}-{number}")
        most = max(most, len(limit._buckets))
    assert most <= 10 * 2 * PURGE_EVERY_S


def test_a_limit_that_fills_slowly_remembers_until_it_is_full() -> None:
    clock = Clock()
    limit = RateLimit(10 / 3600, 10, clock)  # an hour to fill up: longer than the time between two purges
    taken_at_once(limit)
    clock.now_s = 10 * PURGE_EVERY_S
    assert taken_at_once(limit) == 1
