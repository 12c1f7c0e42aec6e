"""What gateways are told over Kafka, read from their topics as they do: the contract's records, and no more of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from tests.harness.api import User, befriend, expect_ok, group, new_guest, new_user, single
from tests.harness.contract import load_contract
from tests.harness.frames import say, send_refused, text_message, wait_until
from tests.harness.kafka import Broker
from tests.harness.socket import Json, Socket
from tests.scale.conftest import Sides, StartSides

QUIET_S = 0.5
BIG, HOW_MANY = "🙂" * 4000, 150  # 2.4 MB, more than an outbox may hold
TOPIC = load_contract().asyncapi["channels"]["downstream"]


class Record(NamedTuple):
    """One record of a topic."""

    key: str
    value: Json
    producer: str
    number: int


class Topic:
    """Reads the topic of one gateway from where it ends now.

    A record may be there twice, as a producer that hears nothing of it writes it again: then its number is not new.
    Messages that im-logic tells again, because it cannot know that they were told, are passed over, as by sockets.
    """

    def __init__(self, broker: Broker, gateway_id: str, last_numbers: dict[tuple[str, str], int]) -> None:
        """last_numbers: by topic and producer, of what was read before, also by others."""
        self.name = TOPIC["address"].replace("{gatewayId}", gateway_id)
        self._last_numbers = last_numbers
        servers = broker.url.removeprefix("kafka://")
        self._kafka = Consumer({"bootstrap.servers": servers, "group.id": "test", "fetch.wait.max.ms": 10})
        _, end = self._kafka.get_watermark_offsets(TopicPartition(self.name, 0), timeout=10)
        self._kafka.assign([TopicPartition(self.name, 0, end)])

    def read(self) -> list[Record]:
        """Takes what has come, and what still comes soon; holds each to the contract."""
        records = []
        until = time.monotonic() + QUIET_S
        while time.monotonic() < until:
            message = self._kafka.poll(0.05)
            if message is None or message.error() is not None:
                continue
            record = _record(message)
            writer = (self.name, record.producer)
            if record.number > self._last_numbers.get(writer, 0):
                self._last_numbers[writer] = record.number
                if not record.value.get("again"):
                    records.append(record)
        return records

    def close(self) -> None:
        """Reads no more."""
        self._kafka.close()


def _record(message: Any) -> Record:
    value = json.loads(message.value())
    load_contract().check_record(value)
    headers = {name: text.decode() for name, text in message.headers()}
    assert set(headers) == {"producer", "number"}
    return Record(message.key().decode(), value, headers["producer"], int(headers["number"]))


class People(NamedTuple):
    """Two users on either gateway, connected."""

    here: tuple[User, User]
    there: tuple[User, User]
    sockets: dict[str, Socket]


@pytest.fixture(scope="module")
def people(sides: Sides) -> Iterator[People]:
    here = new_user(sides.one), new_user(sides.one)
    there = new_user(sides.other), new_user(sides.other)
    sockets = {user.id: Socket(user.api.server, user.token) for user in (*here, *there)}
    yield People(here, there, sockets)
    for socket in sockets.values():
        socket.close()


@pytest.fixture(scope="module")
def last_numbers() -> dict[tuple[str, str], int]:
    """Of the records that the tests here have read."""
    return {}


@pytest.fixture
def topics(
    sides: Sides, broker: Broker, people: People, last_numbers: dict[tuple[str, str], int]
) -> Iterator[tuple[Topic, Topic]]:
    """The topics of the two gateways."""
    for socket in people.sockets.values():
        socket.settle()
    time.sleep(QUIET_S)  # what was said before has been written
    one, other = (Topic(broker, node.name, last_numbers) for node in sides.nodes)
    yield one, other
    one.close()
    other.close()


def test_a_message_of_the_world_chat_is_one_record_a_gateway(people: People, topics: tuple[Topic, Topic]) -> None:
    world_id = people.here[0].api.world_id()
    seq_id = say(people.sockets[people.here[0].id], world_id, "hello, world")["seqId"]
    for topic in topics:
        records = topic.read()
        assert len(records) == 1, records
        record = records[0]
        assert record.key == world_id
        assert record.value["type"] == "message-posted"
        assert record.value["message"]["seqId"] == seq_id
        assert "recipients" not in record.value


def test_a_message_of_a_group_goes_where_members_are(people: People, topics: tuple[Topic, Topic]) -> None:
    owner, *members = people.here[0], *people.there
    room = group(owner, *members, new_user(owner.api.server))  # the last one is nowhere
    say(people.sockets[owner.id], room, "to all of you")
    (here,), (there,) = (topic.read() for topic in topics)
    assert here.key == there.key == room
    assert here.value["recipients"] == [owner.id]
    assert here.value["origin"] == there.value["origin"]
    assert sorted(there.value["recipients"]) == sorted(user.id for user in members)


def test_what_concerns_nobody_at_a_gateway_is_no_record_there(people: People, topics: tuple[Topic, Topic]) -> None:
    chat = single(*people.here)
    numbers = [say(people.sockets[people.here[0].id], chat, f"number {index}")["seqId"] for index in range(20)]
    here, there = (topic.read() for topic in topics)
    assert [record.value["message"]["seqId"] for record in here] == numbers
    assert [record.number for record in here] == list(range(here[0].number, here[0].number + 20))
    assert len({record.producer for record in here}) == 1
    assert there == []


def test_a_repeat_and_a_refusal_are_no_records(people: People, topics: tuple[Topic, Topic]) -> None:
    socket = people.sockets[people.here[0].id]
    chat = single(people.here[0], people.there[0])
    data = text_message(chat)
    for _ in range(3):
        socket.send("send-message", data)
    send_refused(socket, text_message(group(people.there[0])), "FORBIDDEN")
    for topic in topics:
        assert [record.value["message"]["content"] for record in topic.read()] == [data["content"]]
    for _ in range(3):
        socket.expect("message-ack")


def test_the_other_events_are_records_of_those_whom_they_concern(
    sides: Sides, people: People, topics: tuple[Topic, Topic]
) -> None:
    friend = people.there[0]
    user = new_user(sides.one)
    befriend(user, friend)
    befriend(user, people.here[1])
    with Socket(sides.one, user.token) as socket:
        socket.settle()
        with Socket(sides.other, user.token):
            assert socket.expect_close() == 4409
            expect_ok(user.api.logout())
    records = [topic.read() for topic in topics]
    kinds = [{(each.value["type"], each.key) for each in read} for read in records]
    pairs = {("friends-made", user.id), ("friends-made", friend.id), ("friends-made", people.here[1].id)}
    # Each gateway does at once what it has decided itself; the other one decided what is read here.
    assert ("status-changed", user.id) in kinds[1]  # he came online at the one gateway, his friend is at the other
    assert ("connection-replaced", user.id) in kinds[0]
    assert kinds[1] & pairs
    assert any(kind == "login-ended" for kind, _ in kinds[1])
    assert all(kind != "message-posted" for kind, _ in kinds[0] | kinds[1])
    for each in records[0] + records[1]:
        named = {each.value.get("userId"), each.value.get("friendId")}
        assert user.id in named or each.value["type"] == "login-ended", each
    (told,) = [
        each for each in records[1] if each.value["type"] == "status-changed" and each.value["status"] == "online"
    ]
    assert told.value["recipients"] == [friend.id]


def test_a_topic_keeps_what_the_contract_says(sides: Sides, broker: Broker, topics: tuple[Topic, Topic]) -> None:
    admin = AdminClient({"bootstrap.servers": broker.url.removeprefix("kafka://")})
    declared = TOPIC["bindings"]["kafka"]
    assert len(admin.list_topics(topics[0].name).topics[topics[0].name].partitions) == declared["partitions"]
    resource = ConfigResource(ResourceType.TOPIC, topics[0].name)
    found = admin.describe_configs([resource])[resource].result(10)
    wanted = declared["topicConfiguration"]
    assert found["retention.ms"].value == str(wanted["retention.ms"])
    assert found["cleanup.policy"].value == ",".join(wanted["cleanup.policy"])


# What a gateway makes of records


@pytest.fixture
def write(sides: Sides, broker: Broker) -> Any:
    """Writes records to the other gateway's topic: `write(value, number)`."""
    producer = Producer({"bootstrap.servers": broker.url.removeprefix("kafka://"), "linger.ms": 0})
    name = TOPIC["address"].replace("{gatewayId}", sides.nodes[1].name)

    def write_one(value: Json | bytes, number: int, writer: str = "test") -> None:
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        producer.produce(name, text, "key", partition=0, headers={"producer": writer, "number": str(number)})
        assert producer.flush(10) == 0

    return write_one


