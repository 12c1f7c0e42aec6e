"""A frame that is not valid is refused with what is wrong and where, and the socket goes on.

Frames as such (JSON, type, each keyword of each client frame), content and frames that are too
large, what is no text at all, broken WebSocket, and the language of the texts.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.harness.api import Json, User, expect_ok, group, new_guest, new_user
from tests.harness.contract import load_contract
from tests.harness.frames import (
    expect_auth_failed,
    fresh_message_id,
    read_text,
    read_until_close,
    send_acked,
    send_refused,
    text_message,
)
from tests.harness.server import GoChatServer
from tests.harness.socket import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONTINUATION,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    RawSocket,
    Socket,
    encode_frame,
)

OpenSocket = Callable[..., Socket]
Violations = list[tuple[str, str]]

MAX_FRAME_BYTES = 65_536
MAX_CONTENT = 4000
MAX_SAFE_INTEGER = 2**53 - 1

PING = json.dumps({"type": "ping"}).encode()


@pytest.fixture(scope="module")
def speaker(server: GoChatServer) -> User:
    """Somebody whose one socket hears all the nonsense of this file."""
    return new_user(server)


@pytest.fixture(scope="module")
def line(server: GoChatServer, speaker: User) -> Iterator[Socket]:
    """The speaker's socket, the same one for all frames that leave it open."""
    with Socket(server, speaker.token) as socket:
        yield socket


def _refused(line: Socket, message: str, code: str = "INVALID_MESSAGE") -> Json:
    """Sends a message that gets one error frame, and after it a ping that gets a pong; returns the details."""
    line.send_raw(message)
    error = line.expect("error")["data"]
    assert error["code"] == code, error
    line.settle()
    assert line.drain() == [], "one answer to one frame"
    details: Json = error["details"]
    return details


def _found(details: Json) -> Violations:
    return sorted((error["pointer"], error["rule"]) for error in details["errors"])


def _send_message(change: Json | None = None, *, without: tuple[str, ...] = (), **top: Any) -> Json:
    """A valid send-message frame with some of its data changed or left out, and more beside its data."""
    data = {**text_message("any-conversation", client_msg_id="c-1"), **(change or {})}
    for name in without:
        del data[name]
    return {"type": "send-message", "data": data, **top}


def _mark_read(change: Json | None = None, *, without: tuple[str, ...] = (), **top: Any) -> Json:
    """A valid mark-read frame, changed likewise."""
    data = {"conversationId": "any-conversation", "seqId": 1, **(change or {})}
    for name in without:
        del data[name]
    return {"type": "mark-read", "data": data, **top}


def _name(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:40]}...{len(text)}"


# No frame at all

JSON_BUT_NO_OBJECT = ["[]", "null", "true", "1", '"ping"', '["ping"]', '[{"type":"ping"}]', "-0.5e3"]
NOT_JSON = [
    "",
    " ",
    "ping",
    "{",
    "}",
    '{"type"',
    '{"type":"ping"',
    '{"type":"ping"}}',
    '{"type":"ping"}{"type":"ping"}',
    '{"type":"ping"} x',
    '{"type":"ping",}',
    '{type:"ping"}',
    "{'type':'ping'}",
    '{"type":"ping" "data":{}}',
    '{"type":"pi\nng"}',
    '{"type":"ping\\x"}',
    '{"type":"ping\\u12"}',
    '{"type":"ping","timestamp":01}',
    '{"type":"ping","timestamp":+1}',
    '{"type":"ping","timestamp":.5}',
    '{"type":"ping","timestamp":1.}',
    '{"type":"ping","timestamp":NaN}',
    '{"type":"ping","timestamp":Infinity}',
    '{"type":"ping","timestamp":0x10}',
    '{"type":"ping","timestamp":True}',
    '{"type":"ping"} // comment',
    "\x00",
    '{"type":"ping"}\x00',
    "\u00a0" + '{"type":"ping"}',
]


@pytest.mark.parametrize("message", NOT_JSON, ids=ascii)
def test_what_is_not_json_is_refused_as_such(line: Socket, message: str) -> None:
    assert _refused(line, message) == {"errors": [{"pointer": "", "rule": "json"}]}


@pytest.mark.parametrize("message", JSON_BUT_NO_OBJECT)
def test_a_frame_is_an_object(line: Socket, message: str) -> None:
    assert _refused(line, message) == {"errors": [{"pointer": "", "rule": "type"}]}


