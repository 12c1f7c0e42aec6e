"""A deliberately wrong gateway, for testing that a load over several gateways notices: `python -m ... serve OPTIONS`.

`gochat` itself, but what it pushes has three faults: of each 30 seqIds it loses one, pushes one twice and pushes one
after the next.
"""

import gochat.patch  # noqa: F401, I001  (first, as in gochat.cli)

import sys
from collections.abc import Iterator, Sequence

from gochat import cli
from gochat.bus import BusEvent, MessagePosted
from gochat.ws.shared_registry import SharedRegistry

LOST, TWICE, LATE = 10, 20, 0  # of seqId modulo EACH
EACH = 30

late: dict[str, BusEvent] = {}
deliver = SharedRegistry.deliver


def deliver_wrongly(registry: SharedRegistry, events: Sequence[BusEvent]) -> None:
    """Deliver with the faults."""
    deliver(registry, [wrong for event in events for wrong in spoil(event)])


def spoil(event: BusEvent) -> Iterator[BusEvent]:
    """Yield what becomes of an event."""
    if not isinstance(event, MessagePosted):
        yield event
        return
    data = event.frame.data
    place = data.seq_id % EACH
    if place == LATE:
        late[data.conversation_id] = event
    elif place != LOST:
        yield event
    if place == TWICE:
        yield event
    if place == LATE + 1 and data.conversation_id in late:
        yield late.pop(data.conversation_id)


if __name__ == "__main__":
    SharedRegistry.deliver = deliver_wrongly  # type: ignore[method-assign]
    sys.exit(cli.main())
