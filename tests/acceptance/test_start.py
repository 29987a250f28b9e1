"""A worker process whose database is not ready for it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import broker_url
from tests.acceptance.system import own_database
from workers.command import celery_command

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


def test_worker_without_tables_ends_and_takes_no_messages(tmp_path: Path) -> None:
    with own_database() as database:
        ended = subprocess.run(
            celery_command("jobs", concurrency=1),
            env={
                **os.environ,
                "DATABASE_URL": database,
                "CELERY_BROKER_URL": broker_url("redis"),
                "SCALE_SECRET_KEY": "x",
                "SCALE_WORK_DIR": str(tmp_path / "work"),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 1
    assert "worker_not_opened" in ended.stderr
    assert "ready." not in ended.stderr
