from pathlib import Path

import pytest

from launcher.embedded import EmbeddedRedis
from launcher.errors import Problem
from launcher.server import free_port
from launcher.servers import broker_answers, servers


def test_database_that_does_not_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://scale@127.0.0.1:{free_port()}/scale")

    with pytest.raises(Problem, match="DATABASE_URL cannot be reached"), servers(tmp_path, print):
        raise AssertionError


def test_named_servers_are_used_and_none_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("launcher.servers._require_database", lambda _url: None)
    monkeypatch.setattr("launcher.servers._require_broker", lambda _url: None)
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db/scale")
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://me:secret@mq//")

    with servers(tmp_path, print) as running:
        assert running.database == "postgres://me:secret@db/scale"
        assert running.broker == "amqp://me:secret@mq//"

    assert list(tmp_path.iterdir()) == []
    assert "secret" not in capsys.readouterr().out


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_broker_that_does_not_answer_says_why(scheme: str) -> None:
    assert "refused" in (broker_answers(f"{scheme}://127.0.0.1:{free_port()}//") or "").lower()


def test_broker_answers_only_with_its_password(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as broker:
        assert broker_answers(broker.url) is None
        assert broker_answers(broker.url.replace(broker.password, "guess")) is not None
