"""Each rule of the chat about HTTP answers fires on a wrong answer, and is silent on the right one."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.chat.accounts import LogIn, Register, Search, ShowProfile
from conformance.chat.conversations import add_single, conversation_view, member_view
from conformance.chat.errors import PlainSocketPath, Refused, SpeakEnglish, entries
from conformance.chat.expiry import Outlive, Outlived
from conformance.chat.fetching import Fetched, SendAndFetch
from conformance.chat.friends import AskFriend, ListFriends, become_friends
from conformance.chat.groups import AddMembers, CreateGroup, EditGroup
from conformance.chat.judging import judge_answer
from conformance.chat.limits import Flooded, FloodHttp
from conformance.chat.listing import ListConversations, ListMembers, ShowConversation
from conformance.chat.messages import HTTP, Repeat, Send
from conformance.chat.model import GROUP, SINGLE, Conversation, Model
from conformance.chat.operation import Findings
from conformance.chat.reading import History, MarkRead, WalkHistory
from conformance.chat.sent import Sent
from conformance.chat.tokens import LogOut, Refresh, SpellScheme, TryTokens
from conformance.contract.judge import ABSENT
from conformance.wire.http import Answer
from tests.kit.chat_outcomes import (
    NOW,
    Case,
    answer,
    chat,
    closed,
    group,
    judged,
    refusal,
    rules_found,
    socket,
    stored,
    success,
)

CHALLENGE = {"WWW-Authenticate": "Bearer"}


# What the contract alone says.


def alone(given: Answer) -> Findings:
    found = Findings()
    judge_answer(given, found)
    return found


def profile(**other: Any) -> Answer:
    shown = {"id": "id-alice", "username": "alice-1", "isGuest": False, "createdAt": NOW, **other}
    return success("getProfile", {name: value for name, value in shown.items() if value is not None})


# Conversations.


def shown(model: Model, conversation: Conversation, user: str, **other: Any) -> dict[str, Any]:
    view = {**conversation_view(model, conversation, user), **other}
    return {name: value for name, value in view.items() if value is not ABSENT}


def created(status: int = 201, **other: Any) -> Findings:
    model = chat("alice", "bob")
    after = model.copy()
    view = shown(after, group(after, "alice", "bob"), "alice", **other)
    return judged(
        CreateGroup("alice", "g", ("bob",), "the group g"), success("createConversation", view, status), model
    )


def named(error: tuple[int, str], members: tuple[str, ...] = ("guest1", "nobody")) -> Findings:
    return judged(CreateGroup("alice", "g", members), refusal("createConversation", *error), chat("alice", "guest1"))


def conversation_seen(**other: Any) -> Findings:
    """Return what bob finds when he looks at a group with two messages, and after a first look at its time."""
    model = chat("alice", "bob")
    seen = group(model, "alice", "bob")
    stored(model, seen, "alice", "m1")
    stored(model, seen, "bob", "m2")
    seen.updated_at = NOW + 2
    members = [member_view(model, seen, member) for member in seen.members.values()]
    view = shown(model, seen, "bob", members=members, updatedAt=NOW + 2) | other
    return judged(ShowConversation("bob", "g"), success("getConversation", view), model)


def members_listed(*order: str, has_more: bool = False, **changed: Any) -> Findings:
    model = chat("alice", "bob", "carol")
    listed = group(model, "alice", "bob")
    outside = {"userId": "id-carol", "conversationId": "id-g", "role": 1}
    entries = [member_view(model, listed, listed.members[u]) if u in listed.members else outside for u in order]
    entries[0].update(changed)
    data = {"members": entries, "hasMore": has_more}
    return judged(ListMembers("alice", "g"), success("listMembers", data), model)


def single_listed(*order: str) -> Findings:
    """List the members of a single chat that bob opened."""
    model = chat("alice", "bob")
    listed = add_single(model, "bob", "alice", "id-single")
    entries = [member_view(model, listed, listed.members[user]) for user in order]
    data = {"members": entries, "hasMore": False}
    return judged(ListMembers("alice", listed.label), success("listMembers", data), model)


def added(role: int) -> Findings:
    model = chat("alice", "bob")
    group(model, "alice")
    entry = {"userId": "id-bob", "conversationId": "id-g", "role": role}
    return judged(AddMembers("alice", "g", ("bob",)), success("addMembers", {"members": [entry]}, 201), model)


def edited(name: str) -> Findings:
    model = chat("alice")
    view = shown(model, group(model, "alice"), "alice", name=name)
    return judged(EditGroup("alice", "g", name="new"), success("updateConversation", view), model)


def conversations_listed(*order: str, size: int | None = None, pages: int = 1) -> Findings:
    """Return what alice finds in her list of g (newer) and h; i is not hers."""
    model = chat("alice", "bob")
    times = {"g": NOW + 9, "h": NOW, "i": NOW - 5}
    made = {label: group(model, *(("bob",) if label == "i" else ("alice", "bob")), label=label) for label in times}
    entries = [shown(model, made[label], "alice", updatedAt=times[label]) for label in order]
    each = -(-len(entries) // pages)
    parts = [entries[start : start + each] for start in range(0, len(entries), each)]
    answers = [
        success("listConversations", {"conversations": part, "hasMore": part is not parts[-1]}) for part in parts
    ]
    return judged(ListConversations("alice", GROUP, size), answers, model)


def new_friends_listed(*peers: str) -> Findings:
    """Return what alice finds in her list after two have become her friends; their chats' ids are not known yet."""
    model = chat("alice", "bob", "carol")
    for friend in ("bob", "carol"):
        become_friends(model, friend, "alice", 0.0)
    entries = [
        {
            "id": f"id-{peer}", "type": SINGLE, "memberCount": 2, "updatedAt": NOW, "unreadCount": 0,
            "peer": model.public(peer),
            "myMembership": {"userId": "id-alice", "conversationId": f"id-{peer}", "role": 1},
        }
        for peer in peers
    ]  # fmt: skip
    given = success("listConversations", {"conversations": entries, "hasMore": False})
    return judged(ListConversations("alice", SINGLE), [given], model)


