"""Which keys a document has in an index: MongoDB's rules for dotted paths, arrays, compounds and sparse indexes.

A key is the concatenation of one encoded value per indexed path. A document has one key, or one per element of
the array that a path meets; a path that is missing counts as null. Spec: mongodb, "Multikey Indexes".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.documents import Index
from chalicelib.core.errors import InvalidDocument
from chalicelib.core.query.paths import array_index
from chalicelib.core.query.values import MISSING, Document
from chalicelib.engines.embedded.key_encoding import NULL_KEY, UNDEFINED_KEY, encode, invert

_ARRAYS = (list, tuple)


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """A document's keys in one index; bit n of `multikey` is set when the index's nth path met an array."""

    keys: frozenset[bytes]
    multikey: int = 0


class KeyMaker:
    """Makes the keys of one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._paths = tuple(tuple(path.split(".")) for path, _ in index.keys)
        self._descending = tuple(direction < 0 for _, direction in index.keys)
        self.fields = frozenset(path[0] for path in self._paths)
        """The top-level fields that the keys depend on."""

    def keys_of(self, document: Document) -> DocumentKeys:
        """Raises: InvalidDocument when two paths meet different arrays."""
        quick = self._quick_keys(document)
        if quick is not None:
            return quick
        met_array: set[int] = set()
        try:
            rows = list(_rows([_Cursor(document, path) for path in self._paths], met_array))
        except _ParallelArrays:
            raise InvalidDocument(f"the index {self.index.name} cannot take two arrays of one document") from None
        multikey = sum(1 << place for place in met_array)
        return DocumentKeys(self._keys(rows), multikey)

    def _quick_keys(self, document: Document) -> DocumentKeys | None:
        """The keys of nearly all documents: no array on the way, or one at the end of the only path."""
        row = []
        for path in self._paths:
            value: Any = document
            for name in path:
                if type(value) in _ARRAYS:
                    return None
                value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
            if type(value) in _ARRAYS:
                if len(self._paths) > 1:
                    return None
                return DocumentKeys(frozenset([self._key((element,)) for element in value or (_EMPTY,)]), 1)
            row.append(value)
        return DocumentKeys(self._keys([row]))

    def _keys(self, rows: Sequence[Sequence[Any]]) -> frozenset[bytes]:
        if self.index.sparse:
            rows = [row for row in rows if any(value is not MISSING for value in row)]
        return frozenset(map(self._key, rows))

    def _key(self, row: Sequence[Any]) -> bytes:
        if len(row) == 1:
            return directed(_encode_element(row[0]), self._descending[0])
        columns = zip(row, self._descending, strict=True)
        return b"".join([directed(_encode_element(value), descending) for value, descending in columns])


def directed(encoded: bytes, descending: bool) -> bytes:
    """The bytes of a value in a column of that direction."""
    return invert(encoded) if descending else encoded


class _EmptyArray:
    """The value of a path that ends at an array without elements."""


_EMPTY = _EmptyArray()


def _encode_element(value: Any) -> bytes:
    if value is MISSING:
        return NULL_KEY
    return UNDEFINED_KEY if value is _EMPTY else encode(value)


class _ParallelArrays(Exception):
    """Two paths of one index met different arrays."""


@dataclass(frozen=True, slots=True)
class _Cursor:
    """How far one path has been followed: `ahead` is left to go, `behind` is done; no step leaves a finished one."""

    value: Any
    ahead: tuple[str, ...]
    behind: tuple[str, ...] = ()
    finished: bool = False

    def step(self, value: Any) -> _Cursor:
        return _Cursor(value, self.ahead[1:], (*self.behind, self.ahead[0]))

    def finish(self, value: Any) -> _Cursor:
        return _Cursor(value, (), self.behind, finished=True)


def _rows(cursors: list[_Cursor], met_array: set[int]) -> Iterator[list[Any]]:
    """One value per cursor, for each element of the array that the cursors meet."""
    walked = [_walk(cursor, place, met_array) for place, cursor in enumerate(cursors)]
    at_array = [place for place, cursor in enumerate(walked) if type(cursor.value) in _ARRAYS and not cursor.finished]
    if not at_array:
        yield [cursor.value for cursor in walked]
        return
    met_array.update(at_array)
    if len({walked[place].behind for place in at_array}) > 1:
        raise _ParallelArrays
    for elements in _elements([walked[place] for place in at_array]):
        following = list(walked)
        for place, cursor in zip(at_array, elements, strict=True):
            following[place] = cursor
        yield from _rows(following, met_array)


def _walk(cursor: _Cursor, place: int, met_array: set[int]) -> _Cursor:
    """Follows the path as far as it goes without branching into the elements of an array."""
    while not cursor.finished:
        if type(cursor.value) in _ARRAYS:
            if not cursor.ahead or not _is_only_position(cursor.value, cursor.ahead[0]):
                return cursor
            met_array.add(place)
            cursor = cursor.step(_at(cursor.value, cursor.ahead[0]))
        elif not cursor.ahead:
            return cursor.finish(cursor.value)
        elif isinstance(cursor.value, dict):
            cursor = cursor.step(cursor.value.get(cursor.ahead[0], MISSING))
        else:
            return cursor.finish(MISSING)
    return cursor


def _elements(cursors: list[_Cursor]) -> Iterator[list[_Cursor]]:
    """The cursors, all at the same array, moved on together into each of its elements."""
    array = cursors[0].value
    if not array:
        yield [cursor.finish(MISSING if cursor.ahead else _EMPTY) for cursor in cursors]
    for element in array:
        yield [_enter(cursor, element) for cursor in cursors]
    for name in {cursor.ahead[0] for cursor in cursors if cursor.ahead and array_index(cursor.ahead[0]) >= 0}:
        # The elements are objects with a field of that name, and the name is a position too: both count.
        yield [
            cursor.step(_at(array, name)) if cursor.ahead[:1] == (name,) else _enter(cursor, _at(array, name))
            for cursor in cursors
        ]


def _enter(cursor: _Cursor, element: Any) -> _Cursor:
    if not cursor.ahead:
        return cursor.finish(element)
    if isinstance(element, dict):
        return _Cursor(element, cursor.ahead, cursor.behind)
    return cursor.finish(MISSING)


def _is_only_position(array: list[Any], name: str) -> bool:
    return array_index(name) >= 0 and not any(isinstance(element, dict) and name in element for element in array)


def _at(array: list[Any], name: str) -> Any:
    index = array_index(name)
    return array[index] if index < len(array) else MISSING
