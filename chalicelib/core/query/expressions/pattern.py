"""$regexFind, $regexFindAll and $regexMatch. Spec: mongodb, "$regexFind (aggregation)"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import MAX_VALUE_BYTES, weigh
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.expressions.text import require_string
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.regex import Pattern, RegexBudget, parse_regex
from chalicelib.core.query.values import MISSING, Document


def _regex_operator(without_match: Callable[[], Any], compute: Callable[[Scope, Pattern, str], Any]) -> Builder:
    """`without_match` makes the answer where input or regex is null."""

    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        named = compiler.named(name, source, ("input", "regex"), ("options",))
        text, patterns = named["input"], _Patterns(name, named["regex"], named.get("options", Constant(MISSING)))

        def evaluate(scope: Scope) -> Any:
            value, pattern = text(scope), patterns.pattern(scope)
            if not is_nullish(value):
                require_string(name, "input", value)
            if is_nullish(value) or pattern is None:
                return without_match()
            return compute(scope, pattern, value)

        return evaluate

    return build


class _Patterns:
    """The patterns of one operator: compiled once as long as regex and options stay the same."""

    def __init__(self, name: str, regex: Compiled, options: Compiled) -> None:
        self._name = name
        self._regex = regex
        self._options = options
        self._budget = RegexBudget()
        self._last: tuple[Any, Any, Pattern] | None = None
        if isinstance(regex, Constant) and isinstance(options, Constant):
            self.pattern(Scope(None, {}))

    def pattern(self, scope: Scope) -> Pattern | None:
        regex, options = self._regex(scope), self._options(scope)
        if is_nullish(regex):
            return None
        last = self._last
        if last is not None and last[0] == regex and last[1] == options:
            return last[2]
        pattern = self._parsed(regex, None if is_nullish(options) else options)
        self._last = (regex, options, pattern)
        return pattern

    def _parsed(self, regex: Any, options: Any) -> Pattern:
        try:
            return parse_regex(regex, options, budget=self._budget)
        except OperatorMisused as error:
            raise OperatorMisused(f"{self._name}: {error.message}") from error


def _matches(scope: Scope, pattern: Pattern, text: str) -> Iterator[Any]:
    start = 0
    while start < len(text) or start == 0:
        scope.check_time()
        found = pattern.find(text, start)
        if found is None:
            return
        yield found
        # An empty match moves on by one character, or it would be found forever. Nothing is sought after the last
        # character, as in MongoDB: only an empty text has an empty match at its end.
        start = found.end() + (found.end() == found.start())


def _described(found: Any) -> Document:
    return {"match": found.group(), "idx": found.start(), "captures": list(found.groups())}


def _find(scope: Scope, pattern: Pattern, text: str) -> Any:
    found = pattern.find(text)
    return None if found is None else _described(found)


def _find_all(scope: Scope, pattern: Pattern, text: str) -> list[Document]:
    found, size = [], 0
    for match in _matches(scope, pattern, text):
        described = _described(match)
        size += weigh(described)
        if size > MAX_VALUE_BYTES:
            raise OperatorMisused(f"$regexFindAll builds an array larger than {MAX_VALUE_BYTES} bytes")
        found.append(described)
    return found


OPERATORS: dict[str, Builder] = {
    "$regexFind": _regex_operator(lambda: None, _find),
    "$regexFindAll": _regex_operator(list, _find_all),
    "$regexMatch": _regex_operator(lambda: False, lambda scope, pattern, text: pattern.search(text)),
}
