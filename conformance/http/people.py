"""Who and what the HTTP layer sets up, as tables: steps by the contract's own operations, and placeholders.

The names of operations, parameters and properties are those of a chat's contract; where a document has no such
operation its placeholders stay what they are, texts. Tables only; `world` carries the steps out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PASSWORD = "correct horse battery"
PEOPLE = ("owner", "admin", "member", "stranger", "guest")
"""In whose name requests go out. All but the stranger and the guest are in the group."""

SHARES = {"owner": 9, "admin": 2, "member": 4, "stranger": 3, "guest": 2}
"""How often in 20 requests each is chosen."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the set-up, written with placeholders; it has to be answered with 2xx."""

    operation: str
    who: str = ""
    path: dict[str, str] = field(default_factory=dict)
    json: Any = None


@dataclass(frozen=True, slots=True)
class Place:
    """What stands behind a placeholder.

    Attributes:
        text: With references: `${STEP#/pointer}`, into the answer of a step, and `${run}`, which is new for each run.
        needs: Steps that have to be taken beside those that the text refers to.
        counts: The step whose repetitions make `${run}` another one; "" for a new one each time.
    """

    text: str
    needs: tuple[str, ...] = ()
    counts: str = ""


ACCOUNTS = ("owner", "admin", "member", "stranger", "asker", "spare", "newcomer")
GUESTS = ("guest", "throwaway", "refresh")
_GROUP = {"conversationId": "kit.new-group"}

STEPS: dict[str, Step] = {
    **{name: Step("register", json={"username": f"kit.{name}-name", "password": PASSWORD}) for name in ACCOUNTS},
    **{
        f"{name}Login": Step("login", json={"username": f"kit.{name}-account", "password": PASSWORD})
        for name in ACCOUNTS
        if name not in ("spare", "newcomer")
    },
    **{f"{name}Login": Step("guestLogin", json={}) for name in GUESTS},
    "group": Step(
        "createConversation", "owner", json={"type": 2, "members": ["kit.admin-id", "kit.member-id"], "name": "kit"}
    ),
    "promote": Step("updateMember", "owner", {**_GROUP, "userId": "kit.admin-id"}, json={"role": 2}),
    "message": Step("sendMessage", "owner", _GROUP, json={"messageType": 1, "content": "hello"}),
    "single": Step("createConversation", "owner", json={"type": 1, "members": ["kit.member-id"]}),
    "world": Step("listConversations", "guest"),
    "request": Step("createFriendRequest", "asker", json={"targetUserId": "kit.owner-id"}),
    "asked": Step("createFriendRequest", "owner", json={"targetUserId": "kit.stranger-id"}),
}

PLACES: dict[str, Place] = {
    **{f"kit.{name}-name": Place(f"kit-{name}-${{run}}", counts=name) for name in ACCOUNTS},
    **{f"kit.{name}-account": Place(f"kit-{name}-${{run}}", (name,), name) for name in ACCOUNTS},
    **{f"kit.{name}-id": Place(f"${{{name}Login#/data/user/id}}") for name in (*PEOPLE, "asker")},
    **{f"kit.as-{name}": Place(f"${{{name}Login#/data/accessToken}}") for name in (*PEOPLE, "asker", "throwaway")},
    "kit.newcomer-id": Place("${newcomer#/data/user/id}"),
    "kit.new-group": Place("${group#/data/id}"),
    "kit.group": Place("${group#/data/id}", ("promote", "message")),
    "kit.single": Place("${single#/data/id}"),
    "kit.world": Place("${world#/data/conversations/0/id}"),
    "kit.request": Place("${request#/data/id}"),
    "kit.asked": Place("${asked#/data/id}"),
    "kit.refresh": Place("${refreshLogin#/data/refreshToken}"),
    "kit.new-name": Place("kit-new-${run}"),
}

_PERSONS = ("kit.member-id", "kit.stranger-id", "kit.admin-id", "kit.owner-id", "kit.guest-id")

KNOWN: dict[str, tuple[Any, ...]] = {
    "conversationId": ("kit.group", "kit.group", "kit.single", "kit.world"),
    "userId": ("kit.member-id", "kit.admin-id", "kit.owner-id", "kit.stranger-id"),
    "requestId": ("kit.request", "kit.asked"),
    "targetUserId": ("kit.newcomer-id", *_PERSONS),
    "members": _PERSONS,
    "username": ("kit.spare-account",),
    "password": (PASSWORD,),
    "refreshToken": ("kit.refresh",),
    "client_msg_id": ("kit-1", "kit-2"),
    "q": ("kit",),
}
"""Values to offer, by the name of a parameter, a body's property, or the items of a body's property."""

FRESH = {"register": {"username": "kit.new-name"}}
"""By operation and property: what it takes for the operation to succeed each time, where that is not in `KNOWN`."""

SPENT = {
    "updateMember": ("group", "promote", "message"),
    "removeMember": ("group", "promote", "message"),
    "updateFriendRequest": ("request", "asker", "askerLogin"),
}
"""Steps to take again after a success of an operation, since it has used up what they made."""

ENDS_A_LOGIN = {"logout": "throwaway"}
"""Operations that end the login which they are called with, and who has logins to throw away."""

ONE_WAY = {"kit.as-throwaway": "throwawayLogin", "kit.refresh": "refreshLogin", "kit.newcomer-id": "newcomer"}
"""Placeholders that are good for one use, with the step to take again after it."""
