"""Contracts are read from anywhere, taken apart as AsyncAPI and OpenAPI say, and judge values right."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.contract.channel import read_socket_contract
from conformance.contract.http import read_http_contract
from conformance.contract.judge import ABSENT, Problem, compiler, json_value
from conformance.contract.load import ContractUnreadable, followed, load_contract, parse, reference, resolve
from conformance.contract.socket import CLIENT, SERVER, Limits, value_at
from tests.kit.lint_documents import CHECKOUT, OTHER, edited

SPECS, GENERATED = CHECKOUT / "specs", CHECKOUT / "generated"
INFO = {"title": "A", "version": "1"}


def write(directory: Path, **files: str) -> Path:
    """Write files, `__` in a name for its dot, and return the first."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / name.replace("__", ".") for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths[0]


# Reading.


def test_yaml_is_read_as_json_knows_it() -> None:
    text = "a: on\nb: no\nc: 1e3\nd: 010\ne: 2026-11-22\nf: 12:30\ng: true\nh: ~\n"
    text += "i: 0x1F\nj: -1.5\nk: 1_000\nl: 0o17\nm: +2"
    assert parse(text, "text") == {
        "a": "on",
        "b": "no",
        "c": 1000.0,
        "d": 10,
        "e": "2026-11-22",
        "f": "12:30",
        "g": True,
        "h": None,
        "i": 31,
        "j": -1.5,
        "k": "1_000",
        "l": 15,
        "m": 2,
    }


@pytest.mark.parametrize("text", ['{"a": [1]}', '\ufeff{\t"a": [1]}', "a: [1]", "{a: [1]}", "\n {'a': [1]}"])
def test_json_and_yaml_in_every_dress_are_read(text: str) -> None:
    assert parse(text, "text") == {"a": [1]}


@pytest.mark.parametrize("text", ["{", "a: [", "\x00", "a: b: c"])
def test_what_is_neither_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ContractUnreadable, match=r"^spec\.yaml is neither YAML nor JSON: [^\n]+$"):
        parse(text, "spec.yaml")


def test_names_that_are_no_texts_become_texts(tmp_path: Path) -> None:
    path = write(tmp_path, a__yaml="openapi: 3.0.3\nresponses: {200: ok, true: t, null: n}\n")
    assert load_contract(str(path), "openapi")["responses"] == {"200": "ok", "true": "t", "null": "n"}


def test_a_document_of_one_file_stays_as_it_is() -> None:
    for kind in ("openapi", "asyncapi"):
        loaded = load_contract(str(GENERATED / f"{kind}.yaml"), kind)
        assert loaded == yaml.safe_load((GENERATED / f"{kind}.yaml").read_text(encoding="utf-8"))


def test_the_files_of_a_document_come_along_under_names_that_do_not_move() -> None:
    document = load_contract(str(SPECS / "asyncapi.yaml"), "asyncapi")
    assert {"errors.yaml", "schemas/common.yaml", "schemas/message.yaml"} <= set(document["x-files"])
    assert document["x-error-catalogue"] == {"$ref": "#/x-files/errors.yaml/errors"}
    codes, pointer = followed(document, document["x-error-catalogue"])
    assert codes[0]["code"] == "INVALID_REQUEST"
    assert pointer == "#/x-files/errors.yaml/errors"


def test_the_source_and_the_bundle_judge_alike() -> None:
    frame = {"type": "pong", "timestamp": -1}
    for directory in (SPECS, GENERATED):
        contract = read_socket_contract(load_contract(str(directory / "asyncapi.yaml"), "asyncapi"))
        message, problems = contract.judge(frame)
        assert message is not None
        assert [(each.pointer, each.keyword) for each in problems] == [("/timestamp", "minimum")]


