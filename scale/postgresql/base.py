"""The backend; Django wants it in a module of this name."""

import select
from typing import Any

from django.db.backends.postgresql import base

#: How statements are planned to go by the order of indexes, whatever the statistics tell.
ALONG_INDEXES = {"enable_sort": "off", "enable_incremental_sort": "off", "enable_seqscan": "off"}

#: How statements are planned for good: for no values in particular, and right however many rows
#: come to be there. No table may be read whole, nor sorted what has an order already.
PLANNED_ONCE = {
    "plan_cache_mode": "force_generic_plan",
    "enable_bitmapscan": "off",
    **ALONG_INDEXES,
}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that asks the server whether it is there only when there is a doubt.

    Django asks before the first statement of each request, which takes as long as any statement.
    A server that went away has closed the connection, or says so first: either can be read.
    """

    #: Whether statements that are repeated on the connection, when it is opened, are planned once
    #: and for good: for a thread that often runs a few, which are written for that.
    is_planned_once = False

    def get_connection_params(self) -> dict[str, Any]:
        """Return what a connection is opened with."""
        parameters: dict[str, Any] = super().get_connection_params()
        if self.is_planned_once:
            # Not by SET: a pooler would let others have the connection with it.
            settings = (f"-c {name}={value}" for name, value in PLANNED_ONCE.items())
            parameters["options"] = " ".join([parameters.get("options", ""), *settings])
        return parameters

    def is_usable(self) -> bool:
        """Tell whether statements can be sent."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
