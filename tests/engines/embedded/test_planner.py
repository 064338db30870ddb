"""Whatever way the planner takes, the answer is that of the filter and the order asked about every document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.core.documents import Index
from chalicelib.core.errors import CoreError, InvalidDocument, OperatorMisused
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.engines.embedded import bson_values

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


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(bodies, filters, orders, st.integers(0, 3), st.none() | st.integers(0, 4), indexes)
@example([{"a": [1, 5]}], {"a": {"$gt": 2, "$lt": 4}}, [], 0, None, [([("a", 1)], False)])
@example(
    [{"a": [{"b": 1, "a": 2}, {"b": 2, "a": 1}]}],
    {"a.b": 1, "a.a": 1},
    [],
    0,
    None,
    [([("a.b", 1), ("a.a", 1)], False)],
)
@example([{"a": []}, {"a": None}, {}], {"a": []}, [], 0, None, [([("a", -1)], True)])
@example([{}, {"a": None}, {"a": 1}], {"a": None}, [("a", -1)], 0, None, [([("a", 1)], True)])
def test_indexes_change_no_answer(
    contents: list[dict[str, Any]],
    source: dict[str, Any],
    order_keys: list[tuple[str, int]],
    skip: int,
    limit: int | None,
    made: list[tuple[list[tuple[str, int]], bool]],
) -> None:
    filter, order = parse_filter(source), parse_order(order_keys)
    engine = SqliteDocuments.temporary()
    try:
        for number, (keys, sparse) in enumerate(made):
            engine.create_index("t", "c", Index(f"i{number}", tuple(keys), sparse=sparse))
        kept = []
        for number, content in enumerate(contents):
            document = {"_id": f"id{number}", **content}
            try:
                engine.insert("t", "c", document)
            except InvalidDocument:
                continue  # two arrays in one index
            kept.append(engine.find_one("t", "c", parse_filter({"_id": f"id{number}"})))

        found = outcome(lambda: list(engine.find("t", "c", Query(filter, order, skip, limit))))
        counted = outcome(lambda: engine.count("t", "c", filter))
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
