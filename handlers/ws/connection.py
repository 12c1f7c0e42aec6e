"""Frames of the tag `connection`."""

from __future__ import annotations

import time

from generated.client_frames import PingFrame
from generated.server_frames import PongFrame
from gochat.ws.session import Session


def ping(session: Session, frame: PingFrame) -> None:
    """Answer a sign of life, once what was sent before it is done."""
    session.send_after_writes(PongFrame(timestamp=int(time.time())))
