"""Update operators on arrays, and positions within arrays."""

from __future__ import annotations

from bson import Regex

from chalicelib.core.errors import InvalidUpdate
from tests.contracts.documents.case import Case, update

NUMBERS = {"a": [3, 1, 2]}
ROWS = {"a": [{"x": 3, "y": 1}, {"x": 1, "y": 2}, {"x": 2, "y": 1}]}

CASES: list[Case] = [
    # --- $push ---
    update("push", NUMBERS, {"$push": {"a": 9}}, {"a": [3, 1, 2, 9]}),
    update("push-onto-missing", {}, {"$push": {"a": 9}}, {"a": [9]}),
    update("push-an-array-is-one-element", NUMBERS, {"$push": {"a": [7, 8]}}, {"a": [3, 1, 2, [7, 8]]}),
    update("push-each", NUMBERS, {"$push": {"a": {"$each": [7, 8]}}}, {"a": [3, 1, 2, 7, 8]}),
    update("push-each-of-nothing", NUMBERS, {"$push": {"a": {"$each": []}}}, NUMBERS),
    update("push-each-of-nothing-onto-missing", {}, {"$push": {"a": {"$each": []}}}, {"a": []}),
    update("push-at-position", NUMBERS, {"$push": {"a": {"$each": [7, 8], "$position": 1}}}, {"a": [3, 7, 8, 1, 2]}),
    update("push-at-the-front", NUMBERS, {"$push": {"a": {"$each": [7], "$position": 0}}}, {"a": [7, 3, 1, 2]}),
    update(
        "push-at-position-beyond-the-end",
        NUMBERS,
        {"$push": {"a": {"$each": [7], "$position": 9}}},
        {"a": [3, 1, 2, 7]},
    ),
    update(
        "push-at-position-from-the-end", NUMBERS, {"$push": {"a": {"$each": [7], "$position": -1}}}, {"a": [3, 1, 7, 2]}
    ),
    update("push-slice-first", NUMBERS, {"$push": {"a": {"$each": [7], "$slice": 2}}}, {"a": [3, 1]}),
    update("push-slice-last", NUMBERS, {"$push": {"a": {"$each": [7], "$slice": -2}}}, {"a": [2, 7]}),
    update("push-slice-zero-empties", NUMBERS, {"$push": {"a": {"$each": [7], "$slice": 0}}}, {"a": []}),
    update("push-sort", NUMBERS, {"$push": {"a": {"$each": [0], "$sort": 1}}}, {"a": [0, 1, 2, 3]}),
    update("push-sort-descending", NUMBERS, {"$push": {"a": {"$each": [], "$sort": -1}}}, {"a": [3, 2, 1]}),
    update(
        "push-sort-across-types",
        {"a": ["x", 2, None]},
        {"$push": {"a": {"$each": [True], "$sort": 1}}},
        {"a": [None, 2, "x", True]},
    ),
    update(
        "push-sort-by-field",
        ROWS,
        {"$push": {"a": {"$each": [{"x": 0}], "$sort": {"x": 1}}}},
        {"a": [{"x": 0}, {"x": 1, "y": 2}, {"x": 2, "y": 1}, {"x": 3, "y": 1}]},
    ),
    update(
        "push-sort-by-two-fields",
        ROWS,
        {"$push": {"a": {"$each": [], "$sort": {"y": 1, "x": -1}}}},
        {"a": [{"x": 3, "y": 1}, {"x": 2, "y": 1}, {"x": 1, "y": 2}]},
    ),
    update(
        "push-sort-then-slice", NUMBERS, {"$push": {"a": {"$each": [5, 0], "$sort": -1, "$slice": 3}}}, {"a": [5, 3, 2]}
    ),
    update("push-onto-path", {"o": {"a": [1]}}, {"$push": {"o.a": 2}}, {"o": {"a": [1, 2]}}),
    update("push-onto-scalar-is-refused", {"a": 1}, {"$push": {"a": 2}}, InvalidUpdate),
    update("push-onto-null-is-refused", {"a": None}, {"$push": {"a": 2}}, InvalidUpdate),
    update("push-each-without-a-list-is-refused", NUMBERS, {"$push": {"a": {"$each": 5}}}, InvalidUpdate),
    update("push-unknown-modifier-is-refused", NUMBERS, {"$push": {"a": {"$each": [5], "$every": 1}}}, InvalidUpdate),
    update("push-slice-of-text-is-refused", NUMBERS, {"$push": {"a": {"$each": [5], "$slice": "1"}}}, InvalidUpdate),
    update("push-sort-of-two-is-refused", NUMBERS, {"$push": {"a": {"$each": [5], "$sort": 2}}}, InvalidUpdate),
    # --- $addToSet ---
    update("add-to-set-new", NUMBERS, {"$addToSet": {"a": 9}}, {"a": [3, 1, 2, 9]}),
    update("add-to-set-known", NUMBERS, {"$addToSet": {"a": 1}}, NUMBERS),
    update("add-to-set-known-as-double", NUMBERS, {"$addToSet": {"a": 1.0}}, NUMBERS),
    update("add-to-set-true-is-not-one", NUMBERS, {"$addToSet": {"a": True}}, {"a": [3, 1, 2, True]}),
    update("add-to-set-onto-missing", {}, {"$addToSet": {"a": 1}}, {"a": [1]}),
    update("add-to-set-each", NUMBERS, {"$addToSet": {"a": {"$each": [1, 7, 7]}}}, {"a": [3, 1, 2, 7]}),
    update("add-to-set-an-array-is-one-element", NUMBERS, {"$addToSet": {"a": [1]}}, {"a": [3, 1, 2, [1]]}),
    update(
        "add-to-set-objects-by-field-order",
        {"a": [{"x": 1, "y": 2}]},
        {"$addToSet": {"a": {"y": 2, "x": 1}}},
        {"a": [{"x": 1, "y": 2}, {"y": 2, "x": 1}]},
    ),
    update("add-to-set-keeps-old-duplicates", {"a": [1, 1]}, {"$addToSet": {"a": 2}}, {"a": [1, 1, 2]}),
    update("add-to-set-onto-scalar-is-refused", {"a": 1}, {"$addToSet": {"a": 2}}, InvalidUpdate),
    # --- $pull, $pullAll, $pop ---
    update("pull-value", {"a": [1, 2, 1, 3]}, {"$pull": {"a": 1}}, {"a": [2, 3]}),
    update("pull-value-as-double", {"a": [1, 2]}, {"$pull": {"a": 1.0}}, {"a": [2]}),
    update("pull-by-condition", NUMBERS, {"$pull": {"a": {"$gte": 2}}}, {"a": [1]}),
    update("pull-by-in", NUMBERS, {"$pull": {"a": {"$in": [1, 2]}}}, {"a": [3]}),
    update("pull-objects-by-field", ROWS, {"$pull": {"a": {"y": 1}}}, {"a": [{"x": 1, "y": 2}]}),
    update("pull-objects-by-condition", ROWS, {"$pull": {"a": {"x": {"$gt": 1}, "y": 1}}}, {"a": [{"x": 1, "y": 2}]}),
    update(
        "pull-objects-by-elem-match-on-inner-array",
        {"a": [{"r": [1, 5]}, {"r": [9]}]},
        {"$pull": {"a": {"r": {"$elemMatch": {"$gt": 4, "$lt": 6}}}}},
        {"a": [{"r": [9]}]},
    ),
    update("pull-from-missing-changes-nothing", {"b": 1}, {"$pull": {"a": 1}}, {"b": 1}),
    update("pull-null", {"a": [None, 1]}, {"$pull": {"a": None}}, {"a": [1]}),
    update("pull-by-regex", {"a": ["ab", "b"]}, {"$pull": {"a": Regex("^a")}}, {"a": ["b"]}),
    update("pull-an-array-value", {"a": [[1], 1]}, {"$pull": {"a": [1]}}, {"a": [1]}),
    update("pull-from-scalar-is-refused", {"a": 1}, {"$pull": {"a": 1}}, InvalidUpdate),
    update("pull-all", {"a": [1, 2, 1, 3]}, {"$pullAll": {"a": [1, 3]}}, {"a": [2]}),
    update(
        "pull-all-objects-exactly",
        {"a": [{"x": 1}, {"x": 1, "y": 2}]},
        {"$pullAll": {"a": [{"x": 1}]}},
        {"a": [{"x": 1, "y": 2}]},
    ),
    update("pull-all-without-a-list-is-refused", NUMBERS, {"$pullAll": {"a": 1}}, InvalidUpdate),
    update("pop-last", NUMBERS, {"$pop": {"a": 1}}, {"a": [3, 1]}),
    update("pop-first", NUMBERS, {"$pop": {"a": -1}}, {"a": [1, 2]}),
    update("pop-empty", {"a": []}, {"$pop": {"a": 1}}, {"a": []}),
    update("pop-missing", {"b": 1}, {"$pop": {"a": 1}}, {"b": 1}),
    update("pop-scalar-is-refused", {"a": 1}, {"$pop": {"a": 1}}, InvalidUpdate),
    update("pop-by-two-is-refused", NUMBERS, {"$pop": {"a": 2}}, InvalidUpdate),
    # --- the position a filter found ---
    update("position-of-a-value", NUMBERS, {"$set": {"a.$": 9}}, {"a": [3, 9, 2]}, filter={"a": 1}),
    update(
        "position-of-a-condition",
        NUMBERS,
        {"$inc": {"a.$": 10}},
        {"a": [3, 1, 12]},
        filter={"a": {"$elemMatch": {"$gt": 1, "$lt": 3}}},
    ),
    update(
        "position-of-an-object",
        ROWS,
        {"$set": {"a.$.y": 9}},
        {"a": [{"x": 3, "y": 1}, {"x": 1, "y": 9}, {"x": 2, "y": 1}]},
        filter={"a.x": 1},
    ),
    update(
        "position-by-elem-match",
        ROWS,
        {"$set": {"a.$.z": 9}},
        {"a": [{"x": 3, "y": 1}, {"x": 1, "y": 2}, {"x": 2, "y": 1, "z": 9}]},
        filter={"a": {"$elemMatch": {"x": {"$lt": 3}, "y": 1}}},
    ),
    update("position-of-in", NUMBERS, {"$set": {"a.$": 9}}, {"a": [3, 1, 9]}, filter={"a": {"$in": [2]}}),
    update(
        "position-beside-other-conditions",
        {**NUMBERS, "b": 1},
        {"$set": {"a.$": 9}},
        {"a": [9, 1, 2], "b": 1},
        filter={"b": 1, "a": 3},
    ),
    update(
        "position-replaces-an-object",
        ROWS,
        {"$set": {"a.$": 0}},
        {"a": [{"x": 3, "y": 1}, 0, {"x": 2, "y": 1}]},
        filter={"a.x": 1},
    ),
    update(
        "position-behind-an-index",
        {"a": [{"b": [2, 3]}, {"b": [4, 5]}]},
        {"$set": {"a.0.b.$": 9}},
        {"a": [{"b": [2, 9]}, {"b": [4, 5]}]},
        filter={"a.0.b": 3},
    ),
    update("position-of-an-index-is-refused", NUMBERS, {"$set": {"a.$": 9}}, InvalidUpdate, filter={"a.1": 1}),
    update("position-unset-leaves-null", NUMBERS, {"$unset": {"a.$": ""}}, {"a": [3, None, 2]}, filter={"a": 1}),
    update(
        "position-without-an-array-in-the-filter-is-refused",
        {**NUMBERS, "b": 1},
        {"$set": {"a.$": 9}},
        InvalidUpdate,
        filter={"b": 1},
    ),
    update(
        "position-push-into-inner-array",
        {"a": [{"k": 1, "r": []}, {"k": 2, "r": []}]},
        {"$push": {"a.$.r": 5}},
        {"a": [{"k": 1, "r": []}, {"k": 2, "r": [5]}]},
        filter={"a.k": 2},
    ),
    # --- every position ---
    update("every-position", NUMBERS, {"$inc": {"a.$[]": 10}}, {"a": [13, 11, 12]}),
    update(
        "every-position-of-a-field",
        ROWS,
        {"$set": {"a.$[].y": 0}},
        {"a": [{"x": 3, "y": 0}, {"x": 1, "y": 0}, {"x": 2, "y": 0}]},
    ),
    update("every-position-twice", {"a": [[1], [2, 3]]}, {"$inc": {"a.$[].$[]": 1}}, {"a": [[2], [3, 4]]}),
    update("every-position-of-an-empty-array", {"a": []}, {"$set": {"a.$[]": 1}}, {"a": []}),
    update("every-position-of-missing-is-refused", {}, {"$set": {"a.$[]": 1}}, InvalidUpdate),
    update("every-position-of-a-scalar-is-refused", {"a": 1}, {"$set": {"a.$[]": 1}}, InvalidUpdate),
    # --- filtered positions ---
    update(
        "filtered-positions", NUMBERS, {"$set": {"a.$[e]": 0}}, {"a": [0, 1, 0]}, array_filters=[{"e": {"$gte": 2}}]
    ),
    update(
        "filtered-positions-by-field",
        ROWS,
        {"$inc": {"a.$[e].x": 10}},
        {"a": [{"x": 13, "y": 1}, {"x": 1, "y": 2}, {"x": 12, "y": 1}]},
        array_filters=[{"e.y": 1}],
    ),
    update(
        "filtered-positions-by-two-fields",
        ROWS,
        {"$set": {"a.$[e].x": 0}},
        {"a": [{"x": 0, "y": 1}, {"x": 1, "y": 2}, {"x": 2, "y": 1}]},
        array_filters=[{"e.y": 1, "e.x": {"$gt": 2}}],
    ),
    update(
        "filtered-positions-by-or",
        NUMBERS,
        {"$set": {"a.$[e]": 0}},
        {"a": [0, 0, 2]},
        array_filters=[{"$or": [{"e": 1}, {"e": 3}]}],
    ),
    update("filtered-positions-without-a-match", NUMBERS, {"$set": {"a.$[e]": 0}}, NUMBERS, array_filters=[{"e": 99}]),
    update(
        "filtered-positions-nested",
        {"a": [{"k": 1, "r": [1, 5]}, {"k": 2, "r": [5]}]},
        {"$set": {"a.$[o].r.$[i]": 0}},
        {"a": [{"k": 1, "r": [1, 0]}, {"k": 2, "r": [5]}]},
        array_filters=[{"o.k": 1}, {"i": 5}],
    ),
    update(
        "filtered-and-every-position",
        {"a": [{"r": [1, 5]}, {"r": [5]}]},
        {"$inc": {"a.$[].r.$[i]": 1}},
        {"a": [{"r": [1, 6]}, {"r": [6]}]},
        array_filters=[{"i": {"$gt": 4}}],
    ),
    update(
        "filtered-positions-push",
        {"a": [{"k": 1, "r": []}, {"k": 2, "r": []}]},
        {"$push": {"a.$[e].r": 7}},
        {"a": [{"k": 1, "r": []}, {"k": 2, "r": [7]}]},
        array_filters=[{"e.k": 2}],
    ),
    update("filtered-positions-without-their-filter-are-refused", NUMBERS, {"$set": {"a.$[e]": 0}}, InvalidUpdate),
    update(
        "unused-array-filter-is-refused",
        NUMBERS,
        {"$set": {"a.$[e]": 0}},
        InvalidUpdate,
        array_filters=[{"e": 1}, {"f": 2}],
    ),
    update(
        "array-filter-twice-is-refused",
        NUMBERS,
        {"$set": {"a.$[e]": 0}},
        InvalidUpdate,
        array_filters=[{"e": 1}, {"e": 2}],
    ),
    update(
        "array-filter-with-a-bad-name-is-refused",
        NUMBERS,
        {"$set": {"a.$[E]": 0}},
        InvalidUpdate,
        array_filters=[{"E": 1}],
    ),
]
