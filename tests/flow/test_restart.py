"""What was answered is on disk: it is there after a restart, and after a crash."""

from __future__ import annotations

import secrets
import stat
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from tests.harness.api import (
    ROLE_ADMIN,
    TEXT,
    TYPE_GROUP,
    Api,
    User,
    ask_to_be_friends,
    befriend,
    expect_error,
    expect_ok,
    group,
    new_guest,
    new_user,
    single,
)
from tests.harness.server import GoChatServer

StartServer = Callable[..., GoChatServer]


def _view(user: User, *conversation_ids: str) -> list[object]:
    """All that a user sees."""
    seen: list[object] = [
        expect_ok(user.api.get_profile()),
        expect_ok(user.api.list_conversations(size=100)),
        expect_ok(user.api.list_friends()),
        expect_ok(user.api.list_friend_requests()),
        expect_ok(user.api.list_friend_requests(type="sent")),
    ]
    for conversation_id in conversation_ids:
        seen.append(expect_ok(user.api.get_conversation(conversation_id)))
        seen.append(expect_ok(user.api.list_messages(conversation_id)))
        seen.append(expect_ok(user.api.list_members(conversation_id)))
    return seen


def test_everything_survives_a_restart(start_server: StartServer) -> None:
    server = start_server()
    alice, bob, carol = (new_user(server) for _ in range(3))
    guest = new_guest(server)
    befriend(alice, bob)
    ask_to_be_friends(carol, alice)
    chat_id, group_id = single(alice, bob), group(alice, bob, carol, name="kept")
    expect_ok(alice.api.update_member(group_id, bob.id, {"role": ROLE_ADMIN}))
    expect_ok(alice.api.update_conversation(group_id, {"description": "kept too"}))
    expect_ok(carol.api.remove_member(group_id, carol.id))
    expect_ok(alice.api.update_profile({"avatarUrl": "https://example.org/a.png"}))
    for number in range(5):
        alice.api.say(group_id, f"message {number} 你好 🙂")
    bob.api.say(chat_id, "in private")
    guest.api.say(guest.api.world_id(), "from a guest")
    expect_ok(bob.api.mark_read(group_id, {"seqId": 3}))
    before = [_view(alice, chat_id, group_id), _view(bob, chat_id, group_id), _view(carol)]
    world_id = guest.api.world_id()

    server.restart()

    assert [_view(alice, chat_id, group_id), _view(bob, chat_id, group_id), _view(carol)] == before
    assert bob.api.conversation_in_list(group_id)["unreadCount"] == 2
    assert guest.api.world_id() == world_id
    assert guest.api.history(world_id)[0]["content"] == "from a guest"
    expect_error(carol.api.get_conversation(group_id), "FORBIDDEN")


def test_numbers_and_idempotency_go_on_after_a_restart(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    group_id = group(user)
    body = {"messageType": TEXT, "content": "once", "client_msg_id": secrets.token_hex(8)}
    first = expect_ok(user.api.send_message(group_id, body), 201)
    user.api.say(group_id, "two")
    server.restart()
    assert expect_ok(user.api.send_message(group_id, body), 201) == first
    expect_error(user.api.send_message(group_id, {**body, "content": "other"}), "CLIENT_MSG_ID_CONFLICT")
    assert user.api.say(group_id, "three")["seqId"] == 3


def test_tokens_stay_valid_over_a_restart(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    server.restart()
    expect_ok(user.api.get_profile())
    session = expect_ok(Api(server).refresh_session({"refreshToken": user.refresh_token}))
    expect_ok(Api(server, session["accessToken"]).get_profile())
    expect_ok(Api(server).login(user.credentials))


def test_a_spent_refresh_token_is_known_after_a_restart(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    session = expect_ok(Api(server).refresh_session({"refreshToken": user.refresh_token}))
    server.restart()
    expect_error(Api(server).refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")
    expect_error(Api(server, session["accessToken"]).get_profile(), "AUTH_FAILED")


def test_the_secret_is_for_its_owners_eyes_only(start_server: StartServer) -> None:
    server = start_server(GOCHAT_DATABASE_URL="")  # several gateways are given theirs, and keep it in no file
    new_guest(server)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.data_dir.rglob("*") if path.is_file()}
    secret_files = [name for name, mode in modes.items() if "secret" in name.lower() or "jwt" in name.lower()]
    assert secret_files, f"no file of the data directory is named after the secret: {modes}"
    assert all(modes[name] == 0o600 for name in secret_files), modes


def test_passwords_are_not_stored_as_they_are(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    server.stop()
    for path in server.data_dir.rglob("*"):
        if path.is_file():
            stored = path.read_bytes()
            assert user.password.encode() not in stored, path.name
            assert user.refresh_token.encode() not in stored, path.name
    server.start()


@pytest.mark.parametrize("round_number", [1, 2])
def test_what_was_answered_survives_a_crash(start_server: StartServer, round_number: int) -> None:
    server = start_server()
    user = new_user(server)
    group_id = group(user)
    answered: list[str] = []

    def keep_sending() -> None:
        try:
            for number in range(100_000):
                body = {"messageType": TEXT, "content": f"message {number}"}
                answered.append(expect_ok(user.api.send_message(group_id, body), 201)["id"])
        except httpx.HTTPError:
            pass  # the crash

    sender = threading.Thread(target=keep_sending)
    sender.start()
    deadline = time.monotonic() + 10
    while len(answered) < 40 * round_number and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    sender.join(20)
    server.start()
    assert len(answered) >= 40 * round_number
    stored: list[str] = []
    after = 0
    while True:
        page = expect_ok(user.api.list_messages(group_id, after=after, limit=100))
        stored += [message["id"] for message in page["messages"]]
        assert [message["seqId"] for message in page["messages"]] == list(
            range(after + 1, after + 1 + len(page["messages"]))
        )
        if not page["hasMore"]:
            break
        after = page["nextCursor"]
    assert stored[: len(answered)] == answered
    assert len(stored) <= len(answered) + 1  # the one that was under way


def test_membership_survives_a_crash(start_server: StartServer) -> None:
    server = start_server()
    owner, member = new_user(server), new_user(server)
    group_id = group(owner, member, name="before the crash")
    expect_ok(owner.api.update_member(group_id, member.id, {"role": ROLE_ADMIN}))
    server.kill()
    server.start()
    listed = expect_ok(member.api.list_conversations(type=TYPE_GROUP))["conversations"]
    assert [conversation["name"] for conversation in listed] == ["before the crash"]
    expect_ok(member.api.update_conversation(group_id, {"name": "after the crash"}))


def test_a_request_under_way_is_answered_before_the_server_ends(start_server: StartServer) -> None:
    server = start_server()
    user = new_user(server)
    group_id = group(user)
    outcomes: list[int] = []

    def keep_sending() -> None:
        try:
            while True:
                answer = user.api.send_message(group_id, {"messageType": TEXT, "content": "hello"})
                outcomes.append(answer.status_code)
        except httpx.HTTPError:
            pass  # the server does not listen any more

    senders = [threading.Thread(target=keep_sending) for _ in range(12)]
    for sender in senders:
        sender.start()
    time.sleep(0.3)
    took_s = server.stop()
    for sender in senders:
        sender.join(25)
    assert took_s < 10
    assert 201 in outcomes
    assert set(outcomes) <= {201, 503}
    server.start()
    stored = 0
    while page := user.api.history(group_id, after=stored, limit=100):
        stored += len(page)
    assert stored >= outcomes.count(201)
