"""What the example programs share: places, their footprint, results, and how a program refuses."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar

from geometry import area_km2, convex_hull

# Exit codes, named in the error_mapping of the job types. argparse ends with 2 by itself.
BAD_INPUT = 3
NO_PLACES = 4

UNPRINTABLE = re.compile("[^\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Number = TypeVar("Number", int, float)


def refuse(code: int, *reasons: str) -> NoReturn:
    """End the program with this exit code, each reason on its own line of standard error."""
    print(*reasons, sep="\n", file=sys.stderr)
    sys.exit(code)


def read_bytes(path: Path) -> bytes:
    """Read a file, or refuse."""
    try:
        return path.read_bytes()
    except OSError as error:
        refuse(BAD_INPUT, f"{path.name}: {error.strerror}")


def read_text(path: Path) -> str:
    """Read a UTF-8 file, or refuse."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(BAD_INPUT, f"{path.name}: {error}")


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place."""

    name: str
    country: str
    longitude: float
    latitude: float
    population: int

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Self:
        """Read a place from a row of any format.

        Raises: ValueError saying which field is wrong, and how.
        """
        return cls(
            name=_text(row, "name"),
            country=_text(row, "country"),
            longitude=_number(row, "longitude", float, -180, 180),
            latitude=_number(row, "latitude", float, -90, 90),
            population=_number(row, "population", int, 0, 10**10),
        )


def _text(row: Mapping[str, Any], field: str) -> str:
    text = " ".join(str(row.get(field) or "").split())
    if not text or UNPRINTABLE.search(text):
        raise ValueError(f"{field} {text!r} is empty or not printable")
    return text


def _number(
    row: Mapping[str, Any], field: str, kind: type[Number], low: Number, high: Number
) -> Number:
    raw = row.get(field)
    try:
        number = kind(str(raw))
    except ValueError:
        raise ValueError(f"{field} {raw!r} is no {kind.__name__}") from None
    if not low <= number <= high:  # NaN is neither
        raise ValueError(f"{field} {raw} is not within {low} and {high}")
    return number


@dataclass(frozen=True, slots=True)
class Survey:
    """One or more places as they were on one day."""

    as_of: date
    places: list[Place]

    def __post_init__(self) -> None:
        if not self.places:
            refuse(NO_PLACES, "no places to work with")

    @classmethod
    def parse(cls, path: Path, rows: Iterable[tuple[str, Mapping[str, Any]]], as_of: str) -> Self:
        """Read the labeled rows of a file, or refuse naming every faulty one.

        An empty day stands for the file's own.
        """
        places: dict[tuple[str, str], Place] = {}
        faults = []
        for label, row in rows:
            try:
                place = Place.parse(row)
                if places.setdefault((place.name, place.country), place) is not place:
                    raise ValueError(f"{place.name}, {place.country} is there already")
            except ValueError as fault:
                faults.append(f"{path.name}, {label}: {fault}")
        try:
            day = date.fromisoformat(as_of) if as_of else _modified(path)
        except ValueError as fault:
            faults.append(f"{path.name}: as_of {as_of!r} is no day: {fault}")
        if faults:
            refuse(BAD_INPUT, *faults)
        return cls(day, list(places.values()))

    def at_least(self, population: int) -> Self:
        """Keep the places with so many people or more, or refuse if there are none."""
        kept = [place for place in self.places if place.population >= population]
        return type(self)(self.as_of, kept)

    @property
    def largest(self) -> list[Place]:
        """The places, the most populous first."""
        return sorted(self.places, key=lambda place: (-place.population, place.name))

    @property
    def footprint(self) -> dict[str, Any]:
        """The convex hull on a flat longitude-latitude map, as a GeoJSON feature."""
        corners = convex_hull((place.longitude, place.latitude) for place in self.places)
        geometry: dict[str, Any] = {"type": "Point", "coordinates": corners[0]}
        if len(corners) == 2:
            geometry = {"type": "LineString", "coordinates": corners}
        elif len(corners) > 2:
            geometry = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
        properties = {
            "places": len(self.places),
            "population": sum(place.population for place in self.places),
            "west": min(place.longitude for place in self.places),
            "south": min(place.latitude for place in self.places),
            "east": max(place.longitude for place in self.places),
            "north": max(place.latitude for place in self.places),
            "area_km2": round(area_km2(corners)),
        }
        return {"type": "Feature", "geometry": geometry, "properties": properties}


def _modified(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def read_geojson(path: Path) -> Survey:
    """Read a FeatureCollection of points, or refuse."""
    try:
        document = json.loads(read_text(path))
        rows = [
            (f"feature {number}", _row(feature))
            for number, feature in enumerate(document["features"], 1)
        ]
    except (ValueError, LookupError, TypeError) as error:
        refuse(BAD_INPUT, f"{path.name} is no GeoJSON FeatureCollection of points: {error!r}")
    return Survey.parse(path, rows, str(document.get("as_of") or ""))


def _row(feature: dict[str, Any]) -> dict[str, Any]:
    if feature["geometry"]["type"] != "Point":
        raise ValueError(f"{feature['geometry']['type']} where a Point was expected")
    longitude, latitude = feature["geometry"]["coordinates"][:2]
    return {**feature["properties"], "longitude": longitude, "latitude": latitude}


def deliver(directory: Path, output: str, file_name: str, content: bytes, survey: Survey) -> None:
    """Write a program's one product and the results manifest that announces it."""
    directory.mkdir(parents=True, exist_ok=True)
    product = directory.absolute() / file_name
    product.write_bytes(content)
    geo_metadata = {
        "data_started": f"{survey.as_of}T00:00:00Z",
        "data_ended": f"{survey.as_of}T23:59:59Z",
        "geo_json": survey.footprint,
    }
    entry = {"name": output, "file": {"path": str(product), "geo_metadata": geo_metadata}}
    manifest = {"version": "1.1", "output_data": [entry]}
    (directory / "results_manifest.json").write_text(json.dumps(manifest, indent=2), "utf-8")
    print(f"{file_name}: {len(survey.places)} places, {len(content):,} bytes")
