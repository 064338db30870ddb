"""Operators that take elements out of an array by value or condition: $pull, $pullAll; and conditions on elements.

Operators raise InvalidUpdate for operands that they cannot take, their leaves for values that are not arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from bson import Regex

from chalicelib.core.errors import InvalidQuery, InvalidUpdate
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.update.operand import stored, stored_all
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Leaf
from chalicelib.core.query.values import MISSING, sort_key

_Condition: TypeAlias = Callable[[Any], bool]

_OF_WHOLE_DOCUMENTS: Final = frozenset({"$and", "$or", "$nor", "$not", "$comment"})
_REFUSED: Final = frozenset({"$expr", "$jsonSchema", "$text", "$where"})
_ELEMENT: Final = "element"


def pull(path: str, operand: Any) -> Leaf:
    """Takes out what equals a value, matches an object's conditions, operators or a regex. Spec: mongodb, "$pull"."""
    goes = _condition(path, operand)

    def change(current: Any, run: Run) -> Any:
        return _without(current, goes, path, "$pull")

    return Leaf(path, change, needs_way=True)


def pull_all(path: str, operand: Any) -> Leaf:
    """Takes out what equals one of the values. Spec: mongodb, "$pullAll"."""
    keys = {sort_key(value) for value in stored_all(operand, path, "$pullAll")}

    def change(current: Any, run: Run) -> Any:
        return _without(current, lambda item: sort_key(item) in keys, path, "$pullAll")

    return Leaf(path, change, needs_way=True)


def element_filter(source: Mapping[str, Any]) -> Filter:
    """A filter on one element. Raises: InvalidUpdate for a malformed one, or for what makes sense on documents only."""
    _refuse_special(source)
    try:
        condition = parse_filter(source)
    except InvalidQuery as error:
        raise InvalidUpdate(error.message) from error
    if condition.distance_order is not None:
        raise InvalidUpdate("array elements cannot be ordered by distance")
    return condition


def _condition(path: str, operand: Any) -> _Condition:
    if isinstance(operand, Mapping):
        first = str(next(iter(operand), ""))
        if not first.startswith("$") or first in _OF_WHOLE_DOCUMENTS:
            by_fields = element_filter(operand)
            return lambda item: isinstance(item, dict) and by_fields.matches(item)
        _refuse_special(operand)
    elif not isinstance(operand, (Regex, re.Pattern)):
        key = sort_key(stored(operand, path, below=1))
        return lambda item: sort_key(item) == key
    by_value = element_filter({_ELEMENT: operand})
    return lambda item: by_value.matches({_ELEMENT: item})


def _refuse_special(source: Mapping[str, Any]) -> None:
    for name, operand in source.items():
        if name in _REFUSED:
            raise InvalidUpdate(f"{name} cannot be used on array elements")
        if name in _OF_WHOLE_DOCUMENTS and isinstance(operand, list):
            for part in operand:
                if isinstance(part, Mapping):
                    _refuse_special(part)


def _without(current: Any, goes: _Condition, path: str, name: str) -> Any:
    if current is MISSING:
        return current
    if type(current) is not list:
        raise InvalidUpdate(f"{name} cannot change {path}: it is not an array")
    current[:] = [item for item in current if not goes(item)]
    return current
