"""A board on which turtles draw, over WebSocket: `python -m tests.kit.unrelated.server [--defect NAME]`.

Prints `listening on http://HOST:PORT` when it is ready. Knows nothing of GoChat. With a defect it is wrong in one way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Coroutine
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import yaml
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

DOCUMENT = Path(__file__).with_name("asyncapi.yaml")
KEY = "open-sesame"
MAX_FRAME_BYTES = 16_384
HEADINGS = ("north", "east", "south", "west")
EDGE = 500

DEFECTS = {
    "takes-unknown-members": "additionalProperties is not looked at",
    "takes-long-label": "maxLength of a label is not looked at",
    "takes-odd-steps": "multipleOf is not looked at",
    "takes-bad-turtle": "the pattern of a turtle's name is not looked at",
    "takes-same-points": "uniqueItems is not looked at",
    "takes-any-shape": "oneOf is not looked at",
    "takes-missing-colour": "required is not looked at inside a colour",
    "refuses-null-label": "a label that is null is refused as malformed",
    "refuses-eleven": "the loudest cheer is refused as malformed",
    "silent-on-invalid": "a malformed frame is not answered",
    "wrong-code-on-invalid": "a malformed frame is refused as if there were no ink",
    "explains-the-parent": "the refusal names the object around what is wrong",
    "explains-nothing": "the refusal names nothing",
    "closes-on-invalid": "a malformed frame ends the connection",
    "closes-on-json": "what is no JSON ends the connection with an undeclared code",
    "closes-on-around": "turning around ends the connection",
    "no-reply": "a move is never answered",
    "no-reply-sometimes": "one position in a dozen is not told",
    "replies-twice": "a drawing is answered twice",
    "position-twice": "a position is told twice",
    "refuses-twice": "a malformed frame is refused twice",
    "wrong-ref": "a move is answered under the next ref",
    "no-ref": "a move is answered without its ref",
    "wrong-reply": "a drawing is answered as a move",
    "undeclared-frame": "a position comes with a frame that no contract knows",
    "invalid-reply": "a move's answer has three coordinates",
    "invalid-push": "a stroke has no turtle",
    "undeclared-why": "a move off the board is refused for a reason that is not declared",
    "binary-reply": "a position comes as a binary frame",
    "binary-is-text": "a binary frame is taken for a text frame",
    "undeclared-close": "a binary frame ends with a code that is not declared",
    "drops-on-invalid": "a malformed frame tears the TCP connection",
    "hangs-on-fragments": "a message in more than two fragments stops the whole server",
    "dies-for-all": "a bad binary frame tears everybody's connections",
    "limit-too-low": "frames over half of the limit are refused",
    "limit-too-high": "frames over the limit are taken",
    "any-key": "any key opens the board",
    "bad-key-other-code": "a bad key is closed with an undeclared code",
    "pong-without-payload": "pongs are empty",
    "close-not-echoed": "a close with 1001 is answered with 1000",
    "no-door": "nobody is let in",
    "http-on-no-handshake": "a bad handshake is answered as if it were a page",
    "takes-after-close": "what comes after the client's close is answered before the close",
    "masks-frames": "the server's frames are masked",
    "late-lock": "an off-board move leaves a lock behind, and nobody is answered any more",
}


def read_schemas(defect: str) -> dict[str, Any]:
    """Return a validator for each frame that clients send, by its op; looser where the defect says so."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    loosen(schemas, defect)
    names = {"move": "Move", "draw": "Draw", "pen": "Pen", "where": "Where", "cheer": "Cheer"}
    return {
        op: jsonschema_rs.Draft7Validator(
            {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        )
        for op, name in names.items()
    }


def loosen(schemas: dict[str, Any], defect: str) -> None:
    """Take away what the server with a defect does not look at."""
    if defect == "takes-unknown-members":
        del schemas["Pen"]["additionalProperties"]
    elif defect == "takes-long-label":
        del schemas["Draw"]["properties"]["label"]["maxLength"]
    elif defect == "takes-odd-steps":
        del schemas["Move"]["properties"]["steps"]["multipleOf"]
    elif defect == "takes-bad-turtle":
        del schemas["Move"]["properties"]["turtle"]["pattern"]
    elif defect == "takes-same-points":
        del schemas["Polyline"]["properties"]["points"]["uniqueItems"]
    elif defect == "takes-any-shape":
        schemas["Draw"]["properties"]["shape"] = {"type": "object"}
    elif defect == "takes-missing-colour":
        schemas["Colour"]["required"].remove("blue")
    elif defect == "refuses-null-label":
        schemas["Draw"]["properties"]["label"]["type"] = "string"
    elif defect == "refuses-eleven":
        schemas["Cheer"]["properties"]["volume"]["maximum"] = 10


class Malformed(Exception):
    """A frame that is not valid, with what is wrong."""

    def __init__(self, *faults: tuple[str, str], ref: Any = None) -> None:
        super().__init__(str(faults))
        self.faults = faults
        self.ref = ref


class Board:
    """Everything that all turtles share."""

    def __init__(self, defect: str) -> None:
        self.defect = defect
        self.connections: set[ServerConnection] = set()
        self.strokes = 0
        self.stuck = False
        self._tasks: set[asyncio.Future[None]] = set()
        self._schemas = read_schemas(defect)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def read(self, text: str) -> dict[str, Any]:
        """Return the frame that a text is.

        Raises:
            Malformed: It is none.
        """
        try:
            frame = json.loads(text, parse_constant=refuse_constant)
        except (ValueError, RecursionError):
            raise Malformed(("", "json")) from None
        if not isinstance(frame, dict):
            raise Malformed(("", "type"))
        try:
            json.dumps(frame, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Malformed(("", "unicode")) from None
        ref = frame.get("ref")
        ref = ref if type(ref) is int and 1 <= ref < 2**31 else None
        if "op" not in frame:
            raise Malformed(("/op", "required"), ref=ref)
        schema = self._schemas.get(frame["op"]) if isinstance(frame["op"], str) else None
        if schema is None:
            raise Malformed(("/op", "enum"), ref=ref)
        faults = [fault for error in schema.iter_errors(frame) for fault in named(error)]
        if faults:
            raise Malformed(*faults, ref=ref)
        return frame


def refuse_constant(name: str) -> Any:
    """Refuse NaN and its like, which Python's reader takes."""
    raise ValueError(name)


def named(error: Any) -> list[tuple[str, str]]:
    """Return what a validator has found, as pointer and rule; a missing or unknown member is named itself."""
    at = pointer(error.instance_path)
    if error.kind.name == "required":
        return [(f"{at}/{escape(error.kind.property)}", "required")]
    if error.kind.name == "additionalProperties":
        return [(f"{at}/{escape(name)}", "additionalProperties") for name in error.kind.unexpected]
    return [(at, error.kind.name)]


def pointer(path: Any) -> str:
    """Return an RFC 6901 pointer."""
    return "".join(f"/{escape(str(part))}" for part in path)


def escape(part: str) -> str:
    """Return a member's name as part of a pointer."""
    return part.replace("~", "~0").replace("/", "~1")


class Turtle:
    """One connection."""

    def __init__(self, board: Board, socket: ServerConnection) -> None:
        self.board = board
        self.socket = socket
        self.x, self.y, self.heading = 0.0, 0.0, 0
        self.asked = 0

    async def serve(self) -> None:
        """Answer frames until the connection ends."""
        board, defect = self.board, self.board.defect
        key = parse_qs(urlsplit(self.socket.request.path).query).get("key", [""])[0]
        if key != KEY and defect != "any-key":
            await self.socket.close(4003 if defect == "bad-key-other-code" else 4001, "bad key")
            return
        board.connections.add(self.socket)
        try:
            async for message in self.socket:
                await self.take(message)
        except ConnectionClosed:
            pass
        finally:
            board.connections.discard(self.socket)

    async def take(self, message: str | bytes) -> None:
        """Do what one message says."""
        defect = self.board.defect
        if isinstance(message, bytes):
            if defect == "binary-is-text":
                message = message.decode("utf-8", "replace")
            elif defect == "dies-for-all" and len(message) == 300:
                for socket in list(self.board.connections):
                    socket.transport.abort()
                return
            else:
                await self.socket.close(4100 if defect == "undeclared-close" else 1003)
                return
        if defect == "limit-too-low" and len(message) > MAX_FRAME_BYTES // 2:
            await self.socket.close(1009)
            return
        try:
            frame = self.board.read(message)
        except Malformed as error:
            await self.refuse_malformed(error)
            return
        if self.board.stuck:
            await asyncio.sleep(3600)
        await getattr(self, f"do_{frame['op']}")(frame)

    async def refuse_malformed(self, error: Malformed) -> None:
        """Refuse a frame that is not valid, saying what is wrong with it."""
        defect = self.board.defect
        if defect == "silent-on-invalid":
            return
        if defect == "drops-on-invalid":
            self.socket.transport.abort()
            return
        if defect == "closes-on-invalid":
            await self.socket.close(1002)
            return
        if defect == "closes-on-json" and error.faults[0][1] == "json":
            await self.socket.close(1008)
            return
        faults = [{"pointer": place, "rule": rule} for place, rule in error.faults]
        if defect == "explains-the-parent":
            faults = [{**each, "pointer": each["pointer"].rpartition("/")[0]} for each in faults]
        frame = {"op": "refused", "why": "malformed", "faults": faults}
        if defect == "explains-nothing":
            frame["faults"] = []
        if defect == "wrong-code-on-invalid":
            frame = {"op": "refused", "why": "no-ink"}
        if error.ref is not None:
            frame["ref"] = error.ref
        await self.tell(frame)
        if defect == "refuses-twice":
            await self.tell(frame)

    async def do_move(self, frame: dict[str, Any]) -> None:
        """Turn and go."""
        defect = self.board.defect
        if defect == "no-reply":
            return
        turn = frame.get("turn")
        if turn == "around" and defect == "closes-on-around":
            self.board.spawn(self.socket.close(1001))
            return
        self.heading = (self.heading + {"left": -1, "right": 1, "around": 2}.get(turn, 0)) % 4
        x = self.x + frame["steps"] * (0, 1, 0, -1)[self.heading]
        y = self.y + frame["steps"] * (1, 0, -1, 0)[self.heading]
        if not (-EDGE <= x <= EDGE and -EDGE <= y <= EDGE):
            if defect == "late-lock":
                self.board.stuck = True
            why = "too-far" if defect == "undeclared-why" else "off-board"
            await self.tell({"op": "refused", "ref": frame["ref"], "why": why})
            return
        self.x, self.y = x, y
        reply = {"op": "moved", "ref": frame["ref"], "at": [x, y]}
        if defect == "invalid-reply":
            reply["at"] = [x, y, 0]
        if defect == "wrong-ref":
            reply["ref"] = frame["ref"] + 1
        if defect == "no-ref":
            del reply["ref"]
        await self.tell(reply)

    async def do_draw(self, frame: dict[str, Any]) -> None:
        """Draw, and show it to everybody."""
        defect = self.board.defect
        self.board.strokes += 1
        stroke = {"op": "stroke", "turtle": "t-1", "shape": frame["shape"]}
        if defect == "invalid-push":
            del stroke["turtle"]
        for socket in list(self.board.connections):
            if self.board.strokes % 4 == 0 and socket is not self.socket:
                self.board.spawn(push(socket, json.dumps(stroke)))
        reply = {"op": "drawn", "ref": frame["ref"], "strokes": self.board.strokes}
        if defect == "wrong-reply":
            reply = {"op": "moved", "ref": frame["ref"], "at": [self.x, self.y]}
        await self.tell(reply)
        if defect == "replies-twice":
            await self.tell(reply)

    async def do_pen(self, frame: dict[str, Any]) -> None:
        """Put the pen up or down; a black pen has no ink."""
        colour = frame.get("colour")
        if colour is not None and not any(colour.values()):
            await self.tell({"op": "refused", "why": "no-ink"})

    async def do_where(self, _frame: dict[str, Any]) -> None:
        """Tell where the turtle is."""
        defect = self.board.defect
        self.asked += 1
        if defect == "no-reply-sometimes" and self.asked % 12 == 0:
            return
        if defect == "undeclared-frame":
            await self.tell({"op": "weather", "sun": True})
        reply = {"op": "position", "at": [self.x, self.y], "heading": HEADINGS[self.heading]}
        if defect == "binary-reply":
            await self.socket.send(json.dumps(reply).encode())
        else:
            await self.tell(reply)
        if defect == "position-twice":
            await self.tell(reply)

    async def do_cheer(self, frame: dict[str, Any]) -> None:
        """Hear it, and say nothing."""

    async def tell(self, frame: dict[str, Any]) -> None:
        """Send one frame."""
        await push(self.socket, json.dumps(frame))


async def push(socket: ServerConnection, text: str) -> None:
    """Send a text; one that can't be sent any more is lost."""
    with suppress(ConnectionClosed):
        await socket.send(text)


class BrokenConnection(ServerConnection):
    """A connection whose defect is below the frames."""

    defect = ""

    def process_event(self, event: Any) -> None:
        name = getattr(getattr(event, "opcode", None), "name", "")
        if self.defect == "hangs-on-fragments" and name == "CONT":
            self.fragments = getattr(self, "fragments", 0) + 1
            if self.fragments == 3:
                time.sleep(30)
        if self.defect == "pong-without-payload" and name == "PING":
            self.protocol.send_pong(b"")
        super().process_event(event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.defect == "masks-frames":
            self.protocol.send_frame = lambda frame: self.protocol.writes.append(frame.serialize(mask=True))
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        is_close = data[:1] == b"\x88" and len(data) >= 8
        length = 6 + (data[1] & 0x7F) if is_close else 0
        if self.defect == "close-not-echoed" and is_close:
            code = int.from_bytes(bytes([data[6] ^ data[2], data[7] ^ data[3]]), "big")
            if code == 1001:
                self.protocol.send_close(1000)
        if self.defect == "takes-after-close" and is_close and data[length:]:
            asyncio.get_running_loop().call_later(0.1, super().data_received, data[:length])
            data = data[length:]
        super().data_received(data)


async def run(host: str, port: int, defect: str) -> Server:
    """Start serving."""
    board = Board(defect)

    def refuse_page(connection: ServerConnection, request: Request) -> Response | None:
        if defect == "no-door":
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "closed\n")
        return None

    def answer(_connection: ServerConnection, _request: Request, response: Response) -> Response | None:
        if defect == "http-on-no-handshake" and response.status_code >= 400:
            response.status_code, response.reason_phrase = 200, "OK"
        return response

    BrokenConnection.defect = defect
    return await serve(
        lambda socket: Turtle(board, socket).serve(),
        host,
        port,
        compression=None,
        max_size=None if defect == "limit-too-high" else MAX_FRAME_BYTES,
        ping_interval=None,
        create_connection=BrokenConnection,
        process_request=refuse_page,
        process_response=answer,
    )


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--defect", default="", choices=["", *DEFECTS])
    options = parser.parse_args()

    async def forever() -> None:
        server = await run(options.host, options.port, options.defect)
        host, port = next(iter(server.sockets)).getsockname()[:2]
        print(f"listening on http://{host}:{port}", flush=True)
        await server.serve_forever()

    with suppress(KeyboardInterrupt):
        asyncio.run(forever())


if __name__ == "__main__":
    main()
