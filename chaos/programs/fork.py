"""`fork.py JOURNAL SECONDS`: leave two children behind that do not want to end.

One ignores SIGTERM, the other has left the session and become an orphan.
"""

import os
import signal
import sys
import time

from record import Record

FOR_LONG_SECONDS = 600


def main() -> None:
    """Fork, wait a little and end with success."""
    record = Record(sys.argv[1])
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        record.child()
        time.sleep(FOR_LONG_SECONDS)
        os._exit(0)
    if (pid := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            record.child()
            time.sleep(FOR_LONG_SECONDS)
        os._exit(0)
    os.waitpid(pid, 0)
    time.sleep(float(sys.argv[2]))
    record.end()


main()
