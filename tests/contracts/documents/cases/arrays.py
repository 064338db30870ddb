"""Filters on arrays: an array matches by its elements, and as a whole."""

from __future__ import annotations

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, find, values

LISTS = values([1, 2, 3], [3], [], 3, [[1, 2, 3]], ["x", 1], None, MISSING)
ROWS = [
    {"_id": "1", "items": [{"n": 1, "kind": "x"}, {"n": 5, "kind": "y"}]},
    {"_id": "2", "items": [{"n": 5, "kind": "x"}]},
    {"_id": "3", "items": []},
    {"_id": "4", "items": {"n": 5, "kind": "x"}},
    {"_id": "5", "items": [7, {"n": [5, 6]}]},
    {"_id": "6"},
]
GRID = [
    {"_id": "1", "a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": [{"c": 3}]}]},
    {"_id": "2", "a": {"b": [{"c": 2}]}},
    {"_id": "3", "a": [[{"b": 1}]]},
]

CASES: list[Case] = [
    find("array-element-matches", LISTS, {"a": 3}, "124"),
    find("array-whole-matches", LISTS, {"a": [1, 2, 3]}, "15"),
    find("array-whole-in-order", values([2, 1], [1, 2]), {"a": [1, 2]}, "2"),
    find("array-empty-matches-empty", LISTS, {"a": []}, "3"),
    find("array-empty-matches-nested-empty", values([], [[]], [1]), {"a": []}, "12"),
    find("array-of-arrays-by-element", values([[1, 2], [3]], [1, 2]), {"a": [1, 2]}, "12"),
    find("array-null-element-matches-null", values([None, 1], [1], [], None), {"a": None}, "14"),
    find("array-gt-any-element", values([1, 9], [1], 9), {"a": {"$gt": 5}}, "13"),
    find("array-range-may-be-met-by-two-elements", values([1, 9], [5], [1]), {"a": {"$gt": 3, "$lt": 7}}, "12"),
    find("array-ne-needs-every-element", values([1, 2], [2], 1), {"a": {"$ne": 1}}, "2"),
    find("array-nin-needs-every-element", values([1, 2], [2], [3]), {"a": {"$nin": [1, 3]}}, "2"),
    find("array-in-by-element", values([1, 2], [5], 2), {"a": {"$in": [2, 7]}}, "13"),
    find("array-in-with-an-array", values([1, 2], [[1, 2]], [2, 1]), {"a": {"$in": [[1, 2]]}}, "12"),
    find("array-not-gt-needs-every-element", values([1, 9], [1], []), {"a": {"$not": {"$gt": 5}}}, "23"),
    find("array-gt-array-compares-whole", values([1, 2], [1, 3], [2], [1]), {"a": {"$gt": [1, 2]}}, "23"),
    find("array-lte-array-compares-whole", values([1, 2], [1, 3], [], [1]), {"a": {"$lte": [1, 2]}}, "134"),
    find("array-mod-by-element", values([3, 4], [3], 4), {"a": {"$mod": [4, 0]}}, "13"),
    # --- dotted paths ---
    find("array-path-reaches-into-elements", ROWS, {"items.n": 5}, "1245"),
    find("array-path-conditions-may-meet-in-different-elements", ROWS, {"items.n": 5, "items.kind": "x"}, "124"),
    find("array-path-by-index", ROWS, {"items.0.n": 5}, "2"),
    find("array-path-by-second-index", ROWS, {"items.1.n": 5}, "15"),
    find("array-path-index-of-scalars", LISTS, {"a.0": 1}, "1"),
    find("array-path-index-out-of-range", LISTS, {"a.7": 1}, ""),
    find("array-path-index-exists", LISTS, {"a.1": {"$exists": True}}, "16"),
    find(
        "array-path-number-may-be-a-field-name", [{"_id": "1", "a": {"0": 1}}, {"_id": "2", "a": [1]}], {"a.0": 1}, "12"
    ),
    find(
        "array-path-index-and-field-name-in-elements",
        [{"_id": "1", "a": [{"0": 1}]}, {"_id": "2", "a": [0]}],
        {"a.0": 1},
        "1",
    ),
    find("array-path-through-two-arrays", GRID, {"a.b.c": 2}, "12"),
    find("array-path-does-not-enter-nested-arrays", GRID, {"a.b": 1}, ""),
    find("array-path-index-enters-a-nested-array", GRID, {"a.0.b": 1}, "3"),
    find("array-path-index-then-array", GRID, {"a.0.b.c": 2}, "1"),
    find("array-path-two-indexes", GRID, {"a.0.b.1.c": 2}, "1"),
    # An array without the index yields nothing to compare, a scalar yields a missing field.
    find("array-path-index-null-beyond-the-end", values([1, 2], [1], 5), {"a.1": None}, "3"),
    # --- $elemMatch ---
    find("elem-match-one-element-meets-all", ROWS, {"items": {"$elemMatch": {"n": 5, "kind": "x"}}}, "2"),
    find("elem-match-range-in-one-element", values([1, 9], [5], [1]), {"a": {"$elemMatch": {"$gt": 3, "$lt": 7}}}, "2"),
    find("elem-match-never-matches-a-scalar", values(5, [5]), {"a": {"$elemMatch": {"$gt": 3}}}, "2"),
    find("elem-match-never-matches-an-object", ROWS, {"items": {"$elemMatch": {"kind": "x"}}}, "12"),
    find("elem-match-nested", GRID, {"a": {"$elemMatch": {"b": {"$elemMatch": {"c": {"$gt": 2}}}}}}, "1"),
    find("elem-match-on-a-path-through-an-array", GRID, {"a.b": {"$elemMatch": {"c": 2}}}, "12"),
    find("elem-match-with-or", ROWS, {"items": {"$elemMatch": {"$or": [{"kind": "y"}, {"n": 6}]}}}, "15"),
    find("elem-match-with-and", ROWS, {"items": {"$elemMatch": {"$and": [{"n": {"$gt": 4}}, {"kind": "y"}]}}}, "1"),
    find("elem-match-in", values([1, 2], [3], 1), {"a": {"$elemMatch": {"$in": [2, 3]}}}, "12"),
    find("elem-match-ne-needs-one-such-element", values([1], [1, 2], []), {"a": {"$elemMatch": {"$ne": 1}}}, "2"),
    find("elem-match-missing-field-of-element", ROWS, {"items": {"$elemMatch": {"kind": {"$exists": False}}}}, "5"),
    find(
        "elem-match-of-nested-arrays",
        values([[1, 5]], [[7]], [5]),
        {"a": {"$elemMatch": {"$elemMatch": {"$gt": 4, "$lt": 6}}}},
        "1",
    ),
    find(
        "elem-match-empty-matches-any-object-element",
        values([1], [{}], [{"b": 1}], []),
        {"a": {"$elemMatch": {}}},
        "23",
    ),
    find("elem-match-with-not", values([1, 9], [9], [1]), {"a": {"$elemMatch": {"$not": {"$gt": 5}}}}, "13"),
    find("elem-match-under-not", values([1, 9], [9], [1], MISSING), {"a": {"$not": {"$elemMatch": {"$gt": 5}}}}, "34"),
    find("elem-match-with-size", values([[1, 2]], [[1]], [1]), {"a": {"$elemMatch": {"$size": 2}}}, "1"),
    find("elem-match-with-regex", values(["ab", "c"], ["x"]), {"a": {"$elemMatch": {"$regex": "^a"}}}, "1"),
    # --- $all ---
    find("all-finds-every-value", LISTS, {"a": {"$all": [1, 3]}}, "1"),
    find("all-in-any-order", LISTS, {"a": {"$all": [3, 2, 1]}}, "1"),
    find("all-of-one-matches-a-scalar", LISTS, {"a": {"$all": [3]}}, "124"),
    find("all-of-nothing-finds-nothing", LISTS, {"a": {"$all": []}}, ""),
    find("all-of-an-array-matches-whole", LISTS, {"a": {"$all": [[1, 2, 3]]}}, "15"),
    find("all-null-matches-missing", LISTS, {"a": {"$all": [None]}}, "78"),
    find(
        "all-with-elem-match", ROWS, {"items": {"$all": [{"$elemMatch": {"n": 1}}, {"$elemMatch": {"kind": "y"}}]}}, "1"
    ),
    find("all-on-a-path", ROWS, {"items.n": {"$all": [1, 5]}}, "1"),
    find(
        "all-mixing-elem-match-and-values-is-refused",
        ROWS,
        {"items": {"$all": [{"$elemMatch": {"n": 1}}, 5]}},
        InvalidQuery,
    ),
    # --- $size ---
    find("size", LISTS, {"a": {"$size": 1}}, "25"),
    find("size-zero", LISTS, {"a": {"$size": 0}}, "3"),
    find("size-of-whole-double", LISTS, {"a": {"$size": 3.0}}, "1"),
    find("size-of-a-fraction-is-refused", LISTS, {"a": {"$size": 1.5}}, InvalidQuery),
    find("size-under-not", values([1], [1, 2], 3, MISSING), {"a": {"$not": {"$size": 1}}}, "234"),
    find(
        "size-on-a-path-through-an-array",
        [{"_id": "1", "a": [{"b": [1, 2]}, {"b": []}]}, {"_id": "2", "a": [{"b": 1}]}],
        {"a.b": {"$size": 2}},
        "1",
    ),
]
