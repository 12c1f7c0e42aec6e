"""The parts of the generic layer that can be asked without a server: the oracle, the pace, the bytes, the shots."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conformance.contract.judge import ABSENT
from conformance.contract.socket import Operation
from conformance.generic.bytes_socket import BytesSocket
from conformance.generic.finding import plain
from conformance.generic.framing import PING, TEXT, encode_close, encode_frame
from conformance.generic.judge import Judge, Outcome
from conformance.generic.pace import BURST, PAUSE_S, SLOW_PER_S, VALID_PER_S, Pace, hint_s
from conformance.generic.repertoire import Repertoire
from conformance.generic.shot import Expected, Shot
from conformance.wire.log import WireLog
from conformance.wire.socket import Closed, Received
from tests.kit.generic_run import contract_of
from tests.kit.unrelated.server import DOCUMENT

CONTRACT = contract_of(DOCUMENT)
GOCHAT = contract_of(Path(__file__).resolve().parents[2] / "generated" / "asyncapi.yaml")


def judge_of(contract: Any = CONTRACT) -> Judge:
    """The oracle of a contract."""
    return Judge(Expected.read(contract))


def came(frame: Any, contract: Any = CONTRACT) -> Received:
    """A frame as it is when it has come."""
    message, problems = contract.judge(frame)
    return Received(0, json.dumps(frame), frame, 0.0, message, tuple(problems))


def operation_of(name: str, contract: Any = CONTRACT) -> Operation:
    """The operation of a client's frame."""
    operation = contract.operation_of(name)
    assert operation is not None
    return operation


def valid_shot(name: str, seed: int = 1) -> Shot:
    """A valid frame of the board."""
    operation = operation_of(name)
    return Repertoire(Expected.read(CONTRACT), {}).valid(operation, operation.messages[0], Random(seed), plain=True)


def broken_shot(key: str, contract: Any = CONTRACT) -> Shot:
    """A frame that breaks one thing."""
    repertoire, rng = Repertoire(Expected.read(contract), {}), Random(1)
    for _ in range(3000):
        shot = repertoire.next_broken(rng)
        if shot is not None and shot.key == key:
            return shot
    raise AssertionError(f"no shot {key}")


def rules_of(judge: Judge, *shots: Shot, **outcome: Any) -> list[str]:
    """Rules that an exchange breaks."""
    return [finding.rule for finding in judge.of_exchange(Outcome(shots, **outcome))]


def refused(why: str, *faults: tuple[str, str], **more: Any) -> dict[str, Any]:
    """The board's refusal."""
    named = [{"pointer": place, "rule": rule} for place, rule in faults]
    return {"op": "refused", "why": why, "faults": named, **more}


# What is expected.


def test_who_must_answer() -> None:
    expected = Expected.read(CONTRACT)
    must = {key for key, operation in CONTRACT.operations.items() if expected.must_answer(operation)}
    assert must == {"moveTurtle", "drawShape", "tellPosition"}


def test_gochats_reading_is_answered_by_failures_only() -> None:
    expected = Expected.read(GOCHAT)
    assert not expected.must_answer(operation_of("mark-read", GOCHAT))
    assert expected.must_answer(operation_of("send-message", GOCHAT))
    assert expected.pushes == {"new-message", "online-status"}


def test_a_reply_that_is_pushed_too_has_to_say_so() -> None:
    def change(document: dict[str, Any]) -> None:
        send = {"action": "send", "channel": {"$ref": "#/channels/board"}}
        position = [{"$ref": "#/channels/board/messages/position"}]
        moved = [{"$ref": "#/channels/board/messages/moved"}]
        document["operations"]["showPosition"] = {**send, "messages": position, "x-unasked": True}
        document["operations"]["showMoved"] = {**send, "messages": moved}

    assert Expected.read(contract_of(DOCUMENT, change)).pushes == {"stroke", "position"}


def test_a_failure_is_known_by_its_name_where_the_contract_has_no_word_for_it() -> None:
    def change(document: dict[str, Any]) -> None:
        del document["channels"]["board"]["x-invalid-frames"]

    expected = Expected.read(contract_of(DOCUMENT, change))
    errors = {m.name for m in expected.contract.messages.values() if expected.is_error(m)}
    assert errors == {"refused"}