@pytest.mark.parametrize(
    "message",
    [
        ' \t\r\n{ "type" : "ping" , "data" : { } , "timestamp" : 0 } \n',
        '{"timestamp":9007199254740991,"type":"ping"}',
        '{"t\\u0079pe":"\\u0070ing"}',
    ],
)
def test_the_spelling_of_json_does_not_matter(line: Socket, message: str) -> None:
    line.send_raw(message)
    line.expect("pong")
    assert line.drain() == []


# The type


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({}, [("/type", "required")]),
        ({"data": {}}, [("/type", "required")]),
        ({"type": None}, [("/type", "type")]),
        ({"type": 1}, [("/type", "type")]),
        ({"type": True}, [("/type", "type")]),
        ({"type": ["ping"]}, [("/type", "type")]),
        ({"type": {"ping": 1}}, [("/type", "type")]),
        ({"type": ""}, [("/type", "enum")]),
        ({"type": "nonsense"}, [("/type", "enum")]),
        ({"type": "Ping"}, [("/type", "enum")]),
        ({"type": "ping "}, [("/type", "enum")]),
        ({"type": "sendMessage"}, [("/type", "enum")]),
        ({"type": "new-message", "data": {}}, [("/type", "enum")]),
        ({"type": "pong"}, [("/type", "enum")]),
        ({"type": "error", "data": {"code": "INTERNAL"}}, [("/type", "enum")]),
        ({"type": "x" * 10_000}, [("/type", "enum")]),
        ({"type": "类型🙂"}, [("/type", "enum")]),
    ],
    ids=_name,
)
def test_the_type_is_one_of_those_in_the_contract(line: Socket, frame: Json, expected: Violations) -> None:
    assert _found(_refused(line, json.dumps(frame))) == expected


# Each keyword of each frame. What stands behind a slash in a name is the alternative that the contract
# allows too: a value of a wrong type breaks an enum as well as the type.

