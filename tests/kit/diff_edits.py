"""Single edits of the real contracts, each with the verdict that it and its undoing must get.

An edit is a list of steps (`set`, `del`, `add` to a list, `move` to another key) at RFC 6901 pointers into the bundled
document. The verdict names the rule, and the worst severity of all changes; no other rule may fire but docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OPENAPI, ASYNCAPI = "openapi", "asyncapi"
BREAKING, RISKY, SAFE, DOCS = "breaking", "risky", "safe", "docs"


@dataclass(frozen=True)
class Edit:
    """One edit; `forward` and `back` are (worst severity, rules); no rules: nothing may be found."""

    title: str
    document: str
    steps: tuple[tuple[Any, ...], ...]
    forward: tuple[str, ...]
    back: tuple[str, ...]


def resolve(document: Any, pointer: str) -> tuple[Any, Any]:
    """Return the container of what `pointer` names, and the key in it."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    here = document
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here[part]
    return here, int(last) if isinstance(here, list) else last


def apply(document: Any, steps: tuple[tuple[Any, ...], ...]) -> None:
    """Edit the document in place; fails where an edit would change nothing."""
    for name, pointer, *value in steps:
        container, key = resolve(document, pointer)
        match name:
            case "set":
                assert not (key in container and container[key] == value[0]) if isinstance(container, dict) else True
                container[key] = value[0]
            case "del":
                del container[key]
            case "add":
                container[key].append(value[0])
            case "move":
                container[value[0]] = container.pop(key)
            case _:
                raise AssertionError(name)


S = "/components/schemas"
LOGIN = "/paths/~1auth~1login/post"
REGISTER = "/paths/~1auth~1register/post"
LOGOUT = "/paths/~1auth~1logout/post"
PROFILE = "/paths/~1users~1profile/get"
SEARCH = "/paths/~1users~1search/get"
HISTORY = "/paths/~1conversations~1{conversationId}~1messages/get"
MEMBER = "/paths/~1conversations~1{conversationId}~1members~1{userId}"
WS = "/channels/ws"
X = {"type": "string"}
EMPTY = {"schema": {"$ref": "#/components/schemas/Empty"}}
NEW_ANSWER = {"description": "Later.", "content": {"application/json": EMPTY}}
REGION = {"name": "region", "in": "query", "schema": X}
REGION_HEADER = {"name": "X-Region", "in": "header", "schema": X}
TEAPOT = {"code": "TEAPOT", "status": 418, "socket": "none"}
OTHER = {"address": "/other", "messages": {"pong": {"$ref": "#/components/messages/pong"}}}


def _http(title: str, steps: Any, forward: tuple[str, ...], back: tuple[str, ...]) -> Edit:
    return Edit(f"http: {title}", OPENAPI, tuple(steps), forward, back)


def _ws(title: str, steps: Any, forward: tuple[str, ...], back: tuple[str, ...]) -> Edit:
    return Edit(f"ws: {title}", ASYNCAPI, tuple(steps), forward, back)


