"""The regular expressions that MongoDB knows (PCRE's), respelled for the `regex` package, which differs in details.

A form with another meaning there is rewritten (`\\d` and `\\w` are ASCII, `\\Z` admits a final line break, `{` is
literal unless it begins a count); what could run away or has no equivalent is refused: recursion, callouts, control
verbs.
Spec: mongodb, "$regex", which names PCRE 8.42 and its manual "pcrepattern".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.limits import MAX_REPETITION

_WORD = "A-Za-z0-9_"
_SPACE = r"\t\n\x0b\f\r "
_ACROSS = r"\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_DOWN = r"\n\x0b\f\r\x85\u2028\u2029"

_SETS = {"d": "0-9", "w": _WORD, "s": _SPACE, "h": _ACROSS, "v": _DOWN}
"""What a class escape stands for; its capital stands for all else."""

_POSIX = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "word": _WORD,
    "space": _SPACE,
    "blank": r"\t ",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f",
    "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
    "ascii": r"\x00-\x7f",
}

_ASSERTIONS = {
    "A": r"\A",
    "G": r"\G",
    "K": r"\K",
    "Z": r"(?=\n?\Z)",
    "z": r"\Z",
    "b": rf"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))",
    "B": rf"(?:(?<=[{_WORD}])(?=[{_WORD}])|(?<![{_WORD}])(?![{_WORD}]))",
}

_ATOMS = {"N": r"[^\n]", "R": r"(?>\r\n|[\n\x0b\f\r\x85\u2028\u2029])", "X": r"\X"}

_CHARACTERS = {"a": "\a", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

_PREFIX = re.compile(r"\^([A-Za-z0-9_ @:/,;=!~%&'\"-]+)(?![*?{])")
_START_VERB = re.compile(r"\(\*(?:UTF8?|UCP)\)")
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_PROPERTY = re.compile(r"[pP](?:\{\^?[A-Za-z_&]+\}|[A-Z])")
_CASED = re.compile(r"\\[pP]\{\^?L[ltu]\}")
"""Properties of letters by case: the option i does not touch them."""
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{0,2}))")
_OCTAL = re.compile(r"0[0-7]{0,2}")
_LATE_OCTAL = re.compile(r"(?=(?P<number>[1-9]\d+))(?P<octal>[0-7]{1,3})")
_OCTAL_IN_CLASS = re.compile(r"[0-7]{1,3}")
_BACKREFERENCE = re.compile(
    r"(?P<number>[1-9]\d*)|g\{?(?P<counted>-?\d+)\}?"
    r"|[kg]\{(?P<braced>[A-Za-z_]\w*)\}|k<(?P<angled>[A-Za-z_]\w*)>|k'(?P<quoted>[A-Za-z_]\w*)'",
    re.ASCII,
)
_NAMED_GROUP = re.compile(r"\?P?<([A-Za-z_]\w*)>|\?'([A-Za-z_]\w*)'", re.ASCII)
_PLAIN_GROUP = re.compile(r"\?(?::|=|!|<=|<!|>|\|)")
_OPTIONS = re.compile(r"\?([imsx]*)(?:-([imsx]*))?([:)])")
_CONDITION = re.compile(r"\?\(([1-9]\d*)\)")
_NAMED_REFERENCE = re.compile(r"\?P=([A-Za-z_]\w*)\)", re.ASCII)
_POSIX_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")


def respelled(source: str, *, ignores_space: bool) -> str:
    """The pattern for the `regex` package, version 1 rules, to be compiled without its verbose flag.

    `ignores_space` is the option x. Raises: InvalidQuery for a form that is refused.
    """
    return _Respelling(source, ignores_space).run()


def literal_prefix(source: str) -> str:
    """What every text begins with that the pattern, used without the options i, m and x, can find; often nothing.

    Only letters, digits and a few harmless signs after `^` are looked at.
    """
    found = _PREFIX.match(source)
    return found[1] if found and "|" not in source else ""


@dataclass(slots=True)
class _Group:
    """An open group: what its parts weigh in the compiled pattern, and whether white space counts inside."""

    ignores_space: bool
    weight: int = 0
    last_weight: int = 0
    """Of the part that a count may follow."""

    def add(self, weight: int) -> None:
        self.weight += weight
        self.last_weight = weight


class _Respelling:
    """One pass over a pattern."""

    def __init__(self, source: str, ignores_space: bool) -> None:
        self._source = source
        self._at = 0
        self._out: list[str] = []
        self._groups = [_Group(ignores_space)]
        self._captures = 0
        self._unicode = False

    def run(self) -> str:
        while verb := _START_VERB.match(self._source, self._at):
            self._unicode = self._unicode or verb[0] == "(*UCP)"
            self._at = verb.end()
        while self._at < len(self._source):
            self._step()
        if len(self._groups) > 1:
            raise _invalid("missing )")
        return "".join(self._out)

    def _step(self) -> None:
        char = self._source[self._at]
        group = self._groups[-1]
        if group.ignores_space and char in " \t\n\r\f\v":
            self._at += 1
        elif group.ignores_space and char == "#":
            end = self._source.find("\n", self._at)
            self._at = len(self._source) if end < 0 else end + 1
        elif char == "\\":
            self._at += 1
            self._escape()
        elif char == "[":
            self._at += 1
            self._emit(self._class(), 1)
        elif char == "(":
            self._at += 1
            self._open_group()
        elif char == ")":
            self._close_group()
        elif char == "{":
            self._count()
        else:
            self._at += 1
            self._out.append(char)
            if char not in "*+?|^$":
                group.add(1)

    def _emit(self, text: str, weight: int) -> None:
        self._out.append(text)
        self._groups[-1].add(weight)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it has the form; it is passed."""
        found = pattern.match(self._source, self._at)
        if found:
            self._at = found.end()
        return found

    # --- counts and groups ---

    def _count(self) -> None:
        count = self._take(_COUNT)
        if count is None:
            self._at += 1
            self._emit(r"\{", 1)
            return
        group = self._groups[-1]
        lowest = int(count[1])
        group.weight += group.last_weight * max(lowest - 1, 0)
        if max(lowest, int(count[3] or 0), *(part.weight for part in self._groups)) > MAX_REPETITION:
            raise _invalid(f"it repeats more than {MAX_REPETITION} times")
        group.last_weight *= max(lowest, 1)
        self._out.append(count[0])

    def _open_group(self) -> None:
        if self._source.startswith("?#", self._at):
            end = self._source.find(")", self._at)
            if end < 0:
                raise _invalid("missing ) after a comment")
            self._at = end + 1
            return
        if self._source.startswith("*", self._at):
            raise _invalid("verbs such as (*FAIL) are not supported")
        ignores_space = self._groups[-1].ignores_space
        if options := self._take(_OPTIONS):
            added, removed, end_mark = options[1], options[2] or "", options[3]
            ignores_space = (ignores_space or "x" in added) and "x" not in removed
            self._out.append(f"({_without_x(added, removed)}{end_mark}")
            if end_mark == ")":
                self._groups[-1].ignores_space = ignores_space
                return
        elif named := self._take(_NAMED_GROUP):
            self._captures += 1
            self._out.append(f"(?P<{named[1] or named[2]}>")
        elif reference := self._take(_NAMED_REFERENCE):
            self._emit(rf"\g<{reference[1]}>", 1)
            return
        elif plain := self._take(_PLAIN_GROUP) or self._take(_CONDITION):
            self._out.append(f"({plain[0]}")
        elif self._source.startswith("?", self._at):
            raise _invalid(f"the group (?{self._source[self._at + 1 : self._at + 2]} is not supported")
        else:
            self._captures += 1
            self._out.append("(")
        self._groups.append(_Group(ignores_space))

    def _close_group(self) -> None:
        if len(self._groups) == 1:
            raise _invalid("unmatched )")
        self._at += 1
        self._emit_close(self._groups.pop())

    def _emit_close(self, closed: _Group) -> None:
        self._out.append(")")
        self._groups[-1].add(closed.weight)

    # --- escapes ---

    def _escape(self) -> None:
        if self._at == len(self._source):
            raise _invalid("\\ at the end")
        char = self._source[self._at]
        if char == "Q":
            quoted = self._quoted()
            self._out.append("".join(map(re.escape, quoted)))
            self._groups[-1].add(1)
        elif char == "E":
            self._at += 1
        elif char in _ASSERTIONS:
            self._at += 1
            self._out.append(rf"\{char}" if self._unicode and char in "bB" else _ASSERTIONS[char])
        elif char in _ATOMS and (
            not self._source.startswith("N{", self._at) or _COUNT.match(self._source, self._at + 1)
        ):
            self._at += 1
            self._emit(_ATOMS[char], 1)
        elif octal := self._late_octal():
            self._emit(re.escape(octal), 1)
        elif reference := self._take(_BACKREFERENCE):
            self._emit(self._reference(reference), 1)
        elif (stands_for := self._set_escape()) is not None:
            self._emit(_heeding_case(stands_for) if _CASED.fullmatch(stands_for) else stands_for, 1)
        else:
            self._emit(re.escape(self._character()), 1)

    def _quoted(self) -> str:
        """The text between \\Q and \\E, which are passed."""
        end = self._source.find(r"\E", self._at)
        text = self._source[self._at + 1 : end if end >= 0 else None]
        self._at = len(self._source) if end < 0 else end + 2
        return text

    def _late_octal(self) -> str | None:
        """The character of an escape such as \\141, when fewer groups have been opened."""
        found = _LATE_OCTAL.match(self._source, self._at)
        if found is None or int(found["number"]) <= self._captures:
            return None
        self._at += len(found["octal"])
        return chr(int(found["octal"], 8))

    def _reference(self, found: re.Match[str]) -> str:
        name = found["braced"] or found["angled"] or found["quoted"]
        if name:
            return rf"\g<{name}>"
        number = int(found["number"] or found["counted"])
        if number < 0:
            number += self._captures + 1
        if not 0 < number <= len(self._source):
            raise _invalid("a reference to a group that does not exist")
        return rf"\g<{number}>"

    def _set_escape(self) -> str | None:
        """The set that an escape such as \\d or \\p{L} stands for, as a class of its own."""
        if found := self._take(_PROPERTY):
            return rf"\{found[0]}"
        char = self._source[self._at]
        if char.lower() not in _SETS:
            return None
        self._at += 1
        if self._unicode and char in "dDwWsS":
            return rf"\{char}"
        return f"[{'^' if char.isupper() else ''}{_SETS[char.lower()]}]"

    def _character(self) -> str:
        """The one character that an escape stands for."""
        if found := self._take(_HEX):
            code = int(found[1] or found[2] or "0", 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise _invalid("a character that does not exist")
            return chr(code)
        if found := self._take(_OCTAL):
            return chr(int(found[0], 8))
        char = self._source[self._at]
        self._at += 1
        if char == "c":
            if self._at == len(self._source) or not self._source[self._at].isascii():
                raise _invalid(r"\c without a character")
            self._at += 1
            return chr(ord(self._source[self._at - 1].upper()) ^ 64)
        if char in _CHARACTERS:
            return _CHARACTERS[char]
        if char.isascii() and char.isalnum():
            raise _invalid(f"the escape \\{char} is not supported")
        return char

    # --- classes ---

    def _class(self) -> str:
        negation = "^" if self._source.startswith("^", self._at) else ""
        self._at += len(negation)
        parts = [self._class_range()]
        while not self._source.startswith("]", self._at):
            parts.append(self._class_range())
        self._at += 1
        cased = "".join(part for part in parts if _CASED.fullmatch(part))
        others = "".join(part for part in parts if not _CASED.fullmatch(part))
        if not cased:
            return f"[{negation}{others}]"
        if not others:
            return _heeding_case(f"[{negation}{cased}]")
        cased = _heeding_case(f"[{cased}]")
        return f"(?:(?!{cased})[^{others}])" if negation else f"(?:{cased}|[{others}])"

    def _class_range(self) -> str:
        """A character, a range, or a set in a class."""
        low = self._class_item()
        if len(low) != 1:
            return low
        ahead = self._source[self._at : self._at + 2]
        if not ahead.startswith("-") or ahead in ("-", "-]"):
            return _literal(low)
        self._at += 1
        high = self._class_item()
        if len(high) != 1:
            return rf"{_literal(low)}\-{high}"
        if high < low:
            raise _invalid(f"the range {low}-{high} is out of order")
        return f"{_literal(low)}-{_literal(high)}"

    def _class_item(self) -> str:
        """One character as it is, or the spelling of a set, which is longer (nothing, for an empty quotation)."""
        if self._at >= len(self._source):
            raise _invalid("missing ]")
        if posix := self._take(_POSIX_CLASS):
            if posix[2] not in _POSIX:
                raise _invalid(f"unknown class [:{posix[2]}:]")
            return f"[{posix[1]}{_POSIX[posix[2]]}]"
        char = self._source[self._at]
        self._at += 1
        if char != "\\":
            return char
        return self._class_escape()

    def _class_escape(self) -> str:
        if self._at == len(self._source):
            raise _invalid("missing ]")
        char = self._source[self._at]
        if char == "b":
            self._at += 1
            return "\b"
        if char == "E":
            self._at += 1
            return ""
        if char == "Q":
            text = self._quoted()
            return text if len(text) <= 1 else "".join(map(_literal, text))
        if octal := self._take(_OCTAL_IN_CLASS):
            return chr(int(octal[0], 8))
        return self._set_escape() or self._character()


def _literal(char: str) -> str:
    """The character spelled so that nothing reads it as syntax, in a class."""
    return rf"\x{ord(char):02x}" if char.isascii() and not char.isalnum() else char


def _heeding_case(part: str) -> str:
    return f"(?-i:{part})"


def _without_x(added: str, removed: str) -> str:
    # The text loses its free white space here, so the option itself is not handed on.
    added, removed = added.replace("x", ""), removed.replace("x", "")
    return f"?{added}{'-' if removed else ''}{removed}"


def _invalid(why: str) -> InvalidQuery:
    return InvalidQuery(f"the regular expression is invalid: {why}")
