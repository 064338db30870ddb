"""What an expression sees while it is evaluated: the document, its variables, the time and the deadline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.core.clock import Deadline

_NEVER = Deadline(10**15)


class Scope:
    """One evaluation: `current` is where field paths start, `root` is `$$ROOT`, `variables` the let variables."""

    __slots__ = ("current", "deadline", "now", "root", "variables")

    def __init__(
        self, root: Any, variables: Mapping[str, Any], now: datetime | None = None, deadline: Deadline = _NEVER
    ) -> None:
        self.root = root
        self.current = root
        self.variables = variables
        self.now = now
        self.deadline = deadline

    def inner(self, variables: dict[str, Any]) -> Scope:
        """The scope inside an operator that binds variables; `CURRENT` moves where field paths start."""
        scope = Scope(self.root, {**self.variables, **variables}, self.now, self.deadline)
        scope.current = variables.get("CURRENT", self.current)
        return scope

    def check_time(self) -> None:
        """Raises: TimedOut. Every operator that loops calls it regularly."""
        self.deadline.check()


Compiled = Callable[[Scope], Any]
"""An expression made ready: its value in a scope, MISSING where MongoDB has no value."""


class Constant:
    """A compiled expression whose value is known without a document."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, scope: Scope) -> Any:
        return self.value
