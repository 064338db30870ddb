"""Where an update writes: one tree of field names for all its operators, so that no two can write one place.

Built once by `grow` and `freeze`; apply.py walks it. Spec: mongodb, "Update Operators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.update.paths import array_filter_name, array_index, order_of_writing
from chalicelib.core.query.update.run import Run

Change: TypeAlias = Callable[[Any, Run], Any]
"""What an operator does to the value at its path, MISSING when there is none, which it may change in place.

Returns the new value; the same value to leave the place alone; MISSING to remove the field.
"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a path. With `needs_way`, a scalar in the way is an error even if nothing would be created."""

    path: str
    change: Change
    needs_way: bool = False

    def metered(self, written_bytes: int) -> Leaf:
        """The same where the path means many places: each writing of so many bytes is counted."""

        def change(current: Any, run: Run) -> Any:
            run.spend(written_bytes)
            return self.change(current, run)

        return Leaf(self.path, change, self.needs_way)


@dataclass(frozen=True, slots=True)
class Fields:
    """What is written in an object's fields or an array's indexes: (name, index or -1, node) in order of writing.

    `positional` is written in the field that `$` turns out to be.
    """

    path: str
    children: tuple[tuple[str, int, Node], ...]
    positional: Node | None = None


@dataclass(frozen=True, slots=True)
class Elements:
    """What is written in an array's elements: (identifier, filter, node); `$[]` has an empty identifier, no filter."""

    path: str
    branches: tuple[tuple[str, Filter | None, Node], ...]


Node: TypeAlias = Leaf | Fields | Elements
Sprout: TypeAlias = "dict[str, Leaf | Sprout]"
"""A tree while it grows."""


def grow(sprout: Sprout, parts: tuple[str, ...], leaf: Leaf) -> None:
    """Adds a leaf at a path. Raises: InvalidUpdate when another leaf is on the path or below it."""
    here = sprout
    for depth, part in enumerate(parts[:-1]):
        _check_kind(here, leaf.path, parts[: depth + 1])
        below = here.setdefault(part, {})
        if isinstance(below, Leaf):
            raise _conflict(leaf.path, parts[: depth + 1])
        here = below
    _check_kind(here, leaf.path, parts)
    if parts[-1] in here:
        raise _conflict(leaf.path, parts)
    here[parts[-1]] = leaf


def _check_kind(siblings: Sprout, path: str, parts: tuple[str, ...]) -> None:
    """One place cannot have its fields written and its elements too."""
    sibling = next(iter(siblings), parts[-1])
    if (array_filter_name(sibling) is None) is not (array_filter_name(parts[-1]) is None):
        raise _conflict(path, parts[:-1])


def freeze(sprout: Sprout, filters: dict[str, Filter], path: str = "") -> Fields:
    """The finished tree, its fields in the order of writing; `filters` are by the names in `$[name]`."""
    nodes = {part: _frozen(child, filters, f"{path}.{part}" if path else part) for part, child in sprout.items()}
    positional = nodes.pop("$", None)
    return Fields(path, in_order((name, array_index(name), node) for name, node in nodes.items()), positional)


def _frozen(sprout: Leaf | Sprout, filters: dict[str, Filter], path: str) -> Node:
    if isinstance(sprout, Leaf):
        return sprout
    branches: list[tuple[str, Filter | None, Node]] = []
    for part, child in sprout.items():
        name = array_filter_name(part)
        if name is None:
            return freeze(sprout, filters, path)
        branches.append((name, filters.get(name), _frozen(child, filters, f"{path}.{part}")))
    return Elements(path, tuple(branches))


def in_order(children: Iterable[tuple[str, int, Node]]) -> tuple[tuple[str, int, Node], ...]:
    """Children as MongoDB 5.0 writes them: names in lexicographic order, numbers among themselves as numbers."""
    return tuple(sorted(children, key=lambda child: order_of_writing(child[0])))


def merge(left: Node, right: Node) -> Node:
    """Both nodes as one, when `$` or array filters meet in one place. Raises: InvalidUpdate when both write it."""
    if isinstance(left, Fields) and isinstance(right, Fields):
        children = {name: (name, index, node) for name, index, node in left.children}
        for name, index, node in right.children:
            children[name] = (name, index, merge(children[name][2], node) if name in children else node)
        positional = left.positional or right.positional
        if left.positional and right.positional:
            positional = merge(left.positional, right.positional)
        return Fields(left.path, in_order(children.values()), positional)
    if isinstance(left, Elements) and isinstance(right, Elements):
        branches = {name: (name, condition, node) for name, condition, node in left.branches}
        for name, condition, node in right.branches:
            branches[name] = (name, condition, merge(branches[name][2], node) if name in branches else node)
        return Elements(left.path, tuple(branches.values()))
    raise InvalidUpdate(f"the update writes one place twice: by {left.path} and by {right.path}")


def _conflict(path: str, at: tuple[str, ...]) -> InvalidUpdate:
    return InvalidUpdate(f"updating {path} conflicts with another part of the update at {'.'.join(at)}")
