"""$let: names for values. Spec: mongodb, "$let (aggregation)"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import gathered
from chalicelib.core.query.expressions.scope import Compiled, Scope


def _let(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("vars", "in"))
    if not isinstance(options["vars"], Mapping):
        raise OperatorMisused("$let requires an object for vars")
    names, values = list(options["vars"]), [compiler.compile(value) for value in options["vars"].values()]
    body = compiler.with_variables(options["vars"], lambda: compiler.compile(options["in"]))

    def evaluate(scope: Scope) -> Any:
        return body(scope.inner(dict(zip(names, gathered(value(scope) for value in values), strict=True))))

    return evaluate


OPERATORS: dict[str, Builder] = {"$let": _let}
