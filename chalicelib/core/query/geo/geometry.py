"""GeoJSON objects and legacy coordinate pairs, checked and parsed.

Spec: mongodb, "GeoJSON Objects" and "Legacy Coordinate Pairs". Positions are (longitude, latitude), or (x, y) in the
plane.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.query.values import as_python_number, is_number

Position = tuple[float, float]
Ring = tuple[Position, ...]
"""A closed line, its first position not repeated at the end."""


class MalformedGeometry(ValueError):
    """The value is not a geometry; the text says why."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """What a GeoJSON object consists of. A polygon is its outer ring, then its holes."""

    points: tuple[Position, ...] = ()
    lines: tuple[tuple[Position, ...], ...] = ()
    polygons: tuple[tuple[Ring, ...], ...] = ()

    def __add__(self, other: Geometry) -> Geometry:
        return Geometry(self.points + other.points, self.lines + other.lines, self.polygons + other.polygons)


def parse_geometry(source: Any) -> Geometry:
    """Raises: MalformedGeometry for anything but a GeoJSON object with positions on the globe."""
    if not isinstance(source, Mapping):
        raise MalformedGeometry("a geometry must be an object")
    _check_reference_system(source.get("crs"))
    kind = source.get("type")
    if kind == "GeometryCollection":
        whole = Geometry()
        for part in _items(source.get("geometries"), "geometries"):
            whole += parse_geometry(part)
        return whole
    coordinates = source.get("coordinates")
    match kind:
        case "Point":
            return Geometry(points=(_position(coordinates),))
        case "MultiPoint":
            return Geometry(points=tuple(map(_position, _items(coordinates, "positions"))))
        case "LineString":
            return Geometry(lines=(_line(coordinates),))
        case "MultiLineString":
            return Geometry(lines=tuple(map(_line, _items(coordinates, "lines"))))
        case "Polygon":
            return Geometry(polygons=(_polygon(coordinates),))
        case "MultiPolygon":
            return Geometry(polygons=tuple(map(_polygon, _items(coordinates, "polygons"))))
    raise MalformedGeometry(f"unknown type of geometry: {kind}")


def _check_reference_system(crs: Any) -> None:
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if name not in ("EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84"):
        raise MalformedGeometry("only the reference systems EPSG:4326 and CRS84 are supported")


def parse_pair(source: Any) -> Position:
    """A legacy pair, `[x, y]` or an object whose first two fields are numbers.

    Raises: MalformedGeometry.
    """
    values = list(source.values()) if isinstance(source, Mapping) else source
    if not isinstance(values, list | tuple) or len(values) < 2:
        raise MalformedGeometry("a point must be two numbers")
    return number(values[0]), number(values[1])


def number(value: Any) -> float:
    """A finite number. Raises: MalformedGeometry."""
    if not is_number(value):
        raise MalformedGeometry("a coordinate must be a number")
    found = float(as_python_number(value))
    if not math.isfinite(found):
        raise MalformedGeometry("a coordinate must be finite")
    return found


def on_globe(position: Position) -> bool:
    """Whether the position is a longitude and a latitude."""
    return -180 <= position[0] <= 180 and -90 <= position[1] <= 90


def _items(source: Any, what: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(source, list | tuple) or not source:
        raise MalformedGeometry(f"a geometry needs an array of {what}")
    return source


def _position(source: Any) -> Position:
    if not isinstance(source, list | tuple):
        raise MalformedGeometry("a position must be an array of numbers")
    position = parse_pair(source)
    if not on_globe(position):
        raise MalformedGeometry("a longitude is from -180 to 180, a latitude from -90 to 90")
    return position


def _line(source: Any) -> tuple[Position, ...]:
    line = tuple(map(_position, _items(source, "positions")))
    if len(set(line)) < 2:
        raise MalformedGeometry("a line needs two different positions")
    return line


def _polygon(source: Any) -> tuple[Ring, ...]:
    return tuple(map(_ring, _items(source, "rings")))


def _ring(source: Any) -> Ring:
    ring = tuple(map(_position, _items(source, "positions")))
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise MalformedGeometry("a ring needs four positions, the last like the first")
    if len(set(ring)) < 3:
        raise MalformedGeometry("a ring needs three different positions")
    return ring[:-1]