def test_a_path_may_have_any_letters(tmp_path: Path) -> None:
    home = tmp_path / "我的 specs {v1} 100%"
    path = write(
        home,
        a__yaml="openapi: 3.0.3\nx: {$ref: 'b%20c.yaml#/T~1%7Bx%7D'}\n",
        **{"b c__yaml": '"T/{x}": {type: string}\n'},
    )
    document = load_contract(str(path), "openapi")
    assert followed(document, document["x"])[0] == {"type": "string"}
    document["components"] = {"schemas": {"X": document["x"]}}
    schema = compiler(document)({"$ref": "#/components/schemas/X"})
    assert (schema.accepts("a"), schema.accepts(1)) == (True, False)


def test_files_may_refer_to_each_other_and_back(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        a__yaml="openapi: 3.0.3\ncomponents: {schemas: {A: {$ref: 'b.yaml#/B'}, C: {type: string}}}\n",
        b__yaml="B: {properties: {self: {$ref: '#/B'}, c: {$ref: 'c/c.yaml#/C'}}}\n",
    )
    write(
        tmp_path / "c",
        c__yaml="C: {properties: {b: {$ref: '../b.yaml#/B'}, a: {$ref: '../a.yaml#/components/schemas/C'}}}\n",
    )
    document = load_contract(str(path), "openapi")
    assert set(document["x-files"]) == {"b.yaml", "c/c.yaml"}
    assert document["x-files"]["c/c.yaml"]["C"]["properties"]["a"] == {"$ref": "#/components/schemas/C"}
    schema = compiler(document)({"$ref": "#/components/schemas/A"})
    assert schema.accepts({"self": {"c": {"a": "x"}}})
    assert not schema.accepts({"self": {"c": {"a": 1}}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("asyncapi: 3.0.0", "is no openapi document, it is an asyncapi one"),
        ("a: 1", "is no openapi document: it has no `openapi` member"),
        ("- 1", "is no object"),
        ("openapi: 3.0.3\na: {$ref: 'none.yaml#/A'}", r"none\.yaml can't be read: .*refers to it as none\.yaml#/A"),
        ("openapi: 3.0.3\na: &a [*a]", "contains itself, or is too deep"),
    ],
)
def test_a_contract_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContractUnreadable, match=said):
        load_contract(str(write(tmp_path, a__yaml=text)), "openapi")


def test_a_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractUnreadable, match="No such file"):
        load_contract(str(tmp_path / "none.yaml"), "openapi")
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"openapi: \xff")
    with pytest.raises(ContractUnreadable, match="not UTF-8"):
        load_contract(str(path), "openapi")


class _Site(BaseHTTPRequestHandler):
    """Serves the source of GoChat's contracts under /site/."""

    def do_GET(self) -> None:
        path = SPECS / self.path.removeprefix("/site/")
        found = self.path.startswith("/site/") and path.is_file()
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(path.read_bytes() if found else b"no")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/site"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_contract_is_fetched_with_its_files(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # not for the own machine
    assert load_contract(f"{site}/asyncapi.yaml", "asyncapi") == load_contract(str(SPECS / "asyncapi.yaml"), "asyncapi")


def test_what_can_not_be_fetched_is_refused(site: str) -> None:
    with pytest.raises(ContractUnreadable, match="status 404"):
        load_contract(f"{site}/none.yaml", "openapi")
    with pytest.raises(ContractUnreadable, match="can't be fetched"):
        load_contract("http://127.0.0.1:9/openapi.yaml", "openapi")


def test_references_are_followed_to_their_end() -> None:
    document = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/c/0"}, "c": [{"x/y": 1}], "me": {"$ref": "#/me"}, "%": 5}
    assert followed(document, document["a"]) == ({"x/y": 1}, "#/c/0")
    assert followed(document, 5) == (5, None)
    assert resolve(document, "#") is document
    assert resolve(document, reference("c", "0", "x/y")) == 1
    assert resolve(document, reference("%")) == 5
    for wrong in ("#/none", "#/c/1", "#/c/x", "#/c/0/x~1y/z", "#anchor", "b.yaml#/b"):
        with pytest.raises(ContractUnreadable):
            resolve(document, wrong)
    with pytest.raises(ContractUnreadable, match="refers to itself"):
        followed(document, document["me"])


