"""`gochat logic` from outside, with nothing but `specs/logic.proto`: outcomes, statuses, health, reflection."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
import yaml
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from generated import logic_pb2, logic_pb2_grpc
from gochat.config import environment_without_settings
from tests.harness.api import User, group, new_guest, new_user
from tests.harness.contract import PROJECT_ROOT
from tests.harness.frames import fresh_message_id, wait_until
from tests.harness.kafka import Broker
from tests.harness.postgres import Postgres
from tests.harness.process import Process
from tests.harness.server import GoChatServer, writes_held
from tests.scale.conftest import Sides, StartSides

SERVICE = "gochat.v1.MessageService"
ERROR_KEY = "gochat-error-bin"
DEADLINE_S = 10.0
CATALOGUE = yaml.safe_load((PROJECT_ROOT / "specs" / "errors.yaml").read_text(encoding="utf-8"))["errors"]
STATUSES = {entry["code"]: entry["grpc"] for entry in CATALOGUE if "grpc" in entry}


class Caller:
    """A client of im-logic."""

    def __init__(self, url: str) -> None:
        self.channel = grpc.insecure_channel(urlsplit(url).netloc)
        self._stub = logic_pb2_grpc.MessageServiceStub(self.channel)
        self._health = health_pb2_grpc.HealthStub(self.channel)

    def send(self, deadline_s: float = DEADLINE_S, **fields: object) -> logic_pb2.SendMessageResponse:
        """SendMessage."""
        return self._stub.SendMessage(logic_pb2.SendMessageRequest(**fields), timeout=deadline_s)  # type: ignore[arg-type]

    def send_all(self, *messages: logic_pb2.SendMessageRequest) -> list[logic_pb2.SendMessageOutcome]:
        """SendMessages."""
        request = logic_pb2.SendMessagesRequest(messages=messages)
        return list(self._stub.SendMessages(request, timeout=DEADLINE_S).outcomes)

    def mark_read(self, **fields: object) -> int:
        """MarkRead."""
        return int(self._stub.MarkRead(logic_pb2.MarkReadRequest(**fields), timeout=DEADLINE_S).unread_count)  # type: ignore[arg-type]

    def mark_all(self, *marks: tuple[str, str, int]) -> list[str]:
        """MarkReads of (user, conversation, seqId); returns the code of each error, "" where there is none."""
        requests = [logic_pb2.MarkReadRequest(user_id=u, conversation_id=c, seq_id=seq_id) for u, c, seq_id in marks]
        response = self._stub.MarkReads(logic_pb2.MarkReadsRequest(marks=requests), timeout=DEADLINE_S)
        return [each.error.code for each in response.outcomes]

    def health(self, service: str = "") -> int:
        """Health.Check, of grpc.health.v1."""
        request = health_pb2.HealthCheckRequest(service=service)
        return int(self._health.Check(request, timeout=DEADLINE_S).status)


@pytest.fixture(scope="module")
def logic(sides: Sides) -> Iterator[Caller]:
    caller = Caller(sides.cluster.logic.url)
    yield caller
    caller.channel.close()


@pytest.fixture(scope="module")
def sender(sides: Sides) -> User:
    return new_user(sides.one)


@pytest.fixture(scope="module")
def room(sender: User) -> str:
    """A group of the sender's alone."""
    return group(sender)


def message(sender: User, room: str, content: str = "hello", **fields: object) -> logic_pb2.SendMessageRequest:
    """A text."""
    return logic_pb2.SendMessageRequest(
        sender_id=sender.id, conversation_id=room, message_type=1, content=content, **fields  # type: ignore[arg-type]
    )  # fmt: skip


def refusal(error: grpc.RpcError, code: str) -> logic_pb2.Error:
    """Holds a failed call to be refused with that code, under the status that the catalogue has for it."""
    metadata = dict(error.trailing_metadata())
    assert ERROR_KEY in metadata, (error.code(), error.details())
    said = logic_pb2.Error.FromString(metadata[ERROR_KEY])
    assert said.code == code, said
    assert error.code().name == STATUSES[code]
    return said


def test_a_message_is_stored_before_the_answer_and_once(logic: Caller, sender: User, room: str) -> None:
    client_msg_id = fresh_message_id()
    fields = {"sender_id": sender.id, "conversation_id": room, "message_type": 1, "content": "once"}
    first = logic.send(**fields, client_msg_id=client_msg_id)
    stored = sender.api.history(room, limit=1)[0]
    assert (stored["id"], stored["seqId"], stored["createdAt"]) == (first.message_id, first.seq_id, first.created_at)
    assert logic.send(**fields, client_msg_id=client_msg_id) == first
    assert logic.send(**fields).seq_id == first.seq_id + 1  # without the id a repeat is another message
    with pytest.raises(grpc.RpcError) as caught:
        logic.send(**{**fields, "content": "other"}, client_msg_id=client_msg_id)
    refusal(caught.value, "CLIENT_MSG_ID_CONFLICT")


