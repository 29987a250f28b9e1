"""`fail.py JOURNAL CODE [EVERY]`: fail with an exit code, or only every so many executions."""

import sys

from record import Record

record = Record(sys.argv[1])
code = int(sys.argv[2])
if len(sys.argv) > 3 and record.execution % int(sys.argv[3]):
    code = 0
print(f"exit code {code}", file=sys.stderr, flush=True)
record.end(code)
sys.exit(code)