# Judging.


def openapi_with(version: str, **schemas: Any) -> dict[str, Any]:
    return {"openapi": version, "info": INFO, "paths": {}, "components": {"schemas": schemas}}


def test_problems_have_pointer_and_keyword() -> None:
    schema = compiler(openapi_with("3.1.0"))(
        {
            "type": "object",
            "required": ["a/b"],
            "additionalProperties": False,
            "properties": {
                "a/b": {"type": "integer"},
                "list": {"items": {"maxLength": 1}},
                "none": {"additionalProperties": False},
            },
        }
    )
    assert schema.problems({"a/b": 1}) == []
    found = schema.problems({"list": ["a", "bc"], "x": 1, "y": 2, "none": {"p": 1, "q": 2}})
    assert {(each.pointer, each.keyword) for each in found} == {
        ("/a~1b", "required"),
        ("/x", "additionalProperties"),
        ("/y", "additionalProperties"),
        ("/list/1", "maxLength"),
        ("/none/p", "additionalProperties"),
        ("/none/q", "additionalProperties"),
    }


def test_nullable_is_of_openapi_3_0_and_no_name_of_a_property() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "nullable": {"type": "string", "nullable": True},
            "plain": {"type": "string", "nullable": False},
        },
    }
    compiled = compiler(openapi_with("3.0.3"))(schema)
    assert compiled.accepts({"nullable": None})
    assert not compiled.accepts({"plain": None})
    assert not compiled.accepts({"nullable": 1})
    referred = compiler(openapi_with("3.0.3", S=schema))({"$ref": "#/components/schemas/S"})
    assert referred.accepts({"nullable": None})
    assert not referred.accepts({"plain": None})


def test_each_document_has_the_json_schema_of_its_version() -> None:
    old = compiler(openapi_with("3.0.3"))({"minimum": 1, "exclusiveMinimum": True})
    new = compiler(openapi_with("3.1.0"))({"exclusiveMinimum": 1})
    frames = compiler({"asyncapi": "3.0.0"})({"exclusiveMinimum": 1, "items": [{"const": 1}], "prefixItems": [False]})
    for schema in (old, new, frames):
        assert (schema.accepts(1), schema.accepts(2)) == (False, True)
    assert frames.accepts([1])
    assert not frames.accepts([2])


def test_a_property_with_the_name_of_a_keyword_may_refer() -> None:
    compiled = compiler(openapi_with("3.0.3", T={"type": "string"}))(
        {"properties": {name: {"$ref": "#/components/schemas/T"} for name in ("default", "enum", "examples", "$ref")}}
    )
    assert not compiled.accepts({"default": 1})
    assert not compiled.accepts({"examples": 1})


@pytest.mark.parametrize(
    "schema", [{"type": "text"}, {"$ref": "#/components/schemas/None"}, {"pattern": "("}, {"minLength": -1}]
)
def test_what_is_no_schema_makes_a_contract_unreadable(schema: Any) -> None:
    with pytest.raises(ContractUnreadable):
        compiler(openapi_with("3.0.3"))(schema)


@pytest.mark.parametrize(
    ("value", "keyword"),
    [
        (ABSENT, "json"),
        ("\ud800", "unicode"),
        ({"\ud800": 1}, "unicode"),
        (json.loads("[" * 900 + "]" * 900), "json"),
    ],
)
def test_what_no_validator_can_take_is_a_problem_too(value: Any, keyword: str) -> None:
    schema = compiler(openapi_with("3.0.3"))({"type": "string"})
    assert not schema.accepts(value)
    assert [(each.pointer, each.keyword) for each in schema.problems(value)] == [("", keyword)]


def test_json_is_what_rfc_8259_says() -> None:
    assert json_value('{"a": 1}') == json_value(b'{"a": 1}') == {"a": 1}
    assert json_value("null") is None
    for text in ("", "{", "NaN", '{"a": Infinity}', b"\xff", "[" * 100_000, '"\x01"', b"\xef\xbb\xbf{}"):
        assert json_value(text) is ABSENT


