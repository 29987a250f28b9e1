"""Parts of paths."""

from api.fields import MAX_ID


class IdConverter:
    """A decimal id; one that the database cannot hold is no path at all, so 404."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        """Return the id.

        Raises:
            ValueError: no row can have it.
        """
        number = int(value)
        if number > MAX_ID:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        """Return the id as part of a path."""
        return str(value)
