"""Runs the example programs the way a worker does: by their job type documents."""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scale.domain.artifacts import ArtifactScanner
from scale.domain.command import argument_vector
from scale.domain.geo import GeoFacts
from scale.domain.interface import parse_interface
from scale.domain.manifest import parse_manifest

EXAMPLES = Path(__file__).parents[3] / "examples"
JOB_TYPES = sorted(path.stem for path in EXAMPLES.glob("job-types/*.json"))
HEADER = "name,country,latitude,longitude,population"
PLACE = {"name": "Bern", "country": "Switzerland", "population": 134_000}
TOKENS = {"@PYTHON@": sys.executable, "@EXAMPLES@": str(EXAMPLES)}


def load(path: str) -> Any:
    return json.loads((EXAMPLES / path).read_text("utf-8"))


@dataclass(frozen=True)
class Run:
    exit_code: int
    error: str | None
    stdout: str
    stderr: str
    output_dir: Path

    def product(self, job_type: str) -> tuple[Path, GeoFacts]:
        """Return the one product of a run that kept its interface."""
        assert self.exit_code == 0, self.stderr
        manifest_path = self.output_dir / "results_manifest.json"
        scanner = ArtifactScanner()
        scanner.feed(self.stdout.encode())
        manifest = parse_manifest(manifest_path.read_bytes() if manifest_path.exists() else None)
        findings = manifest.with_artifacts(scanner.found).check(
            parse_interface(load(f"job-types/{job_type}.json")["interface"]),
            source_names=(),
            is_regular_file=lambda path: Path(path).is_file(),
        )
        ((made,),) = [output.files for output in findings.outputs]
        assert Path(made.path).is_relative_to(self.output_dir)
        return Path(made.path), made.facts


def run_job(job_type: str, values: Mapping[str, object], output_dir: Path) -> Run:
    document = load(f"job-types/{job_type}.json")
    command = document["interface"]["command"]
    for token, path in TOKENS.items():
        command = command.replace(token, shlex.quote(path))
    output_dir.mkdir()
    given = {name: str(value) for name, value in values.items()}
    vector = argument_vector(
        command,
        document["interface"]["command_arguments"],
        {**given, "job_output_dir": str(output_dir)},
    )
    done = subprocess.run(vector, capture_output=True, encoding="utf-8", timeout=60, check=False)
    error = document["error_mapping"]["exit_codes"].get(str(done.returncode))
    return Run(done.returncode, error, done.stdout, done.stderr, output_dir)


def convert(text: str, tmp_path: Path, **values: object) -> Run:
    csv = tmp_path / "places.csv"
    csv.write_text(text, "utf-8")
    return run_job("places-to-geojson", {"csv": csv, **values}, tmp_path / "out")


def collection(*features: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(longitude: float = 7.45, latitude: float = 46.95, **properties: object) -> object:
    geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "geometry": geometry, "properties": {**PLACE, **properties}}


def write_json(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), "utf-8")
    return path
