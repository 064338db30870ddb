"""What a query about installations may ask, and how it may fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.push.stored import CREDENTIALS, SERVER
from chalicelib.core.query.filter import Filter

_HIDDEN = frozenset({SERVER, CREDENTIALS})


@contextmanager
def misuse_is_invalid() -> Iterator[None]:
    """Turns OperatorMisused into InvalidQuery: a wrong operand is the caller's mistake, like any other.

    The API tells the two apart only for queries of objects, where clients expect it. Spec: nec-rest, 10.5 and 10.6.
    """
    try:
        yield
    except OperatorMisused as error:
        raise InvalidQuery(error.message) from error


def check_query(query: Filter) -> None:
    """Raises: InvalidQuery for an order by distance, or when the server's own fields are asked about."""
    if query.distance_order is not None:
        raise InvalidQuery("installations cannot be ordered by distance")
    if any(_root(name) in _HIDDEN for name in _names(query.source)):
        raise InvalidQuery("a query can ask only about what the client registered")


def _names(source: Any) -> Iterable[str]:
    """Every field name in a condition, those in expressions included; and some texts that are not field names."""
    if isinstance(source, dict):
        for name, operand in source.items():
            yield name
            yield from _names(operand)
    elif isinstance(source, list):
        for item in source:
            yield from _names(item)
    elif isinstance(source, str) and source.startswith("$"):
        yield source.lstrip("$").removeprefix("ROOT.").removeprefix("CURRENT.")


def _root(path: str) -> str:
    return path.partition(".")[0]
