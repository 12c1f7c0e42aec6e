"""The way of events from the process that committed them to the gateways that hold somebody whom they concern: Kafka.

The records are described in `specs/asyncapi.yaml`, channel `downstream`. The Kafka client waits in C, so each of its
calls is made in a thread of its own (gevent's pool), never on the hub's.
"""
