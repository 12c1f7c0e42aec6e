"""Accounts and logins: registering, logging in and out, refreshing, one's profile, finding others."""

from __future__ import annotations

import secrets
import time

from generated import responses
from generated.errors import AuthFailed, Forbidden, InvalidCredentials, UsernameTaken
from gochat.actor import Actor
from gochat.bus import LoginEnded
from gochat.commit import Committer, Transaction
from gochat.services.limits import LimitMaker, local_limit
from gochat.services.passwords import Passwords
from gochat.services.tokens import AccessTokens, new_refresh_token, refresh_token_hash
from gochat.services.views import user_view
from models import accounts, conversations, members
from models.ids import new_id
from models.tables import MEMBER, WORLD_ID, User

FAILED_LOGINS_PER_MIN = 10
"""Failed logins an account; the same for names that nobody has, so that they can't be told apart."""


class Accounts:
    """Everything about who somebody is.

    Args:
        login_rate: Register, login and guest attempts a minute and address; 0 for no limit of any kind.
        refresh_ttl_s: Life of a refresh token.
        new_limit: Makes the limits.
    """

    def __init__(
        self,
        committer: Committer,
        passwords: Passwords,
        tokens: AccessTokens,
        *,
        login_rate: int,
        refresh_ttl_s: int,
        new_limit: LimitMaker = local_limit,
    ) -> None:
        self._committer = committer
        self._passwords = passwords
        self._tokens = tokens
        self._refresh_ttl_s = refresh_ttl_s
        self._by_address = new_limit("login", login_rate / 60, login_rate)
        failed_per_s = FAILED_LOGINS_PER_MIN / 60 if login_rate else 0
        self._failed = new_limit("failed", failed_per_s, FAILED_LOGINS_PER_MIN)

    def authenticate(self, access_token: str) -> Actor:
        """Return who an access token speaks for.

        Raises:
            AuthFailed: bad, expired or revoked.
        """
        claims = self._tokens.read(access_token)
        row = accounts.find_actor(claims.user_id, claims.login_id) if claims else None
        if claims is None or row is None or row.revoked:
            raise AuthFailed()
        return Actor(row.user_id, claims.login_id, row.username, row.is_guest, claims.expires_at)

    def register(self, username: str, password: str, address: str) -> responses.RegisteredUser:
        """Make an account.

        Raises:
            RateLimited: too many attempts from `address`.
            UsernameTaken: somebody has the name, in any case.
        """
        self._by_address.take(address)
        if accounts.find_user_by_name(username) is not None:
            raise UsernameTaken()  # before the hash, which is dear
        password_hash = self._passwords.hash(password)

        def write(transaction: Transaction) -> User:
            if accounts.find_user_by_name(username) is not None:
                raise UsernameTaken()
            return _insert_user(username, password_hash=password_hash, is_guest=False, now=int(time.time()))

        return responses.RegisteredUser(user=user_view(self._committer.run(write)))

    def log_in(self, username: str, password: str, address: str) -> responses.Session:
        """Start a login.

        Raises:
            RateLimited: too many attempts from `address`, or too many failed ones on the account.
            InvalidCredentials: unknown user or wrong password; which of them can't be told, nor timed.
        """
        self._by_address.take(address)
        name = username.lower()
        self._failed.take(name)  # before the slow part, or parallel guesses would all pass
        user = accounts.find_user_by_name(username)
        if not self._passwords.verify(user.password_hash if user else None, password) or user is None:
            raise InvalidCredentials()
        self._failed.give_back(name)
        return self._committer.run(lambda transaction: self._start_login(user, int(time.time())))

    def enter_as_guest(self, address: str) -> responses.Session:
        """Make a guest account and start a login with it.

        Raises:
            RateLimited: too many attempts from `address`.
        """
        self._by_address.take(address)
        username = f"guest-{secrets.token_hex(8)}"

        def write(transaction: Transaction) -> responses.Session:
            now = int(time.time())
            return self._start_login(_insert_user(username, password_hash=None, is_guest=True, now=now), now)

        return self._committer.run(write)

    def log_out(self, actor: Actor) -> None:
        """End the actor's login: its tokens stop working and its live socket closes. Other logins stay."""

        def write(transaction: Transaction) -> None:
            accounts.revoke_login(actor.login_id, int(time.time()))
            transaction.emit(LoginEnded(actor.login_id))

        self._committer.run(write)

    def refresh(self, refresh_token: str) -> responses.Session:
        """Give new tokens for a refresh token, which is spent by that.

        Raises:
            AuthFailed: unknown, expired, revoked or spent. A spent one was stolen or copied: its whole login ends.
        """
        token_hash = refresh_token_hash(refresh_token)

        def write(transaction: Transaction) -> responses.Session | None:
            now = int(time.time())
            stored = accounts.find_refresh_token(token_hash)
            login = accounts.find_login(stored.login_id) if stored is not None else None
            if stored is None or login is None or login.revoked_at is not None or stored.expires_at <= now:
                return None
            if stored.used_at is not None:
                accounts.revoke_login(login.id, now)
                transaction.emit(LoginEnded(login.id))
                return None
            accounts.use_refresh_token(token_hash, now)
            user = accounts.find_user(login.user_id)
            return None if user is None else self._session(user, login.id, now)

        session = self._committer.run(write)
        if session is None:  # an exception inside would undo the revocation
            raise AuthFailed()
        return session

    def profile(self, actor: Actor) -> responses.User:
        """Return the actor's account."""
        user = accounts.find_user(actor.user_id)
        if user is None:
            raise AuthFailed()
        return user_view(user)

    def set_avatar(self, actor: Actor, avatar_url: str) -> responses.User:
        """Change the actor's avatar.

        Raises:
            Forbidden: the actor is a guest.
        """
        refuse_guest(actor)
        self._committer.run(lambda transaction: accounts.update_avatar(actor.user_id, avatar_url, int(time.time())))
        return self.profile(actor)

    def search(self, actor: Actor, prefix: str, limit: int) -> responses.UserList:
        """Return up to `limit` accounts whose name starts with `prefix`, by name.

        Raises:
            Forbidden: the actor is a guest.
        """
        refuse_guest(actor)
        return responses.UserList(users=[user_view(user) for user in accounts.search_users(prefix, limit)])

    def purge(self) -> int:
        """Forget logins that no token can name any more."""
        return self._committer.run(lambda transaction: accounts.purge_logins(int(time.time())))

    def _start_login(self, user: User, now: int) -> responses.Session:
        login_id = new_id()
        accounts.insert_login(login_id, user.id, now, now + self._refresh_ttl_s)
        return self._session(user, login_id, now)

    def _session(self, user: User, login_id: str, now: int) -> responses.Session:
        refresh_token = new_refresh_token()
        refresh_expires_at = now + self._refresh_ttl_s
        accounts.insert_refresh_token(refresh_token_hash(refresh_token), login_id, refresh_expires_at)
        accounts.extend_login(login_id, max(refresh_expires_at, now + self._tokens.ttl_s))
        return responses.Session(
            access_token=self._tokens.issue(user.id, login_id, now),
            refresh_token=refresh_token,
            expires_in=self._tokens.ttl_s,
            user=user_view(user),
        )


def refuse_guest(actor: Actor) -> None:
    """Raise Forbidden for a guest: guests see and use the world chat only."""
    if actor.is_guest:
        raise Forbidden()


def _insert_user(username: str, *, password_hash: str | None, is_guest: bool, now: int) -> User:
    """Store an account and put it into the world chat; must run in a write."""
    user = accounts.insert_user(
        id=new_id(),
        username=username,
        username_key=username.lower(),
        password_hash=password_hash,
        is_guest=is_guest,
        created_at=now,
        updated_at=now,
    )
    world = conversations.find_conversation(WORLD_ID)
    if world is None:
        raise RuntimeError("the world chat is missing: the first migration makes it")
    members.insert_members(WORLD_ID, [(user.id, MEMBER)], read_seq=world.last_seq, now=now)
    conversations.change_member_count(WORLD_ID, 1)
    return user
