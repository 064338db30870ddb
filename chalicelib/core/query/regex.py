"""Regular expressions of queries: MongoDB's patterns and options, with a time limit that a hostile one cannot pass."""

from __future__ import annotations

import re
import time
from typing import Any

import regex
from bson import Regex

from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query.limits import (
    BUDGET_WINDOW_S,
    MATCH_TIME_MS,
    MAX_PATTERN_LENGTH,
    SLOW_BUDGET_MS,
    SLOW_MATCH_MS,
)
from chalicelib.core.query.values import SortKey, regex_options, sort_key

_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}


class RegexBudget:
    """The time that the slow matches of one query may take together.

    Quick matches are free: their number is bounded by the query's own time limit. Threads that share a budget may
    overdraw it by one match each.
    """

    __slots__ = ("_since", "_spent")

    def __init__(self) -> None:
        self._spent = 0.0
        self._since = time.monotonic()

    def charge(self, seconds: float) -> None:
        """Counts a match. Raises: TimedOut when the budget is used up."""
        if seconds * 1000 < SLOW_MATCH_MS:
            return
        now = time.monotonic()
        if now - self._since > BUDGET_WINDOW_S:
            self._since, self._spent = now, 0.0
        self._spent += seconds
        if self._spent * 1000 > SLOW_BUDGET_MS:
            raise TimedOut("the regular expressions of the query took longer than their time limit")


class Pattern:
    """A checked regular expression. `key` is the sort key of the expression as a value."""

    __slots__ = ("_budget", "_search", "key")

    def __init__(self, source: str, options: str, budget: RegexBudget) -> None:
        self.key: SortKey = sort_key(Regex(source, options))
        self._search = _compile(source, options).search
        self._budget = budget

    def search(self, text: str) -> bool:
        """Whether the text has a match. Raises: TimedOut."""
        return self.find(text) is not None

    def find(self, text: str, start: int = 0) -> Any:
        """The first match object of the text from `start` on, or None. Raises: TimedOut."""
        began = time.perf_counter()
        try:
            found = self._search(text, start, timeout=MATCH_TIME_MS / 1000)
        except (TimeoutError, MemoryError) as error:
            raise TimedOut("a regular expression took longer than its time limit") from error
        self._budget.charge(time.perf_counter() - began)
        return found


def parse_regex(source: Any, options: Any = None, *, budget: RegexBudget | None = None) -> Pattern:
    """The pattern of a string, a bson.Regex or a re.Pattern; `options` is a string of i, m, s, x, or None.

    Raises: OperatorMisused for other types, an unknown option, or options given twice; InvalidQuery for a pattern that is
    too long or cannot be compiled.
    """
    if isinstance(source, Regex | re.Pattern):
        own = regex_options(source)
        if own and options is not None:
            raise OperatorMisused("options are set in both $regex and $options")
        source, options = source.pattern, own if options is None else options
    if isinstance(source, bytes):
        source = source.decode("utf-8", "replace")
    if not isinstance(source, str):
        raise OperatorMisused("$regex has to be a string")
    if not isinstance(options, str | None):
        raise OperatorMisused("$options has to be a string")
    letters = options or ""
    if not set(letters) <= {*_FLAGS, "u"}:
        raise OperatorMisused(f"invalid option in $options: {letters}")
    return Pattern(source, letters, budget or RegexBudget())


def _compile(source: str, options: str) -> Any:
    if len(source) > MAX_PATTERN_LENGTH:
        raise InvalidQuery(f"a regular expression has more than {MAX_PATTERN_LENGTH} characters")
    if "\0" in source:
        raise InvalidQuery("a regular expression cannot contain a null character")
    flags = regex.VERSION0
    for letter in options:
        flags |= _FLAGS.get(letter, 0)
    try:
        return regex.compile(source, flags, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise InvalidQuery(f"the regular expression is invalid: {error}") from error
