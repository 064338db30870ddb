"""The operators that ask where something is: $geoWithin, $geoIntersects, $near and $nearSphere.

No index is needed for them, unlike in MongoDB. Spec: mongodb, "Geospatial Query Operators".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.filter.nodes import Leaf
from chalicelib.core.query.geo import plane, sphere
from chalicelib.core.query.geo.geometry import (
    Geometry,
    MalformedGeometry,
    Position,
    number,
    on_globe,
    parse_geometry,
    parse_pair,
)
from chalicelib.core.query.limits import GEOMETRY_TIME_MS
from chalicelib.core.query.paths import Test

NEAR = ("$near", "$nearSphere")
NEAR_BOUNDS = ("$minDistance", "$maxDistance")

T = TypeVar("T")

Distance = Callable[[Any], float]
"""How far a stored value is away; infinite when it is not a location."""


def stored_geometry(value: Any) -> Geometry | None:
    """The location on the globe that a stored value is: GeoJSON or a legacy pair; None for anything else."""
    try:
        if isinstance(value, Mapping) and isinstance(value.get("type"), str):
            return parse_geometry(value)
        position = parse_pair(value)
    except MalformedGeometry:
        return None
    return Geometry(points=(position,)) if on_globe(position) else None


def stored_point(value: Any) -> Position | None:
    """The point in the plane that a stored value is: a legacy pair or a GeoJSON point; None for anything else."""
    try:
        if isinstance(value, Mapping) and value.get("type") == "Point":
            return parse_geometry(value).points[0]
        return parse_pair(value)
    except MalformedGeometry:
        return None


def geo_within(name: str, operand: Any) -> Leaf:
    """$geoWithin, and $within, its former name. Raises: OperatorMisused for an unknown or malformed shape."""
    if not isinstance(operand, Mapping) or len(operand) != 1:
        raise OperatorMisused(f"{name} needs an object with one shape")
    ((shape, source),) = operand.items()
    if shape not in _SHAPES:
        raise OperatorMisused(f"{name} does not know the shape {shape}")
    return Leaf(_checked(name, lambda: _SHAPES[shape](source)))


def geo_intersects(operand: Any) -> Leaf:
    """$geoIntersects with a $geometry of any type. Raises: OperatorMisused for anything else."""
    if not isinstance(operand, Mapping) or list(operand) != ["$geometry"]:
        raise OperatorMisused("$geoIntersects needs an object with a $geometry")
    wanted = _checked("$geoIntersects", lambda: parse_geometry(operand["$geometry"]))
    return Leaf(_about_geometry(lambda geometry, deadline: sphere.intersect(geometry, wanted, deadline)))


def _checked(name: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except MalformedGeometry as error:
        raise OperatorMisused(f"{name}: {error}") from error


def _about_geometry(holds: Callable[[Geometry, Deadline], bool]) -> Test:
    def test(value: Any) -> bool:
        geometry = stored_geometry(value)
        return geometry is not None and holds(geometry, Deadline(GEOMETRY_TIME_MS))

    return test


def _about_point(holds: Callable[[Position], bool]) -> Test:
    def test(value: Any) -> bool:
        point = stored_point(value)
        return point is not None and holds(point)

    return test


def _in_geometry(source: Any) -> Test:
    wanted = parse_geometry(source)
    if wanted.points or wanted.lines:
        raise MalformedGeometry("$geometry must be a Polygon or a MultiPolygon")
    return _about_geometry(lambda geometry, deadline: sphere.within(geometry, wanted, deadline))


def _points(source: Any, least: int) -> tuple[Position, ...]:
    values = list(source.values()) if isinstance(source, Mapping) else source
    if not isinstance(values, list | tuple) or len(values) < least:
        raise MalformedGeometry(f"a shape needs at least {least} points")
    return tuple(map(parse_pair, values))


def _in_box(source: Any) -> Test:
    corners = _points(source, 2)
    if len(corners) > 2:
        raise MalformedGeometry("$box needs two corners")
    return _about_point(lambda point: plane.in_box(point, *corners))


def _in_flat_polygon(source: Any) -> Test:
    corners = _points(source, 3)
    return _about_point(lambda point: plane.in_polygon(point, corners))


def _circle(source: Any) -> tuple[Position, float]:
    if not isinstance(source, list | tuple) or len(source) != 2:
        raise MalformedGeometry("a circle needs a center and a radius")
    center, radius = parse_pair(source[0]), number(source[1])
    if radius < 0:
        raise MalformedGeometry("a radius cannot be negative")
    return center, radius


def _in_circle(source: Any) -> Test:
    center, radius = _circle(source)
    return _about_point(lambda point: plane.in_circle(point, center, radius))


def _in_cap(source: Any) -> Test:
    center, radius = _circle(source)
    if not on_globe(center):
        raise MalformedGeometry("a longitude is from -180 to 180, a latitude from -90 to 90")
    return _about_geometry(lambda geometry, _: sphere.in_cap(geometry, center, radius))


_SHAPES: dict[str, Callable[[Any], Test]] = {
    "$geometry": _in_geometry,
    "$box": _in_box,
    "$polygon": _in_flat_polygon,
    "$center": _in_circle,
    "$centerSphere": _in_cap,
}


# --- nearness ---


def near(name: str, operators: Mapping[str, Any]) -> Leaf:
    """$near and $nearSphere with $minDistance and $maxDistance, inside the operand or beside the operator.

    Distances are metres with a $geometry, radians with $nearSphere and a legacy pair, else units of the plane.
    Raises: OperatorMisused for a malformed point or distance.
    """
    operand = operators[name]
    bounds = {bound: operators[bound] for bound in NEAR_BOUNDS if bound in operators}
    if isinstance(operand, Mapping):
        bounds |= {bound: operand[bound] for bound in NEAR_BOUNDS if bound in operand}
        operand = {key: value for key, value in operand.items() if key not in NEAR_BOUNDS}
    distance = _checked(name, lambda: _distance_from(name, operand))
    least = _bound(name, bounds.get("$minDistance", 0))
    most = _bound(name, bounds["$maxDistance"]) if "$maxDistance" in bounds else math.inf

    def test(value: Any) -> bool:
        away = distance(value)
        return least <= away <= most and away < math.inf

    return Leaf(test, distance=distance)


def _bound(name: str, value: Any) -> float:
    found = _checked(name, lambda: number(value))
    if found < 0:
        raise OperatorMisused(f"a distance of {name} cannot be negative")
    return found


def _distance_from(name: str, operand: Any) -> Distance:
    if isinstance(operand, Mapping) and "$geometry" in operand:
        center = parse_geometry(operand["$geometry"])
        if len(operand) > 1 or len(center.points) != 1 or center.lines or center.polygons:
            raise MalformedGeometry("the $geometry must be a point")
        return _spherical(center.points[0], sphere.EARTH_RADIUS_M)
    pair = parse_pair(operand)
    if len(operand) > 2:
        raise MalformedGeometry("a point must be two numbers")
    if name == "$near":
        return _flat(pair)
    if not on_globe(pair):
        raise MalformedGeometry("a longitude is from -180 to 180, a latitude from -90 to 90")
    return _spherical(pair, 1.0)


def _flat(center: Position) -> Distance:
    def distance(value: Any) -> float:
        point = stored_point(value)
        return math.inf if point is None else math.dist(point, center)

    return distance


def _spherical(center: Position, radius: float) -> Distance:
    def distance(value: Any) -> float:
        geometry = stored_geometry(value)
        return math.inf if geometry is None else radius * sphere.distance_to(center, geometry)

    return distance
