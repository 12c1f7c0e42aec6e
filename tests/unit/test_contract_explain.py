"""What a refusal says: for anything that may come in, what is wrong and where, and never anything but that."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated import client_frames, requests
from gochat.contract import MAX_VIOLATIONS, ContractViolation, Decoder, Schema

FRAMES = {"send-message": "SendMessageFrame", "ping": "PingFrame", "mark-read": "MarkReadFrame"}

decode_frame = Decoder[Any](
    client_frames.ClientFrame, {wire_type: Schema.named(name, "asyncapi") for wire_type, name in FRAMES.items()}
).decode
decode_registration = Decoder[Any](requests.RegisterRequest, Schema.named("RegisterRequest", "openapi")).decode
decode_members = Decoder[Any](requests.AddMembersRequest, Schema.named("AddMembersRequest", "openapi")).decode


def what_is_wrong(data: bytes | str, decode: Any = decode_frame) -> list[tuple[str, str]]:
    """Returns pointer and rule of each violation; raises when there is none."""
    with pytest.raises(ContractViolation) as caught:
        decode(data)
    return [(violation.pointer, violation.rule) for violation in caught.value.violations]


def send(**changes: Any) -> str:
    """Returns a send-message frame with these data members changed; None takes one away."""
    data = {"conversationId": "c", "content": "hello", "messageType": 1, "client_msg_id": "m", **changes}
    return json.dumps({"type": "send-message", "data": {k: v for k, v in data.items() if v is not None}})


def read(seq_id: str) -> str:
    """Returns a mark-read frame with this text for the number."""
    return f'{{"type":"mark-read","data":{{"conversationId":"c","seqId":{seq_id}}}}}'


PING = '{"type":"ping"}'
LONE = "\ud83d"

NOT_JSON: dict[str, bytes | str] = {
    "nothing": b"",
    "white space": b" \n",
    "cut off": PING[:-1],
    "something after it": PING + "x",
    "two documents": PING * 2,
    "a byte order mark": b"\xef\xbb\xbf" + PING.encode(),
    "a byte order mark in text": "\ufeff" + PING,
    "UTF-16": PING.encode("utf-16"),
    "UTF-16 without a mark": PING.encode("utf-16-le"),
    "UTF-32": PING.encode("utf-32-be"),
    "no UTF-8": b'{"type":"ping","x":"\xff"}',
    "a surrogate in UTF-8": b'{"type":"ping","x":"\xed\xa0\x80"}',
    "a raw control character": b'{"type":"ping","x":"\x01"}',
    "an unknown escape": b'{"type":"ping","x":"\\x"}',
    "a comment": PING + "// ping",
    "a comma too many": '{"type":"ping",}',
    "single quotes": "{'type':'ping'}",
    "a no-break space": "\xa0" + PING,
    "NaN": read("NaN"),
    "Infinity": read("Infinity"),
    "-Infinity": read("-Infinity"),
    "a leading zero": read("01"),
    "a hexadecimal number": read("0x1"),
}

VIOLATIONS: dict[str, tuple[bytes | str, list[tuple[str, str]]]] = {
    "no object": ("[]", [("", "type")]),
    "null": ("null", [("", "type")]),
    "no type": ("{}", [("/type", "required")]),
    "an unknown type": ('{"type":"pong"}', [("/type", "enum")]),
    "a type that is no string": ('{"type":["ping"]}', [("/type", "type")]),
    "U+0000 in the type": ('{"type":"ping\\u0000"}', [("/type", "unicode"), ("/type", "enum")]),
    "nothing missing but one": (send(content=None), [("/data/content", "required")]),
    "an unknown member": (send(contents="x"), [("/data/contents", "additionalProperties")]),
    "a member to escape": (send(**{"a/b~c": 1}), [("/data/a~1b~0c", "additionalProperties")]),
    "what looks escaped": (send(**{"~1": 1}), [("/data/~01", "additionalProperties")]),
    "an empty name": (send(**{"": 1}), [("/data/", "additionalProperties")]),
    "too long": (send(content="x" * 4001), [("/data/content", "maxLength")]),
    "too long by code points": (send(content="\U0001f600" * 4001), [("/data/content", "maxLength")]),
    "too short": (send(client_msg_id=""), [("/data/client_msg_id", "minLength")]),
    "out of the list": (send(messageType=4), [("/data/messageType", "enum")]),
    "true is no number": (send(messageType=True), [("/data/messageType", "type")]),
    "a wrong type hides the other rules there": (send(messageType="1"), [("/data/messageType", "type")]),
    "data of a wrong type": ('{"type":"send-message","data":[]}', [("/data", "type")]),
    "U+0000": (send(content="a\0b"), [("/data/content", "unicode")]),
    "a lone surrogate": (send(content=LONE), [("/data/content", "unicode")]),
    "surrogates the wrong way round": (send(content="\ude00\ud83d"), [("/data/content", "unicode")]),
    "a refused character is a character": (
        send(client_msg_id="\0" * 65),
        [("/data/client_msg_id", "unicode"), ("/data/client_msg_id", "maxLength")],
    ),
    "a refused character in a name": (
        '{"type":"ping","a\\u0000":1}',
        [("/a\ufffd", "unicode"), ("/a\ufffd", "additionalProperties")],
    ),
    "zero": (read("0"), [("/data/seqId", "minimum")]),
    "minus zero": (read("-0"), [("/data/seqId", "minimum")]),
    "2^53": (read("9007199254740992"), [("/data/seqId", "maximum")]),
    "2^64": (read("18446744073709551616"), [("/data/seqId", "maximum")]),
    "more digits than Python reads": (read("9" * 5000), [("/data/seqId", "maximum")]),
    "as many below zero": (read("-" + "9" * 5000), [("/data/seqId", "minimum")]),
    "beyond every double": (read("1e400"), [("/data/seqId", "type")]),
    "a fraction": (read("1.5"), [("/data/seqId", "type")]),
    "a number in quotes": (read('"1"'), [("/data/seqId", "type")]),
    "a name twice: the last one counts": ('{"type":"ping","type":"gone"}', [("/type", "enum")]),
}


REPEATED_NAMES = {
    '{"type":null,"type":"ping"}': PING,
    '{"type":"mark-read","type":"ping"}': PING,
    '{"type":"ping","timestamp":null,"timestamp":7}': '{"type":"ping","timestamp":7}',
    '{"type":"ping","timestamp":6,"timestamp":7}': '{"type":"ping","timestamp":7}',
    '{"type":"mark-read","data":{"seqId":0,"conversationId":"c","seqId":7}}': read("7"),
    '{"type":"mark-read","data":{"seqId":6},"data":{"conversationId":"c","seqId":7}}': read("7"),
}


@pytest.mark.parametrize(("data", "same_as"), REPEATED_NAMES.items())
def test_of_a_name_that_is_repeated_the_last_one_counts(
    data: str, same_as: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert decode_frame(data) == decode_frame(same_as)
    assert decode_frame(data.encode()) == decode_frame(same_as)
    assert caplog.text == "", "no client can make the server complain of itself"


@pytest.mark.parametrize("data", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_breaks_one_rule_at_the_root(data: bytes | str) -> None:
    assert what_is_wrong(data) == [("", "json")]


@pytest.mark.parametrize(("data", "wrong"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_a_violation_names_the_place_and_the_rule(data: bytes | str, wrong: list[tuple[str, str]]) -> None:
    assert what_is_wrong(data) == wrong


def test_everything_that_is_wrong_is_told_at_once() -> None:
    data = send(conversationId=None, content="x" * 4001, messageType="1", client_msg_id="", extra=1, bad="\0")
    assert sorted(what_is_wrong(data)) == [
        ("/data/bad", "additionalProperties"),
        ("/data/bad", "unicode"),
        ("/data/client_msg_id", "minLength"),
        ("/data/content", "maxLength"),
        ("/data/conversationId", "required"),
        ("/data/extra", "additionalProperties"),
        ("/data/messageType", "type"),
    ]


def test_an_answer_does_not_grow_with_what_it_answers() -> None:
    wrong = what_is_wrong(json.dumps({"members": [0] * 5000}), decode_members)
    assert len(wrong) == MAX_VIOLATIONS
    assert ("/members/0", "type") in wrong


def test_items_of_a_list_are_named_by_their_index() -> None:
    body = json.dumps({"members": ["u", 7, "x" * 65, "\0"]})
    wrong = what_is_wrong(body, decode_members)
    assert sorted(wrong) == [("/members/1", "type"), ("/members/2", "maxLength"), ("/members/3", "unicode")]


@pytest.mark.parametrize("depth", [200, 255, 256, 300, 500, 900, 1100, 30_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_nesting_of_any_depth_is_refused_and_breaks_nothing(opening: str, closing: str, depth: int) -> None:
    nested = opening * depth + "1" + closing * depth
    assert what_is_wrong(f'{{"type":"ping","data":{nested}}}')
    assert what_is_wrong(nested)
    assert what_is_wrong(f'{{"username":{nested},"password":"12345678"}}', decode_registration)


def test_valid_input_is_decoded() -> None:
    frame = decode_frame(send(content="a" * 4000).encode())
    assert (frame.data.conversation_id, frame.data.client_msg_id) == ("c", "m")
    assert decode_frame(json.dumps({"type": "ping", "data": {}, "timestamp": 1})) is not None
    assert decode_frame(send(content="\U0001f600")).data.content == "\U0001f600"


@pytest.mark.parametrize(
    ("data", "too_long"),
    [
        (send(content="x" * 4001), True),
        (send(content="x" * 4001, client_msg_id=""), True),
        (send(content="x" * 4000 + "\0"), False),
        (send(content=""), False),
        (send(content=5), False),
        (send(client_msg_id="x" * 65), False),
        (PING[:-1], False),
    ],
)
def test_only_too_long_means_that_place_and_that_rule(data: str, too_long: bool) -> None:
    with pytest.raises(ContractViolation) as caught:
        decode_frame(data)
    assert caught.value.only_too_long("/data/content") is too_long


def test_a_refusal_keeps_what_could_be_read() -> None:
    with pytest.raises(ContractViolation) as caught:
        decode_frame(send(content="", client_msg_id="m-1"))
    assert caught.value.document["data"]["client_msg_id"] == "m-1"
    with pytest.raises(ContractViolation) as caught:
        decode_frame(PING[:-1])
    assert caught.value.document is None


def test_details_are_what_the_peer_is_told() -> None:
    with pytest.raises(ContractViolation) as caught:
        decode_frame("{}")
    assert caught.value.details() == {"errors": [{"pointer": "/type", "rule": "required"}]}


PIECES = [b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\u", b"\\", b"\xed\xa0\x80", b"1e999", b"-", b"NaN", b"\x00"]
WORDS = [b'"type"', b'"ping"', b'"mark-read"', b'"data"', b'"seqId"', b'"timestamp"', b"null", b"9" * 400]
almost_json = st.lists(st.sampled_from(PIECES + WORDS), max_size=30).map(b"".join)
any_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
members = st.sampled_from(["type", "data", "timestamp", "conversationId", "content", "seqId", "client_msg_id", "x"])
almost_frame = st.dictionaries(
    members, any_value | st.sampled_from([*FRAMES]) | st.dictionaries(members, any_value, max_size=4), max_size=4
)


def spoil(data: bytes, seed: int) -> bytes:
    """Changes one byte."""
    chance = random.Random(seed)
    place = chance.randrange(len(data))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


spoilt_frame = st.builds(spoil, st.sampled_from([send(), read("7"), PING]).map(str.encode), st.integers())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how busy the machine is proves nothing
@given(st.binary() | almost_json | almost_frame.map(lambda frame: json.dumps(frame).encode()) | spoilt_frame)
def test_whatever_comes_in_there_is_a_value_or_a_reason(data: bytes) -> None:
    for decode in (decode_frame, decode_registration):
        try:
            assert decode(data) is not None
        except ContractViolation as violation:
            assert violation.violations
            assert all(v.pointer == "" or v.pointer.startswith("/") for v in violation.violations)
            assert all(v.rule != "not" for v in violation.violations), "the type refuses what the schema accepts"
            json.dumps(violation.details()).encode()
