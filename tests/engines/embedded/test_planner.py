"""Whatever way the planner takes, the answer is that of the filter and the order asked about every document."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import bson
import pytest
from bson import Binary, Decimal128, MaxKey, MinKey, ObjectId, Timestamp
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from chalicelib.core.documents import Index
from chalicelib.core.errors import CoreError, InvalidDocument, InvalidQuery, OperatorMisused
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.values import Document
from chalicelib.engines.embedded import reads
from chalicelib.engines.embedded.planner import Planner
from chalicelib.engines.embedded.plans import Plan
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.engines.embedded import bson_values

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)

PATHS = ["a", "b", "a.b", "b.a", "a.0", "a.b.a", "_id"]
FIELDS = ["a", "b", "0"]

small_values = st.one_of(
    st.integers(-2, 2), st.none(), st.booleans(), st.sampled_from(["", "a", "b", 1.0, float("nan")])
)
field_values = st.recursive(
    st.one_of(small_values, bson_values.scalars),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=2)),
    max_leaves=5,
)
bodies = st.lists(st.dictionaries(st.sampled_from(["a", "b"]), field_values, max_size=2), max_size=12)
ids = st.sampled_from(["id0", "id3", "id7", "nobody", 5])


def operands(path: str) -> st.SearchStrategy[Any]:
    value = st.one_of(ids, small_values) if path == "_id" else st.one_of(small_values, field_values)
    comparison = st.sampled_from(["$eq", "$gt", "$gte", "$lt", "$lte", "$ne"])
    return st.one_of(
        value,
        st.dictionaries(comparison, value, min_size=1, max_size=2),
        st.lists(value, max_size=3).map(lambda wanted: {"$in": wanted}),
        st.lists(small_values, min_size=1, max_size=2).map(lambda wanted: {"$all": wanted}),
        st.booleans().map(lambda wanted: {"$exists": wanted}),
        value.map(lambda unwanted: {"$ne": unwanted}),
        st.dictionaries(comparison, small_values, min_size=1, max_size=2).map(lambda inner: {"$elemMatch": inner}),
    )


one_path = st.sampled_from(PATHS).flatmap(lambda path: operands(path).map(lambda operand: {path: operand}))
filters = st.recursive(
    one_path,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"$and": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"$or": parts}),
    ),
    max_leaves=4,
)
directions = st.sampled_from([1, -1])
orders = st.lists(st.tuples(st.sampled_from(PATHS), directions), max_size=2, unique_by=lambda key: key[0])
index_keys = st.lists(
    st.tuples(st.sampled_from(PATHS), directions), min_size=1, max_size=2, unique_by=lambda key: key[0]
)
indexes = st.lists(st.tuples(index_keys, st.booleans()), max_size=3)


def outcome(ask: Callable[[], Any]) -> Any:
    """What it gives, or the class of what it raises."""
    try:
        return ask()
    except CoreError as error:
        return type(error)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The planner takes the plan of this number instead of the cheapest: a small collection would always be scanned."""
    number = {"plan": 0}

    def plan(self: Planner, order: Sequence[tuple[str, int]], wanted: int | None) -> Plan:
        plans = [choice.plan for choice in self.choices(order, wanted)]
        return plans[number["plan"] % len(plans)]

    monkeypatch.setattr(Planner, "plan", plan)
    monkeypatch.setattr(reads, "_FIRST_PACK", 2)
    monkeypatch.setattr(reads, "_LARGEST_PACK", 3)
    return number


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(bodies, filters, orders, st.integers(0, 3), st.none() | st.integers(0, 4), indexes, st.integers(0, 5))
@example([{"a": [1, 5]}], {"a": {"$gt": 2, "$lt": 4}}, [], 0, None, [([("a", 1)], False)], 1)
@example(
    [{"a": [{"b": 1, "a": 2}, {"b": 2, "a": 1}]}],
    {"a.b": 1, "a.a": 1},
    [],
    0,
    None,
    [([("a.b", 1), ("a.a", 1)], False)],
    1,
)
@example([{"a": False}, {"a": ""}, {"a": b""}], {"a": {"$lt": True}}, [], 0, None, [([("a", -1)], False)], 1)
@example([{"a": [{}, 1]}], {"a.0": None}, [], 0, None, [([("a.0", 1)], False)], 1)
@example([{"a": []}, {"a": None}, {}], {"a": []}, [], 0, None, [([("a", -1)], True)], 1)
@example([{}, {"a": None}, {"a": 1}], {"a": None}, [("a", -1)], 0, None, [([("a", 1)], True)], 1)
@example([{}, {"a": 2}, {"a": 0}], {"$or": [{"a": None}, {"a": {"$gt": 1}}]}, [("a", 1)], 0, 2, [([("a", 1)], True)], 2)
@example([{"a": [0, 5]}, {"a": 3}], {"$or": [{"a": 0}, {"a": {"$gt": 4}}]}, [("a", -1)], 0, 1, [([("a", 1)], False)], 2)
@example([{"a": 1, "b": 2}, {"a": 1, "b": 1}], {}, [("a", -1)], 0, None, [([("a", 1), ("b", 1)], False)], 1)
@example([{"a": 1, "b": 2}, {"a": 1, "b": 1}], {"a": 1}, [("b", -1)], 0, 1, [([("a", 1), ("b", 1)], False)], 2)
def test_no_index_and_no_plan_changes_an_answer(
    chosen: dict[str, int],
    contents: list[dict[str, Any]],
    source: dict[str, Any],
    order_keys: list[tuple[str, int]],
    skip: int,
    limit: int | None,
    made: list[tuple[list[tuple[str, int]], bool]],
    plan: int,
) -> None:
    try:
        filter, order = parse_filter(source), parse_order(order_keys)
    except InvalidQuery:
        reject()  # no operator takes any value
    engine = SqliteDocuments.temporary()
    try:
        kept = filled(engine, contents, made)
        chosen["plan"] = plan
        found = outcome(lambda: list(engine.find("t", "c", Query(filter, order, skip, limit))))
        counted = outcome(lambda: engine.count("t", "c", filter))
        chosen["plan"] = 0
        problems = engine.verify("t")
    finally:
        engine.close()

    matching = [document for document in kept if filter.matches(document)]
    ordered = outcome(lambda: order.sorted(matching) if order else matching)
    expected = ordered[skip:][:limit] if isinstance(ordered, list) else ordered
    if limit == 0:
        expected = []
    if expected is OperatorMisused and isinstance(found, list):
        expected = found  # an index need not look at the documents that have no order among themselves
    assert repr(found) == repr(expected)
    assert counted == len(matching)
    assert problems == []


