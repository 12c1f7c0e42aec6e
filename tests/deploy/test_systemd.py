"""`deploy/gochat.service` as systemd reads it, without a systemd that runs."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gochat.settings import SETTINGS
from tests.deploy.test_compose import parsed
from tests.harness.contract import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
UNIT = DEPLOY / "gochat.service"
PROGRAM = "/opt/gochat/bin/gochat"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="asks systemd-analyze (Debian's package systemd)"
)


def unit(text: str) -> configparser.ConfigParser:
    """Returns a unit's sections; of a name that is there twice, the last value."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def drop_in() -> str:
    """Returns what the guide adds to the unit for a server without a proxy."""
    (found,) = re.findall(r"^```ini\n(.*?)^```$", (DEPLOY / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def analyze(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs systemd-analyze, which needs no systemd for this."""
    return subprocess.run(["systemd-analyze", *command], capture_output=True, text=True, timeout=60, check=False)


@needs_systemd
@pytest.mark.parametrize("with_drop_in", [False, True], ids=["behind-a-proxy", "with-a-certificate"])
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path, with_drop_in: bool) -> None:
    program = tmp_path / "gochat"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = UNIT.read_text()
    assert text.count(PROGRAM) == 1
    file = tmp_path / "gochat.service"
    file.write_text(text.replace(PROGRAM, str(program)))
    if with_drop_in:
        (tmp_path / "gochat.service.d").mkdir()
        (tmp_path / "gochat.service.d" / "override.conf").write_text(drop_in().replace(PROGRAM, str(program)))
    done = analyze("verify", "--man=no", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_the_unit_may_do_little() -> None:
    done = analyze("security", "--offline=yes", "--threshold=14", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout  # an exposure of at most 1.4 of 10


def test_the_unit_runs_the_server_on_loopback_with_the_directory_that_systemd_makes() -> None:
    service = unit(UNIT.read_text())["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == PROGRAM
    options = parsed(words)
    assert (options.host, options.port, options.tls_cert) == ("127.0.0.1", 8080, None)
    assert str(options.data_dir) == "/var/lib/" + service["StateDirectory"]
    assert service["EnvironmentFile"] == "-/etc/gochat/environment"
    assert "GOCHAT_REQUIRE_TLS=1\nGOCHAT_TRUSTED_PROXIES=127.0.0.1\n" in (DEPLOY / "README.md").read_text()


def test_without_a_proxy_the_server_has_a_certificate_and_the_same_data() -> None:
    added = unit(drop_in())["Service"]
    options = parsed(shlex.split(added["ExecStart"])[1:])
    assert (options.host, options.port) == ("0.0.0.0", 443)
    assert options.tls_cert.name == "fullchain.pem"
    assert options.tls_key.name == "privkey.pem"
    assert options.data_dir == parsed(shlex.split(unit(UNIT.read_text())["Service"]["ExecStart"])[1:]).data_dir


def test_the_server_is_not_killed_while_it_drains_and_always_comes_back() -> None:
    service = unit(UNIT.read_text())["Service"]
    drain_s = {setting.name: float(setting.default) for setting in SETTINGS if setting.name == "DRAIN_TIMEOUT_S"}
    assert int(service["TimeoutStopSec"]) > 2 * drain_s["DRAIN_TIMEOUT_S"]
    assert service["Restart"] == "always"
    assert unit(UNIT.read_text())["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has the switch")
def test_the_server_works_without_memory_that_is_written_and_run(tmp_path: Path) -> None:
    """What MemoryDenyWriteExecute=yes forbids, forbidden by the kernel itself (prctl(2), PR_SET_MDWE)."""
    done = subprocess.run(
        [sys.executable, "-c", DENIED, "serve", "--port", "0", "--data-dir", str(tmp_path)],
        cwd=PROJECT_ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("GOCHAT_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("this kernel is older than 6.3")
    assert done.returncode == 0, done.stderr
    assert "201 Created" in done.stdout
    assert "Traceback" not in done.stderr


DENIED = """
import ctypes, os, signal, sys, warnings
warnings.simplefilter("ignore")
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(77)
import gochat.patch, gochat.cli, gochat.server
from gevent import socket
wait = gochat.server.Server.wait

def register_and_stop(server):
    body = b'{"username": "somebody", "password": "correct horse battery"}'
    head = "POST /api/auth/register HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n"
    head += "Content-Type: application/json\\r\\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
        print(connection.recv(65536).decode(), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    wait(server)

gochat.server.Server.wait = register_and_stop
sys.exit(gochat.cli.main())
"""
