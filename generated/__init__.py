"""Everything that the specs give the server.

Source: specs/.
Written by `gochat generate`: change the spec, not this file.
"""
