"""The script of a violation: it is formatted, complete, readable, and says what it is about."""

from __future__ import annotations

import ast
import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.replay.prelude import frame_bytes
from conformance.replay.python_code import bytes_code, flat, identifier, statement, text_code, value_code, width
from conformance.replay.script import write_script
from conformance.replay.script_pieces import raw_code
from conformance.replay.values import REFERENCE
from conformance.trace import Step, Trace
from conformance.violation import Violation
from tests.kit.replay_server import little_server
from tests.kit.replay_stories import STORIES, record

Json = dict[str, Any]

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"

ACCOUNT = {"username": "alice-${run}", "password": "correct horse battery"}
LOGIN: Json = {"step": "http", "id": "r1", "who": "alice", "method": "POST", "path": "/api/auth/login", "json": ACCOUNT}
CONNECT: Json = {"step": "connect", "socket": "s1", "who": "alice", "query": {"token": "${r1#/data/accessToken}"}}
CHECK: Json = {"check": "frame", "socket": "s1", "match": {"type": "pong"}, "min": 1}


def violation(*steps: Step, check: Json = CHECK, **more: Any) -> Violation:
    given = {
        "rule": "a-rule",
        "subject": "ping",
        "pointer": "asyncapi#/operations/ping",
        "expected": "one pong",
        "got": "none",
    }
    return Violation(**{**given, **more}, trace=Trace(steps, check, "a-rule", "Every ping is answered"))


def scenario(script: str) -> str:
    """Return the steps of a script, without what is around them."""
    return script[script.index("async def scenario") : script.index("async def main")]


def send(**step: Any) -> Json:
    return {"step": "send", "socket": "s1"} | step


def raw(data: bytes) -> Json:
    return {"step": "raw", "socket": "s1", "base64": base64.b64encode(data).decode()}


STRANGE: tuple[Step, ...] = (
    LOGIN,
    CONNECT,
    send(json={"type": "send-message", "data": {"content": "x" * 4001, "n": [1, 2.5, None, True], "a": {}, "b": []}}),
    send(json={"long": "many words " * 60, "quotes": "it's \"so\"", "{braces}": "{${run}} $ ${$}{run}"}),
    send(json={"other": 'say "so"'}),
    send(json=["你好" * 40, "\ud800", "\x00\n\t\\", "${r1#/data/user}", "a${r1#/data/user}" * 30]),
    send(text='{"type": "ping"'),
    send(text="[" * 5000),
    send(text="\ud800 ${run}"),
    raw(b"\x01\x02\x03"),
    raw(bytes(range(256)) * 2),
    raw(frame_bytes(b"hello", opcode=1)),
    raw(frame_bytes(b"\xff\xfe" + b"a" * 70_000, opcode=2, fin=False, rsv=3, mask=b"\x01\x02\x03\x04")),
    raw(frame_bytes(b"he", opcode=1, fin=False) + frame_bytes(b"llo", opcode=0)),
    {"step": "expect", "id": "e1", "socket": "s1", "frame": {"type": "pong"}, "within_s": 0.5},
    {"step": "expect", "id": "e2", "socket": "s1", "closed": True},
    {"step": "together", "steps": [LOGIN | {"id": "r2"}, {"step": "wait", "seconds": 1}, send(json=1)]},
    {"step": "http", "id": "r3", "method": "PUT", "path": "/${r2#/data/0/a~1b}/x", "text": "{",
     "query": {"a": 1, "b": "é&"}, "headers": {"X": "y"}, "token": "t"},
    {"step": "http", "id": "r4", "who": "Bob 2!", "method": "GET", "path": "/", "base64": "/wA="},
    {"step": "connect", "socket": "s2", "query": {"token": "é &=", "more": "${r1#/data/accessToken}"}, "path": "/live"},
    {"step": "connect", "socket": "s3", "headers": {"Origin": "http://x"}},
    {"step": "close", "socket": "s2", "code": 3000},
    {"step": "drop", "socket": "s3"},
    {"step": "wait", "seconds": 1.5},
)  # fmt: skip

