"""A little chat server with a few of GoChat's operations, right unless it is given defects; a real one, on a socket.

In a thread of its own, so that scripts in other processes can talk to it too.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

Json = dict[str, Any]

DEFECTS = {
    "acks twice": "a client that counts its acks is one ahead",
    "ack without seqId": "a client can't order its own message",
    "seqId as text": "a typed client fails to parse the ack",
    "leaks the password": "everybody sees it",
    "pushes to strangers": "who was removed reads on",
    "lists to strangers": "who was removed reads on over HTTP",
    "no pong": "a client thinks the server is gone",
    "takes binary frames": "what a client must not send is not refused",
    "gives a seqId twice": "two messages in one place",
    "closes when idle": "a client that is silent is thrown out",
    "a dropped line ends others": "one dead phone disconnects everybody",
    "takes a bad token": "anybody gets in",
    "no Allow header": "a client can't tell what it may do",
    "sends an undeclared frame": "a frame that no contract has",
    "refuses to open": "nobody gets in",
}


class _Line:
    """One WebSocket connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.protocol = ServerProtocol()
        self.writer = writer
        self.user = ""

    def send(self, kind: str, data: Json | None = None) -> None:
        frame: Json = {"type": kind, "timestamp": 1}
        if data is not None:
            frame["data"] = data
        self.protocol.send_text(json.dumps(frame).encode())
        self.flush()

    def close(self, code: int) -> None:
        if self.protocol.close_sent is None and self.protocol.close_rcvd is None:
            self.protocol.send_close(code)
        self.flush()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data and not self.writer.is_closing():
                self.writer.write(data)
            elif not data:
                self.writer.close()  # the closing handshake is done


