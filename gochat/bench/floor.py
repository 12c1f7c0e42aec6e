"""The floor of `gochat bench`: a bare flask-sock relay, with no validation, storage or auth.

What one writes from flask-sock's documentation: a `receive()` loop and `send()`. Two connections with
the same `?pair=` are partners: a text message goes to the partner as it came, and its sender gets an ack.
"""

import gochat.patch  # noqa: F401, I001  (first: before sockets and threads are taken from the standard library)

import argparse
import json
import signal
import socket

import gevent
from flask import Flask, request
from flask_sock import Sock
from gevent.pywsgi import WSGIServer
from simple_websocket import Server

app = Flask(__name__)
sock = Sock(app)
pairs: dict[tuple[str, str], Server] = {}
BACKLOG = 1024
PARTNER_SIDE = {"a": "b", "b": "a"}


@sock.route("/ws")  # type: ignore[untyped-decorator]
def relay(ws: Server) -> None:
    """Pass every message of this connection to its partner and ack it, until the connection ends."""
    pair, side = request.args["pair"], request.args["side"]
    pairs[pair, side] = ws
    partner = pair, PARTNER_SIDE[side]
    while True:
        text = ws.receive()
        message = json.loads(text)
        if partner in pairs:
            pairs[partner].send(text)
        ack = {"client_msg_id": message["data"]["client_msg_id"], "status": "success"}
        ws.send(json.dumps({"type": "message-ack", "data": ack}))


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m gochat.bench.floor", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    arguments = parser.parse_args()
    listener = socket.create_server((arguments.host, arguments.port), backlog=BACKLOG)
    # Accepted sockets inherit it. GoChat sets it too: the comparison is not about Nagle's algorithm.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = WSGIServer(listener, app, log=None)
    server.start()
    print(f"floor: listening on http://{arguments.host}:{server.server_port}", flush=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, server.stop, timeout=0)
    server.serve_forever()


if __name__ == "__main__":
    main()
