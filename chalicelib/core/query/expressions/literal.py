"""$literal: a value as it stands. Spec: mongodb, "$literal"."""

from __future__ import annotations

from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.scope import Constant

OPERATORS: dict[str, Builder] = {"$literal": lambda compiler, name, source: Constant(source)}
