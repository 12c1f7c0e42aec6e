"""The SQL of the services: a list takes as many statements at any length, and every statement uses an index."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gochat.actor import Actor
from gochat.commit import Committer
from gochat.config import Config, load
from gochat.services.app import Services, build_services
from gochat.services.messages import Messages
from models import accounts, buckets, connections, conversations, friends, members, messages
from models.ids import new_id
from models.store import Store
from models.tables import FriendRequest, Membership
from tests.unit.databases import KINDS, Database, OpenDatabase, traced
from tests.unit.people import draft, make_groups, make_users, post_batch, write
from tests.unit.plans import Access, planner_of, scans
from tests.unit.walk import walk, walk_as_gateway

COUNTS = (1, 20, 100)
QUERY_MODULES = (accounts, conversations, friends, members, messages)
SHARED_QUERY_MODULES = (buckets, connections)
NO_LIMITS = {"GOCHAT_MESSAGE_RATE": "0", "GOCHAT_LOGIN_RATE": "0"}

NARROW = (
    Access("users_is_guest_username_key", ("is_guest=", "username_key<", "username_key>")),
    Access("messages_conversation_id_seq_id", ("conversation_id=", "seq_id<")),
    Access("messages_conversation_id_seq_id", ("conversation_id=", "seq_id>")),
    Access("messages_conversation_id_seq_id", ("conversation_id=", "seq_id=")),
    Access("messages_conversation_id_sender_id_seq_id", ("conversation_id=", "sender_id=", "seq_id>")),
    Access("messages_sender_id_client_msg_id", ("client_msg_id=", "sender_id=")),
    Access("logins_expires_at", ("expires_at<",)),
)
"""How search, history, last messages, unread counts, repeats and the purge must use their index: by all of it."""

SHARED = ("gateways", "connections", "rate_buckets")
"""Tables that only several processes use, and those only on PostgreSQL."""

SMALL = ("gateways", "gateways_pkey")
"""What has so few rows (one a process) that it may be read whole."""

AT_START = "WITH changed (id, type, last_seq)"
"""How the statement begins that sorts all conversations: im-logic's, at its start and after a loss."""


@pytest.fixture
def services(store: Store, committer: Committer, tmp_path: Path) -> Services:
    config = load(tmp_path / "data", NO_LIMITS)
    return in_process(config, store, committer)


def in_process(config: Config, store: Store, committer: Committer) -> Services:
    """The services of a process that is the only one."""
    messages = Messages(store, committer, message_rate=config.message_rate)
    return build_services(config, store, committer, messages)


class Crowd:
    """One user in the middle of `count` others: his single chats, a group, its history, his friends and requests."""

    def __init__(self, committer: Committer, services: Services, count: int) -> None:
        self.services = services
        self.count = count
        self.user, *self.others = make_users(committer, 1 + count)
        self.group, self.new_group = make_groups(committer, [[self.user, *self.others[:99]], [self.user]])
        singles = [services.conversations.open_single(self.user, [other.user_id])[0].id for other in self.others]
        groups = make_groups(committer, [[other, self.user] for other in self.others])
        sends = [draft(other, id_) for id_, other in zip(singles + groups, self.others * 2, strict=True)]
        sends += [draft(self.user, id_) for id_ in singles[::2] + groups]
        sends += [draft(self.others[0], self.group) for _ in range(count)]
        post_batch(committer, sends)
        write(committer, self._befriend)

    def _befriend(self) -> None:
        for number, other in enumerate(self.others):
            friends.insert_friendship(self.user.user_id, other.user_id, 0)
            FriendRequest.insert(
                id=new_id(),
                requester_id=other.user_id,
                target_id=self.user.user_id,
                pair_key=str(number),
                created_at=0,
                updated_at=0,
            ).execute()


def list_conversations(crowd: Crowd, user: Actor) -> int:
    """Lists single chats and groups by turns: most have messages, of oneself and of others, that are not read."""
    listed = crowd.services.conversations.list_page(user, page=1, size=100, conversation_type=None).conversations
    assert sum(int(item.unread_count or 0) for item in listed) >= crowd.count
    return len(listed)


LISTS: dict[str, Callable[[Crowd, Actor], int]] = {
    "conversations": list_conversations,
    "members": lambda c, u: len(c.services.members.list_page(u, c.group, page=1, size=100, role=None).members),
    "details": lambda c, u: len(c.services.conversations.show(u, c.group).members or ()),
    "history": lambda c, u: len(c.services.messages.history(u, c.group, cursor=None, after=None, limit=100).messages),
    "friends": lambda c, u: len(c.services.friends.list_friends(u).friends),
    "requests": lambda c, u: len(c.services.friends.list_requests(u, received=True, status=None).requests),
    "search": lambda c, u: len(c.services.accounts.search(u, "u-", min(c.count, 20)).users),
    "creation of a group": lambda c, u: (
        c.services.conversations.create_group(
            u, [other.user_id for other in c.others], name="new", description=None
        ).member_count
    ),
    "adding of members": lambda c, u: len(
        c.services.members.add(u, c.new_group, [other.user_id for other in c.others]).members
    ),
}


