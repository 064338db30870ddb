"""Makes closures of expression sources, once; what each operator means is in the family modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.limits import MAX_DEPTH, gathered
from chalicelib.core.query.expressions.paths import field_names, field_path, variable_path
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.values import MAX_INT64, MIN_INT64, MISSING, Document

REFUSED = frozenset({"$function", "$accumulator", "$where", "$out", "$merge"})
"""Operators that run code or write."""

SYSTEM_VARIABLES = frozenset({"ROOT", "CURRENT", "NOW", "REMOVE"})

_VARIABLE_NAME = re.compile(r"[a-z\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*")


_Result = TypeVar("_Result")


class Compiler:
    """Compiles sources in which some variables are known, and notes every operator it meets."""

    def __init__(self, table: Mapping[str, Builder], variables: frozenset[str] = frozenset()) -> None:
        self.operators: set[str] = set()
        self.variables = variables
        self._table = table
        self._depth = 0

    def compile(self, source: Any) -> Compiled:
        """The expression that the source spells.

        Raises: InvalidQuery for an unknown or refused operator, an unknown variable, too deep nesting;
        OperatorMisused for operands an operator cannot take.
        """
        if isinstance(source, str):
            return self._string(source)
        if not isinstance(source, Mapping | list | tuple):
            return Constant(_literal(source))
        # Few frames for each level, so that MAX_DEPTH levels stay far from Python's own limit.
        if self._depth >= MAX_DEPTH:
            raise InvalidQuery(f"an expression is nested deeper than {MAX_DEPTH} levels")
        self._depth += 1
        try:
            return self._object(source) if isinstance(source, Mapping) else self._array(source)
        finally:
            self._depth -= 1

    def with_variables(self, names: Iterable[str], compile_inside: Callable[[], _Result]) -> _Result:
        """What `compile_inside` compiles while these variables are known too."""
        for name in names:
            check_variable_name(name)
        outside = self.variables
        self.variables = outside | frozenset(names)
        try:
            return compile_inside()
        finally:
            self.variables = outside

    def arguments(self, name: str, source: Any, minimum: int, maximum: int | None) -> list[Compiled]:
        """The operands of an operator that takes a list, or one operand without a list around it.

        Raises: OperatorMisused for a wrong number of them.
        """
        sources = list(source) if isinstance(source, list | tuple) else [source]
        if len(sources) < minimum or (maximum is not None and len(sources) > maximum):
            raise OperatorMisused(f"{name} takes {_count(minimum, maximum)}, {len(sources)} were given")
        return [self.compile(item) for item in sources]

    def options(self, name: str, source: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Document:
        """The sources of an operator that takes named operands.

        Raises: OperatorMisused when it is not an object, or a name is unknown or missing.
        """
        if not isinstance(source, Mapping):
            raise OperatorMisused(f"{name} takes an object")
        for key in source:
            if key not in required and key not in optional:
                raise OperatorMisused(f"{name} has no option {key}")
        for key in required:
            if key not in source:
                raise OperatorMisused(f"{name} requires {key}")
        return dict(source)

    def named(
        self, name: str, source: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Compiled]:
        """The named operands, each compiled. Raises: as `options`."""
        return {key: self.compile(value) for key, value in self.options(name, source, required, optional).items()}

    def _string(self, source: str) -> Compiled:
        if source.startswith("$$"):
            return self._variable(source)
        if source.startswith("$"):
            return field_path(field_names(source[1:]))
        return Constant(source)

    def _variable(self, source: str) -> Compiled:
        name, *names = field_names(source[2:])
        if name not in SYSTEM_VARIABLES and name not in self.variables:
            raise InvalidQuery(f"undefined variable: $${name}")
        if name not in self.variables:
            self.operators.add(f"$${name}")
        return variable_path(name, names)

    def _object(self, source: Mapping[str, Any]) -> Compiled:
        operator = next((key for key in source if isinstance(key, str) and key.startswith("$")), None)
        if operator is None:
            return self._object_literal(source)
        if operator in REFUSED:
            raise InvalidQuery(f"{operator} is not allowed")
        builder = self._table.get(operator)
        if builder is None:
            raise InvalidQuery(f"unknown expression operator: {operator}")
        if len(source) != 1:
            raise InvalidQuery(f"an object with the operator {operator} must have no other field")
        self.operators.add(operator)
        return builder(self, operator, source[operator])

    def _object_literal(self, source: Mapping[str, Any]) -> Compiled:
        for name in source:
            check_field_name(name)
        names, fields = list(source), [self.compile(value) for value in source.values()]

        def build(scope: Scope) -> Any:
            values = gathered(field(scope) for field in fields)
            return {name: value for name, value in zip(names, values, strict=True) if value is not MISSING}

        return _folded(fields, build)

    def _array(self, source: Iterable[Any]) -> Compiled:
        items = [self.compile(item) for item in source]

        def build(scope: Scope) -> Any:
            return [None if value is MISSING else value for value in gathered(item(scope) for item in items)]

        return _folded(items, build)


Builder = Callable[[Compiler, str, Any], Compiled]
"""Compiles one operator: the compiler, the operator's name, and its operand's source."""


def check_field_name(name: Any) -> None:
    """Raises: InvalidQuery for a name that a new field of a result cannot have."""
    if not isinstance(name, str) or not name or name.startswith("$") or "." in name or "\0" in name:
        raise InvalidQuery(f"not a field name: {name!r}")


def check_variable_name(name: Any) -> None:
    """Raises: InvalidQuery unless the name begins with a small letter; CURRENT may be set too."""
    if name != "CURRENT" and not (isinstance(name, str) and _VARIABLE_NAME.fullmatch(name)):
        raise InvalidQuery(f"not a variable name: {name!r}")


def _literal(source: Any) -> Any:
    beyond_int64 = type(source) is int and not MIN_INT64 <= source <= MAX_INT64
    try:
        return float(source) if beyond_int64 else source
    except OverflowError:
        raise InvalidQuery("a number is too large") from None


def _folded(parts: list[Compiled], build: Compiled) -> Compiled:
    if all(isinstance(part, Constant) for part in parts):
        return Constant(build(Scope(None, {})))
    return build


def _count(minimum: int, maximum: int | None) -> str:
    if maximum is None:
        return f"at least {minimum} operands"
    return f"{minimum} operands" if minimum == maximum else f"{minimum} to {maximum} operands"
