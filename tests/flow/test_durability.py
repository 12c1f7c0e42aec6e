"""What was acknowledged is on disk: a server that is killed while many send loses and doubles nothing.

Ack before commit, a number given twice and a repeat that is stored again all show here.
"""

from __future__ import annotations

import resource
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.crowd import Crowd, check_nothing_is_lost_or_doubled, new_crowd
from tests.harness.frames import send_acked, wait_until
from tests.harness.server import GoChatServer
from tests.harness.socket import Socket

USERS, GUESTS = 5, 15
ACKS_BEFORE_KILL = (50, 300, 120, 700, 1500)


def _send_unanswered_again(crowd: Crowd) -> int:
    """Sends what was never answered again, under the same ids; returns how many that were."""
    by_sender: dict[str, list[str]] = {}
    for fate in crowd.unanswered:
        by_sender.setdefault(fate.sender.id, []).append(fate.data["client_msg_id"])
    for ids in by_sender.values():
        fates = [crowd.fates[client_msg_id] for client_msg_id in ids]
        with Socket(crowd.server, fates[0].sender.token) as socket:
            for fate in fates:
                fate.ack = send_acked(socket, fate.data)
    return sum(map(len, by_sender.values()))


def _check_database(server: GoChatServer, copy: Path) -> None:
    """Holds a copy of the data directory, as the kill left it, to be whole for SQLite."""
    shutil.copytree(server.data_dir, copy)
    databases = [path for path in copy.rglob("*") if path.is_file() and path.read_bytes()[:13] == b"SQLite format"]
    assert len(databases) == 1, databases
    with closing(sqlite3.connect(databases[0])) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_kill_under_load_loses_and_doubles_nothing_acknowledged(
    start_server: Callable[..., GoChatServer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start_server()
    crowd = new_crowd(server, users=USERS, guests=GUESTS)
    for round_number, acks_before_kill in enumerate(ACKS_BEFORE_KILL, start=1):
        acked_before, sent_before = len(crowd.acked), len(crowd.fates)
        with crowd.sending():
            crowd.wait_for_acks(acks_before_kill)
            server.kill()
        if not server.has_postgres:
            _check_database(server, tmp_path / str(round_number))
        acked, sent = len(crowd.acked) - acked_before, len(crowd.fates) - sent_before
        server.start()
        check_nothing_is_lost_or_doubled(crowd)
        repeated = _send_unanswered_again(crowd)  # whether that doubled anything is checked in the next round
        with capsys.disabled():
            print(f"\nkill {round_number}: {sent} sent, {acked} acknowledged, {repeated} sent again", end="")
        assert acked >= acks_before_kill
        assert repeated > 0, "the kill came when nothing was under way; it proves nothing"
    check_nothing_is_lost_or_doubled(crowd)
    assert len(crowd.acked) == len(crowd.fates)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits the files of a running process")
def test_a_full_disk_refuses_sends_and_loses_and_doubles_nothing(start_server: Callable[..., GoChatServer]) -> None:
    # On SQLite in any case: the files of PostgreSQL are another process's.
    server = start_server(expect_log_errors=True, GOCHAT_DATABASE_URL="")
    crowd = new_crowd(server, users=1, guests=4)
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    with crowd.sending():
        crowd.wait_for_acks(200)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        wait_until(lambda: len(crowd.refused) >= 50, "refusals", 20)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
        crowd.wait_for_acks(200)
        server.kill()
    server.start()
    assert {fate.refusal for fate in crowd.refused} == {"UNAVAILABLE"}
    check_nothing_is_lost_or_doubled(crowd)
    with Socket(server, crowd.users[0].token) as socket:
        refused = [fate for fate in crowd.refused if fate.sender is crowd.users[0]]
        assert refused, "each of them was refused something"
        for fate in refused[:20]:
            fate.ack, fate.refusal = send_acked(socket, fate.data), None
    check_nothing_is_lost_or_doubled(crowd)
