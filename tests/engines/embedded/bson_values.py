"""Hypothesis strategies for BSON values and documents: small, so that values meet, and odd where types do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import strategies as st

DAY_ONE = datetime(2020, 1, 1, tzinfo=UTC)

decimals = st.one_of(
    st.sampled_from(
        ["0", "-0", "1", "1.0", "0.1", "1E+6144", "-1E+6144", "1E-6176", "-1E-6176", "NaN", "Infinity", "-Infinity"],
    ),
    st.sampled_from(
        ["9007199254740993", "4.9E-324", "5E-324", "1.7976931348623157E+308", "1.8E+308", "1E+300"],
    ),
    st.builds(
        lambda digits, exponent: f"{digits}E{exponent}",
        st.integers(-(10**34) + 1, 10**34 - 1),
        st.integers(-6100, 6100),
    ),
).map(Decimal128)

numbers = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(2**53 - 3, 2**53 + 3),
    st.integers(-3, 3).map(Int64),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, 0.1, float(2**53), float("nan"), float("inf"), float("-inf")]),
    decimals,
)

scalars: st.SearchStrategy[Any] = st.one_of(
    numbers,
    st.none(),
    st.booleans(),
    st.text(alphabet="ab\x00\x01\xffあ", max_size=3),
    st.integers(-(10**6), 10**6).map(lambda minutes: DAY_ONE + timedelta(minutes=minutes)),
    st.sampled_from([ObjectId("0" * 24), ObjectId("f" * 24), MinKey(), MaxKey(), Regex("a"), Regex("a", "i")]),
    st.binary(max_size=2),
    st.binary(max_size=2).map(lambda data: Binary(data, 4)),
    st.builds(Timestamp, st.integers(0, 3), st.integers(0, 3)),
)

values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(alphabet="ab0", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
