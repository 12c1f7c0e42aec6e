"""The SQL of the services: a list takes as many statements at any length, and every statement uses an index."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gochat.actor import Actor
from gochat.commit import Committer
from gochat.config import load
from gochat.services.app import Services, build_services
from models import accounts, conversations, friends, members, messages
from models.ids import new_id
from models.store import Store
from models.tables import FriendRequest, Membership
from tests.unit.people import draft, make_groups, make_users, post_batch, traced, write
from tests.unit.walk import walk

COUNTS = (1, 20, 100)
QUERY_MODULES = (accounts, conversations, friends, members, messages)
IN_MEMORY = re.compile(
    r"SCAN (wanted|taken|CONSTANT ROW|\d+ CONSTANT ROWS)$"
)  # VALUES lists, those of the send path too
BOUNDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")

NO_LIMITS = {"GOCHAT_MESSAGE_RATE": "0", "GOCHAT_LOGIN_RATE": "0"}

NARROW = (
    "users_is_guest_username_key (is_guest=? AND username_key>? AND username_key<?)",
    "messages_conversation_id_seq_id (conversation_id=? AND seq_id<?)",
    "messages_conversation_id_seq_id (conversation_id=? AND seq_id>?)",
    "messages_conversation_id_seq_id (conversation_id=? AND seq_id=?)",
    "messages_conversation_id_sender_id_seq_id (conversation_id=? AND sender_id=? AND seq_id>?)",
    "messages_sender_id_client_msg_id (sender_id=? AND client_msg_id=?)",
    "logins_expires_at (expires_at<?)",
)
"""How search, history, last messages, unread counts, repeats and the purge must use their index: by all of it."""

EXCEPTIONS: dict[str, str] = {}
"""Statements, by shape, that may scan a table, each with the reason."""


@pytest.fixture
def services(store: Store, committer: Committer, tmp_path: Path) -> Services:
    config = load(tmp_path / "data", NO_LIMITS)
    return build_services(config, store, committer)


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
            with traced(store) as statements:
                assert run(crowd, crowd.user) >= min(count, 20), name
            table[name].append(len([sql for sql in statements if not sql.startswith(BOUNDS)]))
    for name, numbers in table.items():
        print(f"{name}: {numbers} statements for {COUNTS}")
    assert {name: len(set(numbers)) for name, numbers in table.items()} == dict.fromkeys(LISTS, 1)


def shape_of(sql: str) -> str:
    """Returns a statement without its values, so that equal ones are looked at once."""
    sql = re.sub(r"'(?:[^']|'')*'", "?", sql)
    sql = re.sub(r"(?<![\w\"])-?\d+(?:\.\d+)?(?![\w\"])", "?", sql)
    sql = re.sub(r"\bNULL\b(?=\s*[,)])", "?", sql)
    sql = re.sub(r"\(\?(?:, ?\?)*\)", "(?)", sql)
    return re.sub(r"\(\?\)(?:, ?\(\?\))+", "(?)", sql)


@dataclass(frozen=True)
class WalkedSql:
    """What a walk through all services asked of the database.

    Attributes:
        plans: The lines of the query plan of each statement, by its shape.
        indexes: Names of the indexes that are there for speed alone; unique ones state a rule.
    """

    plans: dict[str, list[str]]
    indexes: set[str]

    def lines(self) -> list[str]:
        return [line for plan in self.plans.values() for line in plan]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> WalkedSql:
    """The statements of one walk; its database is closed when the tests look at them."""
    data_dir = tmp_path_factory.mktemp("walk")
    store = Store(data_dir / "gochat.db")
    store.migrate()
    committer = Committer(store, lambda events: None)
    with traced(store) as statements:
        walk(build_services(load(data_dir, NO_LIMITS), store, committer))
    committer.close(timeout_s=1.0)
    plans = {shape_of(sql): plan_of(store, sql) for sql in statements if not sql.startswith(BOUNDS)}
    listed = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
    indexes = {name for (name,) in store._database.connection().execute(listed)}
    store.close()
    return WalkedSql(plans, indexes)


def plan_of(store: Store, sql: str) -> list[str]:
    """Returns the lines of the query plan."""
    return [detail for *_, detail in store._database.connection().execute(f"EXPLAIN QUERY PLAN {sql}")]


def scans(plan: list[str]) -> list[str]:
    """Returns the lines that read a whole table, or a whole index."""
    return [line for line in plan if line.startswith("SCAN") and not IN_MEMORY.match(line)]


def test_every_statement_of_the_services_uses_an_index(walked: WalkedSql) -> None:
    print(f"{len(walked.plans)} statements")
    scanning = {shape: found for shape, plan in walked.plans.items() if (found := scans(plan))}
    assert {shape: found for shape, found in scanning.items() if shape not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(scanning), "an exception that is needed no more"
    assert len(walked.plans) > 50


@pytest.mark.parametrize("use", NARROW)
def test_what_grows_for_ever_is_read_only_where_it_is_wanted(walked: WalkedSql, use: str) -> None:
    assert any(use in line for line in walked.lines())


def test_every_index_serves_a_statement_or_a_rule(walked: WalkedSql) -> None:
    used = {word for line in walked.lines() for word in line.split()}
    assert walked.indexes - used == set(), "each costs every write to its table"


def test_a_scan_is_noticed(store: Store) -> None:
    assert scans(plan_of(store, "SELECT * FROM messages WHERE content = 'x'")) == ["SCAN messages"]
    assert scans(plan_of(store, "SELECT t1.id FROM users AS t1 ORDER BY t1.username_key"))
    assert scans(plan_of(store, str(Membership.select().where(Membership.role == 1))))


def test_the_walk_calls_every_query_that_there_is(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[str] = set()

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def note(*arguments: Any, **options: Any) -> Any:
            called.add(name)
            return function(*arguments, **options)

        return note

    everything = {
        f"{module.__name__}.{name}"
        for module in QUERY_MODULES
        for name in _replace_queries(module, noting, monkeypatch)
    }
    walk(services)
    assert everything - called == set()


def _replace_queries(
    module: ModuleType,
    noting: Callable[[str, Callable[..., Any]], Callable[..., Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """Lets the public functions of a module note that they were called; returns their names."""
    own = [
        (name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    for name, function in own:
        monkeypatch.setattr(module, name, noting(f"{module.__name__}.{name}", function))
    return [name for name, _ in own]
