"""What the generic WebSocket layer holds a server to.

Each row says what is asked, in terms of AsyncAPI and RFC 6455 alone, and what a client suffers where it does not hold.
"""

from __future__ import annotations

from conformance.rules import rule_table

RULES = rule_table(
    "generic",
    # The channel.
    (
        "channel-opens",
        "Whoever has good credentials can open the channel",
        "Nobody can connect, or nobody can any more.",
    ),
    (
        "credentials-checked",
        "Bad credentials are refused as declared",
        "Strangers get in, or a client that must log in again can't tell and tries for ever.",
    ),
    (
        "handshake-refused",
        "A request that is no valid WebSocket handshake is refused as HTTP",
        "A proxy or an old client ends up on a connection that neither side understands.",
    ),
    # What comes.
    (
        "frame-declared",
        "Every received frame is one that the contract declares",
        "A client written from the contract does not know what to do with it.",
    ),
    (
        "frame-valid",
        "Every received frame is valid by its schema",
        "A client reads a member that is missing or of another type, and falls over.",
    ),
    (
        "frame-text",
        "The server sends text frames only",
        "A client that reads JSON gets bytes, which browsers hand over as a Blob.",
    ),
    (
        "framing-kept",
        "The server's own frames keep to RFC 6455",
        "Every WebSocket library drops the connection at the first such frame.",
    ),
    (
        "error-declared",
        "An error frame's code is one of the catalogue's for the socket",
        "A client has no branch for it and shows nothing, or the wrong thing.",
    ),
    (
        "server-error",
        "No frame makes the server report a defect of its own",
        "What the user did is lost, and doing it again will not help.",
    ),
    # Replies.
    (
        "reply-comes",
        "A valid frame of an operation with a reply gets one in time",
        "A client waits for ever, or times out and does everything twice.",
    ),
    (
        "reply-once",
        "There is one reply to a frame, and none without a frame",
        "A client takes the second one for the answer to something else.",
    ),
    (
        "reply-fits",
        "The reply is one of those that its operation declares",
        "A client that waits for the declared replies never sees its answer.",
    ),
    (
        "reply-correlated",
        "The reply carries the correlation id of the frame that it answers",
        "With several frames under way, a client hands the answer to the wrong one.",
    ),
    (
        "valid-accepted",
        "A frame that is valid by the contract is not refused as invalid",
        "What the contract allows can't be done.",
    ),
    (
        "valid-survives",
        "A valid frame does not end the connection",
        "A user is thrown out for an ordinary action.",
    ),
    # What is not valid.
    (
        "invalid-refused",
        "A frame that breaks the contract gets the refusal that the contract declares",
        "Mistakes of a client pass unnoticed, or end up in the storage of others.",
    ),
    (
        "invalid-explained",
        "The refusal names the place and the rule that is broken",
        "Who writes a client searches in the wrong place.",
    ),
    (
        "invalid-survives",
        "A frame that breaks the contract leaves the connection open",
        "One mistake of a client costs it the connection, and what was under way on it.",
    ),
    # How connections end.
    (
        "close-declared",
        "The server closes with declared codes only",
        "A client does not know whether it may come back, and either hammers the server or gives up.",
    ),
    (
        "close-clean",
        "No connection ends without a closing handshake",
        "A client can't tell a server's decision from a broken network.",
    ),
    (
        "close-announced",
        "A close that the catalogue ties to an error comes after that error, and the error before that close",
        "A client learns that it was thrown out but not why, or is told so and stays connected.",
    ),
    (
        "close-echoed",
        "A client's close is answered with a close, and the server ends the TCP connection",
        "Connections pile up on both sides until the descriptors run out.",
    ),
    (
        "close-final",
        "Nothing comes after the server's close frame, and nothing is done that comes after the client's",
        "Bytes behind a closed WebSocket are taken for requests: a proxy in between can be made to smuggle them.",
    ),
    # Below the frames.
    (
        "transport-close",
        "A broken WebSocket stream ends with the close code of RFC 6455",
        "A client with a bug is cut off without a word on what it did wrong.",
    ),
    (
        "ping-answered",
        "A ping control frame gets a pong with the same payload",
        "Browsers and proxies take the connection for dead.",
    ),
    (
        "fragments-joined",
        "A message in several fragments is read as one",
        "Long messages of clients and proxies that fragment are lost.",
    ),
    (
        "size-limit-kept",
        "A frame at the limit of bytes is judged, one over it is refused with 1009",
        "A frame that should fit is refused, or a single client can fill the server's memory.",
    ),
    (
        "others-served",
        "Whatever one connection does, the others are served",
        "One broken or malicious client takes the service away from everybody.",
    ),
)
