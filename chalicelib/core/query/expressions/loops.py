"""$filter, $map and $reduce: an expression for each element.

Spec: mongodb, "$filter (aggregation)", "$map (aggregation)", "$reduce (aggregation)".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import MAX_VALUE_BYTES, weigh
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.values import is_nullish, truthy
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MISSING, Document


def _element_name(name: str, options: Document) -> str:
    variable = options.get("as", "this")
    if not isinstance(variable, str):
        raise InvalidQuery(f"{name} requires a variable name for as")
    return variable


def _elements(name: str, scope: Scope, array: Any) -> Iterator[Any]:
    """The elements; the deadline is checked before each. Raises: OperatorMisused when it is not an array."""
    if not isinstance(array, list):
        raise OperatorMisused(f"{name} requires an array for input, found {type_alias(array)}")
    for item in array:
        scope.check_time()
        yield item


def _filter(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("input", "cond"), ("as",))
    variable = _element_name(name, options)
    array = compiler.compile(options["input"])
    condition = compiler.with_variables([variable], lambda: compiler.compile(options["cond"]))

    def evaluate(scope: Scope) -> Any:
        items = array(scope)
        if is_nullish(items):
            return None
        inner, kept = _Binder(scope, variable), []
        for item in _elements(name, scope, items):
            if truthy(condition(inner.bind(item))):
                kept.append(item)
        return kept

    return evaluate


def _map(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("input", "in"), ("as",))
    variable = _element_name(name, options)
    array = compiler.compile(options["input"])
    body = compiler.with_variables([variable], lambda: compiler.compile(options["in"]))

    def evaluate(scope: Scope) -> Any:
        items = array(scope)
        if is_nullish(items):
            return None
        inner, mapped, size = _Binder(scope, variable), [], 0
        for item in _elements(name, scope, items):
            value = body(inner.bind(item))
            size += weigh(value)
            if size > MAX_VALUE_BYTES:
                raise OperatorMisused(f"$map builds an array larger than {MAX_VALUE_BYTES} bytes")
            mapped.append(None if value is MISSING else value)
        return mapped

    return evaluate


class _Binder:
    """Gives one inner scope a new element each time: nothing outlives a round, so one scope serves all."""

    __slots__ = ("_scope", "_variable", "_variables")

    def __init__(self, scope: Scope, variable: str) -> None:
        self._variables = dict(scope.variables)
        self._variable = variable
        self._scope = scope.inner({})
        self._scope.variables = self._variables

    def bind(self, item: Any) -> Scope:
        if self._variable == "CURRENT":
            self._scope.current = item
        else:
            self._variables[self._variable] = item
        return self._scope


def _reduce(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("input", "initialValue", "in"))
    array, initial = compiler.compile(options["input"]), compiler.compile(options["initialValue"])
    body = compiler.with_variables(["this", "value"], lambda: compiler.compile(options["in"]))

    def evaluate(scope: Scope) -> Any:
        items = array(scope)
        if is_nullish(items):
            return None
        value = initial(scope)
        for item in _elements(name, scope, items):
            value = body(scope.inner({"this": item, "value": value}))
        return value

    return evaluate


OPERATORS: dict[str, Builder] = {"$filter": _filter, "$map": _map, "$reduce": _reduce}
