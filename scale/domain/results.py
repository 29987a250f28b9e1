"""Job results: the files a job made, by output (contract 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JobResults:
    """The file id of each `file` output and the file ids of each `files` output that was made."""

    outputs: Mapping[str, int | list[int]]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "JobResults":
        """Read a stored document; `{}`, the results of an unfinished job, has no outputs."""
        entries = document.get("output_data", [])
        return cls(
            {
                entry["name"]: entry["file_id"] if "file_id" in entry else entry["file_ids"]
                for entry in entries
            }
        )

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept."""
        output_data = [
            {"name": name, "file_ids": made}
            if isinstance(made, list)
            else {"name": name, "file_id": made}
            for name, made in self.outputs.items()
        ]
        return {"version": "1.0", "output_data": output_data}
