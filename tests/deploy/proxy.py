"""Runs nginx with `deploy/nginx.conf`, in which nothing but addresses, ports and paths is other than there.

Knows the file and the harness, nothing of the server's code.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx

from tests.harness.contract import PROJECT_ROOT
from tests.harness.ports import free_port
from tests.harness.server import REQUEST_TIMEOUT_S, GoChatServer

CONFIGURATION = PROJECT_ROOT / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0


class Proxy:
    """nginx in front of gateways. The clients of the harness take it for a server, with an address and a pool.

    url: of the HTTPS port.
    plain_url: of the HTTP port.
    """

    def __init__(
        self, directory: Path, certificate: tuple[Path, Path], upstream: Mapping[str, str], text: str | None = None
    ) -> None:
        """Writes the configuration; `start()` runs it.

        upstream: for each HOST:PORT of a gateway in the configuration the one to go to.
        text: the configuration; the file's unless it is given.
        """
        self.secrets: set[str] = set()
        port, plain_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{port}"
        self.plain_url = f"http://127.0.0.1:{plain_port}"
        self.acme = Path(tempfile.mkdtemp(prefix="gochat-acme-"))
        self.acme.chmod(0o755)  # nginx's workers are not root
        self._directory = directory
        self._file = directory / "nginx.conf"
        other = {
            "listen 80 ": f"listen 127.0.0.1:{plain_port} ",
            "listen 443 ssl ": f"listen 127.0.0.1:{port} ssl ",
            "/etc/nginx/certs/fullchain.pem": str(certificate[0]),
            "/etc/nginx/certs/privkey.pem": str(certificate[1]),
            "/var/www/acme": str(self.acme),
            "/var/log/nginx/": f"{directory}/",
            **{f"server {there} ": f"server {here} " for there, here in upstream.items()},
        }
        self._file.write_text(adapt(text or CONFIGURATION.read_text(encoding="utf-8"), other), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self.http = self.client()

    @property
    def log(self) -> str:
        """All that nginx wrote: what it says at its start, and both logs."""
        files = [self._directory / name for name in ("said", "error.log", "access.log")]
        return "".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    @property
    def command(self) -> list[str]:
        """nginx with the adapted file, in the foreground, as its image runs it."""
        assert NGINX is not None
        return [NGINX, "-c", str(self._file), "-g", f"daemon off; pid {self._directory}/nginx.pid;"]

    def client(self, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """Returns an HTTP client that connects from `address`."""
        transport = httpx.HTTPTransport(verify=False, local_address=address)
        return httpx.Client(transport=transport, timeout=REQUEST_TIMEOUT_S, headers=headers)

    def ws_url(self, token: str | None) -> str:
        """The socket's address for a token; without one, no query at all."""
        base = "ws" + self.url.removeprefix("http") + "/ws"
        return base if token is None else f"{base}?token={quote(token, safe='')}"

    def start(self) -> None:
        """Starts nginx and returns once it accepts connections."""
        with (self._directory / "said").open("wb") as said:
            self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        deadline = time.monotonic() + START_TIMEOUT_S
        url = httpx.URL(self.url)
        while True:
            try:
                socket.create_connection((url.host, url.port or 443), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, f"nginx exited with {self._process.returncode}:\n{self.log}"
                assert time.monotonic() < deadline, f"nginx does not accept connections:\n{self.log}"
                time.sleep(0.02)

    def stop(self) -> None:
        """Ends nginx at once; its log is whole then."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(STOP_TIMEOUT_S)
        self.http.close()
        shutil.rmtree(self.acme, ignore_errors=True)


@contextmanager
def running_proxy(
    directory: Path, certificate: tuple[Path, Path], gateways: tuple[str, str], text: str | None = None
) -> Iterator[Proxy]:
    """Runs nginx in front of two addresses; at its end, no secret that went through it is in its log.

    text: a configuration that has one gateway only, on 127.0.0.1:8080; the first address is its.
    """
    if text is None:
        upstream = {"gateway-1:8080": gateways[0], "gateway-2:8080": gateways[1]}
    else:
        upstream = {"127.0.0.1:8080": gateways[0]}
    proxy = Proxy(directory, certificate, upstream, text)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
    for secret in proxy.secrets:
        assert secret not in proxy.log, "a secret in nginx's log"
    assert "token=" not in proxy.log, "a query in nginx's log"


def adapt(text: str, other: Mapping[str, str]) -> str:
    """Returns the text with each key, which it must have, replaced by its value."""
    for there, here in other.items():
        assert there in text, f"{there!r} is not in {CONFIGURATION}"
        text = text.replace(there, here)
    return text


def address_of(server: GoChatServer, host: str = "127.0.0.1") -> str:
    """Returns HOST:PORT of a server that listens on all addresses."""
    return f"{host}:{server.host_and_port[1]}"
