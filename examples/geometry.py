"""Plane and spherical geometry of the example programs; points are (longitude, latitude)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import cos, radians, sin

Point = tuple[float, float]
EARTH_RADIUS_KM = 6371.0088


def convex_hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the convex hull, counter-clockwise from the westernmost point.

    Points on an edge are no corners: points on one line give its two ends, equal points give one.
    """
    ordered = sorted(set(points))
    if len(ordered) < 2:
        return ordered
    return _chain(ordered) + _chain(ordered[::-1])


def _chain(points: Iterable[Point]) -> list[Point]:
    """Walk one side of the hull, last point left out (Andrew's monotone chain)."""
    corners: list[Point] = []
    for point in points:
        while len(corners) > 1 and _turn(corners[-2], corners[-1], point) <= 0:
            corners.pop()
        corners.append(point)
    return corners[:-1]


def _turn(a: Point, b: Point, c: Point) -> float:
    """Say how a, b, c turn: positive to the left, negative to the right, zero straight on."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def area_km2(corners: Sequence[Point]) -> float:
    """Return the area on the globe of a polygon drawn on a flat longitude-latitude map."""
    ring = [(radians(longitude), radians(latitude)) for longitude, latitude in corners]
    edges = pairwise([*ring, *ring[:1]])
    swept = sum((x2 - x1) * _mean_sine(y1, y2) for (x1, y1), (x2, y2) in edges)
    return abs(swept) * EARTH_RADIUS_KM**2


def _mean_sine(low: float, high: float) -> float:
    return sin(low) if low == high else (cos(low) - cos(high)) / (high - low)
