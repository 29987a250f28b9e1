"""The one exception the launcher shows its user, as a sentence instead of a traceback."""

import sys
from collections.abc import Callable


class Problem(Exception):
    """Something the user has to know or do; its text is a whole sentence."""


def exit_with(main: Callable[[], int]) -> None:
    """Run `main` and exit with what it returns, or with 1 and the sentence of a `Problem`."""
    try:
        status = main()
    except Problem as problem:
        print(f"{sys.argv[0].rpartition('/')[2]}: {problem}", file=sys.stderr)
        status = 1
    sys.exit(status)
