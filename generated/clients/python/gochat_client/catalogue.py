"""The tables of the contract: errors, close codes, limits, frames. Written by `gochat generate`: change the spec, not this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from . import server_frames

VERSION = "0.1.0"
"""The version of the contract, and of this package."""
BASE_PATH = "/api"
SOCKET_PATH = "/ws"
REFRESH_PATH = "/auth/refresh"

ErrorCode: TypeAlias = Literal["INVALID_REQUEST", "INVALID_MESSAGE", "AUTH_FAILED", "INVALID_CREDENTIALS", "FORBIDDEN", "NOT_FOUND", "USER_NOT_FOUND", "MESSAGE_NOT_FOUND", "REQUEST_NOT_FOUND", "CONVERSATION_NOT_FOUND", "METHOD_NOT_ALLOWED", "UPGRADE_REQUIRED", "USERNAME_TAKEN", "CONFLICT", "CLIENT_MSG_ID_CONFLICT", "MESSAGE_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"]
"""A code of the catalogue."""


@dataclass(frozen=True)
class CatalogueError:
    """An error that the server may answer with. `status` is None for what reaches a socket only."""

    status: int | None
    retryable: bool
    en: str
    zh: str


@dataclass(frozen=True)
class CloseCode:
    """A close code of the socket, and whether a client should come back by itself."""

    name: str
    meaning: str
    reconnect: bool
    hint: str


@dataclass(frozen=True)
class Limits:
    """The limits as a server has them unless it is set otherwise, in the units of their names; 0: none."""

    max_frame_bytes: int = 65536
    idle_timeout_s: int = 90
    presence_grace_s: int = 10
    outbox_max_bytes: int = 1048576
    messages_per_s: int = 20
    message_burst: int = 40
    refused_before_close: int = 100
    logins_per_min: int = 60
    failed_logins_per_min: int = 10
    access_token_ttl_s: int = 3600


@dataclass(frozen=True)
class ClientFrameRule:
    """Where a frame of a client has its id, and which frames answer it."""

    correlation: str | None
    replies: tuple[str, ...]


@dataclass(frozen=True)
class ServerFrameRule:
    """The type of a frame of the server, and where it has the id of what it answers."""

    frame: type[Any]
    correlation: str | None


ERRORS: Mapping[str, CatalogueError] = {
    "INVALID_REQUEST": CatalogueError(status=400, retryable=False, en="The request is not valid.", zh="请求格式错误"),
    "INVALID_MESSAGE": CatalogueError(status=None, retryable=False, en="The frame is not valid.", zh="消息格式错误"),
    "AUTH_FAILED": CatalogueError(status=401, retryable=False, en="Authentication failed. Please log in again.", zh="认证失败，请重新登录"),
    "INVALID_CREDENTIALS": CatalogueError(status=401, retryable=False, en="The username or the password is wrong.", zh="用户名或密码错误"),
    "FORBIDDEN": CatalogueError(status=403, retryable=False, en="You are not allowed to do this.", zh="没有权限执行此操作"),
    "NOT_FOUND": CatalogueError(status=404, retryable=False, en="There is nothing at this address.", zh="请求的地址不存在"),
    "USER_NOT_FOUND": CatalogueError(status=404, retryable=False, en="There is no such user.", zh="用户不存在"),
    "MESSAGE_NOT_FOUND": CatalogueError(status=404, retryable=False, en="There is no such message.", zh="消息不存在"),
    "REQUEST_NOT_FOUND": CatalogueError(status=404, retryable=False, en="There is no such friend request.", zh="好友请求不存在"),
    "CONVERSATION_NOT_FOUND": CatalogueError(status=404, retryable=False, en="There is no such conversation.", zh="会话不存在"),
    "METHOD_NOT_ALLOWED": CatalogueError(status=405, retryable=False, en="This method is not allowed here.", zh="不支持该请求方法"),
    "UPGRADE_REQUIRED": CatalogueError(status=426, retryable=False, en="Please connect with WebSocket, version 13.", zh="请使用 WebSocket 连接"),
    "USERNAME_TAKEN": CatalogueError(status=409, retryable=False, en="This username is taken.", zh="用户名已被使用"),
    "CONFLICT": CatalogueError(status=409, retryable=False, en="This conflicts with the present state.", zh="操作与当前状态冲突"),
    "CLIENT_MSG_ID_CONFLICT": CatalogueError(status=409, retryable=False, en="This client_msg_id was used for another message.", zh="该消息编号已用于另一条消息"),
    "MESSAGE_TOO_LARGE": CatalogueError(status=413, retryable=False, en="The message is too large.", zh="消息过大"),
    "UNSUPPORTED_MEDIA_TYPE": CatalogueError(status=415, retryable=False, en="The content type has to be application/json.", zh="请求内容类型必须是 application/json"),
    "RATE_LIMITED": CatalogueError(status=429, retryable=True, en="Too many requests. Please try again later.", zh="操作过于频繁，请稍后再试"),
    "INTERNAL": CatalogueError(status=500, retryable=True, en="Something went wrong on the server.", zh="服务器内部错误"),
    "UNAVAILABLE": CatalogueError(status=503, retryable=True, en="The service is not available now. Please try again later.", zh="服务暂时不可用，请稍后再试"),
}

CLOSE_CODES: Mapping[int, CloseCode] = {
    1000: CloseCode(name="NORMAL", meaning="The client closed the socket; the server only answers with the code that it got.", reconnect=False, hint="It was the client's own wish. Connect again when the user comes back."),
    1001: CloseCode(name="GOING_AWAY", meaning="The client left, as a browser does that leaves the page; the server only answers with it.", reconnect=True, hint="Connect when the page is there again."),
    1002: CloseCode(name="PROTOCOL_ERROR", meaning="The client broke the WebSocket protocol itself.", reconnect=True, hint="Back off as usual. A client that meets it again has a bug, or a proxy in between that has one."),
    1003: CloseCode(name="BINARY_FRAME", meaning="The client sent a binary frame; only text is spoken here.", reconnect=True, hint="Back off as usual, and do not send that frame again."),
    1007: CloseCode(name="NOT_UTF8", meaning="The client sent a text frame that is not UTF-8.", reconnect=True, hint="Back off as usual, and do not send that frame again."),
    1009: CloseCode(name="FRAME_TOO_LARGE", meaning="The client sent a frame over GOCHAT_MAX_FRAME_BYTES. An error frame with MESSAGE_TOO_LARGE came first.", reconnect=True, hint="Back off as usual, and do not send that frame again."),
    1011: CloseCode(name="INTERNAL_ERROR", meaning="A bug of the server ended this connection.", reconnect=True, hint="Back off as usual, then catch up."),
    1012: CloseCode(name="SERVER_RESTART", meaning="The server is shutting down or restarting.", reconnect=True, hint="Back off with jitter, so that not everybody comes back at once, then catch up."),
    4401: CloseCode(name="AUTH_FAILED", meaning="The token is missing, bad, expired or revoked. An error frame with AUTH_FAILED came first.", reconnect=False, hint="Not with this token. Refresh or log in, then connect with the new one."),
    4408: CloseCode(name="SLOW_READER", meaning="More than GOCHAT_OUTBOX_MAX_BYTES waited for this client.", reconnect=True, hint="Back off as usual, then catch up over HTTP."),
    4409: CloseCode(name="REPLACED", meaning="The same user opened a newer connection.", reconnect=False, hint="Do not come back by yourself, or two devices throw each other out for ever. Ask the user."),
    4410: CloseCode(name="IDLE", meaning="No frame, control frames included, arrived for GOCHAT_IDLE_TIMEOUT_S.", reconnect=True, hint="Back off as usual, and ping every 30 s."),
    4429: CloseCode(name="RATE_ABUSED", meaning="100 send-message frames were refused as RATE_LIMITED without a pause of 2 s.", reconnect=True, hint="Back off, and keep to details.retryAfterMs."),
}

LIMITS = Limits()

CLIENT_FRAMES: Mapping[str, ClientFrameRule] = {
    "send-message": ClientFrameRule(correlation="/data/client_msg_id", replies=("message-ack", "error")),
    "ping": ClientFrameRule(correlation=None, replies=("pong",)),
    "mark-read": ClientFrameRule(correlation=None, replies=("error",)),
}

SERVER_FRAMES: Mapping[str, ServerFrameRule] = {
    "new-message": ServerFrameRule(frame=server_frames.NewMessageFrame, correlation=None),
    "message-ack": ServerFrameRule(frame=server_frames.MessageAckFrame, correlation="/data/client_msg_id"),
    "online-status": ServerFrameRule(frame=server_frames.OnlineStatusFrame, correlation=None),
    "pong": ServerFrameRule(frame=server_frames.PongFrame, correlation=None),
    "error": ServerFrameRule(frame=server_frames.ErrorFrame, correlation="/data/details/client_msg_id"),
}
