import json
import os
import re
from base64 import b64decode
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from example_jobs import EXAMPLES, HEADER, Run, collection, convert, feature, run_job, write_json
from PIL import Image
from shapely import wkt
from shapely.geometry import Point, Polygon, shape

KML = {"": "http://www.opengis.net/kml/2.2"}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The whole recipe on the real places."""
    root = tmp_path_factory.mktemp("a chain's dir")
    csv = {"csv": EXAMPLES / "places.csv", "min_population": 1_000_000, "as_of": "2026-07-01"}
    geojson = run_job("places-to-geojson", csv, root / "geojson")
    places, _ = geojson.product("places-to-geojson")
    kml = run_job("geojson-to-kml", {"geojson": places}, root / "kml")
    png = run_job("draw-map", {"geojson": places}, root / "png")
    bound = {"kml": kml.product("geojson-to-kml")[0], "png": png.product("draw-map")[0]}
    report = run_job("places-report", bound, root / "report")
    return {
        "places-to-geojson": geojson,
        "geojson-to-kml": kml,
        "draw-map": png,
        "places-report": report,
    }


def read_places(run: Run) -> dict:
    path, _ = run.product("places-to-geojson")
    return json.loads(path.read_text("utf-8"))


def read_kml(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_bytes())  # noqa: S314 (our own)


@pytest.mark.parametrize(
    "job_type", ["places-to-geojson", "geojson-to-kml", "draw-map", "places-report"]
)
def test_each_product_of_the_recipe_says_where_and_when_it_is_from(
    chain: dict[str, Run], job_type: str
) -> None:
    places = read_places(chain["places-to-geojson"])["features"]

    _, facts = chain[job_type].product(job_type)

    assert facts.data_started == datetime(2026, 7, 1, tzinfo=UTC)
    assert facts.data_ended == datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC)
    assert facts.meta_data["places"] == len(places)
    assert facts.meta_data["population"] == sum(p["properties"]["population"] for p in places)
    hull = wkt.loads(facts.geometry_wkt)
    assert isinstance(hull, Polygon)
    assert all(hull.distance(shape(place["geometry"])) < 1e-9 for place in places)


def test_geojson_holds_the_places_above_the_limit_in_their_order(chain: dict[str, Run]) -> None:
    lines = (EXAMPLES / "places.csv").read_text("utf-8").splitlines()[1:]
    expected = [line for line in lines if int(line.rpartition(",")[2]) >= 1_000_000]

    document = read_places(chain["places-to-geojson"])

    assert 100 < len(expected) < len(lines)
    got = [
        f"{properties['name']},{properties['country']},{latitude},{longitude},"
        f"{properties['population']}"
        for place in document["features"]
        for properties in [place["properties"]]
        for longitude, latitude in [place["geometry"]["coordinates"]]
    ]
    assert [tuple(line.split(",")) for line in got] == [
        (name, country, str(float(latitude)), str(float(longitude)), population)
        for name, country, latitude, longitude, population in (line.split(",") for line in expected)
    ]


def test_kml_has_a_closed_footprint_and_a_placemark_for_each_place(chain: dict[str, Run]) -> None:
    places = read_places(chain["places-to-geojson"])["features"]

    root = read_kml(chain["geojson-to-kml"].product("geojson-to-kml")[0])

    corners = [
        tuple(map(float, corner.split(",")))
        for corner in root.findtext(".//LinearRing/coordinates", "", KML).split()
    ]
    assert corners[0] == corners[-1]
    footprint = Polygon(corners)
    assert footprint.exterior.is_ccw
    placemarks = root.findall(".//Placemark[Point]", KML)
    assert {p.findtext("name", "", KML) for p in placemarks} == {
        place["properties"]["name"] for place in places
    }
    for placemark in placemarks:
        longitude, latitude = placemark.findtext("Point/coordinates", "", KML).split(",")
        assert footprint.distance(Point(float(longitude), float(latitude))) < 1e-9


def test_map_is_a_picture_with_sea_land_and_dots(chain: dict[str, Run]) -> None:
    path, _ = chain["draw-map"].product("draw-map")

    with Image.open(path) as picture:
        width, height = picture.size
        colors = {color: n for n, color in picture.convert("RGB").getcolors(1 << 24)}

    assert width > height > 500
    red = sum(n for (r, g, b), n in colors.items() if r > 150 and g < 130 and b < 130)
    blue = sum(n for (r, g, b), n in colors.items() if b > r > 200)
    assert 2_000 < red < width * height / 10
    assert blue > width * height / 4


def test_report_shows_all_places_and_the_map_and_runs_no_script(chain: dict[str, Run]) -> None:
    page = chain["places-report"].product("places-report")[0].read_text("utf-8")

    tags: list[tuple[str, dict[str, str | None]]] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Tags().feed(page)
    names = [tag for tag, _ in tags]
    ((image,),) = [[attrs["src"] for tag, attrs in tags if tag == "img"]]
    count = len(read_places(chain["places-to-geojson"])["features"])
    assert names.count("tr") == count + 1
    assert "Tokyo (東京)" in page
    assert "script" not in names
    assert "link" not in names
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    assert not re.search(r"https?://", page)
    assert image is not None
    png = b64decode(image.removeprefix("data:image/png;base64,"), validate=True)
    assert png == chain["draw-map"].product("draw-map")[0].read_bytes()
    Image.open(BytesIO(png)).verify()


def test_names_that_look_like_markup_stay_text(tmp_path: Path) -> None:
    hostile = '<script>alert("1")</script> & ]]> $title'
    geojson = write_json(tmp_path / "in.geojson", collection(feature(name=hostile)))

    kml = run_job("geojson-to-kml", {"geojson": geojson}, tmp_path / "kml")
    png = run_job("draw-map", {"geojson": geojson}, tmp_path / "png")
    bound = {"kml": kml.product("geojson-to-kml")[0], "png": png.product("draw-map")[0]}
    report = run_job("places-report", bound, tmp_path / "report")

    page = report.product("places-report")[0].read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; ]]&gt; $title" in page


@pytest.mark.parametrize(("places", "kind"), [(1, "Point"), (2, "LineString"), (3, "Polygon")])
def test_footprint_of_few_places_is_a_point_a_line_or_a_triangle(
    tmp_path: Path, places: int, kind: str
) -> None:
    few = [feature(i, i * i, name=f"place {i}") for i in range(places)]
    geojson = write_json(tmp_path / "in.geojson", collection(*few))

    path, facts = run_job("geojson-to-kml", {"geojson": geojson}, tmp_path / "out").product(
        "geojson-to-kml"
    )

    assert wkt.loads(facts.geometry_wkt).geom_type == kind
    assert read_kml(path).find(f".//Placemark[@id='footprint']/{kind}", KML) is not None


def test_map_is_drawn_where_no_font_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_DATA_DIRS", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    geojson = write_json(tmp_path / "in.geojson", collection(feature(name="São Paulo")))

    run_job("draw-map", {"geojson": geojson}, tmp_path / "out").product("draw-map")


def test_csv_without_a_day_is_as_of_its_last_change(tmp_path: Path) -> None:
    csv = tmp_path / "places.csv"
    csv.write_text(f"{HEADER}\nBern,Switzerland,46.948,7.4474,134000\n", "utf-8")
    os.utime(csv, (0, datetime(2001, 2, 3, 4, tzinfo=UTC).timestamp()))

    _, facts = run_job("places-to-geojson", {"csv": csv}, tmp_path / "out").product(
        "places-to-geojson"
    )

    assert facts.data_started == datetime(2001, 2, 3, tzinfo=UTC)


def test_csv_as_spreadsheets_write_it_is_read(tmp_path: Path) -> None:
    text = f'\ufeff{HEADER},note\r\n"Bern ",Switzerland,46.948,7.4474,134000,"a, ""b""\r\nc"\r\n'

    document = read_places(convert(text, tmp_path))

    assert [place["properties"]["name"] for place in document["features"]] == ["Bern"]
