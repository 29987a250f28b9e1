"""The one exception the launcher shows its user, as a sentence instead of a traceback."""

import sys
from collections.abc import Callable


class Problem(Exception):
    """Something the user has to know or do; its text is a whole sentence."""


def exit_with(main: Callable[[], int]) -> None:
    """Exit with what `main` returns; 1 and the sentence of a `Problem`; 130 on Ctrl-C."""
    try:
        status = main()
    except Problem as problem:
        print(f"{sys.argv[0].rpartition('/')[2]}: {problem}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