# History.


def history(*seqs: int, has_more: bool = False, limit: int | None = None, **changed: Any) -> Findings:
    model = chat("alice", "bob")
    read = group(model, "alice", "bob")
    for number in (1, 2, 3):
        stored(model, read, "alice", f"m{number}", f"text {number}")
    entries = [model.wire_message(read, read.messages[seq - 1]) for seq in seqs]
    entries[-1] |= changed
    data = {"messages": entries, "hasMore": has_more, "nextCursor": seqs[-1]}
    return judged(History("bob", "g", limit=limit), success("listMessages", data), model)


def fetched(**found: bool) -> Findings:
    """Let alice send, and these users find her message, or nothing, the moment they are told of it."""
    model = chat("alice", "bob")
    told = group(model, "alice", "bob")
    data = {
        "id": "id-m1", "conversationId": told.id, "senderId": "id-alice", "messageType": 1, "content": "m1",
        "seqId": 1, "createdAt": NOW,
    }  # fmt: skip
    sent = Sent(None, None, success("sendMessage", data, 201), "m1-cid")
    pages = {user: success("listMessages", {"messages": [data] * is_there}) for user, is_there in found.items()}
    return judged(SendAndFetch("alice", "bob", "g", "m1", HTTP), Fetched(sent, pages), model)


def walked(*pages: tuple[int, ...]) -> Findings:
    model = chat("alice", "bob")
    read = group(model, "alice", "bob")
    for number in (1, 2, 3):
        stored(model, read, "alice", f"m{number}")
    answers = [success("listMessages", {"messages": [{"seqId": seq} for seq in page]}) for page in pages]
    return judged(WalkHistory("bob", "g", 2), answers, model)


