"""$cond, $ifNull, $switch. Spec: mongodb, "Conditional Expression Operators"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.values import is_nullish, truthy


def _cond(compiler: Compiler, name: str, source: Any) -> Compiled:
    if isinstance(source, Mapping):
        named = compiler.named(name, source, ("if", "then", "else"))
        condition, then, otherwise = named["if"], named["then"], named["else"]
    else:
        condition, then, otherwise = compiler.arguments(name, source, 3, 3)
    return lambda scope: then(scope) if truthy(condition(scope)) else otherwise(scope)


def _if_null(compiler: Compiler, name: str, source: Any) -> Compiled:
    *operands, replacement = compiler.arguments(name, source, 2, None)

    def evaluate(scope: Scope) -> Any:
        for operand in operands:
            value = operand(scope)
            if not is_nullish(value):
                return value
        return replacement(scope)

    return evaluate


def _switch(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("branches",), ("default",))
    if not isinstance(options["branches"], list) or not options["branches"]:
        raise OperatorMisused("$switch requires at least one branch")
    parsed = [compiler.named("$switch", branch, ("case", "then")) for branch in options["branches"]]
    branches = [(branch["case"], branch["then"]) for branch in parsed]
    default = compiler.compile(options["default"]) if "default" in options else _no_branch

    def evaluate(scope: Scope) -> Any:
        for case, then in branches:
            if truthy(case(scope)):
                return then(scope)
        return default(scope)

    return evaluate


def _no_branch(scope: Scope) -> Any:
    raise OperatorMisused("$switch found no matching branch, and has no default")


OPERATORS: dict[str, Builder] = {"$cond": _cond, "$ifNull": _if_null, "$switch": _switch}
