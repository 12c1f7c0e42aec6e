"""WebSocket handlers: one module a tag, one function for each frame that clients send."""
