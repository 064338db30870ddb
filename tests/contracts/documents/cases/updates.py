"""Update operators on fields and values."""

from __future__ import annotations

from bson import Decimal128, Int64

from chalicelib.core.errors import ImmutableField, InvalidUpdate
from tests.contracts.documents.case import Case, Find, UpdateMany, UpdateOne, UpsertOne, moment, update

PLAIN = {"a": 1, "b": 2}

CASES: list[Case] = [
    # --- $set ---
    update("set-existing-field-keeps-its-place", PLAIN, {"$set": {"a": "x"}}, {"a": "x", "b": 2}),
    update("set-new-field-goes-last", PLAIN, {"$set": {"c": 3}}, {"a": 1, "b": 2, "c": 3}),
    # New fields are added in lexicographic order of their names.
    update("set-new-fields-in-name-order", {}, {"$set": {"c": 1, "a": 2, "b": 3}}, {"a": 2, "b": 3, "c": 1}),
    update("set-path-makes-parents", {}, {"$set": {"a.b.c": 1}}, {"a": {"b": {"c": 1}}}),
    update("set-path-beside-others", {"a": {"x": 1}}, {"$set": {"a.y": 2}}, {"a": {"x": 1, "y": 2}}),
    update("set-array-index", {"a": [1, 2]}, {"$set": {"a.1": 9}}, {"a": [1, 9]}),
    update("set-array-index-at-the-end", {"a": [1]}, {"$set": {"a.1": 9}}, {"a": [1, 9]}),
    update("set-array-index-beyond-the-end-fills-nulls", {"a": [1]}, {"$set": {"a.3": 9}}, {"a": [1, None, None, 9]}),
    update("set-number-part-on-missing-makes-an-object", {}, {"$set": {"a.0": 9}}, {"a": {"0": 9}}),
    update("set-field-of-array-element", {"a": [{"x": 1}]}, {"$set": {"a.0.y": 2}}, {"a": [{"x": 1, "y": 2}]}),
    update("set-whole-object", {"a": {"x": 1}}, {"$set": {"a": {"y": 2}}}, {"a": {"y": 2}}),
    update("set-null", PLAIN, {"$set": {"a": None}}, {"a": None, "b": 2}),
    update("set-same-id-is-allowed", PLAIN, {"$set": {"_id": "1", "a": 5}}, {"a": 5, "b": 2}),
    update("set-through-scalar-is-refused", PLAIN, {"$set": {"a.x": 1}}, InvalidUpdate),
    update("set-through-null-is-refused", {"a": None}, {"$set": {"a.x": 1}}, InvalidUpdate),
    update("set-name-on-array-is-refused", {"a": [1]}, {"$set": {"a.x": 1}}, InvalidUpdate),
    update("set-other-id-is-refused", PLAIN, {"$set": {"_id": "2"}}, ImmutableField),
    update("set-nothing-changes-nothing", PLAIN, {"$set": {}}, PLAIN),
    # --- $unset ---
    update("unset", PLAIN, {"$unset": {"a": ""}}, {"b": 2}),
    update("unset-any-operand", PLAIN, {"$unset": {"a": 1}}, {"b": 2}),
    update("unset-missing", PLAIN, {"$unset": {"q": ""}}, PLAIN),
    update("unset-path", {"a": {"x": 1, "y": 2}}, {"$unset": {"a.x": ""}}, {"a": {"y": 2}}),
    update("unset-last-field-leaves-an-empty-object", {"a": {"x": 1}}, {"$unset": {"a.x": ""}}, {"a": {}}),
    update("unset-array-element-leaves-null", {"a": [1, 2, 3]}, {"$unset": {"a.1": ""}}, {"a": [1, None, 3]}),
    update("unset-through-scalar-changes-nothing", PLAIN, {"$unset": {"a.x": ""}}, PLAIN),
    update("unset-id-is-refused", PLAIN, {"$unset": {"_id": ""}}, ImmutableField),
    # --- $inc, $mul ---
    update("inc", PLAIN, {"$inc": {"a": 2}}, {"a": 3, "b": 2}),
    update("inc-negative", PLAIN, {"$inc": {"a": -5}}, {"a": -4, "b": 2}),
    update("inc-missing-sets-the-amount", PLAIN, {"$inc": {"c": 5}}, {"a": 1, "b": 2, "c": 5}),
    update("inc-by-double-makes-double", PLAIN, {"$inc": {"a": 1.5}}, {"a": 2.5, "b": 2}),
    update("inc-double-by-int-stays-double", {"a": 1.0}, {"$inc": {"a": 1}}, {"a": 2.0}),
    update("inc-int-overflows-into-long", {"a": 2**31 - 1}, {"$inc": {"a": 1}}, {"a": 2**31}),
    update("inc-long-overflow-is-refused", {"a": Int64(2**63 - 1)}, {"$inc": {"a": 1}}, InvalidUpdate),
    update("inc-decimal", {"a": Decimal128("0.1")}, {"$inc": {"a": Decimal128("0.2")}}, {"a": Decimal128("0.3")}),
    update("inc-path", {"a": {"n": 1}}, {"$inc": {"a.n": 1, "a.m": 1}}, {"a": {"n": 2, "m": 1}}),
    update("inc-array-index", {"a": [1, 2]}, {"$inc": {"a.0": 5}}, {"a": [6, 2]}),
    update("inc-text-is-refused", {"a": "1"}, {"$inc": {"a": 1}}, InvalidUpdate),
    update("inc-null-is-refused", {"a": None}, {"$inc": {"a": 1}}, InvalidUpdate),
    update("inc-true-is-refused", {"a": True}, {"$inc": {"a": 1}}, InvalidUpdate),
    update("inc-by-text-is-refused", PLAIN, {"$inc": {"a": "1"}}, InvalidUpdate),
    update("inc-array-is-refused", {"a": [1]}, {"$inc": {"a": 1}}, InvalidUpdate),
    update("mul", {"a": 3}, {"$mul": {"a": 4}}, {"a": 12}),
    update("mul-missing-sets-zero", {}, {"$mul": {"a": 4}}, {"a": 0}),
    update("mul-missing-by-double-sets-double-zero", {}, {"$mul": {"a": 4.5}}, {"a": 0.0}),
    update("mul-by-double", {"a": 3}, {"$mul": {"a": 0.5}}, {"a": 1.5}),
    update("mul-int-overflows-into-long", {"a": 2**30}, {"$mul": {"a": 8}}, {"a": 2**33}),
    update("mul-text-is-refused", {"a": "3"}, {"$mul": {"a": 4}}, InvalidUpdate),
    # --- $min, $max ---
    update("min-lower", PLAIN, {"$min": {"a": 0}}, {"a": 0, "b": 2}),
    update("min-higher-changes-nothing", PLAIN, {"$min": {"a": 5}}, PLAIN),
    update("min-missing-sets", {}, {"$min": {"a": 5}}, {"a": 5}),
    update("max-higher", PLAIN, {"$max": {"a": 7}}, {"a": 7, "b": 2}),
    update("max-lower-changes-nothing", PLAIN, {"$max": {"a": 0}}, PLAIN),
    update("max-across-types", PLAIN, {"$max": {"a": "x"}}, {"a": "x", "b": 2}),
    update("min-across-types", {"a": "x"}, {"$min": {"a": 10}}, {"a": 10}),
    update("min-null-is-lower-than-a-number", PLAIN, {"$min": {"a": None}}, {"a": None, "b": 2}),
    update("max-equal-value-of-other-type-changes-nothing", PLAIN, {"$max": {"a": 1.0}}, PLAIN),
    update(
        "max-dates", {"a": moment("2020-01-01")}, {"$max": {"a": moment("2021-01-01")}}, {"a": moment("2021-01-01")}
    ),
    # --- $rename ---
    update("rename", PLAIN, {"$rename": {"a": "c"}}, {"b": 2, "c": 1}),
    update("rename-over-existing", PLAIN, {"$rename": {"a": "b"}}, {"b": 1}),
    update("rename-missing-changes-nothing", PLAIN, {"$rename": {"q": "r"}}, PLAIN),
    update("rename-into-a-path", PLAIN, {"$rename": {"a": "o.x"}}, {"b": 2, "o": {"x": 1}}),
    update("rename-out-of-a-path", {"o": {"x": 1, "y": 2}}, {"$rename": {"o.x": "z"}}, {"o": {"y": 2}, "z": 1}),
    update("rename-to-itself-is-refused", PLAIN, {"$rename": {"a": "a"}}, InvalidUpdate),
    update("rename-in-an-array-is-refused", {"a": [{"x": 1}]}, {"$rename": {"a.0.x": "a.0.y"}}, InvalidUpdate),
    update("rename-to-a-number-is-refused", PLAIN, {"$rename": {"a": 5}}, InvalidUpdate),
    # --- $bit ---
    update("bit-and", {"a": 13}, {"$bit": {"a": {"and": 10}}}, {"a": 8}),
    update("bit-or", {"a": 3}, {"$bit": {"a": {"or": 5}}}, {"a": 7}),
    update("bit-xor", {"a": 1}, {"$bit": {"a": {"xor": 5}}}, {"a": 4}),
    update("bit-of-missing-starts-at-zero", {}, {"$bit": {"a": {"or": 5}}}, {"a": 5}),
    update("bit-of-double-is-refused", {"a": 1.5}, {"$bit": {"a": {"or": 5}}}, InvalidUpdate),
    update("bit-by-unknown-operation-is-refused", {"a": 1}, {"$bit": {"a": {"nand": 5}}}, InvalidUpdate),
    # --- several at once ---
    update(
        "several-operators",
        {"a": 1, "b": 2, "c": [1]},
        {"$inc": {"a": 1}, "$unset": {"b": ""}, "$push": {"c": 2}, "$set": {"d": 4}},
        {"a": 2, "c": [1, 2], "d": 4},
    ),
    update(
        "set-on-insert-is-silent-on-existing", PLAIN, {"$set": {"a": 5}, "$setOnInsert": {"z": 1}}, {"a": 5, "b": 2}
    ),
    update("nothing-matches", PLAIN, {"$set": {"a": 5}}, None, filter={"a": 99}),
    # --- refused as a whole ---
    update("conflicting-paths-are-refused", PLAIN, {"$set": {"a": 1}, "$inc": {"a": 1}}, InvalidUpdate),
    update("parent-and-child-are-refused", {"a": {"b": 1}}, {"$set": {"a": {}, "a.b": 2}}, InvalidUpdate),
    update("unknown-update-operator-is-refused", PLAIN, {"$increase": {"a": 1}}, InvalidUpdate),
    update("operator-without-an-object-is-refused", PLAIN, {"$set": 5}, InvalidUpdate),
    update("update-without-operators-is-refused", PLAIN, {"a": 5}, InvalidUpdate),
    update("operators-and-fields-are-refused", PLAIN, {"$set": {"a": 5}, "b": 1}, InvalidUpdate),
    update("update-that-is-a-list-is-refused", PLAIN, [{"$set": {"a": 5}}], InvalidUpdate),
    update("empty-path-is-refused", PLAIN, {"$set": {"": 5}}, InvalidUpdate),
    update("path-with-empty-part-is-refused", PLAIN, {"$set": {"c..d": 5}}, InvalidUpdate),
    update("one-failing-operator-changes-nothing", {"a": 1, "b": "x"}, {"$inc": {"a": 1, "b": 1}}, InvalidUpdate),
    # --- upserts ---
    Case("upsert-makes", [], UpsertOne("7", {"$set": {"a": 1}}), {"_id": "7", "a": 1}),
    Case("upsert-changes", [{"_id": "7", "a": 1}], UpsertOne("7", {"$inc": {"a": 1}}), {"_id": "7", "a": 2}),
    Case(
        "upsert-sets-on-insert",
        [],
        UpsertOne("7", {"$inc": {"a": 1}, "$setOnInsert": {"b": 5}}),
        {"_id": "7", "a": 1, "b": 5},
    ),
    Case(
        "upsert-does-not-set-on-insert-when-there",
        [{"_id": "7", "a": 1}],
        UpsertOne("7", {"$inc": {"a": 1}, "$setOnInsert": {"b": 5}}),
        {"_id": "7", "a": 2},
    ),
    Case("upsert-pushes-into-a-new-array", [], UpsertOne("7", {"$push": {"a": 1}}), {"_id": "7", "a": [1]}),
    Case("upsert-refused-makes-nothing", [], UpsertOne("7", {"$set": {"a": 1, "a.b": 2}}), InvalidUpdate),
    # --- many ---
    Case(
        "update-many-changes-the-matching",
        [{"_id": "1", "a": 1}, {"_id": "2", "a": 2}, {"_id": "3", "a": 3}],
        UpdateMany({"$inc": {"a": 10}}, {"a": {"$gte": 2}}),
        [{"_id": "1", "a": 1}, {"_id": "2", "a": 12}, {"_id": "3", "a": 13}],
    ),
    Case(
        "update-many-with-the-positional-operator",
        [{"_id": "1", "a": [1, 2]}, {"_id": "2", "a": [2, 1]}],
        UpdateMany({"$set": {"a.$": 9}}, {"a": 2}),
        [{"_id": "1", "a": [1, 9]}, {"_id": "2", "a": [9, 1]}],
    ),
    Case(
        "update-one-changes-only-one",
        [{"_id": "1", "a": 1}],
        UpdateOne({"$set": {"a": 2}}, {"a": 1}),
        {"_id": "1", "a": 2},
    ),
    Case("find-after-nothing", [], Find({"a": 1}), []),
]
