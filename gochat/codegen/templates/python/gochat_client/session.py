"""One login: its tokens, renewed before they end, kept where the app wants them, and the HTTP calls made with them.

A refresh token is good for one refresh, and one that is used twice ends the login: so there is one refresh at a time.
Knows the API by what `api` calls; nothing of the socket.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from .catalogue import REFRESH_PATH
from .failures import ConnectionLost, GoChatError
from .http_types import RefreshRequest, User
from .http_types import Session as SessionData
from .reading import Unreadable, read

Result = TypeVar("Result")

MARGIN = 0.2
"""A token is renewed when less of its life is left, and at most a minute."""
MARGIN_MAX_S = 60.0
NEARLY_OVER_S = 1.0
RETRY_S = 5.0
TIMEOUT = httpx.Timeout(20.0, connect=10.0)


class StoredSession(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a login.

    Attributes:
        expires_at_s: When the access token ends, in Unix seconds of this machine's clock.
        expires_in_s: The life of the access token.
    """

    access_token: str
    refresh_token: str
    expires_at_s: float
    expires_in_s: float
    user: User


class SessionStore(Protocol):
    """Where a login is kept."""

    def load(self) -> StoredSession | None:
        """Returns the login; None: there is none."""

    def save(self, session: StoredSession | None) -> None:
        """Keeps the login; None: forgets it."""


class MemoryStore:
    """Keeps the login as long as the process lives."""

    def __init__(self) -> None:
        self._kept: StoredSession | None = None

    def load(self) -> StoredSession | None:
        """Returns the login; None: there is none."""
        return self._kept

    def save(self, session: StoredSession | None) -> None:
        """Keeps the login; None: forgets it."""
        self._kept = session


