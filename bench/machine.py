"""What the figures depend on: the machine, the versions, the settings."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
import redis

from bench.lab import Lab
from bench.postgres import Database

PACKAGES = ("celery", "django", "djangorestframework", "psycopg", "gunicorn")
SETTINGS = ("synchronous_commit", "fsync", "full_page_writes", "shared_buffers", "max_wal_size")


def facts(lab: Lab) -> dict[str, str]:
    """Return them, by name."""
    database = Database(lab.servers.database)
    settings = ", ".join(f"{name}={database.value(f'SHOW {name}')}" for name in SETTINGS)
    postgres = database.value("SHOW server_version")
    database.close()
    with redis.Redis.from_url(lab.redis_url) as client:
        broker = client.info("server")["redis_version"]
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{cores} × {_processor()}, {memory:.0f} GiB, Linux {platform.release()}",
        "load before": f"{' '.join(f'{load:.2f}' for load in os.getloadavg())},"
        f" processors {psutil.cpu_percent(1.0):.0f} % busy",
        "Python": platform.python_version(),
        "PostgreSQL": f"{postgres} ({settings})",
        "Redis": broker,
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "peers": lab.peer("versions.py").strip(),
        "options": ", ".join(f"{name}={value}" for name, value in vars(lab.options).items()),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
