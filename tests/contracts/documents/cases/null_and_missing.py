"""Filters on null, missing fields and the types of values."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import Decimal128, Int64, ObjectId

from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, find, values

DATE = datetime(2020, 1, 1, tzinfo=UTC)
OF_EVERY_TYPE = values(
    1,
    Int64(2**40),
    1.5,
    "x",
    True,
    None,
    MISSING,
    [1],
    {"b": 1},
    DATE,
    ObjectId("5f5f5f5f5f5f5f5f5f5f5f5f"),
    Decimal128("1"),
)
"""1 int, 2 long, 3 double, 4 string, 5 bool, 6 null, 7 missing, 8 array of int, 9 object, d date, e id, f decimal."""
for _letter, _document in zip("123456789def", OF_EVERY_TYPE, strict=True):
    _document["_id"] = _letter

PATHS = [
    {"_id": "1", "a": {"b": None}},
    {"_id": "2", "a": {}},
    {"_id": "3", "a": None},
    {"_id": "4"},
    {"_id": "5", "a": 5},
    {"_id": "6", "a": [{"b": 1}, {"c": 1}]},
    {"_id": "7", "a": []},
    {"_id": "8", "a": [{"b": 1}]},
]

CASES: list[Case] = [
    find("null-matches-null-and-missing", OF_EVERY_TYPE, {"a": None}, "67"),
    find("null-by-eq", OF_EVERY_TYPE, {"a": {"$eq": None}}, "67"),
    find("null-ne", OF_EVERY_TYPE, {"a": {"$ne": None}}, "1234589def"),
    find("null-in", OF_EVERY_TYPE, {"a": {"$in": [None, "x"]}}, "467"),
    find("null-nin", OF_EVERY_TYPE, {"a": {"$nin": [None]}}, "1234589def"),
    find("null-not-eq", OF_EVERY_TYPE, {"a": {"$not": {"$eq": None}}}, "1234589def"),
    # MongoDB finds "5" for a path through a scalar, and "6" because one element lacks the field, but not "7".
    find("null-on-a-path", PATHS, {"a.b": None}, "123456"),
    find("null-ne-on-a-path", PATHS, {"a.b": {"$ne": None}}, "78"),
    find("exists", OF_EVERY_TYPE, {"a": {"$exists": True}}, "12345689def"),
    find("exists-not", OF_EVERY_TYPE, {"a": {"$exists": False}}, "7"),
    find("exists-with-one", OF_EVERY_TYPE, {"a": {"$exists": 1}}, "12345689def"),
    find("exists-with-zero", OF_EVERY_TYPE, {"a": {"$exists": 0}}, "7"),
    find("exists-on-a-path", PATHS, {"a.b": {"$exists": True}}, "168"),
    find("exists-not-on-a-path", PATHS, {"a.b": {"$exists": False}}, "23457"),
    find("exists-and-null", OF_EVERY_TYPE, {"a": {"$exists": True, "$eq": None}}, "6"),
    find("exists-and-ne", OF_EVERY_TYPE, {"a": {"$exists": True, "$ne": 1}}, "234569de"),
    # --- $type ---
    find("type-int", OF_EVERY_TYPE, {"a": {"$type": "int"}}, "18"),
    find("type-long", OF_EVERY_TYPE, {"a": {"$type": "long"}}, "2"),
    find("type-double", OF_EVERY_TYPE, {"a": {"$type": "double"}}, "3"),
    find("type-decimal", OF_EVERY_TYPE, {"a": {"$type": "decimal"}}, "f"),
    find("type-number-is-any-of-four", OF_EVERY_TYPE, {"a": {"$type": "number"}}, "1238f"),
    find("type-string", OF_EVERY_TYPE, {"a": {"$type": "string"}}, "4"),
    find("type-bool", OF_EVERY_TYPE, {"a": {"$type": "bool"}}, "5"),
    find("type-null-skips-missing", OF_EVERY_TYPE, {"a": {"$type": "null"}}, "6"),
    find("type-array-is-the-field-itself", values([1], [[1]], 1), {"a": {"$type": "array"}}, "12"),
    find("type-object", OF_EVERY_TYPE, {"a": {"$type": "object"}}, "9"),
    find("type-object-of-an-element", values([{"b": 1}], [1]), {"a": {"$type": "object"}}, "1"),
    find("type-date", OF_EVERY_TYPE, {"a": {"$type": "date"}}, "d"),
    find("type-object-id", OF_EVERY_TYPE, {"a": {"$type": "objectId"}}, "e"),
    find("type-by-number-code", OF_EVERY_TYPE, {"a": {"$type": 2}}, "4"),
    find("type-of-several", OF_EVERY_TYPE, {"a": {"$type": ["string", "bool", 18]}}, "245"),
    find("type-under-not", OF_EVERY_TYPE, {"a": {"$not": {"$type": "number"}}}, "45679de"),
    find("type-on-a-path", PATHS, {"a.b": {"$type": "int"}}, "68"),
    # --- ranges within one type ---
    find("bracket-of-numbers", OF_EVERY_TYPE, {"a": {"$lt": 1e300}}, "1238f"),
    find("bracket-of-dates", OF_EVERY_TYPE, {"a": {"$gte": datetime(2000, 1, 1, tzinfo=UTC)}}, "d"),
    find("bracket-of-object-ids", OF_EVERY_TYPE, {"a": {"$lt": ObjectId("ffffffffffffffffffffffff")}}, "e"),
    find("bracket-of-booleans", OF_EVERY_TYPE, {"a": {"$lte": True}}, "5"),
    find("decimal-equals-int", OF_EVERY_TYPE, {"a": Decimal128("1.0")}, "18f"),
    find("decimal-range", OF_EVERY_TYPE, {"a": {"$gt": Decimal128("1.2")}}, "23"),
]
