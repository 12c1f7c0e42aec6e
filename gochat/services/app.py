"""Puts the services together over one store and one committer."""

from __future__ import annotations

from dataclasses import dataclass

from gochat.commit import Committer
from gochat.config import Config
from gochat.services.accounts import Accounts
from gochat.services.conversations import Conversations
from gochat.services.friends import Friends
from gochat.services.limits import LimitMaker, local_limit
from gochat.services.members import Members
from gochat.services.messages import Messages
from gochat.services.passwords import Passwords
from gochat.services.tokens import AccessTokens
from models.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """All services; handlers of both edges get them from here."""

    accounts: Accounts
    conversations: Conversations
    members: Members
    messages: Messages
    friends: Friends


def build_services(
    config: Config, store: Store, committer: Committer, messages: Messages, new_limit: LimitMaker = local_limit
) -> Services:
    """Return the services for these settings.

    Args:
        messages: Those of this process, or of im-logic.
        new_limit: Makes the limits of logins: of this process, or of all that share the database.
    """
    tokens = AccessTokens(config.jwt_secret, config.access_token_ttl_s)
    return Services(
        accounts=Accounts(
            committer,
            Passwords(),
            tokens,
            login_rate=config.login_rate,
            refresh_ttl_s=config.refresh_token_ttl_s,
            new_limit=new_limit,
        ),
        conversations=Conversations(store, committer),
        members=Members(store, committer),
        messages=messages,
        friends=Friends(store, committer),
    )
