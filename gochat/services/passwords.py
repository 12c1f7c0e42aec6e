"""Password hashes with Argon2id, computed in worker threads: one takes tens of milliseconds of CPU."""

from __future__ import annotations

import secrets

import argon2
from gevent.threadpool import ThreadPool

HASH_THREADS = 2
"""Argon2 is CPU and memory; more threads than cores gain nothing."""

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
"""Argon2id as OWASP's Password Storage Cheat Sheet recommends it. argon2-cffi's own (64 MiB, 3 passes, 4 lanes) took
178 ms of CPU a hash, on all cores at once, the hub's too; this takes 20 ms of one."""


class Passwords:
    """Hashes and verifies passwords off the hub."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(PASSES, MEMORY_KIB, LANES)
        self._pool = ThreadPool(HASH_THREADS)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """Return a new salted hash."""
        return str(self._pool.apply(self._hasher.hash, (password,)))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Say whether `password` fits; takes the same time when there is no hash (an unknown user, a guest)."""
        return bool(self._pool.apply(self._verify, (password_hash, password)))

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except argon2.exceptions.VerificationError:
            return False
        return password_hash is not None
