"""Field paths and variables. In aggregation a path maps over arrays, and numbers are not array indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.expressions.limits import LARGE, MAX_DEPTH
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.values import MISSING


def field_names(path: str) -> list[str]:
    """The names in a dotted path. Raises: InvalidQuery for an empty name, a `$` at its start or a zero byte."""
    names = path.split(".")
    if len(names) > MAX_DEPTH:
        raise InvalidQuery(f"a field path is longer than {MAX_DEPTH} names")
    for name in names:
        if not name or name.startswith("$") or "\0" in name:
            raise InvalidQuery(f"not a field path: {path!r}")
    return names


def field_path(names: Sequence[str]) -> Compiled:
    """`$a.b`: the value at the path, from `$$CURRENT` on."""
    first = names[0]
    if len(names) == 1:

        def field(scope: Scope) -> Any:
            current = scope.current
            return _paced(scope, current.get(first, MISSING) if isinstance(current, dict) else value_at(current, names))

        return field
    return lambda scope: _paced(scope, value_at(scope.current, names))


def variable_path(name: str, names: Sequence[str]) -> Compiled:
    """`$$name.a.b`: the value at the path inside a variable's value."""
    if name == "ROOT":
        return lambda scope: value_at(scope.root, names)
    if name == "CURRENT":
        return lambda scope: value_at(scope.current, names)
    if name == "NOW":
        return lambda scope: value_at(scope.now, names)
    if name == "REMOVE":
        return lambda scope: MISSING
    return lambda scope: _paced(scope, value_at(scope.variables[name], names))


def _paced(scope: Scope, value: Any) -> Any:
    """The value; the deadline is checked first when it is large, because reading it will take time."""
    if isinstance(value, list | str) and len(value) > LARGE:
        scope.check_time()
    return value


def value_at(value: Any, names: Sequence[str], start: int = 0) -> Any:
    """The value at the path; through an array, the list of the values that its objects have there."""
    for index in range(start, len(names)):
        if isinstance(value, dict):
            value = value.get(names[index], MISSING)
        elif isinstance(value, list):
            found = (value_at(item, names, index) for item in value if isinstance(item, dict))
            return [item for item in found if item is not MISSING]
        else:
            return MISSING
    return value