def world_read(*seqs: int, content: str = "hello", cursor: int | None = None, after: int | None = None) -> Findings:
    """Return what alice finds in the world chat, where others write: hers is seqId 1."""
    model = chat("alice")
    world = model.conversations["world"]
    stored(model, world, "alice", "m1")
    mine = model.wire_message(world, world.messages[0]) | {"content": content}
    entries = [mine if seq == 1 else {"seqId": seq} for seq in seqs]
    given = success("listMessages", {"messages": entries, "hasMore": False})
    return judged(History("alice", "world", cursor, after), given, model)


def marked(unread: int, seq: int = 1) -> Findings:
    model = chat("alice", "bob")
    read = group(model, "alice", "bob")
    for number in (1, 2, 3):
        stored(model, read, "alice", f"m{number}")
    return judged(MarkRead("bob", "g", seq), success("markRead", {"unreadCount": unread}), model)


def marked_backwards(unread: int) -> Findings:
    """The pointer stands at 3 and a read up to 1 does not move it back."""
    model = chat("alice", "bob")
    read = group(model, "alice", "bob")
    for number in (1, 2, 3):
        stored(model, read, "alice", f"m{number}")
    read.members["bob"].pointer = 3
    return judged(MarkRead("bob", "g", 1), success("markRead", {"unreadCount": unread}), model)


# Sending over HTTP.


def sent_over_http(seq: int, content: str = "hello") -> Findings:
    model = chat("alice", "bob")
    group(model, "alice", "bob")
    data = {
        "id": "m", "conversationId": "id-g", "senderId": "id-alice", "messageType": 1, "content": content,
        "seqId": seq, "createdAt": NOW,
    }  # fmt: skip
    outcome = Sent(None, None, success("sendMessage", data, 201), "m1-cid")
    return judged(Send("alice", "g", "m1", HTTP), outcome, model)


def repeated_over_http(status: int = 201, **other: Any) -> Findings:
    model = chat("alice", "bob")
    message = stored(model, group(model, "alice", "bob"), "alice", "m1")
    data = model.wire_message(model.conversations["g"], message) | other
    outcome = Sent(None, None, success("sendMessage", data, status), "m1-cid")
    return judged(Repeat("alice", "m1", HTTP), outcome, model)


def outsider(status: int, code: str) -> Findings:
    model = chat("alice", "bob", "carol")
    group(model, "alice", "bob")
    return judged(History("carol", "g"), refusal("listMessages", status, code), model)


# Friends and search.


def register_shown(as_shown: str) -> Findings:
    """Let alice register Bob-1, and be shown that name."""
    given = success("register", {"user": {"username": as_shown, "isGuest": False}}, 201)
    return judged(Register("alice", "new", "bob"), ("Bob-1", given), chat("alice"))


def friends_listed(*friends: str, **other: Any) -> Findings:
    model = chat("alice", "bob", "carol")
    model.friends = {frozenset(("alice", "bob"))}
    entries = [{"userId": "id-alice", "friendId": f"id-{friend}", "status": 1, **other} for friend in friends]
    return judged(ListFriends("alice"), success("listFriends", {"friends": entries}), model)


def asked_again(status: int, code: str) -> Findings:
    model = chat("alice", "bob")
    model.friends = {frozenset(("alice", "bob"))}
    return judged(AskFriend("alice", "bob", "f"), refusal("createFriendRequest", status, code), model)


def searched(*names: str, limit: int | None = None, also: tuple[str, ...] = ()) -> Findings:
    """Return what alice finds when she looks for `bo`, for bob-1 of us; who is not in `also` is a stranger to us."""
    model = chat("alice", "bob", *also)
    entries = [
        {"id": f"id-{name.partition('-')[0]}", "username": name, "isGuest": name.endswith("-guest")} for name in names
    ]
    return judged(Search("alice", "bob", "exact", limit), ("bo", success("searchUsers", {"users": entries})), model)


# Logins.


