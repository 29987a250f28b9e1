"""What an execution's steps print: read from files, kept in pieces, scanned for artifacts."""

from pathlib import Path

from scale.domain.artifacts import ArtifactScanner
from scale.services.logs import LogChunk


class Output:
    """Temporary."""

    def __init__(self, directory, *, cap_bytes):
        self.paths = {"stdout": directory.stdout, "stderr": directory.stderr}
        self.scanners = {"stdout": ArtifactScanner(), "stderr": ArtifactScanner()}
        self.said = []

    def say(self, text):
        self.said.append(LogChunk("stderr", text + "\n"))

    def finish(self):
        for s, p in self.paths.items():
            self.scanners[s].feed(p.read_bytes())
            self.scanners[s].close()

    @property
    def artifacts(self):
        return [f for s in self.scanners.values() for f in s.found]

    def take(self):
        return []

    def taken(self):
        pass

    def put_back(self):
        pass

    def rest(self):
        return [
            *(
                LogChunk(s, p.read_bytes().decode(errors="replace"))
                for s, p in self.paths.items()
                if p.exists() and p.stat().st_size
            ),
            *self.said,
        ]
