"""Operators that write a whole field: $set, $setOnInsert, $unset, $min, $max, $currentDate.

Operators raise InvalidUpdate for operands that they cannot take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import Timestamp

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.stored_form import copy_of
from chalicelib.core.query.update.operand import stored
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Leaf
from chalicelib.core.query.values import MISSING, sort_key


def set_field(path: str, operand: Any) -> Leaf:
    """Spec: mongodb, "$set"."""
    value = stored(operand, path)
    if isinstance(value, (dict, list)):
        return Leaf(path, lambda current, run: copy_of(value))
    return Leaf(path, lambda current, run: value)


def set_on_insert(path: str, operand: Any) -> Leaf:
    """Spec: mongodb, "$setOnInsert"."""
    value = stored(operand, path)
    return Leaf(path, lambda current, run: copy_of(value) if run.inserting else current)


def unset(path: str, operand: Any) -> Leaf:
    """The operand says nothing. Spec: mongodb, "$unset"."""
    return Leaf(path, lambda current, run: MISSING)


def set_if_less(path: str, operand: Any) -> Leaf:
    """Spec: mongodb, "$min"."""
    value = stored(operand, path)
    key = sort_key(value)
    return Leaf(path, lambda current, run: copy_of(value) if current is MISSING or key < sort_key(current) else current)


def set_if_greater(path: str, operand: Any) -> Leaf:
    """Spec: mongodb, "$max"."""
    value = stored(operand, path)
    key = sort_key(value)
    return Leaf(path, lambda current, run: copy_of(value) if current is MISSING or key > sort_key(current) else current)


def set_current_date(path: str, operand: Any) -> Leaf:
    """true, false and {$type: "date"} mean a date, {$type: "timestamp"} a timestamp. Spec: mongodb, "$currentDate"."""
    if isinstance(operand, bool) or operand == {"$type": "date"}:
        return Leaf(path, _date)
    if isinstance(operand, Mapping) and operand == {"$type": "timestamp"}:
        return Leaf(path, _timestamp)
    raise InvalidUpdate(f'$currentDate takes true or {{$type: "date"}} or {{$type: "timestamp"}} at {path}')


def _date(current: Any, run: Run) -> Any:
    return run.now.replace(microsecond=run.now.microsecond // 1000 * 1000)


def _timestamp(current: Any, run: Run) -> Any:
    # A server counts the increment up within a second; the microseconds do so too. It is never 0.
    return Timestamp(int(run.now.timestamp()), run.now.microsecond + 1)
