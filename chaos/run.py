"""One run from start to report: break while working, heal, wait, stop, judge."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos.catalogue import PROBE
from chaos.checks import judge
from chaos.client import Api
from chaos.diary import Diary
from chaos.evidence import Evidence, Finding, read_database, read_files
from chaos.faults import Faults
from chaos.ground import Ground
from chaos.journal import read_journals
from chaos.kinds import Strikes
from chaos.plan import Fault, Request, Segment, Size, make_plan
from chaos.recovery import Recovery
from chaos.stalls import stalls_noted
from chaos.system import PROCESSES, SLOTS_PER_WORKER, START_SECONDS, WORKERS, System
from chaos.traffic import Traffic
from launcher import leash
from launcher.errors import Problem

#: Without any change of any job for so long (and a lease), nothing will change any more.
STANDSTILL_SECONDS = 60.0
#: What is to vanish has this long to do so when all work is done.
TIDY_SECONDS = 20.0
#: How long the work so far may take before a calm.
SETTLE_SECONDS = 60.0
#: Between jobs that come one by one.
LONE_SECONDS = 0.3
#: How many jobs are alone in the end of a calm.
ALONE = 3

UNFINISHED = """
SELECT count(*) FILTER (WHERE status IN ('PENDING', 'QUEUED', 'RUNNING')) AS unfinished,
    count(*) AS jobs, max(last_modified)::text AS last_modified FROM job
