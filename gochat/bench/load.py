"""The WebSocket load generator: a process of its own, plan as JSON on stdin, figures as JSON on stdout.

Each pair is two connections: the sender keeps `in_flight` messages on their way, a new one for each ack;
the receiver only listens. One direction, so that "n in flight a pair" means what it says, and acks and
deliveries are measured apart. The receivers may connect to another port, that of another gateway of the same
server. Knows nothing of how the server was started or its accounts made.
"""

import gc
import selectors
import sys
import time
from dataclasses import dataclass

import msgspec

from gochat.bench.frames import CLOSE, PING, PONG, TEXT, FrameError, FrameWriter, cut_frames, open_websocket
from gochat.bench.ledger import Ledger, LoadFigures
from gochat.bench.machine import CpuWindow

RECV_BYTES = 262_144
DRAIN_S = 10.0  # how long what is in flight when the window ends may take
SETTLE_S = 0.3  # before the first message, and after the last one for what nobody should have sent
KEEPALIVE_S = 30.0  # the receivers are silent otherwise, and a server may close them for it


@dataclass(frozen=True)
class PairPlan:
    """Where the two connections of a pair go (path and query), and the conversation they share."""

    sender_target: str
    receiver_target: str
    conversation_id: str


@dataclass(frozen=True)
class LoadPlan:
    """A whole run.

    Attributes:
        sender_port: Where the senders connect, on `host`; the receivers to `receiver_port`.
        run_id: Unique among all runs against a server's data: client_msg_ids are idempotent for ever.
        server_pids: The first process of each part of the server, by the part's name; None: not started by us.
    """

    host: str
    sender_port: int
    receiver_port: int
    pairs: list[PairPlan]
    in_flight: int
    warm_up_s: float
    measure_s: float
    run_id: str
    server_pids: dict[str, int | None]
    expect_seq_ids: bool
    drain_s: float = DRAIN_S


class FrameData(msgspec.Struct):
    """What the generator reads of any server frame's data; the rest is skipped."""

    client_msg_id: str = ""
    content: str = ""
    seq_id: int = msgspec.field(default=0, name="seqId")
    code: str = ""


class ServerFrame(msgspec.Struct):
    """A server frame, or a message as the floor relays it."""

    type: str
    data: FrameData = msgspec.field(default_factory=FrameData)


decode_frame = msgspec.json.Decoder(ServerFrame).decode


class Link:
    """One connection: its socket, the frame begun in its input, the bytes its socket would not take yet."""

    def __init__(self, plan: LoadPlan, number: int, *, sends: bool) -> None:
        pair = plan.pairs[number]
        self.number = number
        self.sends = sends
        self.socket, self.received = open_websocket(
            plan.host,
            plan.sender_port if sends else plan.receiver_port,
            pair.sender_target if sends else pair.receiver_target,
        )
        self.writer = FrameWriter()
        self.unsent = b""
        # Ids have a fixed width, so one frame differs from the next in the number alone.
        conversation_id = msgspec.json.encode(pair.conversation_id).decode()
        self.before = (
            f'{{"type":"send-message","data":{{"conversationId":{conversation_id},"messageType":1,'
            f'"content":"bench message {plan.run_id}-'
        ).encode()
        self.between = f'","client_msg_id":"{plan.run_id}-'.encode()

    def message(self, number: int) -> bytes:
        """Return the masked frame of message `number`."""
        digits = b"%09d" % number
        return self.writer.frame(self.before + digits + self.between + digits + b'"}}')

    def write(self, data: bytes) -> bool:
        """Send what the socket takes and keep the rest; return whether something is kept."""
        data = self.unsent + data
        try:
            taken = self.socket.send(data)
        except BlockingIOError:
            taken = 0
        self.unsent = data[taken:]
        return bool(self.unsent)