def test_pointers_find_members_and_items() -> None:
    value = {"a": [{"b/c": None}], "": 1}
    assert value_at(value, "/a/0/b~1c") is None
    assert value_at(value, "") is value
    assert value_at(value, "/") == 1
    for missing in ("/b", "/a/1", "/a/x", "/a/0/b~1c/d"):
        assert value_at(value, missing) is ABSENT


# The WebSocket half.


@pytest.fixture(scope="module")
def chat() -> Any:
    return read_socket_contract(load_contract(str(SPECS / "asyncapi.yaml"), "asyncapi"))


def test_the_channel_of_the_chat_is_taken_apart(chat: Any) -> None:
    assert (chat.channel, chat.address, chat.tag) == ("ws", "/ws", "/type")
    assert chat.query["required"] == ["token"]
    assert set(chat.sent_by(CLIENT)) == {"send-message", "ping", "mark-read"}
    assert set(chat.sent_by(SERVER)) == {"new-message", "message-ack", "online-status", "pong", "error"}
    send = chat.operation_of("send-message")
    assert (send.key, send.sender, [each.name for each in send.replies]) == (
        "sendMessage",
        CLIENT,
        ["message-ack", "error"],
    )
    assert chat.operation_of("pong") is None
    assert chat.operations["pong"].replies is None
    assert chat.messages["error"].correlation == "/data/details/client_msg_id"
    assert chat.messages["pong"].correlation is None
    assert chat.close_codes[4409].reconnect is False
    assert chat.close_codes[1012].reconnect is True
    assert chat.invalid.message.name == "error"
    assert (chat.invalid.code, chat.invalid.errors) == (("/data/code", "INVALID_MESSAGE"), "/data/details/errors")
    assert chat.invalid.exceptions == {("/data/content", "maxLength"): "MESSAGE_TOO_LARGE"}
    assert chat.errors["AUTH_FAILED"].close_code == 4401
    assert chat.errors["INVALID_MESSAGE"].status is None


def test_frames_are_judged_as_those_of_their_side(chat: Any) -> None:
    assert chat.judge({"type": "pong", "timestamp": 1})[0].key == "pong"
    assert chat.judge({"type": "pong", "timestamp": 1}, CLIENT) == (None, [])
    assert chat.judge({"type": "ping"}) == (None, [])
    assert chat.judge({"type": "ping"}, CLIENT)[1] == []
    assert [each.keyword for each in chat.judge({"type": "ping", "data": {"x": 1}}, CLIENT)[1]] == [
        "additionalProperties"
    ]
    for no_frame in ({}, [], None, "pong", ABSENT, {"type": 1}, {"type": ["pong"]}):
        assert chat.judge(no_frame) == (None, [])


def test_limits_are_those_of_the_document_and_else_the_documented(chat: Any) -> None:
    assert chat.limits == Limits()
    assert Limits.read({"maxFrameBytes": 0, "accessTokenTtlS": 5, "unknown": 1}) == Limits(
        max_frame_bytes=0, access_token_ttl_s=5
    )
    for nothing in (None, [], "x", {"idleTimeoutS": "90"}, {"idleTimeoutS": -1}, {"idleTimeoutS": True}):
        assert Limits.read(nothing) == Limits()  # type: ignore[arg-type]


def channel_of(*messages: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """Return a document with one channel; messages by (key, payload), sent by the server."""
    ref = "#/channels/c/messages/"
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "channels": {
            "c": {"address": "/c", "messages": {key: {"payload": payload} for key, payload in messages}, **more}
        },
        "operations": {
            "out": {
                "action": "send",
                "channel": {"$ref": "#/channels/c"},
                "messages": [{"$ref": ref + key} for key, _ in messages],
            }
        },
    }


def marked(**constants: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(constants),
        "properties": {name: {"const": each} for name, each in constants.items()},
    }


