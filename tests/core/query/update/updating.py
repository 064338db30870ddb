"""How the tests of updates apply one, and how strictly they compare: types of numbers and the order of fields count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import bson
import pytest

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update

NOW = datetime(2026, 11, 21, 9, 30, 15, 123456, tzinfo=UTC)


def updated(
    document: dict[str, Any],
    update: dict[str, Any],
    *,
    array_filters: Sequence[Any] = (),
    found_by: Any = None,
    inserting: bool = False,
) -> dict[str, Any]:
    before = bson.encode(document)
    condition = None if found_by is None else parse_filter(found_by)
    try:
        return parse_update(update, array_filters).apply(document, now=NOW, found_by=condition, inserting=inserting)
    finally:
        assert bson.encode(document) == before, "the input was changed"


def check(document: dict[str, Any], update: dict[str, Any], expected: dict[str, Any] | None, **more: Any) -> None:
    """Compares an update's outcome with the expected document; None expects InvalidUpdate."""
    if expected is None:
        with pytest.raises(InvalidUpdate):
            updated(document, update, **more)
        return
    result = updated(document, update, **more)
    assert result == expected
    assert bson.encode(result) == bson.encode(expected), f"types or order differ: {result}"
