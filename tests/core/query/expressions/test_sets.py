from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.query.expressions.tables import MISUSED, Row, check, evaluate, ids

DOC = {"a": [3, 1, 3], "b": [1, 2], "n": None, "i": 5}

ROWS: list[Row] = [
    ({"$setUnion": ["$a", "$b"]}, DOC, [1, 2, 3]),
    ({"$setUnion": []}, {}, []),
    ({"$setUnion": [[1], [1.0], [True]]}, {}, [1, True]),
    ({"$setUnion": ["$a", "$n"]}, DOC, None),
    ({"$setUnion": ["$a", "$i"]}, DOC, MISUSED),
    ({"$setIntersection": ["$a", "$b"]}, DOC, [1]),
    ({"$setIntersection": [["b", "a", "b"], ["a", "b"]]}, {}, ["a", "b"]),
    ({"$setIntersection": []}, {}, []),
    ({"$setIntersection": [[], [1]]}, {}, []),
    ({"$setIntersection": ["$gone", "$b"]}, DOC, None),
    ({"$setIntersection": ["$i", "$b"]}, DOC, MISUSED),
    ({"$setDifference": ["$a", "$b"]}, DOC, [3]),
    ({"$setDifference": [[2, 1, 2], []]}, {}, [2, 1]),
    ({"$setDifference": ["$n", "$b"]}, DOC, None),
    ({"$setDifference": ["$a", "$gone"]}, DOC, None),
    ({"$setDifference": ["$a", "$i"]}, DOC, MISUSED),
    ({"$setEquals": ["$a", [1, 3]]}, DOC, True),
    ({"$setEquals": ["$a", [1, 3], [1]]}, DOC, False),
    ({"$setEquals": ["$a", "$n"]}, DOC, MISUSED),
    ({"$setEquals": ["$a"]}, DOC, MISUSED),
    ({"$setIsSubset": [[1], "$a"]}, DOC, True),
    ({"$setIsSubset": ["$a", [1]]}, DOC, False),
    ({"$setIsSubset": ["$gone", [1]]}, DOC, MISUSED),
    ({"$allElementsTrue": [[1, "a"]]}, {}, True),
    ({"$allElementsTrue": [[]]}, {}, True),
    ({"$allElementsTrue": [[1, 0]]}, {}, False),
    ({"$allElementsTrue": ["$n"]}, DOC, MISUSED),
    ({"$anyElementTrue": [[0, None, 2]]}, {}, True),
    ({"$anyElementTrue": [[]]}, {}, False),
    ({"$anyElementTrue": "$i"}, DOC, MISUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_set_operators_work_on_arrays_as_sets(expression, document, expected):
    check(expression, document, expected)


LISTS = st.lists(st.one_of(st.integers(-4, 4), st.text("ab", max_size=1), st.booleans()), max_size=6)


@given(LISTS, LISTS)
def test_union_is_commutative_and_intersection_and_differences_part_it(left, right):
    def of(operator):
        return evaluate({operator: ["$l", "$r"]}, {"l": left, "r": right})

    assert of("$setUnion") == evaluate({"$setUnion": ["$r", "$l"]}, {"l": left, "r": right})
    other = evaluate({"$setDifference": ["$r", "$l"]}, {"l": left, "r": right})
    assert len(of("$setUnion")) == len(of("$setIntersection")) + len(of("$setDifference")) + len(other)
