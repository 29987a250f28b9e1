import html
import json
from pathlib import Path

import pytest

from launcher.errors import Problem
from launcher.verify import summarize_geojson, summarize_kml, summarize_png, summarize_report

CSV = """name,country,latitude,longitude,population
Oslo,Norway,59.9,10.7,709000
Rome,Italy,41.9,12.5,2748000
Bonn,Germany,50.7,7.1,330000
Bern,Switzerland,46.9,7.4,134000
"""
PLACES = {"Oslo": (10.7, 59.9), "Rome": (12.5, 41.9), "Bonn": (7.1, 50.7), "Bern": (7.4, 46.9)}
RING = "7.4,46.9 12.5,41.9 10.7,59.9 7.1,50.7 7.4,46.9"


@pytest.fixture
def places(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(CSV)
    return path


def geojson(tmp_path: Path, places: dict[str, tuple[float, float]]) -> Path:
    features = [
        {"properties": {"name": name}, "geometry": {"type": "Point", "coordinates": point}}
        for name, point in places.items()
    ]
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def kml(tmp_path: Path, ring: str = RING, places: dict[str, tuple[float, float]] = PLACES) -> Path:
    marks = "".join(
        f"<Placemark><name>{name}</name>"
        f"<Point><coordinates>{x},{y}</coordinates></Point></Placemark>"
        for name, (x, y) in places.items()
    )
    path = tmp_path / "footprint.kml"
    path.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}<Placemark><name>Footprint'
        f"</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    return path


def test_geojson_of_all_places_is_summarized(tmp_path: Path, places: Path) -> None:
    assert summarize_geojson(geojson(tmp_path, PLACES), places).startswith("4 places")


@pytest.mark.parametrize(
    "change", [{"Oslo": (59.9, 10.7)}, {"Rom": (12.5, 41.9)}], ids=["swapped", "one too many"]
)
def test_geojson_of_other_places_is_refused(
    tmp_path: Path, places: Path, change: dict[str, tuple[float, float]]
) -> None:
    with pytest.raises(Problem, match="does not hold the places"):
        summarize_geojson(geojson(tmp_path, PLACES | change), places)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"features": [{}]}', '{"features": 1}'])
def test_no_geojson_is_refused(tmp_path: Path, places: Path, text: str) -> None:
    product = tmp_path / "places.geojson"
    product.write_text(text)

    with pytest.raises(Problem, match="is no GeoJSON"):
        summarize_geojson(product, places)


def test_missing_product_is_refused(tmp_path: Path, places: Path) -> None:
    with pytest.raises(Problem, match="is no GeoJSON"):
        summarize_geojson(tmp_path / "none", places)
    with pytest.raises(Problem, match="is no KML"):
        summarize_kml(tmp_path / "none", places)


def test_kml_with_placemarks_and_footprint_is_summarized(tmp_path: Path, places: Path) -> None:
    assert summarize_kml(kml(tmp_path), places) == (
        "4 placemarks and a footprint of 4 corners around them"
    )


def test_kml_without_a_place_is_refused(tmp_path: Path, places: Path) -> None:
    fewer = {name: point for name, point in PLACES.items() if name != "Bern"}

    with pytest.raises(Problem, match="does not hold the places"):
        summarize_kml(kml(tmp_path, places=fewer), places)


@pytest.mark.parametrize(
    "ring",
    ["", RING.rsplit(" ", 1)[0], "7.4,46.9 12.5,41.9 10.7,59.9 7.4,46.9"],
    ids=["none", "open", "leaves out Bonn"],
)
def test_kml_whose_footprint_is_not_around_the_places_is_refused(
    tmp_path: Path, places: Path, ring: str
) -> None:
    with pytest.raises(Problem, match="not a closed ring"):
        summarize_kml(kml(tmp_path, ring), places)


@pytest.mark.parametrize("text", ["", "<kml>", "<kml/>x"])
def test_no_kml_is_refused(tmp_path: Path, places: Path, text: str) -> None:
    product = tmp_path / "footprint.kml"
    product.write_text(text)

    with pytest.raises(Problem, match="is no KML"):
        summarize_kml(product, places)


def test_summarize_png_tells_its_size(tmp_path: Path) -> None:
    image = tmp_path / "map.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x03rest")

    assert summarize_png(image) == "a map of 5 by 3 pixels"


@pytest.mark.parametrize("content", [b"", b"GIF89a" + b"x" * 30, b"\x89PNG\r\n\x1a\n" + b"x" * 20])
def test_summarize_png_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    image = tmp_path / "map.png"
    image.write_bytes(content)

    with pytest.raises(Problem, match="is no PNG"):
        summarize_png(image)


def report_page(*names: str, image: str = "data:image/png;base64,AAAA") -> str:
    rows = "".join(f"<td>{html.escape(name)}</td>" for name in names)
    return f"<img src='{image}'><table>{rows}</table>"


def test_summarize_report_of_all_places_with_their_map(tmp_path: Path) -> None:
    places, page = tmp_path / "places.csv", tmp_path / "report.html"
    places.write_text("name,longitude,latitude\nSão Paulo,1,2\nO'Brien & Co,3,4\n")
    page.write_text(report_page("São Paulo", "O'Brien & Co"))

    assert "2 places" in summarize_report(page, places)


@pytest.mark.parametrize(
    ("page", "fault"),
    [(report_page("A"), "does not name B"), (report_page("A", "B", image="x"), "holds no map")],
)
def test_summarize_report_that_lacks_something_is_refused(
    tmp_path: Path, page: str, fault: str
) -> None:
    places, report = tmp_path / "places.csv", tmp_path / "report.html"
    places.write_text("name,longitude,latitude\nA,1,2\nB,3,4\n")
    report.write_text(page)

    with pytest.raises(Problem, match=fault):
        summarize_report(report, places)
