from pathlib import Path

import pytest
from example_jobs import HEADER, collection, convert, feature, run_job, write_json


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no column country, latitude, longitude, name, population"),
        ("name,country\nBern,Switzerland\n", "no column latitude, longitude, population"),
        (f"{HEADER}\nBern,Switzerland,91,7,1\n", "line 2: latitude 91 is not within -90 and 90"),
        (f"{HEADER}\nBern,Switzerland,46,-180.1,1\n", "line 2: longitude -180.1 is not within"),
        (f"{HEADER}\nBern,Switzerland,nan,7,1\n", "latitude nan is not within"),
        (f"{HEADER}\nBern,Switzerland,north,7,1\n", "latitude 'north' is no float"),
        (f"{HEADER}\nBern,Switzerland,46,7,1.5\n", "population '1.5' is no int"),
        (f"{HEADER}\nBern,Switzerland,46,7,-1\n", "population -1 is not within"),
        (f"{HEADER}\nBern,Switzerland,46\n", "longitude None is no float"),
        (f"{HEADER}\n ,Switzerland,46,7,1\n", "name '' is empty"),
        (f"{HEADER}\nBe\x07rn,Switzerland,46,7,1\n", "name 'Be\\x07rn' is empty or not printable"),
        (f"{HEADER}\nBern,CH,46,7,1\nBern,CH,47,8,2\n", "line 3: Bern, CH is there already"),
        (f'{HEADER}\n"Bern,Switzerland,46,7,1\n', "after line 1: unexpected end of data"),
    ],
)
def test_bad_csv_is_bad_input_and_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    run = convert(text, tmp_path)

    assert run.error == "bad-input"
    assert complaint in run.stderr
    assert not list(run.output_dir.iterdir())


def test_bad_csv_is_told_all_its_faults_at_once(tmp_path: Path) -> None:
    run = convert(f"{HEADER}\nA,X,99,0,1\nB,X,0,0,1\n,X,0,0,1\n", tmp_path)

    assert [line.partition(": ")[0] for line in run.stderr.splitlines()] == [
        "places.csv, line 2",
        "places.csv, line 4",
    ]


def test_csv_that_is_not_utf8_is_bad_input(tmp_path: Path) -> None:
    csv = tmp_path / "latin-1.csv"
    csv.write_text(f"{HEADER}\nZürich,Switzerland,47.37,8.55,415367\n", "latin-1")

    run = run_job("places-to-geojson", {"csv": csv}, tmp_path / "out")

    assert run.error == "bad-input"
    assert "latin-1.csv" in run.stderr


@pytest.mark.parametrize(
    ("job_type", "inputs"),
    [
        ("places-to-geojson", {"csv": "absent"}),
        ("geojson-to-kml", {"geojson": "absent"}),
        ("draw-map", {"geojson": "absent"}),
        ("places-report", {"kml": "absent", "png": "absent"}),
    ],
)
def test_missing_file_is_bad_input(tmp_path: Path, job_type: str, inputs: dict[str, str]) -> None:
    run = run_job(job_type, inputs, tmp_path / "out")

    assert run.error == "bad-input"
    assert "absent: No such file" in run.stderr


@pytest.mark.parametrize("limit", [10**9, ""])
def test_nothing_left_of_a_csv_is_no_places(tmp_path: Path, limit: object) -> None:
    row = "" if limit == "" else "Bern,Switzerland,46.948,7.4474,134000\n"

    run = convert(f"{HEADER}\n{row}", tmp_path, **{"min_population": limit} if limit else {})

    assert run.error == "no-places"
    assert run.stderr == "no places to work with\n"


@pytest.mark.parametrize(
    "values", [{"min_population": "many"}, {"as_of": "yesterday"}, {"as_of": "2026-02-30"}]
)
def test_arguments_of_the_wrong_kind_are_refused(tmp_path: Path, values: dict[str, str]) -> None:
    run = convert(f"{HEADER}\nBern,Switzerland,46.948,7.4474,134000\n", tmp_path, **values)

    assert run.error == "bad-arguments"
    assert next(iter(values.values())) in run.stderr


@pytest.mark.parametrize("job_type", ["geojson-to-kml", "draw-map"])
@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"features": 3},
        {"features": ["place"]},
        {"features": [{"geometry": None}]},
        collection({"geometry": {"type": "Polygon", "coordinates": []}, "properties": {}}),
        collection({"geometry": {"type": "Point", "coordinates": [1]}, "properties": {}}),
        collection({"geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": None}),
        collection(feature(latitude=95)),
        collection(feature(population="some")),
        collection(feature(name=None)),
        {**collection(feature()), "as_of": 5},
    ],
)
def test_geojson_of_another_shape_is_bad_input(
    tmp_path: Path, job_type: str, document: object
) -> None:
    geojson = write_json(tmp_path / "in.geojson", document)

    run = run_job(job_type, {"geojson": geojson}, tmp_path / "out")

    assert run.error == "bad-input"
    assert "in.geojson" in run.stderr
    assert "Traceback" not in run.stderr


def test_empty_geojson_is_no_places(tmp_path: Path) -> None:
    geojson = write_json(tmp_path / "in.geojson", collection())

    assert run_job("geojson-to-kml", {"geojson": geojson}, tmp_path / "out").error == "no-places"


@pytest.mark.parametrize("kml", ["", "<kml", "<kml xmlns='http://www.opengis.net/kml/2.2'/>"])
def test_report_of_no_kml_of_places_is_refused(tmp_path: Path, kml: str) -> None:
    path = tmp_path / "in.kml"
    path.write_text(kml, "utf-8")

    run = run_job("places-report", {"kml": path, "png": path}, tmp_path / "out")

    assert run.error == ("no-places" if kml.endswith("/>") else "bad-input")


def test_report_with_a_picture_that_is_no_png_is_refused(tmp_path: Path) -> None:
    geojson = write_json(tmp_path / "in.geojson", collection(feature()))
    kml, _ = run_job("geojson-to-kml", {"geojson": geojson}, tmp_path / "kml").product(
        "geojson-to-kml"
    )

    run = run_job("places-report", {"kml": kml, "png": kml}, tmp_path / "out")

    assert run.error == "bad-input"
    assert run.stderr == "footprint.kml is no PNG\n"
