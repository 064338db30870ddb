from typing import Any

import pytest
from bson.son import SON

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.limits import MAX_NESTING, bounded_copy


def nested(levels: int) -> Any:
    source: Any = []
    for _ in range(levels - 1):
        source = [source]
    return source


def test_a_copy_is_plain_and_shares_nothing_that_changes() -> None:
    source = SON({"a": (1, {"b": [True, "\u00e9", 2.5, 2**63 - 1, -(2**63)]})})

    copy = bounded_copy(source, "filter")

    assert copy == {"a": [1, {"b": [True, "\u00e9", 2.5, 2**63 - 1, -(2**63)]}]}
    assert type(copy) is dict
    assert copy["a"][1] is not source["a"][1]


def test_nesting_is_bounded() -> None:
    bounded_copy(nested(MAX_NESTING), "filter")
    with pytest.raises(InvalidQuery, match="the filter is nested more than 100 levels"):
        bounded_copy(nested(MAX_NESTING + 1), "filter")
