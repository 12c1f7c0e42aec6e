"""Deliberately wrong relays, for testing that the load generator notices: `python -m ... FAULT`.

The floor's app with one fault in every TENTH message; run as a process, as the servers under load are.
"""

import gochat.patch  # noqa: F401, I001  (first, as in the floor)

import itertools
import json
import sys

from flask import Flask, request
from flask_sock import Sock
from gevent.pywsgi import WSGIServer
from simple_websocket import Server

TENTH = 10
app = Flask(__name__)
sock = Sock(app)
receivers: dict[str, Server] = {}


@sock.route("/ws")
def relay(ws: Server) -> None:
    """Relay from side a to side b with seqIds, except for the fault."""
    fault = sys.argv[1]
    if request.args["side"] == "b":
        receivers[request.args["pair"]] = ws
        ws.receive()
        return
    receiver = receivers[request.args["pair"]]
    for seq_id in itertools.count(1):
        message = json.loads(ws.receive())["data"]
        ack = {"client_msg_id": message["client_msg_id"], "seqId": seq_id}
        push = {"content": message["content"], "seqId": seq_id}
        strikes = seq_id % TENTH == 0
        if strikes and fault == "swaps-seq-ids":
            push["seqId"] += 1
        if strikes and fault == "refuses":
            details = {"client_msg_id": message["client_msg_id"]}
            ws.send(json.dumps({"type": "error", "data": {"code": "RATE_LIMITED", "details": details}}))
            continue
        if strikes and fault == "closes":
            ws.close(4408)
            return
        if not (strikes and fault == "loses-a-push"):
            receiver.send(json.dumps({"type": "new-message", "data": push}))
        if strikes and fault == "pushes-twice":
            receiver.send(json.dumps({"type": "new-message", "data": push}))
        if not (strikes and fault == "loses-an-ack"):
            ws.send(json.dumps({"type": "message-ack", "data": ack}))
        if strikes and fault == "acks-twice":
            ws.send(json.dumps({"type": "message-ack", "data": ack}))


if __name__ == "__main__":
    server = WSGIServer(("127.0.0.1", 0), app, log=None)
    server.start()
    print(f"broken: listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
