"""Expressions as values: parsed and checked once, evaluated per document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.core.clock import Deadline, SystemClock
from chalicelib.core.query.expressions import (
    accumulators,
    arithmetic,
    array,
    boolean,
    comparison,
    conditional,
    conversion,
    date_math,
    date_parts,
    date_text,
    literal,
    objects,
    pattern,
    sets,
    string,
    trigonometry,
    variables,
)
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.scope import Compiled, Scope

_FAMILIES = (
    accumulators, arithmetic, array, boolean, comparison, conditional, conversion, date_math, date_parts, date_text,
    literal, objects, pattern, sets, string, trigonometry, variables,
)  # fmt: skip

OPERATORS: dict[str, Builder] = {name: builder for family in _FAMILIES for name, builder in family.OPERATORS.items()}
"""Every operator that an expression may use."""


EVALUATION_TIMEOUT_MS = 2_000
"""How long one evaluation may take where nobody gives a deadline: an `$expr` in a filter. Our choice."""


class Expression:
    """A checked aggregation expression.

    `operators` are the names of all operators in it, and of the system variables (`$$NOW`, `$$REMOVE` ...).
    """

    __slots__ = ("_compiled", "_tells_time", "operators")

    def __init__(self, compiled: Compiled, operators: frozenset[str]) -> None:
        self._compiled = compiled
        self._tells_time = "$$NOW" in operators
        self.operators = operators

    def evaluate(
        self, document: Any, variables: Mapping[str, Any] | None = None, *, deadline: Deadline | None = None
    ) -> Any:
        """The value for a document, MISSING where MongoDB has none. The value may share parts with the document.

        `variables` are those named to `parse_expression`; `NOW` among them fixes `$$NOW`.
        Raises: OperatorMisused when an operator meets a value it cannot take; TimedOut.
        """
        known = variables or {}
        now = known.get("NOW")
        if now is None and self._tells_time:
            now = SystemClock().now()
        return self._compiled(Scope(document, known, now, deadline or Deadline(EVALUATION_TIMEOUT_MS)))


def new_compiler(variables: Iterable[str] = ()) -> Compiler:
    """A compiler that knows every operator and these variables."""
    return Compiler(OPERATORS, frozenset(variables))


def parse_expression(source: Any, variables: Iterable[str] = ()) -> Expression:
    """The expression that the source spells; `variables` may be used in it besides the system's.

    Raises: InvalidQuery for an unknown or refused operator, an unknown variable, a malformed path or too deep nesting;
    OperatorMisused for operands an operator cannot take.
    """
    compiler = new_compiler(variables)
    compiled = compiler.compile(source)
    return Expression(compiled, frozenset(compiler.operators))
