"""Puts the server together, starts it, and lets it end without losing anything."""

from __future__ import annotations

import gc
import logging
import ssl
import time

import gevent
from gevent.event import Event

from generated.errors import Close, ContractError
from gochat.backend import build_backend
from gochat.binding import bind_handlers
from gochat.config import Config
from gochat.edge import Edge
from gochat.http.app import build_api
from gochat.listener import Listener
from gochat.site import build_site
from gochat.ws.endpoint import add_endpoint

log = logging.getLogger(__name__)

FLUSH_S = 1.0
"""How long sockets have to take the close frame when the server ends."""

PURGE_EVERY_S = 3600.0

GC_THRESHOLD = 20_000
"""Objects between two looks of the youngest generation; Python's 700 come together with each batch of messages."""


class Server:
    """One process: contracts, storage, both edges.

    Raises:
        BindingError: contracts and handlers do not match.
        StoreUnusable: the database cannot be used.
        BusUnusable: Kafka cannot be used.
        OSError: the address cannot be had (from `start`).
    """

    def __init__(self, config: Config, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        handlers = bind_handlers()
        self._config = config
        self._backend = build_backend(config)
        services, self._registry = self._backend.services, self._backend.registry
        site = build_site(config, self._is_ready)
        add_endpoint(site, config, services, self._registry, handlers.ws)
        api = build_api(services, handlers.http, max_body_bytes=config.max_frame_bytes)
        self._listener = Listener((host, port), Edge(config, api, site), tls)
        self._stopping = Event()

    @property
    def port(self) -> int:
        """The port that is listened on; known after `start`."""
        return int(self._listener.server_port)

    def start(self) -> None:
        """Accept connections from now on."""
        gc.collect()
        gc.freeze()  # what start-up made stays: no use in looking at it again
        gc.set_threshold(GC_THRESHOLD, 20, 20)
        self._backend.start()
        self._listener.start()
        self._purge = gevent.spawn(self._purge_for_ever)

    def wait(self) -> None:
        """Return when somebody has called `stop`."""
        self._stopping.wait()

    def stop(self) -> None:
        """Ask for the end. Does not block; for signal handlers."""
        self._stopping.set()

    def drain(self) -> None:
        """End: no new connection, what is in flight is acked or refused, sockets close with 1012."""
        with gevent.Timeout(self._config.drain_timeout_s + FLUSH_S, False):
            self._listener.stop_accepting_connections()
            self._purge.kill()
            if not self._backend.finish(self._config.drain_timeout_s):
                log.error("not all writes were finished in %g s", self._config.drain_timeout_s)
            for session in self._registry.sessions():
                session.close(Close.SERVER_RESTART)
            until = time.monotonic() + FLUSH_S
            while self._listener.requests_under_way and time.monotonic() < until:
                gevent.sleep(0.01)
        self._listener.stop(timeout=0.2)
        self._backend.close()

    def _is_ready(self) -> bool:
        return self._backend.is_ready() and not self._stopping.is_set()

    def _purge_for_ever(self) -> None:
        while True:
            try:
                self._backend.services.accounts.purge()
            except ContractError as error:
                log.warning("old logins are purged later: %s", error)
            except Exception:
                log.exception("purging old logins failed")
            gevent.sleep(PURGE_EVERY_S)
