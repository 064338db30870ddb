"""Aggregation stages, without $lookup."""

from __future__ import annotations

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, aggregate, moment, values

SALES = [
    {"_id": "1", "shop": "x", "sum": 10, "tags": ["a", "b"], "at": moment("2020-01-01")},
    {"_id": "2", "shop": "y", "sum": 5, "tags": ["b"], "at": moment("2020-01-02")},
    {"_id": "3", "shop": "x", "sum": 20, "tags": [], "at": moment("2020-02-01")},
    {"_id": "4", "shop": "z", "sum": 5},
    {"_id": "5", "shop": "y", "sum": 7.5, "tags": ["a"]},
]
BY_SUM = values(10, 25, 5, 40, 25)


def group(id: str, spec: dict[str, object], expected: object) -> Case:
    return aggregate(id, SALES, [{"$group": spec}], expected)


CASES: list[Case] = [
    aggregate("pipeline-empty-hands-over-all", values(1, 2), [], values(1, 2)),
    # --- $match, $sort, $skip, $limit, $count ---
    aggregate("match", SALES, [{"$match": {"shop": "z"}}], [SALES[3]]),
    aggregate("match-after-match", SALES, [{"$match": {"sum": 5}}, {"$match": {"shop": "z"}}], [SALES[3]]),
    aggregate(
        "match-after-project",
        SALES,
        [{"$project": {"twice": {"$multiply": ["$sum", 2]}}}, {"$match": {"twice": {"$gt": 30}}}],
        [{"_id": "3", "twice": 40}],
    ),
    aggregate(
        "match-expr", SALES, [{"$match": {"$expr": {"$eq": [{"$size": {"$ifNull": ["$tags", []]}}, 2]}}}], [SALES[0]]
    ),
    aggregate(
        "sort-skip-limit",
        BY_SUM,
        [{"$sort": {"a": -1, "_id": 1}}, {"$skip": 1}, {"$limit": 2}],
        [{"_id": "2", "a": 25}, {"_id": "5", "a": 25}],
    ),
    aggregate(
        "limit-before-sort",
        values(3, 2, 1),
        [{"$sort": {"_id": 1}}, {"$limit": 2}, {"$sort": {"a": 1}}],
        [{"_id": "2", "a": 2}, {"_id": "1", "a": 3}],
    ),
    aggregate("skip-beyond-the-end", BY_SUM, [{"$skip": 9}], []),
    aggregate("count", SALES, [{"$match": {"sum": 5}}, {"$count": "n"}], [{"n": 2}]),
    aggregate("count-of-nothing-is-no-document", SALES, [{"$match": {"sum": 99}}, {"$count": "n"}], []),
    aggregate("limit-zero-is-refused", SALES, [{"$limit": 0}], InvalidQuery),
    aggregate("limit-negative-is-refused", SALES, [{"$limit": -1}], InvalidQuery),
    aggregate("skip-negative-is-refused", SALES, [{"$skip": -1}], InvalidQuery),
    aggregate("sort-of-nothing-is-refused", SALES, [{"$sort": {}}], InvalidQuery),
    aggregate("count-with-a-dollar-is-refused", SALES, [{"$count": "$n"}], InvalidQuery),
    # --- $project, $addFields ---
    aggregate("project-include", SALES[:1], [{"$project": {"shop": 1}}], [{"_id": "1", "shop": "x"}]),
    aggregate("project-exclude", SALES[3:4], [{"$project": {"shop": 0}}], [{"_id": "4", "sum": 5}]),
    aggregate("project-compute", SALES[:1], [{"$project": {"_id": 0, "v": {"$add": ["$sum", 1]}}}], [{"v": 11}]),
    aggregate(
        "project-include-and-compute",
        SALES[:1],
        [{"$project": {"v": "$sum", "shop": 1}}],
        [{"_id": "1", "shop": "x", "v": 10}],
    ),
    aggregate(
        "project-nested",
        [{"_id": "1", "o": {"a": 1, "b": 2}}],
        [{"$project": {"o.a": 1, "o.c": {"$literal": 3}}}],
        [{"_id": "1", "o": {"a": 1, "c": 3}}],
    ),
    aggregate(
        "project-nested-object",
        [{"_id": "1", "o": {"a": 1, "b": 2}}],
        [{"$project": {"p": {"q": "$o.a"}}}],
        [{"_id": "1", "p": {"q": 1}}],
    ),
    aggregate(
        "project-computes-in-place-of-scalars-in-arrays",
        [{"_id": "1", "a": [1, {"b": 2, "c": 3}, [4, {}]]}],
        [{"$project": {"_id": 0, "a.b": "new"}}],
        [{"a": [{"b": "new"}, {"b": "new"}, [{"b": "new"}, {"b": "new"}]]}],
    ),
    aggregate(
        "project-computes-and-keeps-in-one-array",
        [{"_id": "1", "a": [1, {"b": 2}]}],
        [{"$project": {"_id": 0, "a.b": 1, "a.c": "new"}}],
        [{"a": [{"c": "new"}, {"b": 2, "c": "new"}]}],
    ),
    aggregate("project-computes-the-id", SALES[:1], [{"$project": {"_id": "$shop"}}], [{"_id": "x"}]),
    aggregate("project-missing-is-left-out", SALES[3:4], [{"$project": {"tags": 1, "v": "$tags"}}], [{"_id": "4"}]),
    aggregate("project-mixing-is-refused", SALES, [{"$project": {"shop": 1, "sum": 0}}], InvalidQuery),
    aggregate("project-of-nothing-is-refused", SALES, [{"$project": {}}], InvalidQuery),
    aggregate("add-fields", values(1), [{"$addFields": {"b": {"$add": ["$a", 1]}}}], [{"_id": "1", "a": 1, "b": 2}]),
    aggregate(
        "add-fields-replaces-in-place", values(1), [{"$addFields": {"_id": "n", "a": 5}}], [{"_id": "n", "a": 5}]
    ),
    aggregate(
        "add-fields-path-makes-parents", values(1), [{"$addFields": {"x.y": 1}}], [{"_id": "1", "a": 1, "x": {"y": 1}}]
    ),
    aggregate(
        "add-fields-path-beside-others",
        [{"_id": "1", "o": {"a": 1}}],
        [{"$addFields": {"o.b": 2}}],
        [{"_id": "1", "o": {"a": 1, "b": 2}}],
    ),
    aggregate(
        "add-fields-into-array-elements",
        [{"_id": "1", "r": [{"a": 1}, {"a": 2}]}],
        [{"$addFields": {"r.b": 0}}],
        [{"_id": "1", "r": [{"a": 1, "b": 0}, {"a": 2, "b": 0}]}],
    ),
    aggregate(
        "add-fields-object-merges",
        [{"_id": "1", "o": {"a": 1}}],
        [{"$addFields": {"o": {"b": 2}}}],
        [{"_id": "1", "o": {"a": 1, "b": 2}}],
    ),
    aggregate(
        "add-fields-array", values(1), [{"$addFields": {"l": ["$a", "$q"]}}], [{"_id": "1", "a": 1, "l": [1, None]}]
    ),
    aggregate("add-fields-removes", values(1), [{"$addFields": {"a": "$$REMOVE"}}], [{"_id": "1"}]),
    aggregate("add-fields-missing-adds-nothing", values(1), [{"$addFields": {"b": "$q"}}], [{"_id": "1", "a": 1}]),
    aggregate(
        "add-fields-see-the-old-values",
        values(1),
        [{"$addFields": {"a": 2, "b": "$a"}}],
        [{"_id": "1", "a": 2, "b": 1}],
    ),
    # --- $group; groups come in the order of their ids ---
    group(
        "group-sum",
        {"_id": "$shop", "n": {"$sum": "$sum"}},
        [{"_id": "x", "n": 30}, {"_id": "y", "n": 12.5}, {"_id": "z", "n": 5}],
    ),
    group(
        "group-count",
        {"_id": "$shop", "n": {"$sum": 1}},
        [{"_id": "x", "n": 2}, {"_id": "y", "n": 2}, {"_id": "z", "n": 1}],
    ),
    group("group-all", {"_id": None, "n": {"$sum": "$sum"}}, [{"_id": None, "n": 47.5}]),
    group(
        "group-avg",
        {"_id": "$shop", "n": {"$avg": "$sum"}},
        [{"_id": "x", "n": 15.0}, {"_id": "y", "n": 6.25}, {"_id": "z", "n": 5.0}],
    ),
    group(
        "group-min-max",
        {"_id": None, "lo": {"$min": "$sum"}, "hi": {"$max": "$sum"}},
        [{"_id": None, "lo": 5, "hi": 20}],
    ),
    aggregate(
        "group-first-last-after-sort",
        SALES,
        [
            {"$sort": {"sum": 1, "_id": 1}},
            {"$group": {"_id": "$shop", "f": {"$first": "$_id"}, "l": {"$last": "$_id"}}},
        ],
        [{"_id": "x", "f": "1", "l": "3"}, {"_id": "y", "f": "2", "l": "5"}, {"_id": "z", "f": "4", "l": "4"}],
    ),
    aggregate(
        "group-push-after-sort",
        SALES,
        [{"$sort": {"_id": -1}}, {"$group": {"_id": "$shop", "ids": {"$push": "$_id"}}}],
        [{"_id": "x", "ids": ["3", "1"]}, {"_id": "y", "ids": ["5", "2"]}, {"_id": "z", "ids": ["4"]}],
    ),
    aggregate(
        "group-push-objects",
        SALES[3:4],
        [{"$group": {"_id": "$shop", "l": {"$push": {"s": "$sum", "t": "$tags"}}}}],
        [{"_id": "z", "l": [{"s": 5}]}],
    ),
    aggregate(
        "group-push-skips-missing",
        values(1, MISSING, None),
        [{"$sort": {"_id": 1}}, {"$group": {"_id": 0, "l": {"$push": "$a"}}}],
        [{"_id": 0, "l": [1, None]}],
    ),
    aggregate(
        "group-add-to-set",
        values(2, 2, 2.0),
        [{"$group": {"_id": 0, "l": {"$addToSet": "$a"}}}],
        [{"_id": 0, "l": [2]}],
    ),
    aggregate(
        "group-by-several",
        SALES,
        [{"$group": {"_id": {"s": "$shop", "big": {"$gte": ["$sum", 10]}}, "n": {"$sum": 1}}}],
        [
            {"_id": {"s": "x", "big": True}, "n": 2},
            {"_id": {"s": "y", "big": False}, "n": 2},
            {"_id": {"s": "z", "big": False}, "n": 1},
        ],
    ),
    aggregate(
        "group-by-missing-and-null-are-one",
        values(MISSING, None, 1),
        [{"$group": {"_id": "$a", "n": {"$sum": 1}}}],
        [{"_id": None, "n": 2}, {"_id": 1, "n": 1}],
    ),
    aggregate(
        "group-by-numbers-of-two-kinds",
        values(1, 1.0, 2),
        [{"$group": {"_id": "$a", "n": {"$sum": 1}}}],
        [{"_id": 1, "n": 2}, {"_id": 2, "n": 1}],
    ),
    aggregate(
        "group-by-array-as-a-whole",
        values([1, 2], [1, 2], [1]),
        [{"$group": {"_id": "$a", "n": {"$sum": 1}}}],
        [{"_id": [1], "n": 1}, {"_id": [1, 2], "n": 2}],
    ),
    aggregate(
        "group-by-month",
        SALES[:3],
        [{"$group": {"_id": {"$month": "$at"}, "n": {"$sum": 1}}}],
        [{"_id": 1, "n": 2}, {"_id": 2, "n": 1}],
    ),
    aggregate(
        "group-sum-skips-text",
        values(1, "2", None, 3),
        [{"$group": {"_id": 0, "n": {"$sum": "$a"}}}],
        [{"_id": 0, "n": 4}],
    ),
    aggregate(
        "group-avg-of-no-numbers", values("x"), [{"$group": {"_id": 0, "n": {"$avg": "$a"}}}], [{"_id": 0, "n": None}]
    ),
    aggregate(
        "group-sum-does-not-enter-arrays",
        values([1, 2], 5),
        [{"$group": {"_id": 0, "n": {"$sum": "$a"}}}],
        [{"_id": 0, "n": 5}],
    ),
    aggregate(
        "group-std-dev-pop", values(1, 3), [{"$group": {"_id": 0, "n": {"$stdDevPop": "$a"}}}], [{"_id": 0, "n": 1.0}]
    ),
    aggregate(
        "group-std-dev-samp-of-one",
        values(1),
        [{"$group": {"_id": 0, "n": {"$stdDevSamp": "$a"}}}],
        [{"_id": 0, "n": None}],
    ),
    aggregate(
        "group-merge-objects",
        values({"x": 1}, {"y": 2}),
        [{"$sort": {"_id": 1}}, {"$group": {"_id": 0, "o": {"$mergeObjects": "$a"}}}],
        [{"_id": 0, "o": {"x": 1, "y": 2}}],
    ),
    aggregate(
        "group-count-accumulator", values(1, 3), [{"$group": {"_id": 0, "n": {"$count": {}}}}], [{"_id": 0, "n": 2}]
    ),
    aggregate(
        "group-then-match-sort",
        SALES,
        [{"$group": {"_id": "$shop", "n": {"$sum": "$sum"}}}, {"$match": {"n": {"$gt": 6}}}, {"$sort": {"n": 1}}],
        [{"_id": "y", "n": 12.5}, {"_id": "x", "n": 30}],
    ),
    aggregate("group-of-nothing", [], [{"$group": {"_id": None, "n": {"$sum": 1}}}], []),
    aggregate("group-without-id-is-refused", SALES, [{"$group": {"n": {"$sum": 1}}}], InvalidQuery),
    aggregate(
        "group-unknown-accumulator-is-refused", SALES, [{"$group": {"_id": 0, "n": {"$total": 1}}}], InvalidQuery
    ),
    aggregate("group-plain-field-is-refused", SALES, [{"$group": {"_id": 0, "n": "$sum"}}], InvalidQuery),
    # --- $bucket, $bucketAuto ---
    aggregate(
        "bucket",
        BY_SUM,
        [{"$bucket": {"groupBy": "$a", "boundaries": [0, 20, 40], "default": "more"}}],
        [{"_id": 0, "count": 2}, {"_id": 20, "count": 2}, {"_id": "more", "count": 1}],
    ),
    aggregate(
        "bucket-output",
        BY_SUM,
        [{"$bucket": {"groupBy": "$a", "boundaries": [0, 20, 50], "output": {"s": {"$sum": "$a"}}}}],
        [{"_id": 0, "s": 15}, {"_id": 20, "s": 90}],
    ),
    aggregate(
        "bucket-leaves-out-empty-ones",
        BY_SUM,
        [{"$bucket": {"groupBy": "$a", "boundaries": [0, 1, 2, 50]}}],
        [{"_id": 2, "count": 5}],
    ),
    aggregate(
        "bucket-by-expression",
        BY_SUM,
        [{"$bucket": {"groupBy": {"$mod": ["$a", 10]}, "boundaries": [0, 5, 10]}}],
        [{"_id": 0, "count": 2}, {"_id": 5, "count": 3}],
    ),
    aggregate(
        "bucket-outside-without-default-is-refused",
        BY_SUM,
        [{"$bucket": {"groupBy": "$a", "boundaries": [0, 10]}}],
        InvalidQuery,
    ),
    aggregate(
        "bucket-unsorted-boundaries-are-refused",
        BY_SUM,
        [{"$bucket": {"groupBy": "$a", "boundaries": [10, 0]}}],
        InvalidQuery,
    ),
    aggregate(
        "bucket-one-boundary-is-refused", BY_SUM, [{"$bucket": {"groupBy": "$a", "boundaries": [10]}}], InvalidQuery
    ),
    aggregate(
        "bucket-mixed-boundaries-are-refused",
        BY_SUM,
        [{"$bucket": {"groupBy": "$a", "boundaries": [1, "x"]}}],
        InvalidQuery,
    ),
    aggregate(
        "bucket-auto",
        values(1, 2, 3, 4),
        [{"$bucketAuto": {"groupBy": "$a", "buckets": 2}}],
        [{"_id": {"min": 1, "max": 3}, "count": 2}, {"_id": {"min": 3, "max": 4}, "count": 2}],
    ),
    aggregate(
        "bucket-auto-equal-values-stay-together",
        values(1, 1, 1, 2),
        [{"$bucketAuto": {"groupBy": "$a", "buckets": 2}}],
        [{"_id": {"min": 1, "max": 2}, "count": 3}, {"_id": {"min": 2, "max": 2}, "count": 1}],
    ),
    aggregate(
        "bucket-auto-fewer-values-than-buckets",
        values(1, 2),
        [{"$bucketAuto": {"groupBy": "$a", "buckets": 5}}],
        [{"_id": {"min": 1, "max": 2}, "count": 1}, {"_id": {"min": 2, "max": 2}, "count": 1}],
    ),
    aggregate(
        "bucket-auto-output",
        values(1, 9),
        [{"$bucketAuto": {"groupBy": "$a", "buckets": 1, "output": {"s": {"$sum": "$a"}}}}],
        [{"_id": {"min": 1, "max": 9}, "s": 10}],
    ),
    aggregate("bucket-auto-zero-is-refused", BY_SUM, [{"$bucketAuto": {"groupBy": "$a", "buckets": 0}}], InvalidQuery),
    # --- refused ---
    aggregate("unknown-stage-is-refused", SALES, [{"$filter_by": {}}], InvalidQuery),
    aggregate("out-is-refused", SALES, [{"$out": "elsewhere"}], InvalidQuery),
    aggregate("merge-is-refused", SALES, [{"$merge": {"into": "elsewhere"}}], InvalidQuery),
    aggregate("stage-with-two-names-is-refused", SALES, [{"$limit": 1, "$skip": 1}], InvalidQuery),
    aggregate("pipeline-that-is-no-list-is-refused", SALES, {"$limit": 1}, InvalidQuery),
]
