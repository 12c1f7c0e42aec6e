"""Stories about messages: who gets them, how often, in which order, and what is left to read."""

from __future__ import annotations

from conformance.chat.connections import Connect, Leave, Wait
from conformance.chat.fetching import SendAndFetch
from conformance.chat.groups import AddMembers, CreateGroup, EditGroup, RemoveMember, SetRole
from conformance.chat.listing import ListConversations, ListMembers, ShowConversation
from conformance.chat.messages import HTTP, WS, Burst, Repeat, Send
from conformance.chat.reading import PAST, History, MarkRead, WalkHistory
from conformance.chat.stories.story import A, B, C, D, E, Story, connected
from conformance.chat.vanishing import SendAndVanish

STORIES: tuple[Story, ...] = (
    Story(
        "a message reaches everybody in a group once",
        (
            *connected(A, B, C, D), CreateGroup(A, "g", (B, C), description="for tests"), Send(A, "g", "m1"),
            Send(B, "g", "m2", content='漢字 🎉 "quoted" \\ \n\t'), Send(C, "g", "m3", edge=HTTP),
            Send(A, "g", "m4", edge=HTTP, kind=2, content="https://img.example.com/cat.png"),
            Send(B, "g", "m5", kind=3, content="x" * 4000), Send(A, "g", "m6", edge=HTTP, with_id=False),
            Send(A, "g", "m7", edge=HTTP, with_id=False),
            *(WalkHistory(user, "g", limit=2, forwards=user == B) for user in (A, B, C)), History(A, "g"),
            ListConversations(B), ListConversations(D), History(D, "g"), Send(D, "g", "m8"),
            Send(D, "g", "m9", edge=HTTP), ShowConversation(D, "g"), MarkRead(D, "g", 1), MarkRead(D, "g", 1, WS),
        ),
        is_plain=True,
    ),
    Story(
        "a repeat is the first answer again",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), CreateGroup(A, "h", (B,)), Send(A, "g", "m1"),
            Repeat(A, "m1"), Repeat(A, "m1", edge=HTTP), Send(A, "g", "m2", edge=HTTP), Repeat(A, "m2", edge=HTTP),
            Repeat(A, "m2"), Repeat(A, "m1", changed="content"), Repeat(A, "m1", changed="kind"),
            Repeat(A, "m1", changed="to", to="h"), Repeat(A, "m2", edge=HTTP, changed="content"),
            Repeat(A, "m2", edge=HTTP, changed="to", to="h"), Send(B, "g", "m1"), Connect(A), Repeat(A, "m1"),
            Leave(A, None), Connect(A), Repeat(A, "m2"), WalkHistory(B, "g"), ListConversations(B),
            SetRole(A, "g", B, 3), RemoveMember(A, "g", A), Repeat(A, "m1"), Repeat(A, "m1", edge=HTTP),
            Repeat(A, "m1", changed="content"), Send(A, "g", "m9"), RemoveMember(B, "g", B), Repeat(A, "m1"),
            Repeat(B, "m1"), Repeat(A, "m1", changed="content"), Send(A, "g", "m10"),
        ),
        is_plain=True,
    ),
    Story(
        "a message is there when it is told of",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)),
            *(SendAndFetch(A, B, "g", f"m{number}", (WS, HTTP)[number % 2]) for number in range(6)),
        ),
        is_plain=True,
    ),
    Story(
        "a message whose sender is cut off",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), SendAndVanish(A, "g", "m1"),
            SendAndVanish(A, "g", "m2", False), Burst(((A, WS),), "g", "w", 14), Repeat(A, "m1"), WalkHistory(B, "g"),
            SendAndVanish(B, "g", "m3"), Repeat(A, "m1"), Repeat(A, "m2"), ListConversations(A),
            WalkHistory(A, "g", forwards=True),
        ),
        is_plain=True,
    ),
    Story(
        "the same id at the same time is one message",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), (Send(A, "g", "m1"), Send(A, "g", "m1", edge=HTTP)),
            (Send(A, "g", "m2"), Send(A, "g", "m2")),
            (Send(A, "g", "m3", edge=HTTP), Send(A, "g", "m3", edge=HTTP), Send(A, "g", "m3", edge=HTTP)),
            (Send(A, "g", "m4"), Send(A, "g", "m4", content="another", edge=HTTP)), WalkHistory(B, "g"),
            Send(B, "g", "m5"),
        ),
        is_plain=True,
    ),
    Story(
        "many send at the same time",
        (
            *connected(A, B, C, D), CreateGroup(A, "g", (B, C, D)),
            Burst(((A, WS), (B, WS), (C, WS), (D, HTTP)), "g", "x", 6),
            Burst(((A, WS), (A, HTTP), (B, HTTP)), "g", "y", 5), WalkHistory(A, "g", limit=7),
            WalkHistory(D, "g", limit=10, forwards=True), *(ListConversations(user) for user in (A, B)),
            Burst(((A, WS), (B, WS)), "g", "z", 10), MarkRead(C, "g", 20), MarkRead(C, "g", PAST, WS),
            ListConversations(C),
        ),
        is_plain=True,
    ),
    Story(
        "two groups are two",
        (
            *connected(A, B, C), CreateGroup(A, "g", (B,)), CreateGroup(A, "h", (C,)),
            Burst(((A, WS), (B, WS)), "g", "x", 4), Burst(((A, WS), (C, WS)), "h", "y", 4),
            (Send(A, "g", "m1", edge=HTTP), Send(A, "h", "m2", edge=HTTP)),
            *(ListConversations(user) for user in (A, B, C)), History(B, "h"), WalkHistory(A, "h"),
            ListConversations(A, type=2, size=1), ListConversations(A, type=3), ListConversations(A, type=1),
        ),
        is_plain=True,
    ),
    Story(
        "history by pages while messages arrive",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), History(A, "g"), History(A, "g", after=0),
            Burst(((A, WS), (B, WS)), "g", "x", 5), *(History(A, "g", limit=limit) for limit in (1, 9, 10, 11, 100)),
            History(A, "g", cursor=5, limit=2), History(A, "g", cursor=1), History(A, "g", cursor=2),
            History(B, "g", after=5, limit=2), History(B, "g", after=9), History(B, "g", after=10),
            History(B, "g", after=0, limit=10), History(B, "g", cursor=500), History(B, "g", cursor=6, limit=5),
            (WalkHistory(B, "g", limit=2), Send(A, "g", "m1")), WalkHistory(B, "g", limit=3, forwards=True),
            History(B, "nowhere"), History(C, "g"), History(C, "nowhere"), History(B, "g", cursor=5, after=3),
        ),
        is_plain=True,
    ),
    Story(
        "what is read stays read",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), ListConversations(B), Burst(((A, WS),), "g", "x", 5),
            ListConversations(B), ListConversations(A), ShowConversation(B, "g"), MarkRead(B, "g", 2),
            ListConversations(B), MarkRead(B, "g", 1), MarkRead(B, "g", 4, WS), ShowConversation(B, "g"),
            MarkRead(B, "g", 3, WS), ListConversations(B), Send(B, "g", "m1"), MarkRead(B, "g", 4),
            ListConversations(B), ListConversations(A), MarkRead(B, "g", PAST), Send(A, "g", "m2"),
            ListConversations(B),
            MarkRead(A, "g", PAST, WS), ShowConversation(A, "g"), Send(B, "g", "m3", edge=HTTP), ListConversations(A),
            ListConversations(B), MarkRead(B, "nowhere", 1), MarkRead(B, "nowhere", 1, WS), History(B, "g"),
            ListConversations(B), AddMembers(A, "g", (C,)), ListConversations(C), Send(A, "g", "m4"),
            ListConversations(C), History(C, "g"),
        ),
        is_plain=True,
    ),
    Story(
        "the world chat",
        (
            *connected(A, B, "guest1"), Send(A, "world", "m1"), Send("guest1", "world", "m2"),
            Send(B, "world", "m3", edge=HTTP), Send("guest1", "world", "m4", edge=HTTP), Repeat("guest1", "m2"),
            History("guest1", "world", limit=5), History(A, "world", limit=2), ShowConversation(A, "world"),
            ShowConversation("guest1", "world"), ListMembers(A, "world"), EditGroup(A, "world", name="mine"),
            AddMembers(A, "world", (B,)), RemoveMember(A, "world", A), RemoveMember(A, "world", B),
            SetRole(A, "world", B, 2), MarkRead("guest1", "world", PAST), MarkRead(A, "world", PAST, WS),
            ListConversations("guest1"), ListConversations(A, type=3),
        ),
        is_plain=True,
    ),
    Story(
        "read at the same time",
        (
            *connected(A, B), CreateGroup(A, "g", (B, C, D, E)), Burst(((A, WS),), "g", "x", 8), ListConversations(C),
            (MarkRead(B, "g", 6), MarkRead(B, "g", 2, WS), MarkRead(B, "g", 3)), ListConversations(B),
            # Over connections that are there, and more than once: each time may miss the moment.
            (ShowConversation(D, "g"), ShowConversation(D, "g"), ShowConversation(D, "g")),
            (MarkRead(D, "g", 7), MarkRead(D, "g", 2), MarkRead(D, "g", 4)), ShowConversation(D, "g"),
            (MarkRead(E, "g", 2), MarkRead(E, "g", 7), MarkRead(E, "g", 4)), ShowConversation(E, "g"),
            Burst(((A, WS),), "g", "y", 20),
            *(
                step
                for least in (9, 13, 17, 21, 25)
                for step in (
                    (MarkRead(D, "g", least + 3), MarkRead(D, "g", least), MarkRead(D, "g", least + 1)),
                    ShowConversation(D, "g"),
                )
            ),
            (MarkRead(B, "g", 3), MarkRead(B, "g", 7)), ListConversations(B), ListConversations(C), History(C, "g"),
            WalkHistory(C, "g"), ListConversations(C), MarkRead(B, "g", PAST), ListConversations(C),
            (MarkRead(C, "g", 5), Send(A, "g", "m1", edge=HTTP)), ListConversations(C),
        ),
        is_plain=True,
    ),
    Story(
        "what moves a conversation",
        (
            CreateGroup(A, "g", (B,)), CreateGroup(A, "h", (B,)), ListConversations(A), Wait(1.1),
            AddMembers(A, "g", (C,)), ListConversations(A), RemoveMember(A, "g", C), MarkRead(A, "g", PAST),
            SetRole(A, "g", B, 2), ListConversations(A),
            Send(A, "g", "m1", edge=HTTP, content="  indented\n\ttext  "), ListConversations(A), ListConversations(B),
            Wait(1.1), Send(B, "h", "m2", edge=HTTP), ListConversations(A), ListConversations(B),
            ListConversations(A, size=1), ListConversations(A, type=2, size=1), ListConversations(A, type=2, size=2),
            Wait(1.1), EditGroup(A, "g", description="moved"), ListConversations(A), History(B, "g"),
        ),
        is_plain=True,
    ),
)  # fmt: skip
