"""The WebSocket edge: handshake, transport, sessions, and who is connected. Handlers come after it."""
