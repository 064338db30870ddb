from __future__ import annotations

import re

import pytest
from bson import Regex
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query.pipeline import lookup, stage
from tests.core.query.pipeline.running import Store, check_error, run

ORDERS = [
    {"_id": 1, "item": "almonds", "qty": 2},
    {"_id": 2, "item": "pecans", "qty": 1},
    {"_id": 3},
]
STOCK = [
    {"_id": 1, "sku": "almonds", "warehouse": "A", "left": 120},
    {"_id": 2, "sku": "bread", "warehouse": "A", "left": 80},
    {"_id": 3, "sku": "pecans", "warehouse": "B", "left": 0},
    {"_id": 4, "sku": None, "warehouse": "B"},
    {"_id": 5, "warehouse": "A"},
    {"_id": 6, "sku": ["almonds", "pecans"], "warehouse": "C", "left": 1},
]


def stock() -> Store:
    return Store({"stored_stock": STOCK})


def join(**more):
    return {"$lookup": {"from": "stock", "localField": "item", "foreignField": "sku", "as": "found", **more}}


def joined(local, foreign, local_path="l", foreign_path="f"):
    store = Store({"stored_x": [{"_id": index, **document} for index, document in enumerate(foreign)]})
    stage = {"$lookup": {"from": "x", "localField": local_path, "foreignField": foreign_path, "as": "found"}}
    (row,) = run([stage], [local], store=store)
    return [document["_id"] for document in row["found"]]


def found(rows):
    return [[document["_id"] for document in row["found"]] for row in rows]


def test_a_join_finds_equal_values_and_missing_finds_null_and_missing():
    rows = run([join()], ORDERS, store=stock())
    assert found(rows) == [[1, 6], [3, 6], [4, 5]]
    assert rows[0]["found"][0] == STOCK[0]
    assert list(rows[0]) == ["_id", "item", "qty", "found"]


JOINS = [
    ({"l": 1}, [{"f": 1}, {"f": 1.0}, {"f": "1"}, {"f": True}, {"f": [2, 1]}], [0, 1, 4]),
    ({"l": [1, 3]}, [{"f": 1}, {"f": 2}, {"f": 3}, {"f": [3]}], [0, 2, 3]),
    ({"l": [1, 1]}, [{"f": 1}], [0]),
    ({"l": []}, [{"f": None}, {}, {"f": []}, {"f": 1}], [0, 1]),
    ({"l": None}, [{"f": None}, {}, {"f": [None]}, {"f": 0}], [0, 1, 2]),
    ({"l": [[1, 2]]}, [{"f": [1, 2]}, {"f": 1}, {"f": [[1, 2]]}], [0, 2]),
    ({"l": [1, 2]}, [{"f": [1, 2]}, {"f": [2]}, {"f": 3}], [0, 1]),
    ({"l": {"a": 1}}, [{"f": {"a": 1}}, {"f": {"a": 1, "b": 2}}], [0]),
    ({"l": Regex("^a")}, [{"f": "abc"}, {"f": Regex("^a")}], [1]),
    ({"l": re.compile("^a")}, [{"f": "abc"}], []),
]


@pytest.mark.parametrize(("local", "foreign", "expected"), JOINS, ids=str)
def test_documents_join_where_their_values_meet(local, foreign, expected):
    assert joined(local, foreign) == expected


def test_joins_by_dotted_paths_through_arrays():
    local = {"l": [{"x": 1}, {"y": 5}, 7, {"x": [2, 3]}]}
    foreign = [{"f": {"g": 1}}, {"f": [{"g": 2}, {"h": 1}]}, {"f": {"g": 3}}, {"f": 1}, {"f": {"g": 9}}]
    assert joined(local, foreign, "l.x", "f.g") == [0, 1, 2]
    assert joined({"l": [{"x": 1}, {"x": 2}]}, foreign, "l.1.x", "f.g") == [1]
    assert joined({"l": 5}, [{"f": None}], "l.x", "f") == [0]


def test_a_join_reads_only_what_is_sought_and_once_for_many_documents():
    store = stock()
    run([join()], ORDERS[:2] * 100, store=store)
    assert len(store.fetches) == 1
    assert store.documents_read == 3


def test_a_join_of_very_many_values_reads_everything_once():
    store = Store({"stored_stock": [{"_id": number, "sku": number} for number in range(10)]})
    rows = run([join()], [{"item": list(range(5000))}], store=store)
    assert len(rows[0]["found"]) == 10
    assert store.fetches == [{}]


def test_a_join_of_many_documents_reads_in_batches():
    store = Store({"stored_stock": [{"_id": number, "sku": number} for number in range(1200)]})
    rows = run([join()], [{"item": number} for number in range(1200)], store=store)
    assert found(rows) == [[number] for number in range(1200)]
    assert len(store.fetches) == 3


