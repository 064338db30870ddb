"""Dotted paths: which values of a document a path means, when arrays lie on the way.

Spec: mongodb, "Query an Array" and "Query an Array of Embedded Documents". Where the manual is silent the rules are
those of MongoDB's own matcher:

* An array in the middle of a path is entered one level: the rest of the path applies to each element that is an
  object. An array directly inside an array is not entered.
* A part that is a number means a field of that name in an object, and that element of an array. When the element is
  an object both readings are tried, so `{"a.0.b": null}` matches `{"a": [{"b": 1}]}`, as it does in MongoDB.
* At the end of a path, an array stands for each of its elements and for itself; an array reached by its index
  (`a.0`) stands only for itself.
* A path that leads nowhere has the value MISSING, except through an array with no object in it: no value at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.core.query.values import MISSING, Document

Test = Callable[[Any], bool]
"""A question about one value; MISSING for a field that is not there."""

DocumentTest = Callable[[Document], bool]
"""A question about one document."""

Parts = tuple[str, ...]


def split_path(path: str) -> Parts:
    """The names and numbers between the dots."""
    return tuple(path.split("."))


def array_index(part: str) -> int:
    """The index that a part of a path means in an array; -1 when it is not an index, as `01` is not."""
    if part.isascii() and part.isdigit() and (part[0] != "0" or part == "0"):
        return int(part) if len(part) < 10 else -1
    return -1


def found_at(path: str, test: Test, *, spreads: bool) -> DocumentTest:
    """Whether any value at the path passes the test, compiled.

    `spreads`: an array at the end of the path also stands for its elements.
    """
    parts = split_path(path)
    return _found_under(parts, test, spreads) if len(parts) > 1 else _found_in_field(path, test, spreads)


def _found_in_field(name: str, test: Test, spreads: bool) -> DocumentTest:
    if not spreads:
        return lambda document: test(document.get(name, MISSING))

    def found(document: Document) -> bool:
        value = document.get(name, MISSING)
        if type(value) is list:
            for item in value:
                if test(item):
                    return True
        return test(value)

    return found


def _found_under(parts: Parts, test: Test, spreads: bool) -> DocumentTest:
    first, *middle, last = parts

    def found(document: Document) -> bool:
        value = document.get(first, MISSING)
        for part in middle:
            if type(value) is not dict:
                break
            value = value.get(part, MISSING)
        if type(value) is not dict:
            return any(map(test, _values(document, parts, 0, spreads)))
        value = value.get(last, MISSING)
        if spreads and type(value) is list:
            for item in value:
                if test(item):
                    return True
        return test(value)

    return found


def values_at(document: Document, path: str, *, spreads: bool = True) -> list[Any]:
    """Every value that a filter sees at the path; MISSING where the field is not there, which null matches too."""
    return list(_values(document, split_path(path), 0, spreads))


def _values(document: Mapping[str, Any], parts: Parts, start: int, spreads: bool) -> Iterator[Any]:
    for value, _ in _placed_values(document, parts, start, spreads):
        yield value


Place = tuple[int, int]
"""The first array that a path entered: how many parts of the path lead to it, and the index of the element.

An array whose index the path names is not entered: `a.0` has no place."""


def placed_values_at(document: Document, path: str, *, spreads: bool) -> Iterator[tuple[Any, Place | None]]:
    """Like `values_at`, each value with the place of the outermost array it was found in, if any."""
    return _placed_values(document, split_path(path), 0, spreads)


def _placed_values(
    document: Mapping[str, Any], parts: Parts, start: int, spreads: bool
) -> Iterator[tuple[Any, Place | None]]:
    value: Any = document
    for position in range(start, len(parts)):
        if not isinstance(value, Mapping):
            break
        value = value.get(parts[position], MISSING)
        if isinstance(value, list):
            yield from _in_array(value, parts, position + 1, spreads)
            return
    else:
        yield value, None
        return
    yield MISSING, None


def _in_array(array: list[Any], parts: Parts, position: int, spreads: bool) -> Iterator[tuple[Any, Place | None]]:
    """The values at the rest of the path, from `position` on, in an array that the path has just reached."""
    if position == len(parts):
        if spreads:
            for index, item in enumerate(array):
                yield item, (position, index)
        yield array, None
        return
    wanted = array_index(parts[position])
    for index, item in enumerate(array):
        place = (position, index)
        if isinstance(item, Mapping):
            for value, _ in _placed_values(item, parts, position, spreads):
                yield value, place
        if index == wanted:
            yield from _at_index(item, parts, position + 1, spreads)


def _at_index(item: Any, parts: Parts, position: int, spreads: bool) -> Iterator[tuple[Any, Place | None]]:
    if position == len(parts):
        yield item, None
    elif isinstance(item, Mapping):
        yield from _placed_values(item, parts, position, spreads)
    elif isinstance(item, list):
        yield from _in_array(item, parts, position, spreads)


def has_index(path: str) -> bool:
    """Whether the path has a part that may be an array index."""
    return any(array_index(part) >= 0 for part in split_path(path))
