"""Filters: comparison, logic and the operators on single values."""

from __future__ import annotations

from bson import Int64

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, find, values

ONE_TO_FIVE = values(1, 2, 3, 4, 5)
MIXED = values(1, 2.5, "x", True, None, MISSING, [1, 2], {"b": 1})
"""1: int, 2: double, 3: string, 4: true, 5: null, 6: missing, 7: array, 8: object."""
NESTED = [
    {"_id": "1", "a": {"b": {"c": 1}}, "n": 1},
    {"_id": "2", "a": {"b": {"c": 2}}, "n": 1},
    {"_id": "3", "a": {"b": 1}, "n": 2},
    {"_id": "4", "a": 1},
]

CASES: list[Case] = [
    # --- equality ---
    find("filter-empty-finds-all", ONE_TO_FIVE, {}, "12345"),
    find("filter-equal-number", MIXED, {"a": 1}, "17"),
    find("filter-equal-double-finds-int", MIXED, {"a": 1.0}, "17"),
    find("filter-equal-long-finds-int", MIXED, {"a": Int64(1)}, "17"),
    find("filter-equal-string", MIXED, {"a": "x"}, "3"),
    find("filter-true-is-not-one", MIXED, {"a": True}, "4"),
    find("filter-false-is-not-zero", values(0, False, None), {"a": False}, "2"),
    find("filter-zero-is-not-false", values(0, False, None), {"a": 0}, "1"),
    find("filter-negative-zero-is-zero", values(0.0, -0.0, 0), {"a": 0}, "123"),
    find("filter-explicit-eq", MIXED, {"a": {"$eq": 2.5}}, "2"),
    find("filter-equal-empty-string", values("", None, MISSING, " "), {"a": ""}, "1"),
    find("filter-equal-object-exact", values({"b": 1}, {"b": 1, "c": 2}, {"c": 2, "b": 1}), {"a": {"b": 1}}, "1"),
    find(
        "filter-equal-object-in-field-order",
        values({"b": 1, "c": 2}, {"c": 2, "b": 1}),
        {"a": {"$eq": {"b": 1, "c": 2}}},
        "1",
    ),
    find("filter-equal-empty-object", values({}, {"b": 1}, []), {"a": {}}, "1"),
    find("filter-by-id", ONE_TO_FIVE, {"_id": "3"}, "3"),
    find("filter-by-ids", ONE_TO_FIVE, {"_id": {"$in": ["5", "1", "9"]}}, "15"),
    find("filter-two-fields", NESTED, {"n": 1, "a.b.c": 2}, "2"),
    find("filter-dotted-path", NESTED, {"a.b.c": 1}, "1"),
    find("filter-dotted-path-through-scalar-finds-nothing", NESTED, {"a.b.c.d": 1}, ""),
    find("filter-dotted-path-to-object", NESTED, {"a.b": {"c": 2}}, "2"),
    find("filter-case-sensitive", values("Ab", "ab"), {"a": "ab"}, "2"),
    find("filter-japanese-string", values("東京", "大阪"), {"a": "東京"}, "1"),
    find("filter-japanese-field-name", [{"_id": "1", "名前": "花子"}, {"_id": "2"}], {"名前": "花子"}, "1"),
    find("filter-composed-and-decomposed-text-differ", values("\u00e9", "e\u0301"), {"a": "\u00e9"}, "1"),
    # --- ranges ---
    find("filter-gt", ONE_TO_FIVE, {"a": {"$gt": 3}}, "45"),
    find("filter-gte", ONE_TO_FIVE, {"a": {"$gte": 3}}, "345"),
    find("filter-lt", ONE_TO_FIVE, {"a": {"$lt": 3}}, "12"),
    find("filter-lte", ONE_TO_FIVE, {"a": {"$lte": 3}}, "123"),
    find("filter-between", ONE_TO_FIVE, {"a": {"$gt": 1, "$lt": 4}}, "23"),
    find("filter-empty-range", ONE_TO_FIVE, {"a": {"$gt": 4, "$lt": 2}}, ""),
    find("filter-gt-number-skips-other-types", MIXED, {"a": {"$gt": 0}}, "127"),
    find("filter-gt-string-skips-other-types", MIXED, {"a": {"$gt": ""}}, "3"),
    find("filter-lt-string", values("a", "b", "B", "あ"), {"a": {"$lt": "b"}}, "13"),
    find("filter-gte-true", values(True, False, 1), {"a": {"$gte": True}}, "1"),
    find("filter-gt-false", values(True, False, 1), {"a": {"$gt": False}}, "1"),
    find("filter-gte-null-finds-null-and-missing", MIXED, {"a": {"$gte": None}}, "56"),
    find("filter-lte-null-finds-null-and-missing", MIXED, {"a": {"$lte": None}}, "56"),
    find("filter-gt-null-finds-nothing", MIXED, {"a": {"$gt": None}}, ""),
    find("filter-gt-object", values({"b": 1}, {"b": 2}, 5), {"a": {"$gt": {"b": 1}}}, "2"),
    find("filter-gt-object-compares-types-first", values({"b": "x"}, {"b": 9}), {"a": {"$gt": {"b": 10}}}, "1"),
    # --- $ne, $in, $nin ---
    find("filter-ne-finds-missing", MIXED, {"a": {"$ne": 1}}, "234568"),
    find("filter-ne-null", MIXED, {"a": {"$ne": None}}, "123478"),
    find("filter-in", MIXED, {"a": {"$in": [1, "x"]}}, "137"),
    find("filter-in-empty-list-finds-nothing", MIXED, {"a": {"$in": []}}, ""),
    find("filter-in-null-finds-missing", MIXED, {"a": {"$in": [None]}}, "56"),
    find("filter-nin", MIXED, {"a": {"$nin": [1, None]}}, "2348"),
    find("filter-nin-empty-list-finds-all", MIXED, {"a": {"$nin": []}}, "12345678"),
    find("filter-in-with-object", MIXED, {"a": {"$in": [{"b": 1}]}}, "8"),
    find("filter-ne-with-range", ONE_TO_FIVE, {"a": {"$gte": 2, "$ne": 3}}, "245"),
    # --- logic ---
    find("filter-and", ONE_TO_FIVE, {"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 4}}]}, "23"),
    find("filter-or", ONE_TO_FIVE, {"$or": [{"a": 1}, {"a": {"$gt": 4}}]}, "15"),
    find("filter-or-beside-a-field", ONE_TO_FIVE, {"$or": [{"a": 1}, {"a": 5}], "_id": "5"}, "5"),
    find("filter-nor", ONE_TO_FIVE, {"$nor": [{"a": 1}, {"a": {"$gt": 4}}]}, "234"),
    find("filter-nor-counts-missing-as-unmatched", MIXED, {"$nor": [{"a": {"$gt": 0}}]}, "34568"),
    find(
        "filter-nested-logic",
        ONE_TO_FIVE,
        {"$or": [{"$and": [{"a": 1}, {"a": 2}]}, {"$nor": [{"a": {"$lt": 5}}]}]},
        "5",
    ),
    find("filter-same-field-in-and", values([1, 5], [3], [1]), {"$and": [{"a": 1}, {"a": 5}]}, "1"),
    find("filter-not-gt", MIXED, {"a": {"$not": {"$gt": 1}}}, "134568"),
    find("filter-not-eq", MIXED, {"a": {"$not": {"$eq": 1}}}, "234568"),
    find("filter-not-exists", MIXED, {"a": {"$not": {"$exists": True}}}, "6"),
    find("filter-not-not", MIXED, {"a": {"$not": {"$not": {"$gt": 2}}}}, "2"),
    find("filter-not-of-two-conditions", ONE_TO_FIVE, {"a": {"$not": {"$gt": 2, "$lt": 5}}}, "125"),
    find("filter-not-in", MIXED, {"a": {"$not": {"$in": [1, "x"]}}}, "24568"),
    # --- $mod ---
    find("filter-mod", ONE_TO_FIVE, {"a": {"$mod": [2, 1]}}, "135"),
    find("filter-mod-cuts-off-fractions-of-the-value", values(4.9, 5.9, "4", None), {"a": {"$mod": [2, 0]}}, "1"),
    find("filter-mod-of-negative-keeps-the-sign", values(-5, 5), {"a": {"$mod": [3, -2]}}, "1"),
    find("filter-mod-by-zero-is-refused", ONE_TO_FIVE, {"a": {"$mod": [0, 1]}}, InvalidQuery),
    find("filter-mod-with-one-number-is-refused", ONE_TO_FIVE, {"a": {"$mod": [2]}}, InvalidQuery),
    # --- bits ---
    find("filter-bits-all-set", values(1, 2, 3, 5, "1"), {"a": {"$bitsAllSet": 1}}, "134"),
    find("filter-bits-any-set", values(1, 2, 3, 4), {"a": {"$bitsAnySet": [0, 1]}}, "123"),
    find("filter-bits-all-clear", values(1, 2, 3, 4), {"a": {"$bitsAllClear": 3}}, "4"),
    find("filter-bits-any-clear", values(1, 2, 3, 4), {"a": {"$bitsAnyClear": 3}}, "124"),
    # --- $expr ---
    find(
        "filter-expr-compares-two-fields",
        [{"_id": "1", "a": 1, "b": 2}, {"_id": "2", "a": 3, "b": 2}],
        {"$expr": {"$gt": ["$a", "$b"]}},
        "2",
    ),
    find("filter-expr-compares-across-types", MIXED, {"$expr": {"$gt": ["$a", 1000]}}, "3478"),
    find("filter-expr-beside-a-field", ONE_TO_FIVE, {"a": {"$gt": 2}, "$expr": {"$lt": ["$a", 5]}}, "34"),
    find("filter-expr-inside-or", ONE_TO_FIVE, {"$or": [{"$expr": {"$eq": ["$a", 1]}}, {"a": 2}]}, "12"),
    find("filter-expr-truth-of-a-value", values(0, 1, None, MISSING, "", False), {"$expr": "$a"}, "25"),
    find("filter-comment-changes-nothing", ONE_TO_FIVE, {"a": 1, "$comment": "why"}, "1"),
    # --- refused ---
    find("filter-unknown-operator-is-refused", ONE_TO_FIVE, {"a": {"$near_by": 1}}, InvalidQuery),
    find("filter-unknown-top-level-operator-is-refused", ONE_TO_FIVE, {"$xor": []}, InvalidQuery),
    find("filter-where-is-refused", ONE_TO_FIVE, {"$where": "this.a == 1"}, InvalidQuery),
    find(
        "filter-function-in-expr-is-refused",
        ONE_TO_FIVE,
        {"$expr": {"$function": {"body": "", "args": [], "lang": "js"}}},
        InvalidQuery,
    ),
    find("filter-in-without-a-list-is-refused", ONE_TO_FIVE, {"a": {"$in": 1}}, InvalidQuery),
    find("filter-in-with-an-operator-is-refused", ONE_TO_FIVE, {"a": {"$in": [{"$gt": 1}]}}, InvalidQuery),
    find("filter-and-without-a-list-is-refused", ONE_TO_FIVE, {"$and": {"a": 1}}, InvalidQuery),
    find("filter-and-of-nothing-is-refused", ONE_TO_FIVE, {"$and": []}, InvalidQuery),
    find("filter-or-of-a-scalar-is-refused", ONE_TO_FIVE, {"$or": [1]}, InvalidQuery),
    find("filter-not-with-a-value-is-refused", ONE_TO_FIVE, {"a": {"$not": 1}}, InvalidQuery),
    find("filter-not-with-nothing-is-refused", ONE_TO_FIVE, {"a": {"$not": {}}}, InvalidQuery),
    find("filter-size-of-text-is-refused", ONE_TO_FIVE, {"a": {"$size": "1"}}, InvalidQuery),
    find("filter-size-below-zero-is-refused", ONE_TO_FIVE, {"a": {"$size": -1}}, InvalidQuery),
    find("filter-elem-match-of-a-scalar-is-refused", ONE_TO_FIVE, {"a": {"$elemMatch": 1}}, InvalidQuery),
    find("filter-all-without-a-list-is-refused", ONE_TO_FIVE, {"a": {"$all": 1}}, InvalidQuery),
    find("filter-unknown-type-is-refused", ONE_TO_FIVE, {"a": {"$type": "float128"}}, InvalidQuery),
    find("filter-operator-beside-a-plain-field-is-refused", ONE_TO_FIVE, {"a": {"$gt": 1, "b": 2}}, InvalidQuery),
    find("filter-that-is-a-list-is-refused", ONE_TO_FIVE, [{"a": 1}], InvalidQuery),
]
