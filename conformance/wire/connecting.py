"""Opens a WebSocket connection: TCP, from an address and with a buffer of one's choice, TLS, and then the handshake.

Gives a `Socket` that is open, or raises `HandshakeRefused`, whatever was in the way. Sees no frame.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from conformance.contract.socket import SocketContract
from conformance.coverage import Coverage
from conformance.tls import tls_context
from conformance.wire.log import WireLog
from conformance.wire.socket import CONNECT_TIMEOUT_S, HandshakeRefused, Received, Socket


async def open_socket(
    base_url: str,
    contract: SocketContract,
    log: WireLog,
    coverage: Coverage,
    *,
    name: str,
    who: str = "",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    address: str | None = None,
    receive_buffer_bytes: int | None = None,
    on_frame: Callable[[Socket, Received], None] | None = None,
    on_close: Callable[[Socket], None] | None = None,
) -> Socket:
    """Open a connection to the contract's channel and return it.

    Args:
        base_url: `http://HOST:PORT`; https gives wss.
        name: Unique in its log.
        address: The local address to connect from.
        receive_buffer_bytes: Of the kernel, set before connecting; small for a client that reads slowly.

    Raises:
        HandshakeRefused: The server answered with something else than 101, or not at all.
    """
    parts = urlsplit(base_url)
    is_tls = parts.scheme == "https"
    host, port = parts.hostname or "localhost", parts.port or (443 if is_tls else 80)
    path = contract.address + (f"?{urlencode(query)}" if query else "")
    log.add(
        "connect",
        socket=name,
        who=who or None,
        path=contract.address,
        query=dict(query or {}),
        headers=dict(headers) if headers else None,
    )
    coverage.counts["connections"] += 1
    uri = parse_uri(f"{'wss' if is_tls else 'ws'}://{parts.netloc}{path}")
    loop = asyncio.get_running_loop()
    raw = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    raw.setblocking(False)
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        if address is not None:
            raw.bind((address, 0))
        infos = await loop.getaddrinfo(host, port, family=raw.family, type=socket.SOCK_STREAM)
        await asyncio.wait_for(loop.sock_connect(raw, infos[0][4]), CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError) as error:
        raw.close()
        raise HandshakeRefused(0) from error
    opened = Socket(name, contract, log, coverage, who, on_frame, on_close)
    try:
        await loop.create_connection(
            lambda: opened,
            sock=raw,
            ssl=tls_context(base_url) if is_tls else None,
            server_hostname=host if is_tls else None,
            ssl_handshake_timeout=CONNECT_TIMEOUT_S if is_tls else None,
        )
    except OSError as error:  # of TLS too
        raw.close()
        raise HandshakeRefused(0) from error
    opened.start(ClientProtocol(uri, max_size=None), headers or {})
    try:
        await opened.opened()
    except TimeoutError as error:
        opened.abandon()
        raise HandshakeRefused(0) from error
    except HandshakeRefused:
        opened.abandon()
        raise
    return opened