def wrong_password(**headers: str) -> Findings:
    given = refusal("login", 401, "INVALID_CREDENTIALS", headers={k.replace("_", "-"): v for k, v in headers.items()})
    return judged(LogIn("alice", "a2", "wrong password"), given, chat("alice"))


def logged_in(**other: Any) -> Findings:
    model = chat("alice")
    model.token_life_s = 3600
    session = {"accessToken": "a", "refreshToken": "r", "expiresIn": 3600, "user": model.public("alice")}
    return judged(LogIn("alice", "a2"), success("login", session | other), model)


def tokens_tried(given: Answer, *, is_alive: bool) -> Findings:
    model = chat("alice")
    model.logins["alice/1"].is_alive = is_alive
    return judged(TryTokens("alice"), [("alice/1", given)], model)


def no_longer_in(headers: dict[str, str] | None = None) -> Answer:
    return refusal("getProfile", 401, "AUTH_FAILED", headers=CHALLENGE if headers is None else headers)


def refreshed(given: Answer, *, spent: bool = False) -> Findings:
    model = chat("alice")
    model.logins["alice/1"].spent = ["older"]
    return judged(Refresh("alice", spent), (given, 1.0), model)


def outlived(given: Answer, lived_s: float = 3600.0) -> Findings:
    """Let alice stay connected until her token has ended; her socket closed after so long."""
    model = chat("alice")
    on = closed(socket(model, "alice"), 4401)
    return judged(Outlive("alice"), Outlived(on, lived_s, 1.0, given), model)


def new_pair(token: str, sent: str) -> Answer:
    data = {"accessToken": "a", "refreshToken": token, "expiresIn": 1, "user": chat("alice").public("alice")}
    return success("refreshSession", data, sent={"refreshToken": sent})


def logged_out_twice(given: Answer) -> Findings:
    model = chat("alice")
    model.logins["alice/1"].is_alive = False
    return judged(LogOut("alice"), (given, 1.0), model)


# What is refused.


def refused(case: str, given: Answer) -> Findings:
    return judged(Refused("alice", case), given, chat("alice"))


def error_at(*mistakes: tuple[str, str]) -> Answer:
    return refusal("sendMessage", 400, "INVALID_REQUEST", {"errors": entries(mistakes)})


def spoken(message: str, language: str) -> Findings:
    body = {"success": False, "message": message, "code": "CONVERSATION_NOT_FOUND"}
    given = answer("getConversation", 404, body, {"Content-Language": language})
    return judged(SpeakEnglish("alice", "en"), [(given, "Not here")], chat("alice"))


def plain_path(version: str) -> Findings:
    given = refusal("", 426, "UPGRADE_REQUIRED", headers={"Sec-WebSocket-Version": version} if version else {})
    return judged(PlainSocketPath("alice"), given, chat("alice"))


def flooded(given: Answer) -> Findings:
    before = refusal("sendMessage", 404, "CONVERSATION_NOT_FOUND")
    return judged(FloodHttp("alice"), Flooded([before, before, given], []), chat("alice"))


def flooded_again(given: Answer) -> Findings:
    """Let a send follow after the time that a refusal asked for."""
    return judged(FloodHttp("alice"), Flooded([limited()], [(50, UNKNOWN), (50, given)]), chat("alice"))


def limited(details: dict[str, Any] | None = None, retry_after: str = "2") -> Answer:
    told = {"retryAfterMs": 1500} if details is None else details
    return refusal("sendMessage", 429, "RATE_LIMITED", told, headers={"Retry-After": retry_after})


UNKNOWN = refusal("sendMessage", 404, "CONVERSATION_NOT_FOUND")

