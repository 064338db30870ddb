"""A client's partial update of an installation made ready to run. Spec: nec-rest, 10.3 and 8.5.1."""

from __future__ import annotations

from datetime import datetime

from chalicelib.core import ids
from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.push.stored import CHANGED_AT, ETAG, ID, OWN_FIELDS
from chalicelib.core.query.update import Update
from chalicelib.core.query.update.mixed import as_operators, parse_update_by_id
from chalicelib.core.query.values import Document


def installation_change(installation_id: str, source: Document, now: datetime) -> Update:
    """The update that a client's body means: plain fields are `$set`, operators are MongoDB's.

    A client may send back what it was shown: the server's fields are dropped from what is set.
    Raises: InvalidUpdate, also when another id is given or an operator works on the server's fields.
    """
    operators = as_operators(source)
    fields = operators["$set"]
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
    return parse_update_by_id(operators)


def _root(path: str) -> str:
    return path.partition(".")[0]
