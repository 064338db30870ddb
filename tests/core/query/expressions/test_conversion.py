from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from bson import Binary, MaxKey, MinKey, ObjectId, Regex, Timestamp

from tests.core.query.expressions.tables import MISUSED, Row, check, dec, ids, long

DATE = datetime(2018, 3, 27, 16, 58, 51, 538_000, tzinfo=UTC)
MILLIS = 1522169931538
OID = ObjectId("5ab9c3da31c2ab715d421285")
DOC = {"t": DATE, "id": OID, "n": None, "o": {}, "a": [1]}

TO_NUMBERS: list[Row] = [
    ({"$toInt": 5.9}, {}, 5),
    ({"$toInt": -5.9}, {}, -5),
    ({"$toInt": long(5)}, {}, 5),
    ({"$toInt": dec("5.9")}, {}, 5),
    ({"$toInt": True}, {}, 1),
    ({"$toInt": "-0042"}, {}, -42),
    ({"$toInt": "5.5"}, {}, MISUSED),
    ({"$toInt": " 5"}, {}, MISUSED),
    ({"$toInt": "\u0665"}, {}, MISUSED),
    ({"$toInt": 2**31}, {}, MISUSED),
    ({"$toInt": math.nan}, {}, MISUSED),
    ({"$toInt": dec("1E+60")}, {}, MISUSED),
    ({"$toInt": dec("NaN")}, {}, MISUSED),
    ({"$toInt": "$t"}, DOC, MISUSED),
    ({"$toInt": "$o"}, DOC, MISUSED),
    ({"$toInt": "$n"}, DOC, None),
    ({"$toInt": "$gone"}, DOC, None),
    ({"$toLong": 5}, {}, long(5)),
    ({"$toLong": False}, {}, long(0)),
    ({"$toLong": "$t"}, DOC, long(MILLIS)),
    ({"$toLong": "9223372036854775807"}, {}, long(2**63 - 1)),
    ({"$toLong": "9223372036854775808"}, {}, MISUSED),
    ({"$toLong": 1e19}, {}, MISUSED),
    ({"$toDouble": 5}, {}, 5.0),
    ({"$toDouble": True}, {}, 1.0),
    ({"$toDouble": "$t"}, DOC, float(MILLIS)),
    ({"$toDouble": "-5.5e3"}, {}, -5500.0),
    ({"$toDouble": ".5"}, {}, 0.5),
    ({"$toDouble": "NaN"}, {}, math.nan),
    ({"$toDouble": "1_000"}, {}, MISUSED),
    ({"$toDouble": "1" * 1_001}, {}, MISUSED),
    ({"$toDouble": dec("1.5")}, {}, 1.5),
    ({"$toDouble": dec("1E+400")}, {}, MISUSED),
    ({"$toDouble": dec("Infinity")}, {}, math.inf),
    ({"$toDouble": "$o"}, DOC, MISUSED),
    ({"$toDecimal": 5}, {}, dec("5")),
    ({"$toDecimal": 0.1}, {}, dec("0.100000000000000")),
    ({"$toDecimal": math.inf}, {}, dec("Infinity")),
    ({"$toDecimal": True}, {}, dec("1")),
    ({"$toDecimal": "$t"}, DOC, dec(str(MILLIS))),
    ({"$toDecimal": "1.50"}, {}, dec("1.50")),
    ({"$toDecimal": "x"}, {}, MISUSED),
    ({"$toDecimal": "1e9999"}, {}, MISUSED),
    ({"$toDecimal": "-Infinity"}, {}, dec("-Infinity")),
    ({"$toDecimal": "$o"}, DOC, MISUSED),
]

