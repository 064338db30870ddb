"""Aggregation expressions: what `$expr`, `$project`, `$group` and the other stages compute.

One file per family of operators, each with a table OPERATORS. Spec: mongodb, "Expression Operators".
"""

from __future__ import annotations

from chalicelib.core.query.expressions.expression import Expression, parse_expression
from chalicelib.core.query.expressions.values import truthy

__all__ = ["Expression", "parse_expression", "truthy"]
