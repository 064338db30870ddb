"""Where things are: $geoWithin, $geoIntersects, $near and $nearSphere."""

import math
from typing import Any

import pytest
from bson import Decimal128
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.geo import plane, sphere
from chalicelib.core.query.geo.geometry import MalformedGeometry, parse_geometry, parse_pair

TOKYO = [139.767, 35.681]
OSAKA = [135.495, 34.702]
NAGOYA = [136.881, 35.170]


def point(position: list[float]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": position}


def line(*positions: list[float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": list(positions)}


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]] for ring in rings]}


def square(low: float, high: float) -> list[list[float]]:
    return [[low, low], [high, low], [high, high], [low, high]]


UNIT = polygon(square(0, 10))
WITH_HOLE = polygon(square(0, 10), square(4, 6))


def geometry_within(shape: dict[str, Any]) -> dict[str, Any]:
    return {"a": {"$geoWithin": {"$geometry": shape}}}


def intersecting(shape: dict[str, Any]) -> dict[str, Any]:
    return {"a": {"$geoIntersects": {"$geometry": shape}}}


WITHIN = [
    pytest.param(point([5, 5]), geometry_within(UNIT), True, id="a point inside"),
    pytest.param(point([11, 5]), geometry_within(UNIT), False, id="a point outside"),
    pytest.param(point([0, 0]), geometry_within(UNIT), True, id="a corner"),
    pytest.param(point([0, 5]), geometry_within(UNIT), True, id="a point on the border"),
    pytest.param(
        point([5, 10.01]), geometry_within(UNIT), True, id="a border is a great circle, north of its parallel"
    ),
    pytest.param(point([5, 10.1]), geometry_within(UNIT), False, id="north of the great circle"),
    pytest.param(point([5, 5]), geometry_within(WITH_HOLE), False, id="a point in a hole"),
    pytest.param(point([4, 4]), geometry_within(WITH_HOLE), True, id="a corner of a hole"),
    pytest.param(point([2, 2]), geometry_within(WITH_HOLE), True, id="a point beside a hole"),
    pytest.param(point([5, 5]), geometry_within(polygon(square(0, 10)[::-1])), True, id="a clockwise ring"),
    pytest.param(point([-175, -5]), geometry_within(UNIT), False, id="the antipode of a point inside"),
    pytest.param(point([-175, -5]), geometry_within(polygon(square(0, 10)[::-1])), False, id="the antipode, clockwise"),
    pytest.param(
        point([180, 0]),
        geometry_within(polygon([[170, -5], [-170, -5], [-170, 5], [170, 5]])),
        True,
        id="the date line",
    ),
    pytest.param(
        point([50, 89]), geometry_within(polygon([[0, 80], [90, 80], [180, 80], [-90, 80]])), True, id="around the pole"
    ),
    pytest.param(
        point([50, 70]),
        geometry_within(polygon([[0, 80], [90, 80], [180, 80], [-90, 80]])),
        False,
        id="not at the pole",
    ),
    pytest.param([5, 5], geometry_within(UNIT), True, id="a legacy pair"),
    pytest.param({"lng": 5, "lat": 5}, geometry_within(UNIT), True, id="a legacy object"),
    pytest.param([500, 5], geometry_within(UNIT), False, id="a pair that is not on the globe"),
    pytest.param([[50, 50], [5, 5]], geometry_within(UNIT), True, id="one of several pairs"),
    pytest.param([point([50, 50]), point([5, 5])], geometry_within(UNIT), True, id="one of several points"),
    pytest.param("5,5", geometry_within(UNIT), False, id="text"),
    pytest.param(None, geometry_within(UNIT), False, id="null"),
    pytest.param({"type": "Point", "coordinates": "x"}, geometry_within(UNIT), False, id="a malformed point"),
    pytest.param({"type": "Blob", "coordinates": [5, 5]}, geometry_within(UNIT), False, id="an unknown type"),
    pytest.param(line([1, 1], [2, 2]), geometry_within(UNIT), True, id="a line inside"),
    pytest.param(line([1, 1], [12, 2]), geometry_within(UNIT), False, id="a line that leaves"),
    pytest.param(line([1, 5], [9, 5]), geometry_within(WITH_HOLE), False, id="a line across a hole"),
    pytest.param(polygon(square(1, 2)), geometry_within(UNIT), True, id="a polygon inside"),
    pytest.param(polygon(square(3, 7)), geometry_within(WITH_HOLE), False, id="a polygon around a hole"),
    pytest.param(polygon(square(-1, 11)), geometry_within(UNIT), False, id="a polygon around"),
    pytest.param(
        point([25, 25]),
        geometry_within(
            {"type": "MultiPolygon", "coordinates": [UNIT["coordinates"], polygon(square(20, 30))["coordinates"]]}
        ),
        True,
        id="the second of two polygons",
    ),
    pytest.param([5, 5], {"a": {"$geoWithin": {"$box": [[0, 0], [10, 10]]}}}, True, id="in a box"),
    pytest.param([10, 0], {"a": {"$geoWithin": {"$box": [[0, 0], [10, 10]]}}}, True, id="a corner of a box"),
    pytest.param([5, 5], {"a": {"$geoWithin": {"$box": [[10, 0], [0, 10]]}}}, True, id="a box by its other corners"),
    pytest.param([11, 5], {"a": {"$within": {"$box": [[0, 0], [10, 10]]}}}, False, id="outside a box"),
    pytest.param(
        point([5, 5]), {"a": {"$geoWithin": {"$box": [[0, 0], [10, 10]]}}}, True, id="a GeoJSON point in a box"
    ),
    pytest.param([900, 900], {"a": {"$geoWithin": {"$box": [[0, 0], [999, 999]]}}}, True, id="a plane without bounds"),
    pytest.param("x", {"a": {"$geoWithin": {"$box": [[0, 0], [10, 10]]}}}, False, id="text in a box"),
    pytest.param([3, 4], {"a": {"$geoWithin": {"$center": [[0, 0], 5]}}}, True, id="on a circle"),
    pytest.param([3, 4.1], {"a": {"$geoWithin": {"$center": [[0, 0], 5]}}}, False, id="outside a circle"),
    pytest.param([1, 1], {"a": {"$geoWithin": {"$polygon": [[0, 0], [9, 0], [0, 9]]}}}, True, id="in a triangle"),
    pytest.param([9, 9], {"a": {"$geoWithin": {"$polygon": [[0, 0], [9, 0], [0, 9]]}}}, False, id="beside a triangle"),
    pytest.param([4.5, 4.5], {"a": {"$geoWithin": {"$polygon": [[0, 0], [9, 0], [0, 9]]}}}, True, id="on its border"),
    pytest.param(
        [1, 1],
        {"a": {"$geoWithin": {"$polygon": {"a": [0, 0], "b": {"x": 9, "y": 0}, "c": [0, 9]}}}},
        True,
        id="by names",
    ),
    pytest.param(OSAKA, {"a": {"$geoWithin": {"$centerSphere": [TOKYO, 410 / 6378.1]}}}, True, id="in 410 km"),
    pytest.param(OSAKA, {"a": {"$geoWithin": {"$centerSphere": [TOKYO, 390 / 6378.1]}}}, False, id="not in 390 km"),
    pytest.param(
        line(TOKYO, OSAKA), {"a": {"$geoWithin": {"$centerSphere": [TOKYO, 0.01]}}}, False, id="a line out of it"
    ),
]

