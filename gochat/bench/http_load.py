"""The HTTP load generator: `POST .../messages` over keep-alive connections, one request at a time on each.

A process of its own like the WebSocket one: plan as JSON on stdin, figures as JSON on stdout. Nobody is
connected to `/ws` meanwhile, so what is measured is the request alone.
"""

import gc
import selectors
import socket
import sys
import time
from dataclasses import dataclass

import msgspec

from gochat.bench.frames import CONNECT_TIMEOUT_S
from gochat.bench.ledger import Ledger, LoadFigures
from gochat.bench.load import DRAIN_S, RECV_BYTES
from gochat.bench.machine import CpuWindow


@dataclass(frozen=True)
class ConnectionPlan:
    """One connection: who sends, and into which conversation."""

    access_token: str
    conversation_id: str


@dataclass(frozen=True)
class HttpPlan:
    """A whole run."""

    host: str
    port: int
    connections: list[ConnectionPlan]
    warm_up_s: float
    measure_s: float
    run_id: str  # as in LoadPlan
    server_pids: dict[str, int | None]  # as in LoadPlan


class MessageData(msgspec.Struct):
    """What the generator reads of a success's `data`."""

    seq_id: int = msgspec.field(default=0, name="seqId")


class Answer(msgspec.Struct):
    """The answer's envelope."""

    data: MessageData = msgspec.field(default_factory=MessageData)
    code: str = ""


class AnswerError(Exception):
    """The server's answer has no Content-Length, so it can't be told where it ends."""


decode_answer = msgspec.json.Decoder(Answer).decode


def cut_answer(received: bytes) -> tuple[int, bytes] | None:
    """Return status and body of the one HTTP answer in `received`, None while it is not whole.

    Raises AnswerError without a Content-Length.
    """
    head, end_of_head, body = received.partition(b"\r\n\r\n")
    if not end_of_head:
        return None
    _, name, after = head.lower().partition(b"\r\ncontent-length:")
    if not name:
        raise AnswerError(f"no Content-Length in the answer: {head.splitlines()[0].decode('latin-1')}")
    if len(body) < int(after.partition(b"\r\n")[0]):
        return None
    return int(head[9:12]), body


class Connection:
    """One keep-alive connection and the request that is on its way."""

    def __init__(self, plan: HttpPlan, connection: ConnectionPlan) -> None:
        self.conversation_id = connection.conversation_id
        self.socket = socket.create_connection((plan.host, plan.port), timeout=CONNECT_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.number = 0
        self.before = f'{{"messageType":1,"content":"bench message {plan.run_id}-'.encode()
        self.between = f'","client_msg_id":"{plan.run_id}-'.encode()
        length = len(self.before) + len(self.between) + 2 * 9 + 2  # ids have a fixed width
        self.head = (
            f"POST /api/conversations/{connection.conversation_id}/messages HTTP/1.1\r\n"
            f"Host: {plan.host}:{plan.port}\r\nAuthorization: Bearer {connection.access_token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    def post(self, number: int) -> None:
        """Send the request with message `number`; less than a socket's buffer, so it goes out whole."""
        self.number = number
        digits = b"%09d" % number
        self.socket.sendall(self.head + self.before + digits + self.between + digits + b'"}')


class HttpGenerator:
    """Drives all connections from one thread."""

    def __init__(self, plan: HttpPlan) -> None:
        self.plan = plan
        self.ledger = Ledger(0, expect_deliveries=False)
        self.selector = selectors.DefaultSelector()
        self.sending = True
        self.seq_ids: dict[str, list[int]] = {}

    def run(self) -> LoadFigures:
        """Connect, warm up, measure, stop sending and wait for the last answers; return the figures."""
        plan, ledger = self.plan, self.ledger
        for connection_plan in plan.connections:
            connection = Connection(plan, connection_plan)
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        for key in list(self.selector.get_map().values()):
            self._post(key.data)
        self._work_until(time.perf_counter() + plan.warm_up_s)

        window = CpuWindow(plan.server_pids)
        ledger.window_open = True
        self._work_until(window.started + plan.measure_s)
        ledger.window_open = False
        measured_s, cpu = window.close()

        self.sending = False
        self._work_until(time.perf_counter() + DRAIN_S, until_settled=True)
        for key in list(self.selector.get_map().values()):
            key.data.socket.close()
        self._judge_seq_ids()
        return ledger.close(measured_s, cpu)

    def _judge_seq_ids(self) -> None:
        """Hold each conversation's seqIds to n, n + 1, n + 2 ... in any order: nobody else sends there."""
        for given in self.seq_ids.values():
            first = min(given)
            if sorted(given) != list(range(first, first + len(given))):
                self.ledger.faults["seqIds of a conversation repeated or with a gap"] += 1

    def _work_until(self, deadline: float, *, until_settled: bool = False) -> None:
        while (now := time.perf_counter()) < deadline and self.selector.get_map():
            if until_settled and self.ledger.settled:
                return
            for key, _ in self.selector.select(min(deadline - now, 0.1)):
                self._read(key.data)

    def _post(self, connection: Connection) -> None:
        try:
            connection.post(self.ledger.send(time.perf_counter()))
        except OSError:
            self._drop(connection)

    def _read(self, connection: Connection) -> None:
        try:
            piece = connection.socket.recv(RECV_BYTES)
        except OSError:
            piece = b""
        if not piece:
            self._drop(connection)
            return
        connection.received += piece
        answer = cut_answer(connection.received)
        if answer is None:
            return
        now = time.perf_counter()
        connection.received = b""
        status, body = answer
        decoded = decode_answer(body)
        if status == 201:
            self.ledger.ack(connection.number, decoded.data.seq_id, now)
            self.seq_ids.setdefault(connection.conversation_id, []).append(decoded.data.seq_id)
        else:
            self.ledger.refuse(f"{status} {decoded.code}")
        if self.sending and status == 201:
            self._post(connection)

    def _drop(self, connection: Connection) -> None:
        self.ledger.faults["connection closed by the server"] += 1
        self.selector.unregister(connection.socket)
        connection.socket.close()


def main() -> int:
    """Run the plan on stdin; print the figures."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=HttpPlan)
    gc.freeze()
    gc.disable()  # as in the WebSocket generator
    try:
        figures = HttpGenerator(plan).run()
    except (AnswerError, OSError, msgspec.DecodeError) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
