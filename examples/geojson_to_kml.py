"""Turn a GeoJSON collection of places into a KML with their footprint and a placemark each."""

import argparse
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from survey import Place, Survey, deliver, read_geojson

NAMESPACE = "http://www.opengis.net/kml/2.2"


def kml(survey: Survey) -> bytes:
    """Draw the survey as a KML document."""
    root = Element("kml", xmlns=NAMESPACE)
    document = SubElement(root, "Document")
    add(document, "name", f"{len(survey.places)} places")
    style = SubElement(document, "Style", id="footprint")
    add(SubElement(style, "LineStyle"), "color", "ff2b39c0")  # aabbggrr
    add(SubElement(style, "PolyStyle"), "color", "332b39c0")
    add_footprint(document, survey)
    for place in survey.largest:
        add_place(document, place)
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return content


def add_footprint(document: Element, survey: Survey) -> None:
    """Add the convex hull, with the day it shows and its facts."""
    placemark = SubElement(document, "Placemark", id="footprint")
    add(placemark, "name", "Footprint")
    add(SubElement(placemark, "TimeStamp"), "when", str(survey.as_of))
    add(placemark, "styleUrl", "#footprint")
    add_data(placemark, survey.footprint["properties"])
    add_geometry(placemark, **survey.footprint["geometry"])


def add_place(document: Element, place: Place) -> None:
    """Add one place as a point."""
    placemark = SubElement(document, "Placemark")
    add(placemark, "name", place.name)
    add(placemark, "description", f"{place.country}, {place.population:,} people")
    add_data(placemark, {"country": place.country, "population": place.population})
    add_geometry(placemark, "Point", (place.longitude, place.latitude))


def add_geometry(placemark: Element, type: str, coordinates: Any) -> None:  # noqa: A002
    """Add a GeoJSON geometry: a point, a line, or a polygon without holes."""
    shape = SubElement(placemark, type)
    if type == "Point":
        coordinates = [coordinates]
    elif type == "Polygon":
        (coordinates,) = coordinates
        shape = SubElement(SubElement(shape, "outerBoundaryIs"), "LinearRing")
    add(
        shape,
        "coordinates",
        " ".join(f"{longitude},{latitude}" for longitude, latitude in coordinates),
    )


def add_data(placemark: Element, values: dict[str, Any]) -> None:
    """Add named values that a KML reader shows in a table."""
    extended = SubElement(placemark, "ExtendedData")
    for name, value in values.items():
        add(SubElement(extended, "Data", name=name), "value", str(value))


def add(parent: Element, tag: str, text: str) -> None:
    """Add an element holding text."""
    SubElement(parent, tag).text = text


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path)
    parser.add_argument("output_dir", type=Path)
    arguments = parser.parse_args()

    survey = read_geojson(arguments.input)
    deliver(arguments.output_dir, "footprint", "footprint.kml", kml(survey), survey)


if __name__ == "__main__":
    main()
