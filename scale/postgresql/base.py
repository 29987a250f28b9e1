"""The backend; Django wants it in a module of this name."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that asks the server whether it is there only when there is a doubt.

    Django asks before the first statement of each request, which takes as long as any statement.
    A server that went away has closed the connection, or says so first: either can be read.
    """

    def is_usable(self) -> bool:
        """Tell whether statements can be sent."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
