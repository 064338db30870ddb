from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from tests.core.query.pipeline.running import run

DOCS = [{"_id": 1, "k": "b", "v": 2}, {"_id": 2, "k": "a", "v": 3}, {"_id": 3, "k": "b", "v": 5}]


def no_fetch(collection, condition):
    raise AssertionError("nothing is to be read")


def test_an_empty_pipeline_hands_the_documents_over():
    assert run([], DOCS) == DOCS


def test_stages_work_one_after_the_other():
    stages = [
        {"$match": {"v": {"$gt": 2}}},
        {"$addFields": {"double": {"$multiply": ["$v", 2]}}},
        {"$sort": {"double": -1}},
        {"$project": {"_id": 0, "double": 1}},
    ]
    assert run(stages, DOCS) == [{"double": 10}, {"double": 6}]


@pytest.mark.parametrize("source", [None, {}, "x", [5], [{}], [{"$match": {}, "$limit": 1}], [[]]])
def test_what_is_no_list_of_stages_is_refused(source):
    with pytest.raises(InvalidQuery):
        parse_pipeline(source)


@pytest.mark.parametrize(
    "name", ["$out", "$merge", "$unwind", "$set", "$unset", "$facet", "$replaceRoot", "$where", "match", ""]
)
def test_other_stages_are_refused_by_name_and_the_eleven_are_told(name):
    with pytest.raises(InvalidQuery) as caught:
        parse_pipeline([{name: {}}])
    assert f"the stage {name} is not allowed" in str(caught.value)
    assert "$match, $lookup, $limit, $skip, $sort, $group, $bucket, $bucketAuto, $count, $project, $addFields" in str(
        caught.value
    )


def test_other_stages_are_refused_inside_lookup_too():
    with pytest.raises(InvalidQuery, match=r"the stage \$out"):
        parse_pipeline([{"$lookup": {"from": "x", "pipeline": [{"$out": "y"}], "as": "z"}}])


@pytest.mark.parametrize("expression", [{"$function": {}}, {"$accumulator": {}}])
@pytest.mark.parametrize("place", ["project", "match", "group"])
def test_code_is_refused_wherever_it_stands(expression, place):
    (name,) = expression
    stage = {
        "project": {"$project": {"x": expression}},
        "match": {"$match": {"$expr": expression}},
        "group": {"$group": {"_id": None, "x": expression}},
    }[place]
    with pytest.raises(InvalidQuery, match=rf"\{name} is not allowed"):
        parse_pipeline([stage])


def test_where_is_refused_in_match():
    with pytest.raises(InvalidQuery, match=r"\$where"):
        parse_pipeline([{"$match": {"$where": "1"}}])


def test_too_many_stages_are_refused():
    with pytest.raises(InvalidQuery, match="more than 200 stages"):
        parse_pipeline([{"$limit": 1}] * 201)
    inner = {"$lookup": {"from": "x", "pipeline": [{"$limit": 1}] * 100, "as": "y"}}
    with pytest.raises(InvalidQuery, match="more than 200 stages"):
        parse_pipeline([inner, inner])


def test_as_many_stages_as_allowed_run():
    assert run([{"$addFields": {"a": {"$add": ["$a", 1]}}}] * 200, [{"a": 0}]) == [{"a": 200}]


def test_stages_keep_mongodbs_form():
    stages = [{"$match": {"a": 1}}, {"$skip": 1}, {"$limit": 2.0}, {"$sort": {"a": 1, "b": -1}}, {"$count": "n"}]
    assert parse_pipeline(stages).stages == (
        {"$match": {"a": 1}}, {"$skip": 1}, {"$limit": 2}, {"$sort": {"a": 1, "b": -1}}, {"$count": "n"},
    )  # fmt: skip


OTHER_STAGES = [
    {"$project": {"a": 1, "b": {"$add": ["$c", 1]}}},
    {"$addFields": {"a.b": "$c"}},
    {"$bucket": {"groupBy": "$a", "boundaries": [1, 2], "default": 9}},
    {"$bucketAuto": {"groupBy": "$a", "buckets": 2}},
    {"$lookup": {"from": "x", "localField": "a", "foreignField": "b", "as": "c.d"}},
    {"$lookup": {"from": "x", "let": {"v": "$a"}, "pipeline": [{"$match": {"$expr": "$$v"}}], "as": "c"}},
]


