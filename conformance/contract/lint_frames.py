"""Lint rules about frames: what channels, operations, replies and correlation ids say of one another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.lint_places import Contract, Place, items, member, members, texts
from conformance.contract.lint_schemas import declared
from conformance.contract.load import escaped
from conformance.contract.socket import TAGS
from conformance.violation import Violation

CORRELATION = "$message.payload#"
DEPTH_MAX = 20


def judge_frames(contract: Contract) -> Iterator[Violation]:
    """Yield what in channels, operations and messages does not go together."""
    for channel in contract.all("channel"):
        yield from _names(contract, channel)
        yield from _marks(contract, channel)
        yield from _invalid_frames(contract, channel)
    for operation in contract.all("operation"):
        yield from _operation(contract, operation)
    for message in contract.all("message"):
        yield from _correlation(contract, message)


def messages_of(contract: Contract, channel: str) -> dict[str, tuple[str, Any]]:
    """Return (pointer, message) of a channel's messages by key; references are followed."""
    found, _ = contract.follow({"$ref": channel}, channel)
    return {
        key: (pointer, message)
        for key, each in members(member(found, "messages"))
        for message, pointer in [contract.follow(each, f"{channel}/messages/{escaped(key)}")]
        if isinstance(message, dict)
    }


def sent_on(contract: Contract, channel: str, who: str) -> set[str]:
    """Return the pointers of the messages that one side sends on a channel: `client` or `server`."""
    found: set[str] = set()
    for operation in contract.all("operation"):
        by_client = operation.value.get("action") == "receive"
        reply, _ = contract.follow(operation.value.get("reply"))
        for holder, is_own in (
            (operation.value, by_client == (who == "client")),
            (reply, by_client != (who == "client")),
        ):
            where = _channel_of(contract, holder) or _channel_of(contract, operation.value)
            if is_own and isinstance(holder, dict) and holder and where == channel:
                refs = holder.get("messages")
                chosen = [contract.follow(each)[1] for each in refs] if isinstance(refs, list) else None
                found.update(
                    chosen if chosen is not None else (at for at, _ in messages_of(contract, channel).values())
                )
    return found


def _names(contract: Contract, channel: Place) -> Iterator[Violation]:
    first: dict[str, str] = {}
    for key, (pointer, message) in messages_of(contract, channel.pointer).items():
        name = message.get("name")
        if not isinstance(name, str):
            continue
        if first.setdefault(name, pointer) != pointer:
            expected = f"a name that no other message of {channel.subject} has"
            yield contract.violation("message-name", key, f"{pointer}/name", expected, name)


def _marks(contract: Contract, channel: Place) -> Iterator[Violation]:
    own = messages_of(contract, channel.pointer)
    for who in ("client", "server"):
        sent = sent_on(contract, channel.pointer, who)
        frames = {pointer: (key, message) for key, (pointer, message) in own.items() if pointer in sent}
        for (at, (_, one)), (_, (other_key, other)) in combinations(frames.items(), 2):
            marks = [
                (tag, mark)
                for tag in TAGS
                if isinstance(mark := constant_of(contract, one, tag), str)
                and mark == constant_of(contract, other, tag)
            ]
            if marks and not _are_apart(contract, json_payload(one), json_payload(other)):
                expected = f"another `{marks[0][0]}` than that of {other_key}"
                yield contract.violation("frames-told-apart", frames[at][0], at, expected, marks[0][1], other_key)


def constant_of(contract: Contract, message: Any, name: str) -> Any:
    """Return the one value that a member of a message's payload may have, ABSENT when it is free."""
    for schema in declared(contract, json_payload(message), [name]) or ():
        if "const" in schema:
            return schema["const"]
        if len(items(schema.get("enum"))) == 1:
            return schema["enum"][0]
    return ABSENT


def _are_apart(contract: Contract, one: Any, other: Any, depth: int = 0) -> bool:
    """Say whether no value is valid by both schemas, as far as constants and closed objects tell."""
    sides = [declared(contract, each, []) or [] for each in (one, other)]
    if depth > DEPTH_MAX or any("oneOf" in part or "anyOf" in part for side in sides for part in side):
        return True  # too much to tell; give it the benefit of the doubt
    values = [[part["enum"] for part in side if isinstance(part.get("enum"), list)] for side in sides]
    values = [v + [[part["const"]] for part in side if "const" in part] for v, side in zip(values, sides, strict=True)]
    if any(not any(value in b for value in a) for a in values[0] for b in values[1]):
        return True
    types = [[part["type"] for part in side if isinstance(part.get("type"), str)] for side in sides]
    if any({a, b} not in ({a}, {"integer", "number"}) for a in types[0] for b in types[1]):
        return True
    required = [{name for part in side for name in texts(part.get("required"))} for side in sides]
    closed = [[part for part in side if part.get("additionalProperties") is False] for side in sides]
    for mine, theirs in ((0, 1), (1, 0)):
        for part in closed[theirs]:
            if not part.get("patternProperties") and required[mine] - set(dict(members(part.get("properties")))):
                return True
    names = [{name for part in side for name, _ in members(part.get("properties"))} for side in sides]
    return any(
        _are_apart(contract, inner, match, depth + 1)
        for name in sorted(names[0] & names[1])  # required or not: documents rarely say that a mark is
        for inner in declared(contract, one, [name]) or ()
        for match in declared(contract, other, [name]) or ()
    )