class FileStore:
    """Keeps the login in a file that only its owner can read. For one process at a time."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> StoredSession | None:
        """Returns the login; None: there is none, or the file is not one of ours."""
        try:
            return read(StoredSession, msgspec.json.decode(self._path.read_bytes()))
        except (OSError, msgspec.DecodeError, Unreadable):
            return None

    def save(self, session: StoredSession | None) -> None:
        """Keeps the login; None: forgets it. The file is whole at any time."""
        if session is None:
            self._path.unlink(missing_ok=True)
            return
        beside = self._path.with_name(f".{self._path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(session))
        os.replace(beside, self._path)


class Session:
    """A login, or none yet, and HTTP calls in its name."""

    def __init__(
        self,
        url: str,
        store: SessionStore,
        language: str | None,
        *,
        user_changed: Callable[[User | None], None],
        renewed: Callable[[], None],
    ) -> None:
        """Prepares. `url` is the API's address, with its base path."""
        self._url = url
        self._store = store
        self._user_changed = user_changed
        self._renewed = renewed
        self.headers = {} if language is None else {"Accept-Language": language}
        self._http: httpx.AsyncClient | None = None
        self._renewing: asyncio.Task[str] | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def user(self) -> User | None:
        """Who is logged in; None: nobody."""
        session = self._store.load()
        return None if session is None else session.user

    def adopt(self, data: SessionData | None) -> None:
        """Takes over the tokens of a login; None: forgets them."""
        self._store.save(None if data is None else _stored(data))
        self._keep_fresh(anew=True)
        self._user_changed(self.user)

    async def access(self) -> str:
        """Returns a token that is good for a while.

        Raises:
            GoChatError: AUTH_FAILED, when there is none to be had.
            ConnectionLost: no answer.
        """
        session = self._store.load()
        if session is None:
            raise GoChatError("AUTH_FAILED", "nobody is logged in")
        self._keep_fresh()
        if session.expires_at_s - time.time() > NEARLY_OVER_S:
            return session.access_token
        return await self.renew(session.access_token)

    async def renew(self, refused: str) -> str:
        """Returns another token than `refused`; raises like `access`."""
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew(refused))
        return await asyncio.shield(self._renewing)  # whoever stops waiting does not stop it: the token would be lost

    async def call(
        self,
        method: str,
        path: str,
        result: type[Result],
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        is_open: bool = False,
    ) -> Result:
        """Returns the `data` of the answer. A token that is refused is renewed, once.

        Raises:
            GoChatError: the server refused.
            ConnectionLost: no answer, or one that is not of a GoChat server.
        """
        if is_open:
            return _data_of(await self._send(method, path, query, body, None), result)
        token = await self.access()
        response = await self._send(method, path, query, body, token)
        if response.status_code == 401:
            response = await self._send(method, path, query, body, await self.renew(token))
        return _data_of(response, result)

    async def finish(self) -> None:
        """Closes the connections. The login stays where it is kept."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._renewing is not None:
            await asyncio.gather(self._renewing, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _renew(self, refused: str) -> str:
        session = self._store.load()
        if session is None:
            raise GoChatError("AUTH_FAILED", "nobody is logged in")
        if session.access_token != refused:
            return session.access_token  # somebody else was faster
        body = RefreshRequest(refresh_token=session.refresh_token)
        try:
            data = await self.call("POST", REFRESH_PATH, SessionData, body=body, is_open=True)
        except GoChatError as error:
            if error.code == "AUTH_FAILED" and self._is_still(session):
                self.adopt(None)
            raise
        if not self._is_still(session):  # logged out, or another login, meanwhile
            return self._kept_token()
        self.adopt(data)
        self._renewed()
        return data.access_token

    def _kept_token(self) -> str:
        session = self._store.load()
        if session is None:
            raise GoChatError("AUTH_FAILED", "nobody is logged in")
        return session.access_token

    def _is_still(self, session: StoredSession) -> bool:
        now = self._store.load()
        return now is not None and now.refresh_token == session.refresh_token

    def _keep_fresh(self, *, anew: bool = False) -> None:
        """Sees to it that somebody renews the token in time."""
        if self._keeping is not None and not self._keeping.done():
            if not anew:
                return
            self._keeping.cancel()
        self._keeping = asyncio.create_task(self._renew_in_time())

    async def _renew_in_time(self) -> None:
        while (session := self._store.load()) is not None:
            margin_s = min(session.expires_in_s * MARGIN, MARGIN_MAX_S)
            await asyncio.sleep(max(session.expires_at_s - margin_s - time.time(), 0))
            try:
                await self.renew(session.access_token)
            except GoChatError as error:
                if not error.retryable:
                    return  # whoever needs a token next meets the failure
                await asyncio.sleep(RETRY_S)
            except ConnectionLost:
                await asyncio.sleep(RETRY_S)

    async def _send(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: object, token: str | None
    ) -> httpx.Response:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=TIMEOUT)
        headers = dict(self.headers)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return await self._http.request(
                method,
                f"{self._url}{path}",
                params={name: value for name, value in (query or {}).items() if value is not None},
                content=None if body is None else msgspec.json.encode(body),
                headers=headers,
            )
        except httpx.HTTPError as error:
            raise ConnectionLost(f"{method} {path}: no answer") from error


def _stored(data: SessionData) -> StoredSession:
    return StoredSession(
        access_token=data.access_token,
        refresh_token=data.refresh_token,
        expires_at_s=time.time() + data.expires_in,
        expires_in_s=data.expires_in,
        user=data.user,
    )


def _data_of(response: httpx.Response, result: type[Result]) -> Result:
    """Takes the data out of an answer, or raises what the server says is wrong."""
    status = response.status_code
    try:
        envelope = msgspec.json.decode(response.content)
        if response.is_success and envelope["success"] is True:
            return read(result, envelope.get("data"))
        code, message, details = str(envelope["code"]), str(envelope["message"]), envelope.get("details")
    except (msgspec.DecodeError, Unreadable, LookupError, TypeError, AttributeError) as error:
        raise ConnectionLost(f"{status} from something that is not a GoChat server") from error  # a proxy in between
    raise GoChatError(code, message, details, status)
