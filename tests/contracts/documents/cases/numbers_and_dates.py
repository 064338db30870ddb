"""Filters and stored values at the edges of numbers and dates."""

from __future__ import annotations

from bson import Decimal128, Int64, ObjectId

from tests.contracts.documents.case import Case, Insert, find, moment, values

BIG = 2**53
DAYS = values(
    moment("1969-12-31T23:59:59.999"),
    moment("1970-01-01T00:00:00"),
    moment("2020-02-29T12:00:00"),
    moment("2020-02-29T12:00:00.001"),
    "2020-02-29T12:00:00.000Z",
)
NAN = float("nan")
INFINITY = float("inf")


def kept(id: str, value: object) -> Case:
    """The value comes back as it was stored."""
    return Case(id, [], Insert({"_id": "1", "a": value}), [{"_id": "1", "a": value}])


CASES: list[Case] = [
    find("number-beyond-double-precision", values(BIG, BIG + 1, float(BIG)), {"a": BIG + 1}, "2"),
    find("number-big-int-equals-double", values(BIG, BIG + 1), {"a": float(BIG)}, "1"),
    find("number-big-int-gt-double", values(BIG, BIG + 1), {"a": {"$gt": float(BIG)}}, "2"),
    find("number-longest", values(Int64(2**63 - 1), Int64(-(2**63))), {"a": 2**63 - 1}, "1"),
    find("number-long-range", values(Int64(2**63 - 1), Int64(2**63 - 2)), {"a": {"$gt": 2**63 - 2}}, "1"),
    find("number-nan-equals-nan", values(NAN, 1, INFINITY), {"a": NAN}, "1"),
    find("number-nan-is-not-below-any-number", values(NAN, 1, -1), {"a": {"$lt": 0}}, "3"),
    find("number-nan-is-not-above-any-number", values(NAN, 1, -1), {"a": {"$gt": -5}}, "23"),
    find("number-gte-nan-finds-nan-only", values(NAN, 1), {"a": {"$gte": NAN}}, "1"),
    find("number-lt-nan-finds-nothing", values(NAN, 1), {"a": {"$lt": NAN}}, ""),
    find("number-infinity", values(INFINITY, -INFINITY, 1e308), {"a": {"$gte": INFINITY}}, "1"),
    find("number-below-infinity", values(INFINITY, -INFINITY, 1e308), {"a": {"$lt": INFINITY}}, "23"),
    find("number-tenths-are-not-exact", values(0.1 + 0.2, 0.3), {"a": 0.3}, "2"),
    find("number-decimal-tenth-is-not-the-double", values(0.1, Decimal128("0.1")), {"a": Decimal128("0.1")}, "2"),
    find("number-decimal-half-is-the-double", values(0.5, Decimal128("0.5"), Decimal128("0.50")), {"a": 0.5}, "123"),
    find("date-equal", DAYS, {"a": moment("2020-02-29T12:00:00")}, "3"),
    find("date-millisecond-counts", DAYS, {"a": {"$gt": moment("2020-02-29T12:00:00")}}, "4"),
    find("date-before-1970", DAYS, {"a": {"$lt": moment("1970-01-01T00:00:00")}}, "1"),
    find(
        "date-between",
        DAYS,
        {"a": {"$gte": moment("1970-01-01T00:00:00"), "$lt": moment("2020-02-29T12:00:00.001")}},
        "23",
    ),
    find("date-is-not-its-text", DAYS, {"a": "2020-02-29T12:00:00.000Z"}, "5"),
    find("date-is-not-a-number", values(moment("1970-01-01T00:00:00"), 0), {"a": {"$gte": 0}}, "2"),
    find(
        "object-id-is-not-its-text",
        values(ObjectId("5f5f5f5f5f5f5f5f5f5f5f5f"), "5f5f5f5f5f5f5f5f5f5f5f5f"),
        {"a": "5f5f5f5f5f5f5f5f5f5f5f5f"},
        "2",
    ),
    find("bytes-equal", values(b"ab", "ab", b"abc"), {"a": b"ab"}, "1"),
    # Binary data compares by length before content.
    find("bytes-order-by-length-first", values(b"b", b"aa"), {"a": {"$gt": b"b"}}, "2"),
    kept("kept-int", 1),
    kept("kept-double-of-whole-value", 1.0),
    kept("kept-negative-zero", -0.0),
    kept("kept-long", 2**40),
    kept("kept-longest", 2**63 - 1),
    kept("kept-shortest", -(2**63)),
    kept("kept-nan", NAN),
    kept("kept-infinity", INFINITY),
    kept("kept-smallest-double", 5e-324),
    kept("kept-decimal-with-trailing-zero", Decimal128("1.50")),
    kept("kept-date-before-1970", moment("1969-12-31T23:59:59.999")),
    kept("kept-date-far-ahead", moment("9999-12-31T23:59:59.999")),
    kept("kept-object-id", ObjectId("5f5f5f5f5f5f5f5f5f5f5f5f")),
    kept("kept-bytes", b"\x00\xff"),
    kept("kept-text-with-every-plane", "a\u3042\U0001f600\u0301"),
    kept("kept-empty-values", [{}, [], "", None]),
    kept("kept-field-order", {"z": 1, "a": {"y": 1, "b": 2}, "m": [{"d": 1, "c": 2}]}),
    kept("kept-deep-nesting", {"a": [[[{"b": [{"c": {"d": [1]}}]}]]]}),
]
