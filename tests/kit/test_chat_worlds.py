"""What ran at the same time may have happened in several orders: all that fit are kept, until an answer tells."""

from __future__ import annotations

import asyncio

from conformance.chat.conversations import conversation_view
from conformance.chat.groups import EditGroup, RemoveMember
from conformance.chat.listing import ShowConversation
from conformance.chat.messages import HTTP, Send
from conformance.chat.model import Model
from conformance.chat.operation import Finding
from conformance.chat.sent import Sent
from conformance.chat.stock import Account
from conformance.chat.worlds import MAX_ORDERS, World, judge_orders, settled
from conformance.contract.judge import ABSENT
from conformance.wire.http import Answer
from tests.kit.chat_outcomes import NOW, came, chat, group, push, refusal, room_of, socket, success
from tests.kit.chat_outcomes import settled as settle

EDITS = (EditGroup("alice", "g", name="one"), EditGroup("bob", "g", name="two"))


def named(model: Model, operation: str, user: str, name: str) -> Answer:
    """Return the group as a user sees it under a name."""
    view = {**conversation_view(model, model.conversations["g"], user), "name": name}
    members = model.conversations["g"].members.values()
    roles = [{"userId": f"id-{each.user}", "conversationId": "id-g", "role": each.role} for each in members]
    shown = {key: value for key, value in view.items() if value is not ABSENT}
    return success(operation, {**shown, "members": roles})


def two_edits() -> tuple[Model, list[Model]]:
    """Return what is left of two edits at the same time that both succeeded."""
    model = chat("alice", "bob")
    group(model, "alice", "bob", admins=("bob",))
    outcomes = [named(model, "updateConversation", "alice", "one"), named(model, "updateConversation", "bob", "two")]
    worlds = judge_orders(EDITS, outcomes, [model])
    assert [world.found.items for world in worlds] == [[], []]
    assert model.conversations["g"].name == "the group g"
    return settled(worlds, 0)


def names(*models: Model) -> list[str | None]:
    return [model.conversations["g"].name for model in models]


def test_two_edits_at_the_same_time_leave_two_models() -> None:
    chosen, others = two_edits()
    assert names(chosen) == ["two"]
    assert names(*others) == ["one"]


def test_a_later_answer_tells_the_models_apart() -> None:
    for name in ("one", "two"):
        chosen, others = two_edits()
        shown = named(chosen, "getConversation", "alice", name)
        worlds = judge_orders((ShowConversation("alice", "g"),), [shown], [chosen, *others])
        right = [index for index, world in enumerate(worlds) if not world.found.items]
        assert len(right) == 1
        kept, left = settled(worlds, right[0])
        assert names(kept) == [name]
        assert left == []


def test_an_answer_that_no_order_explains_is_found_in_all() -> None:
    chosen, others = two_edits()
    shown = named(chosen, "getConversation", "alice", "three")
    worlds = judge_orders((ShowConversation("alice", "g"),), [shown], [chosen, *others])
    assert [{each.rule for each in world.found.items} for world in worlds] == [{"answer-value"}, {"answer-value"}]


def test_orders_that_end_the_same_leave_one_model() -> None:
    model = chat("alice", "bob")
    group(model, "alice", "bob", admins=("bob",))
    edits = (EditGroup("alice", "g", name="one"), EditGroup("bob", "g", name="one"))
    outcomes = [named(model, "updateConversation", user, "one") for user in ("alice", "bob")]
    worlds = judge_orders(edits, outcomes, [model])
    assert len(worlds) == 2
    assert settled(worlds, 0)[1] == []


def test_one_operation_alone_is_judged_in_place() -> None:
    model = chat("alice", "bob")
    group(model, "alice", "bob")
    (world,) = judge_orders(EDITS[:1], [named(model, "updateConversation", "alice", "one")], [model])
    assert world.model is model
    assert names(model) == ["one"]


def test_more_orders_than_can_be_tried_are_not() -> None:
    model = chat("alice")
    group(model, "alice")
    outcomes = [named(model, "updateConversation", "alice", str(number)) for number in range(5)]
    edits = [EditGroup("alice", "g", name=str(number)) for number in range(5)]
    assert len(judge_orders(edits, outcomes, [model])) == MAX_ORDERS


def test_an_outcome_that_fits_one_order_only_chooses_it() -> None:
    """Bob is removed and sends at the same time: his 403 says that the removal came first."""
    model = chat("alice", "bob")
    group(model, "alice", "bob")
    outcomes = [refused_send(), success("removeMember", {})]
    worlds = judge_orders((Send("bob", "g", "m1", HTTP), RemoveMember("alice", "g", "bob")), outcomes, [model])
    assert [bool(world.found.items) for world in worlds] == [True, False]
    kept, left = settled(worlds, 1)
    assert "bob" not in kept.conversations["g"].members
    assert left == []


def refused_send() -> Sent:
    return Sent(None, None, refusal("sendMessage", 403, "FORBIDDEN"), "m1-cid")


def stored_send() -> Sent:
    data = {
        "id": "id-m1", "conversationId": "id-g", "senderId": "id-alice", "messageType": 1, "content": "hello",
        "seqId": 1, "createdAt": NOW,
    }  # fmt: skip
    return Sent(None, None, success("sendMessage", data, 201), "m1-cid")


def send_and_remove(model: Model) -> list[World]:
    """Let alice send and remove bob at the same time: whether bob is pushed the message, nothing tells."""
    operations = (Send("alice", "g", "m1", HTTP), RemoveMember("alice", "g", "bob"))
    return judge_orders(operations, [stored_send(), success("removeMember", {})], [model])


async def pushes_to(users: tuple[str, ...]) -> list[Finding]:
    """Return what a room finds after `send_and_remove` when these are pushed the message."""
    model = chat("alice", "bob", "carol")
    group(model, "alice", "bob", "carol")
    sockets = {user: socket(model, user) for user in ("bob", "carol")}
    chosen, others = settled(send_and_remove(model), 0)
    assert {due.socket: due.is_optional for due in chosen.due} == {"bob-1": False, "carol-1": False}
    chosen, others = settled(send_and_remove(model), 1)
    assert {due.socket: due.is_optional for due in chosen.due} == {"bob-1": True, "carol-1": False}
    assert others == []
    conversation = chosen.conversations["g"]
    for user in users:
        came(sockets[user], push(chosen, conversation, conversation.messages[0]))
    return await settle(chosen, *sockets.values())


def test_what_one_order_pushes_and_another_does_not_may_come_and_need_not() -> None:
    assert asyncio.run(pushes_to(("bob", "carol"))) == []
    assert asyncio.run(pushes_to(("carol",))) == []
    assert {each.rule for each in asyncio.run(pushes_to(("bob",)))} == {"push-sent"}


def test_who_comes_in_while_several_models_fit_is_in_all_of_them() -> None:
    async def entered() -> list[Model]:
        chosen, others = two_edits()
        room = room_of(chosen)
        room._others = others
        stock = room._stock
        stock.start()
        account = Account("id-carol", "carol-1", "", False, "a", "r", stock.client(room.log), room.log)
        stock._ready.put_nowait(account)
        try:
            await room.enter("carol")
        finally:
            await room.close()
            await stock.close()
        return [room.model, *others]

    models = asyncio.run(entered())
    assert len(models) == 2
    for model in models:
        assert model.public("carol")["id"] == "id-carol"
        assert model.is_logged_in("carol")
        assert "carol" in model.conversations["world"].members
