from itertools import pairwise
from math import pi

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPoint, Polygon

from examples.geometry import EARTH_RADIUS_KM, Point, area_km2, convex_hull

# A small grid: many points equal or on one line.
grid_points = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=12)
map_points = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=50)


def is_between(point: Point, a: Point, b: Point) -> bool:
    cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    dot = (point[0] - a[0]) * (point[0] - b[0]) + (point[1] - a[1]) * (point[1] - b[1])
    return cross == 0 and dot <= 0


def is_in_triangle(point: Point, a: Point, b: Point, c: Point) -> bool:
    sides = [
        (q[0] - p[0]) * (point[1] - p[1]) - (q[1] - p[1]) * (point[0] - p[0])
        for p, q in ((a, b), (b, c), (c, a))
    ]
    return all(side > 0 for side in sides) or all(side < 0 for side in sides)


def brute_force_corners(points: set[Point]) -> set[Point]:
    """The points that lie on no segment between, and in no triangle of, the others."""
    corners = set()
    for point in points:
        others = list(points - {point})
        on_segment = any(is_between(point, a, b) for a in others for b in others)
        if not on_segment and not any(
            is_in_triangle(point, a, b, c) for a in others for b in others for c in others
        ):
            corners.add(point)
    return corners


@given(grid_points)
def test_hull_has_the_corners_found_by_brute_force(points: list[Point]) -> None:
    hull = convex_hull(points)

    assert len(hull) == len(set(hull))
    assert set(hull) == brute_force_corners(set(points))


@given(grid_points)
def test_hull_turns_left_at_each_corner(points: list[Point]) -> None:
    hull = convex_hull(points)

    if len(hull) > 2:
        ring = [*hull, *hull[:2]]
        for (a, b), (_, c) in pairwise(pairwise(ring)):
            assert (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])


@given(map_points)
def test_hull_covers_what_shapely_covers_with_real_coordinates(points: list[Point]) -> None:
    hull = convex_hull(points)

    expected = MultiPoint(points).convex_hull
    got = Polygon(hull) if len(hull) > 2 else MultiPoint(hull).convex_hull
    assert got.hausdorff_distance(expected) < 1e-6


@pytest.mark.parametrize(
    ("corners", "share"),
    [
        ([(-180, -90), (180, -90), (180, 90), (-180, 90)], 1),
        ([(0, 0), (90, 0), (90, 90), (0, 90)], 1 / 8),
        ([(0, 0), (90, 0)], 0),
        ([(10, 20)], 0),
    ],
)
def test_area_of_known_shapes(corners: list[Point], share: float) -> None:
    globe = 4 * pi * EARTH_RADIUS_KM**2

    assert area_km2(corners) == pytest.approx(globe * share, abs=1)
