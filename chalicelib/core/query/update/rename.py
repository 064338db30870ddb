"""$rename, which writes two paths and is refused through arrays."""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.stored_form import MAX_DEPTH, depth_of
from chalicelib.core.query.update.paths import array_index, is_dynamic, split_path
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Leaf
from chalicelib.core.query.values import MISSING


def rename(path: str, operand: Any) -> tuple[Leaf, Leaf]:
    """The leaf at the old name, which keeps others away, and the one at the new name, which moves.

    Raises: InvalidUpdate for a name that is not text or is dynamic, or two paths of which one is part of the other.
    Spec: mongodb, "$rename".
    """
    if not isinstance(operand, str):
        raise InvalidUpdate(f"$rename takes the new name at {path}")
    source, target = split_path(path), split_path(operand)
    if any(is_dynamic(part) for part in source + target):
        raise InvalidUpdate(f"$rename takes no dynamic path: {path}, {operand}")
    shorter = min(len(source), len(target))
    if source[:shorter] == target[:shorter]:
        raise InvalidUpdate(f"$rename takes two paths of which none is part of the other: {path}, {operand}")

    def change(current: Any, run: Run) -> Any:
        holder, value = _find(run.root, source)
        if value is MISSING:
            return current
        _refuse_array(run.root, source)
        _refuse_array(run.root, target)
        if len(target) > len(source) and len(target) + depth_of(value) > MAX_DEPTH:
            raise InvalidUpdate(f"$rename to {operand} would make more than {MAX_DEPTH} levels")
        del holder[source[-1]]
        return value

    return Leaf(path, lambda current, run: current), Leaf(operand, change)


def _find(root: Any, parts: tuple[str, ...]) -> tuple[Any, Any]:
    """What holds the path's last part, and the value there or MISSING.

    Raises: InvalidUpdate for a way through a scalar.
    """
    holder, value = None, root
    for part in parts:
        holder = value
        index = array_index(part)
        if isinstance(holder, dict):
            value = holder.get(part, MISSING)
        elif isinstance(holder, list) and index >= 0:
            value = holder[index] if index < len(holder) else MISSING
        else:
            raise InvalidUpdate(f"$rename cannot find {'.'.join(parts)}: there is no field {part} in its way")
        if value is MISSING:
            break
    return holder, value


def _refuse_array(root: Any, parts: tuple[str, ...]) -> None:
    holder = root
    for part in parts[:-1]:
        holder = holder.get(part, MISSING) if isinstance(holder, dict) else MISSING
        if isinstance(holder, list):
            raise InvalidUpdate(f"$rename cannot write through the array in {'.'.join(parts)}")
