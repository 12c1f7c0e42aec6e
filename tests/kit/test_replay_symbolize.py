"""What becomes of a wire log: which values turn into references, where an `expect` goes, what stays."""

from __future__ import annotations

from typing import Any

from conformance.replay.symbolize import Seen, make_trace
from conformance.replay.values import Values, references
from conformance.trace import Step, Trace

Json = dict[str, Any]

MARKER = "4711471100"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abcdefgh"
WORLD, GROUP = "0197a3c31a6e52b9", "0197a3c31a6e77aa"
CHECK: Json = {"check": "frame", "socket": "s1", "match": {"type": "never"}, "min": 1}


def http(identity: str, method: str, path: str, body: Any = None, **more: Any) -> Json:
    """An answered request."""
    answer = {"status": 200, "headers": {}} | ({} if body is None else {"body": body})
    return {
        "step": "http",
        "at": 0.1,
        "who": "alice",
        "id": identity,
        "method": method,
        "path": path,
        "answer": answer,
    } | more


def login(identity: str = "r1") -> Json:
    return http(identity, "POST", "/api/auth/login", {"data": {"accessToken": TOKEN, "user": {"id": "user-12345"}}})


def connect(socket: str = "s1") -> Json:
    return {"step": "connect", "socket": socket, "who": "alice", "query": {"token": TOKEN}}


def send(data: Json, socket: str = "s1", **more: Any) -> Json:
    return {"step": "send", "socket": socket, "who": "alice", "json": {"type": "send-message", "data": data}} | more


def frame(kind: str, data: Any = None, socket: str = "s1") -> Json:
    value = {"type": kind} | ({} if data is None else {"data": data})
    return {"step": "frame", "socket": socket, "who": "alice", "frame": value}


def made(*entries: Json, check: Json | None = None) -> Trace:
    return make_trace(entries, check or CHECK, "a-rule", "A title", run_marker=MARKER)


def steps(trace: Trace, kind: str) -> list[Step]:
    return [step for step in trace.steps if step["step"] == kind]


def test_what_came_from_the_server_or_is_for_the_report_only_is_left_out() -> None:
    trace = made(login(), connect(), {"step": "closed", "socket": "s1", "code": 1000})
    assert [step["step"] for step in trace.steps] == ["http", "connect"]
    assert not {"at", "group", "answer"} & {name for step in trace.steps for name in step}
    assert trace.steps[0]["answered"] == 200
    assert (trace.rule, trace.title) == ("a-rule", "A title")


def test_a_token_and_an_id_become_references_wherever_they_stand() -> None:
    trace = made(
        login(),
        connect(),
        http(
            "r2",
            "GET",
            "/api/users/user-12345/x",
            token=TOKEN,
            headers={"Cookie": f"t={TOKEN}; a=b"},
            query={"q": TOKEN},
        ),
        send({"text": "for user-12345, you"}),
        {"step": "send", "socket": "s1", "text": '{"to":"user-12345"'},
    )
    assert trace.steps[1]["query"] == {"token": "${r1#/data/accessToken}"}
    asked = trace.steps[2]
    assert asked["path"] == "/api/users/${r1#/data/user/id}/x"
    assert asked["token"] == "${r1#/data/accessToken}"
    assert asked["headers"] == {"Cookie": "t=${r1#/data/accessToken}; a=b"}
    assert asked["query"] == {"q": "${r1#/data/accessToken}"}
    assert trace.steps[3]["json"]["data"]["text"] == "for ${r1#/data/user/id}, you"
    assert trace.steps[4]["text"] == '{"to":"${r1#/data/user/id}"'


def test_the_way_to_the_socket_is_said() -> None:
    assert steps(made(connect()), "connect")[0]["path"] == "/ws"
    own = make_trace([connect() | {"path": "/chat"}, connect("s2")], CHECK, "", "", socket_path="/live")
    assert [step["path"] for step in own.steps] == ["/chat", "/live"]


def test_the_marker_becomes_run_in_either_case() -> None:
    entries = [http("r1", "POST", "/api/x", json={"username": "alice-mark7", "other": "ALICE-MARK7"})]
    trace = make_trace(entries, CHECK, "", "", run_marker="mark7")
    assert trace.steps[0]["json"] == {"username": "alice-${run}", "other": "ALICE-${run}"}


def test_what_we_said_first_is_ours() -> None:
    ours, given = "our-own-0001", "room-00001"
    trace = made(
        http("r1", "POST", "/api/x", {"data": {"content": ours, "name": given}}, json={"content": ours}),
        http("r2", "POST", "/api/x", json={"content": ours, "name": given}),
    )
    assert trace.steps[1]["json"] == {"content": ours, "name": "${r1#/data/name}"}


