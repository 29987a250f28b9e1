from types import SimpleNamespace

import pytest
from kombu import Connection

from scale.celery import app
from scale.transport import Channel, Transport


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0?ssl_cert_reqs=none"]
)
def test_addresses_of_redis_mean_our_transport(url: str) -> None:
    assert app.main == "scale"
    assert Connection(url).get_transport_cls() is Transport


def test_channel_whose_connection_was_closed_raises_what_celery_expects() -> None:
    channel = Channel.__new__(Channel)
    channel.connection = SimpleNamespace(client=None)

    with pytest.raises(Connection("redis://").connection_errors):
        channel.pool  # noqa: B018 -- what acknowledging takes