INVALID_FRAMES: list[tuple[Json, Violations]] = [
    # ping
    ({"type": "ping", "data": None}, [("/data", "type")]),
    ({"type": "ping", "data": []}, [("/data", "type")]),
    ({"type": "ping", "data": "x"}, [("/data", "type")]),
    ({"type": "ping", "data": 0}, [("/data", "type")]),
    ({"type": "ping", "data": False}, [("/data", "type")]),
    ({"type": "ping", "data": {"x": 1}}, [("/data/x", "additionalProperties")]),
    (
        {"type": "ping", "data": {"x": 1, "y": None}},
        [("/data/x", "additionalProperties"), ("/data/y", "additionalProperties")],
    ),
    ({"type": "ping", "id": 1}, [("/id", "additionalProperties")]),
    ({"type": "ping", "Data": {}}, [("/Data", "additionalProperties")]),
    ({"type": "ping", "timestamp": -1}, [("/timestamp", "minimum")]),
    ({"type": "ping", "timestamp": MAX_SAFE_INTEGER + 1}, [("/timestamp", "maximum")]),
    ({"type": "ping", "timestamp": 2**63}, [("/timestamp", "maximum")]),
    ({"type": "ping", "timestamp": 2**64}, [("/timestamp", "maximum")]),
    ({"type": "ping", "timestamp": -(2**64)}, [("/timestamp", "minimum")]),
    ({"type": "ping", "timestamp": 1.5}, [("/timestamp", "type")]),
    ({"type": "ping", "timestamp": "1795305660"}, [("/timestamp", "type")]),
    ({"type": "ping", "timestamp": None}, [("/timestamp", "type")]),
    ({"type": "ping", "timestamp": True}, [("/timestamp", "type")]),
    (
        {"type": "ping", "data": {"x": 1}, "timestamp": -1, "id": 1},
        [("/data/x", "additionalProperties"), ("/id", "additionalProperties"), ("/timestamp", "minimum")],
    ),
    # send-message
    ({"type": "send-message"}, [("/data", "required")]),
    ({"type": "send-message", "data": None}, [("/data", "type")]),
    ({"type": "send-message", "data": []}, [("/data", "type")]),
    ({"type": "send-message", "data": "{}"}, [("/data", "type")]),
    (
        {"type": "send-message", "data": {}},
        [
            ("/data/client_msg_id", "required"),
            ("/data/content", "required"),
            ("/data/conversationId", "required"),
            ("/data/messageType", "required"),
        ],
    ),
    (_send_message(without=("conversationId",)), [("/data/conversationId", "required")]),
    (_send_message(without=("content",)), [("/data/content", "required")]),
    (_send_message(without=("messageType",)), [("/data/messageType", "required")]),
    (_send_message(without=("client_msg_id",)), [("/data/client_msg_id", "required")]),
    (_send_message({"extra": 1}), [("/data/extra", "additionalProperties")]),
    (_send_message({"extra": None}), [("/data/extra", "additionalProperties")]),
    (_send_message({"seqId": 1}), [("/data/seqId", "additionalProperties")]),
    (_send_message({"a/b~c": 1}), [("/data/a~1b~0c", "additionalProperties")]),
    (_send_message({"": 1}), [("/data/", "additionalProperties")]),
    (_send_message({"名字": 1}), [("/data/名字", "additionalProperties")]),
    (
        _send_message({"clientMsgId": "c-1"}, without=("client_msg_id",)),
        [("/data/clientMsgId", "additionalProperties"), ("/data/client_msg_id", "required")],
    ),
    (_send_message(id=1), [("/id", "additionalProperties")]),
    (_send_message(timestamp=-1), [("/timestamp", "minimum")]),
    (_send_message({"conversationId": ""}), [("/data/conversationId", "minLength")]),
    (_send_message({"conversationId": "x" * 65}), [("/data/conversationId", "maxLength")]),
    (_send_message({"conversationId": "🙂" * 65}), [("/data/conversationId", "maxLength")]),
    (_send_message({"conversationId": 1}), [("/data/conversationId", "type")]),
    (_send_message({"conversationId": None}), [("/data/conversationId", "type")]),
    (_send_message({"conversationId": ["x"]}), [("/data/conversationId", "type")]),
    (_send_message({"conversationId": "a\x00"}), [("/data/conversationId", "unicode")]),
    (_send_message({"conversationId": "\ud800"}), [("/data/conversationId", "unicode")]),
    (_send_message({"content": ""}), [("/data/content", "minLength")]),
    (_send_message({"content": 1}), [("/data/content", "type")]),
    (_send_message({"content": None}), [("/data/content", "type")]),
    (_send_message({"content": {"text": "x"}}), [("/data/content", "type")]),
    (_send_message({"content": "a\x00b"}), [("/data/content", "unicode")]),
    (_send_message({"content": "\x00"}), [("/data/content", "unicode")]),
    (_send_message({"content": "a\ud800"}), [("/data/content", "unicode")]),
    (_send_message({"content": "\udfffb"}), [("/data/content", "unicode")]),
    (_send_message({"content": "\ude42\ud83d"}), [("/data/content", "unicode")]),
    (_send_message({"content": "\ud83d \ude42"}), [("/data/content", "unicode")]),
    (_send_message({"messageType": 0}), [("/data/messageType", "enum")]),
    (_send_message({"messageType": 4}), [("/data/messageType", "enum")]),
    (_send_message({"messageType": -1}), [("/data/messageType", "enum")]),
    (_send_message({"messageType": 2**64}), [("/data/messageType", "enum")]),
    (_send_message({"messageType": "1"}), [("/data/messageType", "type/enum")]),
    (_send_message({"messageType": 1.5}), [("/data/messageType", "type/enum")]),
    (_send_message({"messageType": True}), [("/data/messageType", "type/enum")]),
    (_send_message({"messageType": None}), [("/data/messageType", "type/enum")]),
    (_send_message({"messageType": [1]}), [("/data/messageType", "type/enum")]),
    (_send_message({"client_msg_id": ""}), [("/data/client_msg_id", "minLength")]),
    (_send_message({"client_msg_id": "x" * 65}), [("/data/client_msg_id", "maxLength")]),
    (_send_message({"client_msg_id": 1}), [("/data/client_msg_id", "type")]),
    (_send_message({"client_msg_id": None}), [("/data/client_msg_id", "type")]),
    (_send_message({"client_msg_id": "a\x00"}), [("/data/client_msg_id", "unicode")]),
    (_send_message({"client_msg_id": "a\ud800"}), [("/data/client_msg_id", "unicode")]),
    (
        _send_message({"content": "", "messageType": 9, "conversationId": 1, "x": 1}, id=1),
        [
            ("/data/content", "minLength"),
            ("/data/conversationId", "type"),
            ("/data/messageType", "enum"),
            ("/data/x", "additionalProperties"),
            ("/id", "additionalProperties"),
        ],
    ),
    # mark-read
    ({"type": "mark-read"}, [("/data", "required")]),
    ({"type": "mark-read", "data": None}, [("/data", "type")]),
    ({"type": "mark-read", "data": [1]}, [("/data", "type")]),
    (
        {"type": "mark-read", "data": {}},
        [("/data/conversationId", "required"), ("/data/seqId", "required")],
    ),
    (_mark_read(without=("conversationId",)), [("/data/conversationId", "required")]),
    (_mark_read(without=("seqId",)), [("/data/seqId", "required")]),
    (_mark_read({"client_msg_id": "c-1"}), [("/data/client_msg_id", "additionalProperties")]),
    (_mark_read(seqId=1), [("/seqId", "additionalProperties")]),
    (_mark_read(timestamp="now"), [("/timestamp", "type")]),
    (_mark_read({"conversationId": ""}), [("/data/conversationId", "minLength")]),
    (_mark_read({"conversationId": "x" * 65}), [("/data/conversationId", "maxLength")]),
    (_mark_read({"conversationId": 1}), [("/data/conversationId", "type")]),
    (_mark_read({"conversationId": "a\x00"}), [("/data/conversationId", "unicode")]),
    (_mark_read({"conversationId": "\ud800"}), [("/data/conversationId", "unicode")]),
    (_mark_read({"seqId": 0}), [("/data/seqId", "minimum")]),
    (_mark_read({"seqId": -1}), [("/data/seqId", "minimum")]),
    (_mark_read({"seqId": MAX_SAFE_INTEGER + 1}), [("/data/seqId", "maximum")]),
    (_mark_read({"seqId": 2**64}), [("/data/seqId", "maximum")]),
    (_mark_read({"seqId": "1"}), [("/data/seqId", "type")]),
    (_mark_read({"seqId": 1.5}), [("/data/seqId", "type")]),
    (_mark_read({"seqId": True}), [("/data/seqId", "type")]),
    (_mark_read({"seqId": None}), [("/data/seqId", "type")]),
]