class Generator:
    """Drives all connections from one thread."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.ledger = Ledger(len(plan.pairs), expect_seq_ids=plan.expect_seq_ids)
        self.id_prefix = f"{plan.run_id}-"
        self.selector = selectors.DefaultSelector()
        self.sending = True
        self.links: list[Link] = []

    def run(self) -> LoadFigures:
        """Connect, warm up, measure, stop sending and wait for what is in flight; return the figures."""
        plan, ledger = self.plan, self.ledger
        for sends in (False, True):
            for number in range(len(plan.pairs)):
                link = Link(plan, number, sends=sends)
                self.links.append(link)
                self.selector.register(link.socket, selectors.EVENT_READ, link)
        time.sleep(SETTLE_S)
        for link in self.links:
            if link.sends:
                self._send_messages(link, plan.in_flight)
        self._work_until(time.perf_counter() + plan.warm_up_s)

        window = CpuWindow(plan.server_pids)
        ledger.window_open = True
        self._work_until(window.started + plan.measure_s)
        ledger.window_open = False
        measured_s, cpu = window.close()

        self.sending = False
        self._work_until(time.perf_counter() + plan.drain_s, until_settled=True)
        # Anything too much (a second delivery, say) would come right behind.
        self._work_until(time.perf_counter() + SETTLE_S)
        for link in self.links:
            link.socket.close()
        return ledger.close(measured_s, cpu)

    def _work_until(self, deadline: float, *, until_settled: bool = False) -> None:
        select, ledger = self.selector.select, self.ledger
        next_keepalive = time.perf_counter() + KEEPALIVE_S
        while (now := time.perf_counter()) < deadline and self.selector.get_map():
            if until_settled and ledger.settled:
                return
            if now > next_keepalive:
                next_keepalive = now + KEEPALIVE_S
                for link in self.links:
                    if link.socket.fileno() >= 0:
                        self._write(link, link.writer.frame(b"", PING))
            for key, events in select(min(deadline - now, 0.1)):
                if events & selectors.EVENT_WRITE:
                    self._write(key.data, b"")
                if events & selectors.EVENT_READ:
                    self._read(key.data)

    def _read(self, link: Link) -> None:
        try:
            piece = link.socket.recv(RECV_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(link, "closed by the server without a close frame")
            return
        now = time.perf_counter()
        frames, link.received = cut_frames(link.received + piece)
        acked = 0
        for opcode, payload in frames:
            if opcode == TEXT:
                acked += self._book(link, payload, now)
            elif opcode == PING:
                self._write(link, link.writer.frame(payload, PONG))
            elif opcode == CLOSE:
                self._drop(link, f"closed by the server with {int.from_bytes(payload[:2], 'big') or 1005}")
                return
        if acked and self.sending:
            self._send_messages(link, acked)

    def _book(self, link: Link, payload: bytes, now: float) -> int:
        """Book one frame; return 1 when it is an ack, which makes room for another message, else 0."""
        frame = decode_frame(payload)
        data, prefix = frame.data, self.id_prefix
        if frame.type == "message-ack":
            known = data.client_msg_id.startswith(prefix)
            self.ledger.ack(int(data.client_msg_id[len(prefix) :]) if known else -1, data.seq_id, now)
            return 1
        if frame.type == "error":
            self.ledger.refuse(data.code)
        elif data.content:
            _, known_id, digits = data.content.rpartition(prefix)
            self.ledger.deliver(link.number, int(digits) if known_id else -1, data.seq_id, now)
        return 0

    def _send_messages(self, link: Link, count: int) -> None:
        now, ledger = time.perf_counter(), self.ledger
        self._write(link, b"".join([link.message(ledger.send(now)) for _ in range(count)]))

    def _write(self, link: Link, data: bytes) -> None:
        waited = bool(link.unsent)
        try:
            waits = link.write(data)
        except OSError:
            self._drop(link, "closed by the server while being written to")
            return
        if waits != waited:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if waits else 0)
            self.selector.modify(link.socket, events, link)

    def _drop(self, link: Link, why: str) -> None:
        if link.socket.fileno() < 0:
            return
        self.ledger.faults[f"{'sender' if link.sends else 'receiver'} {why}"] += 1
        self.selector.unregister(link.socket)
        link.socket.close()


def main() -> int:
    """Run the plan on stdin; print the figures."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=LoadPlan)
    gc.freeze()
    gc.disable()  # nothing here makes cycles, and a pause would be booked as the server's latency
    try:
        figures = Generator(plan).run()
    except (FrameError, OSError, msgspec.DecodeError) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
