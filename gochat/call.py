"""What an HTTP handler is given beside its validated arguments."""

from __future__ import annotations

from dataclasses import dataclass

from gochat.actor import Actor
from gochat.services.app import Services


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call.

    Attributes:
        caller: Who calls; None where the contract asks for no token.
        address: The client's IP address, for rate limits.
    """

    services: Services
    caller: Actor | None
    address: str

    @property
    def actor(self) -> Actor:
        """Who calls an operation that needs a token; the contract's security has seen to it."""
        if self.caller is None:
            raise RuntimeError("an operation without security asks for the actor: mend the contract")
        return self.caller
