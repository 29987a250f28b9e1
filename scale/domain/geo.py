"""Where and when a file's content is from, as told by a program in `geo_metadata`."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from scale.domain.documents import NOT_NULL, OpenDocument
from scale.domain.times import to_millis
from scale.errors import InvalidInput

# No set: what a document gives as its type may be unhashable.
_GEOMETRY_TYPES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)


class GeoMetadata(OpenDocument):
    """What a program says of a file's content (contract 3.4)."""

    data_started: Annotated[str | None, NOT_NULL] = None
    data_ended: Annotated[str | None, NOT_NULL] = None
    geo_json: Annotated[dict[str, Any] | None, NOT_NULL] = None


@dataclass(frozen=True, slots=True)
class GeoFacts:
    """What Scale keeps of it."""

    data_started: datetime | None = None
    data_ended: datetime | None = None
    geometry_wkt: str | None = None
    center_point_wkt: str | None = None
    meta_data: dict[str, Any] = field(default_factory=dict)


class _NotGeoJson(Exception):
    """Says what was expected instead."""


def geo_facts(metadata: GeoMetadata, path: str = "geo_metadata") -> GeoFacts:
    """Take the times, the geometry with its centroid and the Feature properties (3.4, 6.4).

    Of a FeatureCollection the first feature counts. An empty geometry is none. A polygon that
    crosses itself is taken as it is: the place is known well enough, and refusing it would throw
    the job's work away.

    Raises:
        InvalidInput: with every fault: a time without zone, a span that ends before it starts, a
            geometry that is none.
    """
    faults: list[str] = []
    started = _read_instant(metadata.data_started, f"{path}.data_started", faults)
    ended = _read_instant(metadata.data_ended, f"{path}.data_ended", faults)
    if started and ended and started > ended:
        faults.append(f"{path}.data_ended: expected a time not before data_started")
    geometry, center = None, None
    meta_data: dict[str, Any] = {}
    try:
        feature = _first_feature(metadata.geo_json)
        meta_data = _properties(feature)
        geometry, center = _geometry_and_center(feature.get("geometry"))
    except _NotGeoJson as exc:
        faults.append(f"{path}.geo_json: {exc}")
    if faults:
        raise InvalidInput(faults)
    return GeoFacts(started, ended, geometry, center, meta_data)


def _read_instant(text: str | None, path: str, faults: list[str]) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return to_millis(instant.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    faults.append(f"{path}: expected an ISO-8601 datetime with its zone")
    return None


def _first_feature(geo_json: dict[str, Any] | None) -> dict[str, Any]:
    """Return the Feature to look at; a bare geometry is one without properties."""
    if geo_json is None:
        return {}
    kind = geo_json.get("type")
    if kind == "Feature":
        return geo_json
    if kind != "FeatureCollection":
        return {"geometry": geo_json}
    features = geo_json.get("features")
    if not isinstance(features, list):
        raise _NotGeoJson("expected an array of features")
    if not features:
        return {}
    first = features[0]
    if not isinstance(first, dict) or first.get("type") != "Feature":
        raise _NotGeoJson("expected a Feature first")
    return first


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        raise _NotGeoJson("expected the properties to be an object")
    return properties


def _geometry_and_center(geo_json: object) -> tuple[str | None, str | None]:
    if geo_json is None:
        return None, None
    try:
        geometry: BaseGeometry = shape(_checked_geometry(geo_json))
    except (ValueError, TypeError, LookupError, OverflowError, shapely.GEOSException):
        raise _NotGeoJson("expected coordinates that make up the geometry") from None
    if geometry.is_empty:
        return None, None
    center = geometry.centroid
    # Mixed dimensions become NaN; the middle of gigantic coordinates overflows.
    numbers = shapely.get_coordinates(geometry, include_z=bool(geometry.has_z)).ravel().tolist()
    if not all(map(math.isfinite, [*numbers, center.x, center.y])):
        raise _NotGeoJson("expected finite coordinates, all of the same dimensions")
    return geometry.wkt, center.wkt


def _checked_geometry(geo_json: object) -> dict[str, Any]:
    """Refuse what shapely would read generously: other types, null or text for a number."""
    if not isinstance(geo_json, dict) or geo_json.get("type") not in _GEOMETRY_TYPES:
        raise _NotGeoJson("expected a GeoJSON geometry, Feature or FeatureCollection")
    if geo_json["type"] != "GeometryCollection":
        if not _holds_numbers(geo_json.get("coordinates")):
            raise _NotGeoJson("expected coordinates in arrays of numbers")
        return geo_json
    geometries = geo_json.get("geometries")
    if not isinstance(geometries, list):
        raise _NotGeoJson("expected an array of geometries")
    for member in geometries:
        _checked_geometry(member)
    return geo_json


def _holds_numbers(value: object) -> bool:
    return isinstance(value, list) and all(
        (isinstance(item, int | float) and not isinstance(item, bool)) or _holds_numbers(item)
        for item in value
    )
