"""Celery's transport for Redis, but for what it does with a connection that is gone."""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(redis.Channel):
    """A channel that knows when its connection has been closed.

    An acknowledgement may come after that, from a job that outlasted the connection, and so may
    the return of messages that were not worked on. Both then ask for the address of the connection.
    Without one, kombu fails with an error that nobody expects, and the worker ends; this error all
    expect. The messages come again, or are replaced.
    """

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        if self.connection.client is None:
            raise RedisConnectionError("The connection of this channel has been closed.")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]


class Transport(redis.Transport):
    """kombu's transport with channels of ours."""

    Channel = Channel


def use() -> None:
    """Have addresses of Redis mean this transport, for all of this process."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport"))