def test_the_mark_is_the_member_that_tells_all_frames_apart() -> None:
    contract = read_socket_contract(
        channel_of(("a", marked(type="event", event="x")), ("b", marked(type="event", event="y")))
    )
    assert contract.tag == "/event"
    assert set(contract.sent_by(SERVER)) == {"x", "y"}
    message, problems = contract.judge({"event": "y"})
    assert message is not None
    assert (message.key, [each.keyword for each in problems]) == ("b", ["required"])


def test_both_sides_may_use_the_same_mark() -> None:
    document = channel_of(("up", marked(type="ping")), ("down", {**marked(type="ping"), "required": ["sent"]}))
    out = document["operations"]["out"]
    document["operations"]["in"] = {**out, "action": "receive", "messages": out["messages"][:1]}
    out["messages"] = out["messages"][1:]
    contract = read_socket_contract(document)
    assert contract.tag == "/type"
    assert contract.sent_by(CLIENT)["ping"].key == "up"
    assert [each.keyword for each in contract.judge({"type": "ping"})[1]] == ["required"]


def test_a_frame_that_is_only_a_reply_is_sent_by_the_other_side() -> None:
    document = channel_of(("ask", marked(type="ask")), ("answer", marked(type="answer")))
    out = document["operations"].pop("out")
    ask, answer = out.pop("messages")
    document["operations"]["in"] = {**out, "action": "receive", "messages": [ask], "reply": {"messages": [answer]}}
    contract = read_socket_contract(document)
    assert (set(contract.sent_by(CLIENT)), set(contract.sent_by(SERVER))) == ({"ask"}, {"answer"})
    assert contract.judge({"type": "answer"})[1] == []


def test_frames_without_marks_are_told_by_their_schemas() -> None:
    contract = read_socket_contract(channel_of(("a", {"type": "string"}), ("b", {"required": ["n"], "type": "object"})))
    assert contract.tag is None
    assert [contract.judge(each)[0] and contract.judge(each)[0].key for each in ("x", {"n": 1}, {}, ABSENT)] == [  # type: ignore[union-attr]
        *("a", "b"),
        *(None, None),
    ]


def test_a_message_takes_from_its_traits_and_other_formats_are_not_judged() -> None:
    document = channel_of(
        ("a", {"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "schema": {"type": "record"}})
    )
    document["channels"]["c"]["messages"]["a"]["traits"] = [{"correlationId": {"location": "$message.payload#/id"}}]
    contract = read_socket_contract(document)
    assert contract.messages["a"].correlation == "/id"
    assert contract.judge({"anything": 1})[1] == []


def test_names_may_have_any_letters() -> None:
    document = channel_of(("a", True))
    document["channels"] = {"/ü {x}": document["channels"]["c"]}
    channel = reference("channels", "/ü {x}")
    document["operations"]["out"] = {
        "action": "send",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/a"}],
    }
    assert list(read_socket_contract(document).sent_by(SERVER)) == ["a"]


def test_other_peoples_channels_are_not_ours() -> None:
    contract = read_socket_contract(load_contract(str(OTHER / "asyncapi.yaml"), "asyncapi"))
    assert (contract.channel, contract.invalid, contract.close_codes, contract.errors) == ("live", None, {}, {})
    assert contract.limits == Limits()
    assert contract.operations["watch"].replies is None, "they come on another channel"


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/channels", {}),
        ("/channels/two", {"bindings": {"ws": {}}}),
        ("/operations/pong/messages/0/$ref", "#/components/messages/none"),
        ("/channels/ws/x-close-codes/0", {"name": "NORMAL"}),
        ("/channels/ws/x-close-codes/0/code", "normal"),
        ("/channels/ws/x-invalid-frames", {"reply": "none"}),
        ("/channels/ws/x-invalid-frames", ["error"]),
        ("/channels/ws/x-invalid-frames/code", "INVALID_MESSAGE"),
        ("/x-error-catalogue", [{"status": 400}]),
        ("/x-error-catalogue", {"a": 1}),
        ("/components/schemas/PongFrame/type", "frame"),
    ],
)
def test_a_contract_that_can_not_be_used_is_refused(pointer: str, value: Any) -> None:
    _, asyncapi = edited("bundled", ("A", pointer, value))
    with pytest.raises(ContractUnreadable):
        read_socket_contract(asyncapi)


