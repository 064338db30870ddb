"""$and, $or, $not. Spec: mongodb, "Boolean Expression Operators"."""

from __future__ import annotations

from typing import Any

from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.operands import unary
from chalicelib.core.query.expressions.scope import Compiled
from chalicelib.core.query.expressions.values import truthy


def _and(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.arguments(name, source, 0, None)
    return lambda scope: all(truthy(operand(scope)) for operand in operands)


def _or(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.arguments(name, source, 0, None)
    return lambda scope: any(truthy(operand(scope)) for operand in operands)


OPERATORS: dict[str, Builder] = {"$and": _and, "$not": unary(lambda name, value: not truthy(value)), "$or": _or}