def _allowed(expected: Violations) -> list[Violations]:
    """The lists that the contract allows: for `a/b` the first rule alone, or both."""
    first = sorted((pointer, rule.partition("/")[0]) for pointer, rule in expected)
    both = sorted((pointer, each) for pointer, rule in expected for each in rule.split("/"))
    return [first, both]


@pytest.mark.parametrize(("frame", "expected"), INVALID_FRAMES, ids=_name)
def test_each_thing_that_is_wrong_is_named_once(line: Socket, frame: Json, expected: Violations) -> None:
    assert _found(_refused(line, json.dumps(frame))) in _allowed(expected)


def test_a_broken_escape_in_the_type_or_in_a_name_is_refused(line: Socket) -> None:
    for message in (
        '{"type":"\\ud800"}',
        '{"type":"ping\\u0000"}',
        '{"type":"ping","\\ud800":1}',
        '{"type":"ping","\\u0000":1}',
        '{"type":"ping","data":{"\\udfff":1}}',
    ):
        assert _refused(line, message)["errors"]


@pytest.mark.parametrize(
    "message",
    [
        '{"type":"ping","timestamp":1e999}',
        '{"type":"ping","timestamp":-1e999}',
        '{"type":"ping","timestamp":1' + "0" * 400 + "}",
        '{"type":"ping","timestamp":1' + "0" * 20_000 + "}",
        '{"type":"ping","timestamp":0.' + "1" * 20_000 + "}",
        '{"type":"ping","data":{"x":1' + "0" * 20_000 + "}}",
        '{"type":"mark-read","data":{"conversationId":"x","seqId":1e400}}',
        '{"type":"mark-read","data":{"conversationId":"x","seqId":1' + "0" * 20_000 + "}}",
    ],
    ids=_name,
)
def test_a_huge_number_is_refused(line: Socket, message: str) -> None:
    assert _refused(line, message)["errors"]


@pytest.mark.parametrize(
    "message",
    [
        "[" * 30_000 + "]" * 30_000,
        "[" * 60_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"type":"ping","data":' + "[" * 30_000 + "]" * 30_000 + "}",
        '{"type":"ping","data":{"x":' + '{"x":' * 10_000 + "1" + "}" * 10_000 + "}}",
        '{"type":' + "[" * 20_000 + "]" * 20_000 + "}",
    ],
    ids=_name,
)
def test_deep_nesting_is_refused(line: Socket, message: str) -> None:
    assert _refused(line, message)["errors"]


