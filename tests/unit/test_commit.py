"""The committer on a real database: durable before told, many writes a transaction, and what happens when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import gevent
import pytest
from gevent.event import AsyncResult

from generated.errors import Conflict, Forbidden, Internal, Unavailable
from gochat import commit
from gochat.bus import BusEvent, LoginEnded
from gochat.commit import Committer, Transaction
from models.store import Store
from models.tables import Login
from tests.unit.databases import LARGE_BYTES, Database, traced
from tests.unit.people import submit_all, ticking

Write = Callable[[Transaction], Any]


def insert(name: str, *, padding: str = "") -> Write:
    """Returns a write that stores a login of this name and announces it."""

    def write(transaction: Transaction) -> str:
        Login.insert(id=name, user_id=padding, created_at=0, expires_at=0).execute()
        transaction.emit(LoginEnded(name))
        return name

    return write


def insert_and_raise(name: str, error: Exception) -> Write:
    """Returns a write that stores and announces a login, and then raises."""

    def write(transaction: Transaction) -> None:
        insert(name)(transaction)
        raise error

    return write


def submit_functions(committer: Committer, *writes: Write) -> list[Any]:
    return submit_all(committer, committer._run_functions, writes)


def stored_names(database: Database) -> list[str]:
    """Returns the logins that another process would see."""
    return [name for (name,) in database.read("SELECT id FROM logins ORDER BY id")]


def names(events: Sequence[BusEvent]) -> list[str]:
    return [event.login_id for event in events if isinstance(event, LoginEnded)]


def run_names(writes: Sequence[str], transaction: Transaction) -> list[str]:
    """A runner of its own kind: stores all of its names together; breaks on one that is called `bad`."""
    for name in writes:
        insert(name)(transaction)
        if name == "bad":
            raise ValueError(name)
    return [f"{name} of {len(writes)}" for name in writes]


def test_a_result_is_given_only_when_another_process_can_read_what_was_written(
    database: Database, committer: Committer
) -> None:
    seen: AsyncResult[list[str]] = AsyncResult()
    committer.submit_function(insert("a"), lambda outcome: seen.set([outcome, *stored_names(database)]))
    assert seen.get() == ["a", "a"]


def test_events_are_published_in_order_after_the_commit_and_after_the_results(database: Database, store: Store) -> None:
    told: list[Any] = []
    committer = Committer(store, lambda events: told.append((names(events), stored_names(database))))
    for name in ("b", "a"):
        committer.submit_function(insert(name), told.append)
    assert committer.close(timeout_s=5.0)
    assert told == ["b", "a", (["b", "a"], ["a", "b"])]


def test_writes_that_wait_share_one_transaction(store: Store, committer: Committer) -> None:
    with traced(store) as trace:
        assert submit_functions(committer, *(insert(f"{n:03}") for n in range(100))) == [f"{n:03}" for n in range(100)]
    assert (trace.begun, trace.committed) == (1, 1)


def test_a_transaction_takes_no_more_than_its_bound(
    database: Database, store: Store, committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "MAX_BATCH_WRITES", 4)
    with traced(store) as trace:
        submit_functions(committer, *(insert(str(n)) for n in range(9)))
    assert trace.committed == 3
    assert len(stored_names(database)) == 9


def test_consecutive_writes_with_one_runner_are_handed_to_it_together(committer: Committer) -> None:
    outcomes: list[Any] = []
    writes = [(run_names, "a"), (run_names, "b"), (committer._run_functions, insert("c")), (run_names, "d")]
    for runner, write in writes:
        committer.submit(runner, write, outcomes.append)
    assert committer.close(timeout_s=5.0)
    assert outcomes == ["a of 2", "b of 2", "c", "d of 1"]


def test_a_refused_write_leaves_nothing_and_its_neighbours_are_stored(
    database: Database, store: Store, committer: Committer, published: list[BusEvent]
) -> None:
    refusal = Conflict()
    with traced(store) as trace:
        outcomes = submit_functions(committer, insert("a"), insert_and_raise("refused", refusal), insert("c"))
        gevent.sleep(0)
    assert outcomes == ["a", refusal, "c"]
    assert stored_names(database) == ["a", "c"]
    assert names(published) == ["a", "c"]
    assert trace.committed == 1


def test_who_waits_for_a_refused_write_gets_its_error(committer: Committer) -> None:
    with pytest.raises(Forbidden):
        committer.run(insert_and_raise("refused", Forbidden()))


def test_a_broken_function_fails_alone(database: Database, committer: Committer, published: list[BusEvent]) -> None:
    outcomes = submit_functions(committer, insert("a"), insert_and_raise("bad", ValueError("broken")), insert("c"))
    gevent.sleep(0)
    assert [type(outcome) for outcome in outcomes] == [str, Internal, str]
    assert stored_names(database) == ["a", "c"]
    assert names(published) == ["a", "c"]


def test_a_write_that_breaks_its_runner_fails_alone(
    database: Database, committer: Committer, published: list[BusEvent]
) -> None:
    outcomes = submit_all(committer, run_names, ["a", "bad", "c"])
    gevent.sleep(0)
    assert outcomes[0] == "a of 1"
    assert isinstance(outcomes[1], Internal)
    assert outcomes[2] == "c of 1"
    assert stored_names(database) == ["a", "c"]
    assert names(published) == ["a", "c"]


def test_breaking_a_rule_of_the_tables_is_a_defect_and_not_an_outage(database: Database, committer: Committer) -> None:
    outcomes = submit_functions(committer, insert("a"), insert("a"), insert("b"))
    assert [type(outcome) for outcome in outcomes] == [str, Internal, str]
    assert stored_names(database) == ["a", "b"]


def test_a_full_disk_refuses_the_whole_batch_and_passes(
    database: Database, committer: Committer, published: list[BusEvent]
) -> None:
    large = insert("large", padding="x" * LARGE_BYTES)
    with database.disk_full():
        outcomes = submit_functions(committer, insert("small"), large, insert("next"))
        gevent.sleep(0)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
        assert stored_names(database) == []
        assert published == []

    assert submit_functions(committer, large) == ["large"]
    gevent.sleep(0)
    assert stored_names(database) == ["large"]
    assert names(published) == ["large"]


def test_writes_wait_for_another_process_without_blocking_the_hub(database: Database, committer: Committer) -> None:
    outcome: AsyncResult[str] = AsyncResult()
    with database.writes_held():
        committer.submit_function(insert("a"), outcome.set)
        with ticking() as ticks:
            gevent.sleep(0.3)
            assert not outcome.ready()
            longest_s = max(later - earlier for earlier, later in pairwise(ticks))
            assert longest_s < 0.1
    assert outcome.get() == "a"
    assert stored_names(database) == ["a"]


def test_a_lock_that_is_never_released_is_an_outage_that_passes(
    database: Database, committer: Committer, published: list[BusEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    database.shorten_lock_timeout(monkeypatch)
    with database.writes_held():
        assert [type(o) for o in submit_functions(committer, insert("a"), insert("b"))] == [Unavailable, Unavailable]
    assert submit_functions(committer, insert("c")) == ["c"]
    gevent.sleep(0)
    assert stored_names(database) == ["c"]
    assert names(published) == ["c"]


def test_close_finishes_what_waits_and_refuses_what_comes_later(database: Database, committer: Committer) -> None:
    outcomes: list[Any] = []
    committer.submit_function(insert("a"), outcomes.append)
    committer.submit_function(insert("b"), outcomes.append)
    assert committer.close(timeout_s=5.0)
    assert outcomes == ["a", "b"]
    committer.submit_function(insert("late"), outcomes.append)
    assert isinstance(outcomes[2], Unavailable)
    assert stored_names(database) == ["a", "b"]


def test_close_says_when_not_everything_was_finished_in_time(database: Database, store: Store) -> None:
    committer = Committer(store, lambda events: None)
    with database.writes_held():
        committer.submit_function(insert("a"), lambda outcome: None)
        assert not committer.close(timeout_s=0.05)


def test_who_breaks_while_being_told_keeps_nobody_else_from_it(store: Store) -> None:
    told: list[Any] = []

    def break_once(events: Sequence[BusEvent]) -> None:
        told.append(names(events))
        if len(told) == 1:
            raise RuntimeError("a subscriber is broken")

    committer = Committer(store, break_once)
    committer.submit_function(insert("a"), lambda outcome: 1 / 0)
    committer.submit_function(insert("b"), lambda outcome: None)
    gevent.sleep(0.2)
    committer.submit_function(insert("c"), lambda outcome: None)
    assert committer.close(timeout_s=2.0)
    assert told == [["a", "b"], ["c"]]
