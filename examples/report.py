"""Bind a KML of places and a PNG map of them into one self-contained HTML page."""

import argparse
from base64 import b64encode
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from xml.etree import ElementTree

from survey import BAD_INPUT, Place, Survey, deliver, read_bytes, read_text, refuse

KML = {"": "http://www.opengis.net/kml/2.2"}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>
  body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1f2d3a;
         background: #fbfaf7; font: 1rem/1.5 system-ui, sans-serif; }
  img { width: 100%; border: 1px solid #ddd8ca; }
  dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; }
  dt { color: #6b7885; font-size: .85rem; }
  dd { margin: 0; font-size: 1.2rem; }
  table { width: 100%; border-collapse: collapse; }
  th, td { padding: .2rem .5rem; border-bottom: 1px solid #ddd8ca; text-align: left; }
  .number { text-align: right; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<h1>$title</h1>
<img alt="World map of the places" src="data:image/png;base64,$png">
<h2>Footprint</h2>
<dl>
$facts
</dl>
<h2>Places</h2>
<table>
<thead><tr><th>Place<th>Country<th class="number">Population<th class="number">Latitude
<th class="number">Longitude</thead>
<tbody>
$rows
</tbody>
</table>
</body>
</html>
""")


def read_kml(path: Path) -> Survey:
    """Read the places of a footprint, or refuse."""
    try:
        root = ElementTree.fromstring(read_text(path))  # noqa: S314 (expat limits expansion itself)
        day = root.findtext(".//TimeStamp/when", "", KML)
        rows = [
            (f"placemark {number}", _row(placemark))
            for number, placemark in enumerate(root.iterfind(".//Placemark[Point]", KML), 1)
            if placemark.get("id") != "footprint"  # of a single place, a point too
        ]
    except (ElementTree.ParseError, ValueError) as error:
        refuse(BAD_INPUT, f"{path.name} is no KML of places: {error}")
    return Survey.parse(path, rows, day)


def _row(placemark: ElementTree.Element) -> dict[str, Any]:
    longitude, latitude, *_ = placemark.findtext("Point/coordinates", "", KML).split(",")
    values = {
        data.get("name", ""): data.findtext("value", "", KML)
        for data in placemark.iterfind("ExtendedData/Data", KML)
    }
    name = placemark.findtext("name", "", KML)
    return {**values, "name": name, "longitude": longitude, "latitude": latitude}


def read_png(path: Path) -> bytes:
    """Read a picture, or refuse."""
    content = read_bytes(path)
    if not content.startswith(PNG_SIGNATURE):
        refuse(BAD_INPUT, f"{path.name} is no PNG")
    return content


def page(survey: Survey, png: bytes) -> str:
    """Lay out the report."""
    facts = survey.footprint["properties"]
    shown = {
        "As of": survey.as_of,
        "Places": facts["places"],
        "People": f"{facts['population']:,}",
        "Area of the convex hull": f"{facts['area_km2']:,} km²",
        "West – east": f"{facts['west']:.2f}° – {facts['east']:.2f}°",
        "South – north": f"{facts['south']:.2f}° – {facts['north']:.2f}°",
    }
    return PAGE.substitute(
        title=f"{facts['places']} places",
        png=b64encode(png).decode(),
        facts="\n".join(f"<div><dt>{name}<dd>{value}</div>" for name, value in shown.items()),
        rows="\n".join(map(table_row, survey.largest)),
    )


def table_row(place: Place) -> str:
    """Show one place."""
    return (
        f"<tr><td>{escape(place.name)}<td>{escape(place.country)}"
        f'<td class="number">{place.population:,}'
        f'<td class="number">{place.latitude:.4f}<td class="number">{place.longitude:.4f}'
    )


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kml", type=Path)
    parser.add_argument("png", type=Path)
    parser.add_argument("output_dir", type=Path)
    arguments = parser.parse_args()

    survey = read_kml(arguments.kml)
    content = page(survey, read_png(arguments.png)).encode()
    deliver(arguments.output_dir, "report", "report.html", content, survey)


if __name__ == "__main__":
    main()