def filled(
    engine: SqliteDocuments, contents: list[dict[str, Any]], made: list[tuple[list[tuple[str, int]], bool]]
) -> list[dict[str, Any]]:
    """What the engine has kept of the contents, under these indexes."""
    for number, (keys, sparse) in enumerate(made):
        engine.create_index("t", "c", Index(f"i{number}", tuple(keys), sparse=sparse))
    kept = []
    for number, content in enumerate(contents):
        try:
            engine.insert("t", "c", {"_id": f"id{number}", **content})
        except InvalidDocument:
            continue  # two arrays in one index
        document = engine.find_one("t", "c", parse_filter({"_id": f"id{number}"}))
        assert document is not None
        kept.append(document)
    return kept


BESIDE_BOUNDS: list[Any] = [
    -math.inf, -5, -0.0, Decimal128("1E-400"), 0.5, 2**53, 2**53 + 1, Decimal128("1E+400"), math.nan,
    "", "\0", "\0\xff", "a", "\U0010ffff", b"", b"\0", b"\0\0\0", b"\xff" * 9, Binary(b"a", 4),
    ObjectId("0" * 24), ObjectId("f" * 24), False, True, EPOCH, EPOCH - DAY, Timestamp(0, 1), Timestamp(5, 0),
    None, {}, {"a": None}, [], [[]], MinKey(), MaxKey(),
]  # fmt: skip
"""The lowest, the highest and the oddest values of each type."""


