"""Sort orders and pages."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import Decimal128, MaxKey, MinKey, ObjectId, Timestamp

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, find, values

# One value of each type, stored in no particular order; the ids spell the order MongoDB gives them.
EVERY_TYPE = [
    {"_id": "8", "a": True},
    {"_id": "2", "a": 5},
    {"_id": "6", "a": b"bytes"},
    {"_id": "1", "a": None},
    {"_id": "9", "a": datetime(2020, 1, 1, tzinfo=UTC)},
    {"_id": "3", "a": "text"},
    {"_id": "7", "a": ObjectId("5f5f5f5f5f5f5f5f5f5f5f5f")},
    {"_id": "4", "a": {"b": 1}},
    {"_id": "5", "a": [[1]]},
    {"_id": "a", "a": Timestamp(1, 1)},
    {"_id": "0", "a": MinKey()},
    {"_id": "z", "a": MaxKey()},
]
LISTS = values([1, 9], [4, 5], 3, [], None, MISSING, [[0]])
PEOPLE = [
    {"_id": "1", "name": "b", "age": 30, "at": {"city": "x"}},
    {"_id": "2", "name": "a", "age": 30, "at": {"city": "y"}},
    {"_id": "3", "name": "c", "age": 20},
    {"_id": "4", "name": "a", "age": 20, "at": {"city": "x"}},
]
ROWS = [
    {"_id": "1", "items": [{"n": 5}, {"n": 1}]},
    {"_id": "2", "items": [{"n": 3}]},
    {"_id": "3", "items": {"n": 2}},
    {"_id": "4", "items": [{"m": 1}]},
]
TEN = values(*range(10))
for _number, _document in enumerate(TEN):
    _document["_id"] = str(_number)

CASES: list[Case] = [
    find("sort-ascending", values(3, 1, 2), {}, "231", sort=[("a", 1)]),
    find("sort-descending", values(3, 1, 2), {}, "132", sort=[("a", -1)]),
    find("sort-across-types", EVERY_TYPE, {}, "0123456789az", sort=[("a", 1)]),
    find("sort-across-types-descending", EVERY_TYPE, {}, "za9876543210", sort=[("a", -1)]),
    find(
        "sort-numbers-of-all-kinds",
        values(2, 1.5, Decimal128("1.7"), 2**40, -1, float("nan")),
        {},
        "652314",
        sort=[("a", 1)],
    ),
    find("sort-equal-numbers-keep-the-order-of-ids", values(1, 1.0, Decimal128("1")), {}, "123", sort=[("a", 1)]),
    find("sort-false-before-true", values(True, False), {}, "21", sort=[("a", 1)]),
    find("sort-text-by-code-points", values("b", "a", "B", "あ", "é", "", "aa"), {}, "6327154", sort=[("a", 1)]),
    # Text sorts by its UTF-8 bytes: an emoji comes after a full-width letter, unlike in UTF-16.
    find("sort-text-beyond-the-basic-plane", values("\U0001f600", "\uff21"), {}, "21", sort=[("a", 1)]),
    find("sort-missing-with-null", values(None, MISSING, 1), {}, "123", sort=[("a", 1)]),
    find("sort-missing-last-descending", values(MISSING, 1, None), {}, "213", sort=[("a", -1)]),
    # Ascending an array counts as its smallest element, an empty one as less than null.
    find("sort-arrays-ascending", LISTS, {}, "4561327", sort=[("a", 1)]),
    find("sort-arrays-descending", LISTS, {}, "7123564", sort=[("a", -1)]),
    find("sort-by-two-keys", PEOPLE, {}, "4321", sort=[("age", 1), ("name", 1)]),
    find("sort-by-two-keys-mixed", PEOPLE, {}, "2143", sort=[("age", -1), ("name", 1)]),
    find("sort-by-name-descending-then-age", PEOPLE, {}, "3142", sort=[("name", -1), ("age", 1)]),
    find("sort-by-path", PEOPLE, {}, "3142", sort=[("at.city", 1)]),
    find("sort-by-path-into-arrays-ascending", ROWS, {}, "4132", sort=[("items.n", 1)]),
    find("sort-by-path-into-arrays-descending", ROWS, {}, "1234", sort=[("items.n", -1)]),
    find("sort-by-id-descending", PEOPLE, {}, "4321", sort=[("_id", -1)]),
    find("sort-objects-by-content", values({"b": 2}, {"b": 1}, {"a": 9}, {}), {}, "4321", sort=[("a", 1)]),
    find("sort-with-filter", PEOPLE, {"age": 30}, "21", sort=[("name", 1)]),
    find(
        "sort-dates",
        values(datetime(2020, 1, 1, tzinfo=UTC), datetime(1960, 1, 1, tzinfo=UTC)),
        {},
        "21",
        sort=[("a", 1)],
    ),
    find("sort-bytes-by-length-first", values(b"b", b"aa", b"a"), {}, "312", sort=[("a", 1)]),
    # --- pages ---
    find("page-limit", TEN, {}, "012", sort=[("a", 1)], limit=3),
    find("page-limit-zero-is-none", TEN, {}, "", limit=0),
    find("page-limit-beyond-the-end", TEN, {"a": {"$gt": 7}}, "89", limit=50),
    find("page-skip", TEN, {}, "789", sort=[("a", 1)], skip=7),
    find("page-skip-and-limit", TEN, {}, "45", sort=[("a", 1)], skip=4, limit=2),
    find("page-skip-beyond-the-end", TEN, {}, "", skip=11),
    find("page-of-a-filter", TEN, {"a": {"$mod": [2, 0]}}, "46", sort=[("a", 1)], skip=2, limit=2),
    find("page-descending", TEN, {}, "87", sort=[("a", -1)], skip=1, limit=2),
    find("page-ties-by-id", PEOPLE, {}, "41", sort=[("age", 1)], skip=1, limit=2),
    # --- refused ---
    find("sort-direction-two-is-refused", TEN, {}, InvalidQuery, sort=[("a", 2)]),
    find("sort-empty-path-is-refused", TEN, {}, InvalidQuery, sort=[("", 1)]),
    find("sort-repeated-path-is-refused", TEN, {}, InvalidQuery, sort=[("a", 1), ("a", -1)]),
    find("sort-by-more-than-32-keys-is-refused", TEN, {}, InvalidQuery, sort=[(f"k{n}", 1) for n in range(33)]),
]
