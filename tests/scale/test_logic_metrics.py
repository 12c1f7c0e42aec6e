"""What `gochat logic` shows to Prometheus, on a port of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import requests

from gochat.config import environment_without_settings
from tests.harness.api import new_guest
from tests.harness.frames import say, wait_until
from tests.harness.kafka import Broker
from tests.harness.postgres import Postgres
from tests.harness.socket import Socket
from tests.scale.conftest import Sides, StartSides

TIMEOUT_S = 10.0


def figures(sides: Sides) -> dict[str, float]:
    """The figures that im-logic shows now, by their name with its labels."""
    answer = requests.get(sides.cluster.logic_metrics_url, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_what_im_logic_stores_is_counted_and_what_kafka_does_not_take_yet(
    own_broker: Broker, start_sides: StartSides
) -> None:
    sides = start_sides(on=own_broker)
    sender, listener = new_guest(sides.one), new_guest(sides.other)
    world_id = sender.api.world_id()
    with Socket(sides.one, sender.token) as socket, Socket(sides.other, listener.token) as other:
        for number in range(3):
            say(socket, world_id, str(number))
            other.expect("new-message", where={"content": str(number)})
        wait_until(lambda: figures(sides)["gochat_records_waiting"] == 0, "none waits", TIMEOUT_S)
        shown = figures(sides)
        assert shown["gochat_messages_total"] == 3
        assert shown["gochat_records_total"] == 6, "one a gateway"
        assert shown["gochat_commit_seconds_count"] >= 1
        own_broker.kill()
        say(socket, world_id, "later")
        wait_until(lambda: figures(sides)["gochat_records_waiting"] >= 2, "records wait", TIMEOUT_S)
        own_broker.start()
        other.expect("new-message", TIMEOUT_S, where={"content": "later"})
        wait_until(lambda: figures(sides)["gochat_records_waiting"] == 0, "none waits", TIMEOUT_S)


def test_there_is_nothing_but_the_figures(sides: Sides) -> None:
    url = sides.cluster.logic_metrics_url
    assert requests.get(url.removesuffix("metrics"), timeout=TIMEOUT_S).status_code == 404
    assert requests.get(url + "/more", timeout=TIMEOUT_S).status_code == 404
    answer = requests.post(url, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    answer = requests.head(url, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.text) == (200, "")
    assert int(answer.headers["Content-Length"]) > 0


def test_a_port_that_is_taken_is_told(postgres: Postgres, broker: Broker, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "gochat", "logic", "--port", "0", "--data-dir", str(tmp_path)]
        settings = {"GOCHAT_DATABASE_URL": postgres.new_database(), "GOCHAT_BUS_URL": broker.url}
        done = subprocess.run(
            [*command, "--metrics-port", port],
            env={**environment_without_settings(), **settings},
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr == f"gochat: cannot listen on 127.0.0.1:{port}: Address already in use\n"
