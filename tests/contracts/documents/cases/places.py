"""Geographic filters on points: longitude first, metres on the sphere, radians for legacy shapes."""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import InvalidQuery
from tests.contracts.documents.case import Case, find


def point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


TOKYO, YOKOHAMA, OSAKA, LONDON = (
    point(139.767, 35.681),
    point(139.638, 35.444),
    point(135.502, 34.694),
    point(-0.128, 51.507),
)
# Stored from far to near; 1 London, 2 Osaka, 3 Yokohama, 4 Tokyo, 5 and 6 no place.
CITIES = [
    {"_id": "1", "at": LONDON},
    {"_id": "2", "at": OSAKA},
    {"_id": "3", "at": YOKOHAMA},
    {"_id": "4", "at": TOKYO},
    {"_id": "5"},
    {"_id": "6", "at": "Tokyo"},
]
KANTO = {"type": "Polygon", "coordinates": [[[139, 35], [141, 35], [141, 37], [139, 37], [139, 35]]]}

CASES: list[Case] = [
    find("geo-within-polygon", CITIES, {"at": {"$geoWithin": {"$geometry": KANTO}}}, "34"),
    find(
        "geo-within-multi-polygon",
        CITIES,
        {
            "at": {
                "$geoWithin": {
                    "$geometry": {
                        "type": "MultiPolygon",
                        "coordinates": [KANTO["coordinates"], [[[-1, 51], [1, 51], [1, 52], [-1, 52], [-1, 51]]]],
                    }
                }
            }
        },
        "134",
    ),
    find(
        "geo-within-polygon-with-a-hole",
        CITIES,
        {
            "at": {
                "$geoWithin": {
                    "$geometry": {
                        "type": "Polygon",
                        "coordinates": [
                            KANTO["coordinates"][0],
                            [[139.7, 35.6], [139.7, 35.8], [139.9, 35.8], [139.9, 35.6], [139.7, 35.6]],
                        ],
                    }
                }
            }
        },
        "3",
    ),
    find("geo-within-box", CITIES, {"at": {"$geoWithin": {"$box": [[139, 35], [141, 37]]}}}, "34"),
    find(
        "geo-within-legacy-polygon",
        CITIES,
        {"at": {"$geoWithin": {"$polygon": [[139, 35], [141, 35], [140, 37]]}}},
        "34",
    ),
    find("geo-within-center", CITIES, {"at": {"$geoWithin": {"$center": [[139.7, 35.6], 0.3]}}}, "34"),
    # 100 km; the radius is in radians of an earth of 6,378.1 km.
    find(
        "geo-within-center-sphere",
        CITIES,
        {"at": {"$geoWithin": {"$centerSphere": [[139.767, 35.681], 100 / 6378.1]}}},
        "34",
    ),
    find(
        "geo-within-small-center-sphere",
        CITIES,
        {"at": {"$geoWithin": {"$centerSphere": [[139.767, 35.681], 1 / 6378.1]}}},
        "4",
    ),
    find("geo-intersects-polygon", CITIES, {"at": {"$geoIntersects": {"$geometry": KANTO}}}, "34"),
    find("geo-intersects-point", CITIES, {"at": {"$geoIntersects": {"$geometry": TOKYO}}}, "4"),
    find(
        "geo-within-beside-another-condition",
        CITIES,
        {"at": {"$geoWithin": {"$geometry": KANTO}}, "_id": {"$gt": "3"}},
        "4",
    ),
    find("geo-within-under-not", CITIES, {"at": {"$not": {"$geoWithin": {"$geometry": KANTO}}}}, "1256"),
    find(
        "geo-within-inside-or",
        CITIES,
        {"$or": [{"at": {"$geoWithin": {"$box": [[139, 35], [141, 37]]}}}, {"_id": "1"}]},
        "134",
    ),
    find(
        "geo-within-counts-legacy-pairs",
        [{"_id": "1", "at": [140, 36]}, {"_id": "2", "at": [0, 0]}],
        {"at": {"$geoWithin": {"$box": [[139, 35], [141, 37]]}}},
        "1",
    ),
    # --- near: the nearest first ---
    find("near-sphere", CITIES, {"at": {"$nearSphere": {"$geometry": TOKYO}}}, "4321"),
    find(
        "near-sphere-within-metres", CITIES, {"at": {"$nearSphere": {"$geometry": TOKYO, "$maxDistance": 50_000}}}, "43"
    ),
    find(
        "near-sphere-beyond-metres", CITIES, {"at": {"$nearSphere": {"$geometry": TOKYO, "$minDistance": 50_000}}}, "21"
    ),
    find(
        "near-sphere-ring",
        CITIES,
        {"at": {"$nearSphere": {"$geometry": TOKYO, "$minDistance": 1000, "$maxDistance": 500_000}}},
        "32",
    ),
    find("near-sphere-with-limit", CITIES, {"at": {"$nearSphere": {"$geometry": LONDON}}}, "12", limit=2),
    find("near-sphere-with-skip", CITIES, {"at": {"$nearSphere": {"$geometry": TOKYO}}}, "32", skip=1, limit=2),
    find(
        "near-sphere-with-another-condition",
        CITIES,
        {"at": {"$nearSphere": {"$geometry": TOKYO}}, "_id": {"$ne": "3"}},
        "421",
    ),
    find(
        "near-sphere-with-a-sort",
        CITIES,
        {"at": {"$nearSphere": {"$geometry": TOKYO, "$maxDistance": 500_000}}},
        "234",
        sort=[("_id", 1)],
    ),
    # --- refused ---
    find("geo-unknown-shape-is-refused", CITIES, {"at": {"$geoWithin": {"$triangle": []}}}, InvalidQuery),
    find(
        "geo-unclosed-ring-is-refused",
        CITIES,
        {"at": {"$geoWithin": {"$geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}}}},
        InvalidQuery,
    ),
    find(
        "geo-latitude-beyond-ninety-is-refused",
        CITIES,
        {"at": {"$nearSphere": {"$geometry": point(0, 91)}}},
        InvalidQuery,
    ),
    find("geo-within-point-is-refused", CITIES, {"at": {"$geoWithin": {"$geometry": TOKYO}}}, InvalidQuery),
    find(
        "near-inside-or-is-refused",
        CITIES,
        {"$or": [{"at": {"$nearSphere": {"$geometry": TOKYO}}}, {"_id": "1"}]},
        InvalidQuery,
    ),
]
