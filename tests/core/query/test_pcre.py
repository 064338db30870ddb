"""Patterns mean what PCRE means, by the answers of compiled ones."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidQuery, TimedOut
from chalicelib.core.query.regex import parse_regex

FOUND = [
    ("^ab", "abc", ""),
    (r"(*UCP)\d", "٣", ""),
    (r"(*UTF8)(*UCP)^\w$", "é", ""),
    (r"(*UCP)\bé\b", "a é b", ""),
    (r"^\W$", "é", ""),
    ("é", "É", "i"),
    ("ß", "ß", "i"),
    (r"a\Z", "a\n", ""),
    (r"a\z", "a", ""),
    ("a$", "a\n", ""),
    (r"\Aa", "ab", "m"),
    (r"\Ga", "ab", ""),
    (r"a\Kb", "ab", ""),
    ("a{,2}", "a{,2}", ""),
    ("a{e<=1}", "a{e<=1}", ""),
    ("{", "{", ""),
    ("}", "}", ""),
    ("a{2}$", "aa", ""),
    ("^a{2,}$", "aaa", ""),
    ("^a{2,3}$", "aaa", ""),
    ("^(ab){2}$", "abab", ""),
    (r"\Qa.b\E+", "a.bb", ""),
    (r"\Qa.b", "a.b", ""),
    (r"a\Eb", "ab", ""),
    ("[]a]", "]", ""),
    ("[^]a]", "b", ""),
    ("[a-c]", "b", ""),
    ("[a-]", "-", ""),
    ("[-a]", "-", ""),
    ("[[:alpha:]_-]+$", "ab_-", ""),
    ("^[[:^digit:]]$", "x", ""),
    ("[[:punct:]]", "~", ""),
    ("[[:space:][:upper:]]{2}", "A ", ""),
    (r"[\w.-]+@x", "a.b-c@x", ""),
    (r"[a\]b]", "]", ""),
    ("[+--]", ",", ""),
    ("[a&&b]", "&", ""),
    ("[a||b]", "|", ""),
    ("[a~~b]", "~", ""),
    ("[[a]", "[", ""),
    (r"[\d\-x]", "-", ""),
    (r"[\d-x]", "-", ""),
    (r"[a-\d]", "-", ""),
    (r"[\b]", "\b", ""),
    (r"[\Qa-]\E]", "]", ""),
    (r"[\Qb\E-d]", "c", ""),
    (r"[a\E]", "a", ""),
    (r"[\101\x42]", "B", ""),
    (r"[\h\V]", "a", ""),
    (r"[\p{Lu}]", "A", ""),
    (r"\bfoo\b", "a foo b", ""),
    (r"o\Bo", "foo", ""),
    ("a b # c\n d", "abd", "x"),
    ("ab#c", "ab", "x"),
    ("a[ ]b", "a b", "x"),
    (r"a\ b", "a b", "x"),
    ("(?x) a b", "ab", ""),
    ("(?x: a )b", "ab", ""),
    ("(?-x: a)b", " ab", "x"),
    ("(?x)a (?-x)b c", "ab c", ""),
    ("(?i)A", "a", ""),
    ("x(?i)a", "xA", ""),
    ("(x(?i)a)b", "xAb", ""),
    ("(a(?i)b|c)", "C", ""),
    ("(?i:a)B", "AB", ""),
    ("(?-i)a", "a", "i"),
    ("(?s-m:.)", "\n", ""),
    ("a.c", "a\nc", "s"),
    ("^b", "a\nb", "m"),
    ("(?#a (comment)b", "b", ""),
    (r"(a)\1", "aa", ""),
    (r"(?<n>a)\k<n>", "aa", ""),
    (r"(?<n>a)\k{n}", "aa", ""),
    (r"(?'n'a)\k'n'", "aa", ""),
    (r"(?<n>a)\g{n}", "aa", ""),
    ("(?P<n>a)(?P=n)", "aa", ""),
    (r"(a)\g{-1}", "aa", ""),
    (r"(a)\g1", "aa", ""),
    ("(?|(a)|(b))", "b", ""),
    ("(a)?(?(1)b|c)", "ab", ""),
    ("a(?=b)", "ab", ""),
    ("a(?!b)", "ac", ""),
    ("(?<=a)b", "ab", ""),
    ("(?<!a)b", "cb", ""),
    ("(?>a+)b", "aab", ""),
    ("a++b", "aab", ""),
    ("a+?b", "aab", ""),
    (r"\x41\x{42}\x43", "ABC", ""),
    (r"a\x", "a\0", ""),
    (r"\07\e\t\cA", "\a\x1b\t\x01", ""),
    (r"\a\f\n\r", "\a\f\n\r", ""),
    (r"\h\v\H\V", "\u3000\u2028ab", ""),
    (r"\d\D\s\S\w\W", "1a aa-", ""),
    (r"\pL\p{Lu}\P{L}", "aB1", ""),
    (r"^\p{Lu}\p{Ll}$", "Éa", "i"),
    (r"^[\p{Lu}b]{2}$", "AB", "i"),
    (r"^[^\p{Lu}b]$", "a", "i"),
    (r"^[^\p{Lu}]+$", "a1", "i"),
    (r"^\141\60$", "a0", ""),
    (r"^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10$", "abcdefghijj", ""),
    (r"^\N{2}$", "ab", ""),
    (r"\N", "a", ""),
    (r"a\Rb", "a\r\nb", ""),
    (r"\X", "é", ""),
    (r"\/\-\_\@\é", "/-_@é", ""),
    ("a|b|", "zzz", ""),
    ("a]", "a]", ""),
]

NOT_FOUND = [
    ("^b", "abc", ""),
    (r"\d", "٣", ""),
    (r"^\w$", "é", ""),
    (r"\bé", "a é", ""),
    ("ß", "SS", "i"),
    ("(?i)ß", "SS", ""),
    (r"a\z", "a\n", ""),
    ("^a{2}$", "a", ""),
    (r"\Qa.b\E", "axb", ""),
    ("[a&&b]", "c", ""),
    ("[[:alpha:]]", "é", ""),
    (r"\bfoo\b", "afoo", ""),
    ("x(?i)a", "XA", ""),
    ("(x(?i)a)b", "xAB", ""),
    ("(?-i)a", "A", "i"),
    ("a.c", "a\nc", ""),
    (r"^\p{Lu}", "é", "i"),
    (r"[\p{Lu}b]", "a", "i"),
    (r"^[^\p{Lu}b]$", "A", "i"),
    (r"^[^\p{Lu}b]$", "B", "i"),
    (r"\N", "\n", "s"),
    ("a b", "ab", ""),
    ("(a)?(?(1)b|c)$", "ad", ""),
]

REFUSED = [
    ("(", "missing"),
    ("[a", "missing ]"),
    ("[a\\", "missing ]"),
    ("[", "missing ]"),
    (")", "unmatched"),
    ("a**", "multiple repeat"),
    ("*a", "nothing to repeat"),
    ("\\", "at the end"),
    ("(?R)", "not supported"),
    ("(?1)", "not supported"),
    ("(?&x)", "not supported"),
    ("(?P>x)", "not supported"),
    ("(?C1)", "not supported"),
    ("(?U)a", "not supported"),
    ("(?", "not supported"),
    ("(?<a", "not supported"),
    ("(?(R)a|b)", "not supported"),
    ("(*FAIL)", "verbs"),
    ("(?#a", "comment"),
    ("a{65536}", "repeats more than"),
    ("a{1,65536}", "repeats more than"),
    ("(a{60000}){60000}", "repeats more than"),
    ("((a{100}){100}){100}", "repeats more than"),
    (r"\y", r"escape \\y"),
    (r"\L<x>", r"escape \\L"),
    (r"[\y]", r"escape \\y"),
    (r"\N{DIGIT ONE}", r"escape \\N"),
    (r"\c", r"\\c without"),
    (r"\cé", r"\\c without"),
    (r"\x{110000}", "does not exist"),
    (r"\x{d800}", "does not exist"),
    ("[z-a]", "out of order"),
    ("[[:foo:]]", "unknown class"),
    (r"\8", "does not exist"),
    (r"\g{-1}", "does not exist"),
    (r"\g{0}", "does not exist"),
    (r"\p{Foo}", "unknown property"),
]


@pytest.mark.parametrize(("pattern", "text", "options"), FOUND)
def test_a_pattern_finds(pattern: str, text: str, options: str) -> None:
    assert parse_regex(pattern, options).search(text)


@pytest.mark.parametrize(("pattern", "text", "options"), NOT_FOUND)
def test_a_pattern_does_not_find(pattern: str, text: str, options: str) -> None:
    assert not parse_regex(pattern, options).search(text)


@pytest.mark.parametrize(("pattern", "message"), REFUSED)
def test_a_malformed_or_dangerous_pattern_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(InvalidQuery, match=message):
        parse_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "options", "prefix"),
    [
        ("^abc", "", "abc"),
        ("^abc$", "s", "abc"),
        ("^ab.c", "", "ab"),
        ("^ab*", "", "a"),
        ("^ab?c", "", "a"),
        ("^ab{0,3}", "", "a"),
        ("^ab+", "", "ab"),
        ("^a*", "", ""),
        ("^ab|c", "", ""),
        ("abc", "", ""),
        ("^(abc)", "", ""),
        ("^abc", "i", ""),
        ("^abc", "m", ""),
        ("^a bc", "x", ""),
        ("^a bc", "", "a bc"),
        (r"^a\.c", "", "a"),
    ],
)
def test_a_pattern_knows_what_its_texts_begin_with(pattern: str, options: str, prefix: str) -> None:
    assert parse_regex(pattern, options).prefix == prefix


@given(st.text(alphabet="ab*+?.{1}|()^$", max_size=6), st.text(alphabet="ab", max_size=5))
def test_every_text_found_begins_with_the_prefix(pattern: str, text: str) -> None:
    with suppress(InvalidQuery):
        found = parse_regex(f"^{pattern}")
        assert not found.search(text) or text.startswith(found.prefix)


atoms = st.sampled_from(
    [
        "a",
        "b",
        "B",
        "1",
        "_",
        " ",
        "é",
        r"\.",
        ".",
        r"\d",
        r"\w",
        r"\S",
        "[ab]",
        "[^a1]",
        "[a-c_-]",
        r"\b",
        "^",
        "$",
        r"\n",
    ]
)
counts = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?", "??"])
groups = st.sampled_from(["(%s)", "(?:%s)", "(?=%s)", "(?!%s)", "(?i:%s)"])
common_patterns = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map(lambda some: f"(?:{some})"),
        st.builds(lambda group, part, count: group % part + count, groups, inner, counts),
        st.builds(lambda part, count: f"(?:{part}){count}", inner, counts),
    ),
    max_leaves=6,
)


@given(common_patterns, st.text(alphabet="abAB1_ é\n.", max_size=8), st.sampled_from(["", "i", "m", "s"]))
def test_a_pattern_finds_what_python_finds_where_the_languages_agree(pattern: str, text: str, options: str) -> None:
    flags = {"": 0, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[options]
    expected = _ascii_classes(pattern, flags).search(text)

    found = parse_regex(pattern, options).find(text)

    assert (found and found.span()) == (expected and expected.span())


def _ascii_classes(pattern: str, flags: int) -> re.Pattern[str]:
    """Python's pattern with PCRE's classes: of ASCII, while letters ignore case beyond it."""
    for name, members in ((r"\d", "[0-9]"), (r"\w", "[A-Za-z0-9_]"), (r"\S", r"[^\t\n\x0b\f\r ]")):
        pattern = pattern.replace(name, members)
    edge = r"(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_]))"
    return re.compile(pattern.replace(r"\b", edge), flags)


@given(st.text(max_size=20))
def test_quoted_text_finds_itself(text: str) -> None:
    quoted = text.replace("\0", "").replace(r"\E", "")
    if not quoted.endswith("\\"):
        assert parse_regex(rf"^\Q{quoted}\E\z").search(quoted)


@given(st.text(alphabet=r"ab01()[]{}\|^$*+?.-:<>=!#,PQEdwk xi&", max_size=12))
def test_any_text_is_a_pattern_or_refused(pattern: str) -> None:
    with suppress(InvalidQuery, TimedOut):
        parse_regex(pattern).search("ab 01")
