"""A client's partial update of an installation made fit to run. Spec: nec-rest, 10.3 and 8.5.1."""

from __future__ import annotations

from datetime import datetime

from chalicelib.core import ids
from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.push.stored import CHANGED_AT, ETAG, ID, OWN_FIELDS
from chalicelib.core.query.update import Update, parse_update
from chalicelib.core.query.values import Document


def installation_change(installation_id: str, source: Document, now: datetime) -> Update:
    """The update that a client's body means: plain fields are `$set`, operators are MongoDB's.

    A client may send back what answers showed it; the server's fields are taken out of what is set.
    Raises: InvalidUpdate, also when another id is given or an operator works on the server's fields.
    """
    operators = _operators(source)
    fields = operators.setdefault("$set", {})
    if fields.pop(ID, installation_id) != installation_id:
        raise InvalidUpdate("the id of an installation cannot be changed")
    for path in [path for path in fields if _root(path) in OWN_FIELDS]:
        del fields[path]
    for name, operand in operators.items():
        for path, value in operand.items():
            targets = [path, value] if name == "$rename" and isinstance(value, str) else [path]
            if any(_root(target) in OWN_FIELDS for target in targets):
                raise InvalidUpdate(f"{name} cannot be used on {path}")
    fields[CHANGED_AT] = now
    fields[ETAG] = ids.new_etag()
    update = parse_update({name: operand for name, operand in operators.items() if operand})
    if any("$" in path.split(".") for path in update.paths):
        raise InvalidUpdate("the positional operator $ has no query here to take its position from")
    return update


def _operators(source: Document) -> dict[str, Document]:
    """The body as operators only, plain fields joined to `$set`; every operand is a copy."""
    operators: dict[str, Document] = {}
    for name, operand in source.items():
        if not name.startswith("$"):
            continue
        if not isinstance(operand, dict):
            raise InvalidUpdate(f"{name} takes an object")
        operators[name] = dict(operand)
    plain = {key: value for key, value in source.items() if not key.startswith("$")}
    return operators | {"$set": plain | operators.get("$set", {})}


def _root(path: str) -> str:
    return path.partition(".")[0]
