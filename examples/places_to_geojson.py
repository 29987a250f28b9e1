"""Turn a CSV of places (name, country, latitude, longitude, population) into GeoJSON."""

import argparse
import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

from survey import BAD_INPUT, Place, Survey, deliver, read_text, refuse

COLUMNS = {"name", "country", "latitude", "longitude", "population"}


def read_csv(path: Path, as_of: str) -> Survey:
    """Read the places, or refuse."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        if missing := COLUMNS - set(reader.fieldnames or ()):
            refuse(BAD_INPUT, f"{path.name}: no column {', '.join(sorted(missing))}")
        rows = [(f"line {reader.line_num}", row) for row in reader]
    except csv.Error as error:
        refuse(BAD_INPUT, f"{path.name}, after line {reader.line_num}: {error}")
    return Survey.parse(path, rows, as_of)


def feature(place: Place) -> dict[str, Any]:
    """Describe a place as a GeoJSON feature."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [place.longitude, place.latitude]},
        "properties": {
            "name": place.name,
            "country": place.country,
            "population": place.population,
        },
    }


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path)
    parser.add_argument("output_dir", type=Path)
    parser.add_argument("--min-population", type=int, default=0, help="leave out smaller places")
    parser.add_argument("--as-of", type=date.fromisoformat, help="day of the figures (YYYY-MM-DD)")
    arguments = parser.parse_args()

    everything = read_csv(arguments.input, str(arguments.as_of or ""))
    survey = everything.at_least(arguments.min_population)
    collection = {
        "type": "FeatureCollection",
        "as_of": str(survey.as_of),
        "features": [feature(place) for place in survey.places],
    }
    content = json.dumps(collection, ensure_ascii=False, indent=1).encode()
    deliver(arguments.output_dir, "places", "places.geojson", content, survey)


if __name__ == "__main__":
    main()