def _posted(room: str, seq_id: int, recipients: list[str]) -> Json:
    example = load_contract().asyncapi["components"]["messages"]["messagePosted"]["examples"][0]["payload"]
    message = {**example["message"], "conversationId": room, "seqId": seq_id, "id": f"{room}-{seq_id}"}
    return {"type": "message-posted", "message": message, "recipients": recipients}


def test_a_repeated_record_is_pushed_once(people: People, write: Any) -> None:
    reader = people.there[1]
    room = group(reader)
    socket = people.sockets[reader.id]
    for number in (1, 1, 2, 1, 2, 3):
        write(_posted(room, number, [reader.id]), number, "repeats")
    pushed = [socket.expect("new-message", where={"conversationId": room})["data"]["seqId"] for _ in range(3)]
    assert pushed == [1, 2, 3]
    socket.expect_none("new-message", QUIET_S, where={"conversationId": room})


def test_what_was_stored_before_a_connection_counted_is_not_pushed_to_it(people: People, write: Any) -> None:
    reader = people.there[1]
    room = group(reader)
    socket = people.sockets[reader.id]
    for seq_id, written in enumerate((1, 2, 2**52), start=1):
        write({**_posted(room, seq_id, [reader.id]), "write": written}, seq_id, "writes")
    assert socket.expect("new-message", where={"conversationId": room})["data"]["seqId"] == 3
    socket.expect_none("new-message", QUIET_S, where={"conversationId": room})


