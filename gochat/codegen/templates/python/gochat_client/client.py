"""A chat client for asyncio: one login, its HTTP calls and its socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal

from .api import AsyncGoChatApi
from .catalogue import BASE_PATH, LIMITS, SOCKET_PATH
from .connection import RECONNECT_CAPS_S
from .emitter import Emitter
from .failures import GoChatError
from .frame_socket import SocketOptions
from .http_types import GuestRequest, LoginRequest, RegisterRequest, User
from .http_types import Session as SessionData
from .session import MemoryStore, Session, SessionStore
from .socket import AsyncGoChatSocket


class AsyncGoChat:
    """One user of a GoChat server, for asyncio. `async with` closes everything at the end; the login stays.

    Attributes:
        api: A method for each operation of the HTTP API.
        socket: The socket.
    """

    def __init__(
        self,
        url: str,
        *,
        language: str | None = None,
        store: SessionStore | None = None,
        messages_per_s: float | None = None,
        reconnect_caps_s: Sequence[float] = RECONNECT_CAPS_S,
    ) -> None:
        """Prepares; nothing is sent yet.

        url: The server's address, such as `https://chat.example.com`.
        language: In which language the server's texts are, as in Accept-Language: `en`, `zh`.
        store: Where the login is kept; the memory where it is left out.
        messages_per_s: How many messages leave a second; the contract's limit where it is left out, 0: no limit.
        reconnect_caps_s: The longest wait before each attempt to connect again; the last one for all that follow.
        """
        url = url.rstrip("/")
        if not url.startswith(("http://", "https://")):
            raise ValueError("url begins with http:// or https://")
        self._emitter = Emitter()
        self._session = Session(
            f"{url}{BASE_PATH}",
            MemoryStore() if store is None else store,
            language,
            user_changed=lambda user: self._emitter.emit("user", user),
            renewed=lambda: self.socket.move_over(),
        )
        self.api = AsyncGoChatApi(self._session)
        options = SocketOptions(
            url="ws" + url.removeprefix("http") + SOCKET_PATH,
            tokens=self._session,
            headers=self._session.headers,
            messages_per_s=LIMITS.messages_per_s if messages_per_s is None else messages_per_s,
            reconnect_caps_s=tuple(reconnect_caps_s),
        )
        self.socket = AsyncGoChatSocket(options, self.api, lambda: self.user)

    @property
    def user(self) -> User | None:
        """Who is logged in; None: nobody."""
        return self._session.user

    def on(self, event: Literal["user"], listener: Callable[[User | None], object]) -> Callable[[], None]:
        """Calls `listener` whenever somebody else, or nobody, is logged in; returns a function that ends that."""
        return self._emitter.add(event, listener)

    async def register(self, username: str, password: str) -> User:
        """Makes an account and logs in."""
        await self.api.register(RegisterRequest(username=username, password=password))
        return await self.login(username, password)

    async def login(self, username: str, password: str) -> User:
        """Logs in."""
        return self._enter(await self.api.login(LoginRequest(username=username, password=password)))

    async def guest(self) -> User:
        """Enters as a guest, who sees and uses the world chat only."""
        return self._enter(await self.api.guest_login(GuestRequest()))

    async def logout(self) -> None:
        """Closes the socket and ends the login, here in any case and at the server if it can be reached.

        Raises:
            ConnectionLost: the server was not reached; there the login ends by itself.
        """
        self.socket.close()
        self.socket.forget()
        try:
            if self.user is not None:
                await self.api.logout()
        except GoChatError as error:
            if error.code != "AUTH_FAILED":  # it has ended before
                raise
        finally:
            self._session.adopt(None)

    async def aclose(self) -> None:
        """Closes all connections. The login stays where it is kept."""
        await self.socket.finish()
        await self._session.finish()

    async def __aenter__(self) -> AsyncGoChat:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _enter(self, session: SessionData) -> User:
        self.socket.close()
        self.socket.forget()
        self._session.adopt(session)
        return session.user