def test_only_visible_documents_are_joined():
    rows = run([join()], ORDERS, store=stock(), visible={"warehouse": "A"})
    assert found(rows) == [[1], [], [5]]


def test_the_result_can_go_to_a_nested_field():
    stage = {"$lookup": {"from": "stock", "localField": "item", "foreignField": "sku", "as": "a.b"}}
    rows = run([stage], [{"item": "bread", "a": {"c": 1}}, {"item": "bread", "a": 5}], store=stock())
    assert [row["a"] for row in rows] == [{"c": 1, "b": [STOCK[1]]}, {"b": [STOCK[1]]}]


BY_EXPRESSION = {
    "$lookup": {
        "from": "stock",
        "let": {"item": "$item", "wanted": "$qty"},
        "pipeline": [
            {"$match": {"$expr": {"$and": [{"$eq": ["$sku", "$$item"]}, {"$gte": ["$left", "$$wanted"]}]}}},
            {"$project": {"_id": 0, "left": 1}},
        ],
        "as": "found",
    }
}


def test_a_pipeline_may_use_the_variables_of_let():
    rows = run([BY_EXPRESSION], ORDERS[:2], store=stock())
    assert [row["found"] for row in rows] == [[{"left": 120}], []]


def test_a_pipeline_with_variables_reads_once():
    store = stock()
    run([BY_EXPRESSION], ORDERS * 300, store=store)
    assert store.fetches == [{}]


def test_a_missing_variable_is_missing_and_not_null():
    pipeline = [{"$match": {"$expr": {"$eq": ["$sku", "$$item"]}}}, {"$project": {"_id": 1}}]
    stage = {"$lookup": {"from": "stock", "let": {"item": "$item"}, "pipeline": pipeline, "as": "found"}}
    assert found(run([stage], [{"item": None}, {}], store=stock())) == [[4], [5]]


def test_variables_reach_into_or_and_are_values_even_when_they_look_like_expressions():
    pipeline = [{"$match": {"$or": [{"$expr": {"$eq": ["$sku", "$$v"]}}, {"sku": "bread"}]}}]
    stage = {"$lookup": {"from": "stock", "let": {"v": "$item"}, "pipeline": pipeline, "as": "found"}}
    rows = run([stage], [{"item": "$sku"}, {"item": "almonds"}, {"item": {"$add": [1]}}], store=stock())
    assert found(rows) == [[2], [1, 2], [2]]


def test_variables_are_known_in_every_stage_of_the_pipeline():
    pipeline = [
        {"$match": {"sku": "almonds"}},
        {"$addFields": {"asked": "$$v.w"}},
        {"$group": {"_id": "$$v.w", "n": {"$sum": "$left"}}},
    ]
    stage = {"$lookup": {"from": "stock", "let": {"v": "$x"}, "pipeline": pipeline, "as": "found"}}
    (row,) = run([stage], [{"x": {"w": 7}}], store=stock())
    assert row["found"] == [{"_id": 7, "n": 121}]


def test_a_pipeline_that_needs_no_variables_runs_once():
    store = stock()
    pipeline = [{"$match": {"warehouse": "A"}}, {"$sort": {"_id": -1}}, {"$limit": 1}]
    stage = {"$lookup": {"from": "stock", "pipeline": pipeline, "as": "found"}}
    rows = run([stage], ORDERS, store=store, visible={"_id": {"$lt": 5}})
    assert found(rows) == [[2], [2], [2]]
    assert store.fetches == [{"$and": [{"_id": {"$lt": 5}}, {"warehouse": "A"}]}]
    assert rows[0]["found"] is not rows[1]["found"]


def test_an_empty_pipeline_shows_the_whole_collection():
    stage = {"$lookup": {"from": "stock", "pipeline": [], "as": "found"}}
    assert found(run([stage], ORDERS[:1], store=stock())) == [[1, 2, 3, 4, 5, 6]]


def test_a_join_with_a_pipeline_joins_first():
    pipeline = [{"$match": {"$expr": {"$gt": ["$left", "$$wanted"]}}}, {"$project": {"left": 1}}]
    rows = run([join(let={"wanted": "$qty"}, pipeline=pipeline)], ORDERS, store=stock())
    assert [row["found"] for row in rows] == [[{"_id": 1, "left": 120}], [], []]


def test_a_join_with_a_pipeline_without_variables():
    rows = run([join(pipeline=[{"$match": {"warehouse": "C"}}, {"$count": "n"}])], ORDERS, store=stock())
    assert [row["found"] for row in rows] == [[{"n": 1}], [{"n": 1}], []]