# The HTTP half.


@pytest.fixture(scope="module")
def api() -> Any:
    return read_http_contract(load_contract(str(SPECS / "openapi.yaml"), "openapi"))


def test_the_operations_of_the_chat_are_taken_apart(api: Any) -> None:
    assert api.base == "/api"
    assert len(api.operations) == 23
    assert api.operations["login"].secured is False
    assert api.operations["logout"].secured is True
    assert api.operation_at("get", "/api/users/search").id == "searchUsers"
    assert api.operation_at("GET", "/api/conversations/c%2F1").id == "getConversation"
    for no_operation in (
        ("GET", "/users/search"),
        ("GET", "/api/conversations/"),
        ("PATCH", "/api/friends"),
        ("GET", "/api"),
    ):
        assert api.operation_at(*no_operation) is None


def test_answers_are_judged_by_their_status(api: Any) -> None:
    logout = api.operations["logout"]
    headers = {"content-language": "zh-CN"}
    right = {"success": True, "message": "OK", "data": {}}
    assert api.judge(logout, 200, headers, right)[1] == []
    assert api.judge(logout, 418, headers, right) == (None, [])
    assert [each.keyword for each in api.judge(logout, 200, headers, ABSENT)[1]] == ["json"]
    found = api.judge(logout, 401, headers, {"success": False, "message": "x", "code": "FORBIDDEN"})[1]
    assert ("/code", "enum") in {(each.pointer, each.keyword) for each in found}


def http_contract(**operation: Any) -> Any:
    return read_http_contract({"openapi": "3.0.3", "info": INFO, "paths": {"/a": operation}})


def test_a_status_is_declared_by_itself_by_its_class_or_by_default() -> None:
    responses = {code: {"description": code} for code in ("404", "4XX", "default")}
    operation = http_contract(get={"responses": responses}).operations["get /a"]
    found = [operation.response(status).pointer.rpartition("/")[2] for status in (404, 409, 500)]
    assert found == ["404", "4XX", "default"]
    assert http_contract(get={"responses": {"200": {}}}).operations["get /a"].response(500) is None


def test_answers_that_have_no_body_miss_none() -> None:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    contract = http_contract(get={"responses": {"default": body}}, head={"responses": {"200": body}})
    get, head = contract.operations["get /a"], contract.operations["head /a"]
    assert contract.judge(get, 204, {}, ABSENT)[1] == []
    assert contract.judge(head, 200, {}, ABSENT)[1] == []
    assert contract.judge(get, 200, {}, ABSENT)[1] == [Problem("", "json", "there is no JSON")]


def test_a_required_header_is_missed_whatever_its_case() -> None:
    contract = http_contract(get={"responses": {"200": {"headers": {"X-Id": {"required": True}, "X-No": {}}}}})
    operation = contract.operations["get /a"]
    assert contract.judge(operation, 200, {"x-id": "1"}, ABSENT)[1] == []
    assert [each.pointer for each in contract.judge(operation, 200, {}, ABSENT)[1]] == ["/header/X-Id"]


def test_the_base_is_the_path_of_the_first_server_with_its_defaults() -> None:
    assert read_http_contract(load_contract(str(OTHER / "openapi.yaml"), "openapi")).base == "/v2"
    assert http_contract().base == ""


def test_fixed_paths_go_before_templates() -> None:
    paths = {path: {"get": {"operationId": path, "responses": {}}} for path in ("/a/{id}", "/a/me", "/{x}/{y}")}
    contract = read_http_contract({"openapi": "3.0.3", "info": INFO, "paths": paths})
    found = [contract.operation_at("GET", path) for path in ("/a/me", "/a/b", "/b/c")]
    assert [each and each.id for each in found] == ["/a/me", "/a/{id}", "/{x}/{y}"]
