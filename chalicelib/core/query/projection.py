"""Projections: which parts of a found document are returned.

Spec: mongodb, "Project Fields to Return from Query", "$elemMatch (projection)", "$slice (projection)"; nec-rest, 8.3.5
(no positional `$`, no $meta).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.limits import bounded_copy
from chalicelib.core.query.paths import Parts, split_path
from chalicelib.core.query.values import Document, as_python_number, is_number

Tree = dict[str, Any]
"""Projected names: to None where a path ends, else to the tree below."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of an array: `limit` elements from `skip` on, which counts from the end when negative."""

    skip: int
    limit: int

    def of(self, array: list[Any]) -> list[Any]:
        start = max(len(array) + self.skip, 0) if self.skip < 0 else self.skip
        return array[start : start + self.limit]


@dataclass(slots=True)
class _Plan:
    """What the fields of a projection ask for, while they are read one after the other."""

    includes: bool | None = None
    """True or False from the first 1 or 0 on; None while only $slice, $elemMatch and _id were seen."""
    with_id: bool | None = None
    chosen: list[Parts] = field(default_factory=list)
    slices: list[tuple[Parts, Slice]] = field(default_factory=list)
    elements: dict[str, Filter] = field(default_factory=dict)
    _named: Tree = field(default_factory=dict)

    def claim(self, parts: Parts) -> None:
        """Raises: OperatorMisused when the path was named before, or is a part of one that was."""
        add_path(self._named, parts)

    def choose(self, parts: Parts, includes: bool) -> None:
        """Raises: OperatorMisused when 1 and 0 are mixed."""
        if self.includes not in (None, includes):
            raise OperatorMisused(f"a projection cannot mix 1 and 0: {'.'.join(parts)}")
        self.includes = includes
        self.chosen.append(parts)

    def settled(self) -> tuple[bool, Tree]:
        """Whether the projection includes or excludes, and the paths that it includes or excludes.

        Raises: OperatorMisused when `_id: 1` stands beside exclusions. Spec: nec-rest, 8.3.5.
        """
        if self.includes is False and self.with_id:
            raise OperatorMisused("a projection cannot include _id beside what it excludes")
        includes = bool(self.with_id or self.elements) if self.includes is None else self.includes
        chosen = list(self.chosen)
        if includes:
            chosen += [parts for parts, _ in self.slices]
            if self.with_id is None and "_id" not in self._named:
                chosen.append(("_id",))
        if self.with_id is includes:
            chosen.append(("_id",))
        tree: Tree = {}
        for parts in chosen:
            add_path(tree, parts)
        return includes, tree


def add_path(tree: Tree, parts: Parts) -> None:
    """Raises: OperatorMisused when the tree has the path, a part of it, or a path that goes on from it."""
    *above, last = parts
    for part in above:
        tree = tree.setdefault(part, {})
        if tree is None:
            raise OperatorMisused(f"a projection names both a path and a part of it: {'.'.join(parts)}")
    if last in tree:
        raise OperatorMisused(f"a projection names a path twice, or both a path and a part of it: {'.'.join(parts)}")
    tree[last] = None


class Projection:
    """A checked projection: inclusion or exclusion of paths, `$elemMatch` and `$slice`, as MongoDB's find takes them.

    `source` is the checked projection in MongoDB's own form.
    """

    __slots__ = ("_elements", "_includes", "_slices", "_tree", "source")

    def __init__(self, source: Document, plan: _Plan) -> None:
        self.source = source
        self._includes, self._tree = plan.settled()
        self._slices = plan.slices
        self._elements = plan.elements

    def apply(self, document: Document) -> Document:
        """What MongoDB's find would return of the document; the document itself is not changed.

        Fields keep the document's order, but an `$elemMatch` among included fields comes last. Values that are
        returned whole are shared with the document.
        """
        projected = _included(document, self._tree) if self._includes else _excluded(document, self._tree)
        for parts, part in self._slices:
            projected = _sliced(projected, parts, part)
        for name, condition in self._elements.items():
            position = condition.matched_position(document, name)
            if position is not None:
                projected[name] = [document[name][position]]
            else:
                projected.pop(name, None)
        return projected


def parse_projection(source: Any) -> Projection:
    """Raises: InvalidQuery when it is not an object or an operator is unknown; OperatorMisused for 1 and 0 mixed
    (`_id: 0` beside 1s is allowed) and for operands that an operator cannot take."""
    if not isinstance(source, dict):
        raise InvalidQuery("a projection must be an object")
    own: Document = bounded_copy(source, "projection")
    plan = _Plan()
    for parts, value in _flattened(own, ()):
        _read_field(plan, parts, value)
    return Projection(own, plan)


