"""What the tests of the socket say again and again, and what they hold an answer to be.

Works on the two clients of `socket.py`; knows the frames of the contract, not how they are carried.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from tests.harness.api import TEXT
from tests.harness.socket import FRAME_TIMEOUT_S, OP_CLOSE, OP_TEXT, Json, RawSocket, Socket


def fresh_message_id() -> str:
    """A client_msg_id that nobody has used."""
    return f"c-{secrets.token_hex(8)}"


def text_message(conversation_id: str, content: str = "hello", **more: Any) -> Json:
    """The data of a send-message frame, under a new client_msg_id unless `more` has one."""
    return {
        "conversationId": conversation_id,
        "content": content,
        "messageType": TEXT,
        "client_msg_id": fresh_message_id(),
        **more,
    }


def send_acked(socket: Socket, data: Json) -> Json:
    """Sends a message and returns the data of its acknowledgement."""
    socket.send("send-message", data)
    ack: Json = socket.expect("message-ack", where={"client_msg_id": data["client_msg_id"]})["data"]
    return ack


def say(socket: Socket, conversation_id: str, content: str = "hello", **more: Any) -> Json:
    """Sends a text message and returns the data of its acknowledgement."""
    return send_acked(socket, text_message(conversation_id, content, **more))


def send_refused(socket: Socket, data: Json, code: str) -> Json:
    """Sends a message that gets an error frame with that code and the message's id; returns its data."""
    socket.send("send-message", data)
    error: Json = socket.expect("error")["data"]
    assert error["code"] == code, f"expected {code}, got {error}"
    assert error["details"].get("client_msg_id") == data["client_msg_id"], error
    return error


def expect_auth_failed(socket: Socket, timeout_s: float = FRAME_TIMEOUT_S) -> None:
    """Holds that the socket gets an error frame with AUTH_FAILED and is then closed with 4401."""
    error = socket.expect("error", timeout_s)["data"]
    assert error["code"] == "AUTH_FAILED", error
    assert error["details"] == {}, error
    assert socket.expect_close() == 4401


def pushes_up_to(socket: Socket, conversation_id: str, seq_id: int) -> list[Json]:
    """Takes the pushes of a conversation, in the order of their arrival, up to the one with that number."""
    pushes: list[Json] = []
    while not pushes or pushes[-1]["seqId"] != seq_id:
        frame = socket.expect("new-message", where={"conversationId": conversation_id})
        pushes.append(frame["data"])
    return pushes


def read_until_close(raw: RawSocket) -> tuple[list[Json], int]:
    """Reads text frames up to the close frame; returns them and its code, 1006 where there is none."""
    frames: list[Json] = []
    while True:
        try:
            _, opcode, payload = raw.read_frame()
        except (EOFError, ConnectionError):
            return frames, 1006
        if opcode == OP_TEXT:
            frames.append(json.loads(payload))
        elif opcode == OP_CLOSE:
            return frames, int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005


def read_text(raw: RawSocket) -> Json:
    """Reads one text frame."""
    fin, opcode, payload = raw.read_frame()
    assert (fin, opcode) == (True, OP_TEXT), (fin, opcode, payload)
    frame: Json = json.loads(payload)
    return frame


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = FRAME_TIMEOUT_S) -> None:
    """Looks again and again until the condition holds; fails when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.01)
