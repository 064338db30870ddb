"""Unique indexes, and filters that an index serves."""

from __future__ import annotations

from typing import Any

from bson import ObjectId, Timestamp

from chalicelib.core.documents import Index
from chalicelib.core.errors import DuplicateId, DuplicateKey
from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, Find, Insert, UpdateMany, UpdateOne, UpsertOne, values

UNIQUE = Index("by_a", (("a", 1),), unique=True)
SPARSE = Index("by_a", (("a", 1),), unique=True, sparse=True)
SPARSE_BELOW = Index("by_a_b", (("a.b", 1),), unique=True, sparse=True)
PAIR = Index("by_a_b", (("a", 1), ("b", -1)), unique=True)
PLAIN = Index("by_a", (("a", 1),))
DESCENDING = Index("by_a", (("a", -1),))
MIXED = values(1, 2.5, "x", True, None, MISSING, [1, 2], {"b": 1}, float("nan"))
LOWEST = values(False, "", "\0", b"", b"\0", ObjectId("0" * 24), Timestamp(0, 1), float("nan"), -5)


def insert(id: str, index: Index, stored: list[dict[str, Any]], document: dict[str, Any], expected: Any = None) -> Case:
    """Inserts beside what is stored; `expected` is an error, or by default success."""
    return Case(id, stored, Insert(document), [*stored, document] if expected is None else expected, indexes=[index])


def indexed(id: str, filter: Any, expected: str, index: Index = PLAIN, **options: Any) -> Case:
    """A find in mixed values behind an index answers as it does without."""
    return Case(id, MIXED, Find(filter, ids_only=True, **options), list(expected), indexes=[index])


def lowest(name: str, bound: Any, expected: str) -> Case:
    """A descending index holds the lowest values of each type too."""
    operation = Find({"a": {"$lt": bound}}, ids_only=True)
    return Case(f"indexed-descending-below-{name}", LOWEST, operation, list(expected), indexes=[DESCENDING])


