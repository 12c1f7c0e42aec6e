"""User stories, one a file, played over real HTTP and WebSocket against a server in its own process."""
