"""`deploy/compose.yaml` and what goes with it: docker's own reading of the file, and ours of what is in it.

No container runs here. What stands in the file for GoChat (settings, commands, probes) is held to the code and run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
import yaml
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from gochat import config
from gochat.cli import _parser
from gochat.settings import PREFIX
from gochat.settings import SETTINGS as KNOWN
from tests.harness.contract import PROJECT_ROOT
from tests.harness.ports import free_port
from tests.harness.server import GoChatServer

Service = dict[str, Any]
StartServer = Callable[..., GoChatServer]

DEPLOY = PROJECT_ROOT / "deploy"
COMPOSE_FILE = DEPLOY / "compose.yaml"
SECRETS = {"POSTGRES_PASSWORD": "11" * 32, "GOCHAT_JWT_SECRET": "22" * 32}
SETTINGS = {PREFIX + setting.name: setting for setting in KNOWN}
DATA_DIR = "/var/lib/gochat"


@cache
def compose_command() -> list[str] | None:
    """Docker's compose: the plugin where it is, else Debian's package docker-compose. Neither needs a daemon here."""
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], capture_output=True, timeout=30, check=False)
        if asked.returncode == 0:
            return ["docker", "compose"]
    found = shutil.which("docker-compose")
    return [found] if found else None


def read_by_docker(env_file: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Has docker read the file with the variables of an env file, and no others of ours."""
    command = compose_command()
    if command is None:
        pytest.skip("asks docker-compose (Debian's package of this name) to read the file")
    env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return subprocess.run(
        [*command, "-f", str(COMPOSE_FILE), "--env-file", str(env_file), "config"],
        env={"PATH": os.environ["PATH"], "HOME": str(env_file.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Service]:
    """The services as docker understands them, with secrets filled in."""
    done = read_by_docker(tmp_path_factory.mktemp("compose") / "env", **SECRETS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Service] = yaml.safe_load(done.stdout)["services"]
    return found


@pytest.fixture(scope="module")
def gochats(services: dict[str, Service]) -> dict[str, Service]:
    """Those of the services that are GoChat."""
    return {name: service for name, service in services.items() if "build" in service}


def seconds(duration: str) -> float:
    """Returns a duration of compose (1m30s) in seconds."""
    minutes, whole = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration).groups()  # type: ignore[union-attr]
    return int(minutes or 0) * 60 + int(whole or 0)


# The file


def test_docker_takes_the_file_and_it_has_the_whole_server(services: dict[str, Service]) -> None:
    assert set(services) == {"postgres", "kafka", "migrate", "logic", "gateway-1", "gateway-2", "nginx"}


@pytest.mark.parametrize("missing", SECRETS)
@pytest.mark.parametrize("as_what", ["left out", "empty"])
def test_docker_does_not_start_anything_without_a_secret(tmp_path: Path, missing: str, as_what: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}
    if as_what == "empty":
        given[missing] = ""
    done = read_by_docker(tmp_path / "env", **given)
    assert done.returncode != 0
    assert ".env.example tells how to make it" in done.stderr


def test_the_example_of_the_env_file_names_all_variables_and_no_secret() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    asked_for = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text()))
    assert set(example) == asked_for | {"COMPOSE_PROJECT_NAME"}
    assert {name: value for name, value in example.items() if value} == {"COMPOSE_PROJECT_NAME": "gochat"}


def test_nothing_but_nginx_is_reachable_from_outside(services: dict[str, Service]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(published) == {"nginx"}
    ports = [port if isinstance(port, str) else f"{port['published']}:{port['target']}" for port in published["nginx"]]
    assert sorted(port.removesuffix("/tcp") for port in ports) == ["443:443", "80:80"]


def test_every_image_is_of_one_version(services: dict[str, Service]) -> None:
    for name, service in services.items():
        if "build" not in service:
            assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"]), name


def test_what_must_live_comes_back_and_what_is_kept_is_in_volumes(services: dict[str, Service]) -> None:
    restarts = {name: service["restart"] for name, service in services.items()}
    assert restarts.pop("migrate") in ("no", False)
    assert set(restarts.values()) == {"unless-stopped"}
    mounts = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    assert mounts["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert mounts["kafka"]["volumes"] == [f"kafka:{mounts['kafka']['environment']['KAFKA_LOG_DIRS']}"]


def test_each_starts_after_what_it_needs(services: dict[str, Service]) -> None:
    def waits(name: str) -> dict[str, str]:
        return {other: how["condition"] for other, how in services[name].get("depends_on", {}).items()}

    healthy, done = "service_healthy", "service_completed_successfully"
    assert waits("migrate") == {"postgres": healthy}
    assert waits("logic") == {"migrate": done, "kafka": healthy}
    assert waits("gateway-1") == waits("gateway-2") == {"migrate": done, "kafka": healthy, "logic": healthy}
    assert waits("nginx") == {"gateway-1": healthy, "gateway-2": healthy}
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}


def test_no_gateway_is_killed_while_it_drains(gochats: dict[str, Service]) -> None:
    drain_s = float(SETTINGS["GOCHAT_DRAIN_TIMEOUT_S"].default)
    for name, service in gochats.items():
        drain_s = float(service["environment"].get("GOCHAT_DRAIN_TIMEOUT_S", drain_s))
        # `gochat logic` may take that long twice: for calls, then for what they have written.
        assert seconds(service["stop_grace_period"]) > 2 * drain_s + 5, name


# GoChat in it


def test_every_setting_in_deploy_is_one() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.name != ".env"]
    named = {name for path in files for name in re.findall(r"\bGOCHAT_[A-Z0-9_]+", path.read_text(encoding="utf-8"))}
    assert named - set(SETTINGS) == set()