"""


@dataclass(frozen=True)
class Order:
    """What a run is to be."""

    seed: int
    size: Size
    broker: str
    is_quick: bool
    home: Path


def run(order: Order, say: Callable[[str], None]) -> tuple[Evidence, list[Finding]]:
    """Do it all, and return what was found and the evidence for it.

    Raises:
        Problem: the system cannot be started at all.
    """
    leash.adopt_orphans()
    diary = Diary(order.home, say, aftermath=order.size.lease_seconds + 20.0)
    evidence = Evidence(diary, slots=SLOTS_PER_WORKER * len(WORKERS))
    with stalls_noted(diary), Ground(order.home, order.broker, say) as ground:
        kinds = [kind for kind in ground.kinds() if kind.is_quick or not order.is_quick]
        plan = make_plan(order.seed, order.size, kinds)
        with System(ground, order.home, order.size.lease_seconds, diary) as system:
            api = Api(system.url, system.token, diary)
            run_ = Run(order, diary, evidence, ground, system, api, Traffic(api, diary))
            try:
                run_.work(plan)
            finally:
                api.close()
            system.stop()
        run_.look_for_leftovers()
        read_database(evidence, ground.query)
        logs = [order.home / "log" / f"{name}.log" for name in PROCESSES]
        read_files(evidence, files=system.files, journal=system.journal, logs=logs)
    evidence.left_over += [f"process {name}" for name in leash.sweep()]
    return evidence, judge(evidence)


@dataclass
class Run:
    """The part of a run in which the system is up."""

    order: Order
    diary: Diary
    evidence: Evidence
    ground: Ground
    system: System
    api: Api
    traffic: Traffic

    def work(self, plan: list[Segment]) -> None:
        """Queue, break, heal, and wait until nothing is unfinished."""
        if not self.system.wait(
            START_SECONDS, lambda: self.system.is_ready() and self.api.is_healthy()
        ):
            raise Problem(f"Scale is not well after {START_SECONDS:.0f} s: {self.order.home}/log.")
        self.traffic.open(self.system.journal, self.system.files)
        self.diary.say("the system is up")
        faults = Faults(self.ground, self.system, self.api, self.traffic)
        recovery = Recovery(self.ground, self.system, self.api, self.traffic, self.diary)
        for segment in plan:
            if segment.fault is None:
                self._keep_calm(segment)
            else:
                self.traffic.offer(segment.requests)
                self._strike(segment.fault, faults, recovery)
            self._sample()
        self.diary.say("no more faults; waiting until nothing is unfinished")
        self._finish(number=self.order.size.faults + 1)

    def _strike(self, fault: Fault, faults: Faults, recovery: Recovery) -> None:
        self.system.wait(fault.gap_seconds)
        window = self.diary.begin(fault.number, fault.kind.name, fault.kind.strikes)
        window.what = faults.strike(fault)
        window.healed = faults.healed or time.time()
        self.diary.note(window, "healed")
        if fault.settles:
            recovery.wait(window, faults.victims)
        window.is_over = True
        self.diary.note(window, "over")
        took = window.recovery_seconds
        recovered = "" if took is None else f", recovered in {took:.1f} s"
        self.diary.say(f"{fault.number:3} {fault.kind.name}: {window.what}{recovered}")

    def _keep_calm(self, segment: Segment) -> None:
        """Have a part of the work done in peace, to judge order and delay by.

        When all work so far is done, first comes a burst, then jobs one by one, at last a few each
        of which is alone: nothing but its own message makes it start. After the burst, commits are
        slow: a message that does not wait for its commit comes too early then.
        """
        if not self._settle(SETTLE_SECONDS + self.order.size.lease_seconds):
            self.diary.say("not calm: the work so far is not done")
            self.traffic.offer(segment.requests)
            return
        self.diary.calm()
        half = len(segment.requests) // 2
        self.traffic.offer(segment.requests[:half])
        self._settle(SETTLE_SECONDS)
        with self.ground.slow_commits():
            for request in segment.requests[half:]:
                self.traffic.offer([request])
                self.system.wait(LONE_SECONDS)
            self._settle(SETTLE_SECONDS)
            for _ in range(ALONE):
                self.traffic.offer([Request(PROBE)])
                self._settle(SETTLE_SECONDS)
        self.diary.say(f"    calm: {len(segment.requests)} requests")

    def _settle(self, seconds: float) -> bool:
        return self.system.wait(
            seconds, lambda: self.traffic.waiting == 0 and self._unfinished() == 0
        )

    def _finish(self, *, number: int) -> None:
        self.ground.heal()
        self._settle(SETTLE_SECONDS + self.order.size.lease_seconds)
        self._lose_last_message(number)
        if not self.traffic.finish(120.0 + self.order.size.jobs):
            self.evidence.left_over.append("requests that nobody answered")
        self.evidence.left_over += self.traffic.refusals
        self._wait_until_finished()
        self.evidence.accepted_jobs = list(self.traffic.jobs)
        self.evidence.accepted_recipes = list(self.traffic.recipes)
        self._check_tidiness()

    def _lose_last_message(self, number: int) -> None:
        """Lose the message of a job when no other will come: only counting finds that out."""
        window = self.diary.begin(number, "messages-lose", Strikes.ORDER)
        for name in WORKERS:
            self.system.halt(name)
        self.traffic.offer([Request(PROBE)])
        self.system.wait(SETTLE_SECONDS, lambda: self.ground.broker.count() > 0)
        window.what = f"{self.ground.broker.flush()}, the last"
        for name in WORKERS:
            self.system.start(name)
        window.healed = time.time()
        self._settle(SETTLE_SECONDS + START_SECONDS)
        window.is_over = True
        self.diary.note(window, "over")
        self.diary.say(f"{number:3} messages-lose: {window.what}")

    def _wait_until_finished(self) -> None:
        bound = time.monotonic() + 300.0 + self.order.size.jobs * 2.0
        last, changed = "", time.monotonic()
        while time.monotonic() < bound:
            row = self.ground.query(UNFINISHED)[0]
            if row["unfinished"] == 0:
                return
            if str(row) != last:
                last, changed = str(row), time.monotonic()
            if time.monotonic() - changed > STANDSTILL_SECONDS + self.order.size.lease_seconds:
                self.diary.say(f"{row['unfinished']} jobs do not change any more")
                return
            self.system.wait(1.0)

    def _unfinished(self) -> int:
        return int(self.ground.query(UNFINISHED)[0]["unfinished"])

    def _sample(self) -> None:
        self.diary.most_messages = max(self.diary.most_messages, self.ground.broker.count())

    def _check_tidiness(self) -> None:
        """While the system is up and idle: no message, no process, no directory of a job."""
        # A worker that is just starting is about to clear up after the one before.
        if not self.system.wait(START_SECONDS, self.system.is_ready):
            self.evidence.left_over.append("a process that does not start")
        self.system.wait(TIDY_SECONDS, lambda: not self._untidy())
        self.evidence.left_over += self._untidy()

    def _untidy(self) -> list[str]:
        found = []
        if count := self.ground.broker.count():
            found.append(f"{count} messages for jobs")
        if alive := read_journals(self.system.journal).alive():
            found.append(f"processes {[(one.pid, one.execution) for one in alive]}")
        directories = [
            str(path.relative_to(self.system.work))
            for path in self.system.work.glob("*/*")
            if path.is_dir() and path.name.isdecimal()
        ]
        if directories:
            found.append(f"directories {directories}")
        return found

    def look_for_leftovers(self) -> None:
        """When all processes have been stopped: nothing lies where they worked."""
        paths = sorted(
            str(path.relative_to(self.system.work)) for path in self.system.work.iterdir()
        )
        if paths:
            self.evidence.left_over.append(f"in the work directory, after the stop: {paths}")
        if alive := read_journals(self.system.journal).alive():
            self.evidence.left_over.append(f"processes after the stop {alive}")
