"""The kinds of faults, as data: how long each lasts, what it strikes, what it takes."""

from dataclasses import dataclass
from enum import Enum, auto


class Strikes(Enum):
    """What a fault may rightly disturb, from its beginning until the system has recovered."""

    #: Nothing that anyone can see.
    NOTHING = auto()
    #: The order in which jobs start, and how soon.
    ORDER = auto()
    #: Requests may go without an answer too.
    WEB = auto()
    #: Requests may be answered 503, or not at all, too.
    DATABASE = auto()


class Needs(Enum):
    """What a fault is only possible with."""

    NOTHING = auto()
    OWN_DATABASE = auto()
    OWN_BROKER = auto()


@dataclass(frozen=True)
class Kind:
    """A kind of fault."""

    name: str
    #: How long it lasts before it is healed, from and to.
    hold_seconds: tuple[float, float] = (0.0, 0.0)
    strikes: Strikes = Strikes.ORDER
    needs: Needs = Needs.NOTHING
    #: Lasts that much longer than a lease; who fails what is lost comes every two seconds.
    outlasts_lease: bool = False
    #: Proves nothing about a worker that is idle: it waits until all slots are filled.
    needs_work: bool = False
    is_quick: bool = True


KINDS = (
    # Workers: the front is what was started, the guardian the parent of the worker itself.
    Kind("worker-kill", (0.0, 2.0)),
    Kind("guardian-kill", (0.0, 2.0)),
    Kind("front-kill", (0.0, 2.0)),
    Kind("worker-tree-kill", (0.0, 2.0)),
    Kind("worker-restart", (0.0, 1.0)),
    # Until others have taken over what it ran: that is what is waited for.
    Kind("worker-loss", needs_work=True),
    Kind("worker-freeze", (3.0, 6.0), outlasts_lease=True, needs_work=True, is_quick=False),
    Kind("worker-cut", (3.0, 6.0), outlasts_lease=True, needs_work=True),
    Kind("job-kill"),
    # The other processes.
    Kind("web-kill", (0.0, 1.0), Strikes.WEB),
    Kind("web-restart", (0.0, 1.0), Strikes.WEB),
    Kind("beat-kill", (0.0, 4.0)),
    Kind("beat-restart", (0.0, 1.0), is_quick=False),
    Kind("system-kill", (0.0, 4.0)),
    Kind("system-restart", (0.0, 1.0), is_quick=False),
    # The broker.
    Kind("broker-flush"),
    Kind("broker-freeze", (2.0, 8.0)),
    Kind("broker-cut"),
    Kind("broker-refuse", (1.0, 6.0)),
    Kind("broker-restart", (0.0, 3.0), needs=Needs.OWN_BROKER),
    Kind("broker-kill", (0.0, 3.0), needs=Needs.OWN_BROKER, is_quick=False),
    # The database.
    Kind("database-cut", strikes=Strikes.DATABASE),
    Kind("database-refuse", (1.0, 6.0), Strikes.DATABASE),
    Kind("database-freeze", (1.0, 5.0), Strikes.DATABASE, is_quick=False),
    Kind("database-restart", (0.0, 2.0), Strikes.DATABASE, Needs.OWN_DATABASE),
    Kind("database-crash", (0.0, 2.0), Strikes.DATABASE, Needs.OWN_DATABASE),
    # Messages.
    Kind("messages-double", strikes=Strikes.NOTHING),
    Kind("messages-delay", (2.0, 6.0)),
    Kind("messages-lose"),
    # Users.
    Kind("cancel", (1.0, 3.0), Strikes.NOTHING),
    Kind("requeue", strikes=Strikes.NOTHING),
    Kind("pause-type", (1.0, 4.0)),
    Kind("pause-scheduler", (1.0, 4.0)),
    Kind("pause-node", (1.0, 4.0), is_quick=False),
)

BY_NAME = {kind.name: kind for kind in KINDS}
