"""A walk through every method of every service, as users would take it: for tests of the SQL that comes of it."""

from __future__ import annotations

import gevent

from gochat.actor import Actor
from gochat.commit import Committer
from gochat.services.app import Services
from gochat.services.connections import Connections
from gochat.services.limits import SharedRateLimit
from gochat.services.posting import find_latest
from models import buckets, connections, friends
from models.tables import ADMIN, GROUP, OWNER, SINGLE, WORLD_ID

PASSWORD = "correct horse"
ADDRESS = "192.0.2.1"


def walk(services: Services) -> None:
    """Calls all operations, each in the forms that make SQL of its own."""
    anna, ben, cleo = (_enter(services, name) for name in ("anna", "ben", "cleo"))
    accounts, conversations, members = services.accounts, services.conversations, services.members

    accounts.enter_as_guest(ADDRESS)
    accounts.profile(anna)
    accounts.set_avatar(anna, "https://example.org/anna.png")
    accounts.search(anna, "a", 10)

    single, _ = conversations.open_single(anna, [ben.user_id])
    conversations.open_single(anna, [ben.user_id])
    group = conversations.create_group(anna, [ben.user_id], name="group", description="about")
    conversations.edit(anna, group.id, name="renamed", avatar_url=None, description=None)
    members.add(anna, group.id, [ben.user_id, cleo.user_id])
    members.change_role(anna, group.id, ben.user_id, ADMIN)

    for conversation_id in (single.id, group.id, WORLD_ID):
        services.messages.post(anna, conversation_id, 1, "hello", "id-" + conversation_id)
        services.messages.post(ben, conversation_id, 1, "hello", None)
    services.messages.post(anna, group.id, 1, "hello", "id-" + group.id)
    find_latest()
    services.messages.history(anna, group.id, cursor=None, after=None, limit=50)
    services.messages.history(anna, group.id, cursor=2, after=None, limit=50)
    services.messages.history(anna, group.id, cursor=None, after=0, limit=50)

    for conversation_type in (None, SINGLE, GROUP):
        conversations.list_page(anna, page=1, size=20, conversation_type=conversation_type)
    conversations.list_page(anna, page=2, size=1, conversation_type=None)
    conversations.show(anna, group.id)
    conversations.show(anna, WORLD_ID)
    members.list_page(anna, group.id, page=1, size=20, role=None)
    members.list_page(anna, group.id, page=2, size=1, role=ADMIN)
    services.messages.mark_read(anna, group.id, 1)

    _befriend(services, anna, ben, cleo)

    members.change_role(anna, group.id, ben.user_id, OWNER)
    members.remove(ben, group.id, cleo.user_id)
    members.remove(ben, group.id, ben.user_id)
    members.remove(anna, group.id, anna.user_id)

    session = accounts.log_in("Anna", PASSWORD, ADDRESS)
    again = accounts.authenticate(accounts.refresh(session.refresh_token).access_token)
    accounts.log_out(again)
    accounts.purge()


def _enter(services: Services, name: str) -> Actor:
    services.accounts.register(name, PASSWORD, ADDRESS)
    session = services.accounts.log_in(name, PASSWORD, ADDRESS)
    return services.accounts.authenticate(session.access_token)


def _befriend(services: Services, anna: Actor, ben: Actor, cleo: Actor) -> None:
    accepted = services.friends.ask(anna, ben.user_id, "hello")
    rejected = services.friends.ask(cleo, anna.user_id, None)
    services.friends.answer(ben, accepted.id, accept=True)
    services.friends.answer(anna, rejected.id, accept=False)
    services.friends.list_friends(anna)
    services.friends.friend_ids(anna.user_id)
    for received in (True, False):
        for status in (None, 1):
            services.friends.list_requests(anna, received=received, status=status)


def walk_as_gateway(committer: Committer) -> None:
    """Calls all that a gateway among several asks of storage."""
    gateway = Connections(committer, "here", grace_s=0.0)
    gateway.join()
    anna, ben = (Actor(name, "login", name, False, 0) for name in ("anna", "ben"))
    committer.run(lambda transaction: friends.insert_friendship(anna.user_id, ben.user_id, 0))
    for actor in (anna, ben):
        gateway.connect(actor, f"of-{actor.user_id}")
    assert gateway.beat()
    gateway.held()
    gateway.online([anna.user_id, ben.user_id])
    gateway.rejoin([(anna.user_id, "of-anna", "login")])
    connections.find_holders([anna.user_id, ben.user_id])
    connections.list_gateways()
    gateway.disconnect(anna.user_id, "of-anna")
    gevent.sleep(0.1)  # the grace period is over at once
    committer.run(lambda transaction: connections.disconnect(ben.user_id, "of-ben"))
    gateway.sweep()
    Connections(committer, "dead", grace_s=0.0).join()
    committer.run(lambda transaction: connections.delete_dead_gateways(-1000))
    gateway.leave()

    limit = SharedRateLimit("name", 1.0, 2.0)
    limit.take("key")
    limit.give_back("key")
    buckets.purge("name:", 0.0)
