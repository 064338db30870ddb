"""$lookup: joins with other collections, of which only the visible documents count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.errors import InvalidQuery
from tests.contracts.documents.case import Case, aggregate

ORDERS = [
    {"_id": "1", "item": "a", "n": 2},
    {"_id": "2", "item": "b", "n": 1},
    {"_id": "3", "n": 5},
]
ITEMS = [
    {"_id": "10", "sku": "a", "price": 5, "open": True},
    {"_id": "11", "sku": "a", "price": 7, "open": False},
    {"_id": "12", "sku": "c", "price": 9, "open": True},
    {"_id": "13", "sku": None, "price": 1, "open": True},
]
OTHERS = {"items": ITEMS}
JOIN = {"from": "items", "localField": "item", "foreignField": "sku", "as": "found"}


def lookup(id: str, spec: Mapping[str, Any], found: list[Any], **options: Any) -> Case:
    """What a join adds to the three orders."""
    expected = [{**order, "found": one} for order, one in zip(ORDERS, found, strict=True)]
    pipeline = [{"$sort": {"_id": 1}}, {"$lookup": spec}]
    return aggregate(id, ORDERS, pipeline, expected, others=OTHERS, **options)


CASES: list[Case] = [
    # A missing local field counts as null.
    lookup("lookup-by-fields", JOIN, [ITEMS[:2], [], [ITEMS[3]]]),
    lookup("lookup-sees-only-the-visible", JOIN, [[ITEMS[0]], [], [ITEMS[3]]], visible={"open": True}),
    lookup("lookup-of-a-missing-collection", {**JOIN, "from": "nowhere"}, [[], [], []]),
    aggregate(
        "lookup-local-array",
        [{"_id": "1", "item": ["a", "c"]}],
        [{"$lookup": JOIN}],
        [{"_id": "1", "item": ["a", "c"], "found": ITEMS[:3]}],
        others=OTHERS,
    ),
    aggregate(
        "lookup-foreign-array",
        [{"_id": "1", "item": "x"}],
        [{"$lookup": {**JOIN, "from": "tagged"}}],
        [{"_id": "1", "item": "x", "found": [{"_id": "20", "sku": ["x", "y"]}]}],
        others={"tagged": [{"_id": "20", "sku": ["x", "y"]}, {"_id": "21", "sku": ["z"]}]},
    ),
    aggregate(
        "lookup-by-paths",
        [{"_id": "1", "o": {"k": 1}}],
        [{"$lookup": {"from": "f", "localField": "o.k", "foreignField": "p.q", "as": "x.y"}}],
        [{"_id": "1", "o": {"k": 1}, "x": {"y": [{"_id": "30", "p": {"q": 1}}]}}],
        others={"f": [{"_id": "30", "p": {"q": 1}}, {"_id": "31", "p": {"q": 2}}]},
    ),
    aggregate(
        "lookup-replaces-a-field",
        ORDERS[1:2],
        [{"$lookup": {**JOIN, "as": "item"}}],
        [{"_id": "2", "item": [], "n": 1}],
        others=OTHERS,
    ),
    lookup(
        "lookup-with-a-pipeline",
        {
            "from": "items",
            "let": {"wanted": "$item"},
            "pipeline": [
                {"$match": {"$expr": {"$eq": ["$sku", "$$wanted"]}}},
                {"$project": {"_id": 0, "price": 1}},
                {"$sort": {"price": 1}},
            ],
            "as": "found",
        },
        # In an expression a missing value is not null.
        [[{"price": 5}, {"price": 7}], [], []],
    ),
    lookup(
        "lookup-with-a-pipeline-sees-only-the-visible",
        {"from": "items", "pipeline": [{"$count": "n"}], "as": "found"},
        [[{"n": 3}], [{"n": 3}], [{"n": 3}]],
        visible={"open": True},
    ),
    lookup(
        "lookup-with-fields-and-a-pipeline",
        {**JOIN, "pipeline": [{"$match": {"price": {"$gt": 5}}}]},
        [[ITEMS[1]], [], []],
    ),
    lookup(
        "lookup-within-a-lookup",
        {
            "from": "items",
            "localField": "item",
            "foreignField": "sku",
            "pipeline": [
                {"$lookup": {"from": "items", "localField": "sku", "foreignField": "sku", "as": "same"}},
                {"$project": {"n": {"$size": "$same"}}},
            ],
            "as": "found",
        },
        [[{"_id": "10", "n": 1}], [], [{"_id": "13", "n": 1}]],
        visible={"open": True},
    ),
    aggregate(
        "lookup-then-more-stages",
        ORDERS,
        [
            {"$lookup": JOIN},
            {"$addFields": {"total": {"$sum": "$found.price"}}},
            {"$match": {"total": {"$gt": 5}}},
            {"$project": {"total": 1}},
        ],
        [{"_id": "1", "total": 12}],
        others=OTHERS,
    ),
    aggregate(
        "lookup-without-as-is-refused",
        ORDERS,
        [{"$lookup": {"from": "items", "localField": "a", "foreignField": "b"}}],
        InvalidQuery,
    ),
    aggregate(
        "lookup-with-out-inside-is-refused",
        ORDERS,
        [{"$lookup": {"from": "items", "pipeline": [{"$out": "x"}], "as": "f"}}],
        InvalidQuery,
    ),
]
