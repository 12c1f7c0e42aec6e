"""The catalogue of broken servers: every edit fits the source, every server starts, and defects are real.

What a defect does is shown from outside, on the broken server and on the clean one; the score is held to its
arithmetic with stand-in kits, which are commands that only have an exit status.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from conformance.broken_servers import score
from conformance.broken_servers.catalogue import (
    CATALOGUE,
    CHECKOUT,
    CLEAN,
    BrokenServer,
    CatalogueError,
    Edit,
    all_servers,
    edited_files,
    load_catalogue,
)
from conformance.broken_servers.judging import FAILED, KILLED, SURVIVED, Judgement
from conformance.broken_servers.serve import running
from conformance.broken_servers.tally import markdown, score_classes, survivors

CLASSES = load_catalogue()
SERVERS = all_servers(CLASSES)
BY_NAME = {server.name: server for server in SERVERS}
MUST_HAVE = {
    *("schema", "auth", "ordering", "broadcast", "idempotency", "presence", "read_state", "lifecycle", "close_codes"),
    *("pagination", "races", "leaks", "members", "friends", "limits", "errors", "durability"),
}
MIN_SERVERS = 110
FRAME_TIMEOUT_S = 3.0
PASSWORD = "correct horse battery"


# The catalogue.


def test_there_are_enough_servers_in_each_class() -> None:
    assert len(SERVERS) >= MIN_SERVERS
    assert {each.name for each in CLASSES} >= MUST_HAVE
    assert all(len(each.servers) >= 5 for each in CLASSES)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_edits_fit_the_source_and_leave_it_readable(server: BrokenServer) -> None:
    for file, text in edited_files(server, CHECKOUT).items():
        assert text != (CHECKOUT / file).read_text(encoding="utf-8")
        compile(text, file, "exec")


def test_no_two_servers_have_the_same_defect() -> None:
    sources = Counter(tuple(sorted(edited_files(server, CHECKOUT).items())) for server in SERVERS)
    assert max(sources.values()) == 1


def test_every_contract_pointer_leads_somewhere() -> None:
    documents = {
        name: msgspec.json.decode((CHECKOUT / "generated" / f"{name}.json").read_bytes())
        for name in ("openapi", "asyncapi")
    }
    lost = []
    for server in SERVERS:
        name, _, pointer = server.contract.partition("#")
        place: Any = documents[name]
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            place = place[int(key)] if isinstance(place, list) else place.get(key) if isinstance(place, dict) else None
        if place is None:
            lost.append(f"{server.name}: {server.contract}")
    assert lost == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("class: other\nwhat: x\nservers: []\n", "expected the name of the file"),
        ("class: bad\nwhat: x\nservers: []\n", "no server"),
        ("class: bad\nwhat: x\n", "missing"),
        ("class: [", "can't be read"),
        ("class: bad\nwhat: x\nservers: [{name: A b, suffers: x, contract: openapi#/info, edits: []}]", "kebab"),
        ("class: bad\nwhat: x\nservers: [{name: a-b, suffers: x, contract: info, edits: []}]", "contract"),
        ("class: bad\nwhat: x\nservers: [{name: a-b, suffers: x, contract: openapi#/info, edits: []}]", "no edit"),
        (
            "class: bad\nwhat: x\nservers: [{name: a-b, suffers: x, contract: openapi#/info,"
            " edits: [{file: a, find: b, put: b}]}]",
            "changes nothing",
        ),
        (
            "class: bad\nwhat: x\nservers: [{name: clean, suffers: x, contract: openapi#/info,"
            " edits: [{file: a, find: b, put: c}]}]",
            "taken",
        ),
    ],
)
def test_a_wrong_catalogue_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(CatalogueError, match=complaint):
        load_catalogue(tmp_path)


def test_an_edit_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n")
    for find in ("x = 1", "y = 1"):
        server = BrokenServer("a-b", "bad", "x", "openapi#/info", (Edit("a.py", find, "z = 1"),))
        with pytest.raises(CatalogueError, match="times, expected once"):
            edited_files(server, tmp_path)


# The defects, from outside.


class Person:
    """An account with a login, on one server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=f"{url}/api", trust_env=False, timeout=10)
        self.name = f"p{secrets.token_hex(6)}"
        self.http.post("/auth/register", json={"username": self.name, "password": PASSWORD}).raise_for_status()
        answer = self.http.post("/auth/login", json={"username": self.name, "password": PASSWORD}).raise_for_status()
        session = answer.json()["data"]
        self.id, self.token = session["user"]["id"], session["accessToken"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def data(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the API and returns `data` of the success."""
        return self.http.request(method, path, json=body).raise_for_status().json()["data"]

    def status(self, method: str, path: str, body: Any = None) -> int:
        """Calls the API and returns the status."""
        return self.http.request(method, path, json=body).status_code

    def make_group(self, *others: Person) -> str:
        """Makes a group and returns its id."""
        body = {"type": 2, "name": "group", "members": [other.id for other in others]}
        return str(self.data("POST", "/conversations", body)["id"])

    def say(self, conversation_id: str, content: str = "hello") -> Any:
        """Sends a text over HTTP and returns the message."""
        body = {"messageType": 1, "content": content}
        return self.data("POST", f"/conversations/{conversation_id}/messages", body)

    def connect(self) -> ClientConnection:
        """Opens a socket."""
        return open_socket(self.url, self.token)


def open_socket(url: str, token: str) -> ClientConnection:
    """Opens a socket with any token."""
    return connect(f"ws{url.removeprefix('http')}/ws?token={token}", proxy=None)


def send(socket: ClientConnection, kind: str, **data: Any) -> None:
    """Sends a frame."""
    socket.send(json.dumps({"type": kind, "data": data}))


def frames_until(socket: ClientConnection, kind: str) -> list[Any]:
    """Reads up to the first frame of this type and returns all that were read."""
    frames = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(json.loads(socket.recv(FRAME_TIMEOUT_S)))
    return frames


def send_text(socket: ClientConnection, conversation_id: str) -> list[Any]:
    """Sends a text over the socket and returns all frames up to its ack."""
    send(
        socket,
        "send-message",
        conversationId=conversation_id,
        content="x",
        messageType=1,
        client_msg_id=secrets.token_hex(8),
    )
    return frames_until(socket, "message-ack")


def cursor_excludes_its_own(url: str) -> bool:
    anna = Person(url)
    group = anna.make_group()
    for _ in range(3):
        anna.say(group)
    page = anna.data("GET", f"/conversations/{group}/messages?cursor=2")
    return [message["seqId"] for message in page["messages"]] == [1]


def ack_tells_the_seq_id(url: str) -> bool:
    anna = Person(url)
    with anna.connect() as socket:
        return send_text(socket, anna.make_group())[-1]["data"].get("seqId") == 1


def sender_gets_no_push_of_its_own(url: str) -> bool:
    anna = Person(url)
    with anna.connect() as socket:
        frames = send_text(socket, anna.make_group())
        send(socket, "ping")
        frames += frames_until(socket, "pong")
    return "new-message" not in [frame["type"] for frame in frames]


def bad_token_closes_as_declared(url: str) -> bool:
    with open_socket(url, "nonsense") as socket:
        error = json.loads(socket.recv(FRAME_TIMEOUT_S))
        with pytest.raises(ConnectionClosed):
            socket.recv(FRAME_TIMEOUT_S)
    return bool(error["data"]["code"] == "AUTH_FAILED" and socket.close_code == 4401)


def history_is_for_members(url: str) -> bool:
    anna, stranger = Person(url), Person(url)
    return stranger.status("GET", f"/conversations/{anna.make_group()}/messages") == 403


def own_messages_are_read(url: str) -> bool:
    anna, bert = Person(url), Person(url)
    group = anna.make_group(bert)
    anna.say(group)
    bert.say(group)
    return bool(anna.data("GET", f"/conversations/{group}")["unreadCount"] == 1)


def logout_ends_the_access_token(url: str) -> bool:
    anna = Person(url)
    anna.data("POST", "/auth/logout")
    return anna.status("GET", "/users/profile") == 401


def unknown_conversation_is_not_found(url: str) -> bool:
    return Person(url).status("GET", "/conversations/nowhere/messages") == 404


def a_pair_has_one_single_chat(url: str) -> bool:
    people = [Person(url), Person(url)]
    with ThreadPoolExecutor(2) as pool:
        chats = pool.map(
            lambda pair: pair[0].data("POST", "/conversations", {"type": 1, "members": [pair[1].id]})["id"],
            [people, people[::-1]],
        )
        return len(set(chats)) == 1


PROOFS: dict[str, Callable[[str], bool]] = {
    "cursor-is-inclusive": cursor_excludes_its_own,
    "ack-spells-seq-id-in-snake-case": ack_tells_the_seq_id,
    "sender-gets-its-own-push": sender_gets_no_push_of_its_own,
    "bad-token-closes-with-1008": bad_token_closes_as_declared,
    "history-for-strangers": history_is_for_members,
    "own-messages-count-as-unread": own_messages_are_read,
    "logout-leaves-the-access-token": logout_ends_the_access_token,
    "unknown-conversation-is-forbidden": unknown_conversation_is_not_found,
    "two-single-chats-for-a-pair": a_pair_has_one_single_chat,
}


@pytest.fixture(scope="module")
def clean_url() -> Iterator[str]:
    """The server without a defect, run like the broken ones."""
    with running(CLEAN) as url:
        yield url


@pytest.mark.parametrize("name", PROOFS)
def test_the_defect_is_real(name: str, clean_url: str) -> None:
    is_right = PROOFS[name]
    assert is_right(clean_url)
    with running(BY_NAME[name]) as url:
        assert not is_right(url)


@pytest.mark.long
@pytest.mark.parametrize("server", [server for server in SERVERS if server.boots], ids=lambda server: server.name)
def test_the_server_starts_and_does_an_ordinary_login(server: BrokenServer) -> None:
    with running(server) as url, Person(url).connect() as socket:
        socket.send('{"type":"ping"}')
        assert frames_until(socket, "pong")


def test_the_copy_is_gone_when_the_server_has_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with running(CLEAN) as url:
        assert len(list(tmp_path.glob("gochat-clean-*"))) == 1
        assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/readyz", trust_env=False)


# The score.


def judgement(server: str, seed: int, verdict: str, seconds: float = 1.0) -> Judgement:
    """A judgement with nothing but a verdict."""
    return Judgement(server, seed, verdict, seconds, (), "", "0")


def test_the_score_counts_pairs_of_server_and_seed() -> None:
    first, second = CLASSES[0].servers[:2]
    judgements = [
        judgement(first.name, 1, KILLED, 2.0),
        judgement(first.name, 2, KILLED, 4.0),
        judgement(second.name, 1, KILLED, 9.0),
        judgement(second.name, 2, SURVIVED, 60.0),
        judgement(second.name, 3, FAILED),
        judgement(CLEAN.name, 1, SURVIVED),
    ]
    found, all_of_them = score_classes(CLASSES, judgements)
    assert (found.servers, found.killed, found.pairs_judged, found.pairs_killed) == (2, 1, 4, 3)
    assert (found.percent, found.median_s) == (75.0, 4.0)
    assert all_of_them == replace(found, name="all")
    assert [(each.server.name, each.seeds) for each in survivors(SERVERS, judgements)] == [(second.name, (2,))]
    table = markdown([found, all_of_them], [1, 2], "60s", "2026-01-31")
    assert f"| {CLASSES[0].name} | 2 | 1 | 75.0 | 4.0 |" in table
    assert "2026-01-31" in table


def kit_with_status(tmp_path: Path, status: str) -> str:
    """A stand-in kit: ends with an exit status, an expression in which `seed` is known; leaves a report."""
    script = tmp_path / "kit.py"
    script.write_text(
        "import json, sys, httpx\n"
        "url, seed, report = sys.argv[1], int(sys.argv[2]), sys.argv[3]\n"
        "assert httpx.get(url + '/readyz', trust_env=False).status_code == 200\n"
        "json.dump({'violations': [{'rule': 'r', 'subject': 'ping'}]}, open(report + '/report.json', 'w'))\n"
        f"print('said by the kit'); sys.exit({status})\n"
    )
    return f"{{python}} {script} {{url}} {{seed}} {{report}}"


def test_a_kit_kills_by_status_one_and_survivors_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "score.json"
    name = "cursor-is-inclusive"
    command = kit_with_status(tmp_path, "seed % 2")
    arguments = ["--name", name, "--seeds", "1-2", "--jobs", "2", "--out", str(out), "--command", command]
    assert score.main([*arguments, "--markdown", "2026-01-31"]) == 0
    printed = capsys.readouterr().out
    assert BY_NAME[name].suffers in printed
    assert "| pagination | 1 | 0 | 50.0 |" in printed
    document = json.loads(out.read_text())
    assert document["survivors"] == [
        {"name": name, "class": "pagination", "seeds": [2], "suffers": BY_NAME[name].suffers}
    ]
    assert {(each["seed"], each["verdict"]) for each in document["judgements"]} == {(1, KILLED), (2, SURVIVED)}
    assert document["judgements"][0]["findings"] == ["r ping"]
    assert score.main([*arguments, "--resume", "--at-least", "95"]) == 1


def test_resuming_judges_only_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "score.json"
    arguments = ["--name", "cursor-is-inclusive", "--out", str(out), "--resume"]
    arguments += ["--command", kit_with_status(tmp_path, "1"), "--seeds"]
    assert score.main([*arguments, "1"]) == 0
    kept = json.loads(out.read_text())["judgements"]
    capsys.readouterr()
    assert score.main([*arguments, "1-2"]) == 0
    printed = capsys.readouterr().out
    assert "1/1 cursor-is-inclusive seed 2" in printed
    document = json.loads(out.read_text())
    assert document["judgements"][0] == kept[0]
    assert len(document["judgements"]) == 2
    document["judgements"][0]["digest"] = "of another edit"
    out.write_text(json.dumps(document))
    assert score.main([*arguments, "1-2"]) == 0
    assert "1/1 cursor-is-inclusive seed 1" in capsys.readouterr().out


def test_a_kit_that_cannot_run_is_an_error_and_neither_kill_nor_survivor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = kit_with_status(tmp_path, "2")
    assert score.main(["--name", "cursor-is-inclusive", "--seeds", "1", "--command", command]) == 2
    printed = capsys.readouterr().out
    assert "exit status 2: said by the kit" in printed
    assert "Survivors" not in printed


def test_a_violation_on_the_clean_server_is_a_false_alarm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = kit_with_status(tmp_path, "1")
    assert score.main(["--name", "cursor-is-inclusive", "--clean", "--seeds", "1", "--command", command]) == 1
    assert "false alarm seed 1: r ping" in capsys.readouterr().out


def test_a_kit_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.broken_servers.judging.GRACE_S", 0.5)
    out = tmp_path / "score.json"
    command = f"{sys.executable} -c 'import time; time.sleep(600)'"
    arguments = ["--name", "cursor-is-inclusive", "--seeds", "1", "--budget", "1s", "--command", command]
    assert score.main([*arguments, "--out", str(out)]) == 2
    assert "no end within 2.5 s" in json.loads(out.read_text())["judgements"][0]["note"]


@pytest.mark.parametrize("arguments", [["--name", "nobody"], ["--class", "nothing"], ["--resume"]])
def test_what_cannot_be_measured_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert score.main(arguments) == 2
    assert capsys.readouterr().err.startswith("score: ")


def test_the_catalogue_is_this_directory() -> None:
    assert CATALOGUE == CHECKOUT / "conformance" / "broken_servers"
