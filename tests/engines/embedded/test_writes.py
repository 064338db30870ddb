"""Any sequence of writes leaves what the filter, the update and a list in memory make of it, and sound indexes."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.documents import Index
from chalicelib.core.errors import CoreError
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

ids = st.sampled_from(["x", "y", "z"])
values: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([0, 1, 2, 1.0, True, None, "a"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=4,
)
paths = st.sampled_from(["a", "b", "a.b", "b.a", "a.0", "a.$[].b", "a.$"])
operators = st.sampled_from(
    ["$set", "$unset", "$inc", "$push", "$addToSet", "$pull", "$min", "$rename", "$setOnInsert"]
)
changes = st.dictionaries(paths, values, min_size=1, max_size=2)
updates = st.dictionaries(operators, changes, min_size=1, max_size=2).map(
    lambda update: update | ({"$rename": {"a": "b"}} if "$rename" in update else {})
)
filters = st.one_of(ids.map(lambda one: {"_id": one}), values.map(lambda value: {"a": value}), st.just({}))
documents = st.builds(lambda one, body: {"_id": one, **body}, ids, st.dictionaries(st.sampled_from(["a", "b"]), values))
operations = st.one_of(
    st.tuples(st.just("insert"), documents),
    st.tuples(st.just("update_one"), filters, updates),
    st.tuples(st.just("update_many"), filters, updates),
    st.tuples(st.just("upsert_one"), ids, updates),
    st.tuples(st.just("replace_one"), documents),
    st.tuples(st.just("delete_one"), filters),
    st.tuples(st.just("delete_many"), filters),
)
indexes = st.lists(
    st.builds(
        lambda keys, unique, sparse: (tuple((key, 1) for key in keys), unique, sparse),
        st.sampled_from([["a"], ["b"], ["a.b"], ["a", "b"], ["a.0"], ["b.a", "a"]]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=3,
)


def perform(engine: SqliteDocuments, operation: tuple[Any, ...]) -> None:
    name, *arguments = operation
    if name == "insert":
        engine.insert("t", "c", arguments[0])
    elif name == "replace_one":
        engine.replace_one("t", "c", parse_filter({"_id": arguments[0]["_id"]}), arguments[0])
    elif name == "upsert_one":
        engine.upsert_one("t", "c", arguments[0], parse_update(arguments[1]))
    elif name.startswith("delete"):
        getattr(engine, name)("t", "c", parse_filter(arguments[0]))
    else:
        getattr(engine, name)("t", "c", parse_filter(arguments[0]), parse_update(arguments[1]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(operations, max_size=12), indexes)
def test_writes_with_indexes_are_sound_and_a_refused_write_changes_nothing(
    sequence: list[tuple[Any, ...]], made: list[tuple[Any, bool, bool]]
) -> None:
    engine = SqliteDocuments.temporary()
    try:
        for number, (keys, unique, sparse) in enumerate(made):
            engine.create_index("t", "c", Index(f"i{number}", keys, unique=unique, sparse=sparse))
        for operation in sequence:
            before = list(engine.find("t", "c", Query()))
            try:
                perform(engine, operation)
            except CoreError:
                assert repr(list(engine.find("t", "c", Query()))) == repr(before)
            assert engine.verify("t") == []
    finally:
        engine.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(operations, max_size=12), indexes)
def test_indexes_that_forbid_nothing_do_not_change_what_writes_do(
    sequence: list[tuple[Any, ...]], made: list[tuple[Any, bool, bool]]
) -> None:
    plain, indexed = SqliteDocuments.temporary(), SqliteDocuments.temporary()
    try:
        for number, (keys, _, sparse) in enumerate(made):
            if len(keys) == 1:
                indexed.create_index("t", "c", Index(f"i{number}", keys, sparse=sparse))
        for operation in sequence:
            outcomes: list[type[CoreError] | None] = []
            for engine in (plain, indexed):
                try:
                    perform(engine, operation)
                    outcomes.append(None)
                except CoreError as error:
                    outcomes.append(type(error))
            assert outcomes[0] == outcomes[1]
        contents = [list(engine.find("t", "c", Query())) for engine in (plain, indexed)]
        assert repr(contents[0]) == repr(contents[1])
    finally:
        plain.close()
        indexed.close()
