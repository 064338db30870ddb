"""Objects: merging, fields by name, and objects as arrays. Spec: mongodb, "Object Expression Operators"."""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.array import require_array
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import bounded, gathered
from chalicelib.core.query.expressions.operands import unary
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MISSING, Document


def require_object(name: str, value: Any) -> Document:
    """The value. Raises: OperatorMisused when it is not an object."""
    if not isinstance(value, dict):
        raise OperatorMisused(f"{name} requires an object, found {type_alias(value)}")
    return value


def _merge(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.arguments(name, source, 0, None)

    def evaluate(scope: Scope) -> Document:
        merged: Document = {}
        values = gathered(operand(scope) for operand in operands)
        if len(values) == 1 and isinstance(values[0], list):
            values = values[0]
        for value in values:
            if not is_nullish(value):
                merged.update(require_object(name, value))
        bounded(merged)
        return merged

    return evaluate


def _from_array(name: str, value: Any) -> Any:
    if is_nullish(value):
        return None
    result: Document = {}
    items = require_array(name, value)
    for item in items:
        if isinstance(item, list) != isinstance(items[0], list):
            raise OperatorMisused(f"{name} requires elements that are all [key, value], or all {{k, v}}")
        key, field_value = _pair(name, item)
        if not isinstance(key, str) or "\0" in key:
            raise OperatorMisused(f"{name} requires strings without zero bytes for keys, found {type_alias(key)}")
        result[key] = field_value
    return bounded(result)


def _pair(name: str, item: Any) -> tuple[Any, Any]:
    if isinstance(item, list) and len(item) == 2:
        return item[0], item[1]
    if isinstance(item, dict) and item.keys() == {"k", "v"}:
        return item["k"], item["v"]
    raise OperatorMisused(f"{name} requires elements of the form [key, value] or {{k, v}}")


def _to_array(name: str, value: Any) -> Any:
    if is_nullish(value):
        return None
    return bounded([{"k": key, "v": item} for key, item in require_object(name, value).items()])


def _field_name(compiler: Compiler, name: str, source: Any) -> str:
    field = compiler.compile(source)
    if not isinstance(field, Constant) or not isinstance(field.value, str):
        raise OperatorMisused(f"{name} requires a constant string for field")
    return field.value


def _get_field(compiler: Compiler, name: str, source: Any) -> Compiled:
    if not isinstance(source, dict) or any(str(key).startswith("$") for key in source):
        source = {"field": source, "input": "$$CURRENT"}
    options = compiler.options(name, source, ("field", "input"))
    field, container = _field_name(compiler, name, options["field"]), compiler.compile(options["input"])

    def evaluate(scope: Scope) -> Any:
        value = container(scope)
        if is_nullish(value):
            return value
        return value.get(field, MISSING) if isinstance(value, dict) else MISSING

    return evaluate


def _set_field(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("field", "input", "value"))
    return _with_field(compiler, name, options, compiler.compile(options["value"]))


def _unset_field(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("field", "input"))
    return _with_field(compiler, name, options, Constant(MISSING))


def _with_field(compiler: Compiler, name: str, options: Document, value: Compiled) -> Compiled:
    field, container = _field_name(compiler, name, options["field"]), compiler.compile(options["input"])

    def evaluate(scope: Scope) -> Any:
        source = container(scope)
        if is_nullish(source):
            return None
        changed, new_value = dict(require_object(name, source)), value(scope)
        if new_value is MISSING:
            changed.pop(field, None)
        else:
            changed[field] = new_value
        return bounded(changed)

    return evaluate


OPERATORS: dict[str, Builder] = {
    "$arrayToObject": unary(_from_array),
    "$getField": _get_field,
    "$mergeObjects": _merge,
    "$objectToArray": unary(_to_array),
    "$setField": _set_field,
    "$unsetField": _unset_field,
}
