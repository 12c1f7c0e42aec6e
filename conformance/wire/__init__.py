"""The kit's own HTTP and WebSocket clients: they keep a log of all that they do and judge all that comes."""
