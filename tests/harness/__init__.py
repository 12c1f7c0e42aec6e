"""What the flow tests stand on: a real server process, an HTTP client and a WebSocket client.

Both clients hold everything that the server says to the bundled documents in `generated/`.
Knows the contract and the command line, nothing of the server's code.
"""
