"""From an operator document to an Update: the table of operators, array filters, and the checks on the whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.stored_form import MAX_DEPTH, bson_size, copy_of, depth_of
from chalicelib.core.query.update import arrays, fields, numbers
from chalicelib.core.query.update.model import Update
from chalicelib.core.query.update.paths import array_filter_name, split_path
from chalicelib.core.query.update.pull import element_filter, pull, pull_all
from chalicelib.core.query.update.rename import rename
from chalicelib.core.query.update.tree import Leaf, Sprout, freeze, grow

_OPERATORS: Final[dict[str, Callable[[str, Any], Leaf]]] = {
    "$set": fields.set_field,
    "$setOnInsert": fields.set_on_insert,
    "$unset": fields.unset,
    "$min": fields.set_if_less,
    "$max": fields.set_if_greater,
    "$currentDate": fields.set_current_date,
    "$inc": numbers.increment,
    "$mul": numbers.multiply,
    "$bit": numbers.change_bits,
    "$push": arrays.push,
    "$addToSet": arrays.add_to_set,
    "$pop": arrays.pop,
    "$pull": pull,
    "$pullAll": pull_all,
}

_MAX_SOURCE_DEPTH: Final = MAX_DEPTH + 4
"""Levels of the operator document: those of a stored value under the update, its operator, and a $each."""

_STORING: Final = frozenset({"$set", "$setOnInsert", "$min", "$max", "$push", "$addToSet"})
_SMALLEST_WRITE_BYTES: Final = 16

MAX_ARRAY_FILTERS: Final = 100
"""Array filters of one update, inclusive: each is asked about each element. MongoDB has no such limit."""

_IDENTIFIER = re.compile("[a-z][a-zA-Z0-9]*")


def parse_update(source: Any, array_filters: Sequence[Any] = ()) -> Update:
    """The update that an operator document spells, such as `{"$set": {...}, "$inc": {...}}`.

    An operator without fields, `{"$set": {}}`, does nothing.
    Raises: InvalidUpdate for an unknown operator, a wrong operand, conflicting paths, or array filters that are
    unused, missing or malformed.
    """
    if not isinstance(source, Mapping) or not source:
        raise InvalidUpdate("an update is an object of operators")
    _check_depth(source)
    filters = _parse_array_filters(array_filters)
    sprout: Sprout = {}
    paths: set[str] = set()
    for leaf in _leaves(source):
        parts = split_path(leaf.path)
        if len(parts) > MAX_DEPTH:
            raise InvalidUpdate(f"a path has more than {MAX_DEPTH} parts")
        grow(sprout, parts, leaf)
        paths.add(leaf.path)
    _check_identifiers(paths, filters)
    return Update(
        source=copy_of(source),
        array_filters=tuple(copy_of(item) for item in array_filters),
        paths=frozenset(paths),
        tree=freeze(sprout, filters),
        touches_id=any(path == "_id" or path.startswith("_id.") for path in paths),
    )


def _leaves(source: Mapping[Any, Any]) -> list[Leaf]:
    leaves: list[Leaf] = []
    for name, operands in source.items():
        if name != "$rename" and name not in _OPERATORS:
            raise InvalidUpdate(f"unknown update operator: {name!r}")
        if not isinstance(operands, Mapping):
            raise InvalidUpdate(f"{name} takes an object of fields")
        for path, operand in operands.items():
            if not isinstance(path, str):
                raise InvalidUpdate(f"{name} takes field names that are text")
            split_path(path)
            leaves += rename(path, operand) if name == "$rename" else [_leaf(name, path, operand)]
    return leaves


def _leaf(name: str, path: str, operand: Any) -> Leaf:
    leaf = _OPERATORS[name](path, operand)
    if "$[" not in path:
        return leaf
    return leaf.metered(_SMALLEST_WRITE_BYTES + (bson_size({"": operand}) if name in _STORING else 0))


def _check_depth(source: Any) -> None:
    if depth_of(source, _MAX_SOURCE_DEPTH + 1) > _MAX_SOURCE_DEPTH:
        raise InvalidUpdate("the update has too many levels")


def _parse_array_filters(sources: Sequence[Any]) -> dict[str, Filter]:
    if not isinstance(sources, (list, tuple)):
        raise InvalidUpdate("array filters are an array of objects")
    if len(sources) > MAX_ARRAY_FILTERS:
        raise InvalidUpdate(f"an update has at most {MAX_ARRAY_FILTERS} array filters")
    filters: dict[str, Filter] = {}
    for source in sources:
        if not isinstance(source, Mapping):
            raise InvalidUpdate("an array filter is an object")
        _check_depth(source)
        names = _top_names(source)
        if len(names) != 1:
            raise InvalidUpdate("an array filter speaks of exactly one identifier")
        name = names.pop()
        if not _IDENTIFIER.fullmatch(name):
            raise InvalidUpdate(f"an array filter's identifier is a small letter, then letters and digits: {name!r}")
        if name in filters:
            raise InvalidUpdate(f"two array filters have the identifier {name}")
        filters[name] = element_filter(source)
    return filters


def _top_names(condition: Any) -> set[str]:
    """The first parts of the paths that a condition speaks of."""
    names: set[str] = set()
    for name, operand in condition.items() if isinstance(condition, Mapping) else ():
        if not str(name).startswith("$"):
            names.add(str(name).split(".", 1)[0])
        elif isinstance(operand, list):
            names = names.union(*map(_top_names, operand))
    return names


def _check_identifiers(paths: set[str], filters: dict[str, Filter]) -> None:
    used = {name for path in paths for part in path.split(".") if (name := array_filter_name(part))}
    for name in used - filters.keys():
        raise InvalidUpdate(f"there is no array filter for $[{name}]")
    for name in filters.keys() - used:
        raise InvalidUpdate(f"the array filter {name} is not used")
