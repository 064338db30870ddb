"""Sort orders: which document comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.core.query.values import Document


@dataclass(frozen=True, slots=True)
class Order:
    """Sort keys from the most important on: pairs of a dotted path and 1 (ascending) or -1 (descending).

    Missing sorts as null; an array sorts by its smallest element ascending, its largest descending. Ties keep
    the order in which the documents come.
    """

    keys: tuple[tuple[str, int], ...] = ()

    def sorted(self, documents: Iterable[Document]) -> list[Document]:
        """The documents in this order, stable."""
        raise NotImplementedError

    def __bool__(self) -> bool:
        return bool(self.keys)


def parse_order(keys: Sequence[tuple[str, int]]) -> Order:
    """Raises: InvalidQuery for an empty path, a repeated path, more than 32 keys or a direction but 1 and -1."""
    raise NotImplementedError
