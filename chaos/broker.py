"""Messages in the broker: counted, removed, held back and doubled, past the proxy."""

import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import redis
from kombu import Connection, Producer, Queue

from launcher.errors import Problem

JOBS, SYSTEM = "jobs", "system"
LANES = 10
TASK = "workers.run_execution"


@dataclass(frozen=True)
class Message:
    """A message as it lies in the broker."""

    body: Any
    headers: dict[str, Any]
    properties: dict[str, Any]


class BrokerTool:
    """What an operator with bad intentions can do to the broker."""

    def __init__(self, url: str, *, is_own: bool) -> None:
        self.url = url
        self.is_own = is_own
        self.is_redis = url.startswith(("redis:", "rediss:"))
        self._options: dict[str, Any] = {}
        if self.is_redis:
            self._options = {
                "priority_steps": list(range(LANES)),
                "queue_order_strategy": "priority",
                "sep": ":",
                "socket_timeout": 5,
                "socket_connect_timeout": 5,
            }

    def require_unused(self) -> None:
        """Refuse a shared broker on which another Scale works.

        Raises:
            Problem: its queue has messages or consumers.
        """
        messages, consumers = self._look()
        if messages or consumers:
            raise Problem(
                f"The broker of CELERY_BROKER_URL is in use: its queue '{JOBS}' has "
                f"{messages} messages and {consumers} consumers."
            )

    def count(self) -> int:
        """Return how many job messages wait."""
        return self._look()[0]

    def flush(self) -> str:
        """Forget everything: all of an own Redis, else Scale's queues."""
        if self.is_redis and self.is_own:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                client.flushall()
            return "all keys"
        purged = 0
        for queue in (JOBS, SYSTEM):
            with self._connection() as connection:
                channel: Any = connection.default_channel
                purged += channel.queue_purge(queue) or 0
        return f"{purged} messages"

    def take(self, most: int) -> list[Message]:
        """Remove up to so many job messages and return them."""
        taken: list[Message] = []
        with self._connection() as connection:
            queue = self._queue(connection.default_channel)
            while len(taken) < most and (found := queue.get(no_ack=True)) is not None:
                properties = {
                    name: found.properties[name]
                    for name in ("correlation_id", "priority")
                    if found.properties.get(name) is not None
                }
                taken.append(Message(found.body, dict(found.headers), properties))
        return taken

    def put(self, messages: Iterable[Message]) -> int:
        """Publish messages as they are; return how many."""
        count = 0
        with self._connection() as connection:
            producer = Producer(connection.default_channel)
            for message in messages:
                producer.publish(
                    message.body,
                    exchange="",
                    routing_key=JOBS,
                    headers=message.headers,
                    content_type="application/json",
                    content_encoding="utf-8",
                    **message.properties,
                )
                count += 1
        return count

    def _look(self) -> tuple[int, int]:
        """Return the numbers of messages and consumers; none of either if there is no queue."""
        with self._connection() as connection:
            try:
                found: Any = self._queue(connection.default_channel).queue_declare(passive=True)
            except connection.channel_errors:
                return 0, 0
            return int(found.message_count), int(found.consumer_count)

    def _connection(self) -> Connection:
        return Connection(self.url, connect_timeout=5, transport_options=self._options)

    def _queue(self, channel: Any) -> Queue:
        return Queue(JOBS, routing_key=JOBS, max_priority=LANES - 1, channel=channel)


def copy_for(execution_id: int, chance: random.Random) -> Message:
    """Return a message as Scale would publish it for an execution (Celery's protocol 2)."""
    identity = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    headers = {
        "lang": "py",
        "task": TASK,
        "id": identity,
        "root_id": identity,
        "parent_id": None,
        "group": None,
        "argsrepr": f"execution {execution_id}, a copy",
        "kwargsrepr": "{}",
        "retries": 0,
        "timelimit": [None, None],
        "eta": None,
        "expires": None,
        "ignore_result": True,
        "origin": "chaos",
    }
    embedded = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return Message(
        json.dumps([[execution_id], {}, embedded]),
        headers,
        {"correlation_id": identity, "priority": chance.randrange(LANES)},
    )
