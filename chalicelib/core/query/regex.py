"""Regular expressions of queries: MongoDB's patterns and options, with a time limit that a hostile one cannot pass."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

import regex
from bson import Regex

from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query.limits import (
    BUDGET_WINDOW_S,
    FAIR_MATCH_US,
    FAIR_MATCH_US_PER_CHARACTER,
    MATCH_TIME_MS,
    MAX_PATTERN_LENGTH,
    SLOW_BUDGET_MS,
)
from chalicelib.core.query.pcre import literal_prefix, respelled
from chalicelib.core.query.values import SortKey, regex_options, sort_key

_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL}

OPTIONS = frozenset("imsxu")
"""What $options may hold: u (Unicode) is always on."""


class RegexBudget:
    """The time that the slow matches of one query may take together.

    Only what a match takes beyond a fair time for its text is counted: the number of fair ones is bounded by the time
    limit of the query. Threads that share a budget may overdraw it by one match each.
    """

    __slots__ = ("_since", "_spent")

    def __init__(self) -> None:
        self._spent = 0.0
        self._since = time.monotonic()

    def charge(self, seconds: float, characters: int) -> None:
        """Counts a match on a text of that length. Raises: TimedOut when the budget is used up."""
        excess = seconds - (FAIR_MATCH_US + FAIR_MATCH_US_PER_CHARACTER * characters) / 1e6
        if excess <= 0:
            return
        now = time.monotonic()
        if now - self._since > BUDGET_WINDOW_S:
            self._since, self._spent = now, 0.0
        self._spent += excess
        if self._spent * 1000 > SLOW_BUDGET_MS:
            raise TimedOut("the regular expressions of the query took longer than their time limit")


class Pattern:
    """A checked regular expression.

    `value` is the expression as a BSON value, `key` its sort key, `prefix` what every text that it finds begins with.
    """

    __slots__ = ("_budget", "_search", "key", "prefix", "value")

    def __init__(self, source: str, options: str, budget: RegexBudget) -> None:
        self.value: Regex[str] = Regex(source, options)
        self.key: SortKey = sort_key(self.value)
        self.prefix = "" if set(options) & set("imx") else literal_prefix(source)
        self._search = _compiled(source, options).search
        self._budget = budget

    def search(self, text: str) -> bool:
        """Whether the text has a match. Raises: TimedOut."""
        return self.find(text) is not None

    def find(self, text: str, start: int = 0) -> Any:
        """The first match object of the text from `start` on, or None. Raises: TimedOut."""
        # Processor time of this thread: waiting for other threads is not the pattern's fault.
        began = time.thread_time()
        try:
            found = self._search(text, start, timeout=MATCH_TIME_MS / 1000)
        except (TimeoutError, MemoryError) as error:
            raise TimedOut("a regular expression took longer than its time limit") from error
        self._budget.charge(time.thread_time() - began, len(text))
        return found


def parse_regex(source: Any, options: Any = None, *, budget: RegexBudget | None = None) -> Pattern:
    """The pattern of a string, a bson.Regex or a re.Pattern; `options` is a string of i, m, s, x, or None.

    Raises: OperatorMisused for other types, an unknown option, or options given twice; InvalidQuery for a pattern
    that is too long or cannot be compiled.
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
    if not OPTIONS.issuperset(letters):
        raise OperatorMisused(f"invalid option in $options: {letters}")
    return Pattern(source, letters, budget or RegexBudget())


@lru_cache(maxsize=256)
def _compiled(source: str, options: str) -> regex.Pattern[str]:
    if len(source) > MAX_PATTERN_LENGTH:
        raise InvalidQuery(f"a regular expression has more than {MAX_PATTERN_LENGTH} characters")
    if "\0" in source:
        raise InvalidQuery("a regular expression cannot contain a null character")
    flags = regex.VERSION1
    for letter in options:
        flags |= _FLAGS.get(letter, 0)
    # -f: as in PCRE, a letter never equals two letters, not even with the option i.
    spelling = "(?-f)" + respelled(source, ignores_space="x" in options)
    try:
        return regex.compile(spelling, flags, cache_pattern=False)
    except (regex.error, RecursionError, MemoryError) as error:
        raise InvalidQuery(f"the regular expression is invalid: {error}") from error
