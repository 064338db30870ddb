"""What tenants and collections are called in the server, within its rules for names.

Spec: documentdb, "Naming constraints": a database has up to 63 bytes, database and collection with the dot between
them up to 120.
"""

from __future__ import annotations

import hashlib
import re

from chalicelib.core.errors import InvalidName

MAX_DATABASE_BYTES = 63
MAX_NAMESPACE_BYTES = 120

_PLAIN_DATABASE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_COLLECTION = re.compile(r"(?!system\.)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_READABLE = re.compile(r"[^A-Za-z0-9_-]+")
_READABLE_LENGTH = 20


def database_name(prefix: str, tenant: str) -> str:
    """The database of a tenant. Raises: InvalidName when it cannot be one."""
    name = prefix + tenant
    if not _PLAIN_DATABASE.fullmatch(name) or len(name) > MAX_DATABASE_BYTES:
        raise InvalidName(f"not a name for a database: {name!r}")
    return name


def collection_name(database: str, collection: str) -> str:
    """The collection's own name where the server accepts it, else one made from its hash.

    A made-up name contains a `~`, which no other name does, so the two never collide.
    """
    plain = _PLAIN_COLLECTION.fullmatch(collection)
    if plain and len(database) + 1 + len(collection) <= MAX_NAMESPACE_BYTES:
        return collection
    readable = _READABLE.sub("", collection)[:_READABLE_LENGTH]
    return f"{readable}~{hashlib.sha256(collection.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