def test_short_texts_and_constants_stay() -> None:
    body = {"data": {"code": "ok", "kind": "new-message", "id": "a1b2c3d", "spaced": "hello world 1"}}
    sent = {"code": "ok", "kind": "new-message", "id": "a1b2c3d", "spaced": "hello world 1"}
    assert made(http("r1", "GET", "/api/x", body), http("r2", "POST", "/api/x", json=sent)).steps[1]["json"] == sent


def test_what_looks_like_a_reference_is_kept_as_text() -> None:
    text = "${run} ${r1#/data} $ { ${"
    trace = made(http("r1", "POST", "/api/x", json={"content": text}))
    assert not list(references(trace.steps[0]["json"]))
    assert Values("1").fill(trace.steps[0]["json"]) == {"content": text}


def test_a_value_of_a_frame_makes_an_expect_which_knows_the_frame_before_it_comes() -> None:
    ack = {"client_msg_id": f"c-{MARKER}", "messageId": "message-0001", "status": "success", "createdAt": 17}
    trace = made(
        login(), connect(), send({"client_msg_id": f"c-{MARKER}"}), frame("message-ack", ack),
        http("r2", "DELETE", "/api/messages/message-0001"),
    )  # fmt: skip
    expect = trace.steps[3]
    data = {"client_msg_id": "c-${run}", "status": "success"}
    assert expect == {
        "step": "expect", "id": "f3", "socket": "s1", "who": "alice", "frame": {"type": "message-ack", "data": data},
    }  # fmt: skip
    assert trace.steps[4]["path"] == "/api/messages/${f3#/data/messageId}"


def test_an_answer_is_a_better_source_than_a_frame() -> None:
    new = {"id": "message-0001", "content": "hello"}
    trace = made(
        frame("new-message", new), http("r1", "GET", "/api/x", {"data": new}), http("r2", "DELETE", "/api/message-0001")
    )
    assert steps(trace, "http")[1]["path"] == "/api/${r1#/data/id}"
    assert not steps(trace, "expect")


def test_a_frame_is_waited_for_where_a_later_step_may_hang_on_it() -> None:
    ping: Json = {"step": "send", "socket": "s1", "json": {"type": "ping"}}
    trace = made(connect(), ping, frame("pong"), ping, frame("pong"), frame("pong"), http("r1", "GET", "/api/x"))
    assert [step["step"] for step in trace.steps] == ["connect", "send", "expect", "send", "expect", "http"]
    assert steps(made(connect(), ping, frame("pong")), "expect") == []


def test_a_repeated_answer_is_waited_for_once_though_it_comes_after_another_step() -> None:
    ack = {"client_msg_id": f"c-{MARKER}"}
    look = http("r2", "GET", "/api/x")
    trace = made(connect(), send(ack), frame("message-ack", ack), look, frame("message-ack", ack), look | {"id": "r3"})
    assert [step["step"] for step in trace.steps] == ["connect", "send", "expect", "http", "http"]


def test_what_others_do_on_the_server_is_not_waited_for() -> None:
    stranger = {"conversationId": WORLD, "sender": {"id": "stranger-001"}, "content": "whoever"}
    trace = made(connect(), frame("new-message", stranger), http("r2", "GET", "/api/x"))
    assert steps(trace, "expect") == []


def test_what_the_check_counts_is_left_to_the_check() -> None:
    check = {"check": "frame", "socket": "s1", "match": {"type": "pong"}, "min": 1, "max": 1}
    ping: Json = {"step": "send", "socket": "s1", "json": {"type": "ping"}}
    assert steps(made(connect(), ping, frame("pong"), http("r1", "GET", "/api/x"), check=check), "expect") == []


def test_an_end_by_the_server_is_waited_for_and_one_by_us_is_not() -> None:
    closed: Json = {"step": "closed", "socket": "s1", "code": 4409}
    trace = made(connect(), closed, http("r1", "GET", "/api/x"))
    assert steps(trace, "expect") == [{"step": "expect", "id": "f1", "socket": "s1", "closed": True}]
    own: Json = {"step": "close", "socket": "s1", "code": 1000}
    assert steps(made(connect(), own, closed, http("r1", "GET", "/api/x")), "expect") == []


def test_a_group_runs_together_and_what_came_meanwhile_is_expected_after_it() -> None:
    trace = made(
        connect(),
        send({"client_msg_id": f"a-{MARKER}"}, group=1),
        frame("message-ack", {"client_msg_id": f"a-{MARKER}"}),
        send({"client_msg_id": f"b-{MARKER}"}, group=1),
        frame("message-ack", {"client_msg_id": f"b-{MARKER}"}),
        send({"client_msg_id": f"c-{MARKER}"}, group=2),
    )
    assert [step["step"] for step in trace.steps] == ["connect", "together", "expect", "expect", "send"]
    assert [step["json"]["data"]["client_msg_id"] for step in trace.steps[1]["steps"]] == ["a-${run}", "b-${run}"]


def in_conversation(identity: str, seq_id: int) -> Json:
    data = {"id": f"{identity}-{seq_id}", "conversationId": identity, "seqId": seq_id, "limit": seq_id}
    return frame("new-message", data)


