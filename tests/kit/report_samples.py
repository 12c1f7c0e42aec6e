"""Results for the tests of the reports: GoChat's own contracts, with what a run on it, or on a broken one, leaves.

The wire logs are what the kit records; only their times are rounded.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract.channel import read_socket_contract
from conformance.contract.http import HttpContract, read_http_contract
from conformance.contract.load import load_contract
from conformance.contract.socket import CLIENT, SERVER, SocketContract
from conformance.coverage import Coverage, Matrix, matrix
from conformance.report.states import build_states
from conformance.result import Result, Stage
from conformance.trace import Trace
from conformance.violation import Violation

GENERATED = Path(__file__).resolve().parents[2] / "generated"
URL = "http://127.0.0.1:8080"
STORAGE = "the storage would have to fail"
DEFECT = "only a defect of the server causes it"
KEYWORDS = ("required", "type", "minLength", "maxLength", "pattern", "enum", "additionalProperties")

Json = dict[str, Any]


@cache
def contracts() -> tuple[HttpContract, SocketContract]:
    """Return GoChat's contracts."""
    http = read_http_contract(load_contract(str(GENERATED / "openapi.yaml"), "openapi"))
    return http, read_socket_contract(load_contract(str(GENERATED / "asyncapi.yaml"), "asyncapi"))


def coverage_of(*, gaps: bool) -> Coverage:
    """Return the counts of a run; with gaps, some of what a client can provoke is missing."""
    http, socket = contracts()
    coverage = Coverage()
    coverage.counts.update(
        frames_sent=41_203, frames_received=57_881, requests=5_870, connections=1_204, examples=2_380, steps=3_110
    )
    for number, operation in enumerate(http.operations.values()):
        for status in operation.responses:
            if status not in ("500", "503") and not (gaps and (number * 7 + int(status)) % 23 == 0):
                coverage.statuses[f"{operation.id} {status}"] = 3 + number * int(status) % 997
    for name in socket.sent_by(CLIENT):
        coverage.frames[f"{name} sent valid"] = len(name) * 1_204
        coverage.frames[f"{name} sent invalid"] = len(name) * 311
    for name in socket.sent_by(SERVER):
        if not (gaps and name == "online-status"):
            coverage.frames[f"{name} received"] = len(name) * 977
    for code in error_names()[: -4 if gaps else None]:
        if code.split()[0] not in ("INTERNAL", "UNAVAILABLE"):
            coverage.errors[code] = 40 + len(code)
    for code in socket.close_codes:
        if code not in (1011, 1012) and not (gaps and code in (4408, 4410)):
            coverage.closes[str(code)] = code % 97 + 1
    for number, name in enumerate(keyword_names()):
        if not (gaps and number % 5 == 0):
            coverage.keywords[name] = 12 + number
    coverage.transitions.update(
        {
            "connecting -> handshake -> open": 1_180,
            "connecting -> no valid handshake -> refused": 24,
            "open -> bad token -> closed 4401": 61,
            "open -> expired token -> closed 4401": 4,
            "open -> logout -> closed 4401": 12,
            "open -> newer connection -> closed 4409": 88,
            "open -> client closes -> closing": 640,
            "closing -> server answers -> closed 1000": 620,
            "closing -> server answers -> closed 1001": 20,
            "open -> TCP ends -> lost": 130,
        }
    )
    if gaps:
        coverage.closes["4999"] = 2
        coverage.statuses["sendMessage 418"] = 1
    return coverage


def error_names() -> list[str]:
    """Return `CODE http` and `CODE socket` of the catalogue."""
    errors = contracts()[0].errors.values()
    return [f"{each.code} http" for each in errors if each.status] + [
        f"{each.code} socket" for each in errors if each.socket != "none"
    ]


def keyword_names() -> list[str]:
    """Return names as the generic layer makes them."""
    return [
        f"{frame} {pointer} {keyword} {outcome}"
        for frame in contracts()[1].sent_by(CLIENT)
        for pointer in ("/type", "/data", "/data/content", "/data/conversationId")
        for keyword in KEYWORDS[: 3 + len(pointer) % 5]
        for outcome in ("valid", "invalid")
    ]


