"""A connection among several gateways gets what was stored after it counts, however late or early the record comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import gevent
import psycopg
import pytest

from generated.server_frames import MessageSender, NewMessageData, NewMessageFrame
from gochat.bus import MessagePosted
from gochat.commit import Committer
from gochat.services.connections import Connections
from gochat.ws.shared_registry import SharedRegistry
from models.postgres import WRITE_LOCK, PostgresStore, gateway_claims
from tests.harness.postgres import Postgres, waiting_by_greenlets

LATER = 2**52


@dataclass(eq=False)
class Ear:
    """The end of a session that the registry sees: notes the seqIds that are pushed to it."""

    user_id: str
    online_friends: set[str] = field(default_factory=set)
    heard: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = f"of-{self.user_id}"
        self.actor = SimpleNamespace(user_id=self.user_id, login_id="login")

    def send_frame(self, frame: bytes) -> None:
        self.heard.append(json.loads(frame[frame.index(b"{") :])["data"]["seqId"])


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture
def registry(url: str) -> Iterator[SharedRegistry]:
    with waiting_by_greenlets():
        store = PostgresStore(url, gateway_claims("here"))
        committer = Committer(store, lambda events: None)
        yield SharedRegistry(Connections(committer, "here", grace_s=0.0))
        committer.close(timeout_s=1.0)
        store.close()


def posted(seq_id: int, write: int | None, *, again: bool = False) -> MessagePosted:
    message = NewMessageData(
        id=str(seq_id),
        conversation_id="world",
        sender=MessageSender(id="ben", username="ben"),
        content="hello",
        message_type=1,
        seq_id=seq_id,
        created_at=1,
    )
    return MessagePosted(NewMessageFrame(data=message, timestamp=1), None, None, again, write)


def test_what_comes_while_a_connection_waits_for_its_turn_is_sorted_when_it_counts(
    registry: SharedRegistry, url: str
) -> None:
    anna = Ear("anna")
    with psycopg.connect(url) as writer:  # somebody else's write: it comes before
        writer.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
        number = int(writer.execute("SELECT pg_current_xact_id()::text").fetchone()[0])  # type: ignore[index]
        adding = gevent.spawn(registry.add, anna)
        gevent.sleep(0.2)
        registry.deliver([posted(1, number), posted(2, LATER), posted(3, number), posted(4, LATER)])
        assert anna.heard == [], "nobody knows yet which of them she has in her history"
    adding.get(timeout=5)
    assert anna.heard == [2, 4]
    registry.deliver([posted(5, number), posted(6, LATER)])
    assert anna.heard == [2, 4, 6]


def test_the_numbers_of_writes_grow_over_all_processes(registry: SharedRegistry, url: str) -> None:
    with waiting_by_greenlets():
        stores = [PostgresStore(url, gateway_claims(name)) for name in ("one", "other")]
        numbers = []
        for _ in range(3):
            for store in stores:
                store.begin()
                numbers.append(store.write_number)
                store.commit()
        for store in stores:
            store.close()
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0


def test_what_is_told_again_is_news_to_who_has_not_seen_it_and_is_not_its_sender(registry: SharedRegistry) -> None:
    anna, ben = Ear("anna"), Ear("ben")
    registry.add(anna)  # type: ignore[arg-type]
    registry.add(ben)  # type: ignore[arg-type]
    registry.deliver([posted(7, LATER), posted(7, None, again=True), posted(6, None, again=True)])
    assert (anna.heard, ben.heard) == ([7], [7])
    registry.deliver([posted(9, None, again=True), posted(9, None, again=True)])
    assert (anna.heard, ben.heard) == ([7, 9], [7])
