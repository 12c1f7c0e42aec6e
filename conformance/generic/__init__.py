"""The WebSocket layer that works for any AsyncAPI 3 document with a WebSocket channel. Knows no chat."""
