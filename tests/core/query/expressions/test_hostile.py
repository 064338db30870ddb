"""Any JSON as an expression: it has a value, or an error of the core; nothing else, and never for long."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from bson import Decimal128, Int64, ObjectId, Regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import InvalidQuery, TimedOut
from chalicelib.core.query.expressions import parse_expression
from chalicelib.core.query.expressions.accumulators import ACCUMULATORS
from chalicelib.core.query.expressions.expression import OPERATORS
from tests.core.query.pipeline.running import run

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(
        ["$a", "$a.b", "$$ROOT", "$$this", "$$value", "$$REMOVE", "$$NOW", "$", "day", "week", "%Y", "+09:00"]
    ),
    st.sampled_from(
        [Int64(3), ObjectId("0" * 24), Regex("a+"), Decimal128("NaN"), Decimal128("1E+6000"), Decimal128("-0")]
    ),
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 30)).map(
        lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
    ),
)
KEYS = st.sampled_from(
    [
        "input",
        "in",
        "cond",
        "as",
        "vars",
        "initialValue",
        "date",
        "timezone",
        "format",
        "unit",
        "amount",
        "startDate",
        "endDate",
        "if",
        "then",
        "else",
        "branches",
        "to",
        "regex",
        "find",
        "replacement",
        "field",
        "value",
        "year",
        "x",
    ]
)


def expressions(inner):
    operands = st.one_of(inner, st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4))
    named = st.tuples(st.sampled_from(sorted(OPERATORS)), operands).map(lambda pair: {pair[0]: pair[1]})
    return st.one_of(named, named, st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3))


EXPRESSIONS = st.recursive(SCALARS, expressions, max_leaves=12)
DOCUMENTS = st.fixed_dictionaries(
    {"a": st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.just({"b": [1, {"c": 2}]}))}
)

RELAXED = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(EXPRESSIONS, DOCUMENTS)
def test_any_expression_has_a_value_or_a_known_error(source, document):
    with contextlib.suppress(InvalidQuery, TimedOut):
        parse_expression(source).evaluate(document, deadline=Deadline(2_000))


@RELAXED
@given(st.sampled_from(sorted(OPERATORS)), st.lists(SCALARS, max_size=4), DOCUMENTS)
def test_any_operator_takes_any_operands_or_refuses_them(operator, operands, document):
    for source in (operands, operands[0] if operands else {}):
        with contextlib.suppress(InvalidQuery, TimedOut):
            parse_expression({operator: source}).evaluate(document, deadline=Deadline(2_000))


STAGES = st.one_of(
    st.builds(lambda value: {"$project": {"x": value}}, EXPRESSIONS),
    st.builds(lambda value: {"$addFields": {"a.b": value}}, EXPRESSIONS),
    st.builds(
        lambda value, name: {"$group": {"_id": value, "x": {name: "$a"}}}, EXPRESSIONS, st.sampled_from([*ACCUMULATORS])
    ),
    st.builds(lambda value: {"$bucketAuto": {"groupBy": value, "buckets": 2}}, EXPRESSIONS),
    st.builds(lambda value, low: {"$bucket": {"groupBy": "$a", "boundaries": [low, value]}}, SCALARS, SCALARS),
    st.builds(
        lambda name, value: {name: value},
        st.sampled_from(["$limit", "$skip", "$count", "$sort", "$match"]),
        EXPRESSIONS,
    ),
    st.builds(lambda value: {"$sort": {"a": value}}, SCALARS),
    st.builds(lambda value: {"$match": {"$expr": value}}, EXPRESSIONS),
)


@RELAXED
@given(st.lists(STAGES, max_size=3), st.lists(DOCUMENTS, max_size=3))
def test_any_pipeline_has_results_or_a_known_error(stages, documents):
    with contextlib.suppress(InvalidQuery, TimedOut):
        run(stages, documents, timeout_ms=2_000)