def _flattened(source: Mapping[str, Any], above: Parts) -> Iterator[tuple[Parts, Any]]:
    """Every path of a projection with its value, `{"a": {"b": 1}}` read as `{"a.b": 1}`."""
    for name, value in source.items():
        parts = above + _checked_parts(name)
        if not isinstance(value, dict) or next(iter(value), "").startswith("$"):
            yield parts, value
        elif value:
            yield from _flattened(value, parts)
        else:
            raise OperatorMisused(f"a projection cannot be an empty object: {'.'.join(parts)}")


def _checked_parts(name: str) -> Parts:
    parts = split_path(name)
    if not all(parts):
        raise InvalidQuery(f"a projection has a path with an empty part: {name!r}")
    if parts[-1] == "$":
        raise InvalidQuery(f"the positional operator $ is not supported in a projection: {name}")
    if any(part.startswith("$") for part in parts):
        raise InvalidQuery(f"a projection has a path with a part that starts with $: {name}")
    return parts


def _read_field(plan: _Plan, parts: Parts, value: Any) -> None:
    path = ".".join(parts)
    plan.claim(parts)
    if isinstance(value, bool) or is_number(value):
        chosen = bool(value if isinstance(value, bool) else as_python_number(value))
        if path == "_id":
            plan.with_id = chosen
        else:
            plan.choose(parts, chosen)
    elif isinstance(value, dict):
        _read_operator(plan, parts, value)
    else:
        raise InvalidQuery(f"a projection takes 1, 0, $elemMatch and $slice, not a computed value: {path}")


def _read_operator(plan: _Plan, parts: Parts, value: dict[str, Any]) -> None:
    path = ".".join(parts)
    if len(value) != 1:
        raise OperatorMisused(f"a projection takes one operator at a time: {path}")
    ((name, operand),) = value.items()
    if name == "$slice":
        plan.slices.append((parts, _parse_slice(operand)))
    elif name == "$elemMatch":
        if len(parts) > 1:
            raise OperatorMisused(f"$elemMatch in a projection cannot stand at a path with dots: {path}")
        plan.elements[path] = parse_filter({path: {"$elemMatch": operand}})
    else:
        raise InvalidQuery(f"the operator {name} is not supported in a projection")


def _parse_slice(operand: Any) -> Slice:
    numbers = operand if isinstance(operand, list) else [operand]
    if len(numbers) > 2 or not numbers or not all(is_number(number) for number in numbers):
        raise OperatorMisused("$slice needs a number, or an array of two numbers")
    counts = [_cut(as_python_number(number)) for number in numbers]
    if not isinstance(operand, list):
        return Slice(min(counts[0], 0), abs(counts[0]))
    if len(counts) == 1 or counts[1] <= 0:
        raise OperatorMisused("$slice needs how many to skip and how many, above 0, to return")
    return Slice(counts[0], counts[1])


def _cut(value: int | float | Decimal) -> int:
    if not isinstance(value, int) and not math.isfinite(value):
        raise OperatorMisused("$slice needs finite numbers")
    return int(value)


def _included(value: Mapping[str, Any], tree: Tree) -> Document:
    kept: Document = {}
    for name, item in value.items():
        if name in tree:
            below = tree[name]
            if below is None:
                kept[name] = item
            elif isinstance(item, Mapping):
                kept[name] = _included(item, below)
            elif isinstance(item, list):
                kept[name] = _included_elements(item, below)
    return kept


def _included_elements(array: list[Any], tree: Tree) -> list[Any]:
    # Below a path that goes on, only objects can hold what is asked for; arrays are entered at any depth.
    return [
        _included(item, tree) if isinstance(item, Mapping) else _included_elements(item, tree)
        for item in array
        if isinstance(item, Mapping | list)
    ]


def _excluded(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_excluded(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: item if name not in tree else _excluded(item, tree[name])
        for name, item in value.items()
        if tree.get(name, tree) is not None
    }


def _sliced(value: Any, parts: Parts, part: Slice) -> Any:
    if isinstance(value, list):
        if not parts:
            return part.of(value)
        # Arrays directly inside an array are left alone.
        return [_sliced(item, parts, part) if isinstance(item, Mapping) else item for item in value]
    if not parts or not isinstance(value, Mapping) or parts[0] not in value:
        return value
    return {**value, parts[0]: _sliced(value[parts[0]], parts[1:], part)}