def test_many_unknown_properties_are_refused(line: Socket) -> None:
    frame = {"type": "ping", **{f"x{number}": number for number in range(3000)}}
    errors = _refused(line, json.dumps(frame))["errors"]
    assert {error["rule"] for error in errors} == {"additionalProperties"}


def test_a_name_that_stands_twice_is_answered_once(line: Socket) -> None:
    line.send_raw('{"type":"ping","type":"ping"}')
    line.send("the end")
    line.expect("error", where=lambda frame: _found(frame["data"]["details"]) == [("/type", "enum")])
    (answer,) = line.drain()
    assert answer["type"] == "pong" or answer["data"]["code"] == "INVALID_MESSAGE"


def test_a_message_with_a_name_that_stands_twice_is_stored_at_most_once(line: Socket, speaker: User) -> None:
    one, other = group(speaker), group(speaker)
    data = json.dumps(text_message(one))
    line.send_raw(f'{{"type":"send-message","data":{data[:-1]},"conversationId":"{other}"}}}}')
    end = send_acked(line, text_message(group(speaker)))
    answers = line.drain()
    stored = speaker.api.history(one) + speaker.api.history(other)
    assert [answer["type"] for answer in answers] == (["message-ack"] if stored else ["error"]), end
    assert len(stored) <= 1


# details.client_msg_id


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (_send_message({"content": ""}), "c-1"),
        (_send_message(without=("content",)), "c-1"),
        (_send_message({"extra": 1}), "c-1"),
        (_send_message(id=1), "c-1"),
        (_send_message({"messageType": "1", "client_msg_id": "编号🙂"}), "编号🙂"),
        (_send_message({"content": 1, "client_msg_id": "x" * 64}), "x" * 64),
        (_send_message({"content": 1, "client_msg_id": "🙂" * 64}), "🙂" * 64),
        (_send_message({"client_msg_id": ""}), ""),
        (_send_message({"client_msg_id": "a\x00b"}), "a\x00b"),
        (_send_message({"client_msg_id": "x" * 65}), None),
        (_send_message({"client_msg_id": 1}), None),
        (_send_message({"client_msg_id": None}), None),
        (_send_message({"client_msg_id": ["c-1"]}), None),
        (_send_message(without=("client_msg_id",)), None),
        ({"type": "send-message", "data": ["c-1"]}, None),
        ({"type": "send-message"}, None),
        ({"type": "ping", "data": {"x": 1}}, None),
        ({"type": "ping", "timestamp": -1}, None),
        (_mark_read({"seqId": 0}), None),
    ],
    ids=_name,
)
def test_a_failed_send_gives_its_id_back_where_one_could_be_read(
    line: Socket, frame: Json, expected: str | None
) -> None:
    details = _refused(line, json.dumps(frame))
    assert details.get("client_msg_id") == expected
    assert set(details) == ({"errors"} if expected is None else {"errors", "client_msg_id"})


# Too large


@pytest.mark.parametrize("character", ["a", "汉", "🙂", '"'])
def test_content_of_4000_code_points_is_fine(line: Socket, speaker: User, character: str) -> None:
    group_id = group(speaker)
    data = text_message(group_id, character * MAX_CONTENT)
    assert send_acked(line, data)["seqId"] == 1
    assert speaker.api.history(group_id)[0]["content"] == data["content"]


def test_escaped_content_counts_by_code_points_too(line: Socket, speaker: User) -> None:
    frame = {"type": "send-message", "data": text_message(group(speaker), "🙂" * MAX_CONTENT)}
    message = json.dumps(frame, ensure_ascii=True)
    assert 48_000 < len(message) < MAX_FRAME_BYTES
    line.send_raw(message)
    line.expect("message-ack")


@pytest.mark.parametrize("character", ["a", "汉", "🙂", '"'])
@pytest.mark.parametrize("length", [MAX_CONTENT + 1, 10_000])
def test_content_over_4000_code_points_is_too_large_and_the_socket_stays(
    line: Socket, speaker: User, character: str, length: int
) -> None:
    group_id = group(speaker)
    data = text_message(group_id, character * length)
    error = send_refused(line, data, "MESSAGE_TOO_LARGE")
    assert set(error["details"]) == {"client_msg_id"}
    line.settle()
    assert speaker.api.history(group_id) == []


