"""The steps of one execution: pre, job, post, report, each outside a transaction."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scale.conf import conf
from scale.domain.builtin_errors import FILESYSTEM_IO, TIMEOUT, UNKNOWN
from scale.domain.command import JOB_OUTPUT_DIR, argument_vector, resolved_arguments
from scale.domain.error_mapping import ErrorMapping
from scale.domain.interface import Interface
from scale.domain.job_data import JobData, read_job_data
from scale.domain.manifest import FILE_NAME, MAX_BYTES, parse_manifest
from scale.domain.retry import Step, error_for_exit
from scale.domain.times import now
from scale.log import log_event
from scale.selectors.job_types import get_error_mapping, load_interface
from scale.services.executions import (
    Claim,
    Report,
    complete_execution,
    fail_execution,
    note_progress,
    release,
)
from scale.services.files import ParsedSource, StoredProduct
from workers.errors import exit_code_for
from workers.host import DATABASE_AWAY, Host, Run
from workers.ledger import Ledger
from workers.output import Output
from workers.processes import tree
from workers.processes.program import Exit, LaunchFailed, Program
from workers.processes.workdir import WorkDirectory
from workers.runners import ContainerRunner, ProcessRunner, Runner
from workers.staging import (
    Inputs,
    bring_inputs,
    copy_parsed,
    is_output_file,
    read_limited,
    store_outputs,
)

logger = logging.getLogger(__name__)

#: How often a running program is looked after: asked to end, past its time limit.
LOOK_SECONDS = 0.2
#: How often its output and steps are written down.
NOTE_SECONDS = 1.0

#: The pre and post steps have fixed exit codes.
NO_MAPPING = ErrorMapping()


@dataclass
class Attempt:
    """One execution under way, with what its steps find out for each other."""

    host: Host
    run: Run
    directory: WorkDirectory
    ledger: Ledger
    steps: dict[str, Any] = field(default_factory=dict)
    inputs: Inputs = field(default_factory=Inputs)
    argv: list[str] = field(default_factory=list)
    products: list[StoredProduct] = field(default_factory=list)
    parsed: list[ParsedSource] = field(default_factory=list)
    manifest: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.claim: Claim = self.run.claim
        self.deadline = (
            time.monotonic() + self.claim.timeout if self.claim.timeout else float("inf")
        )
        self.interface: Interface = self.host.until_back(
            lambda: load_interface(self.claim.revision_id)
        )
        self.data: JobData = read_job_data(self.claim.data, self.interface)
        self.output = Output(self.directory, cap_bytes=conf().log_cap_bytes)
        self.runner = _runner_for(self.claim)
        self._noted: dict[str, Any] = {}

    def go(self) -> None:
        """Take the steps in order until one fails, then report."""
        error = self._step("pre", self._pre) or self._job() or self._step("post", self._post)
        self.output.finish()
        kept = False
        try:
            if error:
                # Before it is put back, since it may run again at once, with files of these names.
                self._settle(is_kept=False)
            if not self.run.is_lost:
                kept = self._report(error)
        finally:
            self._settle(is_kept=kept)
            self.output.close()

    def _step(self, name: str, work: Callable[[], None]) -> str | None:
        """Take the pre or post step; return the name of its error, or None."""
        if self.run.ending.is_set():
            return UNKNOWN
        self.steps[f"{name}_started"] = now()
        code = 0
        try:
            work()
        except Exception as exc:  # noqa: BLE001 -- whatever a step raises is what it failed with
            code = exit_code_for(exc)
            self.output.say(f"{name}: {str(exc) or type(exc).__name__}")
            log_event(
                logger,
                "step_failed",
                logging.WARNING,
                execution_id=self.claim.execution_id,
                step=name,
                reason=repr(exc)[:500],
            )
        self.steps[f"{name}_completed"] = now()
        self.steps[f"{name}_exit_code"] = code
        if code == 0 and time.monotonic() > self.deadline:
            return TIMEOUT
        return error_for_exit(Step(name), code, signaled=False, mapping=NO_MAPPING)

    def _pre(self) -> None:
        self.inputs = bring_inputs(self.data, self.interface, self.directory.input)
        values = {**self.inputs.values, JOB_OUTPUT_DIR: str(self.directory.output)}
        arguments = self.interface.command_arguments
        self.argv = argument_vector(self.interface.command, arguments, values)
        self.steps["command_arguments"] = resolved_arguments(arguments, values)
        self.directory.seal_input()

    def _job(self) -> str | None:
        if self.run.ending.is_set():
            return UNKNOWN
        self.steps["job_started"] = now()
        try:
            program = self.runner.start(self.argv, self.directory)
        except LaunchFailed as exc:
            self.output.say(f"job: {exc}")
            self.steps["job_completed"] = now()
            return self.runner.launch_error
        except OSError as exc:
            self.output.say(f"job: {exc}")
            self.steps["job_completed"] = now()
            return FILESYSTEM_IO
        exit_, in_time = self._wait(program)
        self.steps["job_completed"] = now()
        self.steps["job_exit_code"] = exit_.code
        if not in_time:
            return TIMEOUT
        if not self.runner.launched(exit_):
            return self.runner.launch_error
        if exit_.code == 0:
            return None
        mapping = self.host.until_back(lambda: get_error_mapping(self.claim.job_type_id))
        return error_for_exit(
            Step.JOB, exit_.code, signaled=exit_.signal is not None, mapping=mapping
        )

    def _wait(self, program: Program) -> tuple[Exit, bool]:
        """Wait for the program and end what is left of it; tell whether it kept its time limit."""
        in_time = True
        next_note = time.monotonic() + NOTE_SECONDS
        while program.wait(LOOK_SECONDS) is None and not self.run.ending.is_set():
            self._read_output(program)
            if time.monotonic() > self.deadline:
                in_time = False
                break
            if time.monotonic() > next_note:
                self._note()
                next_note = time.monotonic() + NOTE_SECONDS
        if not self.runner.end(program, grace_seconds=conf().kill_grace_seconds):
            log_event(logger, "program_left", logging.ERROR, execution_id=self.claim.execution_id)
        exit_ = program.wait(0) or Exit(None, None)
        program.close()
        return exit_, in_time

    def _read_output(self, program: Program) -> None:
        """Read what was printed; a program that prints faster than that has to wait meanwhile."""
        if self.output.read():
            tree.pause(program)
            try:
                while self.output.read() and not self.run.ending.is_set():
                    pass
            finally:
                tree.resume(program)

    def _note(self) -> None:
        """Write down how far it has come; while the database is away it is kept for later."""
        steps = {k: v for k, v in self.steps.items() if self._noted.get(k) != v}
        try:
            note_progress(
                execution_id=self.claim.execution_id,
                worker=self.claim.worker,
                steps=steps,
                log=self.output.take(),
            )
        except DATABASE_AWAY:
            self.host.reconnect()
        else:
            self._noted |= steps
            self.output.taken()

    def _post(self) -> None:
        self.output.finish()
        content = read_limited(self.directory.output / FILE_NAME, MAX_BYTES + 1)
        sources = {f.file_name: f for f in self.inputs.files.values() if f.kind == "SOURCE"}
        findings = (
            parse_manifest(content)
            .with_artifacts(self.output.artifacts)
            .check(
                self.interface,
                source_names=sources.keys(),
                is_regular_file=lambda path: is_output_file(path, self.directory.output),
            )
        )
        self.manifest = findings.stored()
        self.products = store_outputs(
            self.claim,
            findings.outputs,
            data=self.data,
            interface=self.interface,
            inputs=self.inputs,
            output_dir=self.directory.output,
            ledger=self.ledger,
        )
        self.parsed = copy_parsed(findings.parsed, sources, self.ledger)

    def _report(self, error: str | None) -> bool:
        """Tell the database how it ended, however long that takes; False if nobody asked."""
        if self.run.ending.is_set() and not self._is_done(error):
            return self.host.until_back(lambda: release(self.claim))
        report = Report(
            ended=self._ended(error),
            steps=self.steps,
            log=self.output.take(),
            error=error,
            input_file_ids=self.data.file_ids,
            products=self.products,
            parsed=self.parsed,
            manifest=self.manifest,
        )
        tell = fail_execution if error else complete_execution
        return self.host.until_back(lambda: tell(self.claim, report))

    def _settle(self, *, is_kept: bool) -> None:
        """Remove the files that have to go now; one that resists is logged and left."""
        try:
            self.host.until_back(lambda: self.ledger.settle(is_kept=is_kept))
        except OSError as exc:
            log_event(
                logger,
                "file_left",
                logging.ERROR,
                execution_id=self.claim.execution_id,
                reason=repr(exc),
            )

    def _is_done(self, error: str | None) -> bool:
        """Tell whether the outcome stands although the worker is stopping."""
        return error is None or error == TIMEOUT

    def _ended(self, error: str | None) -> datetime:
        return now() if error else self.steps["post_completed"]


def _runner_for(claim: Claim) -> Runner:
    if claim.docker_image:
        return ContainerRunner(
            claim.execution_id, claim.worker, claim.docker_image, claim.docker_privileged
        )
    return ProcessRunner(claim.execution_id, claim.worker)