@pytest.mark.parametrize("direction", [1, -1])
def test_an_index_of_either_direction_finds_what_lies_beside_any_bound(chosen: dict[str, int], direction: int) -> None:
    chosen["plan"] = 1
    engine = SqliteDocuments.temporary()
    try:
        kept = filled(engine, [{"a": value} for value in BESIDE_BOUNDS], [([("a", direction)], False)])
        for operator, bound in product(("$eq", "$gt", "$gte", "$lt", "$lte"), BESIDE_BOUNDS):
            filter = parse_filter({"a": {operator: bound}})
            found = [document["_id"] for document in engine.find("t", "c", Query(filter))]
            assert found == [document["_id"] for document in kept if filter.matches(document)], (operator, bound)
            assert engine.count("t", "c", filter) == len(found)
    finally:
        engine.close()


# --- the choice


ACL_RULE = {"$or": [{"ACL.owner": "me"}, {"ACL.r": {"$in": ["g:anonymous", "g:authenticated", "me"]}}]}


@pytest.fixture(scope="module")
def thousand() -> Iterator[SqliteDocuments]:
    engine = SqliteDocuments.temporary()
    for name, keys in (("owner", "ACL.owner"), ("readers", "ACL.r"), ("score", "score"), ("name", "name")):
        engine.create_index("t", "c", Index(name, ((keys, 1),)))
    engine.create_index("t", "c", Index("updated", (("updatedAt", 1), ("_id", 1))))
    engine.create_index("t", "c", Index("team", (("team", 1), ("score", -1))))
    engine.create_index("t", "c", Index("nick", (("nick", 1),), unique=True, sparse=True))
    for n in range(1000):
        readers = ["g:authenticated"] if n % 2 else ["g:staff"]
        acl = {"owner": f"user{n}", "r": readers}
        names = {"name": f"name {n}", "nick": f"nick {n}"}
        engine.insert(
            "t", "c", {"_id": f"{n:04}", "score": n, "updatedAt": n // 10, "team": n % 3, **names, "ACL": acl}
        )
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("source", "order", "limit", "plan"),
    [
        ({"_id": "0007"}, [], None, "ids"),
        ({"_id": {"$in": ["0007", "0008"]}, "score": {"$gt": 5}}, [], None, "ids"),
        ({"nick": "nick 5"}, [], None, "gather nick"),
        ({"name": {"$in": ["name 1", "name 2"]}}, [], None, "gather name"),
        ({"score": {"$gte": 10, "$lt": 20}}, [], None, "gather score"),
        ({"$and": [{"score": {"$gt": 300}}, ACL_RULE]}, [("score", 1)], 100, "walk score"),
        ({"$and": [{"score": {"$gt": 300}}, ACL_RULE]}, [("score", -1)], 100, "walk score"),
        ({"$and": [{"name": "name 3"}, ACL_RULE]}, [("score", -1)], 100, "gather name"),
        ({"$or": [{"ACL.owner": "user5"}, {"ACL.r": {"$in": ["nobody"]}}]}, [], None, "gather owner or readers"),
        ({"ACL.r": {"$in": ["nobody"]}}, [("updatedAt", -1)], 10, "gather readers"),
        ({}, [("updatedAt", -1)], 10, "walk updated"),
        ({}, [("updatedAt", -1), ("_id", -1)], 10, "walk updated"),
        ({}, [("updatedAt", -1), ("_id", 1)], 10, "scan"),
        ({"updatedAt": {"$gt": 90}}, [("updatedAt", 1)], None, "walk updated"),
        ({}, [("_id", -1)], 10, "walk _id"),
        ({"team": 1}, [("score", -1)], 10, "walk team"),
        ({"team": 1, "score": {"$lt": 50}}, [("score", 1)], 10, "walk team"),
        ({"nobody": 1}, [], None, "scan"),
        ({}, [], None, "scan"),
    ],
)
def test_the_planner_takes_the_index_that_serves(
    thousand: SqliteDocuments, source: dict[str, Any], order: list[tuple[str, int]], limit: int | None, plan: str
) -> None:
    query = Query(parse_filter(source), parse_order(order), limit=limit)

    assert thousand.explain("t", "c", query) == plan


