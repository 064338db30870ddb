"""Geometry on the unit sphere, where lines are great circles: distances in radians, containment and intersection.

A polygon is the smaller of the two parts into which its ring divides the globe, as in MongoDB; its border belongs to
it.
Spec: mongodb, "Geospatial Queries".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from chalicelib.core.clock import Deadline
from chalicelib.core.query.geo.geometry import Geometry, Position, Ring

EARTH_RADIUS_M = 6_378_100.0
"""Metres in a radian on the globe. Source: MongoDB's own figure."""

TOLERANCE = 1e-12
"""Radians within which a point lies on a line: about 6 micrometres."""

T = TypeVar("T")

Vector = tuple[float, float, float]
Arc = tuple[Vector, Vector]


@lru_cache(maxsize=4096)
def to_vector(position: Position) -> Vector:
    """The point of the unit sphere at a longitude and latitude in degrees."""
    longitude, latitude = math.radians(position[0]), math.radians(position[1])
    ring = math.cos(latitude)
    return (ring * math.cos(longitude), ring * math.sin(longitude), math.sin(latitude))


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _angle(a: Vector, b: Vector) -> float:
    # atan2 stays exact for near and for opposite points, where acos does not.
    return math.atan2(math.hypot(*_cross(a, b)), _dot(a, b))


def distance(a: Position, b: Position) -> float:
    """Radians between two positions."""
    return _angle(to_vector(a), to_vector(b))


def _arc_distance(point: Vector, arc: Arc) -> float:
    start, end = arc
    normal = _cross(start, end)
    length = math.hypot(*normal)
    ends = min(_angle(point, start), _angle(point, end))
    if length < TOLERANCE:
        return ends
    # The foot of the perpendicular lies between the ends when the point is on the inner side of both.
    if _dot(_cross(normal, start), point) > 0 and _dot(_cross(end, normal), point) > 0:
        return min(ends, abs(math.asin(max(-1.0, min(1.0, _dot(normal, point) / length)))))
    return ends


def distance_to(position: Position, geometry: Geometry) -> float:
    """Radians from a position to the nearest part of a geometry; 0 inside a polygon."""
    if any(in_polygon(position, polygon) for polygon in geometry.polygons):
        return 0.0
    point = to_vector(position)
    to_points = (_angle(point, to_vector(other)) for other in geometry.points)
    return min((*to_points, *(_arc_distance(point, arc) for arc in arcs(geometry))), default=math.inf)


def in_cap(geometry: Geometry, center: Position, radius: float) -> bool:
    """Whether all of a geometry is at most `radius` radians away from the center."""
    return all(distance(center, position) <= radius for position in _vertices(geometry))


def arcs(geometry: Geometry) -> Iterator[Arc]:
    """The lines of a geometry and the borders of its polygons."""
    for line in geometry.lines:
        yield from _between([to_vector(position) for position in line])
    for polygon in geometry.polygons:
        for ring in polygon:
            yield from _ring_arcs(ring)


def _between(vectors: Iterable[Vector]) -> Iterator[Arc]:
    return pairwise(vectors)


def _ring_arcs(ring: Ring) -> Iterator[Arc]:
    vectors = [to_vector(position) for position in ring]
    return _between([*vectors, vectors[0]])


# --- polygons ---


def in_polygon(position: Position, polygon: tuple[Ring, ...]) -> bool:
    """Whether the position lies in the outer ring or on its border, and in none of the holes."""
    outer, *holes = polygon
    if _on_border(position, polygon):
        return True
    return _in_ring(position, outer) and not any(_in_ring(position, hole) for hole in holes)


def _on_border(position: Position, polygon: tuple[Ring, ...]) -> bool:
    point = to_vector(position)
    return any(_arc_distance(point, arc) <= TOLERANCE for ring in polygon for arc in _ring_arcs(ring))


