"""Each rule of the contract lint finds its defect in GoChat's own documents, and says nothing else of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from conformance.contract.lint import lint
from conformance.contract.rules import RULES
from tests.kit.lint_documents import GONE, PAIRS, documents, lint_edited, told

SCHEMAS = "/components/schemas"
MESSAGES = "/components/messages"
PATHS = "/paths"
NEW = f"{SCHEMAS}/New"
"""A schema that nothing uses, so that a defect of it breaks nothing else."""

WS = "/channels/ws"
FORBIDDEN = "/components/responses/NotAdminForbidden/content/application~1json"
PLAIN = {"operationId": "readFriend", "responses": {"200": {"description": "Read."}}}
CLOSED = {"type": "object", "additionalProperties": False, "properties": {"a": {}}}
TWIN = {"name": "ping", "payload": {"type": "object", "required": ["type"], "properties": {"type": {"const": "twin"}}}}

Edit = tuple[str, str, Any]

# rule, edits, subject and where of the only finding.
DEFECTS: list[tuple[str, tuple[Edit, ...], str, str]] = [
    ("openapi-valid", (("O", f"{PATHS}/~1auth~1login/post/responses", {}),), "openapi", "/post/responses"),
    ("openapi-valid", (("O", f"{PATHS}/~1auth~1login/post/summary", 5),), "openapi", "/post/summary"),
    ("openapi-valid", (("O", f"{SCHEMAS}/User/type", "objekt"),), "openapi", "/User/type"),
    ("openapi-valid", (("O", "/info/version", GONE),), "openapi", "openapi#/info"),
    ("asyncapi-valid", (("A", "/operations/ping/action", "listen"),), "asyncapi", "/ping/action"),
    ("asyncapi-valid", (("A", NEW, {"minimum": "one"}),), "asyncapi", "/New/minimum"),
    ("asyncapi-valid", (("A", "/asyncapi", "3"),), "asyncapi", "asyncapi#/asyncapi"),
    ("asyncapi-valid", (("A", "/informations", {}),), "asyncapi", "asyncapi#"),
    ("extension-valid", (("A", f"{WS}/x-close-codes/0/code", "1000"),), "x-close-codes", "/x-close-codes/0/code"),
    (
        "extension-valid",
        (("A", f"{WS}/x-invalid-frames/code", {"pointer": "/data/code"}),),
        "x-invalid-frames",
        "/code",
    ),
    ("extension-valid", (("A", f"{WS}/x-invalid-frames/errors", "data"),), "x-invalid-frames", "/errors"),
    ("reference-resolves", (("O", f"{SCHEMAS}/Friend/properties/friend/$ref", "#/no"),), "Friend", "/friend"),
    ("reference-resolves", (("A", "/operations/pong/channel/$ref", "#/channels/none"),), "pong", "/pong/channel"),
    (
        "reference-resolves",
        (("A", "/operations/pong/messages/0/$ref", "#/channels/ws/messages/none"),),
        "pong",
        "/pong/messages/0",
    ),
    ("reference-resolves", (("O", "/x-note", [{"$ref": "#/components/none"}]),), "x-note", "/x-note/0"),
    ("reference-resolves", (("A", NEW, {"$ref": "#/components/schemas/New"}),), "New", "/schemas/New"),
    ("pattern-compiles", (("A", f"{SCHEMAS}/PingData/patternProperties", {"(a": {}}),), "PingData", "/(a"),
    ("pattern-compiles", (("A", f"{SCHEMAS}/ErrorData/properties/message/pattern", r"\A."),), "ErrorData", "/pattern"),
    ("bounds-possible", (("O", NEW, {"minLength": 513, "maxLength": 512}),), "New", "/New/minLength"),
    ("bounds-possible", (("A", NEW, {"items": {"minItems": 2, "maxItems": 1}}),), "New", "/items/minItems"),
    ("bounds-possible", (("O", NEW, {"minimum": 1, "maximum": 1, "exclusiveMaximum": True}),), "New", "/New/minimum"),
    ("bounds-possible", (("A", NEW, {"exclusiveMinimum": 1, "maximum": 1}),), "New", "/New/exclusiveMinimum"),
    ("enum-possible", (("O", f"{SCHEMAS}/FriendRequestAction/enum/-", 3),), "FriendRequestAction", "/enum/2"),
    (
        "enum-possible",
        (("A", f"{SCHEMAS}/OnlineStatusData/properties/status/maxLength", 6),),
        "OnlineStatusData",
        "/enum/1",
    ),
    ("enum-possible", (("A", NEW, {"const": "pong", "enum": ["peng"]}),), "New", "/New/const"),
    ("default-valid", (("O", f"{SCHEMAS}/UserStatus/default", 2),), "UserStatus", "/default"),
    ("default-valid", (("A", "/servers/secure/variables/host/enum", ["localhost"]),), "asyncapi", "/host/default"),
    ("required-declared", (("O", NEW, CLOSED | {"required": ["b"]}),), "New", "/New/required/0"),
    (
        "example-valid",
        (
            (
                "O",
                f"{PATHS}/~1friends~1requests/post/requestBody/content/application~1json/examples/bare/value",
                {"targetUserId": 7},
            ),
        ),
        "createFriendRequest",
        "/examples/bare/value",
    ),
    ("example-valid", (("O", f"{SCHEMAS}/Timestamp/example", -1),), "Timestamp", "/Timestamp/example"),
    ("example-valid", (("O", "/components/parameters/Page/example", 0),), "Page", "/Page/example"),
    ("example-valid", (("O", "/components/headers/RetryAfter/example", "soon"),), "RetryAfter", "/RetryAfter/example"),
    ("example-valid", (("A", f"{MESSAGES}/pong/examples/0/payload/timestamp", "now"),), "pong", "/examples/0/payload"),
    (
        "example-valid",
        (
            ("A", f"{MESSAGES}/pong/headers", {"type": "object", "required": ["a"]}),
            ("A", f"{MESSAGES}/pong/examples/0/headers", {"b": 1}),
        ),
        "pong",
        "/examples/0/headers",
    ),
    ("example-valid", (("A", f"{SCHEMAS}/Id/examples", [""]),), "Id", "/Id/examples/0"),
    (
        "operation-id",
        (
            ("O", f"{PATHS}/~1friends/get/operationId", GONE),
            ("O", "/components/links/ListFriends/operationId", "getProfile"),
        ),
        "GET /friends",
        "/~1friends/get",
    ),
    ("path-parameters", (("O", f"{PATHS}/~1friends~1{{id}}", {"get": PLAIN}),), "readFriend", "/get"),
    (
        "path-parameters",
        (("O", f"{PATHS}/~1friends/get/parameters/-", {"name": "id", "in": "path", "required": True, "schema": {}}),),
        "listFriends",
        "/get",
    ),
    (
        "path-parameters",
        (("O", f"{PATHS}/~1friends/get/parameters/-", {"name": "Accept-Language", "in": "header", "schema": {}}),),
        "listFriends",
        "/get",
    ),
    (
        "link-target",
        (("O", "/components/links/ListFriends/operationId", "listFoes"),),
        "updateFriendRequest 200 ListFriends",
        "/ListFriends/operationId",
    ),
    (
        "link-target",
        (("O", "/components/links/ListSentRequests/parameters", {"kind": "sent"}),),
        "createFriendRequest 201 ListFriendRequests",
        "/parameters/kind",
    ),
    (
        "link-target",
        (("O", "/components/links/LoginAsRegistered/requestBody/otp", "1"),),
        "register 201 Login",
        "/requestBody/otp",
    ),
    (
        "link-target",
        (("O", "/components/links/LoginAsRegistered/requestBody/password", GONE),),
        "register 201 Login",
        "/requestBody",
    ),
    (
        "link-target",
        (("O", "/components/links/ListFriends/requestBody", {"a": 1}),),
        "updateFriendRequest 200 ListFriends",
        "/requestBody",
    ),
    (
        "link-value",
        (("O", "/components/links/LoginAsRegistered/requestBody/password", "$request.body#/pass"),),
        "register 201 Login",
        "/requestBody/password",
    ),
    (
        "link-value",
        (
            (
                "O",
                "/components/links/GetListedConversation/parameters/conversationId",
                "$response.body#/data/conversations/0/no",
            ),
        ),
        "listConversations 200 GetConversation",
        "/conversationId",
    ),
    (
        "link-value",
        (("O", "/components/links/RemoveThisMember/parameters/conversationId", "$request.path.id"),),
        "updateMember 200 RemoveMember",
        "/conversationId",
    ),
    ("message-name", (("A", f"{MESSAGES}/onlineStatus/name", "pong"),), "pong", "/pong/name"),
    (
        "frames-told-apart",
        (("A", f"{SCHEMAS}/PongFrame/properties/type/const", "error"), ("A", f"{MESSAGES}/pong/examples", [])),
        "pong",
        "/messages/pong",
    ),
    (
        "operation-messages",
        (("A", "/operations/pong/messages/0/$ref", "#/components/messages/other"), ("A", f"{MESSAGES}/other", TWIN)),
        "pong",
        "/pong/messages/0",
    ),
    (
        "reply-messages",
        (
            ("A", "/operations/ping/reply/messages/0/$ref", "#/components/messages/other"),
            ("A", f"{MESSAGES}/other", TWIN),
        ),
        "ping",
        "/ping/reply/messages/0",
    ),
    (
        "correlation-declared",
        (("A", "/components/correlationIds/failedClientMsgId/location", "$message.payload#/data/details/id"),),
        "error",
        "/failedClientMsgId/location",
    ),
    (
        "correlation-declared",
        (("A", f"{MESSAGES}/pong/correlationId", {"location": "$message.payload#/id"}),),
        "pong",
        "/correlationId/location",
    ),
    ("invalid-frame-answer", (("A", f"{WS}/x-invalid-frames/reply", "oops"),), "ws", "/reply"),
    ("invalid-frame-answer", (("A", f"{WS}/x-invalid-frames/errors", "/data/errors"),), "ws", "/errors"),
    ("invalid-frame-answer", (("A", f"{WS}/x-invalid-frames/code/value", "NO"),), "ws", "/code/value"),
    ("invalid-frame-answer", (("A", f"{WS}/x-invalid-frames/exceptions/0/value", "NO"),), "ws", "/exceptions/0/value"),
    ("catalogue-shared", (("A", "/x-error-catalogue/0/retryable", True),), "INVALID_REQUEST", "/x-error-catalogue"),
    (
        "catalogue-shared",
        (("O", "/x-error-catalogue/-", {"code": "EXTRA", "status": 400}),),
        "EXTRA",
        "/x-error-catalogue",
    ),
    (
        "error-code-known",
        (
            ("O", f"{SCHEMAS}/ErrorCode/enum/-", "NOPE"),
            ("O", f"{FORBIDDEN}/schema/allOf/1/properties/code/enum/-", "NOPE"),
        ),
        "updateConversation",
        "/schema",
    ),
    ("error-code-known", (("A", f"{SCHEMAS}/SocketErrorCode/enum/-", "NOPE"),), "ws", "/error"),
    (
        "error-code-status",
        (("O", f"{FORBIDDEN}/schema/allOf/1/properties/code/enum/-", "CONFLICT"),),
        "updateConversation",
        "/schema",
    ),
    (
        "error-code-status",
        (("O", f"{FORBIDDEN}/schema/allOf/1/properties/code/enum/-", "INVALID_MESSAGE"),),
        "updateConversation",
        "/schema",
    ),
    ("error-code-socket", (("A", f"{SCHEMAS}/SocketErrorCode/enum/-", "USERNAME_TAKEN"),), "ws", "/error"),
    ("error-code-socket", (("A", f"{SCHEMAS}/SocketErrorCode/enum/8", GONE),), "ws", "/error"),
    ("close-code-declared", (("A", f"{WS}/x-close-codes/8", GONE),), "AUTH_FAILED", "/x-close-codes"),
    ("close-code-legal", (("A", f"{WS}/x-close-codes/1/code", 1005),), "1005", "/x-close-codes/1/code"),
    ("close-code-legal", (("A", f"{WS}/x-close-codes/1/code", 2000),), "2000", "/x-close-codes/1/code"),
    ("close-code-legal", (("A", f"{WS}/x-close-codes/1/code", 1000),), "1000", "/x-close-codes/1/code"),
    ("limits-sane", (("A", "/x-limits/maxFrameByte", 1),), "maxFrameByte", "/x-limits/maxFrameByte"),
    ("limits-sane", (("A", "/x-limits/idleTimeoutS", -1),), "idleTimeoutS", "/x-limits/idleTimeoutS"),
    ("limits-sane", (("A", "/x-limits/messageBurst", "40"),), "messageBurst", "/x-limits/messageBurst"),
    ("limits-sane", (("A", "/x-limits", [1]),), "x-limits", "/x-limits"),
    ("shape-shared", (("A", f"{SCHEMAS}/AvatarUrl/maxLength", 2047),), "AvatarUrl", "/AvatarUrl"),
    ("shape-shared", (("A", f"{SCHEMAS}/ErrorDetails/additionalProperties", False),), "ErrorDetails", "/ErrorDetails"),
]


@pytest.mark.parametrize("pair", PAIRS)
def test_right_documents_are_right(pair: str) -> None:
    openapi, asyncapi = documents(pair)
    assert told(lint(openapi, asyncapi)) == []
    assert told(lint(None, asyncapi)) == []


@pytest.mark.parametrize(
    ("rule", "edits", "subject", "where"), DEFECTS, ids=[f"{rule} {where}" for rule, _, _, where in DEFECTS]
)
def test_a_defect_is_found_and_nothing_else(rule: str, edits: tuple[Edit, ...], subject: str, where: str) -> None:
    found = lint_edited("bundled", *edits)
    assert [each.rule for each in found] == [rule], told(found)
    assert found[0].subject == subject
    assert found[0].pointer.endswith(where)
    assert found[0].expected
    assert found[0].got


def test_every_rule_is_tried() -> None:
    assert {rule for rule, *_ in DEFECTS} == set(RULES)


# One defect that is many: what depends on it is told too.


def test_an_id_that_stands_twice_is_told_of_both_operations() -> None:
    found = lint_edited("bundled", ("O", f"{PATHS}/~1friends/get/operationId", "listFriendRequests"))
    doubled = [each for each in found if each.rule == "operation-id"]
    assert {each.pointer for each in doubled} == {
        "openapi#/paths/~1friends/get/operationId",
        "openapi#/paths/~1friends~1requests/get/operationId",
    }
    assert {each.rule for each in found} == {"operation-id", "link-target"}


def test_a_closing_error_without_its_close_code_is_no_catalogue() -> None:
    edits = [(document, "/x-error-catalogue/2/closeCode", GONE) for document in "OA"]
    found = lint_edited("bundled", *edits)
    assert {each.rule for each in found} == {"extension-valid"}
    assert {each.pointer for each in found} == {"openapi#/x-error-catalogue/2", "asyncapi#/x-error-catalogue/2"}


def test_a_code_that_stands_twice_is_no_catalogue() -> None:
    entry = documents("bundled")[0]["x-error-catalogue"][0]
    found = lint_edited("bundled", *((document, "/x-error-catalogue/-", entry) for document in "OA"))
    assert [(each.rule, each.subject) for each in found] == [("extension-valid", "INVALID_REQUEST")] * 2


def test_a_shape_that_a_reply_needs_is_missed_where_it_is_used() -> None:
    found = lint_edited("bundled", ("A", f"{SCHEMAS}/SeqId", GONE))
    assert {each.rule for each in found} == {"reference-resolves"}
    assert {each.subject for each in found} == {"MarkReadData", "MessageAckData", "NewMessageData"}


# In the files that the documents refer to.


@pytest.mark.parametrize(
    ("file", "pointer", "value", "rules"),
    [
        ("schemas~1user.yaml", "UserStatus/type", "int", {"openapi-valid"}),
        ("schemas~1message.yaml", "ClientMsgId/type", "text", {"openapi-valid", "asyncapi-valid"}),
        ("schemas~1message.yaml", "ClientMsgId/pattern", "(", {"pattern-compiles"}),
        ("schemas~1error.yaml", "ErrorDetails/required", ["x"], {"example-valid"}),
    ],
)
def test_a_defect_in_a_shared_file_is_told_by_its_place_in_the_file(
    file: str, pointer: str, value: Any, rules: set[str]
) -> None:
    name = file.replace("~1", "/")
    edits = [
        (letter, f"/x-files/{file}/{pointer}", value)
        for letter, document in zip("OA", documents("source"), strict=True)
        if pointer.partition("/")[0] in document["x-files"].get(name, {})
    ]
    found = lint_edited("source", *edits)
    assert {each.rule for each in found} == rules, told(found)
    if rules != {"example-valid"}:
        assert {each.pointer for each in found} == {f"{name}#/{pointer}"}


def test_shapes_of_files_are_compared_by_name() -> None:
    found = lint_edited("source", ("A", "/x-files/schemas~1message.yaml/Content/maxLength", 3999))
    assert [(each.rule, each.subject) for each in found] == [("shape-shared", "Content")], told(found)


# In documents of other people.


OTHER_DEFECTS: list[tuple[str, tuple[Edit, ...], str]] = [
    ("openapi-valid", (("O", "/components/schemas/New", {"type": "flot"}),), "/New/type"),
    ("openapi-valid", (("O", "/paths/~1gauges~1{gauge}/get/responses/200/description", GONE),), "/responses/200"),
    ("asyncapi-valid", (("A", "/channels/live/address", 7),), "/live/address"),
    ("example-valid", (("O", "/components/schemas/Level/examples/-", 21),), "/Level/examples/2"),
    ("example-valid", (("O", "/components/examples/High/value/gauge", 1),), "/High/value"),
    ("example-valid", (("O", "/components/examples/High/value", "{}"),), "/High/value"),
    (
        "bounds-possible",
        (
            (
                "O",
                "/components/schemas/Reading/properties/level",
                {"$ref": "#/components/schemas/Level", "minItems": 2, "maxItems": 1},
            ),
        ),
        "/level/minItems",
    ),
    (
        "bounds-possible",
        (
            ("O", "/components/schemas/Level/maximum", -20),
            ("A", "/components/schemas/Level/maximum", -20),
            ("O", "/components/schemas/Level/examples", []),
            ("O", "/components/examples/High", {}),
            ("O", "/paths/~1gauges~1{gauge}/put/requestBody/content/application~1json/example", GONE),
        ),
        "/Level/exclusiveMinimum",
    ),
    ("shape-shared", (("A", "/components/schemas/Level/exclusiveMinimum", -21),), "/Level"),
    ("default-valid", (("O", "/servers/0/variables/region/default", "west"),), "/region/default"),
    ("default-valid", (("A", "/channels/live/parameters/region/default", "west"),), "/region/default"),
    (
        "path-parameters",
        (
            ("O", "/paths/~1gauges~1{gauge}/parameters/0/name", "id"),
            ("O", "/paths/~1gauges~1{gauge}/get/responses/200/links", {}),
        ),
        "/get",
    ),
    (
        "link-value",
        (("O", "/paths/~1gauges~1{gauge}/get/responses/200/links/Correct/requestBody/at", "on {$request.query.day}"),),
        "/requestBody/at",
    ),
    (
        "reference-resolves",
        (
            (
                "O",
                "/components/schemas/Reading/discriminator",
                {"propertyName": "gauge", "mapping": {"HAM": "#/components/schemas/Ham"}},
            ),
        ),
        "/mapping/HAM",
    ),
    (
        "operation-messages",
        (
            ("A", "/operations/live/messages/0/$ref", "#/components/messages/new"),
            ("A", "/components/messages/new", {"name": "new"}),
        ),
        "/live/messages/0",
    ),
    (
        "frames-told-apart",
        (("A", "/components/messages/unwatch/payload/properties/topic/properties/kind", {}),),
        "/watch",
    ),
    (
        "correlation-declared",
        (("A", "/components/messages/watch/correlationId/location", "$message.payload#/request/number"),),
        "/location",
    ),
]


@pytest.mark.parametrize(("rule", "edits", "where"), OTHER_DEFECTS, ids=lambda it: str(it)[:40])
def test_a_defect_of_others_is_found(rule: str, edits: tuple[Edit, ...], where: str) -> None:
    found = lint_edited("other", *edits)
    assert {each.rule for each in found} == {rule}, told(found)
    assert any(each.pointer.endswith(where) for each in found), told(found)


def test_it_is_quick() -> None:
    openapi, asyncapi = documents("source")
    started = time.monotonic()
    lint(openapi, asyncapi)
    assert time.monotonic() - started < 2


def test_a_finding_is_the_same_in_every_run() -> None:
    edit = ("O", f"{SCHEMAS}/UserStatus/default", 2)
    first, second = lint_edited("bundled", edit), lint_edited("bundled", edit)
    assert [each.key for each in first] == [each.key for each in second]
