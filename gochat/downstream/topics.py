"""Topics: one a gateway, made by itself at its start."""

from __future__ import annotations

from urllib.parse import urlsplit

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from gochat.bus import BusUnusable

PREFIX = "gochat.downstream."

RETENTION_MS = 600_000
"""Ten minutes: a gateway reads at once, and one that starts begins with what comes then."""

REACH_S = 10.0
"""How long to try to reach Kafka at the start."""


def servers_of(url: str) -> str:
    """Return Kafka's `bootstrap.servers` for `kafka://host:port,host:port`."""
    return urlsplit(url).netloc


def topic_of(gateway_id: str) -> str:
    """Return the topic that a gateway reads."""
    return PREFIX + gateway_id


def make_topic(servers: str, topic: str, timeout_s: float = REACH_S) -> None:
    """Make a topic unless it is there. Blocks.

    Raises:
        BusUnusable: Kafka cannot be reached, or refuses.
    """
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    wanted = NewTopic(
        topic,
        num_partitions=1,
        config={"retention.ms": str(RETENTION_MS), "cleanup.policy": "delete"},
    )
    try:
        admin.create_topics([wanted], operation_timeout=timeout_s, request_timeout=timeout_s)[topic].result()
    except KafkaException as error:
        problem: KafkaError = error.args[0]
        if problem.code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise BusUnusable(f"cannot use Kafka at {servers}: {problem.str()}") from error