# The oracle.


@pytest.mark.parametrize(
    ("frame", "rules"),
    [
        ({"op": "moved", "ref": 1, "at": [0, 0], "more": True}, []),
        ({"op": "moved", "ref": 1, "at": [0, 501]}, ["frame-valid"]),
        ({"op": "moved", "at": [0, 0]}, ["frame-valid"]),
        ({"op": "nothing"}, ["frame-declared"]),
        ([1], ["frame-declared"]),
    ],
)
def test_a_frame_is_judged_by_itself(frame: Any, rules: list[str]) -> None:
    assert [finding.rule for finding in judge_of().of_frame(came(frame))] == rules


def test_a_reply_is_right() -> None:
    shot = valid_shot("move")
    shot.replies.append(came({"op": "moved", "ref": shot.correlation, "at": [0, 0]}))
    assert rules_of(judge_of(), shot) == []
    other = valid_shot("move")
    other.replies.append(came(refused("off-board", ref=other.correlation)))
    assert rules_of(judge_of(), other) == []


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        ({"op": "moved", "ref": 4242, "at": [0, 0]}, "reply-correlated"),
        ({"op": "drawn", "ref": "its own", "strokes": 1}, "reply-fits"),
        (refused("malformed", ("/steps", "multipleOf"), ref="its own"), "valid-accepted"),
    ],
)
def test_a_reply_is_wrong(frame: dict[str, Any], rule: str) -> None:
    shot = valid_shot("move")
    if frame.get("ref") == "its own":
        frame = {**frame, "ref": shot.correlation}
    shot.replies.append(came(frame))
    assert rules_of(judge_of(), shot) == [rule]


def test_a_second_reply_and_none_are_wrong() -> None:
    twice, never = valid_shot("where"), valid_shot("where")
    position = came({"op": "position", "at": [0, 0], "heading": "east"})
    twice.replies += [position, position]
    assert rules_of(judge_of(), twice) == ["reply-once"]
    assert rules_of(judge_of(), never, missing=[never]) == ["reply-comes"]
    assert rules_of(judge_of(), never, missing=[never], ran_out=True) == []
    never.replies.append(position)
    assert rules_of(judge_of(), never, surplus=[position]) == ["reply-once"]


@pytest.mark.parametrize(
    ("faults", "rules"),
    [
        ([("/steps", "multipleOf")], []),
        ([("/steps", "type")], ["invalid-explained"]),
        ([("", "multipleOf")], ["invalid-explained"]),
        ([("/steps", "multipleOf"), ("/op", "const")], ["invalid-explained"]),
        ([], ["invalid-explained"]),
    ],
)
def test_a_refusal_names_what_is_broken_and_nothing_else(faults: list[tuple[str, str]], rules: list[str]) -> None:
    shot = broken_shot("move /steps multipleOf")
    shot.replies.append(came(refused("malformed", *faults)))
    assert rules_of(judge_of(), shot) == rules


@pytest.mark.parametrize(
    ("fault", "rules"),
    [(("/shape", "oneOf"), []), (("/shape/radius", "minimum"), []), (("/label", "type"), ["invalid-explained"])],
)
def test_inside_a_choice_any_place_may_be_named(fault: tuple[str, str], rules: list[str]) -> None:
    shot = broken_shot("draw /shape/radius exclusiveMinimum")
    shot.replies.append(came(refused("malformed", fault)))
    assert rules_of(judge_of(), shot) == rules


def test_a_frame_that_is_not_valid_is_not_taken() -> None:
    shot = broken_shot("move /steps multipleOf")
    shot.replies.append(came({"op": "moved", "ref": shot.correlation, "at": [0, 0]}))
    assert rules_of(judge_of(), shot) == ["invalid-refused"]
    other = broken_shot("move /steps multipleOf")
    other.replies.append(came(refused("no-ink", ref=other.correlation)))
    assert rules_of(judge_of(), other) == ["invalid-refused"]


