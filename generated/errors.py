"""The error catalogue.

Source: specs/errors.yaml and, in specs/asyncapi.yaml, x-close-codes.
Written by `gochat generate`: change the spec, not this file.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal


class ContractError(Exception):
    """A failure that the contract names; raise a leaf class, one for each code.

    `status` is the HTTP status, None where the code is for the socket only. `socket`: `none`, never in an
    error frame; `frame`, the socket stays open (a `close_code` beside it is for the case that the class tells
    of); `close`, the close with `close_code` follows every time. `grpc_status` is the status with which im-logic
    refuses a call. `details` goes out as it is.
    """

    code: ClassVar[str]
    status: ClassVar[int | None] = None
    close_code: ClassVar[int | None] = None
    socket: ClassVar[Literal["none", "frame", "close"]] = "none"
    retryable: ClassVar[bool] = False
    grpc_status: ClassVar[str | None] = None
    texts: ClassVar[dict[str, str]]

    def __init__(self, *, details: dict[str, object] | None = None) -> None:
        super().__init__(self.code)
        self.details: dict[str, object] = {} if details is None else details

    def text(self, language: str = "zh") -> str:
        """Returns the sentence for people in `zh` or `en`; Chinese for any other language."""
        return self.texts.get(language, self.texts["zh"])


@dataclass(frozen=True)
class CloseCode:
    """What a WebSocket close code means, and whether a client may reconnect after it."""

    code: int
    name: str
    meaning: str
    reconnect: bool
    hint: str


class InvalidRequest(ContractError):
    """The request is not valid. details.errors names the place and the rule of each thing that is wrong."""

    code = "INVALID_REQUEST"
    status = 400
    texts: ClassVar[dict[str, str]] = {"zh": "请求格式错误", "en": "The request is not valid."}


class InvalidMessage(ContractError):
    """The frame is not valid. details.errors names the place and the rule of each thing that is wrong."""

    code = "INVALID_MESSAGE"
    socket = "frame"
    grpc_status = "INVALID_ARGUMENT"
    texts: ClassVar[dict[str, str]] = {"zh": "消息格式错误", "en": "The frame is not valid."}


class AuthFailed(ContractError):
    """Authentication failed. Please log in again. No token, or one that is bad, expired or revoked. Works again with a token from a new login or refresh."""

    code = "AUTH_FAILED"
    status = 401
    close_code = 4401
    socket = "close"
    texts: ClassVar[dict[str, str]] = {"zh": "认证失败，请重新登录", "en": "Authentication failed. Please log in again."}


class InvalidCredentials(ContractError):
    """The username or the password is wrong."""

    code = "INVALID_CREDENTIALS"
    status = 401
    texts: ClassVar[dict[str, str]] = {"zh": "用户名或密码错误", "en": "The username or the password is wrong."}


class Forbidden(ContractError):
    """You are not allowed to do this. Not a member, not an admin, not the owner, a guest, or a guest as target."""

    code = "FORBIDDEN"
    status = 403
    socket = "frame"
    grpc_status = "PERMISSION_DENIED"
    texts: ClassVar[dict[str, str]] = {"zh": "没有权限执行此操作", "en": "You are not allowed to do this."}


class NotFound(ContractError):
    """There is nothing at this address. The path itself is unknown."""

    code = "NOT_FOUND"
    status = 404
    texts: ClassVar[dict[str, str]] = {"zh": "请求的地址不存在", "en": "There is nothing at this address."}


class UserNotFound(ContractError):
    """There is no such user. Also a user who is not in the group that the path names."""

    code = "USER_NOT_FOUND"
    status = 404
    texts: ClassVar[dict[str, str]] = {"zh": "用户不存在", "en": "There is no such user."}


class MessageNotFound(ContractError):
    """There is no such message. Reserved for operations on a single message."""

    code = "MESSAGE_NOT_FOUND"
    status = 404
    texts: ClassVar[dict[str, str]] = {"zh": "消息不存在", "en": "There is no such message."}


class RequestNotFound(ContractError):
    """There is no such friend request."""

    code = "REQUEST_NOT_FOUND"
    status = 404
    texts: ClassVar[dict[str, str]] = {"zh": "好友请求不存在", "en": "There is no such friend request."}


class ConversationNotFound(ContractError):
    """There is no such conversation."""

    code = "CONVERSATION_NOT_FOUND"
    status = 404
    socket = "frame"
    grpc_status = "NOT_FOUND"
    texts: ClassVar[dict[str, str]] = {"zh": "会话不存在", "en": "There is no such conversation."}


class MethodNotAllowed(ContractError):
    """This method is not allowed here. The Allow header lists the methods that are."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    texts: ClassVar[dict[str, str]] = {"zh": "不支持该请求方法", "en": "This method is not allowed here."}


