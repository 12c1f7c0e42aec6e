"""The chat profile: a model of what the contract's words promise, and users who try it on the server.

An operation acts on the wire, then the model judges what came and takes it over. Stories are lists of operations
written by hand, the Hypothesis machine makes more; both run in a room of their own with users of their own.
"""