def matrices_of(coverage: Coverage) -> tuple[Matrix, ...]:
    """Return what the contracts declare beside what was seen."""
    http, socket = contracts()
    statuses = [f"{each.id} {status}" for each in http.operations.values() for status in each.responses]
    frames = [f"{name} sent {outcome}" for name in socket.sent_by(CLIENT) for outcome in ("valid", "invalid")]
    frames += [f"{name} received" for name in socket.sent_by(SERVER)]
    out_of_reach = {name: STORAGE for name in statuses if name.endswith(" 503")}
    out_of_reach |= {name: DEFECT for name in statuses if name.endswith(" 500")}
    errors = {f"INTERNAL {edge}": DEFECT for edge in ("http", "socket")}
    errors |= {f"UNAVAILABLE {edge}": STORAGE for edge in ("http", "socket")}
    closes = {"1011": DEFECT, "1012": "the server would have to be stopped"}
    return (
        matrix("statuses", statuses, coverage.statuses, out_of_reach),
        matrix("frames", frames, coverage.frames, {}),
        matrix("errors", error_names(), coverage.errors, errors),
        matrix("closes", [str(code) for code in socket.close_codes], coverage.closes, closes),
        matrix("keywords", keyword_names(), coverage.keywords, {}),
    )


def result_of(violations: tuple[Violation, ...], *, gaps: bool = True, known: frozenset[str] = frozenset()) -> Result:
    """Return a run's result on a server at `URL`."""
    coverage = coverage_of(gaps=gaps)
    return Result(
        url=URL,
        profile="chat",
        seed=42,
        budget_s=60,
        contracts={"openapi": f"{URL}/api/openapi.yaml", "asyncapi": f"{URL}/api/asyncapi.yaml"},
        titles={"openapi": "GoChat HTTP API 0.1.0", "asyncapi": "GoChat realtime protocol 0.1.0"},
        started_at=1_795_363_200.0,
        seconds=58.4,
        stages=(
            Stage("contract", 0.4, "2 documents, 31 rules, 86 examples"),
            Stage("http", 57.1, "23 operations, 2,380 cases, 2,380 judged twice"),
            Stage("generic", 57.8, "3 client frames, 412 kinds of broken ones, 18 of broken streams"),
            Stage("chat", 58.0, "5 users, 118 scenarios, 3,110 steps"),
        ),
        violations=violations,
        coverage=coverage,
        matrices=matrices_of(coverage),
        known=known,
        notes=() if not gaps else ("Nothing was connected for 90 s: close code 4410 needs a budget of 2 min.",),
        states=build_states(contracts()[1], coverage),
    )


def clean_result() -> Result:
    """Return a run that found nothing."""
    return result_of((), gaps=False)


def broken_result() -> Result:
    """Return a run with a violation of each layer, the last known by the baseline."""
    found = (*violations(), known_violation())
    return result_of(found, known=frozenset({known_violation().key}))


def violations() -> tuple[Violation, ...]:
    """Return six violations, of all layers."""
    return (pushed_twice(), never_pushed(), wrong_close(), invalid_kept(), undeclared_status(), contract_defect())


def call(
    identity: str, at: float, who: str, method: str, path: str, json: Json | None, status: int, **more: Any
) -> Json:
    """Return a request of the wire log with its answer."""
    body = {"code": "OK" if status < 400 else more.pop("code", "FORBIDDEN"), "message": "操作成功", "data": more}
    entry: Json = {"step": "http", "id": identity, "at": at, "who": who, "method": method, "path": path}
    if json is not None:
        entry["json"] = json
    return entry | {"answer": {"status": status, "headers": {"content-type": "application/json"}, "body": body}}


def login(number: int, at: float, who: str) -> list[Json]:
    """Return a registration, a login and a connect."""
    name = f"{who}_83120754"
    secret = {"username": name, "password": "correct horse battery"}
    token = f"eyJhbGciOiJIUzI1NiJ9.{who}.sig"
    user = {"id": f"u-{who}", "username": name}
    return [
        call(f"r{2 * number}", at, who, "POST", "/api/auth/register", secret, 201, user=user),
        call(
            f"r{2 * number + 1}", at + 0.021, who, "POST", "/api/auth/login", secret, 200, accessToken=token, user=user
        ),
        {"step": "connect", "at": at + 0.034, "socket": f"s{number + 1}", "who": who, "query": {"token": token}},
    ]


def send(socket: str, at: float, who: str, kind: str, data: Json, **more: Any) -> Json:
    """Return a frame that a client sent."""
    return {"step": "send", "at": at, "socket": socket, "who": who, "json": {"type": kind, "data": data}, **more}