@pytest.mark.parametrize(("code", "rules"), [("MESSAGE_TOO_LARGE", []), ("INVALID_MESSAGE", ["invalid-refused"])])
def test_the_contract_has_exceptions(code: str, rules: list[str]) -> None:
    shot = broken_shot("send-message /data/content maxLength", GOCHAT)
    details = {"errors": [{"pointer": "/data/content", "rule": "maxLength"}], "client_msg_id": shot.correlation}
    data = {"code": code, "message": "x", "details": details}
    shot.replies.append(came({"type": "error", "data": data, "timestamp": 1}, GOCHAT))
    assert rules_of(judge_of(GOCHAT), shot) == rules


@pytest.mark.parametrize(
    ("code", "alone", "rules"),
    [
        (1003, False, []),
        (1003, True, ["valid-survives"]),
        (1006, False, ["close-clean"]),
        (4002, False, ["close-declared"]),
        (4002, True, ["close-declared", "valid-survives"]),
    ],
)
def test_a_close_is_judged(code: int, alone: bool, rules: list[str]) -> None:
    shots = [valid_shot("where")] if alone else [valid_shot("where"), valid_shot("where")]
    assert rules_of(judge_of(), *shots, closed=Closed(code, "", True, 0.0)) == rules
    assert rules_of(judge_of(), *shots, closed=Closed(code, "", False, 0.0)) == []


def test_a_close_is_tied_to_its_error_both_ways() -> None:
    judge = judge_of(GOCHAT)
    closed = Closed(4401, "", True, 0.0)
    shots = (valid_shot("where"), valid_shot("where"))
    assert rules_of(judge, *shots, closed=closed, last_error=ABSENT) == ["close-announced"]
    assert rules_of(judge, *shots, closed=closed, last_error="AUTH_FAILED") == []
    assert judge.of_promised_close("AUTH_FAILED", closed) == []
    assert [f.rule for f in judge.of_promised_close("AUTH_FAILED", None)] == ["close-announced"]
    assert judge.of_promised_close("FORBIDDEN", None) == []


# The pace.


def test_no_more_valid_frames_go_out_than_a_busy_client_sends() -> None:
    pace = Pace()
    assert pace.allow("send", 1000, 0.0) == BURST
    assert pace.allow("send", 1000, 0.0) == 0
    assert pace.allow("send", 1000, 0.4) == int(0.4 * VALID_PER_S)
    assert pace.allow("read", 1000, 0.4) == BURST


def test_after_a_refusal_there_is_a_pause_and_then_less() -> None:
    pace = Pace()
    pace.allow("send", 10, 0.0)
    pace.refused("send", 0.1, 1.0)
    assert pace.allow("send", 10, 1.0 + PAUSE_S - 0.1) == 0
    assert pace.allow("send", 10, 1.0 + PAUSE_S + 1.0) == SLOW_PER_S
    pace.refused("send", 30.0, 5.0)
    assert pace.allow("send", 10, 34.9) == 0


@pytest.mark.parametrize(
    ("frame", "seconds"),
    [
        ({"details": {"retryAfterMs": 350}}, 0.35),
        ({"a": [{"wait_ms": 20}, {"backoffMs": 1500}]}, 1.5),
        ({"items": 99, "atoms": 5, "retryAfterMs": "soon", "okMs": True}, 0.0),
        ([], 0.0),
    ],
)
def test_a_hint_is_read_wherever_it_stands(frame: Any, seconds: float) -> None:
    assert hint_s(frame) == seconds


# Bytes.


