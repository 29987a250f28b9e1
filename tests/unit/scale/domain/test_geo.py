from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.geo import GeoFacts, GeoMetadata, geo_facts
from scale.errors import InvalidInput

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
SQUARE_WKT = "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))"
FEATURE = {"type": "Feature", "geometry": SQUARE, "properties": {"sensor": "A", "none": None}}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["Point", "Polygon", "Feature", "FeatureCollection", "x"]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometries", "geometry", "features"]),
            children,
        )
    ),
    max_leaves=12,
)


def facts(**geo_metadata):
    return geo_facts(GeoMetadata.model_validate(geo_metadata), "here")


def faults(**geo_metadata):
    with pytest.raises(InvalidInput) as caught:
        facts(**geo_metadata)
    return caught.value.faults


def test_nothing_told_gives_no_facts():
    assert facts() == GeoFacts(None, None, None, None, {})


@pytest.mark.parametrize(
    ("geo_json", "meta_data"),
    [
        (SQUARE, {}),
        (FEATURE, {"sensor": "A", "none": None}),
        (FEATURE | {"properties": None}, {}),
        ({"type": "Feature", "geometry": SQUARE}, {}),
        ({"type": "FeatureCollection", "features": [FEATURE, "junk"]}, FEATURE["properties"]),
    ],
)
def test_geometry_feature_and_first_of_collection_give_the_same_place(geo_json, meta_data):
    assert facts(geo_json=geo_json) == GeoFacts(
        geometry_wkt=SQUARE_WKT, center_point_wkt="POINT (1 1)", meta_data=meta_data
    )


@pytest.mark.parametrize(
    "geo_json",
    [
        {"type": "FeatureCollection", "features": []},
        {"type": "Feature", "geometry": None, "properties": {}},
        {"type": "Point", "coordinates": []},
        {"type": "GeometryCollection", "geometries": []},
    ],
)
def test_empty_geometry_is_none(geo_json):
    assert facts(geo_json=geo_json) == GeoFacts()


def test_third_dimension_is_kept_in_the_geometry_and_not_in_the_center():
    place = facts(geo_json={"type": "LineString", "coordinates": [[0, 0, 7], [2, 4, 9.5]]})

    assert place.geometry_wkt == "LINESTRING Z (0 0 7, 2 4 9.5)"
    assert place.center_point_wkt == "POINT (1 2)"


def test_polygon_that_crosses_itself_is_taken():
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}

    assert facts(geo_json=bow_tie).geometry_wkt == "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"


@pytest.mark.parametrize(
    "geo_json",
    [
        {},
        {"type": "Circle", "coordinates": [0, 0]},
        {"type": "point", "coordinates": [0, 0]},
        {"type": ["Point"], "coordinates": [0, 0]},
        {"type": "Point"},
        {"type": "Point", "coordinates": None},
        {"type": "Point", "coordinates": 5},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": [1, None]},
        {"type": "Point", "coordinates": ["1", "2"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point", "coordinates": [1, 2, 3, 4]},
        {"type": "Point", "coordinates": [10**400, 1]},
        {"type": "LineString", "coordinates": [[0, 0]]},
        {"type": "LineString", "coordinates": [[1e308, 1e308], [1e308, -1e308], [-1e308, 0]]},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4, 5]]},
        {"type": "Polygon", "coordinates": [[0, 0], [1, 1], [1, 0], [0, 0]]},
        {"type": "GeometryCollection", "geometries": None},
        {"type": "GeometryCollection", "geometries": [3]},
        {"type": "Feature", "geometry": 7},
        {"type": "Feature", "geometry": SQUARE, "properties": []},
        {"type": "Feature", "geometry": FEATURE},
        {"type": "FeatureCollection"},
        {"type": "FeatureCollection", "features": {}},
        {"type": "FeatureCollection", "features": [SQUARE]},
        {"type": "FeatureCollection", "features": [None]},
    ],
)
def test_what_is_no_geometry_is_a_fault(geo_json):
    (fault,) = faults(geo_json=geo_json)

    assert fault.startswith("here.geo_json: expected ")


@given(geo_json=st.dictionaries(st.sampled_from(["type", "coordinates", "features"]), json_values))
def test_any_geo_json_is_read_or_refused(geo_json):
    try:
        place = facts(geo_json=geo_json)
    except InvalidInput:
        return

    assert (place.geometry_wkt is None) == (place.center_point_wkt is None)


@pytest.mark.parametrize(
    "text",
    [
        "2015-05-15T10:34:12.345Z",
        "2015-05-15T10:34:12.345999Z",
        "2015-05-15T12:34:12.345+02:00",
        "2015-05-15T05:04:12.345-05:30",
        "20150515T103412.345Z",
    ],
)
def test_times_are_instants_in_utc_cut_to_milliseconds(text):
    instant = datetime(2015, 5, 15, 10, 34, 12, 345_000, UTC)

    assert facts(data_started=text) == GeoFacts(data_started=instant)
    assert facts(data_ended=text) == GeoFacts(data_ended=instant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2015-05-15T10:34:12",
        "2015-05-15",
        "PT3H",
        "yesterday",
        "2015-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-14:00",
    ],
)
def test_time_without_zone_or_sense_is_a_fault(text):
    assert faults(data_ended=text) == [
        "here.data_ended: expected an ISO-8601 datetime with its zone"
    ]


def test_span_may_be_a_moment_but_not_end_before_it_starts():
    moment, later = "2015-05-15T10:34:12Z", "2015-05-15T10:34:13Z"

    assert facts(data_started=moment, data_ended=moment).data_ended is not None
    assert faults(data_started=later, data_ended=moment) == [
        "here.data_ended: expected a time not before data_started"
    ]


def test_all_faults_are_told_at_once():
    found = faults(data_started="x", data_ended="y", geo_json={"type": "z"})

    assert [fault.split(":")[0] for fault in found] == [
        "here.data_started",
        "here.data_ended",
        "here.geo_json",
    ]
