import heapq
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.order import Descending, Order, parse_order
from tests.core.query.test_values import ASCENDING, VALUES


def ids(order: Order, documents: list[Any]) -> list[Any]:
    return [document["_id"] for document in order.sorted(documents)]


@pytest.mark.parametrize(
    ("keys", "values", "expected"),
    [
        pytest.param([("a", 1)], [3, 1, 2], [1, 2, 0], id="ascending"),
        pytest.param([("a", -1)], [3, 1, 2], [0, 2, 1], id="descending"),
        pytest.param([("a", 1)], [1, 1.0, 1], [0, 1, 2], id="ties keep their order"),
        pytest.param([("a", -1)], [1, 1.0, 1], [0, 1, 2], id="ties keep their order descending too"),
        pytest.param([("a", 1)], ["x", 1, None, True], [2, 1, 0, 3], id="types have an order"),
        pytest.param([("a", 1)], [[9, 2], 3, [1, 5]], [2, 0, 1], id="an array by its smallest element"),
        pytest.param([("a", -1)], [[9, 2], 3, [1, 5]], [0, 2, 1], id="an array by its largest element"),
        pytest.param([("a", 1)], [None, [], 1], [1, 0, 2], id="an empty array before null"),
        pytest.param([("a", -1)], [None, [], 1], [2, 0, 1], id="an empty array after null descending"),
        pytest.param([("a", 1)], [[[5]], [1], [[0]]], [1, 2, 0], id="an inner array is an array"),
        pytest.param([("a.b", 1)], [{"b": 2}, {}, 1, {"b": 1}], [1, 2, 3, 0], id="a nested path"),
        pytest.param([("a.b", 1)], [[{"b": 3}, {"b": 9}], {"b": 4}, {"b": 2}], [2, 0, 1], id="objects in an array"),
        pytest.param(
            [("a.b", 1)], [[{"b": 3}, {}], {"b": None}, {"b": 2}], [0, 1, 2], id="an object without the field"
        ),
        pytest.param([("a.b", 1)], [[], {"b": 1}, [5]], [0, 2, 1], id="nothing below an array"),
        pytest.param([("a.b", 1)], [[{"b": []}], {"b": None}], [0, 1], id="an empty array below an array"),
        pytest.param([("a.b", 1)], [[{"b": [7, 3]}], {"b": 4}], [0, 1], id="an array below an array"),
        pytest.param([("a.b.c", 1)], [[{"b": 5}], {"b": {"c": 0}}, {}], [0, 2, 1], id="below a scalar in an array"),
        pytest.param([("a.0", 1)], [[5, 1], [3, 9], {"0": 4}], [1, 2, 0], id="an index"),
        pytest.param([("a.0.b", 1)], [[{"b": 5}], [{"b": 3}, {"b": 0}]], [1, 0], id="a field at an index"),
        pytest.param([("a.1", 1)], [[5, 1], [3]], [1, 0], id="an index beyond the end is missing"),
        pytest.param([("a.0", 1)], [[[5, 2]], [[3]]], [0, 1], id="an array at an index"),
    ],
)
def test_documents_come_in_mongodbs_order(keys: Any, values: list[Any], expected: list[int]) -> None:
    documents = [{"_id": number, "a": value} for number, value in enumerate(values)]
    order = parse_order(keys)

    assert ids(order, documents) == expected
    assert [document["_id"] for document in sorted(documents, key=order.key)] == expected


def test_a_missing_field_sorts_as_null() -> None:
    assert ids(Order((("a", 1),)), [{"_id": 0, "a": 1}, {"_id": 1}, {"_id": 2, "a": None}]) == [1, 2, 0]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param([("a", 1), ("b", 1)], [2, 1, 0, 3], id="both ascending"),
        pytest.param([("a", 1), ("b", -1)], [1, 2, 3, 0], id="ascending, descending"),
        pytest.param([("a", -1), ("b", 1)], [0, 3, 2, 1], id="descending, ascending"),
        pytest.param([("a", -1), ("b", -1)], [3, 0, 1, 2], id="both descending"),
    ],
)
def test_later_keys_settle_ties(keys: Any, expected: list[int]) -> None:
    documents = [
        {"_id": 0, "a": 2, "b": 1},
        {"_id": 1, "a": 1, "b": 9},
        {"_id": 2, "a": 1, "b": 3},
        {"_id": 3, "a": 2, "b": 5},
    ]
    order = parse_order(keys)

    assert ids(order, documents) == expected
    assert [document["_id"] for document in heapq.nsmallest(4, documents, key=order.key)] == expected


