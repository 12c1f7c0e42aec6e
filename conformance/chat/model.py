"""The chat as it should be: people, logins, conversations, messages, friends, and the frames that are due.

Plain data with questions that the contract's rules ask; it is copied to try several orders of what ran at the same
time. Labels (`alice`, `g1`, `m3`) are ours and stable; ids are the server's. Knows no wire.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from conformance.chat.presence import Presence

SINGLE, GROUP, WORLD = 1, 2, 3
MEMBER, ADMIN, OWNER = 1, 2, 3
PENDING, ACCEPTED, REJECTED = 0, 1, 2
MAX_MEMBERS = 500

Json = dict[str, Any]


@dataclass(slots=True)
class Person:
    """An account that is ours. `label` is how stories call it."""

    label: str
    id: str
    username: str
    password: str
    is_guest: bool
    avatar: str | None = None


@dataclass(slots=True)
class Login:
    """One family of tokens. `access` are valid while it is alive; `refresh` is the one that is not spent."""

    label: str
    user: str
    access: list[str]
    refresh: str
    spent: list[str] = field(default_factory=list)
    is_alive: bool = True


@dataclass(slots=True)
class Link:
    """An open connection: its socket's name, whose it is, and the login that it was opened under."""

    socket: str
    user: str
    login: str


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. `client_msg_id` is None where it was sent without one."""

    label: str
    id: str
    sender: str
    content: str
    kind: int
    seq: int
    created_at: int
    client_msg_id: str | None


@dataclass(slots=True)
class Member:
    """A membership. `pointer` is the read pointer, `order` the place by joining."""

    user: str
    role: int
    pointer: int
    order: int


@dataclass(slots=True)
class Conversation:
    """A conversation; `members` by label of the user, in the order of joining.

    Attributes:
        is_shared: Others than our users write here, so only what we know of it is judged exactly.
        is_gone: Dissolved: it does not exist any more.
        joined: How many have ever joined, for the order.
        updated_at: As last told; `is_moved` since then, by a message or an edit.
    """

    label: str
    id: str
    type: int
    members: dict[str, Member] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    name: str | None = None
    description: str | None = None
    avatar: str | None = None
    is_shared: bool = False
    is_gone: bool = False
    joined: int = 0
    updated_at: int | None = None
    is_moved: bool = False

    @property
    def last_seq(self) -> int:
        """The seqId of the newest message that we know of, 0 without one."""
        return self.messages[-1].seq if self.messages else 0

    @property
    def owner(self) -> str | None:
        """The label of the owner of a group."""
        return next((m.user for m in self.members.values() if m.role == OWNER), None)

    def join(self, user: str, role: int = MEMBER) -> Member:
        """Add a member with the read pointer at the end."""
        self.joined += 1
        member = Member(user, role, self.last_seq, self.joined)
        self.members[user] = member
        return member

    def unread(self, user: str) -> int:
        """Messages above the read pointer that others sent."""
        pointer = self.members[user].pointer
        return sum(m.seq > pointer and m.sender != user for m in self.messages)


@dataclass(slots=True)
class FriendRequest:
    """A request; `status` as on the wire."""

    label: str
    id: str
    requester: str
    target: str
    status: int
    message: str | None


@dataclass(slots=True)
class Due:
    """A frame that has to come on a socket.

    Attributes:
        match: Members that tell it apart, compared deeply: {"type": ..., "data": {"id": ...}}.
        frame: All that it has to have, compared deeply with what came; more may be there.
        rule: Which rule is broken when it does not come.
        is_optional: It may come, once, and need not.
    """

    socket: str
    match: Json
    frame: Json
    rule: str
    pointer: str
    why: str
    is_optional: bool = False


@dataclass(slots=True)
class Model:
    """Everything that our users of one room should see."""

    people: dict[str, Person] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    """The login that a user's requests use, by label of the user."""
    links: dict[str, Link] = field(default_factory=dict)
    """The newest open connection by label of the user."""
    conversations: dict[str, Conversation] = field(default_factory=dict)
    sends: dict[tuple[str, str], tuple[str, Message]] = field(default_factory=dict)
    """What was stored by (sender, client_msg_id): the conversation's label and the message."""
    friends: set[frozenset[str]] = field(default_factory=set)
    requests: dict[str, FriendRequest] = field(default_factory=dict)
    token_life_s: int | None = None
    """Of an access token, None where the contract does not tell."""
    names: set[str] = field(default_factory=set)
    """User names beside those of `people`, in lower case."""
    due: list[Due] = field(default_factory=list)
    closing: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Sockets that the server has to close: the code, and the rule that is broken when it does not."""
    presence: Presence = field(default_factory=Presence)

    def copy(self) -> Model:
        """Return a model that can go another way."""
        return copy.deepcopy(self)

    def login_of(self, user: str) -> Login | None:
        """Return the login that the user's requests use, None when there is none."""
        return self.logins.get(self.current.get(user, ""))

    def is_logged_in(self, user: str) -> bool:
        """Say whether the user's requests carry a valid token."""
        login = self.login_of(user)
        return login is not None and login.is_alive

    def link_of(self, user: str) -> Link | None:
        """Return the user's open connection."""
        return self.links.get(user)

    def knows(self, label: str) -> bool:
        """Say whether a request can name this conversation: its id is known, or it is `nowhere`, which has none."""
        return label == "nowhere" or (label in self.conversations and bool(self.conversations[label].id))

    def own(self, label: str) -> Conversation | None:
        """Return a conversation that is these users' own, while it is there and known by its id."""
        conversation = self.conversations.get(label)
        if conversation is None or conversation.is_gone or conversation.is_shared or not conversation.id:
            return None
        return conversation

    def online(self, conversation: Conversation, *, but: str | None = None) -> list[Link]:
        """Return the connections to which a message of this conversation is pushed, but the socket `but`."""
        return [link for user, link in self.links.items() if user in conversation.members and link.socket != but]

    def conversations_of(self, user: str) -> list[Conversation]:
        """Return the conversations that a user is in."""
        return [c for c in self.conversations.values() if user in c.members and not c.is_gone]

    def single_of(self, one: str, other: str) -> Conversation | None:
        """Return the single chat of two users."""
        pair = {one, other}
        for conversation in self.conversations.values():
            if conversation.type == SINGLE and set(conversation.members) == pair:
                return conversation
        return None

    def friends_of(self, user: str) -> list[str]:
        """Return the labels of a user's friends."""
        return [next(iter(pair - {user})) for pair in self.friends if user in pair]

    def label_of(self, user_id: str) -> str | None:
        """Return our label of an account's id."""
        return next((p.label for p in self.people.values() if p.id == user_id), None)

    def public(self, user: str) -> Json:
        """Return what a `User` shows of an account, as far as we know it."""
        person = self.people[user]
        shown: Json = {"id": person.id, "username": person.username, "isGuest": person.is_guest}
        return shown if person.avatar is None else {**shown, "avatarUrl": person.avatar}

    def sender(self, user: str) -> Json:
        """Return what a pushed message shows of its sender."""
        shown = self.public(user)
        del shown["isGuest"]
        return shown

    def wire_message(self, conversation: Conversation, message: Message) -> Json:
        """Return what a `Message` has to be."""
        shown: Json = {
            "id": message.id,
            "conversationId": conversation.id,
            "senderId": self.people[message.sender].id,
            "messageType": message.kind,
            "content": message.content,
            "seqId": message.seq,
            "createdAt": message.created_at,
        }
        return shown

    def forget_socket(self, socket: str) -> None:
        """Take over that a socket has ended: what was due on it may have come before, and need not."""
        for due in self.due:
            due.is_optional = due.is_optional or due.socket == socket
        self.links = {user: link for user, link in self.links.items() if link.socket != socket}
