"""Scale's own knobs: one frozen, typed object with units in its names and defaults in one place."""

import os
import socket
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from scale.env import Env

MIB = 1024 * 1024
#: A lease has to survive so many heartbeats, so that one that is late loses nothing.
HEARTBEATS_PER_LEASE = 4


@dataclass(frozen=True, kw_only=True)
class Conf:
    """What an operator may tune; `docs/configuration.md` describes each."""

    auth_open: bool = False

    # dispatch
    #: Upper bounds of the first nine of the ten lanes: lane 0 holds priorities up to the first.
    lane_bounds: tuple[int, ...] = (1, 5, 10, 25, 50, 100, 200, 300, 500)
    window: int = 1000
    publish_timeout_seconds: float = 1.0
    reconcile_grace_seconds: float = 10.0

    # execution
    lease_seconds: float = 20.0
    heartbeat_seconds: float = 0.5
    kill_grace_seconds: float = 1.0
    warm_stop_seconds: float = 25.0
    worker_concurrency: int = 2
    #: A worker that hears nothing for so long, although messages wait for it, is started again.
    deaf_seconds: float = 20.0
    work_dir: Path = Path("var/work")
    log_cap_bytes: int = 10 * MIB
    #: Input files up to this size are copied for the job, larger ones are linked to.
    copy_input_bytes: int = 64 * MIB

    # nodes
    hostname: str = ""
    node_cpus: float = 0.0
    node_mem_mib: float = 0.0
    max_node_errors: int = 50
    node_error_period_seconds: float = 60.0

    # files
    workspace_roots: tuple[Path, ...] = ()

    # timetable
    load_sample_seconds: int = 60

    # retention, in days; 0 keeps for ever
    keep_jobs_days: int = 0
    keep_logs_days: int = 90
    keep_load_days: int = 1830
    #: After so long the samples of an hour become one; `/load/` shows 31 days at once.
    keep_load_minutes_days: int = 35

    def lane(self, priority: int) -> int:
        """Return the lane, 0 (most urgent) to 9, of a job priority."""
        return bisect_left(self.lane_bounds, priority)

    @classmethod
    def read(cls, env: Env) -> "Conf":
        """Read every knob from the environment, the class's values being the defaults.

        Raises:
            ImproperlyConfigured: a value is none, or does not go with another.
        """
        mem_mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MIB
        return cls(
            auth_open=env.text("SCALE_AUTH", "token", choices=("token", "open")) == "open",
            lane_bounds=_lane_bounds(env),
            window=env.integer("SCALE_WINDOW", cls.window, least=1),
            publish_timeout_seconds=env.number(
                "SCALE_PUBLISH_TIMEOUT_SECONDS", cls.publish_timeout_seconds, least=0.05
            ),
            reconcile_grace_seconds=env.number(
                "SCALE_RECONCILE_GRACE_SECONDS", cls.reconcile_grace_seconds, least=1
            ),
            lease_seconds=_lease_seconds(env),
            heartbeat_seconds=_heartbeat_seconds(env),
            kill_grace_seconds=env.number("SCALE_KILL_GRACE_SECONDS", cls.kill_grace_seconds),
            warm_stop_seconds=env.number("SCALE_WARM_STOP_SECONDS", cls.warm_stop_seconds),
            worker_concurrency=env.integer(
                "SCALE_WORKER_CONCURRENCY", max(2, os.cpu_count() or 2), least=1
            ),
            deaf_seconds=env.number("SCALE_DEAF_SECONDS", cls.deaf_seconds, least=1),
            work_dir=Path(env.text("SCALE_WORK_DIR", str(cls.work_dir))).resolve(),
            log_cap_bytes=env.integer("SCALE_LOG_CAP_BYTES", cls.log_cap_bytes, least=1024),
            copy_input_bytes=env.integer("SCALE_COPY_INPUT_BYTES", cls.copy_input_bytes),
            hostname=env.text("SCALE_HOSTNAME") or socket.gethostname(),
            node_cpus=env.number("SCALE_NODE_CPUS", float(os.cpu_count() or 1)),
            node_mem_mib=env.number("SCALE_NODE_MEM_MIB", mem_mib),
            max_node_errors=env.integer("SCALE_MAX_NODE_ERRORS", cls.max_node_errors, least=1),
            node_error_period_seconds=env.number(
                "SCALE_NODE_ERROR_PERIOD_SECONDS", cls.node_error_period_seconds
            ),
            workspace_roots=tuple(Path(p) for p in env.words("SCALE_WORKSPACE_ROOTS")),
            load_sample_seconds=env.integer(
                "SCALE_LOAD_SAMPLE_SECONDS", cls.load_sample_seconds, least=1
            ),
            keep_jobs_days=env.integer("SCALE_KEEP_JOBS_DAYS", cls.keep_jobs_days),
            keep_logs_days=env.integer("SCALE_KEEP_LOGS_DAYS", cls.keep_logs_days),
            keep_load_minutes_days=env.integer(
                "SCALE_KEEP_LOAD_MINUTES_DAYS", cls.keep_load_minutes_days
            ),
            keep_load_days=env.integer("SCALE_KEEP_LOAD_DAYS", cls.keep_load_days),
        )


def _lane_bounds(env: Env) -> tuple[int, ...]:
    bounds = tuple(env.integers("SCALE_LANE_BOUNDS", Conf.lane_bounds))
    if len(bounds) != len(Conf.lane_bounds) or any(a >= b for a, b in pairwise(bounds)):
        env.refuse("SCALE_LANE_BOUNDS", "nine ascending whole numbers")
    return bounds


def _heartbeat_seconds(env: Env) -> float:
    return env.number("SCALE_HEARTBEAT_SECONDS", Conf.heartbeat_seconds, least=0.1)


def _lease_seconds(env: Env) -> float:
    lease = env.number("SCALE_LEASE_SECONDS", Conf.lease_seconds, least=1)
    if lease < (least := HEARTBEATS_PER_LEASE * _heartbeat_seconds(env)):
        raise ImproperlyConfigured(
            f"SCALE_LEASE_SECONDS must be at least {HEARTBEATS_PER_LEASE} times "
            f"SCALE_HEARTBEAT_SECONDS, which makes {least:g}, not {lease:g}."
        )
    return lease


def conf() -> Conf:
    """Return the knobs in force."""
    return settings.SCALE
