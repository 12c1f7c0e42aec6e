"""What the contracts declare, set beside what a run has seen: the rows of the coverage report.

What no client can provoke is told apart, with the reason: a bug of the server, a limit that is switched off, a time
that is longer than the budget.
"""

from __future__ import annotations

from conformance.contract.http import HttpContract
from conformance.contract.socket import CLIENT, SERVER, ErrorCode, SocketContract
from conformance.coverage import Coverage, Matrix, matrix

SERVER_FAILS = "only when the server itself fails"
RATE_OFF = "x-limits switches this limit off"
RESERVED = "reserved: no operation gives it yet"
RESTART = "only when the server ends or fails"

INTERNAL_ERROR, RESTARTING = 1011, (1012, 1013)
LOGIN_PATHS = ("register", "login", "guestLogin")


def matrices(http: HttpContract | None, socket: SocketContract, coverage: Coverage, budget_s: float) -> list[Matrix]:
    """Return declared beside seen, by kind."""
    rows = []
    if http is not None:
        rows.append(_statuses(http, socket, coverage))
    rows.append(_frames(socket, coverage))
    if http is not None or socket.errors:
        rows.append(_errors(http, socket, coverage))
    if socket.close_codes:
        rows.append(_closes(socket, coverage, budget_s))
    return rows


def _statuses(http: HttpContract, socket: SocketContract, coverage: Coverage) -> Matrix:
    names, unreachable = [], {}
    for operation in http.operations.values():
        for status in operation.responses:
            name = f"{operation.id} {status}"
            names.append(name)
            if status.startswith("5"):
                unreachable[name] = SERVER_FAILS
            elif status == "429" and not _is_limited(operation.id, socket):
                unreachable[name] = RATE_OFF
    return matrix("statuses", names, coverage.statuses, unreachable)


def _is_limited(operation: str, socket: SocketContract) -> bool:
    limits = socket.limits
    return bool(limits.logins_per_min if operation in LOGIN_PATHS else limits.messages_per_s)


def _frames(socket: SocketContract, coverage: Coverage) -> Matrix:
    names = [f"{name} sent {outcome}" for name in socket.sent_by(CLIENT) for outcome in ("valid", "invalid")]
    names += [f"{name} received" for name in socket.sent_by(SERVER)]
    # Texts that are no frame at all are sent on purpose, and stand in no contract.
    seen = {name: times for name, times in coverage.frames.items() if not name.startswith("no frame ")}
    return matrix("frames", names, seen, {})


def _errors(http: HttpContract | None, socket: SocketContract, coverage: Coverage) -> Matrix:
    errors: dict[str, ErrorCode] = {**(http.errors if http else {}), **socket.errors}
    names, unreachable = [], {}
    for code, error in errors.items():
        edges = [
            *(["http"] if error.status is not None and http else []),
            *(["socket"] if error.socket != "none" else []),
        ]
        for edge in edges:
            name = f"{code} {edge}"
            names.append(name)
            if error.status is not None and error.status >= 500:
                unreachable[name] = SERVER_FAILS
            elif error.status == 429 and not socket.limits.messages_per_s:
                unreachable[name] = RATE_OFF
            elif error.note.startswith("Reserved"):
                unreachable[name] = RESERVED
    return matrix("errors", names, coverage.errors, unreachable)


def _closes(socket: SocketContract, coverage: Coverage, budget_s: float) -> Matrix:
    limits = socket.limits
    unreachable = {str(code): RESTART for code in (INTERNAL_ERROR, *RESTARTING)}
    for code, entry in socket.close_codes.items():
        if entry.name == "IDLE" and limits.idle_timeout_s + 10 > budget_s:
            unreachable[str(code)] = (
                f"after {limits.idle_timeout_s:g} s without a frame, and the budget is {budget_s:g} s"
            )
        if entry.name == "RATE_ABUSED" and not (limits.messages_per_s and limits.refused_before_close):
            unreachable[str(code)] = RATE_OFF
    return matrix("closes", [str(code) for code in socket.close_codes], coverage.closes, unreachable)
