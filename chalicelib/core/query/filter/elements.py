"""What $elemMatch asks of an array, in its two forms: of objects in it, and of plain values in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.core.query.filter.conditions import AnyOf, Condition, OneOf, Within
from chalicelib.core.query.filter.nodes import Leaf, Node, ValueTest, conjunction, single
from chalicelib.core.query.paths import Test, has_index
from chalicelib.core.query.values import Document, type_order


def matching_object(node: Node) -> Leaf:
    """An array with an object that the node matches; an array inside the array counts as an object of its indexes."""

    def test(item: Any) -> bool:
        fields = _fields(item)
        return fields is not None and node.matches(fields)

    return _of_elements(test, lambda path: _below(path, node.conditions))


def matching_element(tests: Sequence[ValueTest]) -> Leaf:
    """An array with an element that passes all the tests."""

    def conditions(path: str) -> tuple[Condition, ...]:
        if has_index(path):  # an array reached by its index does not stand for its elements
            return ()
        return _joined([item for test in tests if isinstance(test, Leaf) for item in test.conditions(path)])

    return _of_elements(conjunction([single(test) for test in tests]), conditions)


def _of_elements(test: Test, conditions: Any) -> Leaf:
    def element_index(value: Any) -> int | None:
        if not isinstance(value, list):
            return None
        return next((index for index, item in enumerate(value) if test(item)), None)

    return Leaf(
        test=lambda value: element_index(value) is not None,
        spreads=False,
        conditions=conditions,
        element_index=element_index,
    )


def _fields(item: Any) -> Document | None:
    if isinstance(item, dict):
        return item
    if isinstance(item, list):
        return {str(index): inner for index, inner in enumerate(item)}
    return None


def _below(path: str, conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """The conditions on the elements, said of the document; what would then be more than is true is left out."""
    if has_index(path):
        return ()
    found: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, AnyOf):
            branches = tuple(_below(path, branch) for branch in condition.branches)
            if all(branches):
                found.append(AnyOf(branches))
        elif not has_index(condition.path) and not (isinstance(condition, OneOf) and None in condition.values):
            found.append(replace(condition, path=f"{path}.{condition.path}"))
    return tuple(found)


def _joined(conditions: list[Condition]) -> tuple[Condition, ...]:
    """The conditions, a lower and an upper bound made one: in $elemMatch one element meets both."""
    lower = next((item for item in conditions if isinstance(item, Within) and item.lower is not None), None)
    upper = next((item for item in conditions if isinstance(item, Within) and item.upper is not None), None)
    if lower is None or upper is None or type_order(lower.lower) != type_order(upper.upper):
        return tuple(conditions)
    both = replace(lower, upper=upper.upper, upper_included=upper.upper_included)
    return (both, *(item for item in conditions if item is not lower and item is not upper))
