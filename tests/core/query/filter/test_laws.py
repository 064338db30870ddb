"""Laws that hold for any document and any filter."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.query.filter import AnyOf, OneOf, Within, parse_filter
from chalicelib.core.query.filter.conditions import Condition
from chalicelib.core.query.paths import values_at
from chalicelib.core.query.values import MISSING, equal, sort_key, type_order

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 1.0, float("nan")]),
    st.sampled_from(["", "x", "y"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2)
PATHS = st.sampled_from(["a", "b", "a.b", "a.0", "a.0.b", "a.b.a", "a.1"])
OPERATORS = st.one_of(
    st.builds(lambda name, value: {name: value}, st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), VALUES),
    st.builds(
        lambda name, values: {name: values}, st.sampled_from(["$in", "$nin", "$all"]), st.lists(SCALARS, max_size=3)
    ),
    st.builds(lambda low, high: {"$gt": low, "$lte": high}, SCALARS, SCALARS),
    st.builds(lambda low, high: {"$elemMatch": {"$gte": low, "$lt": high}}, SCALARS, SCALARS),
    st.builds(lambda name, value: {"$elemMatch": {name: value}}, st.sampled_from(["a", "b", "0"]), VALUES),
    st.builds(lambda value: {"$exists": value}, st.booleans()),
    st.sampled_from([{"$type": "number"}, {"$type": "array"}, {"$size": 1}, {"$mod": [2, 0]}, {"$regex": "x"}]),
)
FIELDS = st.builds(lambda path, operators: {path: operators}, PATHS, OPERATORS)
FILTERS = st.recursive(
    FIELDS,
    lambda inner: st.builds(
        lambda name, parts: {name: parts},
        st.sampled_from(["$and", "$or", "$nor"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)


def matches(source: Any, document: Any) -> bool:
    return parse_filter(source).matches(document)


@given(DOCUMENTS, PATHS, OPERATORS)
def test_not_finds_just_the_other_documents(document: Any, path: str, operators: Any) -> None:
    assert matches({path: operators}, document) != matches({path: {"$not": operators}}, document)


@given(DOCUMENTS, st.lists(FILTERS, min_size=1, max_size=3))
def test_nor_is_not_or(document: Any, parts: list[Any]) -> None:
    assert matches({"$nor": parts}, document) != matches({"$or": parts}, document)


@given(DOCUMENTS, st.lists(FILTERS, min_size=1, max_size=3))
def test_logic_is_that_of_its_parts(document: Any, parts: list[Any]) -> None:
    answers = [matches(part, document) for part in parts]

    assert matches({"$or": parts}, document) == any(answers)
    assert matches({"$and": parts}, document) == all(answers)


@given(DOCUMENTS, PATHS, st.lists(VALUES, min_size=1, max_size=3))
def test_in_is_an_or_of_equalities(document: Any, path: str, values: list[Any]) -> None:
    answers = [matches({path: {"$eq": value}}, document) for value in values]

    assert matches({path: {"$in": values}}, document) == any(answers)
    assert matches({path: {"$nin": values}}, document) != any(answers)


@given(DOCUMENTS, PATHS, VALUES)
def test_gte_is_gt_or_eq(document: Any, path: str, value: Any) -> None:
    either = {"$or": [{path: {"$gt": value}}, {path: {"$eq": value}}]}

    assert matches({path: {"$gte": value}}, document) == matches(either, document)


@given(DOCUMENTS, PATHS, VALUES)
def test_ne_is_not_eq(document: Any, path: str, value: Any) -> None:
    assert matches({path: {"$ne": value}}, document) != matches({path: {"$eq": value}}, document)


@given(DOCUMENTS, PATHS, OPERATORS)
def test_a_found_document_satisfies_the_conditions(document: Any, path: str, operators: Any) -> None:
    found = parse_filter({path: operators})

    if found.matches(document):
        assert all(satisfied(condition, document) for condition in found.conditions)


@given(DOCUMENTS, FILTERS)
def test_a_document_found_by_logic_satisfies_the_conditions(document: Any, source: Any) -> None:
    found = parse_filter(source)

    if found.matches(document):
        assert all(satisfied(condition, document) for condition in found.conditions)


@given(DOCUMENTS, FILTERS)
def test_a_matched_position_lies_in_an_array(document: Any, source: Any) -> None:
    position = parse_filter(source).matched_position(document, "a")

    assert position is None or position >= 0


def satisfied(condition: Condition, document: Any) -> bool:
    if isinstance(condition, AnyOf):
        return any(all(satisfied(part, document) for part in branch) for branch in condition.branches)
    values = values_at(document, condition.path)
    if isinstance(condition, OneOf):
        return any(equal(value, wanted) for value in values for wanted in condition.values)
    if isinstance(condition, Within):
        return any(lies_within(value, condition) for value in values)
    return any(value is not MISSING for value in values)


def lies_within(value: Any, condition: Within) -> bool:
    low, high = condition.lower, condition.upper
    if type_order(value) != type_order(high if low is None else low):
        return False
    key = sort_key(value)
    above = low is None or key > sort_key(low) or (condition.lower_included and equal(value, low))
    below = high is None or key < sort_key(high) or (condition.upper_included and equal(value, high))
    return above and below