def test_content_is_too_large_before_the_conversation_is_looked_for(line: Socket) -> None:
    send_refused(line, text_message("no-such-conversation", "x" * 4001), "MESSAGE_TOO_LARGE")


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        ("x" * 4001 + "\x00", {("/data/content", "maxLength"), ("/data/content", "unicode")}),
        ("x" * 4001 + "\ud800", {("/data/content", "maxLength"), ("/data/content", "unicode")}),
    ],
    ids=["nul", "surrogate"],
)
def test_content_that_breaks_more_than_its_length_is_invalid(
    line: Socket, content: str, rules: set[tuple[str, str]]
) -> None:
    found = set(_found(_refused(line, json.dumps(_send_message({"content": content})))))
    assert ("/data/content", "unicode") in found
    assert found <= rules


def _padded_ping(size: int) -> bytes:
    return PING + b" " * (size - len(PING))


def test_a_frame_of_the_largest_size_is_fine(line: Socket) -> None:
    line.send_raw(_padded_ping(MAX_FRAME_BYTES).decode())
    line.expect("pong")


def _expect_too_large(raw: RawSocket) -> None:
    frames, code = read_until_close(raw)
    for frame in frames:
        load_contract().check_frame(frame)
    assert [frame["type"] for frame in frames] == ["error"], frames
    assert frames[0]["data"]["code"] == "MESSAGE_TOO_LARGE"
    assert code == 1009
    _expect_the_end(raw, code)


def _expect_the_end(raw: RawSocket, code: int) -> None:
    """Answers the server's close, and holds that the TCP connection ends without another byte."""
    with suppress(ConnectionError):  # the server may have ended it already
        raw.send_frame(OP_CLOSE, struct.pack("!H", code))
    assert raw.read_rest() == b""


@pytest.mark.parametrize("size", [MAX_FRAME_BYTES + 1, 70_000, 1_000_000])
def test_a_larger_frame_gets_an_error_and_the_close(server: GoChatServer, alice: User, size: int) -> None:
    with Socket(server, alice.token) as socket:
        socket.send_raw(_padded_ping(size).decode())
        error = socket.expect("error")["data"]
        assert error["code"] == "MESSAGE_TOO_LARGE"
        assert socket.expect_close() == 1009


