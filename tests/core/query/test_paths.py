from typing import Any

import pytest
from bson.son import SON

from chalicelib.core.query.paths import array_index, found_at, has_index, placed_values_at, split_path, values_at
from chalicelib.core.query.values import MISSING

SPREAD_CASES = [
    pytest.param({"a": 1}, "a", [1], id="a field"),
    pytest.param({}, "a", [MISSING], id="a missing field"),
    pytest.param({"a": {"b": 1}}, "a.b", [1], id="a nested field"),
    pytest.param({"a": SON({"b": 1})}, "a.b", [1], id="an object of another class"),
    pytest.param({"a": 1}, "a.b", [MISSING], id="a path through a scalar"),
    pytest.param({"a": None}, "a.b.c", [MISSING], id="a path through null"),
    pytest.param({"a": [1, 2]}, "a", [1, 2, [1, 2]], id="an array stands for its elements and itself"),
    pytest.param({"a": []}, "a", [[]], id="an empty array stands for itself"),
    pytest.param({"a": [[1], 2]}, "a", [[1], 2, [[1], 2]], id="an inner array is one element"),
    pytest.param({"a": {"b": [1, 2]}}, "a.b", [1, 2, [1, 2]], id="an array at the end of a nested path"),
    pytest.param({"a": [{"b": 1}, {"b": 2}]}, "a.b", [1, 2], id="objects in an array"),
    pytest.param({"a": [{"b": 1}, {}]}, "a.b", [1, MISSING], id="an object without the field"),
    pytest.param({"a": [{"b": [1, 2]}]}, "a.b", [1, 2, [1, 2]], id="arrays in objects in an array"),
    pytest.param({"a": [1, {"b": 2}, "x"]}, "a.b", [2], id="scalars in an array are passed over"),
    pytest.param({"a": []}, "a.b", [], id="nothing in an empty array"),
    pytest.param({"a": [[{"b": 1}]]}, "a.b", [], id="arrays in arrays are not entered"),
    pytest.param({"a": [5, 7, 3]}, "a.1", [7], id="an index"),
    pytest.param({"a": [5]}, "a.1", [], id="an index beyond the end"),
    pytest.param({"a": [5, [2, 4], 3]}, "a.1", [[2, 4]], id="an array at an index stands only for itself"),
    pytest.param({"a": [5, {"1": 4}]}, "a.1", [4, {"1": 4}], id="an index that is also a name"),
    pytest.param({"a": {"1": 4}}, "a.1", [4], id="a number as a name"),
    pytest.param({"a": [5, {"b": 4}]}, "a.1.b", [MISSING, 4], id="an object at an index is read both ways"),
    pytest.param({"a": [5, [{"b": 4}]]}, "a.1.b", [4], id="an array of objects at an index"),
    pytest.param({"a": [5, [7, 8]]}, "a.1.0", [7], id="an index in an array at an index"),
    pytest.param({"a": [5, 6]}, "a.1.b", [], id="a path through a scalar at an index"),
    pytest.param({"a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": {"c": 3}}]}, "a.b.c", [1, 2, 3], id="arrays at two levels"),
    pytest.param({"": {"": 1}}, ".", [1], id="empty names"),
]


@pytest.mark.parametrize(("document", "path", "values"), SPREAD_CASES)
def test_a_path_means_these_values(document: Any, path: str, values: list[Any]) -> None:
    assert values_at(document, path) == values


@pytest.mark.parametrize(("document", "path", "values"), SPREAD_CASES)
def test_a_compiled_question_is_asked_of_the_same_values(document: Any, path: str, values: list[Any]) -> None:
    asked: list[Any] = []

    def test(value: Any) -> bool:
        asked.append(value)
        return False

    assert not found_at(path, test, spreads=True)(document)
    assert asked == values


@pytest.mark.parametrize(
    ("document", "path", "values"),
    [
        pytest.param({"a": [1, 2]}, "a", [[1, 2]], id="an array"),
        pytest.param({"a": {"b": [1, 2]}}, "a.b", [[1, 2]], id="a nested array"),
        pytest.param({"a": [{"b": [1]}, {"b": 2}]}, "a.b", [[1], 2], id="arrays on the way are still entered"),
    ],
)
def test_without_spreading_an_array_stands_only_for_itself(document: Any, path: str, values: list[Any]) -> None:
    assert values_at(document, path, spreads=False) == values
    for value in values:
        assert found_at(path, lambda found, wanted=value: found == wanted, spreads=False)(document)
    assert not found_at(path, lambda found: found == 1, spreads=False)(document)


@pytest.mark.parametrize(("path", "document"), [("a", {"a": [1, 2]}), ("x.a", {"x": {"a": [1, 2]}})])
def test_a_question_stops_at_the_first_element_that_passes(path: str, document: Any) -> None:
    assert found_at(path, lambda value: value == 1, spreads=True)(document)
    assert found_at(path, lambda value: value == [1, 2], spreads=True)(document)


@pytest.mark.parametrize(
    ("document", "path", "places"),
    [
        pytest.param({"a": 1}, "a", [None], id="no array"),
        pytest.param({"a": [1, 2]}, "a", [(1, 0), (1, 1), None], id="the elements, then the array"),
        pytest.param({"a": {"b": [{"c": 1}]}}, "a.b.c", [(2, 0)], id="an array further down"),
        pytest.param({"a": [{"b": [1]}]}, "a.b", [(1, 0), (1, 0)], id="of two arrays, the outer"),
        pytest.param({"a": [4, 5]}, "a.1", [None], id="an array reached by index"),
        pytest.param(
            {"a": [{"b": [2, 3]}, {"b": [4]}]},
            "a.0.b",
            [(1, 0), (3, 0), (3, 1), None, (1, 1)],
            id="an array below one that was reached by index, which is entered too",
        ),
    ],
)
def test_a_place_is_where_the_outermost_array_was(document: Any, path: str, places: list[Any]) -> None:
    assert [place for _, place in placed_values_at(document, path, spreads=True)] == places


@pytest.mark.parametrize(
    ("part", "index"),
    [("0", 0), ("12", 12), ("01", -1), ("-1", -1), ("a", -1), ("", -1), ("1a", -1), ("\u0661", -1), ("9" * 30, -1)],
)
def test_an_index_is_digits_without_leading_zeros(part: str, index: int) -> None:
    assert array_index(part) == index


def test_paths_are_split_at_dots() -> None:
    assert split_path("a.0.b") == ("a", "0", "b")
    assert has_index("a.0.b")
    assert not has_index("a.b")
