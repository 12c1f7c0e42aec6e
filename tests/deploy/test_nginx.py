"""nginx as `deploy/nginx.conf` sets it up, in front of real servers: what a client meets, and what the log keeps."""

from __future__ import annotations

import os
import re
import socket as tcp
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from gochat.settings import SETTINGS
from tests.deploy.proxy import CONFIGURATION, NGINX, Proxy, address_of, running_proxy
from tests.harness.api import Api, expect_error, expect_ok, new_guest, new_user
from tests.harness.frames import pushes_up_to, say, wait_until
from tests.harness.ports import free_port
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="runs Debian's nginx (package nginx-light)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="Debian's nginx keeps its directories for root"),
]

StartServer = Callable[..., GoChatServer]
StartProxy = Callable[[str, str], Proxy]

BEHIND = {"GOCHAT_REQUIRE_TLS": "1", "GOCHAT_TRUSTED_PROXIES": "127.0.0.1"}
"""What compose.yaml sets for a gateway, with the address that nginx has here."""

FAIL_TIMEOUT_S = 3.0
"""As in the file: for so long a gateway that did not answer is left out."""

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


@pytest.fixture(scope="module")
def gateway() -> Iterator[GoChatServer]:
    """The server behind the proxy; both entries of the upstream lead to it."""
    with running_server(BEHIND, arguments=("--host", "0.0.0.0")) as running:
        running.url = running.url.replace("0.0.0.0", "127.0.0.1")
        yield running


