"""Breaking things, kind by kind: each method breaks, holds and heals."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from chaos.broker import copy_for
from chaos.client import Api
from chaos.ground import Ground
from chaos.plan import LONGEST_SLEEP_SECONDS, Fault, Request
from chaos.system import SLOTS_PER_WORKER, WORKERS, System
from chaos.traffic import Traffic

#: What a fault did, in words.
What = str

MOST_MESSAGES = 20
MOST_JOBS = 5
CANCEL_SECONDS = 0.2
#: How long a worker is waited for that is to be struck at work.
WORK_SECONDS = 20.0
#: By when the work of a lost worker is to be somebody else's (section 6 of the design).
LOSS_SECONDS = 30.0


@dataclass
class Faults:
    """What breaks and heals; `victims` are the executions that the last fault hit."""

    ground: Ground
    system: System
    api: Api
    traffic: Traffic
    victims: list[int] = field(default_factory=list)
    #: When the last fault was over, if that was before it was healed.
    healed: float | None = None

    def strike(self, fault: Fault) -> What:
        """Break something, hold it so, heal it, and say what was done."""
        self.victims = []
        self.healed = None
        name = fault.kind.name
        chance = random.Random(fault.draw)
        subject, _, verb = name.partition("-")
        actions: dict[str, Callable[[], What]] = {
            "job-kill": lambda: self._kill_program(chance),
            "broker-flush": self.ground.broker.flush,
            "broker-cut": lambda: self._cut("broker"),
            "database-cut": lambda: self._cut("database"),
            "messages-double": lambda: self._double(chance),
            "messages-delay": lambda: self._delay(fault, chance),
            "messages-lose": lambda: f"{len(self.ground.broker.take(MOST_MESSAGES))} messages",
            "cancel": lambda: self._cancel(fault, chance),
            "requeue": lambda: self._requeue(chance),
            "pause-type": lambda: self._pause_type(fault, chance),
            "pause-scheduler": lambda: self._pause(fault, "/scheduler/"),
            "pause-node": lambda: self._pause_node(fault),
        }
        if name in actions:
            return actions[name]()
        if subject in {"worker", "guardian", "front"}:
            return self._strike_worker(fault, chance)
        if subject in {"broker", "database"}:
            return self._strike_server(fault, subject, verb)
        return self._strike_process(fault, subject, verb)

    def _strike_worker(self, fault: Fault, chance: random.Random) -> What:
        name = chance.choice(WORKERS)
        if fault.kind.needs_work:
            self._give_work(name)
        tree = self.system.tree(name)
        if not tree:
            return f"{name} was not running"
        front, worker = tree[0], _worker_of(tree)
        guardian = next((p for p in tree if p.pid == worker.ppid()), front)
        self.victims = self._running_under(worker.pid)
        if fault.kind.name == "worker-loss":
            return self._lose(name, tree)
        match fault.kind.name:
            case "worker-restart":
                self.system.halt(name)
            case "worker-freeze":
                self.system.send(name, signal.SIGSTOP, worker)
            case "worker-cut":
                self.ground.links[name].refuse()
            case "worker-kill":
                self.system.kill(name, worker)
            case "guardian-kill":
                self.system.kill(name, guardian)
            case "front-kill":
                self.system.kill(name, front)
            case _:
                self.system.kill(name, *tree)
        self._hold(fault)
        if fault.kind.name == "worker-freeze":
            self.system.send(name, signal.SIGCONT, worker)
        self.ground.links[name].accept()
        self.system.start(name)
        return f"{name}, process {worker.pid}, {len(self.victims)} executions"

    def _give_work(self, name: str) -> None:
        """Queue enough for all slots, and wait until those of a worker are filled."""
        slots = SLOTS_PER_WORKER * len(WORKERS)
        self.traffic.offer([Request("sleep", seconds=LONGEST_SLEEP_SECONDS)] * slots)
        self.system.wait(WORK_SECONDS, lambda: self._is_full(name))

    def _is_full(self, name: str) -> bool:
        tree = self.system.tree(name)
        return bool(tree) and len(self._running_under(_worker_of(tree).pid)) == SLOTS_PER_WORKER

    def _lose(self, name: str, tree: list[psutil.Process]) -> What:
        """Kill a worker with all it runs, and start it again only when others have taken over.

        A host that is gone clears up nothing: this is what leases are for.
        """
        self.system.kill(name, *tree, *self.system.programs(name))
        self.healed = time.time()
        is_taken_over = self.system.wait(LOSS_SECONDS, lambda: not self._running(self.victims))
        took = time.time() - self.healed
        if not is_taken_over:
            self.system.remark(f"executions {self.victims} of a lost worker ran for {took:.0f} s")
        self.system.start(name)
        return f"{name}, {len(self.victims)} executions, taken over after {took:.1f} s"

    def _strike_process(self, fault: Fault, name: str, verb: str) -> What:
        if verb == "restart":
            self.system.halt(name)
        else:
            self.system.kill(name, *self.system.tree(name))
        self._hold(fault)
        self.system.start(name)
        return name

    def _strike_server(self, fault: Fault, subject: str, verb: str) -> What:
        proxies = self.ground.proxies(subject)
        match verb:
            case "freeze":
                for proxy in proxies:
                    proxy.freeze()
                self._hold(fault)
                for proxy in proxies:
                    proxy.thaw()
            case "refuse":
                for proxy in proxies:
                    proxy.refuse()
                self._hold(fault)
                for proxy in proxies:
                    proxy.accept()
            case _ if subject == "broker":
                self.ground.stop_broker(crash=verb == "kill")
                self._hold(fault)
                self.ground.start_broker()
            case _:
                self.ground.stop_database(crash=verb == "crash")
                self._hold(fault)
                self.ground.start_database()
        return f"{subject} for {fault.hold_seconds} s"

    def _cut(self, subject: str) -> What:
        return f"{sum(proxy.cut() for proxy in self.ground.proxies(subject))} connections"

    def _kill_program(self, chance: random.Random) -> What:
        programs = self.system.programs()
        if not programs:
            return "no job was running"
        program = chance.choice(programs)
        try:
            self.victims = [int(program.environ()["SCALE_JOB_EXE"])]
            program.kill()
        except psutil.NoSuchProcess:
            return "the job had just ended"
        return f"process {program.pid} of execution {self.victims[0]}"

    def _double(self, chance: random.Random) -> What:
        rows = self.ground.query(
            """
            (SELECT id FROM job_exe WHERE status IN ('QUEUED', 'RUNNING')
                ORDER BY status DESC, id LIMIT %s)
            UNION ALL (SELECT id FROM job_exe WHERE status NOT IN ('QUEUED', 'RUNNING')
                ORDER BY id DESC LIMIT %s)
            """,
            [MOST_MESSAGES, MOST_JOBS],
        )
        copies = [copy_for(row["id"], chance) for row in rows for _ in range(2)]
        return f"{self.ground.broker.put(copies)} copies"

    def _delay(self, fault: Fault, chance: random.Random) -> What:
        messages = self.ground.broker.take(MOST_MESSAGES)
        self._hold(fault)
        chance.shuffle(messages)
        self.ground.broker.put(messages)
        return f"{len(messages)} messages for {fault.hold_seconds} s"

    def _cancel(self, fault: Fault, chance: random.Random) -> What:
        """Cancel what runs, one after the other as time goes by, and a few others."""
        deadline = time.monotonic() + fault.hold_seconds
        others = self.ground.query("SELECT id FROM job ORDER BY id DESC LIMIT 60")
        ids = [chance.choice(others)["id"] for _ in range(MOST_JOBS) if others]
        answers = Counter(self._patched(f"/jobs/{one}/", status="CANCELED") for one in set(ids))
        while time.monotonic() < deadline:
            running = self.ground.query("SELECT id FROM job WHERE status = 'RUNNING'")
            if running:
                path = f"/jobs/{chance.choice(running)['id']}/"
                answers[self._patched(path, status="CANCELED")] += 1
            self.system.wait(CANCEL_SECONDS)
        return ", ".join(f"{count} answered {status}" for status, count in answers.items())

    def _patched(self, path: str, **body: object) -> str:
        status, _ = self.api.send("PATCH", path, **body)
        return str(status)

    def _requeue(self, chance: random.Random) -> What:
        rows = self.ground.query(
            "SELECT id FROM job WHERE status IN ('FAILED', 'CANCELED') ORDER BY id DESC LIMIT 100"
        )
        ids = [chance.choice(rows)["id"] for _ in range(MOST_JOBS) if rows]
        body: dict[str, object] = chance.choice(
            [
                {"job_ids": ids, "priority": chance.choice([5, 150, 350])},
                {"job_ids": ids},
                {"status": "FAILED", "started": "PT5S", "job_type_names": ["crash", "sleep"]},
                {"status": "CANCELED", "started": "PT20S"},
            ]
        )
        if "job_ids" in body and not ids:
            return "nothing to requeue yet"
        status, _ = self.api.send("POST", "/queue/requeue-jobs/", **body)
        return f"{body}: {status}"

    def _pause_type(self, fault: Fault, chance: random.Random) -> What:
        name = chance.choice(sorted(self.traffic.job_types))
        return self._pause(fault, f"/job-types/{self.traffic.job_types[name]}/")

    def _pause_node(self, fault: Fault) -> What:
        rows = self.ground.query("SELECT id FROM node WHERE is_active ORDER BY id LIMIT 1")
        return self._pause(fault, f"/nodes/{rows[0]['id']}/")

    def _pause(self, fault: Fault, path: str) -> What:
        self.api.insist("PATCH", path, is_paused=True)
        self._hold(fault)
        self.api.insist("PATCH", path, is_paused=False)
        return f"{path} for {fault.hold_seconds} s"

    def _hold(self, fault: Fault) -> None:
        self.system.wait(fault.hold_seconds)

    def _running(self, execution_ids: list[int]) -> bool:
        rows = self.ground.query(
            "SELECT 1 FROM job_exe WHERE id = ANY(%s) AND status = 'RUNNING'", [execution_ids]
        )
        return bool(rows)

    def _running_under(self, pid: int) -> list[int]:
        rows = self.ground.query(
            "SELECT id FROM job_exe WHERE status = 'RUNNING' AND worker ~ %s", [rf"\.{pid}\."]
        )
        return [row["id"] for row in rows]


def _worker_of(tree: list[psutil.Process]) -> psutil.Process:
    return next((process for process in tree if _is_celery(process)), tree[0])


def _is_celery(process: psutil.Process) -> bool:
    try:
        return any("celery" in word for word in process.cmdline())
    except psutil.Error:
        return False
