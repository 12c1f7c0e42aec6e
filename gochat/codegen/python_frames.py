"""Writes the Python client's methods for the socket, for both faces: one for each frame, and `on` for what comes."""

from __future__ import annotations

from collections.abc import Iterable

from gochat.codegen.client_facts import ClientCall, ClientFacts
from gochat.codegen.documents import JsonObject
from gochat.codegen.python_text import annotation, docstring, literal, python_name, python_parameter

MESSAGE = "ChatMessage"
"""The clients' own message: a push, or the same from the history or from one's own send."""

# The events that are no frames: name -> (what a listener gets, what it says).
OWN_EVENTS = {
    "message": (
        f"server_frames.{MESSAGE}",
        "Every message of every conversation, one's own too: once, in order of seq_id, with what was missed.",
    ),
    "synced": (None, "Everything that was missed before this connection has been delivered."),
    "state": ("SocketState", "How it stands with the connection."),
    "frame": ("server_frames.ServerFrame", "Every frame that the contract declares."),
}


def render_events(facts: ClientFacts) -> str:
    """Return the overloads of `on`: for each event, what its listener gets."""
    rows = [(name, kind, text) for name, (kind, text) in OWN_EVENTS.items()]
    rows += [(f.frame, f.data and f"server_frames.{f.data}", f.doc) for f in facts.server_frames]
    return "".join(
        "    @overload\n"
        f"    def on(self, event: Literal[{literal(name)}], listener: Callable[[{kind or ''}], object]) "
        "-> Callable[[], None]:\n"
        f"{docstring(text, 8)}\n"
        for name, kind, text in rows
    )


def render_event() -> str:
    """Return the method that all overloads are of."""
    return _event("return self._emitter.add(event, listener)")


def render_sync_event() -> str:
    """Return the same for code without asyncio."""
    return _event("off = self._loop.do(lambda: self._socket.on(event, listener))", "return lambda: self._loop.do(off)")


def _event(*lines: str) -> str:
    # The overloads have checked name and listener together; here they are apart.
    text = "Calls `listener` at each such event, until the function that is returned is called."
    return (
        "    def on(self, event: Any, listener: Callable[..., object]) -> Callable[[], None]:\n"
        + docstring(text, 8)
        + "".join(f"        {line}\n" for line in lines)
    )


def render_frames(asyncapi: JsonObject, facts: ClientFacts) -> str:
    """Return a method for each frame that a client sends, to be awaited."""
    return "\n".join(_async_frame(asyncapi, facts, call) for call in facts.client_calls)


def render_sync_frames(asyncapi: JsonObject, facts: ClientFacts) -> str:
    """Return the same for code without asyncio."""
    return "\n".join(_sync_frame(asyncapi, facts, call) for call in facts.client_calls)


def _async_frame(asyncapi: JsonObject, facts: ClientFacts, call: ClientCall) -> str:
    data = _frame_properties(asyncapi, call)
    result = _result(facts, call)
    given = "None" if call.data is None or (not data and not call.is_data_required) else "data"
    lines = []
    if given == "data":
        pairs = ", ".join(f"{literal(wire)}: {name}" for wire, name, _, _ in data)
        lines.append(f"data: Data = {{{pairs}}}")
        if any(not is_required for _, _, _, is_required in data):
            lines.append("data = {name: value for name, value in data.items() if value is not None}")
    wire_type = literal(call.frame)
    if call.answer is None:
        lines.append(f"self._post({wire_type}, {given})")
    else:
        verb = "_ask" if call.correlation is None else "_request"
        kind = "type(None)" if result == "None" else result
        returned = "" if result == "None" else "return "
        lines.append(f"{returned}await self.{verb}({wire_type}, {given}, {kind})")
    return (
        f"    async def {python_name(call.name)}({_frame_parameters(data)}) -> {result}:\n"
        f"{docstring(call.doc, 8)}" + "".join(f"        {line}\n" for line in lines)
    )


def _sync_frame(asyncapi: JsonObject, facts: ClientFacts, call: ClientCall) -> str:
    data = _frame_properties(asyncapi, call)
    name, result = python_name(call.name), _result(facts, call)
    given = ", ".join(f"{argument}={argument}" for _, argument, _, _ in data)
    returned = "" if result == "None" else "return "
    return (
        f"    def {name}({_frame_parameters(data)}) -> {result}:\n"
        f"{docstring(call.doc, 8)}"
        f"        {returned}self._loop.wait_for(self._socket.{name}({given}))\n"
    )


def _result(facts: ClientFacts, call: ClientCall) -> str:
    data = next((frame.data for frame in facts.server_frames if frame.frame == call.answer), None)
    return "None" if data is None else f"server_frames.{data}"


_Property = tuple[str, str, str, bool]  # name on the wire, name here, type, whether it must be given


def _frame_properties(asyncapi: JsonObject, call: ClientCall) -> list[_Property]:
    if call.data is None:
        return []
    schema = asyncapi["components"]["schemas"][call.data]
    required = set(schema.get("required", [])) if call.is_data_required else set()
    made = (call.correlation or "").removeprefix("/data/")  # an id that is not given is made
    rows = [
        (wire, python_name(wire), annotation(part, "client_frames."), wire in required and wire != made)
        for wire, part in schema.get("properties", {}).items()
    ]
    return sorted(rows, key=lambda row: not row[3])


def _frame_parameters(data: Iterable[_Property]) -> str:
    rows = [python_parameter(name, kind, is_required) for _, name, kind, is_required in data]
    return ", ".join(["self", *(["*", *rows] if rows else [])])
