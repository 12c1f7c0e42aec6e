"""The parts of the generated Python client without a server: delays, pace, reading, order of messages, generation."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from gochat_client import (
    RECONNECT_CAPS_S,
    ChatMessage,
    ConnectionLost,
    FileStore,
    GoChatError,
    http_types,
    server_frames,
    session,
    timeline,
)
from gochat_client.connection import reconnect_delay_s
from gochat_client.pace import Pace
from gochat_client.reading import Unreadable, read
from gochat_client.timeline import Timeline, from_history
from hypothesis import given, settings
from hypothesis import strategies as st

from gochat.codegen.bundle import bundle_document
from gochat.codegen.client_facts import read_client_facts
from gochat.codegen.documents import read_document
from gochat.codegen.operations import read_ws_operations
from gochat.codegen.python_client import TEMPLATE_DIR, render_python
from tests.clients.conftest import PACKAGE_DIR
from tests.clients.test_python_client import in_history, kept_store, pushed

CHECKOUT = Path(__file__).resolve().parents[2]


# Delays and pace.


def test_waits_are_drawn_from_nothing_to_the_cap_of_the_attempt() -> None:
    assert RECONNECT_CAPS_S == (1, 2, 4, 8, 15, 30)
    for attempt, cap_s in enumerate([1, 2, 4, 8, 15, 30, 30, 30]):
        assert reconnect_delay_s(attempt, draw=lambda: 0.0) == 0
        assert reconnect_delay_s(attempt, draw=lambda: 0.5) == cap_s / 2
        drawn = [reconnect_delay_s(attempt) for _ in range(500)]
        assert all(0 <= each <= cap_s for each in drawn)
        assert min(drawn) < 0.1 * cap_s
        assert max(drawn) > 0.9 * cap_s


def test_pace_gives_the_burst_at_once_and_then_the_rate() -> None:
    now_s = 0.0
    pace = Pace(20, 40, clock=lambda: now_s)
    sent_at_s = []
    while len(sent_at_s) < 100:
        wait_s = pace.wait_s()
        now_s += wait_s
        if wait_s == 0:
            pace.spend()
            sent_at_s.append(now_s)
    assert sent_at_s[39] == 0
    assert sent_at_s[40:] == pytest.approx([(number + 1) / 20 for number in range(60)])
    assert Pace(0, 40).wait_s() == 0


# Reading what came.


def test_what_is_not_known_is_dropped_or_handed_on_and_what_is_missing_is_told() -> None:
    data = {"conversations": [{**conversation(3), "type": 9, "novelty": 1}], "hasMore": False, "novelty": 2}
    listed = read(http_types.ConversationList, data)
    assert listed.conversations[0].type == 9
    assert listed.conversations[0].last_message is not msgspec.UNSET
    assert listed.conversations[0].last_message.seq_id == 3
    assert listed.conversations[0].peer is msgspec.UNSET
    for broken in ({"conversations": []}, {"conversations": [[]], "hasMore": False}, [], None):
        with pytest.raises(Unreadable):
            read(http_types.ConversationList, broken)


def test_a_kept_login_survives_the_process_and_a_spoilt_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "login.json"
    store = FileStore(path)
    assert store.load() is None
    kept = kept_store().load()
    store.save(kept)
    assert FileStore(path).load() == kept
    assert path.stat().st_mode & 0o777 == 0o600
    for spoilt in (b"", b"[]", b'{"access_token": 1}', b"\xff"):
        path.write_bytes(spoilt)
        assert store.load() is None
    store.save(None)
    store.save(None)
    assert not path.exists()


# The order of messages.


def conversation(last: int, unread: int = 0) -> dict[str, Any]:
    """A conversation as a list has it."""
    more = {} if last == 0 else {"lastMessage": in_history(last)}
    return {"id": "c1", "type": 2, "memberCount": 2, "updatedAt": 1, "unreadCount": unread, **more}


def push(seq_id: int) -> ChatMessage:
    """A message as it is pushed."""
    return timeline.from_push(read(server_frames.NewMessageData, pushed(seq_id)))


class FakeHistory:
    """The history of one conversation, which grows, and may fail."""

    def __init__(self, last: int, *, unread: int = 0, failures: Sequence[Exception] = ()) -> None:
        self.last = last
        self.unread = unread
        self.failures = list(failures)
        self.listing = asyncio.Event()
        self.listing.set()
        self.fetches: list[int] = []

    async def list_conversations(
        self, *, page: int | None = None, size: int | None = None
    ) -> http_types.ConversationList:
        await self.listing.wait()
        self._fail()
        listed = [] if self.last == 0 else [conversation(self.last, self.unread)]
        return read(http_types.ConversationList, {"conversations": listed, "hasMore": False})

    async def list_messages(
        self, conversation_id: str, *, after: int | None = None, limit: int | None = None
    ) -> http_types.MessageList:
        assert conversation_id == "c1"
        assert after is not None
        self.fetches.append(after)
        await asyncio.sleep(0)
        self._fail()
        page = range(after + 1, min(self.last, after + 3) + 1)
        found = [in_history(seq_id) for seq_id in page]
        return read(http_types.MessageList, {"messages": found, "hasMore": after + 3 < self.last})

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


async def settle() -> None:
    """Lets everything that is under way come to its end."""
    for _ in range(300):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "RETRY_S", 0)


PASSING = (ConnectionLost("cut"), GoChatError("UNAVAILABLE", "later"))

steps = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 3)),
        st.tuples(st.just("push"), st.integers(0, 20)),  # of what there is: any, in any order, again
        st.tuples(st.just("expect"), st.integers(0, 20)),  # to be told of is as good
        st.tuples(st.just("connect"), st.integers(0, 0)),
        st.tuples(st.just("fail"), st.integers(0, 1)),
        st.tuples(st.just("yield"), st.integers(1, 4)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(first=st.integers(0, 5), early=st.integers(0, 5), script=steps)
def test_each_message_is_delivered_once_and_in_order_whatever_comes_when(
    first: int, early: int, script: list[tuple[str, int]]
) -> None:
    async def story() -> None:
        history = FakeHistory(first)
        delivered: list[int] = []
        line = Timeline(history, lambda message: delivered.append(message.seq_id))
        await line.begin()
        history.last += early if first else 0  # said while the first connection opens
        await line.catch_up()
        catching_up: asyncio.Task[bool] | None = None
        for step, number in script:
            if step == "grow":
                history.last += number
                history.unread = 0 if first else history.last
            elif step == "push" and history.last:
                line.receive(push(1 + number % history.last))
            elif step == "expect" and history.last:
                line.expect("c1", 1 + number % history.last)
            elif step == "fail":
                history.failures.append(PASSING[number])
            elif step == "yield":
                for _ in range(number):
                    await asyncio.sleep(0)
            elif step == "connect":
                if catching_up is not None:
                    catching_up.cancel()
                    await asyncio.gather(catching_up, return_exceptions=True)
                catching_up = asyncio.create_task(line.catch_up())
        if catching_up is not None:
            catching_up.cancel()
        await line.catch_up()
        await settle()
        # A conversation that was not there at first begins with what is pushed of it while one is connected.
        begin = first + 1 if first or not delivered else delivered[0]
        assert delivered == list(range(begin, history.last + 1))

    asyncio.run(story())


@given(order=st.permutations(range(1, 8)).flatmap(lambda p: st.just(list(p) + list(p)[::-2])))
@settings(max_examples=60, deadline=None)
def test_any_order_of_pushes_is_put_right(order: list[int]) -> None:
    async def story() -> None:
        delivered: list[int] = []
        history = FakeHistory(0)
        line = Timeline(history, lambda message: delivered.append(message.seq_id))
        for seq_id in order:  # before the first list is here
            line.receive(push(seq_id))
        assert delivered == []
        history.last = 7
        await line.catch_up()
        assert delivered == [1, 2, 3, 4, 5, 6, 7]
        assert history.fetches == []

    asyncio.run(story())


def test_a_push_that_comes_before_the_list_does_not_hide_what_was_missed_before_it() -> None:
    async def story() -> None:
        history = FakeHistory(0)
        delivered: list[int] = []
        line = Timeline(history, lambda message: delivered.append(message.seq_id))
        await line.begin()
        await line.catch_up()
        history.listing.clear()
        catching_up = asyncio.create_task(line.catch_up())  # another connection
        await settle()
        history.last, history.unread = 5, 5  # made while away
        line.receive(push(5))
        history.listing.set()
        assert await catching_up
        assert delivered == [1, 2, 3, 4, 5]

    asyncio.run(story())


def test_what_a_former_login_asked_for_is_not_delivered_to_the_next() -> None:
    async def story() -> None:
        history = FakeHistory(1)
        delivered: list[int] = []
        line = Timeline(history, lambda message: delivered.append(message.seq_id))
        await line.begin()
        await line.catch_up()
        history.last = 9
        line.receive(push(9))  # a fetch begins
        await asyncio.sleep(0)
        line.clear()
        await settle()
        history.last = 0  # the next one is in no conversation
        await line.begin()
        await line.catch_up()
        await settle()
        assert delivered == []

    asyncio.run(story())


def test_a_conversation_that_one_may_not_read_any_more_is_forgotten() -> None:
    async def story() -> None:
        history = FakeHistory(1)
        delivered: list[int] = []
        line = Timeline(history, lambda message: delivered.append(message.seq_id))
        await line.begin()
        await line.catch_up()
        history.last, history.failures = 4, [GoChatError("FORBIDDEN", "no")]
        line.receive(push(4))
        await settle()
        assert history.fetches == [1]
        line.receive(push(5))  # in again
        assert delivered == [5]

    asyncio.run(story())


def test_one_message_has_one_form_from_wherever_it_came() -> None:
    message = read(
        http_types.Message, {**in_history(1), "clientMsgId": "k", "sender": {**USER, "avatarUrl": "http://a"}}
    )
    from_push = timeline.from_push(read(server_frames.NewMessageData, pushed(1)))
    found = from_history(message)
    assert (found.id, found.seq_id, found.sender.avatar_url, found.client_msg_id) == ("m1", 1, "http://a", "k")
    assert from_push.sender.username == "you"
    assert from_push.client_msg_id is msgspec.UNSET
    assert (found.content, found.created_at) == (from_push.content, from_push.created_at)


USER = {"id": "u2", "username": "you", "isGuest": False, "createdAt": 1}


# One refresh at a time.


def test_many_calls_with_a_refused_token_refresh_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        store = kept_store()
        kept = store.load()
        assert kept is not None
        login = session.Session("http://h", store, None, user_changed=lambda _: None, renewed=lambda: None)
        bodies: list[object] = []

        async def call(method: str, path: str, result: type[Any], **options: Any) -> Any:
            bodies.append(options["body"])
            await asyncio.sleep(0.01)
            new = {"accessToken": "t2", "refreshToken": "r2", "expiresIn": 3600, "user": USER}
            return read(http_types.Session, new)

        monkeypatch.setattr(login, "call", call)
        first = asyncio.create_task(login.renew("t"))
        others = [asyncio.create_task(login.renew("t")) for _ in range(9)]
        await asyncio.sleep(0.001)
        first.cancel()
        assert await asyncio.gather(*others) == ["t2"] * 9
        assert await login.renew("t") == "t2"  # late, with the token of before
        assert [body.refresh_token for body in bodies] == ["r"]  # type: ignore[attr-defined]

        renewing = asyncio.create_task(login.renew("t2"))
        await asyncio.sleep(0.001)
        login.adopt(None)  # logged out meanwhile
        with pytest.raises(GoChatError, match="AUTH_FAILED"):
            await renewing
        assert store.load() is None
        await login.finish()

    asyncio.run(story())


# Generation.


def rendered(specs_dir: Path) -> dict[str, bytes]:
    """The package as these specs give it."""
    openapi, asyncapi = bundle_document(specs_dir, "openapi.yaml"), bundle_document(specs_dir, "asyncapi.yaml")
    facts = read_client_facts(openapi, asyncapi, read_document(specs_dir / "errors.yaml"), read_ws_operations(asyncapi))
    return render_python(openapi, asyncapi, facts)


def test_the_package_is_what_the_specs_give_byte_for_byte() -> None:
    files = rendered(CHECKOUT / "specs")
    assert files == rendered(CHECKOUT / "specs")
    found = {
        path.relative_to(PACKAGE_DIR).as_posix(): path.read_bytes()
        for path in PACKAGE_DIR.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in files | found if files.get(name) != found.get(name)} == set()


def test_the_package_asks_for_what_it_was_tested_with() -> None:
    project = tomllib.loads((TEMPLATE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    root = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = dict(requirement.split("==") for requirement in root["dependencies"])
    assert project["requires-python"] == root["requires-python"]
    for requirement in project["dependencies"]:
        name, lowest = requirement.split(",")[0].split(">=")
        assert pins[name] == lowest


def mypy_strict(package_dir: Path, cache_dir: Path) -> str:
    """Returns what `mypy --strict` has against the package, nothing when it passes."""
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "gochat_client"),
        *("--cache-dir", str(cache_dir)),
    ]
    done = subprocess.run(command, cwd=package_dir, capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_package_passes_mypy_strict(tmp_path: Path) -> None:
    assert mypy_strict(PACKAGE_DIR, tmp_path) == ""


def test_the_package_needs_nothing_of_the_server() -> None:
    program = (
        "import sys; import gochat_client;"
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('gochat', 'generated', 'handlers', 'models')))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PACKAGE_DIR, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


PROGRAM = """
import asyncio, inspect, json
import gochat_client as g
from gochat_client import client_frames, http_types, server_frames, timeline
from gochat_client.reading import read

