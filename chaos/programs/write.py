"""`write.py JOURNAL DIRECTORY COUNT`: make files, announced in a manifest as output `made`."""

import json
import sys
from pathlib import Path

from record import Record

record = Record(sys.argv[1])
directory, count = Path(sys.argv[2]), int(sys.argv[3])
paths = []
for number in range(count):
    path = directory / f"part-{number}.txt"
    path.write_text(f"execution {record.execution}, part {number}\n" * 500)
    paths.append({"path": str(path)})
manifest = {"version": "1.1", "output_data": [{"name": "made", "files": paths}]}
(directory / "results_manifest.json").write_text(json.dumps(manifest))
record.end()
