"""Frames of the tag `messages`."""

from __future__ import annotations

import time

from generated.client_frames import MarkReadFrame, SendMessageFrame
from generated.errors import ContractError
from generated.server_frames import MessageAckData, MessageAckFrame
from gochat.services.posting import Draft, Posted
from gochat.ws.session import Session


def send_message(session: Session, frame: SendMessageFrame) -> None:
    """Store and push a message; the ack leaves once it is durable, so the next frame is read before."""
    data = frame.data

    def done(outcome: Posted | ContractError) -> None:
        if isinstance(outcome, ContractError):
            session.refuse(outcome, data.client_msg_id)
        else:
            acknowledge(outcome)
        session.end_write(number)

    def acknowledge(outcome: Posted) -> None:
        ack = MessageAckData(
            client_msg_id=data.client_msg_id,
            message_id=outcome.message_id,
            status="success",
            seq_id=outcome.seq_id,
            created_at=outcome.created_at,
        )
        session.send(MessageAckFrame(data=ack, timestamp=int(time.time())))

    session.services.messages.count_against_rate(session.actor)
    number = session.begin_write()
    draft = Draft(
        session.actor.user_id, data.conversation_id, data.message_type, data.content, data.client_msg_id, session.id
    )
    session.services.messages.submit(draft, done)


def mark_read(session: Session, frame: MarkReadFrame) -> None:
    """Move the read pointer; answered only when it fails."""

    def done(error: ContractError | None) -> None:
        if error is not None:
            session.refuse(error)
        session.end_write(number)

    number = session.begin_write()
    session.services.messages.submit_read(session.actor, frame.data.conversation_id, frame.data.seq_id, done)
