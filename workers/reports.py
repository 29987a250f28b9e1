"""Reports of executions that came to nothing but a good end, delivered together."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection

from scale.log import log_event
from scale.services.claims import Claim
from scale.services.completions import Taken, complete_alone, complete_in_recipes
from scale.services.executions import Report
from workers.slots import Brief

logger = logging.getLogger(__name__)

#: How long a report waits for a recipe that others are busy with, and how soon it is told again.
HELD_SECONDS = 0.1
REST_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Told:
    """A program that has ended, and the report of it."""

    brief: Brief
    report: Report
    until: float = field(default_factory=lambda: time.monotonic() + HELD_SECONDS)

    @property
    def claim(self) -> Claim:
        """Return whose program it was."""
        return self.brief.claim


class Reports:
    """What is to be reported; one thread at a time.

    Delivering waits for nobody. What nobody takes at once is tried again if others are busy with
    its recipe, which takes them a moment, and otherwise left to the slots' threads.
    """

    def __init__(self) -> None:
        self._held: list[Told] = []
        #: Executions that reports have queued: nobody else may know of them yet.
        self.queued: set[int] = set()
        self._again_at = 0.0

    @property
    def due(self) -> float | None:
        """Return when `deliver` has something to do though nothing has ended, if ever."""
        return self._again_at if self._held else None

    @property
    def briefs(self) -> list[Brief]:
        """Return what waits to be reported."""
        return [one.brief for one in self._held]

    def deliver(self, ended: Iterable[tuple[Brief, Report]]) -> list[Brief]:
        """Report what ended; return what is done with. The rest is passed on, sooner or later."""
        told = [Told(brief, report) for brief, report in ended]
        alone = [one for one in told if one.claim.recipe_id is None]
        in_recipes = [one for one in told if one.claim.recipe_id is not None]
        done = self._tell(alone, complete_alone)
        if in_recipes or (self._held and self._again_at <= time.monotonic()):
            in_recipes += self._held
            self._held = []
            done += self._tell(in_recipes, complete_in_recipes)
            self._again_at = time.monotonic() + REST_SECONDS
        return done

    def _tell(self, told: list[Told], complete: Callable[..., Taken]) -> list[Brief]:
        if not told:
            return []
        taken = Taken()
        try:
            taken = complete([(one.claim, one.report) for one in told], waits=False)
        except Exception as exc:  # noqa: BLE001 -- each slot's thread tries again for itself
            log_event(logger, "report_put_off", logging.WARNING, reason=repr(exc)[:500])
            connection.close()
        self.queued.update(taken.queued)
        now = time.monotonic()
        done = []
        for one in told:
            if one.claim.execution_id in taken.kept:
                done.append(one.brief)
            elif one.claim.execution_id in taken.held and now < one.until:
                self._held.append(one)
            else:
                one.brief.pass_on()
        return done