class UpgradeRequired(ContractError):
    """Please connect with WebSocket, version 13. The path /ws asked for without a valid upgrade, or with another version. Carries Sec-WebSocket-Version 13."""

    code = "UPGRADE_REQUIRED"
    status = 426
    texts: ClassVar[dict[str, str]] = {"zh": "请使用 WebSocket 连接", "en": "Please connect with WebSocket, version 13."}


class UsernameTaken(ContractError):
    """This username is taken."""

    code = "USERNAME_TAKEN"
    status = 409
    texts: ClassVar[dict[str, str]] = {"zh": "用户名已被使用", "en": "This username is taken."}


class Conflict(ContractError):
    """This conflicts with the present state. A friend request is pending, the two are friends already, or the request was answered already."""

    code = "CONFLICT"
    status = 409
    texts: ClassVar[dict[str, str]] = {"zh": "操作与当前状态冲突", "en": "This conflicts with the present state."}


class ClientMsgIdConflict(ContractError):
    """This client_msg_id was used for another message. Send it again under a new client_msg_id."""

    code = "CLIENT_MSG_ID_CONFLICT"
    status = 409
    socket = "frame"
    grpc_status = "ALREADY_EXISTS"
    texts: ClassVar[dict[str, str]] = {"zh": "该消息编号已用于另一条消息", "en": "This client_msg_id was used for another message."}


class MessageTooLarge(ContractError):
    """The message is too large. Content over its limit leaves the socket open. A frame over the limit of bytes gets the error frame, then the close with 1009."""

    code = "MESSAGE_TOO_LARGE"
    status = 413
    close_code = 1009
    socket = "frame"
    grpc_status = "INVALID_ARGUMENT"
    texts: ClassVar[dict[str, str]] = {"zh": "消息过大", "en": "The message is too large."}


class UnsupportedMediaType(ContractError):
    """The content type has to be application/json."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    texts: ClassVar[dict[str, str]] = {"zh": "请求内容类型必须是 application/json", "en": "The content type has to be application/json."}


class RateLimited(ContractError):
    """Too many requests. Please try again later. details.retryAfterMs tells how long to wait, over HTTP the Retry-After header too. The socket is closed with 4429 only after 100 refused send-message frames without a pause of 2 s."""

    code = "RATE_LIMITED"
    status = 429
    close_code = 4429
    socket = "frame"
    retryable = True
    grpc_status = "RESOURCE_EXHAUSTED"
    texts: ClassVar[dict[str, str]] = {"zh": "操作过于频繁，请稍后再试", "en": "Too many requests. Please try again later."}


class Internal(ContractError):
    """Something went wrong on the server. details.requestId is the id under which the server's log has the cause."""

    code = "INTERNAL"
    status = 500
    socket = "frame"
    retryable = True
    grpc_status = "INTERNAL"
    texts: ClassVar[dict[str, str]] = {"zh": "服务器内部错误", "en": "Something went wrong on the server."}


class Unavailable(ContractError):
    """The service is not available now. Please try again later. Storage, logic or broker is away."""

    code = "UNAVAILABLE"
    status = 503
    socket = "frame"
    retryable = True
    grpc_status = "UNAVAILABLE"
    texts: ClassVar[dict[str, str]] = {"zh": "服务暂时不可用，请稍后再试", "en": "The service is not available now. Please try again later."}


CATALOGUE: dict[str, type[ContractError]] = {
    "INVALID_REQUEST": InvalidRequest,
    "INVALID_MESSAGE": InvalidMessage,
    "AUTH_FAILED": AuthFailed,
    "INVALID_CREDENTIALS": InvalidCredentials,
    "FORBIDDEN": Forbidden,
    "NOT_FOUND": NotFound,
    "USER_NOT_FOUND": UserNotFound,
    "MESSAGE_NOT_FOUND": MessageNotFound,
    "REQUEST_NOT_FOUND": RequestNotFound,
    "CONVERSATION_NOT_FOUND": ConversationNotFound,
    "METHOD_NOT_ALLOWED": MethodNotAllowed,
    "UPGRADE_REQUIRED": UpgradeRequired,
    "USERNAME_TAKEN": UsernameTaken,
    "CONFLICT": Conflict,
    "CLIENT_MSG_ID_CONFLICT": ClientMsgIdConflict,
    "MESSAGE_TOO_LARGE": MessageTooLarge,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMediaType,
    "RATE_LIMITED": RateLimited,
    "INTERNAL": Internal,
    "UNAVAILABLE": Unavailable,
}

