"""Holds the frames that came to those that are due, and names what is wrong with the rest.

Called when nothing is under way, so a frame that is not due now should not have come. Changes the model: what came is
no longer due. Knows no wire but the sockets' lists of frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.chat.model import Conversation, Due, Model
from conformance.chat.operation import Findings, is_within
from conformance.chat.presence import OFFLINE, ONLINE
from conformance.wire.socket import Received, Socket

NEW_MESSAGE, STATUS = "new-message", "online-status"
PUSH = "asyncapi#/operations/newMessage"
PRESENCE = "asyncapi#/operations/onlineStatus"


class Inbox:
    """What came on the sockets of a room, and what of it was right."""

    def __init__(self) -> None:
        self._order: dict[tuple[str, str], int] = {}  # (socket, conversation id) -> last pushed seqId
        self._delivered: set[tuple[str, str]] = set()  # (socket, message id)
        self._told: dict[tuple[str, str], tuple[str, float]] = {}  # (socket, user) -> last status and when

    def missing(self, model: Model) -> list[Due]:
        """Return what is due and has to come."""
        return [due for due in model.due if not due.is_optional]

    def mismatch(self, model: Model, sockets: Iterable[Socket]) -> int:
        """Count what is due and not there and what is there and not due, changing nothing."""
        frames = {s.name: [r for r in s.received if not r.taken and not self._is_free(model, s, r)] for s in sockets}
        missing = 0
        for due in _required_first(model.due):
            waiting = frames.get(due.socket, [])
            hit = next((r for r in waiting if is_within(due.match, r.value)), None)
            if hit is not None:
                waiting.remove(hit)
            elif not due.is_optional:
                missing += 1
        return missing + sum(map(len, frames.values()))

    def collect(self, model: Model, sockets: Iterable[Socket], found: Findings) -> None:
        """Take every frame that is due, or free to come, and note what is wrong with it."""
        for socket in sockets:
            for received in socket.received:
                if received.taken or received.message is None:
                    continue
                mine = (d for d in _required_first(model.due) if d.socket == socket.name)
                due = next((d for d in mine if is_within(d.match, received.value)), None)
                if due is not None:
                    received.taken = True
                    model.due.remove(due)
                    self._compare(due, received, found)
                elif self._is_free(model, socket, received):
                    received.taken = True
                else:
                    continue
                self._note(model, socket, received, found)

    def refuse(self, model: Model, sockets: Iterable[Socket], found: Findings) -> None:
        """Note every frame that is left: it is not due."""
        for socket in sockets:
            for received in socket.received:
                if not received.taken and received.message is not None:
                    received.taken = True
                    self._unexpected(model, socket, received, found)

    def _compare(self, due: Due, received: Received, found: Findings) -> None:
        if is_within(due.frame, received.value):
            return
        pointer, wanted, got = first_difference(due.frame, received.value)
        rule = {"push-sent": "push-valid", "presence-told": "presence-true"}.get(due.rule, "reply-value")
        check = {
            "check": "frame-value", "socket": due.socket, "match": due.match, "pointer": pointer, "equals": wanted
        }  # fmt: skip
        found.add(rule, received.name, due.pointer, f"{pointer} is {wanted!r}", repr(got), check, pointer)

    def _note(self, model: Model, socket: Socket, received: Received, found: Findings) -> None:
        if received.name == NEW_MESSAGE:
            self._note_push(socket, received, found)
        elif received.name == STATUS:
            self._told[socket.name, received.data["userId"]] = (received.data["status"], received.at)

    def _note_push(self, socket: Socket, received: Received, found: Findings) -> None:
        conversation, seq = received.data["conversationId"], received.data["seqId"]
        before = self._order.get((socket.name, conversation), 0)
        if seq <= before:
            check = _count(socket, {"type": NEW_MESSAGE, "data": {"conversationId": conversation, "seqId": seq}}, 0)
            found.add("push-order", NEW_MESSAGE, PUSH, f"a seqId above {before}", f"{seq}", check)
        self._order[socket.name, conversation] = max(before, seq)
        self._delivered.add((socket.name, received.data["id"]))

    def _is_free(self, model: Model, socket: Socket, received: Received) -> bool:
        """Whether a frame may come without being due: what others write in a shared conversation, and presence."""
        data = received.data
        if received.name == NEW_MESSAGE:
            conversation = _by_id(model, data.get("conversationId"))
            is_foreign = conversation is not None and conversation.is_shared and not _label(model, data["sender"]["id"])
            return is_foreign and socket.who in (conversation.members if conversation else ())
        if received.name == STATUS and not received.problems:
            return self._is_true(model, socket, received)
        return False

    def _is_true(self, model: Model, socket: Socket, received: Received) -> bool:
        """Whether an offline frame that came by itself is right, and new."""
        user = _label(model, received.data["userId"])
        if user is None or user not in model.friends_of(socket.who) or received.data["status"] != OFFLINE:
            return False
        told = self._told.get((socket.name, received.data["userId"]))
        if told is not None and told[0] == OFFLINE:
            return False
        return model.presence.may_be_offline(user, received.at)

    def _unexpected(self, model: Model, socket: Socket, received: Received, found: Findings) -> None:
        data = received.data
        if received.name == NEW_MESSAGE:
            self._unexpected_push(model, socket, received, found)
        elif received.name == STATUS:
            self._unexpected_status(model, socket, received, found)
        else:
            check = _count(socket, _essence(received), 0 if received.name == "error" else 1)
            rule = "reply-error" if received.name == "error" else "reply-single"
            got = f"{received.name} {data.get('code') or data.get('client_msg_id') or ''}".strip()
            pointer = f"asyncapi#/operations/{received.message.key if received.message else ''}"
            found.add(
                rule, received.name, pointer, "no such frame, or no second one", got, check, str(data.get("code", ""))
            )

    def _unexpected_push(self, model: Model, socket: Socket, received: Received, found: Findings) -> None:
        data = received.data
        conversation = _by_id(model, data.get("conversationId"))
        match = {"type": NEW_MESSAGE, "data": {"id": data.get("id")}}
        who = socket.who
        sender = _label(model, (data.get("sender") or {}).get("id"))
        if conversation is None or who not in conversation.members:
            rule, wanted, most = "push-members-only", f"no push to {who}, who is not a member", 0
        elif (socket.name, data.get("id")) in self._delivered:
            rule, wanted, most = "push-once", f"one push of the message to {who}", 1
        elif sender == who:
            rule, wanted, most = (
                "push-not-to-sender",
                "no push to the connection that sent the message, nor of a repeat",
                0,
            )
        else:
            known = any(m.id == data.get("id") for m in conversation.messages)
            rule, wanted, most = ("push-once" if known else "push-valid"), f"no push of this message to {who} now", 0
        content = str(data.get("content"))[:40]
        got = f"new-message seqId {data.get('seqId')} {content!r} from {sender or 'somebody'} to {who}"
        found.add(rule, NEW_MESSAGE, PUSH, wanted, got, _count(socket, match, most))

    def _unexpected_status(self, model: Model, socket: Socket, received: Received, found: Findings) -> None:
        data = received.data
        user = _label(model, data.get("userId"))
        status = data.get("status")
        match = {"type": STATUS, "data": {"userId": data.get("userId"), "status": status}}
        told = self._told.get((socket.name, str(data.get("userId"))))
        if user is None or user not in model.friends_of(socket.who):
            rule, wanted = (
                "presence-friends-only",
                f"nothing about {user or 'somebody'}, who is no friend of {socket.who}",
            )
        elif (
            told is not None
            and told[0] == status
            and model.presence.state(user, received.at) != (OFFLINE if status == ONLINE else ONLINE)
        ):
            rule, wanted = "presence-once", f"{status} is told once"
        else:
            state = model.presence.state(user, received.at)
            rule = "presence-once" if state == status == ONLINE else "presence-true"
            wanted = f"nothing: {user} is {state}"
        most = 1 if rule == "presence-once" and told is not None else 0
        found.add(
            rule,
            STATUS,
            PRESENCE,
            wanted,
            f"{status} about {user or 'somebody'}",
            _count(socket, match, most),
            str(status),
        )

    def not_told(self, model: Model, sockets: Iterable[Socket], now: float, found: Findings) -> None:
        """Note friends who were not told that somebody is offline though the time for it is over."""
        by_user = {link.user: link.socket for link in model.links.values()}
        for socket in sockets:
            if socket.closed is not None or by_user.get(socket.who) != socket.name:
                continue
            for friend in model.friends_of(socket.who):
                gap = model.presence.must_be_offline(friend, now)
                identity = model.people[friend].id
                told = self._told.get((socket.name, identity))
                if gap is None or told is None or told[0] == OFFLINE:
                    continue  # who was never told online need not be told offline
                match = {"type": STATUS, "data": {"userId": identity, "status": OFFLINE}}
                check = {**_count(socket, match, 1), "min": 1}
                away_s = now - gap.start
                wanted = f"offline about {friend}, who left {away_s:.0f} s ago"
                found.add("presence-told", STATUS, PRESENCE, wanted, "nothing", check, OFFLINE)


def _required_first(due: Iterable[Due]) -> list[Due]:
    """Return what has to come, then what only may come: one frame must not pass for the latter and leave the former."""
    return sorted(due, key=lambda each: each.is_optional)


def first_difference(wanted: Any, got: Any, at: str = "") -> tuple[str, Any, Any]:
    """Return the pointer at which `got` is not `wanted`, and both values there."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, value in wanted.items():
            if name not in got:
                return f"{at}/{name}", value, "nothing"
            if not is_within(value, got[name]):
                return first_difference(value, got[name], f"{at}/{name}")
    return at, wanted, got


def _essence(received: Received) -> dict[str, Any]:
    data = received.data
    kept = {
        name: data[name] for name in ("client_msg_id", "messageId", "code") if isinstance(data, dict) and name in data
    }
    return {"type": received.name, **({"data": kept} if kept else {})}


def _count(socket: Socket, match: dict[str, Any], most: int) -> dict[str, Any]:
    return {"check": "frame", "socket": socket.name, "match": match, "min": 0, "max": most, "within_s": 2.0}


def _by_id(model: Model, identity: Any) -> Conversation | None:
    return next((c for c in model.conversations.values() if c.id == identity), None)


def _label(model: Model, identity: Any) -> str | None:
    return model.label_of(identity) if isinstance(identity, str) else None
