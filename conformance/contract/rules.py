"""What the two contracts have to keep, by themselves and together, before a server is held to them.

`lint` judges by these. Each row is a contradiction that makes a client, or this kit, do the wrong thing; what is only
unusual or unhelpful is none.
"""

from __future__ import annotations

from conformance.rules import rule_table

RULES = rule_table(
    "contract",
    # The documents.
    (
        "openapi-valid",
        "The HTTP contract is what the OpenAPI specification says",
        "Generators, editors and gateways refuse the document, each in its own way.",
    ),
    (
        "asyncapi-valid",
        "The WebSocket contract is what the AsyncAPI 3 specification says",
        "Generators and documentation tools refuse the document, each in its own way.",
    ),
    (
        "extension-valid",
        "Close codes, invalid frames and error codes are declared in the form they have",
        "What a client should do after an error or a close can't be read by a program.",
    ),
    (
        "reference-resolves",
        "Every $ref leads somewhere",
        "A shape is missing: no client can be generated, and nobody knows what is sent.",
    ),
    # Schemas.
    (
        "pattern-compiles",
        "Every pattern is a regular expression of ECMA-262",
        "Validators fail at run time, or each one reads the pattern in its own way.",
    ),
    (
        "bounds-possible",
        "No lower bound is above its upper bound",
        "No value is valid at all, so every request or every answer is wrong.",
    ),
    (
        "enum-possible",
        "Every value of an enum is valid by the schema it stands in",
        "A client offers a choice that the server has to refuse.",
    ),
    (
        "default-valid",
        "Every default is valid by the schema it stands in",
        "A client that fills in the default sends what the server has to refuse.",
    ),
    (
        "required-declared",
        "A closed object declares each property that it requires",
        "No value is valid: the property must be there and must not.",
    ),
    (
        "example-valid",
        "Every example is valid by the schema that it illustrates",
        "Who copies it from the documentation gets an error.",
    ),
    # HTTP.
    (
        "operation-id",
        "Every HTTP operation has an operationId of its own",
        "Generated clients lose an operation, or call the wrong one.",
    ),
    (
        "path-parameters",
        "Each path declares the parameters of its template, once, and no others",
        "A client can't fill in the address.",
    ),
    (
        "link-target",
        "Every link leads to an operation, and gives it only what it takes",
        "A client that follows the link sends a request that the server has to refuse.",
    ),
    (
        "link-value",
        "Every link takes its values from where some are declared",
        "A client that follows the link has nothing to send.",
    ),
    # Frames.
    (
        "message-name",
        "No two frames of a channel have the same name",
        "Documentation and generated code mix two frames up.",
    ),
    (
        "frames-told-apart",
        "No two frames of one side are marked by the same constant",
        "A receiver can't know which of two frames has come.",
    ),
    (
        "operation-messages",
        "Every operation uses messages that its channel has",
        "A client can't tell on which socket a frame goes.",
    ),
    (
        "reply-messages",
        "Every reply is a message that its channel has",
        "A client waits on one socket for what comes on another, or never.",
    ),
    (
        "correlation-declared",
        "Every correlation id stands where its frame declares a member",
        "A client can't tell which of its frames was answered.",
    ),
    # Errors, limits, and the two documents beside one another.
    (
        "invalid-frame-answer",
        "The answer to an invalid frame is a frame that the server sends, with members it declares",
        "A client with a bug gets an answer that it can't recognise.",
    ),
    (
        "catalogue-shared",
        "Both documents have the same catalogue of errors",
        "One code means two things, depending on which document one read.",
    ),
    (
        "error-code-known",
        "Every error code is in the catalogue",
        "A client meets a code without a text, and without knowing whether to try again.",
    ),
    (
        "error-code-status",
        "Every error code is declared under the HTTP status that the catalogue gives it",
        "A client that branches on the status treats the error as another one.",
    ),
    (
        "error-code-socket",
        "The error frame has exactly the codes that the catalogue sends to a socket",
        "A frame with the missing code is invalid, so the client drops the error.",
    ),
    (
        "close-code-declared",
        "Every close code of the catalogue is among the channel's close codes",
        "A client that is closed with it does not know whether to come back.",
    ),
    (
        "close-code-legal",
        "Every close code is declared once, and one that RFC 6455 lets a server send",
        "WebSocket libraries treat the close as a protocol error, and the code is lost.",
    ),
    (
        "limits-sane",
        "The limits are known by name, and numbers of at least 0",
        "A client that keeps to a limit under another name runs into the real one.",
    ),
    (
        "shape-shared",
        "A shape has the same schema in both documents",
        "What one got over HTTP can't be used over WebSocket, though it has the same name.",
    ),
)