def nested(inner):
    return {"$lookup": {"from": "stock", "let": {"i": "$item"}, "pipeline": inner, "as": "found"}}


CORRELATED = [
    {"$expr": {"$eq": ["$sku", "$$v"]}},
    {"$expr": {"$eq": ["$$v", "$sku"]}},
    {"$expr": {"$and": [{"$eq": ["$warehouse", "A"]}, {"$gte": ["$_id", 0]}, {"$eq": ["$sku", "$$v"]}]}},
    {"$expr": {"$and": {"$eq": ["$sku", "$$v"]}}},
    {"$expr": {"$eq": ["$$ROOT.sku", "$$v"]}},
    {"$expr": {"$eq": ["$$v", "$$v"]}, "_id": 1},
    {"$expr": {"$in": ["$$v", ["almonds"]]}, "_id": 1},
    {"$and": [{"$expr": {"$eq": ["$sku", "$$v"]}}]},
]


@pytest.mark.parametrize("condition", CORRELATED, ids=str)
def test_a_condition_on_a_variable_finds_the_same_however_it_is_written(condition):
    stage = {"$lookup": {"from": "stock", "let": {"v": "$item"}, "pipeline": [{"$match": condition}], "as": "found"}}
    assert found(run([stage], [{"item": "almonds"}], store=stock())) == [[1]]


def test_an_equal_array_is_found_as_a_whole():
    pipeline = [{"$match": {"warehouse": {"$exists": True}}}, {"$match": {"$expr": {"$eq": ["$sku", "$$v.w"]}}}]
    stage = {"$lookup": {"from": "stock", "let": {"v": "$item"}, "pipeline": pipeline, "as": "found"}}
    items = [{"item": {"w": value}} for value in (["almonds", "pecans"], "almonds", ["almonds"], None)] + [{}]
    assert found(run([stage], items, store=stock())) == [[6], [1], [], [4], [5]]


def test_a_filter_inside_a_pipeline_is_checked_while_it_is_parsed():
    for condition in ({"$and": [5], "$expr": "$$v"}, {"$or": {"$expr": "$$v"}}):
        stage = {"from": "stock", "let": {"v": 1}, "pipeline": [{"$match": condition}], "as": "x"}
        with pytest.raises(InvalidQuery):
            run([{"$lookup": stage}], [], store=stock())


@pytest.mark.parametrize("depth", [110, 50_000])
def test_a_deep_filter_inside_a_pipeline_is_refused_and_no_recursion_error(depth):
    condition = {"$expr": "$$v"}
    for _ in range(depth):
        condition = {"$and": [condition]}
    check_error(
        [{"$lookup": {"from": "stock", "let": {"v": 1}, "pipeline": [{"$match": condition}], "as": "x"}}],
        [],
        InvalidQuery,
    )


def test_a_lookup_inside_a_lookup_reads_once_and_sees_the_variables_around_it():
    store = Store({"stored_stock": STOCK, "stored_houses": [{"_id": "A", "city": "Tokyo"}, {"_id": "B"}]})
    houses = {"from": "houses", "localField": "warehouse", "foreignField": "_id", "as": "houses"}
    inner = [
        {"$match": {"$expr": {"$eq": ["$sku", "$$i"]}}},
        {"$lookup": {**houses, "let": {"w": "$warehouse"}, "pipeline": [{"$addFields": {"both": ["$$i", "$$w"]}}]}},
        {"$lookup": houses | {"as": "plain"}},
        {"$project": {"_id": 0, "houses": 1, "plain": 1}},
    ]
    rows = run([nested(inner)], ORDERS[:2] * 20, store=store)
    assert [row["found"] for row in rows[:2]] == [
        [
            {
                "houses": [{"_id": "A", "city": "Tokyo", "both": ["almonds", "A"]}],
                "plain": [{"_id": "A", "city": "Tokyo"}],
            }
        ],
        [{"houses": [{"_id": "B", "both": ["pecans", "B"]}], "plain": [{"_id": "B"}]}],
    ]
    assert len(store.fetches) == 3


def test_a_lookup_inside_a_lookup_shows_only_what_is_visible():
    inner = [{"$lookup": {"from": "stock", "pipeline": [], "as": "deep"}}, {"$project": {"deep._id": 1}}]
    (row,) = run([nested(inner)], ORDERS[:1], store=stock(), visible={"_id": {"$lte": 2}})
    assert row["found"] == [{"_id": 1, "deep": [{"_id": 1}, {"_id": 2}]}, {"_id": 2, "deep": [{"_id": 1}, {"_id": 2}]}]


