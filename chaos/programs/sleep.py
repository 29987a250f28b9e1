"""`sleep.py JOURNAL SECONDS`: take its time, saying so as it goes."""

import sys
import time

from record import Record

record = Record(sys.argv[1])
deadline = time.monotonic() + float(sys.argv[2])
while (left := deadline - time.monotonic()) > 0:
    print(f"{left:.1f} s left", flush=True)
    time.sleep(min(left, 0.5))
record.end()
