"""The generated clients against a real server, with a bad network in between."""