def test_an_integer_of_something_older_than_the_log_becomes_a_reference() -> None:
    trace = made(
        http("r1", "GET", "/api/conversations", {"data": {"id": WORLD}}),
        connect(),
        in_conversation(WORLD, 57),
        send({"conversationId": WORLD, "seqId": 57, "limit": 57}),
        http("r2", "GET", f"/api/conversations/{WORLD}/messages", query={"after": 57, "limit": 57}),
    )
    assert steps(trace, "send")[0]["json"]["data"] == {
        "conversationId": "${r1#/data/id}", "seqId": "${f2#/data/seqId}", "limit": 57,
    }  # fmt: skip
    assert steps(trace, "http")[1]["query"] == {"after": "${f2#/data/seqId}", "limit": 57}


def test_an_integer_of_a_new_thing_or_of_another_thing_stays() -> None:
    opened = http("r1", "POST", "/api/conversations", {"data": {"id": GROUP}})
    world = http("r2", "GET", "/api/conversations", {"data": {"id": WORLD}})
    other = made(opened, world, in_conversation(WORLD, 1), send({"conversationId": GROUP, "seqId": 1}))
    assert steps(other, "send")[0]["json"]["data"]["seqId"] == 1
    new = made(opened, in_conversation(GROUP, 1), send({"conversationId": GROUP, "seqId": 1}))
    assert steps(new, "send")[0]["json"]["data"]["seqId"] == 1


def test_after_a_race_an_integer_of_a_new_thing_is_a_reference_too() -> None:
    opened = http("r1", "POST", "/api/conversations", {"data": {"id": GROUP}})
    racing = [http(f"r{number}", "GET", "/api/x", group=1) for number in (2, 3)]
    trace = made(opened, *racing, in_conversation(GROUP, 2), send({"conversationId": GROUP, "seqId": 2}))
    assert steps(trace, "send")[0]["json"]["data"]["seqId"] == "${f3#/data/seqId}"


def test_an_ack_is_about_the_conversation_of_the_frame_that_it_answers() -> None:
    ack = {"client_msg_id": f"c-{MARKER}", "seqId": 9}
    trace = made(
        http("r1", "GET", "/api/conversations", {"data": {"id": WORLD}}),
        connect(),
        send({"conversationId": WORLD, "client_msg_id": f"c-{MARKER}"}),
        frame("message-ack", ack),
        http("r2", "PUT", f"/api/conversations/{WORLD}/read", json={"seqId": 9}),
    )
    assert steps(trace, "http")[1]["json"] == {"seqId": "${f3#/data/seqId}"}


def test_a_check_refers_as_a_step_does_but_to_an_integer_only_where_it_can_be_but_one() -> None:
    world = http("r1", "GET", "/api/conversations", {"data": {"id": WORLD}})
    check = {
        "check": "frame-value", "socket": "s1", "match": {"data": {"conversationId": WORLD, "content": MARKER}},
        "pointer": "/data/seqId", "equals": 5,
    }  # fmt: skip
    one = made(world, connect(), in_conversation(WORLD, 5), check=check)
    assert one.check["match"] == {"data": {"conversationId": "${r1#/data/id}", "content": "${run}"}}
    assert one.check["equals"] == "${f2#/data/seqId}"
    two = made(world, connect(), in_conversation(WORLD, 5), in_conversation(WORLD, 5), check=check)
    assert two.check["equals"] == 5


def test_a_check_may_say_which_value_it_means() -> None:
    check = {
        "check": "frame-value",
        "socket": "s1",
        "match": {},
        "pointer": "/data/seqId",
        "not": Seen("s1", "/data/seqId", 1),
    }
    trace = made(connect(), in_conversation(WORLD, 5), in_conversation(GROUP, 5), check=check)
    assert trace.check["not"] == "${f2#/data/seqId}"
    asked = made(http("r1", "GET", "/x", {"seqId": 3}), check=check | {"not": Seen("r1", "/seqId")})
    assert asked.check["not"] == "${r1#/seqId}"


def test_a_frame_that_looks_like_one_that_is_needed_is_expected_before_it() -> None:
    remove = http("r1", "DELETE", "/api/new-000002")
    needed, other = frame("hint", {"id": "new-000002"}), frame("hint", {"id": "new-000001"})
    assert [step["id"] for step in steps(made(connect(), other, needed, remove), "expect")] == ["f1", "f2"]
    assert [step["id"] for step in steps(made(connect(), needed, other, remove), "expect")] == ["f1"]


def test_a_check_of_a_value_holds_for_the_status_that_was_seen() -> None:
    check = {"check": "response", "step": "r1", "pointer": "/data", "present": True}
    assert made(login(), check=check).check["status"] == [200]
    assert made(login(), check=check | {"status": [201]}).check["status"] == [201]