@pytest.fixture(scope="module")
def proxy(
    gateway: GoChatServer, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """nginx that most tests share."""
    upstream = address_of(gateway), address_of(gateway, "127.0.0.2")
    with running_proxy(tmp_path_factory.mktemp("nginx"), certificate, upstream) as running:
        yield running


@pytest.fixture
def start_proxy(certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[StartProxy]:
    """Starts nginx in front of two addresses."""
    with ExitStack() as stack:

        def start(one: str, other: str) -> Proxy:
            return stack.enter_context(running_proxy(tmp_path, certificate, (one, other)))

        yield start


def nobody_there() -> str:
    """Returns an address where no gateway is."""
    return f"127.0.0.1:{free_port()}"


def test_nginx_has_nothing_to_say_about_the_file(proxy: Proxy) -> None:
    checked = subprocess.run([*proxy.command, "-t"], capture_output=True, text=True, timeout=30, check=False)
    said = [line for line in checked.stderr.splitlines() if "RLIMIT_NOFILE" not in line]  # the machine's limit
    assert checked.returncode == 0, checked.stderr
    assert all("syntax is ok" in line or "test is successful" in line for line in said), checked.stderr


# HTTPS


def test_https_gives_what_the_gateway_says(proxy: Proxy) -> None:
    ann = new_user(proxy)
    assert expect_ok(ann.api.get_profile())["username"] == ann.username
    expect_error(Api(proxy, "no-token").get_profile(), "AUTH_FAILED")
    page = proxy.http.get(proxy.url + "/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "max-age" in page.headers["strict-transport-security"]


@pytest.mark.filterwarnings("ignore:.*TLSv1:DeprecationWarning", "ignore:.*TLSv1_1:DeprecationWarning")
def test_no_tls_older_than_1_2(proxy: Proxy) -> None:
    def speaks(version: ssl.TLSVersion) -> bool:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")  # or this side would not even ask
        context.minimum_version = context.maximum_version = version
        url = httpx.URL(proxy.url)
        try:
            with tcp.create_connection((url.host, url.port or 443), timeout=10) as connection:
                context.wrap_socket(connection).close()
        except (ssl.SSLError, ConnectionError):
            return False
        return True

    versions = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    assert [version.name for version in versions if speaks(version)] == ["TLSv1_2", "TLSv1_3"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_plain_http_is_sent_to_https(proxy: Proxy, method: str) -> None:
    answer = proxy.http.request(method, proxy.plain_url + "/api/conversations?type=3&x=a%20b")
    assert answer.status_code == 308  # so that a POST stays one
    assert answer.headers["location"] == "https://127.0.0.1/api/conversations?type=3&x=a%20b"


def test_a_challenge_for_a_certificate_is_answered_over_plain_http(proxy: Proxy) -> None:
    file = proxy.acme / ".well-known" / "acme-challenge" / "some-token"
    file.parent.mkdir(parents=True)
    file.write_text("the answer")
    answer = proxy.http.get(proxy.plain_url + "/.well-known/acme-challenge/some-token")
    assert (answer.status_code, answer.text) == (200, "the answer")


def test_metrics_are_not_for_the_public(proxy: Proxy, gateway: GoChatServer) -> None:
    assert proxy.http.get(proxy.url + "/metrics").status_code == 404
    assert proxy.http.get(proxy.url + "/healthz").status_code == 200


# WebSocket


def test_frames_travel_both_ways_over_wss(proxy: Proxy) -> None:
    ann, ben = new_guest(proxy), new_guest(proxy)
    world_id = ann.api.world_id()
    with Socket(proxy, ann.token) as anns, Socket(proxy, ben.token) as bens:
        last = [say(anns, world_id, "🙂" * 4000)["seqId"] for _ in range(20)][-1]
        pushes = pushes_up_to(bens, world_id, last)
    assert [push["content"] for push in pushes[-20:]] == ["🙂" * 4000] * 20


def test_a_page_of_the_same_origin_may_open_a_socket_and_no_other(proxy: Proxy) -> None:
    guest = new_guest(proxy)
    with Socket(proxy, guest.token, origin=proxy.url) as socket:
        socket.settle()
    with pytest.raises(InvalidStatus) as refused:
        Socket(proxy, guest.token, origin="https://127.0.0.1:1")
    assert refused.value.response.status_code == 403


def test_the_gateways_close_code_arrives(start_server: StartServer, start_proxy: StartProxy) -> None:
    gateway = start_server(**BEHIND, GOCHAT_IDLE_TIMEOUT_S=1)
    proxy = start_proxy(address_of(gateway), address_of(gateway))
    with Socket(proxy, new_guest(proxy).token) as socket:
        assert socket.expect_close() == 4410


def test_a_silent_socket_is_the_gateways_to_close() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    waits = re.findall(r"proxy_(?:read|send)_timeout (\d+)s;", text)
    assert len(waits) == 2
    assert all(int(wait) > float(DEFAULTS["IDLE_TIMEOUT_S"]) for wait in waits)


# Who the client is


def test_a_gateway_that_requires_tls_believes_the_proxy_and_nobody_else(proxy: Proxy, gateway: GoChatServer) -> None:
    expect_ok(Api(proxy).guest_login(), 201)
    assert gateway.http.post(gateway.url + "/api/auth/guest").status_code == 403


def test_each_client_has_its_own_limit_of_logins_whatever_it_claims(
    start_server: StartServer, start_proxy: StartProxy
) -> None:
    gateway = start_server(**BEHIND, GOCHAT_LOGIN_RATE=3)
    proxy = start_proxy(address_of(gateway), address_of(gateway))
    url = proxy.url + "/api/auth/guest"
    with closing(proxy.client("127.0.0.5")) as liar, closing(proxy.client("127.0.0.6")) as other:
        claims = [f"192.0.2.{number}" for number in range(1, 7)]
        statuses = [liar.post(url, headers={"X-Forwarded-For": claim}).status_code for claim in claims]
        assert statuses == [201] * 3 + [429] * 3
        claims = ["127.0.0.6", "127.0.0.1", "192.0.2.7, 127.0.0.1", ""]
        statuses = [liar.post(url, headers={"X-Forwarded-For": claim}).status_code for claim in claims]
        assert statuses == [429] * 4
        assert other.post(url).status_code == 201


# The log


def test_no_token_is_in_the_log(gateway: GoChatServer, start_proxy: StartProxy) -> None:
    proxy = start_proxy(address_of(gateway), nobody_there())
    token = new_guest(proxy).token
    query = f"token={token}"
    with Socket(proxy, token) as socket:
        socket.settle()
    for path in (f"/ws?{query}", f"/ws/?{query}", f"/ws?x=1&{query}#x"):
        assert proxy.http.get(proxy.url + path).status_code in (404, 426)
        assert proxy.http.get(proxy.plain_url + path).status_code == 308
    proxy.stop()
    assert '"GET /ws" 101 ' in proxy.log
    assert '"GET /ws" 426 ' in proxy.log
    assert '"GET /ws" 308 ' in proxy.log
    assert token not in proxy.log


def test_no_token_is_in_the_log_of_errors(start_proxy: StartProxy) -> None:
    proxy = start_proxy(nobody_there(), nobody_there())
    expect_error(Api(proxy).list_conversations(), "UNAVAILABLE")
    time.sleep(FAIL_TIMEOUT_S)  # so that they are asked again
    for _ in range(3):
        with pytest.raises(InvalidStatus) as refused:
            Socket(proxy, "this-is-my-token")
        assert refused.value.response.status_code == 503
    proxy.stop()
    assert "connect() failed" in proxy.log, "errors are logged, of other requests"
    assert '"GET /ws" 503 ' in proxy.log
    assert "this-is-my-token" not in proxy.log


# Gateways that come and go


def asked_last(proxy: Proxy) -> list[str]:
    """The ports of the gateways that have answered the last requests."""
    return re.findall(r'"GET /" 200 .* 127\.0\.0\.1:(\d+) 200$', proxy.log, re.MULTILINE)[-10:]


def test_with_one_gateway_away_everything_is_answered(gateway: GoChatServer, start_proxy: StartProxy) -> None:
    proxy = start_proxy(nobody_there(), address_of(gateway))
    guest = new_guest(proxy)
    world_id = guest.api.world_id()
    for _ in range(10):
        expect_ok(guest.api.list_conversations())
        guest.api.say(world_id)
        with Socket(proxy, guest.token) as socket:
            say(socket, world_id)


def test_a_gateway_that_stops_and_comes_back_is_not_noticed(start_server: StartServer, start_proxy: StartProxy) -> None:
    """But by who writes in that very moment: the gateway itself refuses, for he may try again and nginx must not."""
    one, other = start_server(**BEHIND), start_server(**BEHIND)
    proxy = start_proxy(address_of(one), address_of(other))
    both = {str(gateway.host_and_port[1]) for gateway in (one, other)}
    reads: list[int] = []
    writes: list[int] = []
    is_over = threading.Event()

    def keep_asking() -> None:
        with closing(proxy.client()) as client:
            while not is_over.is_set():
                reads.append(client.get(proxy.url + "/").status_code)
                writes.append(client.post(proxy.url + "/api/auth/guest").status_code)

    askers = [threading.Thread(target=keep_asking, daemon=True) for _ in range(3)]
    for asker in askers:
        asker.start()
    for gateway in (one, other):
        time.sleep(0.5)
        gateway.restart()
        wait_until(lambda: set(asked_last(proxy)) == both, "both are asked again", FAIL_TIMEOUT_S + 10)
    is_over.set()
    for asker in askers:
        asker.join(10)
    proxy.stop()
    assert set(reads) == {200}
    assert set(writes) <= {201, 503}
    assert writes.count(503) <= 4 * len(askers)
    refused = [line for line in proxy.log.splitlines() if '" 503 ' in line]
    assert all(line.endswith(" 503") for line in refused), f"nginx gave up: {refused}"


def test_with_no_gateway_clients_are_told_to_come_back_in_the_contracts_words(
    start_server: StartServer, start_proxy: StartProxy
) -> None:
    gateway = start_server(**BEHIND)
    proxy = start_proxy(address_of(gateway), nobody_there())
    guest = new_guest(proxy)
    gateway.stop()
    chinese = expect_error(guest.api.list_conversations(), "UNAVAILABLE")
    english = expect_error(guest.api.with_language("en-GB").list_conversations(), "UNAVAILABLE")
    assert chinese["message"] == "服务暂时不可用，请稍后再试"
    assert english["message"] == "The service is not available now. Please try again later."
    gateway.start()
    wait_until(lambda: guest.api.list_conversations().status_code == 200, "an answer", timeout_s=15)


def test_nginx_in_front_of_one_process_as_the_guide_has_it(
    gateway: GoChatServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    guide = (CONFIGURATION.parent / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^(sed .* deploy/nginx.conf) >/etc/nginx/nginx.conf$", guide, re.MULTILINE)
    made = subprocess.run(
        ["bash", "-euc", command], cwd=CONFIGURATION.parents[1], capture_output=True, text=True, timeout=30, check=True
    )
    with running_proxy(tmp_path, certificate, (address_of(gateway), ""), made.stdout) as proxy:
        guest = new_guest(proxy)
        with Socket(proxy, guest.token) as socket:
            say(socket, guest.api.world_id())


# Sizes


def test_the_gateway_is_asked_about_what_is_a_little_too_large() -> None:
    (limit_k,) = re.findall(r"client_max_body_size (\d+)k;", CONFIGURATION.read_text(encoding="utf-8"))
    assert int(limit_k) * 1024 == 2 * int(DEFAULTS["MAX_FRAME_BYTES"])


@pytest.mark.parametrize("size", [65_537, 131_072, 131_073, 10_000_000])
def test_what_is_too_large_is_refused_in_the_contracts_words(proxy: Proxy, size: int) -> None:
    body = b'{"username": "' + b"x" * (size - 16) + b'"}'
    assert len(body) == size
    answer = Api(proxy).request("POST", "/auth/login", content=body)
    assert expect_error(answer, "MESSAGE_TOO_LARGE")["message"] == "消息过大"


def test_who_may_not_call_is_told_that_before_the_size(proxy: Proxy) -> None:
    answer = Api(proxy, "no-token").request("PUT", "/users/profile", content=b" " * 65_537)
    expect_error(answer, "AUTH_FAILED")
