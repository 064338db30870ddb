"""Builders for the common shapes of operators: a function of one, two, several or named operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import gathered
from chalicelib.core.query.expressions.scope import Compiled, Scope

_FEW = 8
"""Up to this many operands, each within its own limit, are not weighed together."""


def unary(compute: Callable[[str, Any], Any]) -> Builder:
    """An operator of one operand: `compute(name, value)`."""

    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        (operand,) = compiler.arguments(name, source, 1, 1)
        return lambda scope: compute(name, operand(scope))

    return build


def binary(compute: Callable[[str, Any, Any], Any]) -> Builder:
    """An operator of two operands: `compute(name, left, right)`."""

    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        left, right = compiler.arguments(name, source, 2, 2)
        return lambda scope: compute(name, left(scope), right(scope))

    return build


def variadic(minimum: int, maximum: int | None, compute: Callable[[str, list[Any]], Any]) -> Builder:
    """An operator of several operands, all evaluated: `compute(name, values)`."""

    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        operands = compiler.arguments(name, source, minimum, maximum)

        def evaluate(scope: Scope) -> Any:
            values = (operand(scope) for operand in operands)
            return compute(name, gathered(values) if len(operands) > _FEW else list(values))

        return evaluate

    return build


def named(
    required: tuple[str, ...], optional: tuple[str, ...], compute: Callable[[str, dict[str, Any]], Any]
) -> Builder:
    """An operator of named operands, all evaluated: `compute(name, values)`; those not given are not in `values`."""

    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        operands = list(compiler.named(name, source, required, optional).items())

        def evaluate(scope: Scope) -> Any:
            return compute(name, {key: operand(scope) for key, operand in operands})

        return evaluate

    return build