def test_every_service_has_settings_that_it_starts_with(gochats: dict[str, Service], tmp_path: Path) -> None:
    for name, service in gochats.items():
        environment = {key: str(value or "") for key, value in service["environment"].items()}
        assert config.unknown_names(environment) == []
        config.load(tmp_path / name, environment, is_gateway=name.startswith("gateway-"))


def test_only_gateways_have_the_key_that_signs_tokens(gochats: dict[str, Service]) -> None:
    holders = {name for name, service in gochats.items() if "GOCHAT_JWT_SECRET" in service["environment"]}
    assert holders == {"gateway-1", "gateway-2"}


def test_gateways_differ_in_nothing_but_their_ids(gochats: dict[str, Service]) -> None:
    one, other = (dict(gochats[name]["environment"]) for name in ("gateway-1", "gateway-2"))
    assert (one.pop("GOCHAT_GATEWAY_ID"), other.pop("GOCHAT_GATEWAY_ID")) == ("gateway-1", "gateway-2")
    assert one == other


def test_the_addresses_lead_to_the_services(gochats: dict[str, Service], services: dict[str, Service]) -> None:
    password = services["postgres"]["environment"]["POSTGRES_PASSWORD"]
    kafka = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].removeprefix("PLAINTEXT://")
    for name, service in gochats.items():
        settings = service["environment"]
        assert settings["GOCHAT_DATABASE_URL"] == f"postgresql://gochat:{password}@postgres:5432/gochat", name
        if name != "migrate":
            assert settings["GOCHAT_BUS_URL"] == f"kafka://{kafka}", name
        if name.startswith("gateway-"):
            assert settings["GOCHAT_LOGIC_URL"] == f"grpc://logic:{_option(gochats['logic'], '--port')}"
            assert settings["GOCHAT_REQUIRE_TLS"] == "1"


def test_gateways_believe_nginx_and_nobody_else(gochats: dict[str, Service], services: dict[str, Service]) -> None:
    nginx = services["nginx"]["networks"]["edge"]["ipv4_address"]
    hosts = services["nginx"]["extra_hosts"]
    for name in ("gateway-1", "gateway-2"):
        assert gochats[name]["environment"]["GOCHAT_TRUSTED_PROXIES"] == nginx
        address = gochats[name]["networks"]["edge"]["ipv4_address"]
        assert f"{name}:{address}" in hosts or hosts.get(name) == address
        upstream = f"server {name}:{_option(gochats[name], '--port')} "
        assert upstream in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


def test_nginx_finds_its_files_where_they_are_mounted(services: dict[str, Service]) -> None:
    mounted = [
        mount.split(":")[1] for mount in yaml.safe_load(COMPOSE_FILE.read_text())["services"]["nginx"]["volumes"]
    ]
    named = re.findall(r"(?:ssl_certificate|ssl_certificate_key|root) (\S+);", (DEPLOY / "nginx.conf").read_text())
    assert named
    for path in named:
        assert any(path == place or path.startswith(place + "/") for place in mounted), path


def test_every_command_line_is_one_that_gochat_takes(gochats: dict[str, Service]) -> None:
    assert [service["command"][0] for service in gochats.values()].count("serve") == 2
    for service in gochats.values():
        options = parsed(service["command"])
        assert str(options.data_dir) == DATA_DIR
    (command,) = re.findall(r"^CMD (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert parsed(json.loads(command)).host == "0.0.0.0"


def test_every_command_line_of_the_guide_is_one_that_gochat_takes() -> None:
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"/opt/gochat/bin/gochat (.*)$", guide, re.MULTILINE)
    lines += re.findall(r"docker compose run --rm (migrate.*)$", guide, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        parsed(line.split())


def test_the_guide_speaks_of_services_that_there_are(services: dict[str, Service]) -> None:
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    spoken_of = re.findall(r"docker compose (?:exec -T|exec|run --rm|up -d --no-deps --wait) ([a-z0-9-]+)", guide)
    spoken_of += [
        name for names in re.findall(r"docker compose stop (.*)$", guide, re.MULTILINE) for name in names.split()
    ]
    assert len(spoken_of) > 8
    assert set(spoken_of) <= set(services)


def test_the_commands_of_the_guide_are_shell() -> None:
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (DEPLOY / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) > 5
    for block in blocks:
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, timeout=30, check=False)
        assert checked.returncode == 0, checked.stderr


