"""The operations of both edges.

Source: specs/openapi.yaml, #/paths, and specs/asyncapi.yaml, #/operations.
Written by `gochat generate`: change the spec, not this file.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class HttpOperation:
    """An operation of openapi.yaml. Its handler is `handlers.http.<tag>.<function>`."""

    operation_id: str
    method: str  # upper case
    path: str  # below BASE_PATH, with {parameters}
    tag: str
    function: str
    secured: bool  # needs a bearer token
    request_type: str | None  # the Struct of `generated.requests` for the body; None: no body
    body_required: bool


@dataclass(frozen=True)
class WsOperation:
    """An operation of asyncapi.yaml. The handler of a `receive` is `handlers.ws.<tag>.<function>`."""

    key: str
    action: Literal["receive", "send"]  # as the server sees it
    wire_type: str  # the frame's `type`
    tag: str
    function: str
    frame_type: str  # the Struct in `generated.client_frames` (receive) or `generated.server_frames` (send)
    reply_types: tuple[str, ...]  # wire types of the frames that may answer it


BASE_PATH = "/api"

HTTP_OPERATIONS: tuple[HttpOperation, ...] = (
    HttpOperation(
        operation_id="register",
        method="POST",
        path="/auth/register",
        tag="auth",
        function="register",
        secured=False,
        request_type="RegisterRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="login",
        method="POST",
        path="/auth/login",
        tag="auth",
        function="login",
        secured=False,
        request_type="LoginRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="guestLogin",
        method="POST",
        path="/auth/guest",
        tag="auth",
        function="guest_login",
        secured=False,
        request_type="GuestRequest",
        body_required=False,
    ),
    HttpOperation(
        operation_id="logout",
        method="POST",
        path="/auth/logout",
        tag="auth",
        function="logout",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="refreshSession",
        method="POST",
        path="/auth/refresh",
        tag="auth",
        function="refresh_session",
        secured=False,
        request_type="RefreshRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="getProfile",
        method="GET",
        path="/users/profile",
        tag="users",
        function="get_profile",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="updateProfile",
        method="PUT",
        path="/users/profile",
        tag="users",
        function="update_profile",
        secured=True,
        request_type="UpdateProfileRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="searchUsers",
        method="GET",
        path="/users/search",
        tag="users",
        function="search_users",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="listConversations",
        method="GET",
        path="/conversations",
        tag="conversations",
        function="list_conversations",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="createConversation",
        method="POST",
        path="/conversations",
        tag="conversations",
        function="create_conversation",
        secured=True,
        request_type="CreateConversationRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="getConversation",
        method="GET",
        path="/conversations/{conversationId}",
        tag="conversations",
        function="get_conversation",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="updateConversation",
        method="PUT",
        path="/conversations/{conversationId}",
        tag="conversations",
        function="update_conversation",
        secured=True,
        request_type="UpdateConversationRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="listMessages",
        method="GET",
        path="/conversations/{conversationId}/messages",
        tag="messages",
        function="list_messages",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="sendMessage",
        method="POST",
        path="/conversations/{conversationId}/messages",
        tag="messages",
        function="send_message",
        secured=True,
        request_type="SendMessageRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="markRead",
        method="PUT",
        path="/conversations/{conversationId}/read",
        tag="messages",
        function="mark_read",
        secured=True,
        request_type="MarkReadRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="listMembers",
        method="GET",
        path="/conversations/{conversationId}/members",
        tag="members",
        function="list_members",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="addMembers",
        method="POST",
        path="/conversations/{conversationId}/members",
        tag="members",
        function="add_members",
        secured=True,
        request_type="AddMembersRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="updateMember",
        method="PUT",
        path="/conversations/{conversationId}/members/{userId}",
        tag="members",
        function="update_member",
        secured=True,
        request_type="UpdateMemberRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="removeMember",
        method="DELETE",
        path="/conversations/{conversationId}/members/{userId}",
        tag="members",
        function="remove_member",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="listFriends",
        method="GET",
        path="/friends",
        tag="friends",
        function="list_friends",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="listFriendRequests",
        method="GET",
        path="/friends/requests",
        tag="friends",
        function="list_friend_requests",
        secured=True,
        request_type=None,
        body_required=False,
    ),
    HttpOperation(
        operation_id="createFriendRequest",
        method="POST",
        path="/friends/requests",
        tag="friends",
        function="create_friend_request",
        secured=True,
        request_type="CreateFriendRequestRequest",
        body_required=True,
    ),
    HttpOperation(
        operation_id="updateFriendRequest",
        method="PUT",
        path="/friends/requests/{requestId}",
        tag="friends",
        function="update_friend_request",
        secured=True,
        request_type="UpdateFriendRequestRequest",
        body_required=True,
    ),
)

WS_OPERATIONS: tuple[WsOperation, ...] = (
    WsOperation(
        key="sendMessage",
        action="receive",
        wire_type="send-message",
        tag="messages",
        function="send_message",
        frame_type="SendMessageFrame",
        reply_types=("message-ack", "error"),
    ),
    WsOperation(
        key="ping",
        action="receive",
        wire_type="ping",
        tag="connection",
        function="ping",
        frame_type="PingFrame",
        reply_types=("pong",),
    ),
    WsOperation(
        key="markRead",
        action="receive",
        wire_type="mark-read",
        tag="messages",
        function="mark_read",
        frame_type="MarkReadFrame",
        reply_types=("error",),
    ),
    WsOperation(
        key="newMessage",
        action="send",
        wire_type="new-message",
        tag="messages",
        function="new_message",
        frame_type="NewMessageFrame",
        reply_types=(),
    ),
    WsOperation(
        key="messageAck",
        action="send",
        wire_type="message-ack",
        tag="messages",
        function="message_ack",
        frame_type="MessageAckFrame",
        reply_types=(),
    ),
    WsOperation(
        key="onlineStatus",
        action="send",
        wire_type="online-status",
        tag="presence",
        function="online_status",
        frame_type="OnlineStatusFrame",
        reply_types=(),
    ),
    WsOperation(
        key="pong",
        action="send",
        wire_type="pong",
        tag="connection",
        function="pong",
        frame_type="PongFrame",
        reply_types=(),
    ),
    WsOperation(
        key="error",
        action="send",
        wire_type="error",
        tag="connection",
        function="error",
        frame_type="ErrorFrame",
        reply_types=(),
    ),
)