CASES = (
    Case("answer-given", "no answer at all", lambda: alone(profile()), lambda: alone(answer("getProfile", 0))),
    Case(
        "answer-declared", "a status of its own",
        lambda: alone(profile()), lambda: alone(refusal("getProfile", 418, "TEAPOT")),
    ),
    Case("answer-valid", "no id", lambda: alone(profile()), lambda: alone(profile(id=None))),
    Case(
        "answer-valid", "a declared header is missing",
        lambda: alone(no_longer_in()), lambda: alone(no_longer_in({})),
    ),
    Case(
        "time-plausible", "milliseconds",
        lambda: alone(profile()), lambda: alone(profile(createdAt=NOW * 1000)),
    ),
    Case("time-plausible", "the epoch", lambda: alone(profile(updatedAt=NOW)), lambda: alone(profile(updatedAt=0))),
    Case("answer-status", "200 for what was made", created, lambda: created(200)),
    Case(
        "answer-status", "another code",
        lambda: outsider(403, "FORBIDDEN"), lambda: outsider(404, "CONVERSATION_NOT_FOUND"),
    ),
    Case(
        "answer-status", "the right status with another code",
        lambda: asked_again(409, "CONFLICT"), lambda: asked_again(409, "USERNAME_TAKEN"),
    ),
    Case("answer-value", "another name", created, lambda: created(name="another")),
    Case("answer-value", "a count of members", created, lambda: created(memberCount=3)),
    Case("answer-value", "an edit that is not there", lambda: edited("new"), lambda: edited("the group g")),
    Case("answer-value", "another role", lambda: added(1), lambda: added(2)),
    Case("answer-value", "the role in a list", lambda: members_listed("alice", "bob"),
         lambda: members_listed("alice", "bob", role=2)),
    Case("answer-value", "the last message", conversation_seen, lambda: conversation_seen(lastMessage={"seqId": 1})),
    Case("answer-value", "another content", lambda: sent_over_http(1), lambda: sent_over_http(1, "bye")),
    Case("answer-value", "the life of a token", logged_in, lambda: logged_in(expiresIn=60)),
    Case(
        "answer-value", "the refresh token is the old one",
        lambda: refreshed(new_pair("new", "alice-refresh")),
        lambda: refreshed(new_pair("alice-refresh", "alice-refresh")),
    ),
    Case("answer-value", "the text of the other language", lambda: spoken("Not here", "en"),
         lambda: spoken("不在", "en")),
    Case("answer-value", "a friend's status", lambda: friends_listed("bob"), lambda: friends_listed("bob", status=2)),
    Case("answer-header", "no challenge at a login", lambda: wrong_password(WWW_Authenticate="Bearer"),
         lambda: wrong_password()),
    Case("answer-header", "no challenge for an ended token", lambda: tokens_tried(no_longer_in(), is_alive=False),
         lambda: tokens_tried(no_longer_in({}), is_alive=False)),
    Case(
        "answer-header", "no Allow",
        lambda: refused("wrong method", refusal("", 405, "METHOD_NOT_ALLOWED", headers={"Allow": "GET, PUT"})),
        lambda: refused("wrong method", refusal("", 405, "METHOD_NOT_ALLOWED")),
    ),
    Case("answer-header", "another language", lambda: spoken("Not here", "en-GB"), lambda: spoken("Not here", "zh")),
    Case("answer-header", "no version of the protocol", lambda: plain_path("13"), lambda: plain_path("")),
    Case("answer-header", "Retry-After rounded down", lambda: flooded(limited()),
         lambda: flooded(limited(retry_after="1"))),
    Case(
        "error-order", "the body before the token",
        lambda: refused("no token and no JSON", refusal("createConversation", 401, "AUTH_FAILED")),
        lambda: refused("no token and no JSON", refusal("createConversation", 400, "INVALID_REQUEST")),
    ),
    Case("error-order", "the guest before who is not there", lambda: named((404, "USER_NOT_FOUND")),
         lambda: named((403, "FORBIDDEN"))),
    Case("answer-value", "a name in other case", lambda: register_shown("Bob-1"), lambda: register_shown("bob-1")),
    Case(
        "error-details", "the place of another property",
        lambda: refused("missing property", error_at(("/content", "required"))),
        lambda: refused("missing property", error_at(("/messageType", "required"))),
    ),
    Case(
        "error-details", "one of two mistakes",
        lambda: refused("two mistakes", error_at(("/messageType", "enum"), ("/content", "minLength"))),
        lambda: refused("two mistakes", error_at(("/messageType", "enum"))),
    ),
    Case(
        "error-details", "no details",
        lambda: refused("missing property", error_at(("/content", "required"))),
        lambda: refused("missing property", refusal("sendMessage", 400, "INVALID_REQUEST")),
    ),
    Case("error-details", "no time to wait", lambda: flooded(limited()), lambda: flooded(limited({}))),
    Case("token-ended", "goes on after its time", lambda: outlived(no_longer_in()), lambda: outlived(profile())),
    Case("token-alive", "ends before its time", lambda: outlived(no_longer_in()),
         lambda: outlived(no_longer_in(), 1800.0)),
    Case("limit-kept", "never refused", lambda: flooded(limited()), lambda: flooded(UNKNOWN)),
    Case("limit-kept", "refused after the time that it asked for", lambda: flooded_again(UNKNOWN),
         lambda: flooded_again(limited())),
    Case("list-exact", "one of two chats with new friends is missing", lambda: new_friends_listed("bob", "carol"),
         lambda: new_friends_listed("carol")),
    Case("list-exact", "a stranger among the friends", lambda: friends_listed("bob"),
         lambda: friends_listed("bob", "carol")),
    Case("list-exact", "a friend is missing", lambda: friends_listed("bob"), lambda: friends_listed()),
    Case("list-exact", "somebody who is no member", lambda: members_listed("alice", "bob"),
         lambda: members_listed("alice", "bob", "carol")),
    Case("list-exact", "a member twice", lambda: members_listed("alice", "bob"),
         lambda: members_listed("alice", "bob", "bob")),
    Case("list-exact", "a conversation of others", lambda: conversations_listed("g", "h"),
         lambda: conversations_listed("g", "h", "i")),
    Case("list-exact", "a conversation is missing", lambda: conversations_listed("g", "h"),
         lambda: conversations_listed("g")),
    Case("list-exact", "a name that begins otherwise", lambda: searched("bob-1"), lambda: searched("bob-1", "ebo")),
    Case("list-exact", "who was looked for is not found", lambda: searched("bob-1"), lambda: searched("bo-2")),
    Case("list-exact", "a guest is found", lambda: searched("bob-1"), lambda: searched("bo-guest", "bob-1")),
    Case("list-order", "the owner last", lambda: members_listed("alice", "bob"),
         lambda: members_listed("bob", "alice")),
    Case("list-order", "who opened a single chat last", lambda: single_listed("bob", "alice"),
         lambda: single_listed("alice", "bob")),
    Case("list-order", "the oldest conversation on top", lambda: conversations_listed("g", "h"),
         lambda: conversations_listed("h", "g")),
    Case("list-order", "a conversation that moved by itself", conversation_seen,
         lambda: conversation_seen(updatedAt=NOW + 3)),
    Case("list-order", "names out of order", lambda: searched("bo-2", "bob-1"), lambda: searched("bob-1", "bo-2")),
    Case("list-page", "more than there is", lambda: members_listed("alice", "bob"),
         lambda: members_listed("alice", "bob", has_more=True)),
    Case("list-page", "a page that is not full", lambda: conversations_listed("g", "h", size=1, pages=2),
         lambda: conversations_listed("g", "h", size=2, pages=2)),
    Case("list-page", "more than the limit", lambda: searched("bo-2", "bob-1", limit=2),
         lambda: searched("bo-2", "bob-1", limit=1)),
    Case("list-page", "fewer than are there", lambda: searched("bob-1", "bobby-1", also=("bobby",)),
         lambda: searched("bob-1", also=("bobby",))),
    Case("history-exact", "another text", lambda: history(3, 2, 1), lambda: history(3, 2, 1, content="changed")),
    Case("history-exact", "another sender", lambda: history(3, 2, 1), lambda: history(3, 2, 1, senderId="id-bob")),
    Case("history-exact", "another's client_msg_id", lambda: history(3, 2, 1, clientMsgId="m1-cid"),
         lambda: history(3, 2, 1, clientMsgId="m2-cid")),
    Case("history-exact", "mine in the world chat", lambda: world_read(2, 1), lambda: world_read(2, 1, content="no")),
    Case("told-is-stored", "not there at the push", lambda: fetched(alice=True, bob=True),
         lambda: fetched(alice=True, bob=False)),
    Case("told-is-stored", "not there at the ack", lambda: fetched(alice=True, bob=True),
         lambda: fetched(alice=False, bob=True)),
    Case("history-page", "one is skipped", lambda: history(3, 2, 1), lambda: history(3, 1)),
    Case("history-page", "the wrong way round", lambda: history(3, 2, 1), lambda: history(1, 2, 3)),
    Case("history-page", "hasMore", lambda: history(3, 2, has_more=True, limit=2), lambda: history(3, 2, limit=2)),
    Case("history-page", "pages that repeat", lambda: walked((3, 2), (1,)), lambda: walked((3, 2), (2, 1))),
    Case("history-page", "a hole in the world chat", lambda: world_read(3, 2, 1), lambda: world_read(3, 1)),
    Case("history-page", "the world chat from a cursor", lambda: world_read(2, 1, cursor=3),
         lambda: world_read(3, 2, 1, cursor=3)),
    Case("history-page", "the world chat from beyond its end", lambda: world_read(2, 1, cursor=25),
         lambda: world_read(26, 25, cursor=25)),
    Case("history-page", "the world chat after a message", lambda: world_read(2, 3, after=1),
         lambda: world_read(3, 4, after=1)),
    Case("unread-exact", "after a read", lambda: marked(2), lambda: marked(3)),
    Case("unread-exact", "a read beyond the end", lambda: marked(0, 10**9), lambda: marked(1, 10**9)),
    Case("unread-exact", "the pointer went back", lambda: marked_backwards(0), lambda: marked_backwards(2)),
    Case("unread-exact", "one's own are counted", conversation_seen, lambda: conversation_seen(unreadCount=2)),
    Case("seq-gapless", "over HTTP", lambda: sent_over_http(1), lambda: sent_over_http(2)),
    Case("ack-idempotent", "another id over HTTP", repeated_over_http, lambda: repeated_over_http(id="another")),
    Case("ack-idempotent", "200 for a repeat", repeated_over_http, lambda: repeated_over_http(200)),
    Case("token-alive", "a living login is refused", lambda: tokens_tried(profile(), is_alive=True),
         lambda: tokens_tried(no_longer_in(), is_alive=True)),
    Case(
        "token-alive", "bearer in lower case",
        lambda: judged(SpellScheme("alice"), profile(), chat("alice")),
        lambda: judged(SpellScheme("alice"), no_longer_in(), chat("alice")),
    ),
    Case(
        "token-alive", "the own profile",
        lambda: judged(ShowProfile("alice"), profile(), chat("alice")),
        lambda: judged(ShowProfile("alice"), no_longer_in(), chat("alice")),
    ),
    Case("token-ended", "an ended login is let in", lambda: tokens_tried(no_longer_in(), is_alive=False),
         lambda: tokens_tried(profile(), is_alive=False)),
    Case(
        "token-ended", "a spent refresh token",
        lambda: refreshed(refusal("refreshSession", 401, "AUTH_FAILED", sent={"refreshToken": "older"}), spent=True),
        lambda: refreshed(new_pair("new", "older"), spent=True),
    ),
    Case("token-ended", "logged out twice", lambda: logged_out_twice(refusal("logout", 401, "AUTH_FAILED")),
         lambda: logged_out_twice(success("logout", {}))),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_right_answer_breaks_no_rule(case: Case) -> None:
    assert rules_found(case.right) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_wrong_answer_breaks_its_rule_alone(case: Case) -> None:
    assert rules_found(case.wrong) == {case.rule}