def test_the_commands_that_make_the_secrets_make_what_docker_asks_for(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("makes secrets with the openssl command")
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    shutil.copy(DEPLOY / ".env.example", tmp_path)
    for line in re.findall(r"^(?:install -m 0600 \.env\.example|sed -i) .*$", guide, re.MULTILINE):
        subprocess.run(["bash", "-euc", line], cwd=tmp_path, check=True, timeout=30)
    made = tmp_path / ".env"
    assert made.stat().st_mode & 0o777 == 0o600
    variables = dict(re.findall(r"^([A-Z_]+)=(.*)$", made.read_text(), re.MULTILINE))
    values = [variables[name] for name in SECRETS]
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in values)
    assert len(set(values)) == len(values)
    done = read_by_docker(tmp_path / "env", **variables)
    assert done.returncode == 0, done.stderr


# The probes


def test_the_probe_of_a_gateway_knows_a_ready_one(gochats: dict[str, Service], start_server: StartServer) -> None:
    gateway = start_server(GOCHAT_REQUIRE_TLS=1)
    assert probe(gochats["gateway-1"], gateway.host_and_port[1]) == 0
    gateway.stop()
    assert probe(gochats["gateway-1"], gateway.host_and_port[1]) != 0


def test_the_probe_of_a_gateway_knows_one_that_lives_and_is_not_ready(gochats: dict[str, Service]) -> None:
    class Unready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if self.path == "/readyz" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Unready) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert probe(gochats["gateway-1"], server.server_port) != 0
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "is_healthy"),
    [(health_pb2.HealthCheckResponse.SERVING, True), (health_pb2.HealthCheckResponse.NOT_SERVING, False)],
)
def test_the_probe_of_logic_knows_one_that_serves(gochats: dict[str, Service], status: int, is_healthy: bool) -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    servicer = health.HealthServicer()
    servicer.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        assert (probe(gochats["logic"], port) == 0) is is_healthy
    finally:
        server.stop(None).wait()


def test_the_probe_of_logic_knows_that_nobody_is_there(gochats: dict[str, Service]) -> None:
    assert probe(gochats["logic"], free_port()) != 0


# The image


def test_the_image_has_all_that_the_server_needs(tmp_path: Path) -> None:
    """What the Dockerfile copies is installed as it does it, and serves."""
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for line in re.findall(r"^COPY (?!--from)(.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE):
        *names, target = line.split()
        for name in names:
            assert f"!{name}" in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines(), name
            if (PROJECT_ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "node_modules")
                shutil.copytree(PROJECT_ROOT / name, source / target, ignore=ignored)
            else:
                shutil.copy(PROJECT_ROOT / name, source / target)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(installed), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    served = subprocess.run(
        [sys.executable, "-c", START_AND_STOP, "serve", "--port", "0", "--data-dir", str(tmp_path / "data")],
        cwd=tmp_path,
        env={**config.environment_without_settings(), "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert served.returncode == 0, served.stderr
    assert served.stdout.splitlines()[0] == str(installed / "gochat" / "__init__.py"), "not from here"
    assert served.stdout.splitlines()[1].startswith("gochat: listening on ")


START_AND_STOP = """
import os, signal, sys, threading, warnings
warnings.simplefilter("ignore")
import gochat.patch, gochat, gochat.cli, gochat.server
print(gochat.__file__, flush=True)
wait = gochat.server.Server.wait
gochat.server.Server.wait = lambda server: (os.kill(os.getpid(), signal.SIGTERM), wait(server))
sys.exit(gochat.cli.main())
"""


def test_the_image_has_the_python_of_the_project_and_no_root() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    images = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert len(images) == 1
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", images.pop())
    assert re.findall(r"^USER (\d+):", dockerfile, re.MULTILINE) == ["10001"]
    assert "-c constraints.txt" in dockerfile
    assert f"gochat -m 0700 {DATA_DIR}" in dockerfile


def parsed(words: list[str]) -> Any:
    """Returns the options that gochat's parser reads from a command line; it ends the test where it takes none."""
    try:
        return _parser(words[0]).parse_args(words)
    except SystemExit:
        pytest.fail(f"gochat {' '.join(words)}: not taken")


def probe(service: Service, port: int) -> int:
    """Runs a service's health check, at another port than in the file, and returns its exit status."""
    kind, program, *arguments = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    there = f"127.0.0.1:{_option(service, '--port')}"
    assert any(there in argument for argument in arguments)
    arguments = [argument.replace(there, f"127.0.0.1:{port}") for argument in arguments]
    return subprocess.run([sys.executable, *arguments], capture_output=True, timeout=30, check=False).returncode


def _option(service: Service, name: str) -> str:
    return str(service["command"][service["command"].index(name) + 1])