INTERSECTS = [
    pytest.param(point([5, 5]), intersecting(UNIT), True, id="a point in a polygon"),
    pytest.param(point([5, 5]), intersecting(WITH_HOLE), False, id="a point in a hole"),
    pytest.param(point([1, 2]), intersecting(point([1, 2])), True, id="the same point"),
    pytest.param(point([1, 2]), intersecting(point([2, 1])), False, id="another point"),
    pytest.param(point([5, 0]), intersecting(line([0, 0], [9, 0])), True, id="a point on a line"),
    pytest.param(point([5, 1]), intersecting(line([0, 0], [9, 0])), False, id="a point beside a line"),
    pytest.param(line([-5, 5], [15, 5]), intersecting(UNIT), True, id="a line through a polygon"),
    pytest.param(line([-5, 5], [-1, 5]), intersecting(UNIT), False, id="a line beside a polygon"),
    pytest.param(line([0, 0], [9, 9]), intersecting(line([0, 9], [9, 0])), True, id="crossing lines"),
    pytest.param(line([0, 0], [9, 9]), intersecting(line([180, -9], [-171, 0])), False, id="lines at the antipodes"),
    pytest.param(polygon(square(8, 12)), intersecting(UNIT), True, id="overlapping polygons"),
    pytest.param(polygon(square(2, 3)), intersecting(UNIT), True, id="a polygon inside"),
    pytest.param(polygon(square(-5, 15)), intersecting(UNIT), True, id="a polygon around"),
    pytest.param(polygon(square(20, 30)), intersecting(UNIT), False, id="a polygon elsewhere"),
    pytest.param(polygon(square(4.5, 5.5)), intersecting(WITH_HOLE), False, id="a polygon in a hole"),
    pytest.param(polygon([[-5, 4], [15, 4], [15, 6], [-5, 6]]), intersecting(UNIT), True, id="a cross of polygons"),
    pytest.param({"type": "MultiPoint", "coordinates": [[50, 50], [5, 5]]}, intersecting(UNIT), True, id="points"),
    pytest.param(
        {"type": "MultiLineString", "coordinates": [[[50, 50], [60, 60]], [[1, 1], [2, 2]]]}, intersecting(UNIT), True,
        id="several lines",
    ),
    pytest.param(
        {"type": "GeometryCollection", "geometries": [point([50, 50]), line([1, 1], [2, 2])]}, intersecting(UNIT), True,
        id="a collection",
    ),
    pytest.param([5, 5], intersecting(UNIT), True, id="a legacy pair"),
    pytest.param(5, intersecting(UNIT), False, id="a number"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "source", "expected"), WITHIN + INTERSECTS)