TO_OTHERS: list[Row] = [
    ({"$toBool": 0}, {}, False),
    ({"$toBool": "false"}, {}, True),
    ({"$toBool": "$t"}, DOC, True),
    ({"$toBool": "$n"}, DOC, None),
    ({"$toDate": "2018-03-27T16:58:51.538Z"}, {}, DATE),
    ({"$toDate": long(MILLIS)}, {}, DATE),
    ({"$toDate": float(MILLIS)}, {}, DATE),
    ({"$toDate": dec(str(MILLIS))}, {}, DATE),
    ({"$toDate": ObjectId("5f5e1000" + "0" * 16)}, {}, datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
    ({"$toDate": Timestamp(1600000000, 1)}, {}, datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
    ({"$toDate": "$t"}, DOC, DATE),
    ({"$toDate": 5}, {}, MISUSED),
    ({"$toDate": "Tuesday"}, {}, MISUSED),
    ({"$toDate": True}, {}, MISUSED),
    ({"$toDate": 1e18}, {}, MISUSED),
    ({"$toObjectId": "5AB9c3da31c2ab715d421285"}, {}, OID),
    ({"$toObjectId": "$id"}, DOC, OID),
    ({"$toObjectId": "5ab9"}, {}, MISUSED),
    ({"$toObjectId": 5}, {}, MISUSED),
    ({"$toString": "$id"}, DOC, str(OID)),
    ({"$toString": "$t"}, DOC, "2018-03-27T16:58:51.538Z"),
    ({"$toString": True}, {}, "true"),
    ({"$toString": False}, {}, "false"),
    ({"$toString": "x"}, {}, "x"),
    ({"$toString": math.inf}, {}, "Infinity"),
    ({"$toString": -math.inf}, {}, "-Infinity"),
    ({"$toString": math.nan}, {}, "NaN"),
    ({"$toString": "$n"}, DOC, None),
    ({"$toString": "$a"}, DOC, MISUSED),
    ({"$convert": {"input": "5", "to": "int"}}, {}, 5),
    ({"$convert": {"input": "5", "to": 16}}, {}, 5),
    ({"$convert": {"input": "5", "to": 16.0}}, {}, 5),
    ({"$convert": {"input": "5", "to": "$to"}}, {"to": "double"}, 5.0),
    ({"$convert": {"input": "5", "to": "$gone"}}, {}, None),
    ({"$convert": {"input": "x", "to": "int", "onError": "bad"}}, {}, "bad"),
    ({"$convert": {"input": "x", "to": "int"}}, {}, MISUSED),
    ({"$convert": {"input": None, "to": "int", "onNull": "none"}}, {}, "none"),
    ({"$convert": {"input": None, "to": "int"}}, {}, None),
    ({"$convert": {"input": None, "to": None, "onNull": "none"}}, {}, "none"),
    ({"$convert": {"input": 5, "to": "array"}}, {}, MISUSED),
    ({"$convert": {"input": 5, "to": 99}}, {}, MISUSED),
    ({"$convert": {"input": 5, "to": []}}, {}, MISUSED),
    ({"$convert": {"input": 5, "to": "$to", "onError": "bad"}}, {"to": "nothing"}, MISUSED),
    ({"$convert": {"to": "int"}}, {}, MISUSED),
]

TYPES: list[Row] = [
    ({"$type": value}, {}, name)
    for value, name in [
        ("x", "string"),
        (1, "int"),
        (2**31, "long"),
        (long(1), "long"),
        (1.0, "double"),
        (dec("1"), "decimal"),
        (True, "bool"),
        (None, "null"),
        ("$gone", "missing"),
        (DATE, "date"),
        (OID, "objectId"),
        ({"$literal": {}}, "object"),
        ([[]], "array"),
        (Binary(b"x"), "binData"),
        (Regex("x"), "regex"),
        (Timestamp(1, 1), "timestamp"),
        (MinKey(), "minKey"),
        (MaxKey(), "maxKey"),
    ]
] + [
    ({"$isNumber": 1}, {}, True),
    ({"$isNumber": dec("1")}, {}, True),
    ({"$isNumber": True}, {}, False),
    ({"$isNumber": "$gone"}, {}, False),
]


@pytest.mark.parametrize(("expression", "document", "expected"), TO_NUMBERS, ids=ids(TO_NUMBERS))
def test_conversion_to_numbers(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), TO_OTHERS, ids=ids(TO_OTHERS))
def test_other_values_are_converted_or_refused(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), TYPES, ids=ids(TYPES))
def test_types_are_told_by_their_names(expression, document, expected):
    check(expression, document, expected)