MATCH = {"type": "new-message", "data": {"id": "${e1#/data/id}"}}
CHECKS: tuple[Json, ...] = (
    {"check": "response", "step": "r2", "status": [403]},
    {"check": "response", "step": "r2", "status": [403, 404]},
    {"check": "response", "step": "r2", "pointer": "/data/0/a~1b", "equals": 3, "status": [200]},
    {"check": "response", "step": "r2", "pointer": "", "type": ["object", "number"]},
    {"check": "response", "step": "r2", "header": "Allow", "present": True},
    {"check": "frame", "socket": "s1", "match": MATCH, "min": 1},
    {"check": "frame", "socket": "s1", "match": MATCH, "min": 1, "max": 1, "within_s": 0.5},
    {"check": "frame", "socket": "s1", "match": MATCH, "min": 1, "max": 3},
    {"check": "frame", "socket": "s1", "match": MATCH, "max": 0},
    {"check": "frame-value", "socket": "s1", "match": MATCH, "pointer": "/a/b", "absent": True},
    {"check": "frame-value", "socket": "s1", "match": MATCH, "pointer": "/a", "not": "${r1#/data/user}"},
    {"check": "frame-value", "socket": "s1", "match": MATCH, "pointer": "/a", "equals": {"long": "text " * 30}},
    {"check": "frame-value", "socket": "s1", "match": MATCH, "pointer": "/a", "equals": True},
    {"check": "frame-value", "socket": "s1", "match": MATCH, "pointer": "/a", "equals": 1},
    {"check": "close", "socket": "s1", "codes": []},
    {"check": "close", "socket": "s1", "codes": [4401, 1000], "within_s": 0.5},
)


@pytest.fixture(params=range(len(CHECKS)))
def script(request: pytest.FixtureRequest) -> str:
    return write_script(violation(*STRANGE, check=CHECKS[request.param]))


def test_a_script_is_python_within_the_line_length(script: str) -> None:
    ast.parse(script, feature_version=(3, 11))
    assert [line for line in script.splitlines() if width(line) > 120] == []
    assert len(script.encode()) < 60_000