def test_shapes_hold_what_lies_in_them(value: Any, source: Any, expected: bool) -> None:
    assert parse_filter(source).matches({"a": value}) is expected


NEAR_TOKYO = {"$geometry": point(TOKYO)}


@pytest.mark.parametrize(
    ("value", "operators", "expected"),
    [
        pytest.param(point(OSAKA), {"$near": NEAR_TOKYO}, True, id="anything is near without a bound"),
        pytest.param(point(OSAKA), {"$near": NEAR_TOKYO | {"$maxDistance": 410_000}}, True, id="within metres"),
        pytest.param(point(OSAKA), {"$near": NEAR_TOKYO | {"$maxDistance": 390_000}}, False, id="beyond metres"),
        pytest.param(point(OSAKA), {"$near": NEAR_TOKYO, "$maxDistance": 390_000}, False, id="the bound beside it"),
        pytest.param(point(OSAKA), {"$maxDistance": 390_000, "$nearSphere": NEAR_TOKYO}, False, id="bound first"),
        pytest.param(point(OSAKA), {"$nearSphere": NEAR_TOKYO | {"$minDistance": 390_000}}, True, id="far enough"),
        pytest.param(point(OSAKA), {"$nearSphere": NEAR_TOKYO | {"$minDistance": 410_000}}, False, id="too near"),
        pytest.param(OSAKA, {"$nearSphere": TOKYO, "$maxDistance": 410 / 6378.1}, True, id="within radians"),
        pytest.param(OSAKA, {"$nearSphere": TOKYO, "$maxDistance": 390 / 6378.1}, False, id="beyond radians"),
        pytest.param([3, 4], {"$near": [0, 0], "$maxDistance": 5}, True, id="within units of the plane, included"),
        pytest.param([3, 4], {"$near": [0, 0], "$maxDistance": 4.9}, False, id="beyond units of the plane"),
        pytest.param([3, 4], {"$near": {"x": 0, "y": 0}, "$maxDistance": Decimal128("5")}, True, id="a legacy object"),
        pytest.param([3, 4], {"$near": [0, 0], "$gt": 5}, False, id="beside another operator"),
        pytest.param(None, {"$near": [0, 0]}, False, id="null is nowhere"),
        pytest.param("x", {"$near": NEAR_TOKYO}, False, id="text is nowhere"),
        pytest.param(
            {"type": "MultiPoint", "coordinates": [OSAKA, TOKYO]},
            {"$near": NEAR_TOKYO | {"$maxDistance": 1}},
            True,
            id="the nearest of several points",
        ),
        pytest.param(
            polygon([[139, 35], [140, 35], [140, 36], [139, 36]]),
            {"$near": NEAR_TOKYO | {"$maxDistance": 0}},
            True,
            id="in a polygon",
        ),
    ],
)  # fmt: skip
def test_near_bounds_the_distance(value: Any, operators: Any, expected: bool) -> None:
    assert parse_filter({"a": operators}).matches({"a": value}) is expected