def test_a_status_that_is_older_than_what_a_socket_knows_is_passed_over(people: People, write: Any) -> None:
    reader = people.there[1]
    socket = people.sockets[reader.id]
    told = [("online", 5), ("offline", 4), ("online", 6), ("offline", 8), ("online", 7)]
    for number, (status, version) in enumerate(told, start=1):
        value = {"userId": "somebody", "status": status, "version": version, "recipients": [reader.id]}
        write({"type": "status-changed", **value}, number, "statuses")
    statuses = [socket.expect("online-status", where={"userId": "somebody"})["data"]["status"] for _ in range(2)]
    assert statuses == ["online", "offline"]
    socket.expect_none("online-status", QUIET_S, where={"userId": "somebody"})


def test_a_gateway_that_was_stopped_is_told_nothing(broker: Broker, start_sides: StartSides) -> None:
    sides = start_sides()
    guest = new_guest(sides.other)
    sides.nodes[0].process.ask_to_stop()
    sides.nodes[0].process.wait_stopped()
    topic = Topic(broker, sides.nodes[0].name, {})
    guest.api.say(guest.api.world_id(), "who is still there?")
    assert topic.read() == []
    topic.close()
    sides.cluster.start_gateway(sides.nodes[0])


def test_records_that_are_none_are_passed_over(people: People, write: Any) -> None:
    reader = people.there[1]
    room = group(reader)
    socket = people.sockets[reader.id]
    strange: list[Json | bytes] = [b"", b"\xff\x00", b"[]", {}, {"type": "of-tomorrow"}, {"type": "message-posted"}]
    for number, value in enumerate(strange, start=1):
        write(value, number, "stranger")
    write({**_posted(room, 1, [reader.id]), "moreOfTomorrow": {"a": 1}}, 100, "stranger")
    assert socket.expect("new-message", where={"conversationId": room})["data"]["seqId"] == 1
    say(people.sockets[people.here[0].id], single(people.here[0], reader), "it lives")
    socket.expect("new-message")


