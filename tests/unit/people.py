"""Puts accounts, conversations and messages straight into a database: what services would do, without passwords."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.event import AsyncResult

from gochat.actor import Actor
from gochat.commit import Committer, Runner
from gochat.services.posting import Draft, post_drafts
from models import accounts, conversations, members
from models.ids import new_id
from models.tables import GROUP, MEMBER, OWNER, WORLD_ID


def write(committer: Committer, work: Callable[[], Any]) -> Any:
    """Runs `work` in a transaction and returns its result once that is durable."""
    return committer.run(lambda transaction: work())


def make_users(committer: Committer, count: int, *, is_guest: bool = False) -> list[Actor]:
    """Makes accounts that are in the world chat; each acts under a login that is not stored."""

    def insert() -> list[Actor]:
        now, actors = int(time.time()), []
        for _ in range(count):
            user_id = new_id()
            accounts.insert_user(
                id=user_id,
                username=f"u-{user_id}",
                username_key=f"u-{user_id}",
                is_guest=is_guest,
                created_at=now,
                updated_at=now,
            )
            actors.append(Actor(user_id, "no-login", f"u-{user_id}", is_guest, now + 3600))
        members.insert_members(WORLD_ID, [(actor.user_id, MEMBER) for actor in actors], read_seq=0, now=now)
        conversations.change_member_count(WORLD_ID, count)
        return actors

    return write(committer, insert)  # type: ignore[no-any-return]


def make_groups(committer: Committer, people: Iterable[Sequence[Actor]]) -> list[str]:
    """Makes a group of each of these sets of people; the first of a set owns it. Returns the ids."""

    def insert() -> list[str]:
        now, ids = int(time.time()), []
        for owner, *others in people:
            conversation_id = new_id()
            conversations.insert_conversation(
                id=conversation_id,
                type=GROUP,
                name="group",
                owner_id=owner.user_id,
                member_count=1 + len(others),
                created_at=now,
                updated_at=now,
            )
            roles = [(owner.user_id, OWNER), *((actor.user_id, MEMBER) for actor in others)]
            members.insert_members(conversation_id, roles, read_seq=0, now=now)
            ids.append(conversation_id)
        return ids

    return write(committer, insert)  # type: ignore[no-any-return]


def draft(sender: Actor, conversation_id: str, content: str = "hello", client_msg_id: str | None = None) -> Draft:
    """Returns a text message to be posted over HTTP."""
    return Draft(sender.user_id, conversation_id, 1, content, client_msg_id, origin=None)


def submit_all(committer: Committer, runner: Runner, writes: Iterable[Any]) -> list[Any]:
    """Queues all writes before the committer can run, and returns their outcomes (exceptions too), in order."""
    waiters = []
    for item in writes:
        waiters.append(waiter := AsyncResult())
        committer.submit(runner, item, waiter.set)
    return [waiter.get() for waiter in waiters]


def post_batch(committer: Committer, drafts: Iterable[Draft]) -> list[Any]:
    """Posts all drafts in one transaction and returns their outcomes."""
    return submit_all(committer, post_drafts, drafts)


@contextmanager
def ticking(every_s: float = 0.002) -> Iterator[list[float]]:
    """Notes the time again and again in a greenlet of its own, as long as the hub is not blocked."""
    ticks: list[float] = []

    def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            gevent.sleep(every_s)

    greenlet = gevent.spawn(tick)
    try:
        yield ticks
    finally:
        greenlet.kill()
