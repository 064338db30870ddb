"""Walking the tree of an update over a document: finding, creating and padding the places, refusing blocked ones."""

from __future__ import annotations

from functools import reduce
from typing import Any

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.update.paths import MAX_PADDING, query_path
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Elements, Fields, Leaf, Node, in_order, merge
from chalicelib.core.query.values import MISSING

_NULL_BYTES = 8
"""About what a null in an array takes: its type, its index and a NUL."""


def write_fields(node: Fields, document: dict[str, Any], run: Run) -> None:
    """Changes an object's fields in place.

    Raises: InvalidUpdate for a path through a scalar, or one that cannot be made; what an operator raises.
    """
    for name, _, child in _resolved(node, run):
        current = document.get(name, MISSING)
        new = child.change(current, run) if isinstance(child, Leaf) else _below(child, current, run)
        if new is current:
            continue
        if new is MISSING:
            del document[name]
        else:
            document[name] = new


def _write_indexes(node: Fields, array: list[Any], run: Run) -> None:
    for name, index, child in _resolved(node, run):
        if index < 0:
            _refuse_blocked(child, f"an array has no field {name}", run)
            continue
        current = array[index] if index < len(array) else MISSING
        new = _changed(child, current, run)
        if new is not current:
            _put(array, index, new, run)


def _put(array: list[Any], index: int, value: Any, run: Run) -> None:
    if index < len(array):
        array[index] = None if value is MISSING else value
        return
    padding = index - len(array)
    if padding > MAX_PADDING:
        raise InvalidUpdate(f"an array cannot be filled up with more than {MAX_PADDING} nulls")
    run.spend(padding * _NULL_BYTES)
    array += [None] * padding
    array.append(value)


def _write_elements(node: Elements, array: list[Any], run: Run) -> None:
    for index, item in enumerate(array):
        chosen = [
            branch
            for identifier, condition, branch in node.branches
            if condition is None or condition.matches({identifier: item})
        ]
        if chosen:
            new = _changed(reduce(merge, chosen), item, run)
            array[index] = None if new is MISSING else new


def _changed(node: Node, current: Any, run: Run) -> Any:
    return node.change(current, run) if isinstance(node, Leaf) else _below(node, current, run)


def _below(node: Fields | Elements, current: Any, run: Run) -> Any:
    """The value at an inner place after the update; the same value when it was changed in place."""
    kind = type(current)
    if isinstance(node, Elements):
        if kind is not list:
            raise _no_array(node)
        _write_elements(node, current, run)
    elif kind is dict:
        write_fields(node, current, run)
    elif kind is list:
        _write_indexes(node, current, run)
    elif current is MISSING:
        created: dict[str, Any] = {}
        write_fields(node, created, run)
        return created or MISSING
    else:
        _refuse_blocked(node, f"the value at {node.path} is no object and no array", run)
    return current


def _refuse_blocked(node: Node, why: str, run: Run) -> None:
    """Raises InvalidUpdate unless nothing would be written below a place that cannot have fields."""
    if isinstance(node, Elements):
        raise _no_array(node)
    if isinstance(node, Fields):
        for _, _, child in _resolved(node, run):
            _refuse_blocked(child, why, run)
    elif node.needs_way or node.change(MISSING, run) is not MISSING:
        raise InvalidUpdate(f"cannot write {node.path}: {why}")


def _resolved(node: Fields, run: Run) -> tuple[tuple[str, int, Node], ...]:
    """The children, with `$` resolved to the index that the query matched."""
    if node.positional is None:
        return node.children
    index = run.position(query_path(node.path))
    name = str(index)
    children = {child[0]: child for child in node.children}
    there = children.get(name)
    children[name] = (name, index, node.positional if there is None else merge(there[2], node.positional))
    return in_order(children.values())


def _no_array(node: Elements) -> InvalidUpdate:
    return InvalidUpdate(f"{node.path} must be an array for its elements to be updated")