@pytest.mark.parametrize("stage", OTHER_STAGES, ids=str)
def test_a_stage_keeps_its_form(stage):
    assert parse_pipeline([stage]).stages == (stage,)


def test_a_group_is_sorted_by_id_unless_the_next_stage_makes_it_needless():
    group = {"$group": {"_id": "$a"}}
    by_id = {"$sort": {"_id": 1}}
    assert parse_pipeline([group]).stages == (group, by_id)
    assert parse_pipeline([group, {"$project": {"_id": 1}}]).stages == (group, by_id, {"$project": {"_id": 1}})
    assert parse_pipeline([group, {"$sort": {"n": 1}}]).stages == (group, {"$sort": {"n": 1}})
    assert parse_pipeline([group, {"$count": "n"}]).stages == (group, {"$count": "n"})


def test_after_puts_a_condition_before_everything():
    pipeline = parse_pipeline([{"$limit": 1}]).after(parse_filter({"k": "a"}))
    assert pipeline.stages == ({"$match": {"k": "a"}}, {"$limit": 1})
    assert list(pipeline.run(DOCS, no_fetch, Deadline(1000))) == [DOCS[1]]
    assert pipeline.operators == {"$match", "$limit"}


def test_split_match_parts_the_leading_filters_from_the_rest():
    pipeline = parse_pipeline([{"$match": {"k": "b"}}, {"$match": {"v": 5}}, {"$limit": 9}, {"$match": {"z": 1}}])
    leading, rest = pipeline.split_match()
    assert [leading.matches(document) for document in DOCS] == [False, False, True]
    assert rest.stages == ({"$limit": 9}, {"$match": {"z": 1}})


def test_split_match_without_a_leading_filter_means_everything():
    leading, rest = parse_pipeline([{"$limit": 9}]).split_match()
    assert leading.source == {}
    assert rest.stages == ({"$limit": 9},)
    assert parse_pipeline([{"$match": {"a": 1}}]).split_match()[1].stages == ()


def test_operators_name_everything_a_pipeline_uses():
    pipeline = parse_pipeline(
        [
            {"$match": {"$or": [{"a": {"$in": [1]}}, {"$expr": {"$gt": ["$t", "$$NOW"]}}]}},
            {"$group": {"_id": {"$year": "$t"}, "n": {"$sum": {"$abs": "$v"}}, "m": {"$count": {}}}},
            {"$project": {"x": {"$cond": [1, "$y", "$$REMOVE"]}}},
            {"$lookup": {"from": "x", "pipeline": [{"$addFields": {"y": {"$pow": ["$a", 2]}}}], "as": "z"}},
        ]
    )
    assert pipeline.operators == {
        "$match", "$or", "$in", "$expr", "$gt", "$$NOW", "$group", "$year", "$sum", "$abs", "$count", "$project",
        "$cond", "$$REMOVE", "$lookup", "$lookup.pipeline", "$addFields", "$pow",
    }  # fmt: skip


def test_a_value_that_looks_like_a_variable_in_a_filter_names_no_operator():
    assert parse_pipeline([{"$match": {"price": "$$cheap"}}]).operators == {"$match"}


def test_a_pipeline_stops_at_its_deadline():
    with pytest.raises(TimedOut):
        run([{"$group": {"_id": None}}], DOCS, timeout_ms=-1)


def test_a_pipeline_streams_and_reads_no_more_than_it_needs():
    def endless():
        number = 0
        while True:
            yield {"_id": number}
            number += 1

    pipeline = parse_pipeline([{"$match": {"_id": {"$gt": 9}}}, {"$project": {"x": "$_id"}}, {"$limit": 2}])
    assert [row["x"] for row in pipeline.run(endless(), no_fetch, Deadline(5000))] == [10, 11]


def test_an_endless_pipeline_stops_at_its_deadline():
    def endless():
        while True:
            yield {}

    with pytest.raises(TimedOut):
        list(parse_pipeline([{"$match": {"a": 1}}]).run(endless(), no_fetch, Deadline(50)))


