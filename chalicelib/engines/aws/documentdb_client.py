"""The connection to the server: how long to wait, how many sockets, what a write waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from chalicelib.core.query.values import Document

CODEC: CodecOptions[Document] = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC)

SERVER_SELECTION_TIMEOUT_MS = 5_000
"""How long to look for a server that answers before a call is Unavailable."""

SOCKET_TIMEOUT_MS = 30_000
"""How long to wait for the answer to one command; beyond any query's own time limit."""

POOL_SIZE = 10
"""Connections of one process, at most. A Lambda container uses one."""

IDLE_MS = 60_000
"""Connections unused for longer are not trusted: a frozen Lambda does not notice that the other side hung up."""


def client(
    uri: str, ca_file: str | None, server_selection_timeout_ms: int, listeners: Sequence[CommandListener]
) -> MongoClient[Document]:
    """A client that connects at its first command; with a `ca_file`, by TLS. Writes wait for a majority's journals."""
    trust: dict[str, Any] = {"tls": True, "tlsCAFile": ca_file} if ca_file else {}
    return MongoClient(
        uri,
        **trust,
        connect=False,
        # DocumentDB 5.0 has no retryable writes, and the driver's default is to ask for them.
        retryWrites=False,
        maxPoolSize=POOL_SIZE,
        waitQueueTimeoutMS=server_selection_timeout_ms,
        maxIdleTimeMS=IDLE_MS,
        serverSelectionTimeoutMS=server_selection_timeout_ms,
        connectTimeoutMS=server_selection_timeout_ms,
        socketTimeoutMS=SOCKET_TIMEOUT_MS,
        w="majority",
        journal=True,
        event_listeners=list(listeners),
    )