def test_a_reader_who_keeps_up_gets_all_that_was_posted_while_kafka_was_away(
    own_broker: Broker, start_sides: StartSides
) -> None:
    sides = start_sides(on=own_broker)
    sender, listener = new_guest(sides.one), new_guest(sides.other)
    world_id = sender.api.world_id()
    with Socket(sides.one, sender.token) as socket, Socket(sides.other, listener.token) as other:
        say(socket, world_id, "before")
        other.expect("new-message", where={"content": "before"})
        own_broker.kill()
        acks = [say(socket, world_id, BIG) for _ in range(HOW_MANY)]
        assert [ack["seqId"] for ack in acks] == list(range(acks[0]["seqId"], acks[0]["seqId"] + HOW_MANY))
        own_broker.start()
        seen = [other.expect("new-message", 15, where={"conversationId": world_id})["data"]["seqId"] for _ in acks]
        assert seen == [ack["seqId"] for ack in acks]
        say(socket, world_id, "after")
        other.expect("new-message", where={"content": "after"})
        other.expect_none("new-message", QUIET_S)
        wait_until(lambda: "Kafka takes records again" in sides.cluster.log, "the log says so", 10)


def test_who_connects_while_kafka_is_away_gets_what_is_posted_from_then_on(
    own_broker: Broker, start_sides: StartSides
) -> None:
    sides = start_sides(on=own_broker)
    sender, listener, latecomer = new_guest(sides.one), new_guest(sides.other), new_guest(sides.other)
    world_id = sender.api.world_id()
    with Socket(sides.one, sender.token) as socket, Socket(sides.other, listener.token) as other:
        say(socket, world_id, "first")
        other.expect("new-message", where={"content": "first"})
        own_broker.kill()
        say(socket, world_id, "early")
        with Socket(sides.other, latecomer.token) as late:
            say(socket, world_id, "late")
            own_broker.start()
            assert [other.expect("new-message", 15)["data"]["content"] for _ in range(2)] == ["early", "late"]
            assert late.expect("new-message")["data"]["content"] == "late"
            late.expect_none("new-message", QUIET_S)


def test_what_was_stored_and_not_told_is_noticed_when_im_logic_is_back(
    own_broker: Broker, start_sides: StartSides
) -> None:
    sides = start_sides(on=own_broker)
    ann, ben = new_user(sides.one), new_user(sides.other)
    chat, world_id = single(ann, ben), ann.api.world_id()
    with Socket(sides.one, ann.token) as anns, Socket(sides.other, ben.token) as bens:
        first = say(anns, chat, "told")["seqId"]
        for place in (chat, world_id):
            seq_id = first if place == chat else say(anns, place, "told")["seqId"]
            assert bens.expect("new-message")["data"]["seqId"] == seq_id
        own_broker.kill()
        untold = [say(anns, chat, f"untold {number}")["seqId"] for number in range(3)]
        sides.cluster.logic.process.kill()  # with what waits for Kafka
        own_broker.start()
        sides.cluster.start_logic()
        assert bens.expect("new-message", 15)["data"]["seqId"] == untold[-1]
        found = ben.api.history(chat, after=first)
        assert [each["content"] for each in found] == [f"untold {number}" for number in range(3)]
        seq_id = say(bens, chat, "found it")["seqId"]
        assert anns.expect("new-message")["data"]["seqId"] == seq_id
        for socket in (anns, bens):
            socket.expect_none("new-message", QUIET_S)


def test_what_was_told_is_not_told_again_when_im_logic_is_back(start_sides: StartSides) -> None:
    sides = start_sides()
    ann, ben, eve = new_user(sides.one), new_user(sides.one), new_user(sides.other)
    rooms = [ann.api.world_id(), single(ann, ben), group(ann, ben, eve)]
    with (
        Socket(sides.one, ann.token) as anns,
        Socket(sides.one, ben.token) as bens,
        Socket(sides.other, eve.token) as eves,
    ):
        for room in rooms:
            say(anns, room)
        for socket, count in ((bens, 3), (eves, 2)):
            for _ in range(count):
                socket.expect("new-message")
        for _ in range(2):
            sides.cluster.logic.process.kill()
            sides.cluster.start_logic()
        for socket in (anns, bens, eves):
            socket.expect_none("new-message", 2)
        wait_until(lambda: _is_stored(ann, rooms[1]), "sends pass again", 10)
        bens.expect("new-message")


def _is_stored(sender: User, room: str) -> bool:
    return sender.api.send_message(room, {"content": "again", "messageType": 1}).status_code == 201