def came(socket: str, at: float, who: str, kind: str, data: Json, **more: Any) -> Json:
    """Return a frame that the server sent."""
    frame = {"type": kind, "data": data, "timestamp": 1_795_363_201}
    return {"step": "frame", "at": at, "socket": socket, "who": who, "frame": frame, **more}


def steps_of(log: list[Json]) -> tuple[Json, ...]:
    """Return the steps of a log, as a trace has them."""
    left = ("at", "answer", "group")
    return tuple(
        {name: value for name, value in entry.items() if name not in left}
        for entry in log
        if entry["step"] not in ("frame", "closed")
    )


MESSAGE = {"conversationId": "c-7f", "messageType": 1, "content": "hello", "client_msg_id": "m-1"}


def pushed_twice() -> Violation:
    """A message sent by two at once is pushed twice to one of them."""
    first = {
        "conversationId": "c-7f",
        "messageId": "m-901",
        "seqId": 1,
        "content": "hello",
        "sender": {"id": "u-alice"},
    }
    second = {**first, "messageId": "m-902", "seqId": 2, "content": "hi there", "sender": {"id": "u-bob"}}
    log = [
        *login(0, 0.0, "alice"),
        *login(1, 0.05, "bob"),
        call("r9", 0.11, "alice", "POST", "/api/conversations", {"memberIds": ["u-bob"]}, 201, id="c-7f", type=2),
        send("s1", 0.14, "alice", "send-message", MESSAGE, group=1),
        send("s2", 0.14, "bob", "send-message", {**MESSAGE, "content": "hi there"}, group=1),
        came("s1", 0.152, "alice", "message-ack", {"client_msg_id": "m-1", "messageId": "m-901", "seqId": 1}, group=1),
        came("s2", 0.153, "bob", "message-ack", {"client_msg_id": "m-1", "messageId": "m-902", "seqId": 2}, group=1),
        came("s2", 0.155, "bob", "new-message", first),
        came("s1", 0.156, "alice", "new-message", second),
        came("s2", 0.158, "bob", "new-message", first),
    ]
    match = {"type": "new-message", "data": {"messageId": "m-901"}}
    check = {"check": "frame", "socket": "s2", "match": match, "min": 1, "max": 1, "within_s": 2}
    return Violation(
        rule="push-once",
        subject="new-message",
        pointer="asyncapi#/operations/newMessage",
        expected="one new-message for a message, on each connection of a member",
        got="2 new-message frames with the messageId m-901 on bob's connection",
        trace=Trace(steps_of(log), check, "push-once", "A message is pushed once"),
        times=14,
        reproduced=True,
        narrative=(
            "alice and bob are online and in one group",
            "both send a message at the same time",
            "bob gets alice's message twice",
        ),
        log=tuple(log),
    )


def never_pushed() -> Violation:
    """A message over HTTP does not reach a member."""
    log = [
        *login(0, 0.0, "alice"),
        *login(1, 0.06, "bob"),
        call("r9", 0.12, "alice", "POST", "/api/conversations/c-7f/messages", MESSAGE, 201, messageId="m-77", seqId=4),
        {"step": "wait", "at": 0.13, "seconds": 2.0},
    ]
    match = {"type": "new-message", "data": {"messageId": "${r9#/data/messageId}"}}
    check = {"check": "frame", "socket": "s2", "match": match, "min": 1, "max": 1, "within_s": 2}
    return Violation(
        rule="push-sent",
        subject="new-message",
        pointer="asyncapi#/operations/newMessage",
        expected="a new-message within 2 s on the connection of every member",
        got="no new-message on bob's connection",
        trace=Trace(steps_of(log), check, "push-sent"),
        times=3,
        reproduced=True,
        narrative=("alice posts a message over HTTP", "bob, who is online and a member, gets nothing"),
        log=tuple(log),
    )


def wrong_close() -> Violation:
    """A replaced connection is closed with a code that nobody declared."""
    log = [
        *login(0, 0.0, "alice"),
        {"step": "connect", "at": 0.05, "socket": "s2", "who": "alice", "query": {"token": "eyJhbGci.x.y"}},
        {"step": "closed", "at": 0.06, "socket": "s1", "who": "alice", "code": 4999, "reason": "bye"},
    ]
    check = {"check": "close", "socket": "s1", "codes": [4409], "within_s": 2}
    return Violation(
        rule="close-declared",
        subject="4999",
        pointer="asyncapi#/channels/ws/x-close-codes",
        expected="one of the declared close codes",
        got="4999, which is not declared",
        trace=Trace(steps_of(log), check, "close-declared"),
        times=2,
        reproduced=True,
        narrative=("alice connects", "alice connects a second time", "the older connection is closed with 4999"),
        log=tuple(log),
    )


