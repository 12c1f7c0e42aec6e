"""Reports a defect of ours: the log gets the traceback under a new id, the peer gets only that id."""

from __future__ import annotations

import logging
import secrets

from generated.errors import Internal

log = logging.getLogger(__name__)


def report_defect(error: BaseException) -> Internal:
    """Log `error` with its traceback, and return what the peer may know of it."""
    request_id = secrets.token_hex(8)
    log.error("request %s failed", request_id, exc_info=error)
    return Internal(details={"requestId": request_id})