assert "nickname" in http_types.User.__struct_fields__
for face in (g.AsyncGoChatSocket, g.GoChatSocket):
    parameters = inspect.signature(face.show_typing).parameters
    assert list(parameters) == ["self", "conversation_id", "from_", "draft_length"], parameters
    assert parameters["draft_length"].default is None
    assert "Says that one is typing" in face.show_typing.__doc__
for face in (g.AsyncGoChatApi, g.GoChatApi):
    assert list(inspect.signature(face.count_users).parameters) == ["self", "before"]

class Catcher(g.AsyncGoChatSocket):
    def __init__(self): self.posted = []
    def _post(self, frame, data): self.posted.append((frame, data))
catcher = Catcher()
asyncio.run(catcher.show_typing(conversation_id="c", from_="u"))
assert catcher.posted == [("show-typing", {"conversationId": "c", "from": "u"})], catcher.posted

chat = g.AsyncGoChat("http://h")
heard = []
chat.socket.on("typing", heard.append)
chat.socket.on("frame", heard.append)
async def receive():
    chat.socket.received(json.dumps({"type": "typing", "timestamp": 1, "data": {"userId": "u"}}))
asyncio.run(receive())
assert heard == [server_frames.TypingData(user_id="u"), server_frames.TypingFrame(data=heard[0], timestamp=1)], heard

