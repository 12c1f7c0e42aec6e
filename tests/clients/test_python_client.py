"""The generated Python client against a real server, with a bad network in between: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from gochat_client import (
    AsyncGoChat,
    ChatMessage,
    ConnectionLost,
    GoChat,
    GoChatError,
    MemoryStore,
    SocketState,
    StoredSession,
    connection,
    http_types,
)
from websockets.asyncio.server import ServerConnection

from tests.clients.chaos import ChaosProxy
from tests.clients.conftest import PACKAGE_DIR
from tests.clients.fake_server import fake_server, say, until
from tests.harness.api import Api, expect_ok, fresh_name, new_user
from tests.harness.server import GoChatServer

MESSAGES = 1000
DISCONNECTS = 100
QUICK_S = (0.02, 0.05)  # caps of the waits before coming back
PASSWORD = "correct horse battery"


def proxy_to(server: GoChatServer) -> ChaosProxy:
    """A bad network in front of a server."""
    return ChaosProxy(*server.host_and_port)


def client(url: str, **options: Any) -> AsyncGoChat:
    """A client that comes back quickly and does not pace itself."""
    return AsyncGoChat(url, **{"messages_per_s": 0, "reconnect_caps_s": QUICK_S, "language": "en", **options})


async def entered(chat: AsyncGoChat) -> AsyncGoChat:
    """Makes an account for the client."""
    await chat.register(fresh_name(), PASSWORD)
    return chat


async def group_of(*chats: AsyncGoChat) -> str:
    """Opens a group of these, by the first of them; returns its id."""
    first, *others = chats
    members = [chat.user.id for chat in others if chat.user]
    body = http_types.CreateConversationRequest(type=2, members=members, name="g")
    return (await first.api.create_conversation(body)).id


def listen(chat: AsyncGoChat, conversation_id: str | None = None) -> list[ChatMessage]:
    """Collects the messages that a client delivers."""
    found: list[ChatMessage] = []
    wanted = (conversation_id, None)
    chat.socket.on("message", lambda m: found.append(m) if m.conversation_id in wanted or not conversation_id else None)
    return found


class Ends:
    """Counts how often an open connection ended."""

    def __init__(self, chat: AsyncGoChat) -> None:
        self.count = 0
        self.is_open = False
        chat.socket.on("state", self._take)

    def _take(self, state: SocketState) -> None:
        self.count += self.is_open and state.status == "waiting"
        self.is_open = state.status == "open"


async def connected(chat: AsyncGoChat) -> None:
    """Connects and waits until what was missed is there."""
    synced: list[int] = []
    off = chat.socket.on("synced", lambda: synced.append(1))
    chat.socket.connect()
    await until(lambda: synced, what="synced")
    off()


def run(story: Coroutine[Any, Any, None], timeout_s: float = 55) -> None:
    """Runs a story; what a listener or a task of the client fails with fails the test."""
    failures: list[dict[str, Any]] = []

    async def told() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        async with asyncio.timeout(timeout_s):
            await story

    asyncio.run(told())
    assert not failures, failures


# Exactly once, in order.


def test_a_thousand_messages_through_a_hundred_disconnects_arrive_once_and_in_order(server: GoChatServer) -> None:
    draw = random.Random(1)

    async def cut(number: int, ends: list[Ends], proxies: list[ChaosProxy]) -> None:
        for end in ends:
            await until(lambda end=end: end.is_open, what="open")
        counts = [end.count for end in ends]
        await asyncio.sleep(draw.uniform(0, 0.03))
        for proxy in proxies:
            proxy.reorder = number % 10 == 0
            proxy.jitter_s = draw.choice((0, 0, 0.003))
            proxy.drop = number % 10 == 5
        if proxies[0].drop:
            await asyncio.sleep(0.02)
        for proxy in proxies:
            proxy.cut_all()
            proxy.drop = False
        for end, count in zip(ends, counts, strict=True):
            await until(lambda end=end, count=count: end.count > count, what="lost")

    async def story() -> None:
        with proxy_to(server) as here, proxy_to(server) as there:
            async with client(here.url) as sender, client(there.url) as receiver:
                await entered(sender)
                await entered(receiver)
                group = await group_of(sender, receiver)
                sent, received = listen(sender, group), listen(receiver, group)
                ends = {"sender": Ends(sender), "receiver": Ends(receiver)}
                await connected(sender)
                await connected(receiver)
                started = time.monotonic()
                acks = []
                for number in range(DISCONNECTS):
                    for _ in range(MESSAGES // DISCONNECTS):
                        acks.append(asyncio.create_task(sender.socket.send(group, f"message {len(acks)}")))
                    await cut(number, [*ends.values()], [here, there])
                for proxy in (here, there):
                    proxy.reorder, proxy.jitter_s = False, 0
                answers = await asyncio.gather(*acks)
                await until(lambda: len(received) >= MESSAGES and len(sent) >= MESSAGES, 20, "all delivered")
                await asyncio.sleep(0.2)  # time for one too many
                took_s = time.monotonic() - started

                expected = [f"message {number}" for number in range(MESSAGES)]
                for name, delivered in (("sender", sent), ("receiver", received)):
                    contents = [message.content for message in delivered]
                    print(
                        f"{name}: {len(contents)} delivered, {len(set(contents))} different, "
                        f"{ends[name].count} disconnects, in order: {contents == sorted(contents, key=expected.index)}"
                    )
                    assert contents == expected
                    assert [m.seq_id for m in delivered] == [answer.seq_id for answer in answers]
                    assert ends[name].count >= DISCONNECTS
                print(f"{took_s:.1f} s, connections cut: {here.cuts} and {there.cuts}")

    run(story())


def test_nothing_is_missed_from_the_first_open_on(server: GoChatServer) -> None:
    async def story() -> None:
        for _ in range(10):
            async with client(server.url) as sender, client(server.url) as receiver:
                chat = await group_of(await entered(sender), await entered(receiver))
                sender.socket.connect()
                await sender.socket.send(chat, "before")
                heard: list[int] = []
                receiver.socket.on("message", lambda message, heard=heard: heard.append(message.seq_id))
                mine = asyncio.create_task(receiver.socket.send(chat, "mine"))
                receiver.socket.connect()
                await until(lambda receiver=receiver: receiver.socket.state.status == "open")
                await sender.socket.send(chat, "yours")
                await mine
                await until(lambda heard=heard: len(heard) >= 2)
                assert heard == [2, 3]

    asyncio.run(story())


def test_a_message_whose_ack_is_lost_on_the_way_back_is_not_sent_twice(server: GoChatServer) -> None:
    watcher = new_user(server)

    async def story() -> None:
        with proxy_to(server) as proxy:
            async with client(proxy.url) as chat:
                await entered(chat)
                body = http_types.CreateConversationRequest(type=1, members=[watcher.id])
                conversation = (await chat.api.create_conversation(body)).id
                delivered = listen(chat, conversation)
                await connected(chat)
                proxy.drop_back = True
                sending = asyncio.create_task(chat.socket.send(conversation, "once"))

                def stored() -> list[Any]:
                    return list(expect_ok(watcher.api.list_messages(conversation))["messages"])

                for _ in range(200):
                    if await asyncio.to_thread(stored):
                        break
                    await asyncio.sleep(0.02)
                assert not sending.done()
                proxy.cut_all()
                proxy.drop_back = False
                ack = await sending
                messages = stored()
                assert [(m["id"], m["seqId"]) for m in messages] == [(ack.message_id, ack.seq_id)]
                await until(lambda: delivered)
                await asyncio.sleep(0.1)
                assert [m.content for m in delivered] == ["once"]

    run(story())


def test_a_conversation_that_was_made_while_away_is_delivered_from_its_first_unread_message(
    server: GoChatServer,
) -> None:
    async def story() -> None:
        with proxy_to(server) as proxy:
            async with client(server.url) as other, client(proxy.url) as chat:
                await entered(other)
                await entered(chat)
                received = listen(chat)
                await connected(chat)
                proxy.refuse = True
                proxy.cut_all()
                await until(lambda: chat.socket.state.status == "waiting")
                group = await group_of(other, chat)
                await connected(other)
                for number in range(3):
                    await other.socket.send(group, f"missed {number}")
                assert received == []
                proxy.refuse = False
                await until(lambda: len(received) == 3)
                await other.socket.send(group, "seen")
                await until(lambda: len(received) == 4)
                assert [m.content for m in received] == ["missed 0", "missed 1", "missed 2", "seen"]
                assert [m.seq_id for m in received] == sorted({m.seq_id for m in received})

    run(story())


def test_ones_own_message_says_what_its_send_was_called_from_wherever_it_came(server: GoChatServer) -> None:
    async def story() -> None:
        async with client(server.url) as chat:
            await entered(chat)
            group = await group_of(chat)
            received = listen(chat, group)
            await connected(chat)
            over_http = http_types.SendMessageRequest(message_type=1, content="over HTTP", client_msg_id="k-1")
            await chat.api.send_message(group, over_http)
            await chat.socket.send(group, "over the socket", client_msg_id="k-2")
            await until(lambda: len(received) == 2)
            assert [m.client_msg_id for m in received] == ["k-1", "k-2"]

    run(story())


def test_a_connection_that_is_cut_in_the_middle_of_an_answer_loses_nothing(server: GoChatServer) -> None:
    async def story() -> None:
        with proxy_to(server) as proxy:
            async with client(server.url) as other, client(proxy.url) as chat:
                await entered(other)
                await entered(chat)
                group = await group_of(other, chat)
                received = listen(chat, group)
                await connected(chat)
                await connected(other)
                proxy.cut_after_bytes = 2500
                await asyncio.gather(*(other.socket.send(group, f"{number} " + "x" * 100) for number in range(40)))
                await until(lambda: proxy.cuts >= 3, what="three cuts")
                proxy.cut_after_bytes = None
                await until(lambda: len(received) >= 40)
                assert [m.content.split()[0] for m in received] == [str(number) for number in range(40)]

    run(story())


# The connection: noticed, ended, renewed.


def test_a_black_hole_is_noticed_by_the_missing_pong(server: GoChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PING_EVERY_S", 0.2)
    monkeypatch.setattr(connection, "SILENCE_S", 0.6)
    monkeypatch.setattr(connection, "OPEN_TIMEOUT_S", 0.5)

    async def story() -> None:
        with proxy_to(server) as proxy:
            async with client(proxy.url) as chat:
                await entered(chat)
                await connected(chat)
                await asyncio.sleep(1)
                assert chat.socket.state.status == "open"
                proxy.drop = True
                started = time.monotonic()
                await until(lambda: chat.socket.state.status != "open", 3)
                assert time.monotonic() - started >= 0.5
                await until(lambda: chat.socket.state.attempt >= 2, 5, "a handshake into the hole is given up")
                proxy.drop = False
                await until(lambda: chat.socket.state.status == "open", 5)

    run(story())


async def assert_no_return(chat: AsyncGoChat, proxy: ChaosProxy, code: int, name: str) -> None:
    """Holds a client to be closed, and to stay so."""
    await until(lambda: chat.socket.state.status == "closed", what="closed")
    assert (chat.socket.state.code, chat.socket.state.name) == (code, name)
    before = proxy.connections
    await asyncio.sleep(0.5)
    assert proxy.connections == before
    assert chat.socket.state.status == "closed"


def test_who_was_replaced_does_not_come_back_by_itself(server: GoChatServer) -> None:
    async def story() -> None:
        with proxy_to(server) as proxy:
            store = MemoryStore()
            async with client(proxy.url, store=store) as chat, client(server.url, store=store) as newer:
                await entered(chat)
                await connected(chat)
                messages = chat.socket.messages()
                await connected(newer)
                await assert_no_return(chat, proxy, 4409, "REPLACED")
                assert [message async for message in messages] == []
                with pytest.raises(ConnectionLost):
                    await chat.socket.send("world", "nobody hears it")
                assert newer.socket.state.status == "open"
                await connected(chat)  # when the user asks for it
                await until(lambda: newer.socket.state.code == 4409)

    run(story())


def test_who_was_logged_out_elsewhere_does_not_come_back(server: GoChatServer) -> None:
    async def story() -> None:
        with proxy_to(server) as proxy:
            store = MemoryStore()
            async with client(proxy.url, store=store) as chat:
                await entered(chat)
                users: list[object] = []
                chat.on("user", users.append)
                await connected(chat)
                kept = store.load()
                assert kept is not None
                expect_ok(await asyncio.to_thread(Api(server, kept.access_token).logout))
                await assert_no_return(chat, proxy, 4401, "AUTH_FAILED")
                assert chat.user is None
                assert users == [None]

    run(story())


def test_after_close_nothing_comes_back_and_what_waits_is_told(server: GoChatServer) -> None:
    async def story() -> None:
        with proxy_to(server) as proxy:
            async with client(proxy.url) as chat:
                await entered(chat)
                await connected(chat)
                proxy.drop = True
                sending = asyncio.create_task(chat.socket.send("world", "x"))
                pinging = asyncio.create_task(chat.socket.ping())
                await asyncio.sleep(0.05)
                chat.socket.close()
                for task in (sending, pinging):
                    with pytest.raises(ConnectionLost):
                        await task
                await assert_no_return(chat, proxy, 1000, "NORMAL")
                proxy.drop = False
                await connected(chat)
                await chat.socket.ping()  # and the pong is not taken for the answer to the former

    run(story())


def test_a_server_that_closes_with_1000_is_not_come_back_to() -> None:
    async def script(socket: ServerConnection, _: int) -> None:
        await socket.close(1000)

    async def story() -> None:
        async with fake_server(script) as fake, client(fake.url, store=kept_store()) as chat:
            chat.socket.connect()
            await until(lambda: chat.socket.state.status == "closed")
            await asyncio.sleep(0.3)
            assert (chat.socket.state.code, fake.sockets) == (1000, 1)

    run(story())


def test_a_refused_token_is_renewed_once_and_the_socket_comes_back(server: GoChatServer) -> None:
    async def story() -> None:
        store = MemoryStore()
        with proxy_to(server) as proxy:
            async with client(proxy.url, store=store) as chat:
                await entered(chat)
                good = store.load()
                assert good is not None
                store.save(copied(good, access_token="not.a.token"))
                states: list[str] = []
                chat.socket.on("state", lambda state: states.append(state.status))
                chat.socket.connect()
                await until(lambda: states.count("open") == 2)
                await chat.socket.ping()
                renewed = store.load()
                assert renewed is not None
                assert renewed.refresh_token != good.refresh_token
                assert states == ["connecting", "open", "connecting", "open"]
                store.save(copied(renewed, access_token="not.a.token"))
                assert (await chat.api.get_profile()).id == good.user.id  # a call does the same

                chat.socket.close()
                store.save(copied(good, access_token="not.a.token"))  # its refresh token is spent
                chat.socket.connect()
                await assert_no_return(chat, proxy, 4401, "AUTH_FAILED")

    run(story())


def test_a_token_that_is_refused_right_after_it_was_renewed_is_the_end() -> None:
    async def script(socket: ServerConnection, _: int) -> None:
        await socket.close(4401)

    class Owner:
        """Hears nothing."""

        async def prepare(self) -> None:
            """Needs nothing."""

        def state_changed(self, state: SocketState) -> None:
            """Hears nothing."""

        def opened(self) -> None:
            """Hears nothing."""

        def lost(self, code: int) -> None:
            """Hears nothing."""

        def received(self, text: str) -> None:
            """Hears nothing."""

    class Tokens:
        """Always has another token."""

        renewed = 0

        async def access(self) -> str:
            """Returns one."""
            return f"token {self.renewed}"

        async def renew(self, refused: str) -> str:
            """Returns another."""
            assert refused == f"token {self.renewed}"
            self.renewed += 1
            return await self.access()

    async def story() -> None:
        tokens = Tokens()
        async with fake_server(script) as fake:
            url = fake.url.replace("http", "ws") + "/ws"
            link = connection.Connection(url, "{}", tokens, Owner(), headers={}, reconnect_caps_s=QUICK_S)
            link.connect()
            await until(lambda: link.state.status == "closed")
            await asyncio.sleep(0.2)
            assert (link.state.code, tokens.renewed, fake.sockets) == (4401, 1, 2)

    run(story())


def test_tokens_are_renewed_in_time_and_the_socket_moves_over_unseen(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server(GOCHAT_ACCESS_TOKEN_TTL_S=3, GOCHAT_PRESENCE_GRACE_S=0)

    async def story() -> None:
        store = MemoryStore()
        async with client(server.url, store=store) as chat, client(server.url) as friend:
            await entered(chat)
            await entered(friend)
            assert chat.user is not None
            body = http_types.CreateFriendRequestRequest(target_user_id=chat.user.id)
            request = await friend.api.create_friend_request(body)
            answer = http_types.UpdateFriendRequestRequest(action="accept")
            await chat.api.update_friend_request(request.id, answer)
            seen: list[str] = []
            friend.socket.on("online-status", lambda data: seen.append(data.status))
            states: list[str] = []
            await connected(chat)
            chat.socket.on("state", lambda state: states.append(state.status))
            first = store.load()
            await connected(friend)
            conversation = next(c.id for c in (await chat.api.list_conversations()).conversations if c.type == 1)
            received = listen(friend, conversation)
            ends = time.monotonic() + 5.5
            count = 0
            while time.monotonic() < ends:
                await chat.socket.send(conversation, f"{count}")
                count += 1
                await asyncio.sleep(0.05)
            await until(lambda: len(received) == count)
            assert [m.content for m in received] == [str(number) for number in range(count)]
            last = store.load()
            assert first is not None
            assert last is not None
            assert last.access_token != first.access_token
            print(f"{states.count('open')} moves, {count} messages, friend saw {set(seen)}")
            assert states == ["open"] * len(states)
            assert len(states) >= 2
            assert set(seen) == {"online"}

    run(story())


# What the server refuses.


def test_a_refusal_for_the_rate_is_waited_for(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server(GOCHAT_MESSAGE_RATE=4)

    async def story() -> None:
        async with client(server.url) as chat:
            await entered(chat)
            group = await group_of(chat)
            await connected(chat)
            codes: list[str] = []
            chat.socket.on("error", lambda data: codes.append(data.code))
            acks = await asyncio.gather(*(chat.socket.send(group, str(number)) for number in range(20)))
            assert len({ack.seq_id for ack in acks}) == 20
            assert codes.count("RATE_LIMITED") >= 12

    run(story())


def test_refusals_are_typed(server: GoChatServer) -> None:
    async def story() -> None:
        async with client(server.url) as chat, client(server.url) as other:
            await entered(chat)
            await entered(other)
            theirs = await group_of(other)
            await connected(chat)
            for call, code, status in (
                (chat.socket.send(theirs, "x"), "FORBIDDEN", None),
                (chat.socket.send("nowhere", "x"), "CONVERSATION_NOT_FOUND", None),
                (chat.socket.send("world", "x" * 4001), "MESSAGE_TOO_LARGE", None),
                (chat.socket.send("world", "x" * 70_000), "MESSAGE_TOO_LARGE", None),
                (chat.socket.send("world", "\ud800"), "INVALID_MESSAGE", None),
                (chat.api.get_conversation(theirs), "FORBIDDEN", 403),
                (chat.api.get_conversation("a/b?c"), "CONVERSATION_NOT_FOUND", 404),
                (chat.login("nobody-at-all", PASSWORD), "INVALID_CREDENTIALS", 401),
            ):
                with pytest.raises(GoChatError) as caught:
                    await call
                assert (caught.value.code, caught.value.status, caught.value.retryable) == (code, status, False)
                assert re.fullmatch(r"[ -~]+", caught.value.message), "in the language that was asked for"
            assert chat.socket.state.status == "open"

    run(story())


def test_a_frame_for_which_the_server_closes_fails_alone(start_server: Callable[..., GoChatServer]) -> None:
    server = start_server(GOCHAT_MAX_FRAME_BYTES=2000)

    async def story() -> None:
        async with client(server.url) as chat:
            await entered(chat)
            group = await group_of(chat)
            await connected(chat)
            large, small = await asyncio.gather(
                chat.socket.send(group, "x" * 3000), chat.socket.send(group, "small"), return_exceptions=True
            )
            assert isinstance(large, GoChatError)
            assert large.code == "MESSAGE_TOO_LARGE"
            assert not isinstance(small, BaseException)

    run(story())


def test_without_a_server_calls_say_so() -> None:
    async def story() -> None:
        async with client("http://127.0.0.1:9") as chat:
            with pytest.raises(ConnectionLost):
                await chat.guest()
            with pytest.raises(GoChatError, match="AUTH_FAILED"):
                await chat.api.get_profile()
            with pytest.raises(ConnectionLost):
                await chat.socket.ping()

    run(story())


# A newer server.


def copied(session: StoredSession, access_token: str) -> StoredSession:
    """The same login with another access token."""
    return StoredSession(
        access_token=access_token,
        refresh_token=session.refresh_token,
        expires_at_s=session.expires_at_s,
        expires_in_s=session.expires_in_s,
        user=session.user,
    )


def kept_store() -> MemoryStore:
    """A store with a login that any fake server takes."""
    store = MemoryStore()
    user = http_types.User(id="u1", username="me", is_guest=False, status=0, created_at=1)
    store.save(
        StoredSession(
            access_token="t", refresh_token="r", expires_at_s=time.time() + 3600, expires_in_s=3600, user=user
        )
    )
    return store


def pushed(seq_id: int, **more: Any) -> dict[str, Any]:
    """The data of a push."""
    return {
        "id": f"m{seq_id}",
        "conversationId": "c1",
        "sender": {"id": "u2", "username": "you", "novelty": 1},
        "content": f"text {seq_id}",
        "messageType": 1,
        "seqId": seq_id,
        "createdAt": seq_id,
        **more,
    }


def in_history(seq_id: int) -> dict[str, Any]:
    """The same message as the history has it."""
    message = {**pushed(seq_id), "senderId": "u2"}
    del message["sender"]
    return message


def test_properties_frames_codes_and_values_of_a_newer_server_do_no_harm() -> None:
    async def script(socket: ServerConnection, _: int) -> None:
        await say(socket, "typing", {"who": "u2"})
        await socket.send("not json")
        await socket.send("[]")
        await socket.send('{"type": ["new-message"]}')
        await socket.send('{"type": "new-message"}')
        await say(socket, "new-message", pushed(1, messageType=99, novelty={"deep": []}))
        await say(socket, "error", {"code": "NOVEL", "message": "new", "details": {"novelty": 1}})

    async def story() -> None:
        async with fake_server(script) as fake, client(fake.url, store=kept_store()) as chat:
            received, errors = listen(chat), []
            chat.socket.on("error", errors.append)
            chat.socket.connect()
            await until(lambda: received and errors)
            assert [(m.seq_id, m.message_type, m.sender.username) for m in received] == [(1, 99, "you")]
            assert [error.code for error in errors] == ["NOVEL"]
            assert chat.socket.state.status == "open"

    run(story())


def test_a_hole_in_the_numbers_is_fetched() -> None:
    async def script(socket: ServerConnection, _: int) -> None:
        await asyncio.sleep(0.1)
        for seq_id in (1, 2, 5, 2, 6):
            await say(socket, "new-message", pushed(seq_id))

    def answer(path: str) -> dict[str, Any] | None:
        if path.startswith("/api/conversations/c1/messages"):
            assert "after=2" in path
            return {"messages": [in_history(3), in_history(4), in_history(5)], "hasMore": False, "nextCursor": 5}
        return {"conversations": [], "hasMore": False}

    async def story() -> None:
        async with fake_server(script, answer) as fake, client(fake.url, store=kept_store()) as chat:
            received = listen(chat)
            chat.socket.connect()
            await until(lambda: len(received) >= 6)
            assert [m.seq_id for m in received] == [1, 2, 3, 4, 5, 6]

    run(story())


# The face without asyncio, and the package.


def test_the_readmes_chats_run_as_they_are_printed(server: GoChatServer, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PACKAGE_DIR / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        assert len([line for line in block.splitlines() if line.strip()]) <= (10, 13)[number]
        program = tmp_path / f"chat_{number}.py"
        block = block.replace("http://127.0.0.1:8080", server.url).replace("timeout_s=5", "timeout_s=2")
        program.write_text(block, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(program)],
            env={"PYTHONPATH": str(PACKAGE_DIR)},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("hello, world") == 1, done.stdout


def test_the_face_without_asyncio_does_the_same(server: GoChatServer) -> None:
    with (
        proxy_to(server) as proxy,
        GoChat(proxy.url, messages_per_s=0, reconnect_caps_s=QUICK_S) as chat,
        GoChat(server.url) as other,
    ):
        chat.register(fresh_name(), PASSWORD)
        other.register(fresh_name(), PASSWORD)
        assert other.user is not None
        body = http_types.CreateConversationRequest(type=2, members=[other.user.id], name="g")
        group = chat.api.create_conversation(body).id
        refusals: list[Exception] = []

        def answer(_: ChatMessage) -> None:
            try:
                chat.socket.send(group, "from a listener")
            except RuntimeError as error:
                refusals.append(error)

        off = chat.socket.on("message", answer)
        messages = other.socket.messages(timeout_s=10)
        ready = [chat.socket.messages(timeout_s=0.3), messages]
        chat.socket.connect()
        other.socket.connect()
        with pytest.raises(GoChatError, match="CONVERSATION_NOT_FOUND"):
            chat.socket.send("nowhere", "x")
        for number in range(5):
            assert chat.socket.send(group, str(number)).status == "success"
            proxy.cut_all()
        assert [next(messages).content for _ in range(5)] == ["0", "1", "2", "3", "4"]
        assert [message.content for message in ready[0]] == ["0", "1", "2", "3", "4"]
        assert len(refusals) == 5
        off()
        other.socket.close()
        assert list(messages) == []
        chat.logout()
        assert chat.user is None