def test_now_is_one_moment_in_a_run():
    rows = run([{"$project": {"now": "$$NOW"}}], DOCS)
    assert len({row["now"] for row in rows}) == 1


def test_a_pipeline_with_lookup_runs_only_when_resolved():
    pipeline = parse_pipeline([{"$lookup": {"from": "x", "localField": "a", "foreignField": "b", "as": "c"}}])
    with pytest.raises(RuntimeError):
        list(pipeline.run(DOCS, no_fetch, Deadline(1000)))


NESTED = [
    {
        "$lookup": {
            "from": "orders",
            "let": {"v": "$v"},
            "pipeline": [{"$lookup": {"from": "items", "localField": "i", "foreignField": "_id", "as": "items"}}],
            "as": "orders",
        }
    },
    {"$lookup": {"from": "users", "localField": "u", "foreignField": "_id", "as": "user"}},
]


def test_lookups_include_nested_ones():
    pipeline = parse_pipeline(NESTED)
    assert [lookup.name for lookup in pipeline.lookups] == ["orders", "items", "users"]


def test_resolving_names_the_stored_collection_and_shows_only_what_is_visible():
    visible = {"orders": parse_filter({"o": 1}), "items": parse_filter({"i": 1}), "users": EVERYTHING}
    pipeline = parse_pipeline(NESTED).resolved(lambda name: ForeignCollection(f"c_{name}", visible[name]))
    outer, users = pipeline.stages
    assert outer["$lookup"]["from"] == "c_orders"
    joined = {"from": "c_items", "localField": "i", "foreignField": "_id"}
    assert outer["$lookup"]["pipeline"] == [
        {"$match": {"o": 1}},
        {"$lookup": {**joined, "pipeline": [{"$match": {"i": 1}}], "as": "items"}},
    ]
    assert users == {"$lookup": {"from": "c_users", "localField": "u", "foreignField": "_id", "as": "user"}}
    assert parse_pipeline(NESTED).stages[0] == NESTED[0]


def test_a_join_needs_no_pipeline_on_a_server_when_everything_is_visible():
    join = parse_pipeline(NESTED[1:])
    assert "$lookup.pipeline" not in join.operators
    all_visible = join.resolved(lambda name: ForeignCollection(name, EVERYTHING))
    assert "$lookup.pipeline" not in all_visible.operators
    some_visible = join.resolved(lambda name: ForeignCollection(name, parse_filter({"a": 1})))
    assert "$lookup.pipeline" in some_visible.operators


def nested_lookups(depth):
    pipeline = []
    for _ in range(depth):
        pipeline = [{"$lookup": {"from": "x", "pipeline": pipeline, "as": "y"}}]
    return pipeline


def test_deeply_nested_lookups_are_refused_and_no_recursion_error():
    assert len(parse_pipeline(nested_lookups(20)).lookups) == 20
    for depth in (21, 20_000):
        with pytest.raises(InvalidQuery, match="nested deeper"):
            parse_pipeline(nested_lookups(depth))


def test_documents_that_double_from_stage_to_stage_are_refused(monkeypatch):
    with pytest.raises(OperatorMisused, match=r"nested deeper|larger than|more than"):
        run([{"$addFields": {"a": ["$a", "$a"]}}] * 150, [{"a": 1}])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-100, 100))))
def test_the_sums_of_groups_make_the_whole(pairs):
    rows = run([{"$group": {"_id": "$k", "n": {"$sum": "$v"}}}], [{"k": key, "v": value} for key, value in pairs])
    assert sum(row["n"] for row in rows) == sum(value for _, value in pairs)
    assert [row["_id"] for row in rows] == sorted({key for key, _ in pairs})


@given(st.lists(st.integers(-9, 9)), st.integers(0, 12), st.integers(1, 12))
def test_sort_skip_and_limit_are_those_of_a_list(numbers, skip, limit):
    rows = run([{"$sort": {"v": 1}}, {"$skip": skip}, {"$limit": limit}], [{"v": number} for number in numbers])
    assert [row["v"] for row in rows] == sorted(numbers)[skip : skip + limit]
    rows = run([{"$sort": {"v": -1}}, {"$limit": limit}], [{"v": number} for number in numbers])
    assert [row["v"] for row in rows] == sorted(numbers, reverse=True)[:limit]
