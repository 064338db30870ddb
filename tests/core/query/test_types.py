from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64
from bson.son import SON

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.types import parse_types, type_alias
from chalicelib.core.query.values import MISSING


@pytest.mark.parametrize(
    ("value", "alias"),
    [
        (1, "int"),
        (2**31, "long"),
        (-(2**31) - 1, "long"),
        (Int64(1), "long"),
        (True, "bool"),
        (1.0, "double"),
        (Decimal128("1"), "decimal"),
        (datetime(2026, 1, 1, tzinfo=UTC), "date"),
        (SON(), "object"),
        ([], "array"),
        (Binary(b"", 4), "binData"),
        (None, "null"),
        (MISSING, "missing"),
    ],
    ids=repr,
)
def test_a_value_has_a_type_by_name(value: Any, alias: str) -> None:
    assert type_alias(value) == alias


def test_what_bson_does_not_know_has_no_type() -> None:
    with pytest.raises(TypeError, match="not a BSON value"):
        type_alias(object())


@pytest.mark.parametrize("operand", ["int", 16, 16.0, Int64(16), "number", ["string", "number"]], ids=repr)
def test_an_int_is_found_by_its_types(operand: Any) -> None:
    assert parse_types(operand)(5)
    assert not parse_types(operand)(None)


@pytest.mark.parametrize("operand", ["missing", "Int", 0, 20, 1.5, None, True, [], [[]], {}], ids=repr)
def test_other_operands_name_no_type(operand: Any) -> None:
    with pytest.raises(OperatorMisused):
        parse_types(operand)