# A property that a push must have, and the history has not, spoils no message.
push = {"id": "m", "conversationId": "c", "sender": {"id": "u", "username": "you"}, "content": "x", "messageType": 1,
        "seqId": 1, "createdAt": 1, "mood": "glad"}
assert timeline.from_push(read(server_frames.NewMessageData, push)).mood == "glad"
old = {**push, "senderId": "u"}; del old["sender"], old["mood"]
assert timeline.from_history(read(http_types.Message, old)).content == "x"
"""


def test_a_field_a_call_and_a_frame_added_to_the_specs_are_in_both_faces(tmp_path: Path) -> None:
    specs_dir = tmp_path / "specs"
    shutil.copytree(CHECKOUT / "specs", specs_dir)
    with edited(specs_dir / "schemas" / "user.yaml") as users:
        users["User"]["properties"]["nickname"] = {"type": "string"}
    with edited(specs_dir / "openapi.yaml") as openapi:
        listed = openapi["paths"]["/users/search"]["get"]
        before = {"name": "before", "in": "query", "schema": {"type": "integer"}}
        more = {"operationId": "countUsers", "parameters": [before]}
        openapi["paths"]["/users/count"] = {"get": {**listed, **more}}
    with edited(specs_dir / "asyncapi.yaml") as asyncapi:
        data = {"conversationId": {"type": "string"}, "draftLength": {"type": "integer"}, "from": {"type": "string"}}
        add_frame(asyncapi, "showTyping", "receive", "show-typing", data, ["conversationId", "from"])
        add_frame(asyncapi, "typing", "send", "typing", {"userId": {"type": "string"}}, ["userId"])
        push = asyncapi["components"]["schemas"]["NewMessageData"]
        push["properties"]["mood"] = {"type": "string"}
        push["required"].append("mood")
    out = tmp_path / "out"
    for name, content in rendered(specs_dir).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, str(program)]
    done = subprocess.run(command, env={"PYTHONPATH": str(out)}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert mypy_strict(out, tmp_path) == ""


@contextmanager
def edited(path: Path) -> Iterator[dict[str, Any]]:
    """Gives a document of the specs to change, and writes it back."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    yield document
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def add_frame(
    asyncapi: dict[str, Any], key: str, action: str, wire_type: str, data: dict[str, Any], required: list[str]
) -> None:
    """Adds a frame with everything that belongs to it."""
    kind = key[0].upper() + key[1:]
    closed = {"additionalProperties": False} if action == "receive" else {}
    components, channel = asyncapi["components"], asyncapi["channels"]["ws"]
    components["schemas"][f"{kind}Data"] = {
        "type": "object",
        "description": "Data.",
        "required": required,
        "properties": data,
        **closed,
    }
    properties = {
        "type": {"type": "string", "const": wire_type},
        "data": {"$ref": f"#/components/schemas/{kind}Data"},
        "timestamp": {"type": "integer"},
    }
    needed = ["type", "data"] if action == "receive" else ["type", "data", "timestamp"]
    components["schemas"][f"{kind}Frame"] = {
        "type": "object",
        "description": "A frame.",
        "required": needed,
        "properties": properties,
        **closed,
    }
    payload = {"$ref": f"#/components/schemas/{kind}Frame"}
    components["messages"][key] = {"name": wire_type, "title": "T", "summary": "S.", "payload": payload}
    channel["messages"][key] = {"$ref": f"#/components/messages/{key}"}
    asyncapi["operations"][key] = {
        "action": action,
        "channel": {"$ref": "#/channels/ws"},
        "title": "T",
        "summary": "Says that one is typing.",
        "tags": [{"name": "presence"}],
        "messages": [{"$ref": f"#/channels/ws/messages/{key}"}],
    }