SUCCESS_TEXTS: dict[str, dict[str, str]] = {
    "ok": {"zh": "操作成功", "en": "OK"},
}


class Close(IntEnum):
    """The close codes by name."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    BINARY_FRAME = 1003
    NOT_UTF8 = 1007
    FRAME_TOO_LARGE = 1009
    INTERNAL_ERROR = 1011
    SERVER_RESTART = 1012
    AUTH_FAILED = 4401
    SLOW_READER = 4408
    REPLACED = 4409
    IDLE = 4410
    RATE_ABUSED = 4429


CLOSE_CODES: dict[int, CloseCode] = {
    1000: CloseCode(
        code=1000,
        name="NORMAL",
        meaning="The client closed the socket; the server only answers with the code that it got.",
        hint="It was the client's own wish. Connect again when the user comes back.",
        reconnect=False,
    ),
    1001: CloseCode(
        code=1001,
        name="GOING_AWAY",
        meaning="The client left, as a browser does that leaves the page; the server only answers with it.",
        hint="Connect when the page is there again.",
        reconnect=True,
    ),
    1002: CloseCode(
        code=1002,
        name="PROTOCOL_ERROR",
        meaning="The client broke the WebSocket protocol itself.",
        hint="Back off as usual. A client that meets it again has a bug, or a proxy in between that has one.",
        reconnect=True,
    ),
    1003: CloseCode(
        code=1003,
        name="BINARY_FRAME",
        meaning="The client sent a binary frame; only text is spoken here.",
        hint="Back off as usual, and do not send that frame again.",
        reconnect=True,
    ),
    1007: CloseCode(
        code=1007,
        name="NOT_UTF8",
        meaning="The client sent a text frame that is not UTF-8.",
        hint="Back off as usual, and do not send that frame again.",
        reconnect=True,
    ),
    1009: CloseCode(
        code=1009,
        name="FRAME_TOO_LARGE",
        meaning="The client sent a frame over GOCHAT_MAX_FRAME_BYTES. An error frame with MESSAGE_TOO_LARGE came first.",
        hint="Back off as usual, and do not send that frame again.",
        reconnect=True,
    ),
    1011: CloseCode(
        code=1011,
        name="INTERNAL_ERROR",
        meaning="A bug of the server ended this connection.",
        hint="Back off as usual, then catch up.",
        reconnect=True,
    ),
    1012: CloseCode(
        code=1012,
        name="SERVER_RESTART",
        meaning="The server is shutting down or restarting.",
        hint="Back off with jitter, so that not everybody comes back at once, then catch up.",
        reconnect=True,
    ),
    4401: CloseCode(
        code=4401,
        name="AUTH_FAILED",
        meaning="The token is missing, bad, expired or revoked. An error frame with AUTH_FAILED came first.",
        hint="Not with this token. Refresh or log in, then connect with the new one.",
        reconnect=False,
    ),
    4408: CloseCode(
        code=4408,
        name="SLOW_READER",
        meaning="More than GOCHAT_OUTBOX_MAX_BYTES waited for this client.",
        hint="Back off as usual, then catch up over HTTP.",
        reconnect=True,
    ),
    4409: CloseCode(
        code=4409,
        name="REPLACED",
        meaning="The same user opened a newer connection.",
        hint="Do not come back by yourself, or two devices throw each other out for ever. Ask the user.",
        reconnect=False,
    ),
    4410: CloseCode(
        code=4410,
        name="IDLE",
        meaning="No frame, control frames included, arrived for GOCHAT_IDLE_TIMEOUT_S.",
        hint="Back off as usual, and ping every 30 s.",
        reconnect=True,
    ),
    4429: CloseCode(
        code=4429,
        name="RATE_ABUSED",
        meaning="100 send-message frames were refused as RATE_LIMITED without a pause of 2 s.",
        hint="Back off, and keep to details.retryAfterMs.",
        reconnect=True,
    ),
}
