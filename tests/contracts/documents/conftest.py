"""The engines that the contract is held against, and a tenant of one's own for each test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from chalicelib.core.documents import Documents
from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

SERVER_URI = os.environ.get("YOROZU_CONTRACT_MONGO_URI")
"""A MongoDB-compatible server to run the pymongo engine against; scripts/contract_mongo.sh starts one."""

ENGINES = ("embedded", "mongo") if SERVER_URI else ("embedded",)


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine under test."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def documents(engine: str) -> Iterator[Documents]:
    """The port, as the engine implements it."""
    port: Documents = SqliteDocuments.temporary() if engine == "embedded" else MongoDocuments(SERVER_URI or "")
    yield port
    port.close()


@pytest.fixture
def tenant(documents: Documents) -> Iterator[str]:
    """An empty tenant that vanishes after the test."""
    name = f"t{uuid.uuid4().hex[:20]}"
    documents.create_tenant(name)
    yield name
    documents.drop_tenant(name)