def test_a_list_takes_the_same_number_of_statements_at_any_length(
    store: Store, committer: Committer, services: Services
) -> None:
    table: dict[str, list[int]] = {name: [] for name in LISTS}
    for count in COUNTS:
        crowd = Crowd(committer, services, count)
        for name, run in LISTS.items():
            with traced(store) as trace:
                assert run(crowd, crowd.user) >= min(count, 20), name
            table[name].append(len(trace.statements))
    for name, numbers in table.items():
        print(f"{name}: {numbers} statements for {COUNTS}")
    assert {name: len(set(numbers)) for name, numbers in table.items()} == dict.fromkeys(LISTS, 1)


def shape_of(sql: str) -> str:
    """Returns a statement with its lists cut to one place, so that equal ones are looked at once."""
    place = r"(?:\?|%s)"
    sql = re.sub(rf"\({place}(?:, ?{place})*\)", "(?)", sql)
    return re.sub(r"\(\?\)(?:, ?\(\?\))+", "(?)", sql)


@dataclass(frozen=True)
class WalkedSql:
    """What a walk through all services asked of the database.

    Attributes:
        kind: Of the database.
        plans: How each statement, by its shape, gets to its rows.
        indexes: Names of the indexes that are there for speed alone.
    """

    kind: str
    plans: dict[str, list[Access]]
    indexes: set[str]

    def accesses(self) -> set[Access]:
        return {access for plan in self.plans.values() for access in plan}


@pytest.fixture(scope="module", params=KINDS)
def walked(
    request: pytest.FixtureRequest,
    open_database: OpenDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> WalkedSql:
    """The statements of one walk; its database is closed when the tests look at them."""
    with ExitStack() as stack:
        database = open_database(stack, request.param)
        committer = Committer(database.store, lambda events: None)
        with traced(database.store) as trace:
            walk(in_process(load(tmp_path_factory.mktemp("walk"), NO_LIMITS), database.store, committer))
            if request.param == "postgres":
                walk_as_gateway(committer)
        committer.close(timeout_s=1.0)
        planner = planner_of(database)
        statements = {shape_of(sql): (sql, parameters) for sql, parameters in trace.statements}
        plans = {shape: planner.plan(statement) for shape, statement in statements.items()}
        return WalkedSql(request.param, plans, planner.speed_indexes())


def test_every_statement_of_the_services_uses_an_index(walked: WalkedSql) -> None:
    print(f"{len(walked.plans)} statements")
    scanning = {
        shape: found
        for shape, plan in walked.plans.items()
        if not shape.startswith(AT_START) and (found := [access for access in scans(plan) if access.place not in SMALL])
    }
    assert scanning == {}
    assert len(walked.plans) > 50


@pytest.mark.parametrize("access", NARROW, ids=lambda access: access.place)
def test_what_grows_for_ever_is_read_only_where_it_is_wanted(walked: WalkedSql, access: Access) -> None:
    assert access in walked.accesses()


def test_every_index_serves_a_statement_or_a_rule(walked: WalkedSql) -> None:
    used = {access.place for access in walked.accesses()}
    unused = {index for index in walked.indexes - used if walked.kind == "postgres" or not index.startswith(SHARED)}
    assert unused == set(), "each costs every write to its table"


def test_a_scan_is_noticed(database: Database) -> None:
    planner = planner_of(database)
    assert scans(planner.plan(("SELECT * FROM messages WHERE content = 'x'", ()))) == [Access("messages", ())]
    assert scans(planner.plan(("SELECT t1.id FROM users AS t1 ORDER BY t1.username_key", ())))
    assert scans(planner.plan(Membership.select().where(Membership.role == 1).sql()))


def test_the_walk_calls_every_query_that_there_is(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[str] = set()
    everything = {name for module in QUERY_MODULES for name in _note_calls(module, called, monkeypatch)}
    walk(services)
    assert everything - called == set()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # what several processes ask is for PostgreSQL alone
def test_the_walk_of_a_gateway_calls_every_query_that_there_is(
    committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: set[str] = set()
    everything = {name for module in SHARED_QUERY_MODULES for name in _note_calls(module, called, monkeypatch)}
    walk_as_gateway(committer)
    assert everything - called == set()


def _note_calls(module: ModuleType, called: set[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets the public functions of a module note in `called` that they were; returns their names."""

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def note(*arguments: Any, **options: Any) -> Any:
            called.add(name)
            return function(*arguments, **options)

        return note

    own = [
        (f"{module.__name__}.{name}", name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    for full_name, name, function in own:
        monkeypatch.setattr(module, name, noting(full_name, function))
    return [full_name for full_name, _, _ in own]
