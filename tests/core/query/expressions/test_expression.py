from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions import limits, parse_expression
from chalicelib.core.query.expressions.expression import OPERATORS
from chalicelib.core.query.values import MISSING
from tests.core.query.expressions.tables import REFUSED, Row, check, evaluate, ids

DOC = {"a": {"b": [{"c": 1}, {"c": [2]}, 5, {}, [{"c": 9}]], "0": "zero"}, "list": [[{"c": 1}], {"c": 2}], "s": "x"}

ROWS: list[Row] = [
    ("$a.b.c", DOC, [1, [2]]),
    ("$a.0", DOC, "zero"),
    ("$list.0", DOC, []),
    ("$list.c", DOC, [2]),
    ("$s.c", DOC, MISSING),
    ("$gone.c", DOC, MISSING),
    ("$$ROOT.s", DOC, "x"),
    ("$$CURRENT.s", DOC, "x"),
    ("$$ROOT", {"x": 1}, {"x": 1}),
    ("$$REMOVE", DOC, MISSING),
    ("plain", {}, "plain"),
    ("", {}, ""),
    (5, {}, 5),
    (None, {}, None),
    (10**30, {}, 1e30),
    (["$s", "$gone", [1]], DOC, ["x", None, [1]]),
    ({"x": "$s", "y": "$gone", "z": {"w": 1}}, DOC, {"x": "x", "z": {"w": 1}}),
    ({}, {}, {}),
    ("$", {}, REFUSED),
    ("$$", {}, REFUSED),
    ("$a..b", {}, REFUSED),
    ("$a.", {}, REFUSED),
    ("$a.$b", {}, REFUSED),
    ("$a\0", {}, REFUSED),
    ("$$nobody", {}, REFUSED),
    ("$$this", {}, REFUSED),
    ({"$nope": 1}, {}, REFUSED),
    ({"$add": [1], "$subtract": [1, 2]}, {}, REFUSED),
    ({"x": 1, "$add": [1]}, {}, REFUSED),
    ({"x.y": 1}, {}, REFUSED),
    ({"": 1}, {}, REFUSED),
    ({5: 1}, {}, REFUSED),
    (10**400, {}, REFUSED),
    ("$" + ".".join("a" * 101), {}, REFUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_paths_variables_and_literals(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize("name", ["$function", "$accumulator", "$where", "$out", "$merge"])
def test_what_runs_code_or_writes_is_refused_by_name(name):
    with pytest.raises(InvalidQuery, match=rf"\{name} is not allowed"):
        parse_expression({"x": [{name: {"body": "while (true) {}"}}]})


def test_an_unknown_operator_is_named():
    with pytest.raises(InvalidQuery, match=r"\$sortOfAdd"):
        parse_expression({"$add": [1, {"$sortOfAdd": 1}]})


@pytest.mark.parametrize("depth", [101, 1_000, 100_000])
def test_deep_nesting_is_refused_and_no_recursion_error(depth):
    source = 1
    for _ in range(depth):
        source = [source]
    with pytest.raises(InvalidQuery, match="nested deeper"):
        parse_expression(source)


def below(frames, work):
    """What the work answers that far down the stack, where a server's own frames are above it."""
    return below(frames - 1, work) if frames else work()


WRAPPED = [
    lambda inner: {"$add": inner},
    lambda inner: {"$and": [inner]},
    lambda inner: (
        {"$cond": {"if": inner, "then": inner, "else": 1}} if not isinstance(inner, dict) else {"$abs": inner}
    ),
    lambda inner: {"$switch": {"branches": [{"case": True, "then": inner}]}},
    lambda inner: {"$let": {"vars": {}, "in": inner}},
    lambda inner: {"$setUnion": inner},
    lambda inner: {"x": inner},
    lambda inner: [inner],
    lambda inner: {"$reduce": {"input": "$list", "initialValue": 1, "in": inner}},
    lambda inner: {"$dateToString": {"date": "$gone", "onNull": inner}},
]


@pytest.mark.parametrize("wrap", WRAPPED)
def test_nesting_up_to_the_limit_works_far_down_the_stack(wrap):
    source = "$gone"
    for _ in range(limits.MAX_DEPTH):
        source = wrap(source)
    assert below(150, lambda: evaluate(source, {"list": [1]})) is not NotImplemented


def test_now_is_one_moment_in_an_evaluation():
    first, second = evaluate(["$$NOW", "$$NOW"])
    assert first == second
    assert first.tzinfo is not None
    assert first.microsecond % 1000 == 0


def test_now_and_variables_can_be_given():
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    expression = parse_expression(["$$NOW", "$$x.y"], variables=["x"])
    assert expression.evaluate({}, {"NOW": moment, "x": {"y": 1}}) == [moment, 1]


def test_the_operators_of_an_expression_are_known():
    expression = parse_expression(
        {"$cond": [{"$eq": ["$a", "$$NOW"]}, {"x": {"$add": [1]}}, {"$literal": {"$abs": 1}}]}
    )
    assert expression.operators == {"$cond", "$eq", "$$NOW", "$add", "$literal"}


def test_a_document_is_not_changed():
    document = {"a": {"b": 1}, "list": [1]}
    evaluate({"$mergeObjects": ["$a", {"c": 2}]}, document)
    evaluate({"$setField": {"field": "x", "input": "$a", "value": 1}}, document)
    evaluate({"$concatArrays": ["$list", [2]]}, document)
    assert document == {"a": {"b": 1}, "list": [1]}


def test_every_operator_of_mongodb_that_was_promised_is_there():
    promised = re.findall(
        r"\S+",
        """
    $abs $add $ceil $divide $exp $floor $ln $log $log10 $mod $multiply $pow $round $sqrt $subtract $trunc $sin $cos
    $tan $asin $acos $atan $atan2 $asinh $acosh $atanh $sinh $cosh $tanh $degreesToRadians $radiansToDegrees $cmp
    $eq $ne $gt $gte $lt $lte $and $or $not $concat $indexOfBytes $indexOfCP $ltrim $rtrim $trim $regexFind
    $regexFindAll $regexMatch $replaceOne $replaceAll $split $strLenBytes $strLenCP $strcasecmp $substr $substrBytes
    $substrCP $toLower $toUpper $arrayElemAt $arrayToObject $concatArrays $filter $first $last $in $indexOfArray
    $isArray $map $objectToArray $range $reduce $reverseArray $size $slice $zip $allElementsTrue $anyElementTrue
    $setDifference $setEquals $setIntersection $setIsSubset $setUnion $cond $ifNull $switch $dateAdd $dateDiff
    $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek
    $dayOfYear $hour $isoDayOfWeek $isoWeek $isoWeekYear $millisecond $minute $month $second $week $year $convert
    $isNumber $toBool $toDate $toDecimal $toDouble $toInt $toLong $toObjectId $toString $type $mergeObjects
    $getField $setField $let $literal $sum $avg $min $max $stdDevPop $stdDevSamp
    """,
    )
    assert set(promised) <= OPERATORS.keys()


def test_a_value_larger_than_the_limit_is_refused():
    with pytest.raises(OperatorMisused, match="larger than"):
        limits.bounded({"a": b"x" * (limits.MAX_VALUE_BYTES + 1)})


def test_an_array_of_too_many_elements_is_refused():
    with pytest.raises(OperatorMisused, match="elements"):
        limits.bounded([None] * (limits.MAX_ELEMENTS + 1))