def test_the_size_of_a_frame_counts_in_bytes(server: GoChatServer, alice: User) -> None:
    with Socket(server, alice.token) as socket:
        socket.send("send-message", text_message("any-conversation", "🙂" * (MAX_FRAME_BYTES // 4)))
        assert socket.expect("error")["data"]["code"] == "MESSAGE_TOO_LARGE"
        assert socket.expect_close() == 1009


def test_a_larger_frame_in_pieces_gets_an_error_and_the_close(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token) as raw:
        piece = b" " * 20_000
        raw.send_frame(OP_TEXT, piece, fin=False)
        for _ in range(3):
            raw.send_frame(OP_CONTINUATION, piece, fin=False)
        _expect_too_large(raw)


@pytest.mark.parametrize("length", [MAX_FRAME_BYTES + 1, 2**31, 2**32, 2**62])
def test_a_frame_that_announces_too_much_is_not_waited_for_to_its_end(
    server: GoChatServer, alice: User, length: int
) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_bytes(struct.pack("!BBQ", 0x80 | OP_TEXT, 0x80 | 127, length) + b"mask")
        raw.send_bytes(b"x" * (MAX_FRAME_BYTES + 1))
        _expect_too_large(raw)


def test_the_limit_of_a_frame_is_a_setting(start_server: Callable[..., GoChatServer]) -> None:
    small = start_server(GOCHAT_MAX_FRAME_BYTES=1024)
    with Socket(small, new_guest(small).token) as socket:
        socket.send_raw(_padded_ping(1024).decode())
        socket.expect("pong")
        socket.send_raw(_padded_ping(1025).decode())
        assert socket.expect("error")["data"]["code"] == "MESSAGE_TOO_LARGE"
        assert socket.expect_close() == 1009


# Not text


def _expect_closed(raw: RawSocket, *codes: int) -> None:
    """Holds that the server closes with one of the codes and says nothing more, and then ends the TCP connection."""
    frames, code = read_until_close(raw)
    assert frames == []
    assert code in codes, f"expected {codes}, got {code}"
    _expect_the_end(raw, code)


@pytest.mark.parametrize("payload", [b"", PING, b"\x00\xff" * 100], ids=["empty", "ping", "bytes"])
def test_a_binary_frame_closes_with_1003(server: GoChatServer, alice: User, payload: bytes) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_BINARY, payload)
        _expect_closed(raw, 1003)


BAD_UTF8 = {
    "lone-continuation": b"\x80",
    "truncated": b'{"type":"\xe6\xb1"}',
    "truncated-at-the-end": b"\xe6\xb1",
    "overlong": b"\xc0\xaf",
    "surrogate": b"\xed\xa0\x80",
    "beyond-unicode": b"\xf4\x90\x80\x80",
    "latin-1": '{"type":"é"}'.encode("latin-1"),
    "inside-valid-json": b'{"type":"ping","x\xff":1}',
}


@pytest.mark.parametrize("payload", BAD_UTF8.values(), ids=BAD_UTF8.keys())
def test_text_that_is_not_utf8_closes_with_1007(server: GoChatServer, alice: User, payload: bytes) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_TEXT, payload)
        _expect_closed(raw, 1007)


def test_text_in_pieces_that_is_not_utf8_closes_with_1007(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_TEXT, b'{"type":"ping\xe6', fin=False)
        raw.send_frame(OP_CONTINUATION, b'"}')
        _expect_closed(raw, 1007)


# Broken WebSocket (RFC 6455)

BROKEN: dict[str, bytes] = {
    "unmasked": encode_frame(OP_TEXT, PING, masked=False),
    "reserved-bit-1": encode_frame(OP_TEXT, PING, rsv=4),
    "reserved-bit-2": encode_frame(OP_TEXT, PING, rsv=2),
    "reserved-bit-3": encode_frame(OP_TEXT, PING, rsv=1),
    "unknown-data-opcode": encode_frame(0x3, b"x"),
    "unknown-control-opcode": encode_frame(0xB, b"x"),
    "continuation-of-nothing": encode_frame(OP_CONTINUATION, PING),
    "text-inside-a-text": encode_frame(OP_TEXT, b"{", fin=False) + encode_frame(OP_TEXT, PING),
    "ping-in-pieces": encode_frame(OP_PING, b"x", fin=False),
    "ping-too-long": encode_frame(OP_PING, b"x" * 126),
    "pong-too-long": encode_frame(OP_PONG, b"x" * 126),
    "close-too-long": encode_frame(OP_CLOSE, struct.pack("!H", 1000) + b"x" * 124),
    "close-with-half-a-code": encode_frame(OP_CLOSE, b"\x03"),
    "close-with-0": encode_frame(OP_CLOSE, struct.pack("!H", 0)),
    "close-with-999": encode_frame(OP_CLOSE, struct.pack("!H", 999)),
    "close-with-1005": encode_frame(OP_CLOSE, struct.pack("!H", 1005)),
    "close-with-1006": encode_frame(OP_CLOSE, struct.pack("!H", 1006)),
    "close-with-1015": encode_frame(OP_CLOSE, struct.pack("!H", 1015)),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_broken_websocket_closes_with_1002(server: GoChatServer, alice: User, data: bytes) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_bytes(data)
        _expect_closed(raw, 1002)


def test_a_close_reason_that_is_not_utf8_closes_with_1007_or_1002(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_CLOSE, struct.pack("!H", 1000) + b"\xff\xfe")
        _expect_closed(raw, 1007, 1002)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encode_frame(0x3, b"x"), 1002),
        (encode_frame(OP_BINARY, b"x"), 1003),
        (encode_frame(OP_TEXT, b"\xff"), 1007),
        (encode_frame(OP_CLOSE, struct.pack("!H", 1000)), 1000),
    ],
    ids=["broken", "binary", "not-utf8", "close"],
)
def test_after_the_close_nothing_is_read_any_more(server: GoChatServer, alice: User, data: bytes, code: int) -> None:
    group_id = group(alice)
    frame = json.dumps({"type": "send-message", "data": text_message(group_id)}).encode()
    with RawSocket(server, alice.token) as raw:
        raw.send_bytes(data + encode_frame(OP_TEXT, frame))
        _expect_closed(raw, code)
    assert alice.api.history(group_id) == []


# What is right though unusual


def test_a_message_in_pieces_with_a_ping_between_them_is_read(server: GoChatServer, alice: User) -> None:
    group_id = group(alice)
    data = text_message(group_id, "你好 🙂")
    message = json.dumps({"type": "send-message", "data": data}, ensure_ascii=False).encode()
    with RawSocket(server, alice.token) as raw:
        raw.send_frame(OP_TEXT, message[:1], fin=False)
        for byte in message[1:-1]:
            raw.send_frame(OP_CONTINUATION, bytes([byte]), fin=False)
        raw.send_frame(OP_PING, b"between")
        assert raw.read_frame() == (True, OP_PONG, b"between")
        raw.send_frame(OP_CONTINUATION, b"", fin=False)
        raw.send_frame(OP_CONTINUATION, message[-1:])
        ack = read_text(raw)
        assert ack["data"]["client_msg_id"] == data["client_msg_id"]
    assert alice.api.history(group_id)[0]["content"] == "你好 🙂"


