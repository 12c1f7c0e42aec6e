"""What is PostgreSQL's own: migrations by command, connections that break, one writer at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from gochat.config import environment_without_settings
from models.postgres import WAIT_S
from tests.harness.api import Api, expect_error, new_user
from tests.harness.crowd import check_nothing_is_lost_or_doubled, new_crowd
from tests.harness.frames import send_acked, text_message
from tests.harness.postgres import Postgres
from tests.harness.server import GoChatServer, writes_held
from tests.harness.socket import Socket


@pytest.fixture
def on_postgres(postgres: Postgres, start_server: Callable[..., GoChatServer]) -> GoChatServer:
    """A server with a database of its own."""
    return start_server(GOCHAT_DATABASE_URL=postgres.new_database(), expect_log_errors=True)


def refusal_to_start(url: str, data_dir: Path) -> str:
    """Runs `gochat serve`, which has to refuse by one line; returns it."""
    command = [sys.executable, "-m", "gochat", "serve", "--port", "0", "--data-dir", str(data_dir)]
    settings = {**environment_without_settings(), "GOCHAT_DATABASE_URL": url}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_an_empty_database_is_refused_with_what_to_do(postgres: Postgres, tmp_path: Path) -> None:
    refusal = refusal_to_start(postgres.new_database("template0"), tmp_path)
    assert "lacks 0001_initial, 0002_several_gateways: run `gochat migrate`" in refusal


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    refusal = refusal_to_start("postgresql://nobody:hush@127.0.0.1:1/none", tmp_path)
    assert "cannot open the PostgreSQL database" in refusal
    assert "hush" not in refusal


def test_a_database_has_one_server(on_postgres: GoChatServer, tmp_path: Path) -> None:
    new_user(on_postgres)  # it has written
    assert "in use by another gochat" in refusal_to_start(on_postgres.settings["GOCHAT_DATABASE_URL"], tmp_path)
    on_postgres.restart()  # its own lock ended with it
    new_user(on_postgres)


def test_a_lock_of_somebody_else_is_an_outage_that_blocks_nobody_and_passes(on_postgres: GoChatServer) -> None:
    user = new_user(on_postgres)
    world_id = user.api.world_id()
    with Socket(on_postgres, user.token) as socket:
        with writes_held(on_postgres):
            socket.send("send-message", text_message(world_id, "held"))
            for _ in range(5):
                began = time.monotonic()
                assert user.api.get_profile().status_code == 200
                assert time.monotonic() - began < 1, "the hub waits for the lock"
            assert socket.expect("error", WAIT_S + 5)["data"]["code"] == "UNAVAILABLE"
        send_acked(socket, text_message(world_id, "free"))


def test_a_database_that_may_only_be_read_is_an_outage_of_writes_and_passes(on_postgres: GoChatServer) -> None:
    user = new_user(on_postgres)
    world_id = user.api.world_id()
    with psycopg.connect(on_postgres.settings["GOCHAT_DATABASE_URL"], autocommit=True) as other:
        change = f"ALTER DATABASE {other.info.dbname} SET default_transaction_read_only = "
        other.execute(change + "on")
        on_postgres.restart()
        expect_error(user.api.send_message(world_id, {"messageType": 1, "content": "no"}), "UNAVAILABLE")
        assert user.api.get_profile().status_code == 200
        other.execute("SET default_transaction_read_only = off")
        other.execute(change + "off")
    user.api.say(world_id, "yes")
    assert [message["content"] for message in user.api.history(world_id)] == ["yes"]


def test_cut_connections_lose_and_double_nothing_acknowledged(postgres: Postgres, on_postgres: GoChatServer) -> None:
    crowd = new_crowd(on_postgres, users=2, guests=4)
    with crowd.sending():
        for _ in range(5):
            crowd.wait_for_acks(100)
            assert postgres.end_connections(on_postgres.settings["GOCHAT_DATABASE_URL"]) > 0
        crowd.wait_for_acks(100)
        on_postgres.kill()
    assert {fate.refusal for fate in crowd.refused} <= {"UNAVAILABLE"}
    on_postgres.start()
    check_nothing_is_lost_or_doubled(crowd)


def test_connections_that_broke_while_nobody_used_them_fail_no_request(
    postgres: Postgres, on_postgres: GoChatServer
) -> None:
    user = new_user(on_postgres)
    world_id = user.api.world_id()
    for number in range(1, 4):
        with ThreadPoolExecutor(8) as many:  # fills the pool
            answers = many.map(lambda _: Api(on_postgres, user.token).get_profile(), range(40))
            assert {answer.status_code for answer in answers} == {200}
        assert postgres.end_connections(on_postgres.settings["GOCHAT_DATABASE_URL"]) > 1
        user.api.say(world_id, "the writer's connection was among them")
        assert {user.api.get_profile().status_code for _ in range(20)} == {200}
        assert postgres.end_connections(on_postgres.settings["GOCHAT_DATABASE_URL"]) > 0
        assert len(user.api.history(world_id)) == number