EDITS = (
    # What clients send over HTTP
    _http("a body gets a required property",
        [("set", f"{S}/LoginRequest/properties/device", X), ("add", f"{S}/LoginRequest/required", "device")],
        (BREAKING, "required-property-added-to-closed"), (BREAKING, "property-removed-from-closed")),
    _http("a closed body gets an optional property", [("set", f"{S}/LoginRequest/properties/device", X)],
        (SAFE, "property-added"), (BREAKING, "property-removed-from-closed")),
    _http("an optional property becomes required", [("add", f"{S}/SendMessageRequest/required", "client_msg_id")],
        (BREAKING, "property-now-required"), (SAFE, "property-no-longer-required")),
    _http("a body is closed", [("del", f"{S}/SendMessageRequest/additionalProperties")],
        (SAFE, "object-opened"), (BREAKING, "object-closed")),
    _http("a bound of a request gets smaller", [("set", f"{S}/Password/maxLength", 64)],
        (BREAKING, "bound-narrowed"), (SAFE, "bound-widened")),
    _http("a lower bound of a request is raised", [("set", f"{S}/Password/minLength", 12)],
        (BREAKING, "bound-narrowed"), (SAFE, "bound-widened")),
    _http("a list may hold less", [("set", f"{S}/CreateConversationRequest/properties/members/maxItems", 100)],
        (BREAKING, "bound-narrowed"), (SAFE, "bound-widened")),
    _http("a pattern goes from a request", [("del", f"{S}/Password/pattern")],
        (SAFE, "pattern-removed"), (BREAKING, "pattern-added")),
    _http("a request takes one value less", [("del", f"{S}/SendableMessageType/enum/2")],
        (BREAKING, "enum-value-removed"), (SAFE, "enum-value-added")),
    _http("a type of a request is another",
        [("set", f"{S}/SendMessageRequest/properties/content", {"type": "integer"})],
        (BREAKING, "type-changed"), (BREAKING, "type-changed")),
    _http("a request may be null", [("set", f"{S}/Password/nullable", True)],
        (SAFE, "type-widened"), (BREAKING, "type-narrowed")),
    _http("a format goes from what goes both ways", [("del", f"{S}/AvatarUrl/format")],
        (BREAKING, "format-removed"), (BREAKING, "format-added")),
    _http("a body may be left out", [("set", f"{LOGIN}/requestBody/required", False)],
        (SAFE, "body-no-longer-required"), (BREAKING, "body-now-required")),
    _http("a body that must be there goes", [("del", f"{LOGIN}/requestBody")],
        (RISKY, "body-removed"), (BREAKING, "required-body-added")),
    _http("a body that need not be there goes", [("del", "/paths/~1auth~1guest/post/requestBody")],
        (RISKY, "body-removed"), (SAFE, "body-added")),
    _http("a request may be another media type",
        [("set", f"{LOGIN}/requestBody/content/application~1x-www-form-urlencoded", {"schema": {"type": "object"}})],
        (SAFE, "request-media-type-added"), (BREAKING, "request-media-type-removed")),
    _http("the encoding of a body changes",
        [("set", f"{LOGIN}/requestBody/content/application~1json/encoding", {"username": {"explode": True}})],
        (BREAKING, "encoding-changed"), (BREAKING, "encoding-changed")),
    # Parameters
    _http("a required parameter comes",
        [("add", f"{SEARCH}/parameters", {"name": "region", "in": "query", "required": True, "schema": X})],
        (BREAKING, "required-parameter-added"), (BREAKING, "parameter-removed")),
    _http("an optional parameter comes", [("add", f"{SEARCH}/parameters", REGION)],
        (SAFE, "parameter-added"), (BREAKING, "parameter-removed")),
    _http("a header parameter comes", [("add", f"{SEARCH}/parameters", REGION_HEADER)],
        (SAFE, "parameter-added"), (RISKY, "header-parameter-removed")),
    _http("a parameter becomes required", [("set", "/components/parameters/Page/required", True)],
        (BREAKING, "parameter-now-required"), (SAFE, "parameter-no-longer-required")),
    _http("a parameter goes up less far", [("set", "/components/parameters/PageSize/schema/maximum", 50)],
        (BREAKING, "bound-narrowed"), (SAFE, "bound-widened")),
    _http("a default is another", [("set", "/components/parameters/PageSize/schema/default", 50)],
        (RISKY, "default-changed"), (RISKY, "default-changed")),
    _http("a parameter is written another way", [("set", "/components/parameters/Page/style", "pipeDelimited")],
        (BREAKING, "parameter-style-changed"), (BREAKING, "parameter-style-changed")),
    _http("a parameter of the path has another name only",
        [("set", "/components/parameters/UserId/name", "memberId"),
         ("move", MEMBER, "/conversations/{conversationId}/members/{memberId}")], (), ()),
    # What the server answers
    _http("an answer gets a property", [("set", f"{S}/User/properties/city", X)],
        (SAFE, "property-added-to-open"), (BREAKING, "property-removed")),
    _http("an answer gets a property that is always there",
        [("set", f"{S}/User/properties/city", X), ("add", f"{S}/User/required", "city")],
        (SAFE, "required-property-added"), (BREAKING, "property-removed")),
    _http("a property of an answer may be missing", [("del", f"{S}/User/required/2")],
        (BREAKING, "property-no-longer-required"), (SAFE, "property-now-required")),
    _http("an answer has a new value", [("add", f"{S}/MessageType/enum", 5)],
        (BREAKING, "enum-value-added"), (SAFE, "enum-value-removed")),
    _http("an answer may be any value", [("del", f"{S}/MessageType/enum")],
        (BREAKING, "enum-removed"), (SAFE, "enum-added")),
    _http("a failure has a new code", [("add", f"{S}/ErrorCode/enum", "PAYMENT_REQUIRED")], (), ()),
    _http("one failure has a code of the catalogue beside its own",
        [("add", "/components/responses/UsernameTaken/content/application~1json/schema/allOf/1/properties/code/enum",
          "CONFLICT")],
        (RISKY, "error-code-added"), (SAFE, "enum-value-removed")),
    _http("a property of an answer may be null", [("set", f"{S}/UnreadCount/properties/unreadCount/nullable", True)],
        (BREAKING, "type-widened"), (SAFE, "type-narrowed")),
    _http("a list in an answer may be longer", [("set", f"{S}/UserList/properties/users/maxItems", 200)],
        (RISKY, "bound-widened"), (SAFE, "bound-narrowed")),
    _http("a header is another pattern", [("set", "/components/headers/WwwAuthenticate/schema/pattern", "^Basic")],
        (RISKY, "pattern-changed"), (RISKY, "pattern-changed")),
    _http("an answer is closed", [("set", f"{S}/UnreadCount/additionalProperties", False)],
        (SAFE, "object-closed"), (RISKY, "object-opened")),
    _http("an answer is 201 too", [("set", f"{LOGIN}/responses/201", NEW_ANSWER)],
        (BREAKING, "success-status-added"), (BREAKING, "success-status-removed")),
    _http("a failure may be 402", [("set", f"{LOGIN}/responses/402", NEW_ANSWER)],
        (RISKY, "error-status-added"), (SAFE, "error-status-removed")),
    _http("a header may come", [("set", f"{PROFILE}/responses/200/headers/ETag", {"schema": X})],
        (SAFE, "response-header-added"), (RISKY, "response-header-removed")),
    _http("a header always comes", [("set", f"{PROFILE}/responses/200/headers/ETag", {"schema": X, "required": True})],
        (SAFE, "response-header-added"), (BREAKING, "required-response-header-removed")),
    _http("a header need not come", [("del", "/components/headers/RetryAfter/required")],
        (BREAKING, "response-header-no-longer-required"), (SAFE, "response-header-now-required")),
    _http("an answer may be XML", [("set", f"{PROFILE}/responses/200/content/application~1xml", {"schema": {}})],
        (RISKY, "response-media-type-added"), (BREAKING, "response-media-type-removed")),
    _http("an answer has no body", [("del", f"{LOGOUT}/responses/200/content")],
        (BREAKING, "response-body-removed"), (SAFE, "response-body-added")),
    # Operations
    _http("an operation goes", [("del", PROFILE)], (BREAKING, "operation-removed"), (SAFE, "operation-added")),
    _http("a path goes", [("del", "/paths/~1users~1search")],
        (BREAKING, "operation-removed"), (SAFE, "operation-added")),
    _http("a path is another", [("move", "/paths/~1users~1search", "/users/find")],
        (BREAKING, "operation-removed", "operation-added"), (BREAKING, "operation-removed", "operation-added")),
    _http("an operation has another id", [("set", f"{PROFILE}/operationId", "me")],
        (RISKY, "operation-renamed"), (RISKY, "operation-renamed")),
    _http("an operation needs a token", [("del", f"{LOGIN}/security")],
        (BREAKING, "security-required"), (SAFE, "security-relaxed")),
    _http("an operation needs another credential", [("set", "/components/securitySchemes/bearerAuth/scheme", "basic")],
        (BREAKING, "security-changed"), (BREAKING, "security-changed")),
    _http("a scheme has another name only",
        [("move", "/components/securitySchemes/bearerAuth", "token"), ("set", "/security", [{"token": []}])], (), ()),
    _http("the base path is another", [("set", "/servers/0/url", "/api/v2")],
        (BREAKING, "server-removed", "server-added"), (BREAKING, "server-removed", "server-added")),
    _http("an operation calls back", [("set", f"{LOGIN}/callbacks", {"done": {}})],
        (RISKY, "callback-changed"), (RISKY, "callback-changed")),
    _http("an operation is deprecated", [("set", f"{LOGIN}/deprecated", True)],
        (DOCS, "deprecated"), (DOCS, "deprecated")),
    _http("a description is another", [("set", f"{LOGIN}/description", "In.")],
        (DOCS, "words-changed"), (DOCS, "words-changed")),
    _http("a description of a schema is another", [("set", f"{S}/Password/description", "Long.")],
        (DOCS, "schema-docs"), (DOCS, "schema-docs")),
    _http("an example is another",
        [("set", f"{LOGIN}/requestBody/content/application~1json/examples/alice/value", {})],
        (DOCS, "words-changed"), (DOCS, "words-changed")),
    _http("an unknown extension comes", [("set", f"{LOGIN}/x-cost", 3)],
        (DOCS, "extension-changed"), (DOCS, "extension-changed")),
    _http("required is in another order", [("set", f"{S}/LoginRequest/required", ["password", "username"])], (), ()),
    _http("a reference is written out", [("set", f"{S}/UserList/properties/users/items",
        {"allOf": [{"$ref": "#/components/schemas/User"}]})], (), ()),
    # Frames
    _ws("a client frame gets a required property",
        [("set", f"{S}/SendMessageData/properties/urgent", {"type": "boolean"}),
         ("add", f"{S}/SendMessageData/required", "urgent")],
        (BREAKING, "required-property-added-to-closed"), (BREAKING, "property-removed-from-closed")),
    _ws("a server frame gets a required property",
        [("set", f"{S}/PongFrame/properties/load", {"type": "number"}), ("add", f"{S}/PongFrame/required", "load")],
        (SAFE, "required-property-added"), (BREAKING, "property-removed")),
    _ws("a client frame gets an optional property",
        [("set", f"{S}/MarkReadData/properties/quiet", {"type": "boolean"})],
        (SAFE, "property-added"), (BREAKING, "property-removed-from-closed")),
    _ws("a server frame may come without a property", [("del", f"{S}/NewMessageFrame/required/2")],
        (BREAKING, "property-no-longer-required"), (SAFE, "property-now-required")),
    _ws("a server frame has a new value", [("add", f"{S}/OnlineStatusData/properties/status/enum", "away")],
        (BREAKING, "enum-value-added"), (SAFE, "enum-value-removed")),
    _ws("an error frame has a code of the catalogue", [("add", f"{S}/SocketErrorCode/enum", "USER_NOT_FOUND")],
        (RISKY, "error-code-added"), (SAFE, "enum-value-removed")),
    _ws("a client frame is one value instead of a constant",
        [("del", f"{S}/PingFrame/properties/type/const"), ("set", f"{S}/PingFrame/properties/type/enum", ["ping"])],
        (), ()),
    _ws("a client frame goes", [("del", "/operations/markRead")],
        (BREAKING, "client-frame-removed"), (SAFE, "client-frame-added")),
    _ws("a server frame goes", [("del", "/operations/onlineStatus")],
        (BREAKING, "server-frame-removed"), (SAFE, "server-frame-added")),
    _ws("an operation sends another frame too",
        [("add", "/operations/pong/messages", {"$ref": "#/channels/ws/messages/onlineStatus"})],
        (SAFE, "server-frame-added"), (BREAKING, "server-frame-removed")),
    _ws("an operation turns round", [("set", "/operations/onlineStatus/action", "receive")],
        (BREAKING, "action-changed"), (BREAKING, "action-changed")),
    _ws("an operation has another key", [("move", "/operations/ping", "heartbeat")],
        (RISKY, "operation-key-renamed"), (RISKY, "operation-key-renamed")),
    _ws("an operation is on another channel",
        [("set", "/channels/other", OTHER),
         ("set", "/operations/pong/channel", {"$ref": "#/channels/other"}),
         ("set", "/operations/pong/messages", [{"$ref": "#/channels/other/messages/pong"}])],
        (BREAKING, "operation-moved", "channel-added"), (BREAKING, "operation-moved", "channel-removed")),
    _ws("a frame has another name",
        [("set", "/components/messages/ping/name", "beat"), ("set", f"{S}/PingFrame/properties/type/const", "beat")],
        (BREAKING, "frame-name-changed", "enum-value-added", "enum-value-removed"),
        (BREAKING, "frame-name-changed", "enum-value-added", "enum-value-removed")),
    _ws("a frame is no JSON", [("set", "/components/messages/ping/contentType", "text/plain")],
        (BREAKING, "content-type-changed"), (BREAKING, "content-type-changed")),
    _ws("frames are tied by another place",
        [("set", "/components/correlationIds/clientMsgId/location", "$message.payload#/data/id")],
        (BREAKING, "correlation-changed"), (BREAKING, "correlation-changed")),
    _ws("nothing ties the answer", [("del", "/components/messages/messageAck/correlationId")],
        (BREAKING, "correlation-removed"), (SAFE, "correlation-added")),
    _ws("a frame is not answered", [("del", "/operations/ping/reply")],
        (BREAKING, "reply-removed"), (RISKY, "reply-added")),
    _ws("a frame has one answer less", [("del", "/operations/sendMessage/reply/messages/0")],
        (BREAKING, "reply-frame-removed"), (RISKY, "reply-frame-added")),
    _ws("the answer comes elsewhere",
        [("set", "/operations/ping/reply/address", {"location": "$message.header#/replyTo"})],
        (BREAKING, "reply-moved"), (BREAKING, "reply-moved")),
    # The channel and the servers
    _ws("the channel is elsewhere", [("set", f"{WS}/address", "/socket")],
        (BREAKING, "channel-address-changed"), (BREAKING, "channel-address-changed")),
    _ws("the address has a parameter", [("set", f"{WS}/parameters", {"room": {"description": "Which."}})],
        (BREAKING, "channel-parameters-changed"), (BREAKING, "channel-parameters-changed")),
    _ws("the handshake needs a parameter",
        [("set", f"{WS}/bindings/ws/query/properties/v", X), ("add", f"{WS}/bindings/ws/query/required", "v")],
        (BREAKING, "required-property-added"), (RISKY, "property-removed")),
    _ws("the handshake takes a parameter", [("set", f"{WS}/bindings/ws/query/properties/v", X)],
        (RISKY, "property-added-to-open"), (RISKY, "property-removed")),
    _ws("the handshake is a POST", [("set", f"{WS}/bindings/ws/method", "POST")],
        (BREAKING, "handshake-method-changed"), (BREAKING, "handshake-method-changed")),
    _ws("another binding comes", [("set", f"{WS}/bindings/kafka", {"topic": "x"})],
        (RISKY, "binding-changed"), (RISKY, "binding-changed")),
    _ws("a server of another protocol goes", [("del", f"{WS}/servers/1"), ("del", "/servers/secure")],
        (BREAKING, "server-removed"), (SAFE, "server-added")),
    _ws("a server moves", [("set", "/servers/plain/host", "localhost:9090")],
        (RISKY, "server-moved", "server-added"), (RISKY, "server-moved", "server-added")),
    _ws("the channel leaves a server", [("del", f"{WS}/servers/1")],
        (BREAKING, "channel-left-server"), (SAFE, "channel-joined-server")),
    _ws("a server asks for nothing", [("del", "/servers/plain/security")],
        (SAFE, "security-relaxed"), (BREAKING, "security-required")),
    # Extensions
    _ws("a close code comes", [("add", f"{WS}/x-close-codes", {"code": 4499, "name": "X", "reconnect": True})],
        (RISKY, "close-code-added"), (SAFE, "close-code-removed")),
    _ws("after a close code one may come back", [("set", f"{WS}/x-close-codes/0/reconnect", True)],
        (BREAKING, "close-code-reconnect-changed"), (BREAKING, "close-code-reconnect-changed")),
    _ws("a close code has another name", [("set", f"{WS}/x-close-codes/0/name", "BYE")],
        (DOCS, "close-code-renamed"), (DOCS, "close-code-renamed")),
    _ws("the hint of a close code is another", [("set", f"{WS}/x-close-codes/0/hint", "Wait.")],
        (DOCS, "words-changed"), (DOCS, "words-changed")),
    _ws("an invalid frame gets another code", [("set", f"{WS}/x-invalid-frames/code/value", "FORBIDDEN")],
        (BREAKING, "invalid-frames-changed"), (BREAKING, "invalid-frames-changed")),
    _ws("what an invalid frame gets is not stated", [("del", f"{WS}/x-invalid-frames")],
        (BREAKING, "invalid-frames-undeclared"), (SAFE, "invalid-frames-declared")),
    _ws("a limit is lower", [("set", "/x-limits/maxFrameBytes", 1024)],
        (BREAKING, "limit-lowered"), (SAFE, "limit-raised")),
    _ws("a limit is none", [("set", "/x-limits/messagesPerS", 0)],
        (SAFE, "limit-raised"), (BREAKING, "limit-lowered")),
    _ws("a limit is not stated", [("del", "/x-limits/messagesPerS")],
        (RISKY, "limit-undeclared"), (RISKY, "limit-declared")),
    _ws("no limit is stated", [("del", "/x-limits")], (RISKY, "limits-undeclared"), (RISKY, "limits-declared")),
    _ws("the grace is longer", [("set", "/x-limits/presenceGraceS", 60)],
        (RISKY, "grace-changed"), (RISKY, "grace-changed")),
    _http("an error code is listed", [("add", "/x-error-catalogue", TEAPOT)],
        (RISKY, "error-code-listed"), (RISKY, "error-code-removed")),
    _http("an error has another status", [("set", "/x-error-catalogue/0/status", 422)],
        (BREAKING, "error-status-changed"), (BREAKING, "error-status-changed")),
    _ws("an error has another close code", [("set", "/x-error-catalogue/2/closeCode", 4403)],
        (BREAKING, "error-close-code-changed"), (BREAKING, "error-close-code-changed")),
    _ws("an error is worth another try", [("set", "/x-error-catalogue/0/retryable", True)],
        (SAFE, "error-now-retryable"), (BREAKING, "error-no-longer-retryable")),
    _ws("an error reaches the socket", [("set", "/x-error-catalogue/0/socket", "frame")],
        (RISKY, "error-reaches-socket"), (RISKY, "error-leaves-socket")),
    _ws("an error closes the socket", [("set", "/x-error-catalogue/1/socket", "close")],
        (BREAKING, "error-closes-socket"), (BREAKING, "error-keeps-socket")),
    _ws("an error has another text", [("set", "/x-error-catalogue/0/en", "No.")],
        (DOCS, "words-changed"), (DOCS, "words-changed")),
)  # fmt: skip
