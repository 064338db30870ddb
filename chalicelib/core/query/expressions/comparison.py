"""Comparison by BSON order over all types; missing is less than null.

Spec: mongodb, "Comparison Expression Operators".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.values import order_key

_Test = Callable[[Any, Any], Any]


def _compare(test: _Test) -> Builder:
    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        left, right = compiler.arguments(name, source, 2, 2)

        def evaluate(scope: Scope) -> Any:
            left_value, right_value = left(scope), right(scope)
            if type(left_value) is str and type(right_value) is str:
                return test(left_value, right_value)
            return test(order_key(left_value), order_key(right_value))

        return evaluate

    return build


OPERATORS: dict[str, Builder] = {
    "$cmp": _compare(lambda left, right: (left > right) - (left < right)),
    "$eq": _compare(lambda left, right: left == right),
    "$gt": _compare(lambda left, right: left > right),
    "$gte": _compare(lambda left, right: left >= right),
    "$lt": _compare(lambda left, right: left < right),
    "$lte": _compare(lambda left, right: left <= right),
    "$ne": _compare(lambda left, right: left != right),
}
