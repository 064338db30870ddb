"""What a query about installations may ask, and how it may fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.push.form import TOKEN
from chalicelib.core.push.stored import CREDENTIALS, ID, SERVER
from chalicelib.core.query.filter import Filter

_HIDDEN = frozenset({SERVER, CREDENTIALS})

_SECRETS = frozenset({ID, TOKEN})
"""Whoever knows the id of an installation may read and change it; whoever knows the token may register in its place."""


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


def check_senders_query(query: Filter) -> None:
    """Raises: InvalidQuery unless ids and device tokens are asked for as a whole.

    For senders without the master key: they are told how many installations match, and from the number of those whose
    id begins with `a` an id can be found out letter by letter. It opens the installation. Decision:
    0096-ids-that-are-secrets.
    """
    for name, operand in _conditions(query.source):
        if name == "$expr":
            raise InvalidQuery("only the master key may use $expr in a query about installations")
        if _root(name) in _SECRETS and not _is_whole(operand):
            raise InvalidQuery(f"{name} can be compared only as a whole, with $eq, $ne, $in or $nin")


def _conditions(source: Any) -> Iterable[tuple[str, Any]]:
    """Every name in a condition with what stands behind it."""
    if isinstance(source, dict):
        for name, operand in source.items():
            yield name, operand
            yield from _conditions(operand)
    elif isinstance(source, list):
        for item in source:
            yield from _conditions(item)


def _is_whole(operand: Any) -> bool:
    if not isinstance(operand, dict):
        return isinstance(operand, str)
    return all(
        isinstance(value, str)
        if name in ("$eq", "$ne")
        else name in ("$in", "$nin") and isinstance(value, list) and all(isinstance(item, str) for item in value)
        for name, value in operand.items()
    )


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
