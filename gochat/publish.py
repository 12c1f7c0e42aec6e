"""The contracts as this server publishes them: those of `generated/`, with the limits that are set here.

`x-limits` of the AsyncAPI document has the defaults; a client, and whoever tests a server, has to know the real ones.
"""

from __future__ import annotations

import re

from gochat.config import Config
from gochat.contract import bundled, bundled_text
from gochat.services.accounts import FAILED_LOGINS_PER_MIN
from gochat.services.messages import BURST_S
from gochat.ws.session import ABUSE_REFUSALS

SECTION = re.compile(rb"^x-limits:\n(?:  .*\n)+", re.MULTILINE)


def limits_in_force(config: Config) -> dict[str, float]:
    """Return the members of `x-limits` as `config` sets them."""
    return {
        "maxFrameBytes": config.max_frame_bytes,
        "idleTimeoutS": config.idle_timeout_s,
        "presenceGraceS": config.presence_grace_s,
        "outboxMaxBytes": config.outbox_max_bytes,
        "messagesPerS": config.message_rate,
        "messageBurst": config.message_rate * BURST_S,
        "refusedBeforeClose": ABUSE_REFUSALS if config.message_rate else 0,
        "loginsPerMin": config.login_rate,
        "failedLoginsPerMin": FAILED_LOGINS_PER_MIN if config.login_rate else 0,
        "accessTokenTtlS": config.access_token_ttl_s,
    }


def openapi_document() -> bytes:
    """Return the HTTP contract, YAML."""
    return bundled_text("openapi.yaml")


def asyncapi_document(config: Config) -> bytes:
    """Return the WebSocket contract, YAML, with the limits of `config`.

    Raises:
        ValueError: the contract has other limits than we set, so one side was changed alone.
    """
    limits = limits_in_force(config)
    declared = bundled("asyncapi")["x-limits"]
    if list(declared) != list(limits):
        raise ValueError(f"x-limits of specs/asyncapi.yaml has {list(declared)}, the server sets {list(limits)}")
    lines = "".join(
        f"  {name}: {value:g}\n" if value < 1e6 else f"  {name}: {value:.0f}\n" for name, value in limits.items()
    )
    return SECTION.sub(f"x-limits:\n{lines}".encode(), bundled_text("asyncapi.yaml"), count=1)