def invalid_kept() -> Violation:
    """An invalid frame is answered with an ack."""
    wrong = {**MESSAGE, "messageType": 9}
    log = [
        *login(0, 0.0, "alice"),
        send("s1", 0.06, "alice", "send-message", wrong),
        came("s1", 0.07, "alice", "message-ack", {"client_msg_id": "m-1", "messageId": "m-5", "seqId": 9}),
        {"step": "raw", "at": 0.09, "socket": "s1", "who": "alice", "base64": "gQVoZWxsbw=="},
    ]
    check = {"check": "frame", "socket": "s1", "match": {"type": "message-ack"}, "max": 0, "within_s": 2}
    return Violation(
        rule="invalid-refused",
        subject="send-message",
        pointer="asyncapi#/components/schemas/SendMessageData/properties/messageType",
        expected="an error with INVALID_MESSAGE for a messageType that is not in the enum",
        got="message-ack",
        detail="/data/messageType enum",
        trace=Trace(steps_of(log), check, "invalid-refused"),
        times=31,
        reproduced=True,
        narrative=("a frame with the messageType 9 is sent", "it is acknowledged"),
        log=tuple(log),
    )


def undeclared_status() -> Violation:
    """An answer with a status that the operation does not declare."""
    log = [
        *login(0, 0.0, "alice")[:2],
        call("r9", 0.04, "alice", "PUT", "/api/conversations/c-7f/read", {"seqId": 3}, 418, code="TEAPOT"),
    ]
    return Violation(
        rule="http-undeclared-status",
        subject="markRead",
        pointer="openapi#/paths/~1conversations~1{conversationId}~1read/put/responses",
        expected="one of 200, 400, 401, 403, 404",
        got="418",
        detail="418",
        trace=Trace(steps_of(log), {"check": "response", "step": "r9", "status": [200, 400, 401, 403, 404]}),
        reproduced=None,
        log=tuple(log),
    )


def contract_defect() -> Violation:
    """A defect of the contracts themselves: nothing to repeat."""
    return Violation(
        rule="shared-shapes-equal",
        subject="Message",
        pointer="asyncapi#/components/schemas/Message/properties/content/maxLength",
        expected="4000, as openapi#/components/schemas/Message/properties/content/maxLength",
        got="2000",
    )


def known_violation() -> Violation:
    """One that a baseline knows."""
    return replace(undeclared_status(), subject="listFriends", detail="500", got="500")


HOSTILE = (
    "</script><script>alert(1)</script>\" onload='x' \u202egnp.exe\u2066 \x1b[31m\x00\x07 مرحبا שלום \ud83d &amp; ]]>"
)


def hostile_violation(*, long: int = 100_000) -> Violation:
    """A violation in which everything that a server may say is meant to break the report."""
    text = HOSTILE + "x" * long
    log = [
        call("r1", 0.0, HOSTILE, "POST", f"/api/{HOSTILE}", {"username": text}, 200, code=text, data=text),
        {"step": "connect", "at": 0.1, "socket": HOSTILE, "who": HOSTILE, "query": {"token": HOSTILE}},
        {"step": "frame", "at": 0.2, "socket": HOSTILE, "frame": {"type": text, "data": {HOSTILE: [text] * 9}}},
        {"step": "frame", "at": 0.3, "socket": HOSTILE, "text": text},
        {"step": "frame", "at": 0.4, "socket": HOSTILE, "frame": {"type": "x", "data": {"n": float("nan")}}},
        {"step": "closed", "at": 0.5, "socket": HOSTILE, "code": 4000, "reason": text},
    ]
    return Violation(
        rule="frame-declared",
        subject=text,
        pointer=f"asyncapi#/{HOSTILE}",
        expected=text,
        got=text,
        detail=text,
        trace=Trace(steps_of(log), {"check": "close", "socket": HOSTILE, "codes": []}, "frame-declared", text),
        narrative=(text, text),
        log=tuple(log),
    )
