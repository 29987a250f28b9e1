"""The steps of one execution: pre, job, post, report, each outside a transaction."""

import logging
import os
import time
from collections.abc import Callable
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
from scale.services.claims import Claim
from scale.services.completions import complete_execution
from scale.services.executions import Report, fail_execution, note_progress, release
from scale.services.files import ParsedSource, StoredProduct
from workers.errors import exit_code_for
from workers.host import DATABASE_AWAY, Host, Run
from workers.ledger import Ledger
from workers.output import Output
from workers.processes.program import LaunchFailed, Program
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
from workers.watching import Seen, see_through

logger = logging.getLogger(__name__)

#: The pre and post steps have fixed exit codes.
NO_MAPPING = ErrorMapping()


class Attempt:
    """One execution under way, with what its steps find out for each other.

    `begin` and `go_on` take it from its first step to its report. Between them, `end_briefly` may
    do what is left of an execution that came to nothing but a good end.
    """

    def __init__(self, host: Host, run: Run, directory: WorkDirectory) -> None:
        self.host = host
        self.run = run
        self.claim: Claim = run.claim
        self.directory = directory
        self.program: Program | None = None
        self._deadline = (
            time.monotonic() + self.claim.timeout if self.claim.timeout else float("inf")
        )
        self._ledger = Ledger.of(host.directory, self.claim.execution_id)
        self._interface: Interface = host.until_back(lambda: load_interface(self.claim.revision_id))
        self._data: JobData = read_job_data(self.claim.data, self._interface)
        self._runner = _runner_for(self.claim)
        self._output = Output(directory, cap_bytes=conf().log_cap_bytes)
        self._inputs = Inputs()
        self._argv: list[str] = []
        self._products: list[StoredProduct] = []
        self._parsed: list[ParsedSource] = []
        self._manifest: dict[str, Any] | None = None
        self._steps: dict[str, Any] = {}
        self._noted: dict[str, Any] = {}
        #: Name of the error it failed with so far.
        self._error: str | None = None

    def begin(self) -> None:
        """Take the pre step and start the program; without `program` afterwards, it has failed."""
        self._error = self._step("pre", self._pre) or self._launch()

    def go_on(self) -> None:
        """Take the steps that are left until one fails, however long they take, then report."""
        if self.program is not None:
            self._error = self._see_through(self.program)
        if self._error is None and "post_completed" not in self._steps:
            self._error = self._step("post", self._post)
        self._output.finish()
        kept = False
        try:
            if self._error:
                # Before it is put back, since it may run again at once, with files of these names.
                self._settle(is_kept=False)
            if not self.run.is_lost:
                kept = self._report()
        finally:
            self._settle(is_kept=kept)

    def end_briefly(self) -> Report | None:
        """Return the report of a program that has ended well and left nothing but a few lines.

        None if there is more to do, which may take time: `go_on` does it, also if the report
        cannot be delivered.
        """
        program = self.program
        if program is None or self.run.is_ending:
            return None
        exit_ = program.wait(0)
        if exit_ is None or exit_.code != 0 or not self._runner.has_ended(program):
            return None
        if self._output.is_long or os.path.lexists(self._manifest_path):
            return None
        program.close()
        self._error = self._note_end(Seen(exit_, is_in_time=True))
        self._output.finish()
        if not self._output.artifacts:
            self._error = self._step("post", self._post)
        report = self._told()
        return report if report.is_plain and report.error is None else None

    def close(self, *, is_directory_kept: bool = False) -> None:
        """Leave nothing behind, and have its lease renewed no more."""
        try:
            if not is_directory_kept:
                self.directory.close()
            self._output.close()
        finally:
            self.host.finish(self.run)

    def _step(self, name: str, work: Callable[[], None]) -> str | None:
        """Take the pre or post step; return the name of its error, or None."""
        if self.run.is_ending:
            return UNKNOWN
        self._steps[f"{name}_started"] = now()
        code = 0
        try:
            work()
        except Exception as exc:  # noqa: BLE001 -- whatever a step raises is what it failed with
            code = exit_code_for(exc)
            self._output.say(f"{name}: {str(exc) or type(exc).__name__}")
            log_event(
                logger,
                "step_failed",
                logging.WARNING,
                execution_id=self.claim.execution_id,
                step=name,
                reason=repr(exc)[:500],
            )
        self._steps[f"{name}_completed"] = now()
        self._steps[f"{name}_exit_code"] = code
        if code == 0 and time.monotonic() > self._deadline:
            return TIMEOUT
        return error_for_exit(Step(name), code, signaled=False, mapping=NO_MAPPING)

    def _pre(self) -> None:
        self._inputs = bring_inputs(self._data, self._interface, self.directory.input)
        values = {**self._inputs.values, JOB_OUTPUT_DIR: str(self.directory.output)}
        arguments = self._interface.command_arguments
        self._argv = argument_vector(self._interface.command, arguments, values)
        self._steps["command_arguments"] = resolved_arguments(arguments, values)
        self.directory.seal_input()

    def _launch(self) -> str | None:
        if self.run.is_ending:
            return UNKNOWN
        self._steps["job_started"] = now()
        try:
            self.program = self._runner.start(self._argv, self.directory)
        except LaunchFailed as exc:
            self._output.say(f"job: {exc}")
            self._steps["job_completed"] = now()
            return self._runner.launch_error
        except OSError as exc:
            self._output.say(f"job: {exc}")
            self._steps["job_completed"] = now()
            return FILESYSTEM_IO
        return None

    def _see_through(self, program: Program) -> str | None:
        """Wait for the program to end; return the name of its error, or None."""
        seen = see_through(
            program,
            self._runner,
            self._output,
            is_ending=lambda: self.run.is_ending,
            deadline=self._deadline,
            note=self._note,
        )
        return self._note_end(seen)

    def _note_end(self, seen: Seen) -> str | None:
        """Note how the program, of which nothing is left, has ended; return its error, or None."""
        exit_, is_in_time = seen
        self.program = None
        self._steps["job_completed"] = now()
        self._steps["job_exit_code"] = exit_.code
        if not is_in_time:
            return TIMEOUT
        if not self._runner.launched(exit_):
            return self._runner.launch_error
        if exit_.code == 0:
            return None
        mapping = self.host.until_back(lambda: get_error_mapping(self.claim.job_type_id))
        return error_for_exit(
            Step.JOB, exit_.code, signaled=exit_.signal is not None, mapping=mapping
        )

    def _note(self) -> None:
        """Write down how far it has come; while the database is away it is kept for later."""
        steps = {k: v for k, v in self._steps.items() if self._noted.get(k) != v}
        try:
            note_progress(
                execution_id=self.claim.execution_id,
                worker=self.claim.worker,
                steps=steps,
                log=self._output.take(),
            )
        except DATABASE_AWAY:
            self.host.reconnect()
        else:
            self._noted |= steps
            self._output.taken()

    def _post(self) -> None:
        self._output.finish()
        content = read_limited(self._manifest_path, MAX_BYTES + 1)
        sources = {f.file_name: f for f in self._inputs.files.values() if f.kind == "SOURCE"}
        findings = (
            parse_manifest(content)
            .with_artifacts(self._output.artifacts)
            .check(
                self._interface,
                source_names=sources.keys(),
                is_regular_file=lambda path: is_output_file(path, self.directory.output),
            )
        )
        self._manifest = findings.stored()
        self._products = store_outputs(
            self.claim,
            findings.outputs,
            data=self._data,
            interface=self._interface,
            inputs=self._inputs,
            output_dir=self.directory.output,
            ledger=self._ledger,
        )
        self._parsed = copy_parsed(findings.parsed, sources, self._ledger)

    def _report(self) -> bool:
        """Tell the database how it ended, however long that takes; False if nobody asked."""
        if self.run.is_ending and not self._is_done():
            return self.host.until_back(lambda: release(self.claim))
        report = self._told()
        tell = fail_execution if report.error else complete_execution
        return self.host.until_back(lambda: tell(self.claim, report))

    def _told(self) -> Report:
        return Report(
            ended=self._ended(),
            steps=self._steps,
            log=self._output.take(),
            error=self._error,
            input_file_ids=self._data.file_ids,
            products=self._products,
            parsed=self._parsed,
            manifest=self._manifest,
        )

    def _settle(self, *, is_kept: bool) -> None:
        """Remove the files that have to go now; one that resists is logged and left."""
        try:
            self.host.until_back(lambda: self._ledger.settle(is_kept=is_kept))
        except OSError as exc:
            log_event(
                logger,
                "file_left",
                logging.ERROR,
                execution_id=self.claim.execution_id,
                reason=repr(exc),
            )

    def _is_done(self) -> bool:
        """Tell whether the outcome stands although the worker is stopping."""
        return self._error is None or self._error == TIMEOUT

    def _ended(self) -> datetime:
        return self._steps.get("post_completed") or now() if self._error is None else now()

    @property
    def _manifest_path(self) -> str:
        return f"{self.directory.output}/{FILE_NAME}"


def _runner_for(claim: Claim) -> Runner:
    if claim.docker_image:
        return ContainerRunner(
            claim.execution_id, claim.worker, claim.docker_image, claim.docker_privileged
        )
    return ProcessRunner(claim.execution_id, claim.worker)
