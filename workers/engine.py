"""The engine of a worker process: claims for all its slots and looks after brief programs.

A *slot* is a message that this process holds, with the thread that brought it. As long as
executions wait, the engine uses a slot for one after the other, so that under load a message is
needed only now and then, and it claims and completes for many slots in one statement each. What may
take time is done by the slot's own thread: inputs, products, failures, and every program that is
not over in a moment.
"""

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from django.db import connection

from scale.conf import conf
from scale.log import log_event
from scale.postgresql.statements import plan_once
from scale.selectors.job_types import load_interface
from scale.services.claims import Claim, Claims, claim_executions
from scale.services.executions import Report
from scale.services.feed import feeder
from workers.attempt import Attempt
from workers.host import DATABASE_AWAY, RETRY_SECONDS, Host, Run
from workers.pipeline import carry_on, carry_out
from workers.processes.program import Program
from workers.processes.workdir import Spares
from workers.reports import Reports
from workers.slots import Brief, Slot

logger = logging.getLogger(__name__)

#: How long the engine itself waits for a program, before the slot's thread takes it over.
BRIEF_SECONDS = 0.2
#: How long one message keeps a slot going: brokers ask after a message that is held too long.
MESSAGE_SECONDS = 30.0


class Engine:
    """Serves the slots of one host from a thread of its own."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._spares = Spares(host.directory, limit=conf().worker_concurrency)
        self._arrived: deque[Slot] = deque()
        self._free: list[Slot] = []
        self._briefs: dict[int, Brief] = {}
        self._reports = Reports()
        self._retry_at = 0.0
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.epoll()
        self._poll.register(self._bell, select.EPOLLIN)
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def lend(self, execution_id: int) -> bool:
        """Lend the engine a message's thread until nothing waits, or for a while.

        Returns False if this node may start nothing now: the message is for another one.
        """
        slot = Slot(execution_id)
        self._host.note_held(1)
        try:
            self._give(slot)
            while (errand := slot.errands.get()) is not None:
                errand()
                self._give(slot)
        finally:
            self._host.note_held(-1)
        return slot.is_answered

    def wake(self) -> None:
        """Have the engine look around: something about the host has changed."""
        os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """End the engine's thread: no slot is lent any more."""
        self._is_closed = True
        self.wake()
        self._thread.join()
        busy = [*self._briefs.values(), *self._reports.briefs]
        for slot in [*self._arrived, *self._free, *(brief.slot for brief in busy)]:
            slot.errands.put(None)
        self._poll.close()
        os.close(self._bell)

    def _give(self, slot: Slot) -> None:
        self._arrived.append(slot)
        self.wake()

    def _run(self) -> None:
        plan_once()
        while not self._is_closed:
            try:
                self._turn()
            except Exception:
                logger.exception("engine_failed")
                connection.close()
                time.sleep(RETRY_SECONDS)
        connection.close()

    def _turn(self) -> None:
        ready = {number for number, _ in self._poll.poll(self._patience())}
        if self._bell in ready:
            ready.remove(self._bell)
            with suppress(BlockingIOError):
                os.eventfd_read(self._bell)
        self._conclude([self._take(number) for number in ready])
        self._pass_on()
        while self._arrived:
            self._free.append(self._arrived.popleft())
        if self._free:
            self._employ()
        if self._reports.queued:
            self._reports.queued.clear()
            feeder.ask()

    def _patience(self) -> float | None:
        """Return for how many seconds nothing but events asks for attention."""
        moments = [brief.until for brief in self._briefs.values()]
        if self._reports.due is not None:
            moments.append(self._reports.due)
        if self._free:
            moments.append(self._retry_at)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _employ(self) -> None:
        """Claim for the free slots; those that nothing waits for go back."""
        now = time.monotonic()
        if self._host.is_stopping or not self._host.may_start:
            self._release(self._free, is_answered=False)
            return
        worn = [s for s in self._free if not s.is_new and now - s.since > MESSAGE_SECONDS]
        self._release(worn, is_answered=True)
        if now < self._retry_at:
            return
        while self._free:
            try:
                found = self._claim()
            except DATABASE_AWAY as exc:
                log_event(logger, "claim_put_off", logging.WARNING, reason=repr(exc)[:500])
                connection.close()
                self._retry_at = now + RETRY_SECONDS
                return
            self._host.note_may_start(found.may_start)
            self._reports.queued.difference_update(claim.execution_id for claim in found.claims)
            # Each claim is entered before the next is asked for: then its lease is renewed.
            for claim in found.claims:
                self._start(claim, self._free.pop(0))
            if not found.is_more:
                self._release(self._free, is_answered=found.may_start)

    def _claim(self) -> Claims:
        return claim_executions(
            count=len(self._free),
            named=[
                *(slot.execution_id for slot in self._free if slot.is_new),
                *self._reports.queued,
            ],
            node_id=self._host.node_id,
            worker=self._host.identity,
        )

    def _release(self, slots: Iterable[Slot], *, is_answered: bool) -> None:
        for slot in list(slots):
            self._free.remove(slot)
            slot.is_answered = is_answered
            slot.errands.put(None)

    def _start(self, claim: Claim, slot: Slot) -> None:
        slot.is_new = False
        run = self._host.begin(claim)
        try:
            attempt = self._begin(run) if _starts_at_once(claim) else None
        except Exception as exc:  # noqa: BLE001 -- the slot's thread meets it again, and reports it
            log_event(
                logger, "start_put_off", execution_id=claim.execution_id, reason=repr(exc)[:500]
            )
            attempt = None
        if attempt is None:
            slot.errands.put(partial(carry_out, self._host, run))
        elif attempt.program is None:
            slot.errands.put(partial(carry_on, attempt))
        else:
            self._watch(Brief(slot, attempt, time.monotonic() + BRIEF_SECONDS), attempt.program)

    def _watch(self, brief: Brief, program: Program) -> None:
        try:
            self._poll.register(program.fileno(), select.EPOLLIN)
        except OSError:  # too many are watched
            brief.pass_on()
        else:
            self._briefs[program.fileno()] = brief

    def _begin(self, run: Run) -> Attempt:
        load_interface(run.claim.revision_id)  # raises here, and not until the database is back
        attempt = Attempt(self._host, run, self._spares.take())
        attempt.begin()
        return attempt

    def _take(self, number: int) -> Brief:
        self._poll.unregister(number)
        return self._briefs.pop(number)

    def _pass_on(self) -> None:
        """Leave the programs that are not brief after all to their slots' threads."""
        now = time.monotonic()
        for number, brief in list(self._briefs.items()):
            if brief.until <= now:
                self._take(number)
                brief.pass_on()

    def _conclude(self, ended: list[Brief]) -> None:
        """Report the programs that ended well and left nothing, together; pass on the others."""
        reports = [(brief, report) for brief in ended if (report := self._end(brief))]
        for brief in self._reports.deliver(reports):
            self._clear_up(brief)

    def _end(self, brief: Brief) -> Report | None:
        try:
            report = brief.attempt.end_briefly()
        except Exception:
            logger.exception("brief_end_failed")
            report = None
        if report is None:
            brief.pass_on()
        return report

    def _clear_up(self, brief: Brief) -> None:
        if self._spares.put(brief.attempt.directory):
            try:
                brief.attempt.close(is_directory_kept=True)
            except OSError:
                logger.exception("close_failed")
            self._free.append(brief.slot)
        else:
            brief.slot.errands.put(brief.attempt.close)


def _starts_at_once(claim: Claim) -> bool:
    """Tell whether nothing has to be brought that may take time."""
    return claim.docker_image is None and not claim.has_input_files