def test_a_ping_gets_its_own_payload_back(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token) as raw:
        for payload in (b"", b"x", b"\x00\xff" * 62, b"x" * 125):
            raw.send_frame(OP_PING, payload)
            assert raw.read_frame() == (True, OP_PONG, payload)
        raw.send_frame(OP_PONG, b"nobody asked")
        raw.send_text({"type": "ping"})
        assert read_text(raw)["type"] == "pong"


def test_a_frame_that_comes_byte_by_byte_is_read(server: GoChatServer, alice: User) -> None:
    with RawSocket(server, alice.token) as raw:
        for byte in encode_frame(OP_TEXT, _padded_ping(200)):
            raw.send_bytes(bytes([byte]))
        assert read_text(raw)["type"] == "pong"


# The language of the texts


def _texts(code: str) -> Json:
    (entry,) = [e for e in load_contract().openapi["x-error-catalogue"] if e["code"] == code]
    return dict(entry)


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("*", "zh"),
        ("zh-CN", "zh"),
        ("fr", "zh"),
        ("zh,en;q=0.5", "zh"),
        ("en;q=0.2, zh-CN;q=0.9", "zh"),
        ("en;q=0", "zh"),
        ("not a header; q=;;,", "zh"),
        ("en", "en"),
        ("EN-us", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr, en;q=0.5", "en"),
        ("zh;q=0.1, en;q=0.9", "en"),
    ],
)
def test_texts_are_in_the_language_of_the_handshake(
    open_socket: OpenSocket, alice: User, accept: str | None, language: str
) -> None:
    socket = open_socket(alice, language=accept)
    socket.send("nonsense")
    assert socket.expect("error")["data"]["message"] == _texts("INVALID_MESSAGE")[language]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_text_on_the_socket_is_that_of_the_catalogue(
    open_socket: OpenSocket, alice: User, bob: User, language: str
) -> None:
    socket = open_socket(alice, language=language)
    used = text_message(group(alice))
    send_acked(socket, used)
    for data, code in (
        (text_message("x", ""), "INVALID_MESSAGE"),
        (text_message("x", "x" * 4001), "MESSAGE_TOO_LARGE"),
        (text_message("no-such-conversation"), "CONVERSATION_NOT_FOUND"),
        (text_message(group(bob)), "FORBIDDEN"),
        ({**used, "content": "other"}, "CLIENT_MSG_ID_CONFLICT"),
    ):
        assert send_refused(socket, data, code)["message"] == _texts(code)[language]
    socket.send_raw(_padded_ping(MAX_FRAME_BYTES + 1).decode())
    assert socket.expect("error")["data"]["message"] == _texts("MESSAGE_TOO_LARGE")[language]
    stranger = open_socket("no-token", language=language)
    error = stranger.expect("error")["data"]
    assert (error["code"], error["message"]) == ("AUTH_FAILED", _texts("AUTH_FAILED")[language])


def test_an_error_always_has_details(open_socket: OpenSocket, alice: User) -> None:
    socket = open_socket(alice)
    socket.send("mark-read", {"conversationId": "no-such-conversation", "seqId": 1})
    assert socket.expect("error")["data"]["details"] == {}
    expect_auth_failed(open_socket("no-token"))


def test_nonsense_leaves_everybody_else_alone(
    server: GoChatServer, open_socket: OpenSocket, alice: User, bob: User
) -> None:
    group_id = group(alice, bob)
    bobs = open_socket(bob)
    for data in (encode_frame(0x3, b"x"), encode_frame(OP_TEXT, b"\xff"), encode_frame(OP_BINARY, b"x")):
        with RawSocket(server, alice.token) as raw:
            raw.send_bytes(data)
            read_until_close(raw)
    assert expect_ok(alice.api.send_message(group_id, {"messageType": 1, "content": "still here"}), 201)
    assert bobs.expect("new-message")["data"]["content"] == "still here"
    assert send_acked(open_socket(alice), text_message(group_id, client_msg_id=fresh_message_id()))["seqId"] == 2
