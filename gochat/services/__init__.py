"""The rules of the chat. HTTP and WebSocket share them.

A service takes plain values and the acting user, and never sees a request, a frame or a socket. It reads and
writes through `models` and leaves events for the bus in the transaction.
"""