@pytest.mark.parametrize(
    ("document", "keys", "twin"),
    [
        pytest.param(
            {"a": [{"b": 1, "c": 9}, {"b": 1, "c": 2}, {"b": 2, "c": 0}]},
            [("a.b", 1), ("a.c", 1)],
            {"a": {"b": 1, "c": 2}},
            id="the element that comes first",
        ),
        pytest.param(
            {"a": [{"b": 1, "c": 9}, {"b": 1, "c": 2}]}, [("a.b", 1), ("a.c", -1)], {"a": {"b": 1, "c": 9}},
            id="the element that comes first in mixed directions",
        ),
        pytest.param({"a": [3, 1], "d": 4}, [("a", -1), ("d", 1)], {"a": 3, "d": 4}, id="an array beside a scalar"),
        pytest.param({"a": [], "d": 4}, [("a", 1), ("d", 1)], {"a": [], "d": 4}, id="an empty array beside a scalar"),
        pytest.param({"a": []}, [("a.b", 1), ("a.c", 1)], {}, id="two paths below an empty array"),
        pytest.param({"a": [1, {"b": 0}]}, [("a.b", 1), ("a.c", 1)], {}, id="a scalar among objects"),
        pytest.param({"a": [7, 8]}, [("a.0", 1), ("a.1", 1)], {"a": {"0": 7, "1": 8}}, id="two indexes"),
        pytest.param(
            {"a": [{"b": [4, 3], "c": 1}]},
            [("a.c", 1), ("a.b", 1)],
            {"a": {"b": 3, "c": 1}},
            id="an array in the element",
        ),
    ],
)  # fmt: skip
def test_two_paths_through_one_array_are_read_from_one_element(document: Any, keys: Any, twin: Any) -> None:
    order = parse_order(keys)

    assert order.key(document) == order.key(twin)
    assert order.sorted([document, twin]) == [document, twin]
    assert order.sorted([twin, document]) == [twin, document]


def test_two_arrays_side_by_side_are_refused() -> None:
    with pytest.raises(OperatorMisused, match="side by side"):
        Order((("a", 1), ("b", 1))).sorted([{"a": [1], "b": [2]}])


def test_all_types_sort_in_bson_order() -> None:
    documents = [{"_id": number, "a": value} for number, value in enumerate(ASCENDING) if not isinstance(value, list)]
    expected = [document["_id"] for document in documents]

    assert ids(Order((("a", 1),)), documents[::-1]) == expected
    assert ids(Order((("a", -1),)), documents) == expected[::-1]


def test_no_keys_keep_the_order() -> None:
    assert not Order()
    assert Order((("a", 1),))
    assert ids(Order(), [{"_id": 2}, {"_id": 1}]) == [2, 1]


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([("", 1)], id="an empty path"),
        pytest.param([("a..b", 1)], id="an empty part"),
        pytest.param([(5, 1)], id="a path that is not a text"),
        pytest.param([("a.$b", 1)], id="a part with a dollar sign"),
        pytest.param([("a", 1), ("a", -1)], id="a path twice"),
        pytest.param([("a", 2)], id="another direction"),
        pytest.param([("a", True)], id="true is no direction"),
        pytest.param([("a", "asc")], id="a word is no direction"),
        pytest.param([(f"a{number}", 1) for number in range(33)], id="33 keys"),
    ],
)
def test_a_malformed_order_is_refused(keys: Any) -> None:
    with pytest.raises(InvalidQuery):
        parse_order(keys)


def test_thirty_two_keys_are_accepted() -> None:
    assert len(parse_order([(f"a{number}", -1) for number in range(32)]).keys) == 32


def test_orders_are_values() -> None:
    assert parse_order([("a", 1)]) == Order((("a", 1),))
    assert hash(parse_order([("a", 1)])) == hash(Order((("a", 1),)))


def test_descending_keys_compare_the_other_way_round() -> None:
    assert Descending((2, 1)) < Descending((1, 1))
    assert Descending((1,)) == Descending((1,))
    assert Descending((1,)) != (1,)
    assert hash(Descending((1,))) == hash(Descending((1,)))


DOCUMENTS = st.lists(st.fixed_dictionaries({}, optional={"a": VALUES, "b": st.integers(0, 2)}), max_size=6)
KEYS = st.sampled_from(
    [[("a", 1)], [("a", -1)], [("b", 1), ("a", -1)], [("a.x", -1), ("b", -1)], [("b", -1), ("a", 1)]]
)


@given(DOCUMENTS, KEYS)
def test_sorting_is_stable_and_agrees_with_the_key(documents: list[Any], keys: Any) -> None:
    order = parse_order(keys)
    numbered = [{"_id": number, **document} for number, document in enumerate(documents)]

    found = order.sorted(numbered)

    assert found == sorted(numbered, key=order.key)
    assert order.sorted(found) == found
