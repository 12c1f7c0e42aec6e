"""`gochat bench`: how fast the server is, beside a floor measured in the same run.

The load generators and the floor are processes of their own; nothing here is imported by the server.
"""
