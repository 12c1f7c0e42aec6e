"""The stories hold together: what a step names was made before it, and told beside another story it stays the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from conformance.chat.accounts import LogIn, Register, Search
from conformance.chat.connections import Connect, Leave, Ping, Wait
from conformance.chat.endurance import Idle, TooLargeFrame
from conformance.chat.errors import BadFrame, Refused
from conformance.chat.friends import AnswerFriend, AskFriend
from conformance.chat.groups import CreateGroup, OpenSingle
from conformance.chat.limits import Flood
from conformance.chat.messages import HTTP, WS, Burst, Repeat, Send
from conformance.chat.model import Model
from conformance.chat.operation import FIXED, Operation, Step
from conformance.chat.reading import MarkRead
from conformance.chat.refusals import CASES
from conformance.chat.room import NAMES
from conformance.chat.stories import STORIES
from conformance.chat.stories.story import Story
from conformance.chat.tokens import UseLogin
from conformance.chat.vanishing import SendAndVanish
from conformance.contract.socket import Limits
from conformance.run import LEAST_TOKEN_LIFE_S
from tests.kit.chat_outcomes import chat, group, stored

PREFIX = "7."
LOGINS = "login"
ON_SOCKET = (Ping, Leave, BadFrame, Flood, Idle, TooLargeFrame, SendAndVanish)
STORY = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


def flat(steps: tuple[Step, ...]) -> list[tuple[Operation, ...]]:
    return [step if isinstance(step, tuple) else (step,) for step in steps]


def single(one: str, other: str) -> str:
    return "-".join(("single", *sorted((one, other))))


@dataclass
class Made:
    """What the steps before have made, by kind."""

    conversations: set[str] = field(default_factory=lambda: {"world", "nowhere"})
    messages: set[tuple[str, str]] = field(default_factory=set)
    requests: dict[str, tuple[str, str]] = field(default_factory=lambda: {"nothing": ("nobody", "nobody")})
    logins: set[tuple[str, str]] = field(default_factory=set)
    connected: set[str] = field(default_factory=set)

    def missing(self, operation: Operation) -> list[str]:
        """Return what the operation names and nobody has made."""
        to = getattr(operation, "to", "")
        wrong = [f"conversation {to}"] if to and to not in self.conversations else []
        if isinstance(operation, Repeat) and (operation.user, operation.label) not in self.messages:
            wrong.append(f"message {operation.label} of {operation.user}")
        if isinstance(operation, AnswerFriend) and operation.label not in self.requests:
            wrong.append(f"request {operation.label}")
        if isinstance(operation, UseLogin) and (operation.user, operation.label) not in self.logins:
            wrong.append(f"login {operation.label} of {operation.user}")
        on_socket = isinstance(operation, ON_SOCKET) or (
            isinstance(operation, Send | Repeat | MarkRead) and operation.edge == WS
        )
        needed = {str(getattr(operation, "user", ""))} if on_socket else set()
        if isinstance(operation, Burst):
            needed = {user for user, edge in operation.senders if edge == WS}
        return wrong + [f"connection of {user}" for user in sorted(needed - self.connected)]

    def take(self, operation: Operation) -> None:
        """Note what the operation makes, if it is allowed."""
        if isinstance(operation, CreateGroup):
            self.conversations.add(operation.label)
        elif isinstance(operation, OpenSingle):
            self.conversations.add(single(operation.user, operation.whom))
        elif isinstance(operation, AskFriend):
            self.requests.setdefault(operation.label, (operation.user, operation.whom))
        elif isinstance(operation, AnswerFriend) and operation.accept and operation.label in self.requests:
            self.conversations.add(single(*self.requests[operation.label]))
        elif isinstance(operation, Send | SendAndVanish):
            self.messages.add((operation.user, operation.label))
        elif isinstance(operation, LogIn):
            self.logins.add((operation.user, operation.label))
        elif isinstance(operation, Connect):
            self.connected.add(operation.user)


def unmade(steps: tuple[Step, ...]) -> list[str]:
    """Return every step that names what no step before it makes, so that it would be left out."""
    made, found = Made(), []
    for together in flat(steps):
        found += [f"{operation.describe()}: {what}" for operation in together for what in made.missing(operation)]
        for operation in together:
            made.take(operation)
    return found


@STORY
def test_steps_name_what_was_made_before_them(story: Story) -> None:
    assert unmade(story.steps) == []


def test_a_story_that_names_what_is_not_there_is_seen() -> None:
    steps = (
        Connect("alice"), Send("alice", "g", "m1"), CreateGroup("alice", "g"), Repeat("alice", "m2"),
        AnswerFriend("bob", "f1"), UseLogin("alice", "a2"), Ping("bob"), Burst((("carol", WS),), "g", "x"),
    )  # fmt: skip
    assert [each.rpartition(": ")[2] for each in unmade(steps)] == [
        "conversation g", "message m2 of alice", "request f1", "login a2 of alice", "connection of bob",
        "connection of carol",
    ]  # fmt: skip


@STORY
def test_users_are_those_that_rooms_know(story: Story) -> None:
    users = {user for together in flat(story.steps) for operation in together for user in operation.users()}
    assert {user for user in users if not user.startswith("guest")} <= set(NAMES)


def test_names_are_unique_and_can_be_chosen() -> None:
    assert [name for name, times in Counter(story.name for story in STORIES).items() if times > 1] == []
    assert [story.name for story in STORIES if "," in story.name] == []  # --only takes names with commas between


@STORY
def test_it_can_be_told_on_a_server_with_the_usual_limits(story: Story) -> None:
    # A token lives for an hour there; that story wants a server with a shorter life.
    assert 0 < story.seconds(Limits(access_token_ttl_s=LEAST_TOKEN_LIFE_S)) <= 140


def test_every_wrong_request_is_told_once() -> None:
    told = [
        operation.case
        for story in STORIES
        for together in flat(story.steps)
        for operation in together
        if isinstance(operation, Refused)
    ]
    assert sorted(told) == sorted(CASES)


# Told again beside another story, under other labels.


def labels(operation: Operation) -> list[str]:
    return [value for name in ("to", "label") if (value := getattr(operation, name, ""))]


@STORY
def test_the_renamed_story_holds_together_too(story: Story) -> None:
    renamed = tuple(tuple(each.renamed(PREFIX) for each in together) for together in flat(story.steps))
    assert unmade(renamed) == []
    for before, after in zip(flat(story.steps), renamed, strict=True):
        for old, new in zip(before, after, strict=True):
            assert type(old) is type(new)
            assert old.users() == new.users()
            for was, now in zip(labels(old), labels(new), strict=True):
                stays = was in FIXED or was.startswith("single-")
                assert now == (was if stays else f"{PREFIX}{was}")


@STORY
def test_a_search_finds_what_its_story_registers_renamed_or_not(story: Story) -> None:
    for prefix in ("", PREFIX):
        steps = [each.renamed(prefix) if prefix else each for together in flat(story.steps) for each in together]
        registered = {each.label for each in steps if isinstance(each, Register) and each.name == "new"}
        sought = {each.how[1:] for each in steps if isinstance(each, Search) and each.how.startswith("=")}
        assert sought <= registered


def test_renaming_keeps_the_other_members() -> None:
    before = Send("alice", "g", "m1", "http", "text", 2, False)
    assert before.renamed(PREFIX) == Send("alice", f"{PREFIX}g", f"{PREFIX}m1", "http", "text", 2, False)
    assert AnswerFriend("alice", "nothing", False).renamed(PREFIX) == AnswerFriend("alice", "nothing", False)
    assert MarkRead("alice", "world", 3).renamed(PREFIX) == MarkRead("alice", "world", 3)
    assert Repeat("alice", "m1").renamed(PREFIX) == Repeat("alice", f"{PREFIX}m1")
    assert Search("alice", "bob", "=a_b").renamed(PREFIX) == Search("alice", "bob", f"={PREFIX}a_b")
    assert Search("alice", "bob").renamed(PREFIX) == Search("alice", "bob")


def test_a_renamed_step_applies_to_what_has_the_new_label_alone() -> None:
    model: Model = chat("alice", "bob")
    stored(model, group(model, "alice", "bob", label=f"{PREFIX}g"), "alice", f"{PREFIX}m1")
    for step in (Send("alice", "g", "m2", "http"), Repeat("alice", "m1", "http"), MarkRead("bob", "g")):
        assert not step.applies(model)
        assert step.renamed(PREFIX).applies(model)
    again = CreateGroup("alice", "g")
    assert again.applies(model)
    assert not again.renamed(PREFIX).applies(model)


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (Connect("alice"), "alice: connect"),
        (Send("alice", "g", "m1", HTTP, content="a b"), "alice: send (to g, label m1, edge http, content 'a b')"),
        (CreateGroup("alice", "g", ("bob", "carol")), "alice: create group (label g, members bob and carol)"),
        (Burst((("alice", WS), ("bob", HTTP)), "g", "x"), "burst (senders alice/ws and bob/http, to g, label x)"),
        (Wait(2.5), "wait (seconds 2.5)"),
    ],
)
def test_an_operation_is_told_in_words(operation: Operation, told: str) -> None:
    assert operation.describe() == told
