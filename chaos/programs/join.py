"""`join.py JOURNAL INPUT DIRECTORY`: join input files into one, announced as output `joined`."""

import sys
from pathlib import Path

from record import Record

record = Record(sys.argv[1])
source, target = Path(sys.argv[2]), Path(sys.argv[3]) / "joined.txt"
parts = sorted(source.iterdir()) if source.is_dir() else [source]
target.write_text("".join(part.read_text() for part in parts))
print(f"ARTIFACT:joined:{target}", flush=True)
record.end()
