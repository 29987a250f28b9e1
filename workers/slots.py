"""The slots of a worker process, and the programs in their first moments that are theirs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue

from scale.services.claims import Claim
from workers.attempt import Attempt
from workers.pipeline import carry_on


@dataclass(eq=False, slots=True)
class Slot:
    """A message that is held, and what its thread is to do next."""

    execution_id: int
    since: float = field(default_factory=time.monotonic)
    is_new: bool = True
    #: Whether the message has been of use, or could not be of use to anyone.
    is_answered: bool = False
    #: None ends the wait.
    errands: "SimpleQueue[Callable[[], None] | None]" = field(default_factory=SimpleQueue)


@dataclass(frozen=True, slots=True)
class Brief:
    """A program that the engine looks after."""

    slot: Slot
    attempt: Attempt
    until: float

    @property
    def claim(self) -> Claim:
        """Return whose program it is."""
        return self.attempt.claim

    def pass_on(self) -> None:
        """Leave the rest to the slot's thread."""
        self.slot.errands.put(partial(carry_on, self.attempt))