class LittleServer:
    """Accounts, groups and messages in memory."""

    def __init__(self, *defects: str) -> None:
        assert set(defects) <= set(DEFECTS)
        self.defects = set(defects)
        self.url = ""
        self._users: dict[str, Json] = {}
        self._tokens: dict[str, str] = {}
        self._groups: dict[str, Json] = {}
        self._lines: dict[str, _Line] = {}

    # HTTP.

    def answer(self, method: str, path: str, token: str, body: Json) -> tuple[int, Json, Json]:
        """Return status, headers and the JSON of an answer."""
        parts = path.removeprefix("/api/").split("/")
        user = self._tokens.get(token, "")
        if path == "/api/auth/register":
            if method != "POST":
                headers = {} if "no Allow header" in self.defects else {"Allow": "POST"}
                return 405, headers, _failure("METHOD_NOT_ALLOWED")
            if any(each["username"].lower() == body["username"].lower() for each in self._users.values()):
                return 409, {}, _failure("USERNAME_TAKEN")
            known = {"id": f"u{secrets.token_hex(6)}1", "username": body["username"]}
            self._users[known["id"]] = known | {"password": body["password"]}
            leaked = self._users[known["id"]] if "leaks the password" in self.defects else known
            return 201, {}, _success({"user": {**leaked, "isGuest": False, "createdAt": 1, "status": 0}})
        if path == "/api/auth/login":
            named = [each for each in self._users.values() if each["username"] == body["username"]]
            if not named or named[0]["password"] != body["password"]:
                return 401, {"WWW-Authenticate": "Bearer"}, _failure("INVALID_CREDENTIALS")
            fresh = f"t{secrets.token_hex(16)}1"
            self._tokens[fresh] = named[0]["id"]
            return 200, {}, _success({"accessToken": fresh, "user": {"id": named[0]["id"]}})
        if not user:
            return 401, {"WWW-Authenticate": "Bearer"}, _failure("AUTH_FAILED")
        if path == "/api/conversations":
            identity = f"c{secrets.token_hex(6)}1"
            self._groups[identity] = {"members": {user, *body["members"]}, "messages": []}
            return 201, {}, _success({"id": identity, "type": 2})
        group = self._groups.get(parts[1])
        if group is None:
            return 404, {}, _failure("CONVERSATION_NOT_FOUND")
        if method == "DELETE":
            group["members"].discard(parts[3])
            return 200, {}, _success({})
        if user not in group["members"] and "lists to strangers" not in self.defects:
            return 403, {}, _failure("FORBIDDEN")
        return 200, {}, _success({"messages": group["messages"][::-1], "hasMore": False})

    # Frames.

    async def frame(self, line: _Line, text: str) -> None:
        """Do what a frame asks for."""
        try:
            frame = json.loads(text)
            kind, data = frame["type"], frame.get("data")
        except (ValueError, TypeError, KeyError):
            line.send("error", {"code": "INVALID_MESSAGE", "message": "不", "details": {}})
            return
        if kind == "ping" and "no pong" not in self.defects:
            line.send("pong")
        if kind == "mark-read" and "sends an undeclared frame" in self.defects:
            line.send("message-read", data)
        if kind == "send-message":
            await self._post(line, data)

    async def _post(self, line: _Line, data: Json) -> None:
        group = self._groups[data["conversationId"]]
        seq_id = len(group["messages"]) + 1
        if "gives a seqId twice" in self.defects:
            await asyncio.sleep(0.03)
        message = {
            "id": f"m{secrets.token_hex(6)}1",
            "conversationId": data["conversationId"],
            "content": data["content"],
            "messageType": data["messageType"],
            "seqId": seq_id,
        }
        group["messages"].append(message)
        ack = {"client_msg_id": data["client_msg_id"], "messageId": message["id"], "status": "success"}
        if "ack without seqId" not in self.defects:
            ack["seqId"] = str(seq_id) if "seqId as text" in self.defects else seq_id
        for _ in range(2 if "acks twice" in self.defects else 1):
            line.send("message-ack", ack)
        everybody = self._lines if "pushes to strangers" in self.defects else group["members"]
        for user in set(everybody) - {line.user}:
            if user in self._lines:
                self._lines[user].send("new-message", message)

    async def open(self, line: _Line, token: str) -> None:
        """Let a user in, in the place of an older connection of his."""
        line.user = self._tokens.get(token, "")
        if not line.user and "takes a bad token" not in self.defects:
            line.send("error", {"code": "AUTH_FAILED", "message": "不", "details": {}})
            line.close(4401)
            return
        older = self._lines.pop(line.user, None)
        if older is not None:
            older.close(4409)
        self._lines[line.user] = line

    # The wire.

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one TCP connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines[1:])
                }
                if headers.get("upgrade") == "websocket" and "refuses to open" not in self.defects:
                    await self._websocket(head, target, reader, writer)
                    return
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                token = headers.get("authorization", "").removeprefix("Bearer ")
                data = json.loads(body) if body.startswith(b"{") and method == "POST" else {}
                status, more, answer = self.answer(method, urlsplit(target).path, token, data)
                content = json.dumps(answer).encode()
                own = {"Content-Type": "application/json", "Content-Length": str(len(content)), **more}
                top = "".join(f"{name}: {value}\r\n" for name, value in own.items())
                writer.write(f"HTTP/1.1 {status} Status\r\n{top}\r\n".encode() + content)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _websocket(
        self, head: bytes, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line = _Line(writer)
        line.protocol.receive_data(head)
        (request,) = line.protocol.events_received()
        assert isinstance(request, Request)
        line.protocol.send_response(line.protocol.accept(request))
        line.flush()
        await self.open(line, parse_qs(urlsplit(target).query).get("token", [""])[0])
        working: set[asyncio.Task[None]] = set()
        try:
            while True:
                idle_s = 0.4 if "closes when idle" in self.defects else None
                data = await asyncio.wait_for(reader.read(65536), idle_s)
                if not data:
                    break
                line.protocol.receive_data(data)
                for event in line.protocol.events_received():
                    assert not isinstance(event, Request)
                    if event.opcode == Opcode.TEXT:
                        working.add(asyncio.create_task(self.frame(line, event.data.decode())))
                    elif event.opcode == Opcode.BINARY and "takes binary frames" not in self.defects:
                        line.close(1003)
                line.flush()
        except TimeoutError:
            line.close(4410)
        except ConnectionError:
            if "a dropped line ends others" in self.defects:
                for other in set(self._lines.values()) - {line}:
                    other.close(1011)
        finally:
            if self._lines.get(line.user) is line:
                del self._lines[line.user]


def _success(data: Json) -> Json:
    return {"success": True, "message": "操作成功", "data": data}


def _failure(code: str) -> Json:
    return {"success": False, "message": "不", "code": code}


@contextmanager
def little_server(*defects: str) -> Iterator[str]:
    """Run a little server with these defects; its URL."""
    little = LittleServer(*defects)
    started: Future[str] = Future()
    ended = asyncio.Event()

    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        listener = await asyncio.start_server(little.connection, "127.0.0.1", 0)
        started.set_result(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        await ended.wait()
        listener.close()

    def run() -> None:
        asyncio.run(serve())  # cancels what is left of the connections when it ends

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield started.result(5)
    finally:
        loops[0].call_soon_threadsafe(ended.set)
        thread.join(5)