def test_ruff_finds_nothing_to_do(script: str, tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(script, encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--config", str(PYPROJECT), str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_only_two_packages_are_needed(script: str) -> None:
    modules = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    tops = {module.split(".")[0] for module in modules}
    assert tops - set(sys.stdlib_module_names) == {"httpx", "websockets"}


def test_base64_is_only_for_bytes_that_are_no_frames() -> None:
    text = scenario(write_script(violation(*STRANGE)))
    assert text.count("b64decode") == 2
    assert '.send_raw(frame_bytes(b"hello", opcode=1))' in text
    assert 'b"a" * 70000' in text
    assert "fin=False" in text


def test_names_are_those_of_the_people() -> None:
    text = scenario(write_script(violation(LOGIN, CONNECT, send(json={"type": "ping"}))))
    assert 'print("1. alice: POST /api/auth/login")' in text
    assert 'alice_access_token = alice_login.body["data"]["accessToken"]' in text
    assert 'alice_line = await Line.connect("alice", f"{server}/ws?token={alice_access_token}")' in text
    assert 'print("3. alice sends ping")' in text
    assert 'await alice_line.send({"type": "ping"})' in text
    assert 'number = await alice_line.count({"type": "pong"}, seconds=2, enough=1)' in text


def test_only_what_is_used_is_copied_and_named() -> None:
    text = write_script(violation(LOGIN, check={"check": "response", "step": "r1", "status": [200]}))
    for unused in ("class Line", "websockets.", "def value_in", "def kind_of", "frame_bytes", "base64", "urlencode"):
        assert unused not in text.split("Needs Python")[1].split("\n", 1)[1], unused
    assert "alice_access_token" not in text
    assert write_script(violation(LOGIN, LOGIN | {"id": "r9"})).count("alice_login") == 0


def test_the_head_says_what_the_contract_says() -> None:
    text = write_script(violation(LOGIN, CONNECT, expected='one """pong""" \\', got="\x00 none"))
    head = ast.get_docstring(ast.parse(text)) or ""
    assert head.startswith("Every ping is answered.")
    for part in ("a-rule", "ping", "asyncapi#/operations/ping", "one '''pong''' \\", "\\x00 none"):
        assert part in head
    assert "# Contract: asyncapi#/operations/ping" in text
    assert "# Expected: one" in text


def test_nothing_to_repeat_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without a trace"):
        write_script(Violation("a", "b", "c", "d", "e"))


def run(script: str, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "script.py"
    file.write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(file), *arguments], capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def test_without_a_server_it_ends_with_2_and_one_line(tmp_path: Path) -> None:
    for arguments in (["http://127.0.0.1:1"], []):
        ended = run(write_script(violation(LOGIN, CONNECT)), tmp_path, *arguments)
        assert ended.returncode == 2
        assert len(ended.stdout.splitlines()) == 1
        assert ended.stderr == ""


def test_a_value_that_does_not_come_ends_it_with_0(tmp_path: Path) -> None:
    with little_server() as url:
        ended = run(write_script(violation(LOGIN, CONNECT)), tmp_path, url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1].startswith("not reproduced: a step needs a value")


def test_a_refused_connection_ends_it_with_0_unless_that_is_what_is_wrong(tmp_path: Path) -> None:
    register = LOGIN | {"id": "r0", "path": "/api/auth/register"}
    with little_server("refuses to open") as url:
        ended = run(write_script(violation(register, LOGIN, CONNECT)), tmp_path, url)
        assert (ended.returncode, ended.stderr) == (0, "")
        check = {"check": "close", "socket": "s1", "codes": [4401]}
        wrong = run(write_script(violation(register, LOGIN, CONNECT, check=check)), tmp_path, url)
    assert wrong.returncode == 1
    assert wrong.stdout.splitlines()[-1] == "VIOLATION: expected one pong, got the close code 401"


def test_each_step_is_printed_as_it_is_done(tmp_path: Path) -> None:
    import asyncio

    story = STORIES[0]
    with little_server(story.defect) as url:
        trace = asyncio.run(record(story, url))
        ended = run(write_script(Violation("a", "b", "c", "d", "e", trace=trace)), tmp_path, url)
    numbers = [int(found) for found in re.findall(r"^(\d+)\. ", ended.stdout, re.MULTILINE)]
    assert numbers == list(range(1, len(trace.steps) + 1))


# The writer of code.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())) | st.text("x{}$'\"\\ ", max_size=200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def filled(found: re.Match[str]) -> str:
    return "RUN"


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_code_has_the_value_that_it_was_made_of(value: Any) -> None:
    def plain(item: Any) -> Any:
        """Leave out what would be a reference."""
        if isinstance(item, str):
            return REFERENCE.sub("", item)
        if isinstance(item, dict):
            return {name: plain(each) for name, each in item.items()}
        return [plain(each) for each in item] if isinstance(item, list) else item

    value = plain(plain(value))
    if any(REFERENCE.search(text) for text in _texts(value)):
        return
    code = statement("x = ", value_code(value, filled), indent=0)
    names: Json = {}
    exec(code, names)
    assert names["x"] == value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _texts(item)]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=80) | st.tuples(st.binary(max_size=9), st.integers(0, 300)).map(lambda p: p[0] + b"\x80" * p[1])
)
def test_code_of_bytes_has_these_bytes(data: bytes) -> None:
    import base64 as base64_module

    assert eval(flat(bytes_code(data))) == data
    names = {"frame_bytes": frame_bytes, "base64": base64_module}
    assert eval(flat(raw_code(data)), names) == data
    framed = frame_bytes(data, opcode=2, rsv=1, mask=b"abcd")
    code = flat(raw_code(framed))
    assert eval(code, names) == framed
    assert code.startswith("frame_bytes(")


def test_variables_stand_in_texts() -> None:
    assert text_code("a-${run}", filled) == 'f"a-{RUN}"'
    assert text_code("${run}", filled) == "RUN"
    assert text_code("{${run}}", filled) == 'f"{{{RUN}}}"'
    assert text_code("${$}{run}", filled) == '"${run}"'


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("alice", "accessToken"), "alice_access_token"),
        (("Bob 2!", "new-message"), "bob_2_new_message"),
        (("7",), "n7"),
        (("",), "value"),
    ],
)
def test_names_are_identifiers(words: tuple[str, ...], name: str) -> None:
    assert identifier(*words) == name