def fed(*pieces: bytes) -> BytesSocket:
    """A connection to which these bytes came."""
    socket = BytesSocket(WireLog())
    socket.data_received(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    for piece in pieces:
        socket.data_received(piece)
    return socket


def unmasked(opcode: int, payload: bytes, **more: Any) -> bytes:
    """A frame as servers write it."""
    return encode_frame(opcode, payload, masked=False, **more)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_read_as_it_was_written(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    text = "x" * size
    whole = unmasked(TEXT, text.encode()) + unmasked(0xA, payload[:125])
    socket = fed(*(whole[at : at + 1000] for at in range(0, len(whole), 1000)))
    assert socket.texts == [text]
    assert socket.pongs == [payload[:125]]
    assert socket.faults == []


def test_fragments_are_joined_and_what_comes_behind_a_close_is_kept_apart() -> None:
    close = unmasked(0x8, b"\x03\xe8")
    socket = fed(unmasked(TEXT, b"a", fin=False) + unmasked(0xA, b"") + unmasked(0, b"b") + close + b"HTTP/1.1")
    assert socket.texts == ["ab"]
    assert socket.close_code == 1000
    assert socket.behind == b"HTTP/1.1"


@pytest.mark.parametrize(
    "data",
    [
        encode_frame(TEXT, b"masked"),
        unmasked(TEXT, b"x", rsv=4),
        unmasked(3, b"x"),
        unmasked(0, b"x"),
        unmasked(TEXT, b"\xff"),
        unmasked(PING, b"x", fin=False),
        unmasked(0x8, b"\x03"),
    ],
    ids=[
        "masked",
        "reserved bit",
        "reserved opcode",
        "no beginning",
        "not UTF-8",
        "ping in parts",
        "half a close code",
    ],
)
def test_a_servers_own_faults_are_seen(data: bytes) -> None:
    assert len(fed(data).faults) == 1


def test_a_client_masks_its_frames() -> None:
    frame = encode_close(1000, b"bye")
    key = frame[2:6]
    assert bytes(byte ^ key[index % 4] for index, byte in enumerate(frame[6:])) == b"\x03\xe8bye"


# Shots.


def test_correlation_ids_are_never_used_twice() -> None:
    operation = operation_of("move")
    repertoire = Repertoire(Expected.read(CONTRACT), {"ref": [7]})
    shots = [repertoire.valid(operation, operation.messages[0], Random(1)) for _ in range(200)]
    assert len({shot.correlation for shot in shots}) == 200


def test_real_values_are_put_in_where_they_are_valid() -> None:
    operation = operation_of("move")
    repertoire = Repertoire(Expected.read(CONTRACT), {"turtle": ["t-77", "not a turtle", 5]})
    rng = Random(1)
    frames = [json.loads(repertoire.valid(operation, operation.messages[0], rng).text) for _ in range(300)]
    assert sum(frame.get("turtle") == "t-77" for frame in frames) > 10
    assert not any(frame.get("turtle") in ("not a turtle", 5) for frame in frames)


def test_values_are_learnt_from_frames_that_came() -> None:
    operation = operation_of("move")
    repertoire = Repertoire(Expected.read(CONTRACT), {})
    repertoire.stock.learn({"op": "stroke", "turtle": "t-123", "shape": {"unknown": 1}})
    rng = Random(1)
    frames = [json.loads(repertoire.valid(operation, operation.messages[0], rng).text) for _ in range(300)]
    assert sum(frame.get("turtle") == "t-123" for frame in frames) > 10


def test_what_is_muted_is_not_made_any_more() -> None:
    repertoire, rng = Repertoire(Expected.read(CONTRACT), {}), Random(1)
    repertoire.muted.add("move /steps multipleOf")
    keys = {shot.key for _ in range(500) if (shot := repertoire.next_broken(rng)) is not None}
    assert "move /steps minimum" in keys
    assert "move /steps multipleOf" not in keys


def test_nothing_is_sent_that_is_larger_than_the_contract_allows() -> None:
    def change(document: dict[str, Any]) -> None:
        document["x-limits"]["maxFrameBytes"] = 300

    repertoire, rng = Repertoire(Expected.read(contract_of(DOCUMENT, change)), {}), Random(1)
    made = [repertoire.next_structural(rng) for _ in range(200)]
    sizes = [shot.size for shot in made if shot is not None]
    assert len(sizes) > 50
    assert max(sizes) <= 300


def test_what_looks_like_a_reference_stays_what_it_is_in_a_trace() -> None:
    assert plain({"a": ["${7*7}", 1, {"b": "$"}]}) == {"a": ["${$}{7*7}", 1, {"b": "$"}]}