@pytest.mark.parametrize(
    ("change", "code", "pointers"),
    [
        ({"conversation_id": "no-such"}, "CONVERSATION_NOT_FOUND", set()),
        ({"sender_id": "nobody"}, "FORBIDDEN", set()),
        ({"message_type": 9}, "INVALID_MESSAGE", {("/data/messageType", "enum")}),
        (
            {"message_type": 0, "content": ""},
            "INVALID_MESSAGE",
            {("/data/messageType", "enum"), ("/data/content", "minLength")},
        ),
        ({"sender_id": ""}, "INVALID_MESSAGE", {("/sender_id", "minLength")}),
        ({"conversation_id": "x" * 65}, "INVALID_MESSAGE", {("/data/conversationId", "maxLength")}),
        ({"client_msg_id": ""}, "INVALID_MESSAGE", {("/data/client_msg_id", "minLength")}),
        ({"content": "nul \0"}, "INVALID_MESSAGE", {("/data/content", "pattern")}),
        ({"content": "x" * 4001}, "MESSAGE_TOO_LARGE", set()),
    ],
)
def test_what_is_wrong_is_refused_with_the_code_of_the_catalogue(
    logic: Caller, sender: User, room: str, change: dict[str, object], code: str, pointers: set[tuple[str, str]]
) -> None:
    fields: dict[str, object] = {"sender_id": sender.id, "conversation_id": room, "message_type": 1, "content": "hello"}
    before = len(sender.api.history(room, limit=100))
    with pytest.raises(grpc.RpcError) as caught:
        logic.send(**{**fields, **change})
    said = refusal(caught.value, code)
    assert {(each.pointer, each.rule) for each in said.errors} == pointers
    assert len(sender.api.history(room, limit=100)) == before


def test_who_is_no_member_and_who_is_a_guest_are_refused(logic: Caller, sides: Sides, room: str) -> None:
    for stranger in (new_user(sides.other), new_guest(sides.other)):
        with pytest.raises(grpc.RpcError) as caught:
            logic.send(sender_id=stranger.id, conversation_id=room, message_type=1, content="hello")
        refusal(caught.value, "FORBIDDEN")


def test_who_has_no_account_is_refused_in_the_world_chat_too(logic: Caller, sides: Sides) -> None:
    guest = new_guest(sides.one)
    world_id = guest.api.world_id()
    logic.send(sender_id=guest.id, conversation_id=world_id, message_type=1, content="hello")
    for nobody in ("nobody", guest.id + "0", guest.id.upper()):
        with pytest.raises(grpc.RpcError) as caught:
            logic.send(sender_id=nobody, conversation_id=world_id, message_type=1, content="hello")
        refusal(caught.value, "FORBIDDEN")


def test_a_batch_keeps_its_order_and_a_refusal_hinders_no_other(logic: Caller, sender: User, sides: Sides) -> None:
    room = group(sender)
    wrong = {3: message(sender, "no-such"), 5: message(sender, room, ""), 6: message(new_user(sides.one), room)}
    batch = [wrong.get(index, message(sender, room, f"number {index}")) for index in range(10)]
    outcomes = logic.send_all(*batch)
    refused = {index: each.error.code for index, each in enumerate(outcomes) if each.HasField("error")}
    assert refused == {3: "CONVERSATION_NOT_FOUND", 5: "INVALID_MESSAGE", 6: "FORBIDDEN"}
    assert [each.posted.seq_id for each in outcomes if each.HasField("posted")] == list(range(1, 8))
    contents = [each["content"] for each in sender.api.history(room, after=0)]
    assert contents == [f"number {index}" for index in range(10) if index not in wrong]


def test_a_batch_has_up_to_1024_messages(logic: Caller, sender: User) -> None:
    room = group(sender)
    assert logic.send_all() == []
    assert [each.posted.seq_id for each in logic.send_all(*[message(sender, room)] * 1024)] == list(range(1, 1025))
    with pytest.raises(grpc.RpcError) as caught:
        logic.send_all(*[message(sender, room)] * 1025)
    (error,) = refusal(caught.value, "INVALID_MESSAGE").errors
    assert (error.pointer, error.rule) == ("/messages", "maxItems")


