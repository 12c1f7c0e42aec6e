"""The rules of the HTTP layer: what an answer has to be, by the OpenAPI document and the HTTP standard.

A table only; `judge` and `failures` say when a rule is broken.
"""

from __future__ import annotations

from conformance.rules import rule_table

RULES = rule_table(
    "http",
    (
        "http-undeclared-status",
        "Every status is declared for its operation",
        "A client has no branch for the answer and shows a crash or a blank page.",
    ),
    (
        "http-server-error",
        "No request makes the server fail",
        "The request is lost, and whoever finds out which one does it can do it again.",
    ),
    (
        "http-no-answer",
        "Every request gets an answer",
        "The client waits for its time-out and never learns whether the request took effect.",
    ),
    (
        "http-answer-type",
        "Every answer has the declared content type",
        "The client's library does not parse the body, or parses it as something else.",
    ),
    (
        "http-answer-header",
        "Every answer has the declared headers, and they are valid",
        "A client cannot authenticate, wait or choose a language as the answer should tell it.",
    ),
    (
        "http-answer-body",
        "Every body is valid by the schema of its operation and status",
        "A generated client fails to decode the answer, or reads a member that is not there.",
    ),
    (
        "http-second-opinion",
        "openapi-core finds every answer valid, too",
        "Clients that validate with another library than the server's author refuse the answer.",
    ),
    (
        "http-error-code",
        "An error code goes with the status that the catalogue gives it",
        "A client that branches on the code and one that branches on the status do different things.",
    ),
    (
        "http-accepted-invalid",
        "A request that breaks its schema is refused",
        "A client's mistake is stored, or silently ignored, instead of being found in development.",
    ),
    (
        "http-refused-valid",
        "A request that keeps its schema is not refused as invalid",
        "A client that keeps to the contract cannot use the operation.",
    ),
    (
        "http-ignored-auth",
        "A protected operation does nothing without a valid token",
        "Anybody can read or change what belongs to somebody else.",
    ),
    (
        "http-refused-token",
        "A token that was just given out is accepted",
        "Nobody can use the operation, or a user is logged out for no reason.",
    ),
    (
        "http-unsupported-method",
        "A method that is not declared is answered with 405 and Allow",
        "A client cannot tell a wrong method from a wrong address, or does something that nobody documented.",
    ),
    (
        "http-allow-header",
        "Allow lists the declared methods",
        "A client, a proxy or a browser's preflight is told the wrong methods.",
    ),
    (
        "http-missing-header-accepted",
        "A request without a required header is refused",
        "A client that forgets the header works until the server begins to need it.",
    ),
    (
        "http-use-after-delete",
        "What was deleted is gone",
        "A user sees, and changes, what he deleted.",
    ),
    (
        "http-lost-resource",
        "What was created can be found under the address that its creation gave",
        "A user cannot open what he just made.",
    ),
    (
        "http-setup",
        "Accounts, logins and groups can be made by the contract's own operations",
        "Nothing else works, either.",
    ),
    (
        "http-other-check",
        "Every other check of Schemathesis holds",
        "See the text of the check.",
    ),
)
