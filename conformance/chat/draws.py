"""What the machine may do next, given the model: every operation, with labels that exist and some that do not.

`draw` is Hypothesis' own, so that a seed gives the same sequence again, as long as the server answers alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.chat.accounts import ChangeAvatar, LogIn, Register, Search, ShowProfile
from conformance.chat.connections import Connect, Leave, Ping
from conformance.chat.friends import AnswerFriend, AskFriend, ListFriends, ListRequests
from conformance.chat.groups import AddMembers, CreateGroup, EditGroup, OpenSingle, RemoveMember, SetRole
from conformance.chat.listing import ListConversations, ListMembers, ShowConversation
from conformance.chat.messages import HTTP, WS, Burst, Repeat, Send
from conformance.chat.model import PENDING, Model
from conformance.chat.operation import Operation, Step
from conformance.chat.reading import PAST, History, MarkRead, WalkHistory
from conformance.chat.tokens import LogOut, Refresh, TryTokens, UseLogin
from conformance.chat.vanishing import SendAndVanish

T = TypeVar("T")
Draw = Callable[[SearchStrategy[Any]], Any]
Users = tuple[str, ...]
Maker = Callable[[Model, Users, str, Draw], Operation | None]

TEXTS = (
    "hello",
    "漢字 and 🎉",
    'a\nb\t"c" \\d',
    "\u202eright to left",
    "é e\u0301",
    "<b>&amp;</b>",
    "x" * 4000,
    "😀" * 4000,
    " ",
    "0",
)
EDGES = (WS, WS, HTTP)


def one(draw: Draw, values: Any) -> Any:
    """Draw one of some values; None when there are none."""
    values = list(values)
    return draw(st.sampled_from(values)) if values else None


def opening(users: Users, group: str, draw: Draw) -> list[Step]:
    """Return how a sequence begins: most are connected, and there is a group."""
    steps: list[Step] = [Connect(user) if draw(st.integers(0, 3)) else ShowProfile(user) for user in users]
    steps.append(CreateGroup(users[0], group, tuple(user for user in users[1:] if draw(st.integers(0, 3)))))
    return steps


def talk(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    """Draw a message: a new one, a repeat, or many."""
    return _first(model, users, label, draw, (_send, _send, _send, _repeat, _burst))


def race(model: Model, users: Users, label: str, draw: Draw, count: int) -> Step | None:
    """Draw operations that run at the same time, of those that an order can be found for."""
    makers = (
        _send,
        _send,
        _send_twin,
        _connect,
        _add,
        _remove,
        _role,
        _mark,
        _open_single,
        _ask,
        _answer,
        _history,
        _repeat,
    )
    chosen: list[Operation] = []
    for number in range(count):
        operation = _first(model, users, f"{label}.{number}", draw, makers)
        if operation is not None and not _loses_answers(operation, chosen):
            chosen.append(operation)
    return tuple(chosen) if len(chosen) > 1 else (chosen[0] if chosen else None)


def _loses_answers(new: Operation, others: list[Operation]) -> bool:
    """Whether one of these replaces the connection on which another waits for its answer, which then may be lost."""
    everything = [new, *others]
    replaced = {each.user for each in everything if isinstance(each, Connect)}
    return any(
        getattr(each, "edge", HTTP) == WS and getattr(each, "user", "") in replaced for each in everything
    ) or len([each for each in everything if isinstance(each, Connect)]) > len(replaced)


def operation(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    """Draw any operation."""
    return _first(model, users, label, draw, MAKERS)


def _first(model: Model, users: Users, label: str, draw: Draw, makers: tuple[Maker, ...]) -> Operation | None:
    for _ in range(4):
        maker: Maker = draw(st.sampled_from(makers))
        made = maker(model, users, label, draw)
        if made is not None and made.applies(model):
            return made
    return None


def _user(model: Model, users: Users, draw: Draw) -> str:
    return str(one(draw, users))


def _known(model: Model, draw: Draw) -> str:
    labels = [label for label, conversation in model.conversations.items() if conversation.id]
    if not draw(st.integers(0, 15)):
        return "nowhere"
    groups = [label for label in labels if label != "world"]
    return str(one(draw, groups if groups and draw(st.integers(0, 7)) else labels))


def _group(model: Model, draw: Draw) -> str | None:
    group: str | None = one(draw, [label for label, c in model.conversations.items() if c.type == 2 and not c.is_gone])
    return group


def _send(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    content = one(draw, TEXTS)
    kind = draw(st.integers(1, 3))
    edge = one(draw, EDGES)
    with_id = edge == WS or bool(draw(st.integers(0, 3)))
    return Send(_user(model, users, draw), _known(model, draw), f"m{label}", edge, content, kind, with_id)


def _send_twin(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    """A send under an id that its twin of the same race has too."""
    group = _group(model, draw)
    return Send(users[0], group, f"t{label.rpartition('.')[0]}", one(draw, EDGES)) if group else None


def _repeat(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    stored = one(draw, [(sender, message.label) for (sender, _), (_, message) in model.sends.items()])
    if stored is None:
        return None
    changed = one(draw, ("", "", "", "content", "kind", "to"))
    return Repeat(stored[0], stored[1], one(draw, EDGES), changed, _known(model, draw) if changed == "to" else "")


def _burst(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    group = _group(model, draw)
    if group is None:
        return None
    senders = tuple((user, one(draw, EDGES)) for user in users if draw(st.integers(0, 2)))
    return Burst(senders, group, f"b{label}", draw(st.integers(2, 5))) if senders else None


def _connect(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return Connect(_user(model, users, draw))


def _leave(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return Leave(_user(model, users, draw), one(draw, (1000, 1001, None)))


def _ping(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return Ping(_user(model, users, draw))


def _history(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    way = draw(st.integers(0, 2))
    cursor = draw(st.integers(1, 25)) if way == 1 else None
    after = draw(st.integers(0, 25)) if way == 2 else None
    limit = one(draw, (None, 1, 2, 3, 5, 10, 100))
    return History(_user(model, users, draw), _known(model, draw), cursor, after, limit)


def _walk(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    group = _group(model, draw)
    if group is None:
        return None
    return WalkHistory(_user(model, users, draw), group, draw(st.integers(2, 20)), draw(st.booleans()))


def _mark(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    seq = draw(st.one_of(st.integers(1, 25), st.just(PAST)))
    return MarkRead(_user(model, users, draw), _known(model, draw), seq, one(draw, EDGES))


def _show(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return ShowConversation(_user(model, users, draw), _known(model, draw))


def _members(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    page, size, role = one(draw, (None, 1, 2)), one(draw, (None, 1, 2, 5)), one(draw, (None, None, 1, 2, 3))
    return ListMembers(_user(model, users, draw), _known(model, draw), page, size, role)


def _list(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return ListConversations(_user(model, users, draw), one(draw, (None, None, 1, 2, 3)), one(draw, (None, 2, 3, 5)))


def _create(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    members = tuple(user for user in (*users, "nobody") if not draw(st.integers(0, 2 if user != "nobody" else 20)))
    return CreateGroup(_user(model, users, draw), f"g{label}", members, f"group {label}")


def _open_single(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    user, whom = _user(model, users, draw), _user(model, users, draw)
    return OpenSingle(user, whom) if user != whom else None


def _edit(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return EditGroup(_user(model, users, draw), _known(model, draw), name=f"name {label}")


def _add(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    members = tuple(dict.fromkeys(one(draw, users) for _ in range(draw(st.integers(1, 2)))))
    user = _user(model, users, draw)
    return AddMembers(user, _group(model, draw) or "nowhere", tuple(m for m in members if m != user) or ("nobody",))


def _remove(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return RemoveMember(_user(model, users, draw), _group(model, draw) or "nowhere", _user(model, users, draw))


def _role(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    group = _group(model, draw) or "nowhere"
    return SetRole(_user(model, users, draw), group, _user(model, users, draw), draw(st.integers(1, 3)))


def _ask(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    user, whom = _user(model, users, draw), _user(model, users, draw)
    return AskFriend(user, whom, f"f{label}", one(draw, (None, "hi", ""))) if user != whom else None


def _answer(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    pending = [r for r in model.requests.values() if r.status == PENDING]
    request = one(draw, pending or model.requests.values())
    if request is None:
        return None
    user = request.target if draw(st.integers(0, 4)) else _user(model, users, draw)
    return AnswerFriend(user, request.label, bool(draw(st.integers(0, 3))))


def _requests(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return ListRequests(_user(model, users, draw), one(draw, (None, "received", "sent")), one(draw, (None, 0, 1, 2)))


def _friends(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    return ListFriends(_user(model, users, draw))


def _account(model: Model, users: Users, label: str, draw: Draw) -> Operation:
    user, whom = _user(model, users, draw), _user(model, users, draw)
    chosen: Operation = one(
        draw,
        (
            ShowProfile(user),
            ChangeAvatar(user, f"https://img.example.com/{label}.png"),
            Search(user, whom, one(draw, ("exact", "upper", "prefix"))),
            Register(user, "upper"),
            TryTokens(user),
        ),
    )
    return chosen


def _tokens(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    """Log in, out, refresh; who is logged out logs in again."""
    user = _user(model, users, draw)
    if not model.is_logged_in(user):
        alive = [login.label for login in model.logins.values() if login.user == user and login.is_alive]
        return UseLogin(user, one(draw, alive)) if alive else LogIn(user, f"{user}/{label}")
    login = LogIn(user, f"{user}/{label}")
    chosen: Operation = one(draw, (LogOut(user), Refresh(user), Refresh(user), Refresh(user, spent=True), login))
    return chosen


def _vanish(model: Model, users: Users, label: str, draw: Draw) -> Operation | None:
    group = _group(model, draw)
    return SendAndVanish(_user(model, users, draw), group, f"v{label}", draw(st.booleans())) if group else None


MAKERS: tuple[Maker, ...] = (
    _vanish, _send, _send, _send, _repeat, _repeat, _burst, _connect, _connect, _leave, _ping, _history, _walk, _mark,
    _mark,
    _show, _members, _list, _list, _create, _open_single, _edit, _add, _add, _remove, _remove, _role, _ask, _ask,
    _answer, _answer, _requests, _friends, _account, _tokens, _tokens,
)  # fmt: skip
