"""Check what the demo's jobs made against the file they made it from, without their code."""

import csv
import html
import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from launcher.errors import Problem

KML = "{http://www.opengis.net/kml/2.2}"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
TOLERANCE_DEGREES = 1e-6


def summarize_geojson(product: Path, places: Path) -> str:
    """Return a line about a GeoJSON of all places.

    Raises:
        Problem: when it is not one.
    """
    try:
        collection: dict[str, Any] = json.loads(product.read_text("utf-8"))
        made = {
            (item["properties"]["name"], *item["geometry"]["coordinates"])
            for item in collection["features"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(f"{product} is no GeoJSON of places: {error}") from error
    if made != _places(places):
        raise Problem(f"{product} does not hold the places of {places}.")
    return f"{len(made)} places of {places.name}, each with its coordinates"


def summarize_kml(product: Path, places: Path) -> str:
    """Return a line about a KML with a placemark for each place and a footprint around them.

    Raises:
        Problem: when it is not one.
    """
    try:
        root = ElementTree.fromstring(product.read_bytes())  # noqa: S314 - our own program's file
        points = {
            (mark.findtext(f"{KML}name"), *coordinates)
            for mark in root.iter(f"{KML}Placemark")
            for coordinates in _coordinates(mark.find(f"{KML}Point"))
        }
        ring = [corner for shape in root.iter(f"{KML}Polygon") for corner in _coordinates(shape)]
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise Problem(f"{product} is no KML of places: {error}") from error
    expected = _places(places)
    if points != expected:
        raise Problem(f"{product} does not hold the places of {places}.")
    if not _is_around(ring, [(longitude, latitude) for _, longitude, latitude in expected]):
        raise Problem(f"The footprint in {product} is not a closed ring around the places.")
    return f"{len(points)} placemarks and a footprint of {len(ring) - 1} corners around them"


def summarize_png(product: Path) -> str:
    """Return a line about a PNG image.

    Raises:
        Problem: when it is not one.
    """
    try:
        content = product.read_bytes()
        name, width, height = struct.unpack(">12x4sII", content[:24])
    except (OSError, struct.error) as error:
        raise Problem(f"{product} is no PNG: {error}") from error
    if not content.startswith(PNG_SIGNATURE) or name != b"IHDR":
        raise Problem(f"{product} is no PNG.")
    return f"a map of {width} by {height} pixels"


def summarize_report(product: Path, places: Path) -> str:
    """Return a line about an HTML page that names all places and holds their map.

    Raises:
        Problem: when it is not one.
    """
    try:
        page = html.unescape(product.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"{product} is no HTML report: {error}") from error
    names = {name for name, _, _ in _places(places)}
    if missing := sorted(name for name in names if name not in page):
        raise Problem(f"{product} does not name {', '.join(missing[:5])}.")
    if "data:image/png;base64," not in page:
        raise Problem(f"{product} holds no map.")
    return f"a report of {len(page)} characters on {len(names)} places, with their map"


def _places(path: Path) -> set[tuple[str, float, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["name"], float(row["longitude"]), float(row["latitude"]))
            for row in csv.DictReader(file)
        }


def _coordinates(shape: ElementTree.Element | None) -> list[tuple[float, float]]:
    texts = [] if shape is None else [node.text or "" for node in shape.iter(f"{KML}coordinates")]
    numbers = [
        [float(part) for part in point.split(",")] for text in texts for point in text.split()
    ]
    return [(longitude, latitude) for longitude, latitude, *_ in numbers]


def _is_around(ring: list[tuple[float, float]], points: list[tuple[float, float]]) -> bool:
    """Tell whether a closed counter-clockwise convex ring has all points on its left."""
    if len(ring) < 4 or ring[0] != ring[-1]:
        return False
    return all(
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= -TOLERANCE_DEGREES
        for (ax, ay), (bx, by) in pairwise(ring)
        for x, y in points
    )
