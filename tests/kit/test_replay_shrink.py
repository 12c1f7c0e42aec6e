"""Shrinking: of any sequence, and of traces; what may go, what must stay, and when it ends."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.replay.causes import causes, items_of, trace_of, without_orphans
from conformance.replay.shrink import shrink, shrink_trace
from conformance.trace import Step, Trace
from tests.kit.replay_server import little_server
from tests.kit.replay_stories import socket_contract

Json = dict[str, Any]


def shrunk(items: Sequence[int], fails: Callable[[Sequence[int]], bool], **more: Any) -> tuple[list[int], int]:
    asked = itertools.count()

    async def still_fails(some: Sequence[int]) -> bool:
        next(asked)
        return fails(some)

    limits = {"deadline": time.monotonic() + 30, "attempts": 10_000} | more
    return asyncio.run(shrink(items, still_fails, **limits)), next(asked)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 40), st.sets(st.integers(0, 39), max_size=6))
def test_what_is_needed_is_what_is_left(size: int, needed: set[int]) -> None:
    needed = {each for each in needed if each < size}
    left, asked = shrunk(range(size), lambda some: needed <= set(some))
    assert left == sorted(needed)
    assert asked <= 4 * (size + 1) * (len(needed) + 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sets(st.integers(0, 11), min_size=1, max_size=4), min_size=1, max_size=4))
def test_no_single_item_more_can_go(ways: list[set[int]]) -> None:
    def fails(some: Sequence[int]) -> bool:
        return any(way <= set(some) for way in ways)

    left, _ = shrunk(range(12), fails)
    assert fails(left)
    assert not any(fails([each for each in left if each != gone]) for gone in left)


def test_attempts_and_time_end_it() -> None:
    left, asked = shrunk(range(64), lambda some: {3, 40} <= set(some), attempts=5)
    assert asked == 5
    assert {3, 40} <= set(left)
    assert shrunk(range(64), lambda some: True, deadline=time.monotonic()) == (list(range(64)), 0)


def http(identity: str, who: str, method: str, path: str, **more: Any) -> Json:
    return {"step": "http", "id": identity, "who": who, "method": method, "path": path, **more}


def account(number: int, who: str) -> list[Json]:
    body = {"username": f"{who}-${{run}}", "password": "correct horse battery"}
    return [
        http(f"r{number}", who, "POST", "/api/auth/register", json=body),
        http(f"r{number + 1}", who, "POST", "/api/auth/login", json=body),
    ]


def token(number: int) -> str:
    return f"${{r{number}#/data/accessToken}}"


ALICE, BOB = "${r1#/data/user/id}", "${r3#/data/user/id}"
GROUP = "${r5#/data/id}"


def post(socket: str, who: str, conversation: str, identity: str) -> Json:
    data = {"conversationId": conversation, "content": "hello", "messageType": 1, "client_msg_id": identity}
    return {"step": "send", "socket": socket, "who": who, "json": {"type": "send-message", "data": data}}


def connect(socket: str, who: str, number: int) -> Json:
    return {"step": "connect", "socket": socket, "who": who, "query": {"token": token(number)}}


STEPS: list[Json] = [
    *account(1, "alice"),  # 0 1
    *account(3, "bob"),  # 2 3
    http("r5", "alice", "POST", "/api/conversations", token=token(2), json={"type": 2, "members": [BOB]}),  # 4
    http("r6", "alice", "POST", "/api/conversations", token=token(2), json={"type": 2, "members": []}),  # 5
    connect("s1", "alice", 2),  # 6
    connect("s2", "bob", 4),  # 7
    post("s1", "alice", "${r6#/data/id}", "m1-${run}"),  # 8: elsewhere
    post("s1", "alice", GROUP, "m2-${run}"),  # 9
    http("r7", "alice", "DELETE", f"/api/conversations/{GROUP}/members/{BOB}", token=token(2)),  # 10
    http("r8", "bob", "GET", f"/api/conversations/{GROUP}/messages", token=token(4)),  # 11: reads
    {"step": "expect", "id": "f1", "socket": "s1", "frame": {"type": "message-ack"}},  # 12
    {"step": "wait", "seconds": 0.1},  # 13
    post("s1", "alice", GROUP, "m3-${run}"),  # 14
]


def needed(check: Json, sort: str, steps: list[Json] = STEPS) -> set[int]:
    return set(causes(items_of(Trace(tuple(steps), check)), check, sort))


def test_who_was_removed_stays_removed() -> None:
    match = {"type": "new-message", "data": {"conversationId": GROUP, "client_msg_id": "m3-${run}"}}
    check = {"check": "frame", "socket": "s2", "match": match, "max": 0}
    found = needed(check, "too many")
    assert {9, 10, 13, 14} <= found, "what was done with the group, and waits, are why nothing more may come"
    assert {7, 2, 3} <= found, "so is what the receiver does with himself"
    assert not {8, 11, 12} & found, "the other group, reading and waiting for frames are not"


def test_a_forbidden_look_stays_forbidden() -> None:
    assert {9, 10, 13, 14} <= needed({"check": "response", "step": "r8", "status": [403]}, "200")


def test_what_a_user_does_matters_to_who_watches_him() -> None:
    steps = [
        *account(1, "alice"),
        *account(3, "bob"),
        http("r5", "bob", "POST", "/api/friends/requests", token=token(4), json={"targetUserId": ALICE}),  # 4
        http(
            "r6", "alice", "PUT", "/api/friends/requests/${r5#/data/id}", token=token(2), json={"action": "accept"}
        ),  # 5
        connect("s1", "alice", 2),
        connect("s2", "bob", 4),  # 7
        {"step": "drop", "socket": "s2", "who": "bob"},  # 8
    ]
    match = {"type": "online-status", "data": {"userId": BOB, "status": "offline"}}
    assert {4, 5, 7, 8} <= needed({"check": "frame", "socket": "s1", "match": match, "max": 0}, "too many", steps)


def test_what_always_holds_needs_no_cause_but_what_is_answered() -> None:
    match = {"type": "message-ack", "data": {"client_msg_id": "m2-${run}"}}
    check = {"check": "frame", "socket": "s1", "match": match, "min": 1, "always": True}
    assert needed(check, "too few") == {9}
    assert needed(check, "too many") == set()
    pong = {"check": "frame", "socket": "s1", "match": {"type": "pong"}, "min": 1, "always": True}
    assert needed(pong, "too few") == {6, 8, 9, 12, 14}, "any step on the line may be what is to be answered"


def test_steps_go_with_what_they_hang_on() -> None:
    check = {"check": "frame", "socket": "s1", "match": {}, "min": 1}
    items = items_of(Trace(tuple(STEPS), check))

    def left(*gone: int) -> set[int] | None:
        kept = without_orphans([item for item in items if item.number not in gone], check, items)
        return None if kept is None else {item.number for item in kept}

    assert left() == set(range(15))
    assert left(5) == set(range(15)) - {5, 8}, "a reference"
    assert left(7) == set(range(15)) - {7}, "a connection that nothing is done on"
    assert left(6) is None, "the connection of the check"
    assert left(4) == set(range(15)) - {4, 9, 10, 11, 14}
    own = [
        *STEPS[:9],
        {"step": "expect", "id": "f2", "socket": "s2", "frame": {"data": {"client_msg_id": "m1-${run}"}}},
    ]
    items = items_of(Trace(tuple(own), check))
    assert left(8) == set(range(8)), "the frame that repeats what nobody has said"


def test_together_comes_apart_into_items_and_back() -> None:
    together: Step = {"step": "together", "steps": [STEPS[8], STEPS[9]]}
    trace = Trace((*STEPS[:8], together, STEPS[13]), {"check": "frame"}, "rule", "title")
    items = items_of(trace)
    assert trace_of(items, trace.check, trace) == trace
    assert [item.number for item in items] == list(range(11))
    assert trace_of([items[8]], trace.check, trace).steps == (STEPS[8],), "one alone is not together"


def small(url: str, check: Json, *steps: Json, **more: Any) -> Trace:
    limits = {"deadline": time.monotonic() + 30} | more
    found = asyncio.run(shrink_trace(Trace(steps, check), url, socket_contract(), **limits))
    assert found.reproduced
    return found.trace


def test_frames_get_simpler_where_that_changes_nothing() -> None:
    long = post("s1", "alice", GROUP, "a-rather-long-id-${run}")
    long["json"]["data"]["content"] = "some text of no importance"
    long["json"]["timestamp"] = 17
    match = {"type": "message-ack", "data": {"client_msg_id": "a-rather-long-id-${run}"}}
    check = {"check": "frame-value", "socket": "s1", "match": match, "pointer": "/data/seqId", "present": True}
    steps = [*STEPS[:5], connect("s1", "alice", 2), long]
    with little_server("ack without seqId") as url:
        trace = small(url, {**check, "always": True}, *steps)
        data = {"conversationId": GROUP, "content": "a", "messageType": 1, "client_msg_id": "b"}
        assert trace.steps[-1]["json"] == {"type": "send-message", "data": data}
        assert trace.check["match"]["data"] == {"client_msg_id": "b"}
        as_it_is = small(url, check, *steps)
        assert as_it_is.steps[-1] == long, "the text may be why"
        assert small(url, check, *steps, is_fair=lambda candidate: True).steps[-1]["json"]["data"] == data


def test_an_invalid_frame_stays_invalid_in_the_same_places() -> None:
    wrong = {"step": "send", "socket": "s1", "json": {"type": "ping", "data": {"extra": "some text"}, "timestamp": 1}}
    check = {"check": "frame", "socket": "s1", "match": {"type": "pong"}, "max": 0, "always": True, "within_s": 0.2}
    with little_server() as url:  # which answers it, though it is invalid
        trace = small(url, check, *STEPS[:2], connect("s1", "alice", 2), wrong)
    assert trace.steps[-1]["json"] == {"type": "ping", "data": {"extra": "a"}}


def test_a_layer_that_knows_says_what_is_fair() -> None:
    check = {"check": "response", "step": "r8", "status": [403]}
    asked: list[Trace] = []

    def is_fair(candidate: Trace) -> bool:
        asked.append(candidate)
        return any(step.get("id") == "r7" for step in candidate.steps)

    with little_server("lists to strangers") as url:
        trace = small(url, check, *STEPS, is_fair=is_fair)
    assert [step["id"] for step in trace.steps] == ["r1", "r2", "r3", "r4", "r5", "r7", "r8"]
    assert asked


def test_it_fails_in_the_same_way() -> None:
    """Without the first registration the second is no 400 either, but it is another thing that is wrong then."""
    check = {"check": "response", "step": "r9", "status": [400], "always": True}
    with little_server() as url:
        trace = small(url, check, *STEPS[:4], {**STEPS[0], "id": "r9"})
    assert [step["id"] for step in trace.steps] == ["r1", "r9"]


def test_what_need_not_run_together_does_not() -> None:
    needs_both = {**STEPS[0], "id": "r9", "json": {"username": "x-${run}", "password": f"{ALICE} {BOB}"}}
    check = {"check": "response", "step": "r9", "status": [400], "always": True}
    with little_server() as url:
        trace = small(url, check, {"step": "together", "steps": [STEPS[0], STEPS[2]]}, needs_both)
    assert [step.get("id") for step in trace.steps] == ["r1", "r3", "r9"]


def test_what_does_not_fail_is_left_as_it_is() -> None:
    trace = Trace(tuple(STEPS), {"check": "response", "step": "r8", "status": [403]})
    with little_server() as url:
        found = asyncio.run(shrink_trace(trace, url, deadline=time.monotonic() + 30, tries=2))
    assert (found.reproduced, found.trace, found.attempts, found.is_done) == (False, trace, 2, False)


@pytest.mark.parametrize("limits", [{"attempts": 3}, {"deadline": 0.0}])
def test_it_ends_in_time_with_the_best_so_far(limits: Json) -> None:
    trace = Trace(tuple(STEPS), {"check": "response", "step": "r8", "status": [403]})
    with little_server("lists to strangers") as url:
        found = asyncio.run(shrink_trace(trace, url, **({"deadline": time.monotonic() + 30} | limits)))
    assert found.reproduced
    assert not found.is_done
    assert found.attempts <= 3


def test_the_same_trace_gets_as_small_each_time() -> None:
    check = {"check": "response", "step": "r8", "status": [403]}
    with little_server("lists to strangers") as url:
        assert small(url, check, *STEPS) == small(url, check, *STEPS)
