"""Geometry in the plane, for the legacy shapes $box, $center and $polygon; borders belong to their shapes."""

from __future__ import annotations

import math
from itertools import pairwise

from chalicelib.core.query.geo.geometry import Position


def in_box(point: Position, corner: Position, opposite: Position) -> bool:
    """Whether the point lies in the rectangle of two opposite corners."""
    return all(min(a, b) <= value <= max(a, b) for value, a, b in zip(point, corner, opposite, strict=True))


def in_circle(point: Position, center: Position, radius: float) -> bool:
    """Whether the point is at most `radius` away from the center."""
    return math.dist(point, center) <= radius


def in_polygon(point: Position, corners: tuple[Position, ...]) -> bool:
    """Whether the point lies in the polygon, whose last corner is joined to its first."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in pairwise((*corners, corners[0])):
        turn = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        if turn == 0 and in_box(point, (x1, y1), (x2, y2)):
            return True
        # A ray to the right crosses every border between inside and outside once; half-open, so a corner counts once.
        if (y1 > y) != (y2 > y) and (turn > 0) == (y2 > y1):
            inside = not inside
    return inside
