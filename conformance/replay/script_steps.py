"""Writes the steps of a trace, and its check, as the straight-line function `scenario` of a script.

Gives names to people, connections, answers and values as a programmer would: `alice_login`, `alice_access_token`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from conformance.replay import prelude
from conformance.replay.python_code import (
    Code,
    bytes_code,
    call,
    encoded_code,
    flat,
    identifier,
    statement,
    text_code,
    value_code,
)
from conformance.replay.script_check import CheckWriter
from conformance.replay.script_pieces import (
    is_plain,
    kind_of_frame,
    raw_code,
    subscript,
    value_name,
)
from conformance.replay.values import REFERENCE, escaped_text, strings
from conformance.trace import Step
from conformance.violation import Violation

SAID_CHARS = 70
"""Of what is printed before a step."""


class ScenarioWriter:
    """Writes the function `scenario`; gives variables to what later steps need."""

    def __init__(self, violation: Violation) -> None:
        """Prepare to write the trace of a violation, which has one."""
        assert violation.trace is not None
        trace = violation.trace
        self._violation = violation
        self._trace = trace
        self._number = 0
        self._taken = set(vars(prelude)) | {"http", "server", "value", "number", "code", "pattern", "scenario", "main"}
        self._wanted: dict[str, list[str]] = {}
        for text in strings([*trace.steps, trace.check]):
            for found in REFERENCE.finditer(text):
                pointers = self._wanted.setdefault(found["id"], []) if found["id"] else None
                if pointers is not None and found["pointer"] not in pointers:
                    pointers.append(found["pointer"])
        self._values: dict[tuple[str, str], str] = {}
        self._answers: dict[str, str] = {}
        self._sockets: dict[str, str] = {}
        self._people: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        """Yield the function line by line."""
        yield "async def scenario(server: str, http: httpx.AsyncClient) -> tuple[bool, str]:"
        yield '    """Do the steps; return whether it is wrong, and what came."""'
        for step in self._trace.steps:
            self._number += 1
            yield from self._step(step)
            yield ""
        yield from CheckWriter(self._answers, self._sockets, self._variable).lines(self._violation)

    def _variable(self, found: re.Match[str]) -> str:
        if found["run"]:
            return "RUN"
        # A value of a step that is not there: the script then says that it can't be had.
        return self._values.get((found["id"], found["pointer"]), "None")

    def _code(self, value: Any) -> Code:
        return value_code(value, self._variable)

    def _text(self, text: str) -> Code:
        return text_code(text, self._variable)

    def _new(self, *words: str) -> str:
        name = identifier(*words)
        number = 2
        candidate = name
        while candidate in self._taken:
            candidate, number = f"{name}_{number}", number + 1
        self._taken.add(candidate)
        return candidate

    # The steps.

    def _step(self, step: Step) -> Iterator[str]:
        if step["step"] != "together":
            yield self._say(*self._what(step))
            action, result = self._action(step)
            variable = self._result_of(step, result)
            yield statement(f"{variable} = await " if variable else "await ", action)
            yield from self._bindings(step, variable)
            return
        inner = step["steps"]
        yield self._say("at the same time", "; ".join(" ".join(self._what(each)) for each in inner))
        actions = [self._action(each) for each in inner]
        variables = [self._result_of(each, result) for each, (_, result) in zip(inner, actions, strict=True)]
        head = ", ".join(each or "_" for each in variables) + ("," if len(variables) == 1 else "")
        gathered = call("asyncio.gather", *(action for action, _ in actions))
        yield statement(f"{head} = await " if any(variables) else "await ", gathered)
        for each, variable in zip(inner, variables, strict=True):
            yield from self._bindings(each, variable)

    def _what(self, step: Step) -> tuple[str, str]:
        who = self._who(step)
        kind = step["step"]
        if kind == "wait":
            return "everybody", f"waits {step['seconds']:g} s"
        if kind == "http":
            return f"{who}:", f"{step['method']} {step['path']}"
        if kind == "send":
            return who, f"sends {kind_of_frame(step)}"
        if kind == "expect" and not step.get("closed"):
            return who, f"waits for {kind_of_frame({'json': step.get('frame')})}"
        words = {
            "connect": "connects",
            "raw": "sends bytes",
            "expect": "waits until the connection has ended",
            "close": f"closes with {step.get('code', 1000)}",
            "drop": "drops the TCP connection",
        }
        return who, words[kind]

    def _say(self, *words: str) -> str:
        """Return the code that prints what is done next, with a dot for each value that only a run knows."""
        text = REFERENCE.sub("…", " ".join(words))[:SAID_CHARS]
        return statement("", call("print", text_code(escaped_text(f"{self._number}. {text}"), self._variable)))

    def _action(self, step: Step) -> tuple[Code, str]:
        """Return the code that does a step, and what its result is called, "" when it has none of use."""
        kind = step["step"]
        if kind == "http":
            return self._http(step)
        if kind == "connect":
            return self._connect(step)
        if kind == "wait":
            return call("asyncio.sleep", f"{step['seconds']:g}"), ""
        line = self._sockets.get(step["socket"], "None")
        if kind == "send":
            frame = self._code(step["json"]) if "json" in step else encoded_code(step["text"], self._variable)
            return call(f"{line}.send", frame), ""
        if kind == "raw":
            return call(f"{line}.send_raw", raw_code(base64.b64decode(step["base64"]))), ""
        within = step.get("within_s")
        if kind == "expect" and step.get("closed"):
            return call(f"{line}.wait_closed", seconds=f"{within or 5:g}"), ""
        if kind == "expect":
            seconds = f"{within:g}" if within else None
            return call(f"{line}.expect", self._code(step.get("frame") or {}), seconds=seconds), "frame"
        return call(f"{line}.{kind}", *([str(step.get("code", 1000))] if kind == "close" else [])), ""

    def _http(self, step: Step) -> tuple[Code, str]:
        content: Code | None = None
        if "base64" in step:
            content = bytes_code(base64.b64decode(step["base64"]))
        elif "text" in step:
            content = encoded_code(step["text"], self._variable)
        code = call(
            "call",
            "http",
            f'"{step["method"]}"',
            self._text(step["path"]),
            token=self._text(step["token"]) if "token" in step else None,
            query=self._code(step["query"]) if step.get("query") else None,
            headers=self._code(step["headers"]) if step.get("headers") else None,
            body=self._code(step["json"]) if "json" in step else None,
            content=content,
        )
        named = [part for part in step["path"].split("/") if part and not REFERENCE.search(part)]
        return code, named[-1] if named else "answer"

    def _connect(self, step: Step) -> tuple[Code, str]:
        check = self._trace.check
        may_be_refused = check["check"] == "close" and check["socket"] == step["socket"]
        url = "${server#}" + step.get("path", "/ws")
        self._values[("server", "")] = "server"
        query: Code = self._text(url)
        if step.get("query"):
            for number, (name, value) in enumerate(step["query"].items()):
                url += f"{'&' if number else '?'}{name}={value}"
            query = self._text(url)
            if any(not is_plain(str(value)) for value in step["query"].values()):
                joined = call("urlencode", self._code(step["query"]))
                query = f'f"{{server}}{step.get("path", "/ws")}?" + {flat(joined)}'
        code = call(
            "Line.connect",
            f'"{self._who(step)}"',
            query,
            headers=self._code(step["headers"]) if step.get("headers") else None,
            may_be_refused="True" if may_be_refused else None,
        )
        return code, "line"

    def _result_of(self, step: Step, result: str) -> str:
        """Return the variable that a step's result goes to, "" when nobody needs it."""
        kind = step["step"]
        if kind == "connect":
            self._sockets[step["socket"]] = self._new(self._who(step), "line")
            return self._sockets[step["socket"]]
        is_checked = self._trace.check.get("step") == step.get("id") and kind == "http"
        if not result or not (is_checked or self._wanted.get(step.get("id", ""))):
            return ""
        if kind == "expect":
            result = kind_of_frame({"json": step.get("frame")}).removeprefix("a ")
        variable = self._new(self._who(step), result)
        self._answers[step["id"]] = variable
        return variable

    def _bindings(self, step: Step, variable: str) -> Iterator[str]:
        for pointer in self._wanted.get(step.get("id", ""), ()) if variable else ():
            parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
            name = self._new(self._who(step), value_name(step, parts))
            self._values[(step["id"], pointer)] = name
            place = "".join(f"[{subscript(part)}]" for part in parts)
            yield f"    {name} = {variable}{'.body' if step['step'] == 'http' else ''}{place}"

    def _who(self, step: Step) -> str:
        if step["step"] == "connect":
            self._people[step["socket"]] = step.get("who") or step["socket"]
        return str(step.get("who") or self._people.get(step.get("socket", ""), "client"))