def test_the_next_page_of_a_client_that_synchronises_looks_at_no_earlier_document(thousand: SqliteDocuments) -> None:
    later = {"$or": [{"updatedAt": {"$gt": 90}}, {"$and": [{"updatedAt": 90}, {"_id": {"$gt": "0904"}}]}]}
    filter, looked_at = parse_filter({"$and": [ACL_RULE, later]}), []
    matches = filter.matches
    filter.matches = lambda document: looked_at.append(document["updatedAt"]) or matches(document)
    query = Query(filter, parse_order([("updatedAt", 1), ("_id", 1)]), limit=3)

    assert [document["_id"] for document in thousand.find("t", "c", query)] == ["0905", "0907", "0909"]
    assert min(looked_at) == 90


def test_a_page_of_what_one_may_read_is_right(thousand: SqliteDocuments) -> None:
    query = Query(parse_filter({"$and": [{"score": {"$gt": 300}}, ACL_RULE]}), parse_order([("score", -1)]), limit=3)

    assert [document["score"] for document in thousand.find("t", "c", query)] == [999, 997, 995]
    assert thousand.count("t", "c", query.filter) == 350


@pytest.mark.parametrize(
    ("source", "count", "read"),
    [
        ({}, 1000, 0),
        ({"score": {"$gt": 300}}, 699, 0),
        ({"$and": [{"score": {"$gt": 300}}, ACL_RULE]}, 350, 0),
        ({"$and": [{"score": {"$gt": 300}}, ACL_RULE, {"name": {"$ne": "name 301"}}]}, 349, 0),
        ({"score": {"$ne": 5}, "name": {"$ne": "name 6"}}, 998, 0),
        ({"score": {"$ne": 5}, "unknown": {"$ne": True}}, 999, 1000),
        ({"score": {"$ne": None}}, 1000, 1000),
        ({"$or": [{"score": {"$ne": 5}}, {"score": 5}]}, 1000, 1000),
        ({"name": {"$regex": "9$"}}, 100, 1000),
    ],
)
def test_what_indexes_tell_is_counted_without_reading_documents(
    thousand: SqliteDocuments, monkeypatch: pytest.MonkeyPatch, source: dict[str, Any], count: int, read: int
) -> None:
    decoded: list[Document] = []

    def decode_all(bodies: bytes) -> list[Document]:
        documents: list[Document] = bson.decode_all(bodies)
        decoded.extend(documents)
        return documents

    monkeypatch.setattr(reads, "decode_all", decode_all)

    assert thousand.count("t", "c", parse_filter(source)) == count
    assert len(decoded) == read


@pytest.mark.parametrize(
    "source",
    [
        {"score": {"$in": list(range(40_000))}},
        {"_id": {"$in": [f"{n:04}" for n in range(40_000)]}},
        {"$or": [{"score": n} for n in range(1_200)]},
        {"$or": [{"score": {"$in": list(range(n, n + 950))}} for n in range(80)]},
        {"$and": [{"$or": [{"score": n}, {"score": {"$gte": 0}}]} for n in range(300)]},
        {"$and": [{"score": {"$in": list(range(4_000))}}, {"name": {"$ne": "x"}}] * 10},
        {"$and": [{"score": {"$gte": 0}}] * 1_200},
        {"team": {"$in": list(range(4_000))}, "score": {"$in": list(range(4_000))}},
    ],
)
def test_a_filter_of_any_length_is_answered(thousand: SqliteDocuments, source: dict[str, Any]) -> None:
    filter = parse_filter(source)

    assert thousand.count("t", "c", filter) == 1000
    assert len(list(thousand.find("t", "c", Query(filter, parse_order([("score", 1)]))))) == 1000
