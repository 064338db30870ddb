"""Updates as mobile APIs send them: operators and plain fields side by side, for one document known by its id."""

from __future__ import annotations

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.update.model import Update
from chalicelib.core.query.update.parse import parse_update
from chalicelib.core.query.values import Document


def as_operators(source: Document) -> dict[str, Document]:
    """The update with its plain fields under `$set`, which is always there; an operator's own `$set` wins.

    Every operand is a copy. Raises: InvalidUpdate for an operand that is not an object.
    """
    operators: dict[str, Document] = {}
    for name, operand in source.items():
        if not name.startswith("$"):
            continue
        if not isinstance(operand, dict):
            raise InvalidUpdate(f"{name} takes an object")
        operators[name] = dict(operand)
    plain = {name: value for name, value in source.items() if not name.startswith("$")}
    return operators | {"$set": plain | operators.get("$set", {})}


def parse_update_by_id(operators: dict[str, Document]) -> Update:
    """The update that the operators spell. Raises: as `parse_update`; InvalidUpdate for a positional `$`."""
    update = parse_update({name: operand for name, operand in operators.items() if operand})
    if any("$" in path.split(".") for path in update.paths):
        raise InvalidUpdate("the positional operator $ has no query here to take its position from")
    return update
