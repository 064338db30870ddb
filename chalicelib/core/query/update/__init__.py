"""Updates: how a document changes. Parsed and checked once; a parsed update is a value.

One file per family of operators: fields (set and unset), numbers, arrays, pull, rename; tree.py says where they write.
"""

from chalicelib.core.query.update.model import Update
from chalicelib.core.query.update.parse import parse_update

__all__ = ["Update", "parse_update"]