def test_a_missing_field_is_nowhere() -> None:
    assert not parse_filter({"a": {"$near": [0, 0]}}).matches({})


def test_near_orders_by_distance() -> None:
    cities = [
        {"_id": "osaka", "at": point(OSAKA)},
        {"_id": "tokyo", "at": point(TOKYO)},
        {"_id": "nagoya", "at": NAGOYA},
    ]
    order = parse_filter({"x": None, "$and": [{"at": {"$near": NEAR_TOKYO}}]}).distance_order

    assert order is not None
    assert [city["_id"] for city in sorted(cities, key=order)] == ["tokyo", "nagoya", "osaka"]
    assert order(cities[1]) == 0
    assert order(cities[0]) == pytest.approx(402_600, rel=0.01)
    assert order({}) == math.inf
    assert order({"at": []}) == math.inf


def test_several_locations_count_by_the_nearest() -> None:
    order = parse_filter({"at": {"$near": [0, 0]}}).distance_order

    assert order is not None
    assert order({"at": [[3, 4], [0, 1]]}) == 1


def test_only_near_orders() -> None:
    assert parse_filter({"a": 1}).distance_order is None
    assert parse_filter(intersecting(UNIT)).distance_order is None


@pytest.mark.parametrize(
    "operators",
    [
        {"$near": "x"},
        {"$near": [1]},
        {"$near": [1, 2, 3]},
        {"$near": ["x", 2]},
        {"$near": [float("nan"), 2]},
        {"$near": [Decimal128("1E+6000"), 2]},
        {"$near": {"$geometry": UNIT}},
        {"$near": {"$geometry": {"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]}}},
        {"$near": {"$geometry": point([181, 0])}},
        {"$near": {"$geometry": point([0, 91])}},
        {"$near": {"$geometry": point([1, 2]), "$foo": 1}},
        {"$near": {"$geometry": {"type": "Point"}}},
        {"$near": {"$geometry": 5}},
        {"$near": [1, 2], "$maxDistance": -1},
        {"$near": [1, 2], "$minDistance": "x"},
        {"$nearSphere": [500, 2]},
        {"$near": [1, 2], "$nearSphere": [1, 2]},
        {"$not": {"$near": [1, 2]}},
        {"$elemMatch": {"$near": [1, 2]}},
        {"$geoWithin": 5},
        {"$geoWithin": {}},
        {"$geoWithin": {"$box": [[0, 0], [1, 1]], "$center": [[0, 0], 1]}},
        {"$geoWithin": {"$foo": 1}},
        {"$geoWithin": {"$geometry": point([1, 2])}},
        {"$geoWithin": {"$geometry": line([1, 2], [3, 4])}},
        {"$geoWithin": {"$geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}}},
        {"$geoWithin": {"$geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 0], [0, 0]]]}}},
        {"$geoWithin": {"$geometry": {"type": "Polygon", "coordinates": []}}},
        {
            "$geoWithin": {
                "$geometry": UNIT | {"crs": {"properties": {"name": "urn:x-mongodb:crs:strictwinding:EPSG:4326"}}}
            }
        },
        {"$geoWithin": {"$geometry": UNIT | {"crs": 5}}},
        {"$geoWithin": {"$geometry": UNIT | {"crs": {}}}},
        {"$geoWithin": {"$box": [[0, 0]]}},
        {"$geoWithin": {"$box": [[0, 0], [1, 1], [2, 2]]}},
        {"$geoWithin": {"$box": 5}},
        {"$geoWithin": {"$polygon": [[0, 0], [1, 1]]}},
        {"$geoWithin": {"$center": [[0, 0]]}},
        {"$geoWithin": {"$center": [[0, 0], -1]}},
        {"$geoWithin": {"$centerSphere": [[500, 0], 1]}},
        {"$geoIntersects": 5},
        {"$geoIntersects": {"$box": [[0, 0], [1, 1]]}},
        {"$geoIntersects": {"$geometry": line([1, 2], [1, 2])}},
        {"$geoIntersects": {"$geometry": {"type": "Point", "coordinates": {"x": 1, "y": 2}}}},
    ],
    ids=repr,
)
def test_wrong_places_are_a_misuse(operators: Any) -> None:
    with pytest.raises(OperatorMisused):
        parse_filter({"a": operators})


@pytest.mark.parametrize(
    "source",
    [
        pytest.param({"$or": [{"a": {"$near": [1, 2]}}, {"b": 1}]}, id="under $or"),
        pytest.param({"$nor": [{"a": {"$near": [1, 2]}}]}, id="under $nor"),
        pytest.param({"a": {"$near": [1, 2]}, "b": {"$near": [1, 2]}}, id="twice"),
    ],
)
def test_near_stands_once_and_at_the_top(source: Any) -> None:
    with pytest.raises(OperatorMisused, match="near"):
        parse_filter(source)


@pytest.mark.parametrize("name", ["$maxDistance", "$minDistance", "$geoNear", "$uniqueDocs"])
def test_parts_of_geo_operators_are_no_operators(name: str) -> None:
    with pytest.raises(InvalidQuery, match=rf"\{name}"):
        parse_filter({"a": {name: 5}})


def circle(corners: int, radius: float) -> dict[str, Any]:
    turns = [2 * math.pi * number / corners for number in range(corners)]
    return polygon([[radius * math.cos(turn), radius * math.sin(turn)] for turn in turns])


def test_two_huge_shapes_stop() -> None:
    found = parse_filter({"a": {"$geoIntersects": {"$geometry": circle(4_000, 10)}}})

    with pytest.raises(TimedOut):
        found.matches({"a": line(*circle(9_000, 11)["coordinates"][0])})


def test_reference_systems_in_use_are_accepted() -> None:
    for name in ("EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84"):
        assert parse_geometry(UNIT | {"crs": {"type": "name", "properties": {"name": name}}}).polygons


def test_two_different_numbers_may_be_any_kind_of_number() -> None:
    assert parse_pair([Decimal128("1.5"), 2]) == (1.5, 2.0)
    with pytest.raises(MalformedGeometry):
        parse_pair([Decimal128("Infinity"), 2])


POSITIONS = st.tuples(st.floats(-180, 180), st.floats(-89, 89))


@given(POSITIONS, POSITIONS)
def test_distances_are_symmetric_and_at_most_half_around(one: Any, other: Any) -> None:
    assert sphere.distance(one, other) == pytest.approx(sphere.distance(other, one), abs=1e-12)
    assert 0 <= sphere.distance(one, other) <= math.pi
    assert sphere.distance(one, one) == 0


@given(st.floats(-10, 20), st.floats(-10, 20))
def test_a_small_polygon_is_the_same_on_the_globe_and_in_the_plane(x: float, y: float) -> None:
    corners = ((0.0, 0.0), (8.0, 2.0), (10.0, 9.0), (4.0, 5.0), (1.0, 9.0))
    on_globe, in_plane = sphere.in_polygon((x, y), (corners,)), plane.in_polygon((x, y), corners)

    if on_globe != in_plane:
        # Great circles bend away from straight lines a little.
        borders = parse_geometry(line(*map(list, (*corners, corners[0]))))
        assert sphere.distance_to((x, y), borders) < math.radians(0.1)


def test_a_line_of_no_length_is_its_end() -> None:
    geometry = parse_geometry({"type": "LineString", "coordinates": [[1, 1], [1, 1], [2, 2]]})

    assert sphere.distance_to((1.0, 1.0), geometry) == 0
    assert sphere.distance_to((0.0, 1.0), geometry) == pytest.approx(math.radians(1), rel=0.001)
