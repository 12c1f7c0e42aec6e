"""What a failure inside is to the peer: an outage, or a defect of ours, whose traceback only the log gets."""

from __future__ import annotations

import logging
import secrets

from generated.errors import ContractError, Internal, Unavailable
from models.store import StorageFailure

log = logging.getLogger(__name__)


def report_defect(error: BaseException) -> Internal:
    """Log `error` with its traceback, and return what the peer may know of it."""
    request_id = secrets.token_hex(8)
    log.error("request %s failed", request_id, exc_info=error)
    return Internal(details={"requestId": request_id})


def as_contract_error(error: BaseException) -> ContractError:
    """Return what the peer gets for `error`: itself where the contract has it, UNAVAILABLE for failing storage."""
    if isinstance(error, ContractError):
        return error
    if isinstance(error, StorageFailure):
        log.error("storage failed: %s", error)
        return Unavailable()
    return report_defect(error)
