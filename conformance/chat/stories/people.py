"""Stories about people: names, tokens, connections, friends, and who is online."""

from __future__ import annotations

from conformance.chat.accounts import ChangeAvatar, LogIn, Register, Search, ShowProfile
from conformance.chat.connections import Connect, Leave, Ping, Wait
from conformance.chat.friends import AnswerFriend, AskFriend, ListFriends, ListRequests
from conformance.chat.groups import CreateGroup, OpenSingle
from conformance.chat.listing import ListConversations, ListMembers
from conformance.chat.messages import Send
from conformance.chat.reading import History, WalkHistory
from conformance.chat.stories.story import A, B, C, D, E, Story, befriended, connected
from conformance.chat.tokens import ConnectWithEnded, LogOut, Refresh, SpellScheme, TryTokens, UseLogin

STORIES: tuple[Story, ...] = (
    Story(
        "friends",
        (
            *connected(A, B, C), AskFriend(A, B, "f1", message="hello, it is me"), ListRequests(A),
            ListRequests(A, "sent"), ListRequests(B), ListRequests(B, "received", 0), ListRequests(B, status=1),
            ListRequests(C), AskFriend(A, B, "f2"), AskFriend(B, A, "f2"), AnswerFriend(A, "f1"),
            AnswerFriend(C, "f1"), AnswerFriend(B, "f1", accept=False), AnswerFriend(B, "f1"), ListFriends(A),
            ListRequests(A, "sent", 2), ListRequests(B, status=2), AskFriend(B, A, "f2"), AnswerFriend(A, "f2"),
            AnswerFriend(A, "f2"), AnswerFriend(A, "f2", accept=False), ListFriends(A), ListFriends(B),
            ListFriends(C), AskFriend(A, B, "f3"), AskFriend(B, A, "f3"), ListRequests(B, "sent", 1),
            ListRequests(B, "received", 0), ListRequests(A, "sent", 0),
            ListConversations(A), (AskFriend(A, C, "f4"), AskFriend(C, A, "f5")), ListRequests(A),
            ListRequests(A, "sent"), ListRequests(C), (AskFriend(B, C, "f6"), AskFriend(B, C, "f7")),
            ListRequests(C, status=0),
        ),
    ),
    Story(
        "answered twice at the same time",
        (
            *connected(A, B), AskFriend(A, B, "f1"), (AnswerFriend(B, "f1"), AnswerFriend(B, "f1")), ListFriends(A),
            ListConversations(A), OpenSingle(A, B), AskFriend(C, B, "f2"),
            (AnswerFriend(B, "f2"), AnswerFriend(B, "f2", accept=False)), ListFriends(B), ListRequests(B),
        ),
    ),
    Story(
        "who is online",
        (
            Connect(A), *befriended(A, B), Connect(B), *befriended(A, C, "f2"), Connect(C), Connect(D),
            *befriended(D, C, "f3"), Connect(B), Leave(C), Connect(C), Leave(C, None), Connect(C), Connect(E),
            Leave(E, 1001), Ping(A), Ping(B), Ping(D), AskFriend(E, A, "f4"), Connect(E), Connect(A), Leave(B),
            Connect(A), Connect(B), Ping(A), Ping(C),
        ),
    ),
    Story(
        "a short absence is none and a long one is told",
        (
            *befriended(A, B), *befriended(A, C, "f2"), *connected(A, B, C, D), Leave(B), Leave(D),
            Wait(-4.0, beyond_grace=True), Connect(B), Wait(5.5), Ping(A), Leave(B, None), Leave(C),
            Wait(4.5, beyond_grace=True), Connect(B), Ping(A), Leave(A), Connect(A), Ping(A),
        ),
        lambda limits: 2 * limits.presence_grace_s + 10,
    ),
    Story(
        "the successor keeps the user online",
        (
            *befriended(A, B), *connected(A, B), Connect(B), Connect(B), Wait(4.5, beyond_grace=True), Ping(A),
            Ping(B), Leave(B), Connect(B), Ping(A),
        ),
        lambda limits: limits.presence_grace_s + 8,
    ),
    Story(
        "the newest connection wins",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), Connect(B), Send(A, "g", "m1"), Connect(A),
            Send(A, "g", "m2"), Send(B, "g", "m3"), (Connect(B), Send(A, "g", "m4")), Connect(B),
            (Connect(A), Connect(A)), Connect(A), Send(B, "g", "m5"), WalkHistory(B, "g"), LogIn(B, "b2"), Connect(B),
            Send(A, "g", "m6"), Leave(B), Send(A, "g", "m7"), ListConversations(B), Connect(B), Send(A, "g", "m8"),
        ),
        is_plain=True,
    ),
    Story(
        "logging out ends this login only",
        (
            LogIn(A, "a1"), Connect(A), LogIn(A, "a2"), TryTokens(A), LogOut(A), TryTokens(A), Ping(A),
            ConnectWithEnded(A), UseLogin(A, "a1"), ShowProfile(A), Ping(A), LogIn(A, "a3"), Connect(A), LogOut(A),
            TryTokens(A), LogIn(A, "a4", "upper"), Connect(A), Ping(A), LogIn(A, "a5"), UseLogin(A, "a4"), LogOut(A),
            UseLogin(A, "a5"), Connect(A), Ping(A), Refresh(A), TryTokens(A), LogOut(A), Refresh(A), TryTokens(A),
            LogOut(A), ConnectWithEnded(A), LogIn(A, "a6"),
        ),
        is_plain=True,
    ),
    Story(
        "a refresh token is good once",
        (
            # Twice at once, more than once, over connections that are there: each time may miss the moment.
            (ShowProfile(B), ShowProfile(B)), (Refresh(B), Refresh(B)), TryTokens(B), LogIn(B, "b2"),
            Connect(A), Refresh(A), TryTokens(A), Ping(A), Refresh(A), TryTokens(A), Connect(A), Ping(A),
            Refresh(A, spent=True), TryTokens(A), ConnectWithEnded(A), Refresh(A), LogIn(A, "a2"), Connect(A),
            LogIn(A, "a3"), Refresh(A), Refresh(A, spent=True), TryTokens(A), Ping(A), UseLogin(A, "a2"), Ping(A),
            Refresh(A), Refresh(B), (Refresh(B, spent=True), ShowProfile(A)), TryTokens(B), LogIn(B, "b3"),
            Refresh(B), (ShowProfile(B), ShowProfile(B)), (Refresh(B), Refresh(B)), TryTokens(B), LogIn(B, "b4"),
        ),
        is_plain=True,
    ),
    Story(
        "names and passwords",
        (
            Register(A, "same"), Register(A, "upper"), Register(A, "new", "x1"), LogIn(A, "a2", "wrong password"),
            LogIn(A, "a3", "unknown name"), LogIn(A, "a4", "upper"), ShowProfile(A),
            (Register(A, "new", "x2"), Register(A, "same")), ChangeAvatar(A), ShowProfile(A), Search(A, A),
            Search(A, B, "exact"), Search(A, B, "prefix"), Search(A, B, "suffix"), Search(B, A, limit=1),
            Search(A, B, "first", limit=2), Search(A, B, "first"), Register(A, "new", "a_b"),
            Register(A, "new", "axb"), Search(A, A, "=a_b"),
            (Register(A, "new", "x3"), Register(B, "new", "x3"), Register(A, "new", "x3")), SpellScheme(A),
            SpellScheme(A, "BEARER"), Connect(A, more=True), Search(A, C, "prefix", limit=20), *connected(A, B),
            CreateGroup(A, "g", (B,)), Send(A, "g", "m1"), ChangeAvatar(A, "https://img.example.com/2.png"),
            Send(A, "g", "m2"), History(B, "g"), ListMembers(B, "g"),
        ),
        is_plain=True,
    ),
)  # fmt: skip
