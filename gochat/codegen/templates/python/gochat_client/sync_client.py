"""A chat client for code without asyncio: `AsyncGoChat` on an event loop in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal

from .client import AsyncGoChat
from .connection import RECONNECT_CAPS_S
from .http_types import User
from .loop_thread import LoopThread
from .session import SessionStore
from .sync_api import GoChatApi
from .sync_socket import GoChatSocket


class GoChat:
    """One user of a GoChat server. `with` closes everything at the end; the login stays.

    Its methods may be called from any thread. Listeners run on the client's own thread, one after the other, and must
    not call methods that wait.

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
        self._chat = AsyncGoChat(
            url,
            language=language,
            store=store,
            messages_per_s=messages_per_s,
            reconnect_caps_s=reconnect_caps_s,
        )
        self._loop = LoopThread()
        self._is_closed = False
        self.api = GoChatApi(self._chat.api, self._loop)
        self.socket = GoChatSocket(self._chat.socket, self._loop)

    @property
    def user(self) -> User | None:
        """Who is logged in; None: nobody."""
        return self._chat.user

    def on(self, event: Literal["user"], listener: Callable[[User | None], object]) -> Callable[[], None]:
        """Calls `listener` whenever somebody else, or nobody, is logged in; returns a function that ends that."""
        off = self._loop.do(lambda: self._chat.on(event, listener))
        return lambda: self._loop.do(off)

    def register(self, username: str, password: str) -> User:
        """Makes an account and logs in."""
        return self._loop.wait_for(self._chat.register(username, password))

    def login(self, username: str, password: str) -> User:
        """Logs in."""
        return self._loop.wait_for(self._chat.login(username, password))

    def guest(self) -> User:
        """Enters as a guest, who sees and uses the world chat only."""
        return self._loop.wait_for(self._chat.guest())

    def logout(self) -> None:
        """Closes the socket and ends the login, here in any case and at the server if it can be reached.

        Raises:
            ConnectionLost: the server was not reached; there the login ends by itself.
        """
        self._loop.wait_for(self._chat.logout())

    def close(self) -> None:
        """Closes all connections and ends the thread. The login stays where it is kept."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.wait_for(self._chat.aclose())
            self._loop.stop()

    def __enter__(self) -> GoChat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
