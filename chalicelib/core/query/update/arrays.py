"""Operators that add elements to an array: $push, $addToSet; and $pop, which takes one away.

Operators raise InvalidUpdate for operands that they cannot take, their leaves for values that are not arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.stored_form import copy_of
from chalicelib.core.query.update.operand import one_or_minus_one, stored, stored_all, whole_number
from chalicelib.core.query.update.paths import array_index
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Leaf
from chalicelib.core.query.values import MISSING, sort_key

_Arrange: TypeAlias = Callable[[list[Any]], None]

_PUSH_CLAUSES = frozenset({"$each", "$position", "$slice", "$sort"})


def push(path: str, operand: Any) -> Leaf:
    """A value, or {$each: [...]} with $position, $sort, $slice, done in this order. Spec: mongodb, "$push"."""
    if not (isinstance(operand, Mapping) and "$each" in operand):
        value = stored(operand, path, below=1)
        return _push_leaf(path, [value], None, None, None)
    for name in operand:
        if name not in _PUSH_CLAUSES:
            raise InvalidUpdate(f"$push does not know {name!r} at {path}")
    values = stored_all(operand["$each"], path, "$each of $push")
    clauses = {name: whole_number(operand[name], name) for name in ("$position", "$slice") if name in operand}
    arrange = _sorting(operand["$sort"]) if "$sort" in operand else None
    return _push_leaf(path, values, clauses.get("$position"), arrange, clauses.get("$slice"))


def _push_leaf(path: str, values: list[Any], position: int | None, arrange: _Arrange | None, keep: int | None) -> Leaf:
    def change(current: Any, run: Run) -> Any:
        array = _array(current, path, "$push")
        if position is None:
            array.extend(map(copy_of, values))
        else:
            array[position:position] = map(copy_of, values)
        if arrange is not None:
            arrange(array)
        if keep is not None:
            _trim(array, keep)
        return array

    return Leaf(path, change)


def add_to_set(path: str, operand: Any) -> Leaf:
    """A value, or {$each: [...]}: those are added that equal no element. Spec: mongodb, "$addToSet"."""
    if isinstance(operand, Mapping) and next(iter(operand), None) == "$each":
        if len(operand) > 1:
            raise InvalidUpdate(f"$addToSet takes nothing besides $each at {path}")
        values = stored_all(operand["$each"], path, "$each of $addToSet")
    else:
        values = [stored(operand, path, below=1)]
    keyed = [(sort_key(value), value) for value in values]

    def change(current: Any, run: Run) -> Any:
        array = _array(current, path, "$addToSet")
        present = {sort_key(item) for item in array}
        for key, value in keyed:
            if key not in present:
                present.add(key)
                array.append(copy_of(value))
        return array

    return Leaf(path, change)


def pop(path: str, operand: Any) -> Leaf:
    """1 takes the last element away, -1 the first. Spec: mongodb, "$pop"."""
    index = -1 if one_or_minus_one(operand, "$pop") == 1 else 0

    def change(current: Any, run: Run) -> Any:
        if current is not MISSING and _array(current, path, "$pop"):
            del current[index]
        return current

    return Leaf(path, change, needs_way=True)


def _array(current: Any, path: str, name: str) -> list[Any]:
    if current is MISSING:
        return []
    if type(current) is not list:
        raise InvalidUpdate(f"{name} cannot change {path}: it is not an array")
    return current


def _trim(array: list[Any], keep: int) -> None:
    if keep >= 0:
        del array[keep:]
    else:
        del array[:keep]


def _sorting(pattern: Any) -> _Arrange:
    """How $sort orders: 1 or -1 for whole elements, {path: 1 or -1} for their fields. Ties keep their order."""
    if not isinstance(pattern, Mapping):
        backwards = one_or_minus_one(pattern, "$sort") < 0
        return lambda array: array.sort(key=sort_key, reverse=backwards)
    if not pattern:
        raise InvalidUpdate("$sort of $push names no field")
    keys = [
        (_sort_path(path), one_or_minus_one(direction, "$sort") < 0)
        for path, direction in reversed(list(pattern.items()))
    ]

    def arrange(array: list[Any]) -> None:
        for parts, backwards in keys:
            array.sort(key=lambda item, parts=parts: sort_key(_at(item, parts)), reverse=backwards)  # type: ignore[misc]

    return arrange


def _sort_path(path: Any) -> tuple[str, ...]:
    parts = tuple(path.split(".")) if isinstance(path, str) else ("",)
    if "" in parts:
        raise InvalidUpdate(f"$sort of $push has an empty part in {path!r}")
    return parts


def _at(item: Any, parts: tuple[str, ...]) -> Any:
    for part in parts:
        if isinstance(item, dict):
            item = item.get(part, MISSING)
        elif isinstance(item, list) and 0 <= array_index(part) < len(item):
            item = item[array_index(part)]
        else:
            return MISSING
    return item
