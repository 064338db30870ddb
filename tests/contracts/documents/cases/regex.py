"""Filters by regular expression."""

from __future__ import annotations

from bson import Regex

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.values import MISSING
from tests.contracts.documents.case import Case, find, values

WORDS = values("apple", "Apple pie", "grape", "line one\nline two", "", None, MISSING, 5, ["pear", "apple"])
JAPANESE = values("東京都", "京都府", "大阪府", "\uff21")

CASES: list[Case] = [
    find("regex-anywhere", WORDS, {"a": {"$regex": "ap"}}, "139"),
    find("regex-anchored", WORDS, {"a": {"$regex": "^ap"}}, "19"),
    find("regex-at-the-end", WORDS, {"a": {"$regex": "pe$"}}, "3"),
    find("regex-ignoring-case", WORDS, {"a": {"$regex": "^apple", "$options": "i"}}, "129"),
    find("regex-value", WORDS, {"a": Regex("^Apple")}, "2"),
    find("regex-value-with-flags", WORDS, {"a": Regex("^apple$", "i")}, "19"),
    find("regex-value-in-regex", WORDS, {"a": {"$regex": Regex("^APPLE$", "i")}}, "19"),
    find("regex-options-before-regex", WORDS, {"a": {"$options": "i", "$regex": "PIE"}}, "2"),
    find("regex-in-list", WORDS, {"a": {"$in": [Regex("^gr"), "apple"]}}, "139"),
    find("regex-nin-list", WORDS, {"a": {"$nin": [Regex("p")]}}, "45678"),
    find("regex-under-not", WORDS, {"a": {"$not": {"$regex": "p"}}}, "45678"),
    find("regex-value-under-not", WORDS, {"a": {"$not": Regex("p")}}, "45678"),
    find("regex-multiline", WORDS, {"a": {"$regex": "^line two", "$options": "m"}}, "4"),
    find("regex-without-multiline", WORDS, {"a": {"$regex": "^line two"}}, ""),
    find("regex-dot-stops-at-line-end", WORDS, {"a": {"$regex": "one.line"}}, ""),
    find("regex-dot-all", WORDS, {"a": {"$regex": "one.line", "$options": "s"}}, "4"),
    find("regex-extended", WORDS, {"a": {"$regex": "app le # a fruit", "$options": "x"}}, "19"),
    find("regex-empty-matches-any-text", WORDS, {"a": {"$regex": ""}}, "123459"),
    find("regex-never-matches-a-number", WORDS, {"a": {"$regex": "5"}}, ""),
    find("regex-escaped-dot", values("a.b", "axb"), {"a": {"$regex": r"a\.b"}}, "1"),
    find("regex-digit-class", values("a1", "ab"), {"a": {"$regex": r"\d"}}, "1"),
    find("regex-alternatives", WORDS, {"a": {"$regex": "^(grape|apple)$"}}, "139"),
    find("regex-counted", values("aa", "aaa", "a"), {"a": {"$regex": "^a{2}$"}}, "1"),
    find("regex-japanese", JAPANESE, {"a": {"$regex": "京"}}, "12"),
    find("regex-japanese-anchored", JAPANESE, {"a": {"$regex": "^京"}}, "2"),
    find("regex-one-character-is-one-dot", values("東", "東京", "\U0001f600"), {"a": {"$regex": "^.$"}}, "13"),
    find("regex-lookahead", WORDS, {"a": {"$regex": "^app(?=le)"}}, "19"),
    find("regex-backreference", values("abab", "abac"), {"a": {"$regex": "^(ab)\\1$"}}, "1"),
    find("regex-case-inside-the-pattern", WORDS, {"a": {"$regex": "(?i)^APPLE$"}}, "19"),
    find(
        "regex-on-a-path-through-an-array",
        [{"_id": "1", "a": [{"b": "x1"}, {"b": "y"}]}, {"_id": "2", "a": {"b": "z"}}],
        {"a.b": {"$regex": "^x"}},
        "1",
    ),
    find("regex-with-another-condition", WORDS, {"a": {"$regex": "ap", "$ne": "grape"}}, "19"),
    find("regex-in-all", values(["ab", "cd"], ["ab"]), {"a": {"$all": [Regex("^a"), Regex("^c")]}}, "1"),
    find("regex-malformed-is-refused", WORDS, {"a": {"$regex": "("}}, InvalidQuery),
    find("regex-unknown-option-is-refused", WORDS, {"a": {"$regex": "a", "$options": "q"}}, InvalidQuery),
    find("regex-options-alone-are-refused", WORDS, {"a": {"$options": "i"}}, InvalidQuery),
    find("regex-of-a-number-is-refused", WORDS, {"a": {"$regex": 5}}, InvalidQuery),
]
