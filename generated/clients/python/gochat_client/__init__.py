"""GoChat's client for Python: `GoChat(url)`, and `AsyncGoChat(url)` for asyncio."""

from . import client_frames, http_types, server_frames
from .api import AsyncGoChatApi
from .catalogue import CLOSE_CODES, ERRORS, LIMITS, VERSION, ErrorCode
from .client import AsyncGoChat
from .connection import RECONNECT_CAPS_S, SocketState
from .failures import ConnectionLost, GoChatError
from .server_frames import ChatMessage
from .session import FileStore, MemoryStore, SessionStore, StoredSession
from .socket import AsyncGoChatSocket
from .sync_api import GoChatApi
from .sync_client import GoChat
from .sync_socket import GoChatSocket

__version__ = VERSION

__all__ = [
    "CLOSE_CODES",
    "ERRORS",
    "LIMITS",
    "RECONNECT_CAPS_S",
    "VERSION",
    "AsyncGoChat",
    "AsyncGoChatApi",
    "AsyncGoChatSocket",
    "ChatMessage",
    "ConnectionLost",
    "ErrorCode",
    "FileStore",
    "GoChat",
    "GoChatApi",
    "GoChatError",
    "GoChatSocket",
    "MemoryStore",
    "SessionStore",
    "SocketState",
    "StoredSession",
    "client_frames",
    "http_types",
    "server_frames",
]
