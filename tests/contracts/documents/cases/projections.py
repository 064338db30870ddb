"""Projections of found documents."""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import InvalidQuery
from tests.contracts.documents.case import Case, project

FLAT = {"a": 1, "b": 2, "c": 3}
NESTED = {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "z": 9}
ROWS = {"rows": [{"x": 1, "y": 2}, {"x": 3}, 5, [{"x": 7, "y": 8}]], "z": 9}
NUMBERS = {"first": 1, "a": [1, 2, 3, 4, 5], "last": 2}


def one(**fields: Any) -> dict[str, Any]:
    return {"_id": "1", **fields}


CASES: list[Case] = [
    project("projection-include", FLAT, {"a": 1, "c": 1}, one(a=1, c=3)),
    project("projection-include-keeps-the-document-order", FLAT, {"c": 1, "a": 1}, one(a=1, c=3)),
    project("projection-include-without-id", FLAT, {"a": 1, "_id": 0}, {"a": 1}),
    project("projection-id-only", FLAT, {"_id": 1}, one()),
    project("projection-without-id-only", FLAT, {"_id": 0}, FLAT),
    project("projection-exclude", FLAT, {"b": 0}, one(a=1, c=3)),
    project("projection-exclude-with-id", FLAT, {"b": 0, "_id": 0}, {"a": 1, "c": 3}),
    project("projection-exclude-beside-id-one", FLAT, {"_id": 1, "b": 1}, one(b=2)),
    project("projection-empty-is-everything", FLAT, {}, one(**FLAT)),
    project("projection-true-and-false", FLAT, {"a": True, "_id": False}, {"a": 1}),
    project("projection-other-numbers-include", FLAT, {"a": 5, "b": 1.5}, one(a=1, b=2)),
    project("projection-missing-field", FLAT, {"q": 1}, one()),
    project("projection-include-path", NESTED, {"a.c.d": 1}, one(a={"c": {"d": 2}})),
    project("projection-include-two-paths", NESTED, {"a.b": 1, "a.c.e": 1}, one(a={"b": 1, "c": {"e": 3}})),
    project("projection-include-path-through-scalar", NESTED, {"z.q": 1}, one()),
    project("projection-include-missing-path-keeps-parents", NESTED, {"a.q": 1}, one(a={})),
    project("projection-exclude-path", NESTED, {"a.c.d": 0}, one(a={"b": 1, "c": {"e": 3}}, z=9)),
    project("projection-nested-form", NESTED, {"a": {"c": {"d": 1}}}, one(a={"c": {"d": 2}})),
    project("projection-include-path-through-array", ROWS, {"rows.x": 1}, one(rows=[{"x": 1}, {"x": 3}, [{"x": 7}]])),
    project("projection-exclude-path-through-array", ROWS, {"rows.x": 0}, one(rows=[{"y": 2}, {}, 5, [{"y": 8}]], z=9)),
    project("projection-index-in-path-is-a-field-name", ROWS, {"rows.0": 1}, one(rows=[{}, {}, [{}]])),
    project("projection-null-value-is-kept", {"a": None}, {"a": 1}, one(a=None)),
    # --- $slice ---
    project("slice-first", NUMBERS, {"a": {"$slice": 2}}, one(first=1, a=[1, 2], last=2)),
    project("slice-last", NUMBERS, {"a": {"$slice": -2}}, one(first=1, a=[4, 5], last=2)),
    project("slice-skip-and-limit", NUMBERS, {"a": {"$slice": [1, 2]}}, one(first=1, a=[2, 3], last=2)),
    project("slice-from-the-end", NUMBERS, {"a": {"$slice": [-3, 2]}}, one(first=1, a=[3, 4], last=2)),
    project("slice-more-than-there-is", NUMBERS, {"a": {"$slice": 9}}, one(**NUMBERS)),
    project("slice-beyond-the-end", NUMBERS, {"a": {"$slice": [9, 2]}}, one(first=1, a=[], last=2)),
    project("slice-from-before-the-start", NUMBERS, {"a": {"$slice": [-9, 2]}}, one(first=1, a=[1, 2], last=2)),
    project("slice-zero", NUMBERS, {"a": {"$slice": 0}}, one(first=1, a=[], last=2)),
    project("slice-beside-inclusion", NUMBERS, {"a": {"$slice": 1}, "last": 1}, one(a=[1], last=2)),
    project("slice-beside-exclusion", NUMBERS, {"a": {"$slice": 1}, "last": 0}, one(first=1, a=[1])),
    project("slice-of-a-scalar-changes-nothing", {"a": 5}, {"a": {"$slice": 1}}, one(a=5)),
    project("slice-on-a-path", {"o": {"a": [1, 2, 3], "b": 1}}, {"o.a": {"$slice": 1}}, one(o={"a": [1], "b": 1})),
    project(
        "slice-leaves-arrays-in-arrays-alone",
        {"a": [[{"b": [1, 2]}], {"b": [1, 2]}, 1]},
        {"a.b": {"$slice": 1}},
        one(a=[[{"b": [1, 2]}], {"b": [1]}, 1]),
    ),
    project("slice-with-limit-zero-is-refused", NUMBERS, {"a": {"$slice": [1, 0]}}, InvalidQuery),
    project("slice-of-text-is-refused", NUMBERS, {"a": {"$slice": "1"}}, InvalidQuery),
    # --- $elemMatch ---
    project("elem-match-projection", ROWS, {"rows": {"$elemMatch": {"x": {"$gt": 1}}}}, one(rows=[{"x": 3}])),
    project("elem-match-projection-of-scalars", NUMBERS, {"a": {"$elemMatch": {"$gt": 2}}}, one(a=[3])),
    project("elem-match-projection-without-a-match", NUMBERS, {"a": {"$elemMatch": {"$gt": 9}}}, one()),
    project("elem-match-projection-of-a-scalar", {"a": 5}, {"a": {"$elemMatch": {"$gt": 2}}}, one()),
    # The manual: an $elemMatch field comes after the other included fields.
    project(
        "elem-match-projection-beside-inclusion",
        NUMBERS,
        {"a": {"$elemMatch": {"$gt": 2}}, "last": 1},
        one(last=2, a=[3]),
    ),
    project("elem-match-projection-of-text-is-refused", NUMBERS, {"a": {"$elemMatch": "x"}}, InvalidQuery),
    # The dialects offer no positional projection. Spec: nec-rest, 8.3.5.
    project("positional-projection-is-refused", NUMBERS, {"a.$": 1}, InvalidQuery, filter={"a": {"$gt": 2}}),
    # --- refused ---
    project("projection-mixing-is-refused", FLAT, {"a": 1, "b": 0}, InvalidQuery),
    project("projection-list-is-refused", FLAT, ["a"], InvalidQuery),
    project("projection-unknown-operator-is-refused", FLAT, {"a": {"$max_of": 1}}, InvalidQuery),
    project("projection-colliding-paths-are-refused", NESTED, {"a": 1, "a.b": 1}, InvalidQuery),
    project("projection-empty-path-is-refused", FLAT, {"": 1}, InvalidQuery),
    project("projection-path-with-empty-part-is-refused", NESTED, {"a..b": 1}, InvalidQuery),
]
