"""Sort orders: which document comes first.

Spec: mongodb, "Comparison/Sort Order" and "cursor.sort()".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.limits import MAX_SORT_KEYS
from chalicelib.core.query.paths import Parts, array_index, split_path
from chalicelib.core.query.values import EMPTY_ARRAY_KEY, MISSING, Document, SortKey, sort_key

MISSING_KEY = sort_key(MISSING)


class Descending:
    """A sort key that orders the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: SortKey) -> None:
        self.key = key

    def __lt__(self, other: Descending) -> bool:
        return other.key < self.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Order:
    """Sort keys, the most important first: pairs of a dotted path and 1 (ascending) or -1 (descending).

    Missing sorts as null; an array sorts by its smallest element ascending, its largest descending, an empty one
    before null. Several paths into one array are read from one element of it, as in MongoDB. Ties keep the order in
    which the documents come.
    """

    keys: tuple[tuple[str, int], ...] = ()
    _paths: tuple[Parts, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_paths", tuple(split_path(path) for path, _ in self.keys))

    def __bool__(self) -> bool:
        return bool(self.keys)

    def sorted(self, documents: Iterable[Document]) -> list[Document]:
        """The documents in this order, stable. Raises: OperatorMisused when two sort keys are arrays side by side."""
        # Not by `key`, whose descending parts compare in Python, which is slow.
        directions = {direction for _, direction in self.keys}
        if len(directions) == 1:
            return sorted(documents, key=self._plain_key(), reverse=directions == {-1})
        keyed = [(self._keys_of(document), document) for document in documents]
        for position, (_, direction) in reversed(list(enumerate(self.keys))):
            keyed.sort(key=lambda pair: pair[0][position], reverse=direction == -1)
        return [document for _, document in keyed]

    def key(self, document: Document) -> tuple[Any, ...]:
        """What Python's sort, heapq or bisect order the document by. Raises: as `sorted`."""
        if len(self.keys) == 1:
            ((_, direction),), (parts,) = self.keys, self._paths
            key = _extreme(document, parts, direction)
            return (key if direction == 1 else Descending(key),)
        return self._position(self._keys_of(document))

    def _plain_key(self) -> Callable[[Document], Any]:
        if len(self.keys) > 1:
            return self._keys_of
        ((_, direction),) = self.keys
        (parts,) = self._paths
        return lambda document: _extreme(document, parts, direction)

    def _keys_of(self, document: Document) -> tuple[SortKey, ...]:
        values = [_value_or_array(document, parts) for parts in self._paths]
        if list in map(type, values):
            return min(_combinations([Reached(document, parts) for parts in self._paths]), key=self._position)
        return tuple([sort_key(value) for value in values])

    def _position(self, keys: tuple[SortKey, ...]) -> tuple[Any, ...]:
        return tuple(
            key if direction == 1 else Descending(key) for key, (_, direction) in zip(keys, self.keys, strict=True)
        )


def parse_order(keys: Sequence[tuple[str, int]]) -> Order:
    """Raises: InvalidQuery for an empty path, a repeated path, more than 32 keys or a direction but 1 and -1."""
    if len(keys) > MAX_SORT_KEYS:
        raise InvalidQuery(f"a sort order cannot have more than {MAX_SORT_KEYS} keys")
    seen: set[str] = set()
    for path, direction in keys:
        if not isinstance(path, str) or not all(split_path(path)):
            raise InvalidQuery(f"a sort key must be a path without empty parts: {path!r}")
        if any(part.startswith("$") for part in split_path(path)):
            raise InvalidQuery(f"a sort key cannot have a part that starts with $: {path}")
        if path in seen:
            raise InvalidQuery(f"a sort key is there twice: {path}")
        if isinstance(direction, bool) or direction not in (1, -1):
            raise InvalidQuery(f"a sort direction must be 1 or -1: {path}")
        seen.add(path)
    return Order(tuple((path, int(direction)) for path, direction in keys))


def _value_or_array(document: Document, parts: Parts) -> Any:
    """The value at the path, or the first array on the way."""
    value: Any = document
    for part in parts:
        if not isinstance(value, Mapping):
            return value if isinstance(value, list) else MISSING
        value = value.get(part, MISSING)
    return value


def _extreme(document: Document, parts: Parts, direction: int) -> SortKey:
    value = _value_or_array(document, parts)
    if type(value) is not list:
        return sort_key(value)
    keys = (key for (key,) in _combinations([Reached(document, parts)]))
    return min(keys) if direction == 1 else max(keys)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a path has been followed: the value there, and the parts still to go."""

    value: Any
    rest: Parts

    def to_array_or_end(self) -> Reached:
        """Further along, through objects and by indexes into arrays, up to an array that must be entered."""
        value, rest = self.value, self.rest
        while rest:
            index = array_index(rest[0]) if isinstance(value, list) else -1
            if isinstance(value, Mapping):
                value = value.get(rest[0], MISSING)
            elif isinstance(value, list) and 0 <= index < len(value):
                value = value[index]
            elif isinstance(value, list):
                break
            else:
                value = MISSING
            rest = rest[1:]
        return Reached(value, rest)

    def inside(self, element: Any) -> Reached | SortKey:
        """The same path in one element of the array that it has reached; a sort key if it ends there."""
        if not self.rest:
            return sort_key(element)
        return Reached(element, self.rest) if isinstance(element, Mapping) else MISSING_KEY

    def inside_nothing(self) -> SortKey:
        """The key of an empty array."""
        return MISSING_KEY if self.rest else EMPTY_ARRAY_KEY


def _combinations(paths: Sequence[Reached | SortKey]) -> Iterator[tuple[SortKey, ...]]:
    """The keys that a document has at several paths: one combination for each element of the arrays on the way.

    Raises: OperatorMisused when paths lead into different arrays.
    """
    reached = [path.to_array_or_end() if isinstance(path, Reached) else path for path in paths]
    arrays = [path.value for path in reached if isinstance(path, Reached) and isinstance(path.value, list)]
    if not arrays:
        yield tuple(sort_key(path.value) if isinstance(path, Reached) else path for path in reached)
        return
    if any(array is not arrays[0] for array in arrays):
        raise OperatorMisused("documents cannot be sorted by two arrays side by side")
    if not arrays[0]:
        yield from _combinations([path.inside_nothing() if _in_array(path) else path for path in reached])
    for element in arrays[0]:
        yield from _combinations([path.inside(element) if _in_array(path) else path for path in reached])


def _in_array(path: Reached | SortKey) -> TypeGuard[Reached]:
    return isinstance(path, Reached) and isinstance(path.value, list)