def _operation(contract: Contract, operation: Place) -> Iterator[Violation]:
    channel = _channel_of(contract, operation.value)
    if channel is None:
        return  # a broken reference, or an invalid document
    rows = [("operation-messages", operation.value, operation.pointer, channel)]
    reply, at = contract.follow(operation.value.get("reply"), f"{operation.pointer}/reply")
    if isinstance(reply, dict) and reply:
        rows.append(("reply-messages", reply, at, _channel_of(contract, reply) or channel))
    broken = {place.pointer for place, _ in contract.broken}
    for rule, holder, pointer, where in rows:
        if where not in {each.pointer for each in contract.all("channel")}:
            continue
        known = {at for at, _ in messages_of(contract, where).values()}
        for index, each in enumerate(items(holder.get("messages"))):
            place = f"{pointer}/messages/{index}"
            target = contract.follow(each, place)[1]
            if target not in known and place not in broken:
                expected = f"a message of the channel {where.removeprefix('#/channels/')}"
                got = each.get("$ref", "a message of its own") if isinstance(each, dict) else str(each)
                yield contract.violation(rule, operation.subject, place, expected, got)


def _channel_of(contract: Contract, holder: Any) -> str | None:
    found, pointer = contract.follow(member(holder, "channel"), "")
    return pointer if pointer and found else None


def _correlation(contract: Contract, message: Place) -> Iterator[Violation]:
    raw = message.value.get("correlationId")
    if raw is None or "payload" not in message.value:
        return
    correlation, at = contract.follow(raw, f"{message.pointer}/correlationId")
    location = correlation.get("location") if isinstance(correlation, dict) else None
    if isinstance(location, str) and location.startswith(CORRELATION):
        payload = json_payload(message.value)
        if declared(contract, payload, parts_of(location.removeprefix(CORRELATION))) is None:
            expected = f"a member that the payload of {message.subject} declares"
            yield contract.violation("correlation-declared", message.subject, f"{at}/location", expected, location)


def _invalid_frames(contract: Contract, channel: Place) -> Iterator[Violation]:
    raw, rule, at = channel.value.get("x-invalid-frames"), "invalid-frame-answer", f"{channel.pointer}/x-invalid-frames"
    if not isinstance(raw, dict):
        return
    messages = messages_of(contract, channel.pointer)
    if str(raw.get("reply")) not in messages:
        yield contract.violation(rule, channel.subject, f"{at}/reply", "the key of a message", f"{raw.get('reply')}")
        return
    pointer, message = messages[str(raw["reply"])]
    if pointer not in sent_on(contract, channel.pointer, "server"):
        yield contract.violation(rule, channel.subject, f"{at}/reply", "a message that the server sends", raw["reply"])
    code = raw["code"] if isinstance(raw.get("code"), dict) else {}
    for where, named in ((f"{at}/code/pointer", code.get("pointer")), (f"{at}/errors", raw.get("errors"))):
        if isinstance(named, str) and declared(contract, json_payload(message), parts_of(named)) is None:
            expected = f"a member that {raw['reply']} declares"
            yield contract.violation(rule, channel.subject, where, expected, named)
    values = [(f"{at}/code/value", code.get("value"))]
    for index, each in enumerate(items(raw.get("exceptions"))):
        values.append((f"{at}/exceptions/{index}/value", member(each, "value")))
    allowed = code_member(contract, channel)[1]
    for where, value in values:
        if value is not None and not all(value in codes for codes in allowed):
            expected = f"a value that {raw['reply']} may have there"
            yield contract.violation(rule, channel.subject, where, expected, str(value))


def code_member(contract: Contract, channel: Place) -> tuple[str, list[list[Any]]]:
    """Return where the answer to an invalid frame stands, and the lists of the codes that it may have."""
    raw = channel.value.get("x-invalid-frames")
    raw = raw if isinstance(raw, dict) else {}
    code: Any = raw["code"] if isinstance(raw.get("code"), dict) else {}
    at, message = messages_of(contract, channel.pointer).get(str(raw.get("reply")), ("", {}))
    if not isinstance(code.get("pointer"), str):
        return at, []
    found = declared(contract, json_payload(message), parts_of(code["pointer"])) or []
    return at, [each["enum"] for each in found if isinstance(each.get("enum"), list)]


def json_payload(message: dict[str, Any]) -> Any:
    """Return the schema of a message's payload, out of its wrapping with a `schemaFormat`."""
    payload = message.get("payload", {})
    return payload.get("schema", {}) if isinstance(payload, dict) and "schemaFormat" in payload else payload


def parts_of(pointer: str) -> list[str]:
    """Return the parts of an RFC 6901 pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
