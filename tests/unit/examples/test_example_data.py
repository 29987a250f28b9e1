import csv

import pytest
from example_jobs import EXAMPLES, load
from shapely.geometry import Point, shape

with (EXAMPLES / "places.csv").open(encoding="utf-8", newline="") as lines:
    PLACES = list(csv.DictReader(lines, strict=True))


def test_places_are_many_and_named_once() -> None:
    assert len(PLACES) >= 150
    assert len({place["name"] for place in PLACES}) == len(PLACES)
    assert len({place["country"] for place in PLACES}) >= 100


def test_places_are_complete_and_in_range() -> None:
    for place in PLACES:
        assert all(text and text == text.strip() for text in place.values()), place
        assert -90 <= float(place["latitude"]) <= 90, place
        assert -180 <= float(place["longitude"]) <= 180, place
        assert 1_000 < int(place["population"]) < 40_000_000, place


def test_places_come_from_all_quarters_of_the_globe() -> None:
    quarters = {(float(p["latitude"]) > 0, float(p["longitude"]) > 0) for p in PLACES}

    assert len(quarters) == 4


@pytest.mark.parametrize("name", ["São Paulo", "Zürich", "Tokyo (東京)", "Cairo (القاهرة)"])
def test_places_keep_their_own_spelling(name: str) -> None:
    assert name in {place["name"] for place in PLACES}


def test_places_lie_on_or_near_the_land_of_the_map() -> None:
    # The coarse outline has no small islands: those are far from it.
    islands = {"Port Louis", "Papeete"}
    land = shape(load("land.json")).buffer(0)

    adrift = {
        place["name"]
        for place in PLACES
        if land.distance(Point(float(place["longitude"]), float(place["latitude"]))) > 1
    }

    assert adrift <= islands
