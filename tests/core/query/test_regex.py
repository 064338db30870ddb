import re
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from bson import Regex

from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query import regex as regex_module
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.limits import BUDGET_WINDOW_S, MATCH_TIME_MS, MAX_PATTERN_LENGTH, SLOW_BUDGET_MS
from chalicelib.core.query.regex import RegexBudget, parse_regex
from chalicelib.core.query.values import sort_key


@pytest.mark.parametrize(
    ("source", "options", "text", "found"),
    [
        pytest.param("^h", None, "hello", True, id="found"),
        pytest.param("^h", "", "Hello", False, id="not found"),
        pytest.param("^h", "i", "Hello", True, id="an option"),
        pytest.param("^h", "iu", "Hello", True, id="Unicode is always on"),
        pytest.param(Regex("^h", "i"), None, "Hello", True, id="a BSON pattern's own option"),
        pytest.param(Regex("^h", ""), "i", "Hello", True, id="an option for a BSON pattern"),
        pytest.param(re.compile("^h", re.IGNORECASE), None, "Hello", True, id="a Python pattern"),
        pytest.param(re.compile(b"^h"), None, "hello", True, id="a Python pattern of bytes"),
        pytest.param("", None, "", True, id="nothing in nothing"),
        pytest.param("\U0001f600", None, "a\U0001f600b", True, id="beyond the basic plane"),
    ],
)
def test_a_pattern_is_searched_for_anywhere_in_the_text(
    source: Any, options: str | None, text: str, found: bool
) -> None:
    assert parse_regex(source, options).search(text) is found


def test_a_match_tells_where_it_is() -> None:
    pattern = parse_regex("(b)(c)?")

    assert pattern.find("abab").span() == (1, 2)
    assert pattern.find("abab", 2).span() == (3, 4)
    assert pattern.find("aaaa") is None


def test_a_pattern_has_the_key_of_its_value() -> None:
    assert parse_regex("a", "mi").key == sort_key(Regex("a", "im"))


@pytest.mark.parametrize("source", [None, 5, ["a"], b"a"], ids=repr)
def test_only_text_and_patterns_are_patterns(source: Any) -> None:
    if source == b"a":
        assert parse_regex(source).search("a")
        return
    with pytest.raises(OperatorMisused, match="has to be a string"):
        parse_regex(source)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        pytest.param("a", 5, "has to be a string", id="options that are no text"),
        pytest.param("a", "ig", "invalid option", id="an unknown option"),
        pytest.param(Regex("a", "i"), "m", "both", id="options in two places"),
    ],
)
def test_wrong_options_are_a_misuse(source: Any, options: Any, message: str) -> None:
    with pytest.raises(OperatorMisused, match=message):
        parse_regex(source, options)


def test_a_pattern_as_long_as_the_limit_is_accepted() -> None:
    assert parse_regex("a" * MAX_PATTERN_LENGTH).search("a" * MAX_PATTERN_LENGTH)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("a" * (MAX_PATTERN_LENGTH + 1), "more than 1000 characters", id="too long"),
        pytest.param("a\0b", "null character", id="a null character"),
        pytest.param("a**", "invalid", id="malformed"),
        pytest.param("(" * 400 + ")" * 400, "invalid", id="nested too deeply"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(source: str, message: str) -> None:
    with pytest.raises(InvalidQuery, match=message):
        parse_regex(source)


HOSTILE = [
    pytest.param("(a+)+$", "a" * 40 + "b", id="nested repetition"),
    pytest.param("(a|aa)+$", "a" * 60 + "b", id="overlapping alternatives"),
    pytest.param(r"^(\w+\s?)*$", "aaaa " * 50_000 + "!", id="words over a long text"),
    pytest.param("(.*?,){11}P", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16," * 50, id="counted lazy repetition"),
    pytest.param("(a?){5000}a{5000}", "a" * 4_999, id="optional letters"),
    pytest.param("(?=(.*a)+)b", "a" * 5_000, id="a repetition in an assertion"),
]


@pytest.mark.parametrize(("source", "text"), HOSTILE)
def test_a_hostile_pattern_stops_on_one_text(source: str, text: str) -> None:
    pattern = parse_regex(source)
    began = time.thread_time()

    with suppress(TimedOut):
        assert not pattern.search(text)

    assert time.thread_time() - began < 5 * MATCH_TIME_MS / 1000


@pytest.mark.parametrize(("source", "text"), HOSTILE)
def test_a_hostile_pattern_is_not_multiplied_by_documents(source: str, text: str) -> None:
    found = parse_filter({"a": {"$regex": source}})
    began = time.thread_time()

    with suppress(TimedOut):
        for _ in range(2_000):
            assert not found.matches({"a": text})
            if time.thread_time() - began > 1:
                # Fair matches are charged nothing; the query's own time limit ends them.
                break

    assert time.thread_time() - began < 5 * SLOW_BUDGET_MS / 1000


def test_a_timed_out_match_says_so() -> None:
    with pytest.raises(TimedOut, match="a regular expression took longer"):
        parse_regex("(a|aa)+$").search("a" * 60 + "b")


def test_memory_that_runs_out_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exhausting:
        def search(self, text: str, start: int, *, timeout: float) -> None:
            raise MemoryError

    monkeypatch.setattr(regex_module, "_compiled", lambda source, options: Exhausting())

    with pytest.raises(TimedOut):
        parse_regex("a").search("a")


def test_fair_matches_cost_nothing() -> None:
    budget = RegexBudget()

    for _ in range(100_000):
        budget.charge(90e-6, 0)


def test_a_long_text_may_take_longer() -> None:
    budget = RegexBudget()

    for _ in range(1_000):
        budget.charge(0.05, 256_000)


def test_slow_matches_use_up_the_budget() -> None:
    budget = RegexBudget()
    budget.charge(0.9 * SLOW_BUDGET_MS / 1000, 10)

    with pytest.raises(TimedOut, match="the regular expressions of the query"):
        budget.charge(0.2 * SLOW_BUDGET_MS / 1000, 10)


def test_the_patterns_of_one_filter_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex_module, "SLOW_BUDGET_MS", 0)
    found = parse_filter({"$or": [{"a": {"$regex": "^a+b$"}}, {"a": {"$not": {"$regex": "(a+)+$"}}}]})

    with pytest.raises(TimedOut, match="of the query"):
        found.matches({"a": "a" * 40 + "b" + "c" * 10})


def test_a_filter_that_lives_on_gets_a_fresh_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = RegexBudget()
    budget.charge(0.9 * SLOW_BUDGET_MS / 1000, 10)
    later = time.monotonic() + BUDGET_WINDOW_S + 1
    monkeypatch.setattr(regex_module.time, "monotonic", lambda: later)

    budget.charge(0.9 * SLOW_BUDGET_MS / 1000, 10)


def test_one_filter_serves_many_threads() -> None:
    found = parse_filter({"a": {"$regex": "^(x+y)+z$", "$options": "i"}})
    answers: list[bool] = []

    def ask() -> None:
        answers.extend(found.matches({"a": "xyXXYz"}) for _ in range(500))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [True] * 2_000
