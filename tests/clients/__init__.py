"""The generated clients against a real server."""
