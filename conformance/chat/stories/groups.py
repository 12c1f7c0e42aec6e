"""Stories about conversations: who is in, who may do what, and who must not know."""

from __future__ import annotations

from conformance.chat.accounts import ChangeAvatar, Search, ShowProfile
from conformance.chat.connections import Connect
from conformance.chat.friends import AnswerFriend, AskFriend, ListFriends, ListRequests
from conformance.chat.groups import AddMembers, CreateGroup, EditGroup, OpenSingle, RemoveMember, SetRole
from conformance.chat.listing import ListConversations, ListMembers, ShowConversation
from conformance.chat.messages import HTTP, WS, Send
from conformance.chat.reading import History, MarkRead, WalkHistory
from conformance.chat.stories.story import A, B, C, D, E, Story, befriended, connected
from conformance.chat.tokens import LogOut, TryTokens

STORIES: tuple[Story, ...] = (
    Story(
        "who joins and who leaves",
        (
            *connected(A, B, C), CreateGroup(A, "g", (B,)), Send(A, "g", "m1"), AddMembers(A, "g", (C,)),
            Send(A, "g", "m2"), Send(C, "g", "m3"), History(C, "g"), ShowConversation(C, "g"), ListMembers(C, "g"),
            RemoveMember(A, "g", C), Send(A, "g", "m4"), Send(C, "g", "m5"), History(C, "g"), ListConversations(C),
            MarkRead(C, "g", 1, WS), ListMembers(C, "g"), AddMembers(A, "g", (C,)), ListConversations(C),
            Send(B, "g", "m6"), RemoveMember(B, "g", B), Send(A, "g", "m7"), ListConversations(B),
            ShowConversation(A, "g"), (RemoveMember(A, "g", C), Send(A, "g", "m8")),
            (AddMembers(A, "g", (B,)), Send(A, "g", "m9")), ShowConversation(A, "g"), WalkHistory(B, "g"),
        ),
        is_plain=True,
    ),
    Story(
        "roles in a group",
        (
            CreateGroup(A, "g", (B, C, D, B, A)), ListMembers(A, "g"), ListMembers(A, "g", page=1, size=2),
            ListMembers(A, "g", page=2, size=2), ListMembers(A, "g", page=3, size=2),
            ListMembers(A, "g", page=1, size=2, role=1), ListMembers(A, "g", role=3), ListMembers(A, "g", role=1),
            ListMembers(A, "g", role=2), EditGroup(B, "g", name="taken over"), AddMembers(B, "g", (E,)),
            RemoveMember(B, "g", C), SetRole(B, "g", C, 2), SetRole(A, "g", B, 2),
            EditGroup(B, "g", name="renamed", description=""), AddMembers(B, "g", (E,)), SetRole(B, "g", C, 2),
            RemoveMember(B, "g", A), SetRole(A, "g", C, 2), RemoveMember(B, "g", C), RemoveMember(B, "g", E),
            RemoveMember(B, "g", "nobody"), SetRole(A, "g", A, 1), SetRole(A, "g", A, 3), SetRole(A, "g", E, 2),
            SetRole(A, "g", "nobody", 2), SetRole(A, "g", B, 1), EditGroup(B, "g", name="not any more"),
            SetRole(A, "g", B, 2), SetRole(A, "g", D, 3), ListMembers(A, "g"), SetRole(A, "g", B, 1),
            ShowConversation(B, "g"), EditGroup(A, "g", avatar="https://img.example.com/g.png"),
            RemoveMember(D, "g", D), ShowConversation(A, "g"), RemoveMember(A, "g", A), ListMembers(B, "g"),
            RemoveMember(C, "g", C), ShowConversation(B, "g"), RemoveMember(B, "g", B), ShowConversation(B, "g"),
            ListConversations(B), History(A, "g"), EditGroup(B, "g", name="gone"), AddMembers(B, "g", (A,)),
            RemoveMember(B, "g", A),
        ),
        is_plain=True,
    ),
    Story(
        "an admin follows before an older member",
        (
            CreateGroup(A, "g", (B, C, D)), SetRole(A, "g", D, 2), SetRole(A, "g", C, 2), RemoveMember(A, "g", A),
            ListMembers(B, "g"), ShowConversation(B, "g"), EditGroup(C, "g", name="mine"), SetRole(C, "g", D, 1),
            RemoveMember(C, "g", C), ListMembers(B, "g"), EditGroup(B, "g", description="now mine"),
        ),
        is_plain=True,
    ),
    Story(
        "naming who is not there",
        (
            Send("guest1", "world", "m0", edge=HTTP), CreateGroup(A, "g", ("nobody",)),
            CreateGroup(A, "g", (B, "nobody")), CreateGroup(A, "g", ("guest1",)),
            CreateGroup(A, "g", ("guest1", "nobody")), CreateGroup(A, "g", ()), AddMembers(A, "g", ("nobody",)),
            AddMembers(A, "g", (B, "nobody")), ListMembers(A, "g"), AddMembers(A, "g", ("guest1",)),
            AddMembers(A, "g", (B, B, A)), AddMembers(A, "g", (B, C)), ListMembers(A, "g"), OpenSingle(A, "nobody"),
            OpenSingle(A, "guest1"), AskFriend(A, "nobody", "f1"), AskFriend(A, "guest1", "f1"),
            AskFriend(A, A, "f1"), AnswerFriend(A, "nothing"), EditGroup(A, "nowhere", name="x"),
            AddMembers(A, "nowhere", (B,)), RemoveMember(A, "nowhere", B), SetRole(A, "nowhere", B, 2),
            ListMembers(A, "nowhere"), ShowConversation(A, "nowhere"), Send(A, "nowhere", "m1", edge=HTTP),
            Connect(A), Send(A, "nowhere", "m2"), AddMembers(D, "g", ("nobody",)), RemoveMember(D, "g", "nobody"),
            SetRole(D, "g", "nobody", 2), EditGroup(D, "g", name="x"), RemoveMember(D, "g", D),
            RemoveMember(C, "g", "nobody"),
        ),
        is_plain=True,
    ),
    Story(
        "single chats",
        (
            *connected(A, B, C), OpenSingle(A, B), OpenSingle(A, B), OpenSingle(B, A),
            Send(A, "single-alice-bob", "m1"), Send(B, "single-alice-bob", "m2", edge=HTTP),
            Send(C, "single-alice-bob", "m3"), ShowConversation(A, "single-alice-bob"),
            ShowConversation(B, "single-alice-bob"), ShowConversation(C, "single-alice-bob"),
            ListConversations(A, type=1), EditGroup(A, "single-alice-bob", name="x"),
            AddMembers(A, "single-alice-bob", (C,)), RemoveMember(A, "single-alice-bob", B),
            RemoveMember(A, "single-alice-bob", A), SetRole(A, "single-alice-bob", B, 2),
            ListMembers(A, "single-alice-bob"), (OpenSingle(A, C), OpenSingle(C, A)), ListConversations(A),
            ListConversations(C), OpenSingle(C, A), *befriended(A, B), OpenSingle(B, A), *befriended(B, C, "f2"),
            ListConversations(B), OpenSingle(B, C), Send(C, "single-bob-carol", "m4"),
        ),
    ),
    Story(
        "guests see the world chat only",
        (
            CreateGroup(A, "g", (B,)), OpenSingle(A, B), Connect("guest1"), Send("guest1", "g", "m1"),
            Send("guest1", "g", "m2", edge=HTTP), History("guest1", "g"), ShowConversation("guest1", "g"),
            ListMembers("guest1", "g"), ShowConversation("guest1", "single-alice-bob"),
            CreateGroup("guest1", "h", ()), OpenSingle("guest1", A), OpenSingle("guest1", "nobody"),
            EditGroup("guest1", "g", name="x"), AddMembers("guest1", "g", (A,)), AskFriend("guest1", A, "f1"),
            AskFriend("guest1", "nobody", "f2"), AnswerFriend("guest1", "nothing"), ListFriends("guest1"),
            ListRequests("guest1"), Search("guest1", A), ChangeAvatar("guest1"), ShowProfile("guest1"),
            Send("guest1", "nowhere", "m3"), Search(A, "guest1", "exact"), Search(A, "guest1"), LogOut("guest2"),
            TryTokens("guest2"),
        ),
        is_plain=True,
    ),
    Story(
        "changes of a group at the same time",
        (
            CreateGroup(A, "g", (B,)), SetRole(A, "g", B, 2), (AddMembers(A, "g", (C,)), AddMembers(B, "g", (D,))),
            ShowConversation(A, "g"), ListMembers(B, "g"), (RemoveMember(A, "g", C), RemoveMember(B, "g", D)),
            ShowConversation(A, "g"), (AddMembers(A, "g", (C,)), AddMembers(B, "g", (C,)), AddMembers(A, "g", (D,))),
            ShowConversation(A, "g"), AddMembers(A, "g", (B, D)), ListMembers(A, "g"),
            (RemoveMember(A, "g", A), RemoveMember(B, "g", B)), ListMembers(C, "g"), ShowConversation(D, "g"),
            ListMembers(D, "g", page=1, size=1, role=1), ListMembers(D, "g", page=1, size=1, role=3),
        ),
        is_plain=True,
    ),
)  # fmt: skip
