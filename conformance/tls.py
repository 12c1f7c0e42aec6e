"""How the kit's own clients verify a server's certificate: by the system's authorities, or by one that is named.

The name travels in the environment, as OpenSSL reads it: processes that the kit starts, and the scripts that it writes,
follow it too.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

AUTHORITY = "SSL_CERT_FILE"

_contexts: dict[bool, ssl.SSLContext] = {}


def trust(file: Path) -> None:
    """Trust the certificates in a PEM file from now on, and no others.

    Raises:
        OSError: It can't be read, or has none.
    """
    ssl.create_default_context(cafile=str(file))
    os.environ[AUTHORITY] = str(file.resolve())
    _contexts.clear()


def authority() -> str | bool:
    """Return the file with the authorities that are trusted, True for the usual ones; as `requests` takes it."""
    return os.environ.get(AUTHORITY) or True


def tls_context(url: str) -> ssl.SSLContext:
    """Return a context shared by all clients: building one takes longer than a request."""
    is_tls = urlsplit(url).scheme in ("https", "wss")
    if is_tls not in _contexts:
        _contexts[is_tls] = ssl.create_default_context() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _contexts[is_tls]