MISUSED = [
    5,
    {},
    {"from": "stock", "as": "x"},
    {"from": "stock", "localField": "a", "foreignField": "b"},
    {"from": "stock", "localField": "a", "as": "x"},
    {"from": "stock", "foreignField": "a", "pipeline": [], "as": "x"},
    {"from": 5, "localField": "a", "foreignField": "b", "as": "x"},
    {"from": "", "localField": "a", "foreignField": "b", "as": "x"},
    {"from": "stock", "localField": 5, "foreignField": "b", "as": "x"},
    {"from": "stock", "localField": "a", "foreignField": "b", "let": {"v": 1}, "as": "x"},
    {"from": "stock", "let": 5, "pipeline": [], "as": "x"},
    {"from": "stock", "pipeline": [], "as": "x", "what": 1},
    {"from": {"db": "x", "coll": "y"}, "pipeline": [], "as": "x"},
    {"from": "stock", "pipeline": [{"$limit": 0}], "as": "x"},
]
INVALID = [
    {"from": "stock", "pipeline": 5, "as": "x"},
    {"from": "stock", "pipeline": [], "as": "$x"},
    {"from": "stock", "pipeline": [], "as": "a..b"},
    {"from": "stock", "localField": "$a", "foreignField": "b", "as": "x"},
    {"from": "stock", "localField": "a", "foreignField": "$b", "as": "x"},
    {"from": "stock", "let": {"V": 1}, "pipeline": [], "as": "x"},
    {"from": "stock", "let": {"v": {"$no": 1}}, "pipeline": [], "as": "x"},
    {"from": "stock", "pipeline": [{"$match": {"$expr": "$$v"}}], "as": "x"},
    {"from": "stock", "let": {"v": 1}, "pipeline": [{"$match": {"$expr": "$$w"}}], "as": "x"},
    {"from": "stock", "let": {"v": 1}, "pipeline": [{"$unwind": "$a"}], "as": "x"},
]


@pytest.mark.parametrize("source", MISUSED, ids=str)
def test_wrong_operands_are_refused(source):
    check_error([{"$lookup": source}], [], OperatorMisused)


@pytest.mark.parametrize("source", INVALID, ids=str)
def test_invalid_lookups_are_refused(source):
    check_error([{"$lookup": source}], [], InvalidQuery)


def test_variables_are_unknown_behind_the_lookup():
    check_error([BY_EXPRESSION, {"$match": {"$expr": "$$item"}}], [], InvalidQuery)


def test_what_lookups_hold_together_is_bounded(monkeypatch):
    whole = {"$lookup": {"from": "stock", "pipeline": [], "as": "x"}}
    monkeypatch.setattr(stage, "MAX_STAGE_BYTES", 1_500)
    assert len(run([whole], ORDERS, store=stock())) == 3
    with pytest.raises(OperatorMisused, match=r"\$lookup needs more"):
        run([whole, whole], ORDERS, store=stock())


def test_what_a_join_no_longer_holds_is_not_counted(monkeypatch):
    monkeypatch.setattr(stage, "MAX_STAGE_BYTES", 1_500)
    monkeypatch.setattr(lookup, "BATCH_ROWS", 1)
    assert len(run([join()], ORDERS * 20, store=stock())) == 60


@pytest.mark.parametrize("pipeline", [[], [{"$skip": 0}], [{"$addFields": {"i": "$$i"}}]], ids=str)
def test_the_result_of_a_lookup_is_bounded(monkeypatch, pipeline):
    monkeypatch.setattr(lookup, "MAX_VALUE_BYTES", 300)
    with pytest.raises(OperatorMisused, match=r"the result of a \$lookup"):
        run([nested(pipeline)], ORDERS, store=stock())


def test_a_lookup_stops_at_the_deadline():
    with pytest.raises(TimedOut):
        run([join()], ORDERS, store=stock(), timeout_ms=-1)


SCALARS = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]))
FIELD = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
HOLDERS = st.one_of(st.just({}), st.builds(lambda value: {"k": value}, FIELD))


@given(st.lists(HOLDERS, max_size=5), st.lists(HOLDERS, max_size=8))
def test_a_join_finds_what_a_filter_per_document_finds(local, foreign):
    foreign = [{"_id": index, **document} for index, document in enumerate(foreign)]
    store = Store({"stored_x": foreign})
    stage = {"$lookup": {"from": "x", "localField": "k", "foreignField": "k", "as": "found"}}
    for row in run([stage], local, store=store):
        sought = row.get("k")
        values = sought if isinstance(sought, list) and sought else [None if sought == [] else sought]
        expected = run([{"$match": {"k": {"$in": values}}}], foreign)
        assert row["found"] == expected