def test_the_largest_batch_of_the_largest_messages_passes(logic: Caller, sender: User) -> None:
    room = group(sender)
    outcomes = logic.send_all(*[message(sender, room, "\U0001f600" * 4000)] * 1024)
    assert {each.WhichOneof("outcome") for each in outcomes} == {"posted"}


def test_a_read_mark_is_clamped_and_never_goes_back(logic: Caller, sender: User, sides: Sides) -> None:
    reader = new_user(sides.other)
    room = group(sender, reader)
    logic.send_all(*[message(sender, room)] * 5)
    left = [logic.mark_read(user_id=reader.id, conversation_id=room, seq_id=seq_id) for seq_id in (2, 1, 2**50)]
    assert left == [3, 3, 0]
    for fields, code in (
        ({"user_id": reader.id, "conversation_id": room, "seq_id": -1}, "INVALID_MESSAGE"),
        ({"user_id": reader.id, "conversation_id": "no-such", "seq_id": 1}, "CONVERSATION_NOT_FOUND"),
        ({"user_id": new_user(sides.one).id, "conversation_id": room, "seq_id": 1}, "FORBIDDEN"),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            logic.mark_read(**fields)
        refusal(caught.value, code)


def test_a_batch_of_read_marks_does_what_each_would(logic: Caller, sender: User, sides: Sides) -> None:
    readers = [new_user(sides.one), new_user(sides.other)]
    stranger = new_user(sides.one)
    room = group(sender, *readers)
    logic.send_all(*[message(sender, room)] * 5)
    codes = logic.mark_all(
        (readers[0].id, room, 4),
        (stranger.id, room, 4),
        (readers[1].id, room, 2**50),
        (readers[0].id, "no-such", 1),
        (readers[0].id, room, 2),
        (readers[0].id, room, 0),
        ("", room, 1),
    )
    assert codes == ["", "FORBIDDEN", "", "CONVERSATION_NOT_FOUND", "", "INVALID_MESSAGE", "INVALID_MESSAGE"]
    assert [reader.api.conversation_in_list(room)["unreadCount"] for reader in readers] == [1, 0]


def test_a_batch_has_up_to_1024_read_marks(logic: Caller, sender: User, sides: Sides) -> None:
    reader = new_user(sides.other)
    room = group(sender, reader)
    logic.send_all(*[message(sender, room)] * 1024)
    assert logic.mark_all() == []
    assert logic.mark_all(*[(reader.id, room, seq_id) for seq_id in range(1, 1024)]) == [""] * 1023
    assert reader.api.conversation_in_list(room)["unreadCount"] == 1
    with pytest.raises(grpc.RpcError) as caught:
        logic.mark_all(*[(reader.id, room, 1)] * 1025)
    (error,) = refusal(caught.value, "INVALID_MESSAGE").errors
    assert (error.pointer, error.rule) == ("/marks", "maxItems")


def test_who_sends_too_fast_is_told_how_long_to_wait(start_sides: StartSides) -> None:
    sides = start_sides(GOCHAT_MESSAGE_RATE=1)
    sender = new_user(sides.one)
    room = group(sender)
    caller = Caller(sides.cluster.logic.url)
    codes = [each.error for each in caller.send_all(*[message(sender, room)] * 4)]
    assert [each.code for each in codes] == ["", "", "RATE_LIMITED", "RATE_LIMITED"]
    assert 0 < codes[-1].retry_after_ms <= 1000
    with pytest.raises(grpc.RpcError) as caught:
        caller.send(sender_id=sender.id, conversation_id=room, message_type=1, content="hello")
    assert refusal(caught.value, "RATE_LIMITED").retry_after_ms > 0
    caller.channel.close()


def test_a_storage_that_waits_is_unavailable_or_the_callers_deadline(start_sides: StartSides) -> None:
    sides = start_sides()
    sender = new_user(sides.one)
    room = group(sender)
    caller = Caller(sides.cluster.logic.url)
    with writes_held(sides.one):
        with pytest.raises(grpc.RpcError) as caught:
            caller.send(sender_id=sender.id, conversation_id=room, message_type=1, content="late", deadline_s=0.3)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        with pytest.raises(grpc.RpcError) as caught:
            caller.send(sender_id=sender.id, conversation_id=room, message_type=1, content="too late")
        refusal(caught.value, "UNAVAILABLE")
    assert caller.send(sender_id=sender.id, conversation_id=room, message_type=1, content="in time").seq_id >= 1
    assert "too late" not in [each["content"] for each in sender.api.history(room)]
    caller.channel.close()


def test_health_says_serving_for_both_names_and_knows_no_other(logic: Caller) -> None:
    assert logic.health() == logic.health(SERVICE) == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as caught:
        logic.health("no.such.Service")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_health_says_not_serving_while_the_storage_is_away(postgres: Postgres, broker: Broker, tmp_path: Path) -> None:
    url = postgres.new_database()
    process = Process("logic", [])
    arguments = ["logic", "--port", "0", "--data-dir", str(tmp_path)]
    process.start(arguments, {"GOCHAT_DATABASE_URL": url, "GOCHAT_BUS_URL": broker.url})
    with ExitStack() as stack:
        stack.callback(process.kill)
        caller = Caller(process.url)
        stack.callback(caller.channel.close)
        assert caller.health() == health_pb2.HealthCheckResponse.SERVING
        postgres.drop_database(url)
        wait_until(lambda: caller.health(SERVICE) == health_pb2.HealthCheckResponse.NOT_SERVING, "NOT_SERVING", 10)


def test_reflection_gives_the_contract(logic: Caller) -> None:
    database = ProtoReflectionDescriptorDatabase(logic.channel)
    assert {SERVICE, "grpc.health.v1.Health"} <= set(database.get_services())
    file = database.FindFileContainingSymbol(SERVICE)
    assert file.SerializeToString() == logic_pb2.DESCRIPTOR.serialized_pb


# The start


def refused_start(tmp_path: Path, *arguments: str, **settings: str) -> str:
    """Runs a command that has to refuse by one line; returns it."""
    command = [sys.executable, "-m", "gochat", *arguments, "--port", "0", "--data-dir", str(tmp_path)]
    environment = {**environment_without_settings(), **settings}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=40, check=False)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("gochat: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_database_has_one_im_logic(sides: Sides, tmp_path: Path) -> None:
    settings = {name: sides.cluster.settings[name] for name in ("GOCHAT_DATABASE_URL", "GOCHAT_BUS_URL")}
    assert "gochat logic" in refused_start(tmp_path, "logic", **settings)


def test_a_gateway_without_kafka_is_refused_beside_others(sides: Sides, tmp_path: Path) -> None:
    refusal_line = refused_start(tmp_path, "serve", GOCHAT_DATABASE_URL=sides.cluster.settings["GOCHAT_DATABASE_URL"])
    assert "GOCHAT_BUS_URL" in refusal_line, refusal_line


def test_two_gateways_of_one_name_are_refused(sides: Sides, tmp_path: Path) -> None:
    settings = {**sides.cluster.settings, "GOCHAT_LOGIC_URL": sides.cluster.logic.url}
    name = sides.nodes[0].name
    refusal_line = refused_start(tmp_path, "serve", **settings, GOCHAT_GATEWAY_ID=name)
    assert name in refusal_line
    assert "GOCHAT_GATEWAY_ID" in refusal_line


def test_kafka_that_is_not_there_is_told_at_the_start(sides: Sides, tmp_path: Path) -> None:
    settings = {**sides.cluster.settings, "GOCHAT_LOGIC_URL": sides.cluster.logic.url, "GOCHAT_GATEWAY_ID": "third"}
    assert "Kafka" in refused_start(tmp_path, "serve", **{**settings, "GOCHAT_BUS_URL": "kafka://127.0.0.1:1"})


@pytest.mark.parametrize("missing", ["GOCHAT_LOGIC_URL", "GOCHAT_JWT_SECRET", "GOCHAT_DATABASE_URL"])
def test_a_gateway_says_what_is_not_set(sides: Sides, tmp_path: Path, missing: str) -> None:
    settings = {**sides.cluster.settings, "GOCHAT_LOGIC_URL": sides.cluster.logic.url, "GOCHAT_GATEWAY_ID": "third"}
    del settings[missing]
    assert missing in refused_start(tmp_path, "serve", **settings)


def test_a_gateway_starts_before_im_logic_and_says_unavailable_until_then(start_sides: StartSides) -> None:
    sides = start_sides()
    sender = new_user(sides.one)
    room = group(sender)
    sides.cluster.logic.process.kill()
    for gateway in sides.nodes:
        gateway.process.kill()
        sides.cluster.start_gateway(gateway)
    assert sender.api.send_message(room, {"content": "hello", "messageType": 1}).status_code == 503
    sides.cluster.start_logic()
    wait_until(lambda: _is_sent(sides.other, sender, room), "sends pass again", 10)


def _is_sent(gateway: GoChatServer, sender: User, room: str) -> bool:
    answer = gateway.http.post(
        f"{gateway.url}/api/conversations/{room}/messages",
        json={"content": "hello", "messageType": 1},
        headers={"Authorization": f"Bearer {sender.token}"},
    )
    assert answer.status_code in (201, 503), answer.text
    return answer.status_code == 201