CASES: list[Case] = [
    Case("insert-same-id-is-refused", values(1), Insert({"_id": "1", "a": 2}), DuplicateId),
    insert("unique-other-value", UNIQUE, values(1), {"_id": "2", "a": 2}),
    insert("unique-same-value-is-refused", UNIQUE, values(1), {"_id": "2", "a": 1}, DuplicateKey),
    insert("unique-same-value-as-double-is-refused", UNIQUE, values(1), {"_id": "2", "a": 1.0}, DuplicateKey),
    insert("unique-true-beside-one", UNIQUE, values(1), {"_id": "2", "a": True}),
    insert("unique-text-beside-number", UNIQUE, values(1), {"_id": "2", "a": "1"}),
    insert("unique-second-missing-is-refused", UNIQUE, values(MISSING), {"_id": "2"}, DuplicateKey),
    insert("unique-null-beside-missing-is-refused", UNIQUE, values(MISSING), {"_id": "2", "a": None}, DuplicateKey),
    insert("unique-array-element-is-refused", UNIQUE, values([1, 2]), {"_id": "2", "a": [2, 3]}, DuplicateKey),
    insert("unique-scalar-beside-array-element-is-refused", UNIQUE, values([1, 2]), {"_id": "2", "a": 2}, DuplicateKey),
    insert("unique-repeated-element-of-one-array", UNIQUE, values(1), {"_id": "2", "a": [5, 5]}),
    insert("unique-objects-by-field-order", UNIQUE, values({"x": 1, "y": 2}), {"_id": "2", "a": {"y": 2, "x": 1}}),
    insert("unique-same-object-is-refused", UNIQUE, values({"x": 1}), {"_id": "2", "a": {"x": 1}}, DuplicateKey),
    insert("unique-long-texts-that-differ-late", UNIQUE, values("x" * 900 + "a"), {"_id": "2", "a": "x" * 900 + "b"}),
    insert("sparse-second-missing", SPARSE, values(MISSING), {"_id": "2"}),
    insert("sparse-same-value-is-refused", SPARSE, values(1), {"_id": "2", "a": 1}, DuplicateKey),
    insert("sparse-second-null-is-refused", SPARSE, values(None), {"_id": "2", "a": None}, DuplicateKey),
    insert(
        "sparse-elements-missing-beside-others", SPARSE_BELOW, values([{"b": 1}, {}]), {"_id": "2", "a": [{"b": 2}, {}]}
    ),
    insert(
        "sparse-elements-null-is-refused",
        SPARSE_BELOW,
        values([{"b": 1}, {"b": None}]),
        {"_id": "2", "a": [{"b": 2}, {"b": None}]},
        DuplicateKey,
    ),
    insert("pair-same-first", PAIR, [{"_id": "1", "a": 1, "b": 1}], {"_id": "2", "a": 1, "b": 2}),
    insert(
        "pair-same-both-is-refused", PAIR, [{"_id": "1", "a": 1, "b": 1}], {"_id": "2", "a": 1, "b": 1}, DuplicateKey
    ),
    insert(
        "pair-same-first-both-second-missing-is-refused",
        PAIR,
        [{"_id": "1", "a": 1}],
        {"_id": "2", "a": 1},
        DuplicateKey,
    ),
    Case(
        "unique-update-to-a-taken-value-is-refused",
        values(1, 2),
        UpdateOne({"$set": {"a": 1}}, {"_id": "2"}),
        DuplicateKey,
        indexes=[UNIQUE],
    ),
    Case(
        "unique-update-to-its-own-value",
        values(1, 2),
        UpdateOne({"$set": {"a": 2}}, {"_id": "2"}),
        {"_id": "2", "a": 2},
        indexes=[UNIQUE],
    ),
    Case(
        "unique-upsert-of-a-taken-value-is-refused",
        values(1),
        UpsertOne("9", {"$set": {"a": 1}}),
        DuplicateKey,
        indexes=[UNIQUE],
    ),
    Case(
        "unique-frees-a-changed-value",
        values(1),
        UpdateMany({"$set": {"a": 5}}),
        [{"_id": "1", "a": 5}],
        indexes=[UNIQUE],
    ),
    # --- an index changes no answer ---
    indexed("indexed-equal", {"a": 1}, "17"),
    indexed("indexed-equal-double", {"a": 1.0}, "17"),
    indexed("indexed-true", {"a": True}, "4"),
    indexed("indexed-null", {"a": None}, "56"),
    indexed("indexed-missing", {"a": {"$exists": False}}, "6"),
    indexed("indexed-exists", {"a": {"$exists": True}}, "12345789"),
    indexed("indexed-gt", {"a": {"$gt": 1}}, "27"),
    indexed("indexed-lt", {"a": {"$lt": 3}}, "127"),
    indexed("indexed-gte-text", {"a": {"$gte": ""}}, "3"),
    indexed("indexed-in", {"a": {"$in": [2, "x", None]}}, "3567"),
    indexed("indexed-ne", {"a": {"$ne": 1}}, "2345689"),
    indexed("indexed-object", {"a": {"b": 1}}, "8"),
    indexed("indexed-array-whole", {"a": [1, 2]}, "7"),
    indexed("indexed-elem-match", {"a": {"$elemMatch": {"$gt": 1}}}, "7"),
    indexed("indexed-prefix", {"a": {"$regex": "^x"}}, "3"),
    indexed("indexed-nan", {"a": float("nan")}, "9"),
    indexed("indexed-sort", {}, "569172384", sort=[("a", 1)]),
    indexed("indexed-sort-descending", {}, "483271956", sort=[("a", -1)]),
    indexed("indexed-range-sorted-page", {"a": {"$gt": 0}}, "27", sort=[("a", -1)], limit=2),
    Case(
        "indexed-null-at-a-position",
        values([{}, 1], [1, {}], [{"0": 1}]),
        Find({"a.0": None}, ids_only=True),
        ["1", "2"],
        indexes=[Index("by_first", (("a.0", 1),))],
    ),
    lowest("true", True, "1"),
    lowest("text", "a", "23"),
    lowest("bytes", b"zzz", "45"),
    lowest("object-id", ObjectId("f" * 24), "6"),
    lowest("timestamp", Timestamp(9, 9), "7"),
    lowest("number", 0, "9"),
    indexed("indexed-null-with-sparse-index", {"a": None}, "56", index=Index("by_a", (("a", 1),), sparse=True)),
    indexed(
        "indexed-sort-with-sparse-index",
        {},
        "569172384",
        index=Index("by_a", (("a", 1),), sparse=True),
        sort=[("a", 1)],
    ),
]