def _in_ring(position: Position, ring: Ring) -> bool:
    """Whether the ring turns around the position; one that turns around its antipode turns the other way."""
    turned = _turning(to_vector(position), ring)
    return abs(turned) > math.pi and (turned > 0) == _is_counterclockwise(ring)


def _turning(point: Vector, ring: Ring) -> float:
    """How far the direction from the point turns while walking along the ring: a whole turn or none."""
    north = (0.0, 0.0, 1.0) if abs(point[2]) < 0.9 else (1.0, 0.0, 0.0)
    east = _cross(north, point)
    up = _cross(point, east)
    bearings = [math.atan2(_dot(vector, up), _dot(vector, east)) for vector in map(to_vector, ring)]
    return sum(_half_turn(after - before) for before, after in zip(bearings, [*bearings[1:], bearings[0]], strict=True))


def _half_turn(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi


@lru_cache(maxsize=256)
def _is_counterclockwise(ring: Ring) -> bool:
    """Whether the smaller side of the ring lies to its left."""
    first, *others = [to_vector(position) for position in ring]
    area = sum(_triangle_area(first, second, third) for second, third in _between(others))
    # Areas add up to a multiple of the whole globe too much when the triangles overlap.
    return (area + 2 * math.pi) % (4 * math.pi) - 2 * math.pi > 0


def _triangle_area(a: Vector, b: Vector, c: Vector) -> float:
    """The signed area of a triangle on the unit sphere, after Van Oosterom and Strackee."""
    volume = _dot(a, _cross(b, c))
    return 2 * math.atan2(volume, 1 + _dot(a, b) + _dot(b, c) + _dot(c, a))


# --- pairs of geometries ---


def _vertices(geometry: Geometry) -> Iterator[Position]:
    yield from geometry.points
    for line in geometry.lines:
        yield from line
    for polygon in geometry.polygons:
        for ring in polygon:
            yield from ring


def _arcs_cross(one: Arc, other: Arc) -> bool:
    """Whether two arcs cross at a point that is an end of neither."""
    (a, b), (c, d) = one, other
    normal, other_normal = _cross(a, b), _cross(c, d)
    sides = (_dot(normal, c), -_dot(normal, d), _dot(other_normal, b), -_dot(other_normal, a))
    # All on the same turn: the arcs meet on this side of the globe, not one of them with the other's antipode.
    return all(side > TOLERANCE for side in sides) or all(side < -TOLERANCE for side in sides)


def covers(geometry: Geometry, position: Position) -> bool:
    """Whether the position is a part of the geometry."""
    return distance_to(position, geometry) <= TOLERANCE


def intersect(one: Geometry, other: Geometry, deadline: Deadline) -> bool:
    """Whether two geometries have a point in common. Raises: TimedOut."""
    return (
        any(covers(other, position) for position in _unhurried(_vertices(one), deadline))
        or any(covers(one, position) for position in _unhurried(_vertices(other), deadline))
        or _lines_cross(one, other, deadline)
    )


def _lines_cross(one: Geometry, other: Geometry, deadline: Deadline) -> bool:
    crossed = list(arcs(other))
    return any(_arcs_cross(arc, line) for arc in _unhurried(arcs(one), deadline) for line in crossed)


def within(inner: Geometry, outer: Geometry, deadline: Deadline) -> bool:
    """Whether a geometry lies entirely in the polygons of another. Raises: TimedOut."""
    for position in _unhurried(_vertices(inner), deadline):
        if not any(in_polygon(position, polygon) for polygon in outer.polygons):
            return False
    if _lines_cross(inner, outer, deadline):
        return False
    # A hole that lies entirely inside a polygon meets none of its lines.
    holes = [hole for polygon in outer.polygons for hole in polygon[1:]]
    return not any(_in_ring(hole[0], polygon[0]) for hole in holes for polygon in inner.polygons)


def _unhurried(parts: Iterable[T], deadline: Deadline) -> Iterator[T]:
    """The parts, with the deadline checked: comparing two large shapes takes the product of their sizes."""
    for part in parts:
        deadline.check()
        yield part
