"""GoChat: a chat server built from its contracts and proved against them."""

__version__ = "0.1.0"
