"""Checks that Schemathesis runs on every answer beside its own; loaded through SCHEMATHESIS_HOOKS.

They narrow the exceptions of schemathesis.toml to the rules that the contract states in words, and see to it that the
run reaches every operation: a run in which all answers are 401 or 404 proves nothing.
"""

from __future__ import annotations

from typing import Any

import schemathesis

RULES_IN_WORDS: dict[str, set[tuple[str, str]]] = {
    # `cursor` and `after` exclude each other.
    "listMessages": {("/query/after", "not")},
    # A group needs a name; a single chat has exactly one other member.
    "createConversation": {("/name", "required"), ("/members", "not")},
    # Nobody is his own friend.
    "createFriendRequest": {("/targetUserId", "not")},
}
"""What a request that its schema allows may be refused for: pointer and rule of `details.errors`, by operationId."""


@schemathesis.check
def valid_request_is_refused_by_a_stated_rule(ctx: Any, response: Any, case: Any) -> None:
    operation_id = case.operation.definition.raw.get("operationId")
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_valid or response.status_code != 400 or operation_id not in RULES_IN_WORDS:
        return  # elsewhere Schemathesis itself lets no valid request be refused
    broken = {(error["pointer"], error["rule"]) for error in response.json()["details"]["errors"]}
    assert broken <= RULES_IN_WORDS[operation_id], f"a valid request of {operation_id} was refused for {broken}"


@schemathesis.check
def too_large_is_content_of_over_4000_characters(ctx: Any, response: Any, case: Any) -> None:
    if response.status_code != 413:
        return
    content = case.body.get("content") if isinstance(case.body, dict) else None
    assert isinstance(content, str), "413 without content"
    assert len(content) > 4000, f"413 for content of {len(content)} characters"


@schemathesis.check
class EveryOperationSucceedsOnce:
    """Fails at the end of the run when an operation was called but never succeeded."""

    def __init__(self) -> None:
        self._called: set[str] = set()
        self._succeeded: set[str] = set()

    def after_response(self, ctx: Any, response: Any, case: Any) -> None:
        self._called.add(case.operation.label)
        if 200 <= response.status_code < 300:
            self._succeeded.add(case.operation.label)

    def after_run(self, ctx: Any) -> None:
        missing = sorted(self._called - self._succeeded)
        assert not missing, "never answered with success: " + ", ".join(missing)
