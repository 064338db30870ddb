"""The pymongo engine against a server that the environment names, with every command counted."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from tests.engines.aws.commands import Commands

SERVER_URI = os.environ.get("YOROZU_CONTRACT_MONGO_URI", "")

# These need a server: scripts/contract_mongo.sh starts one and names it.
collect_ignore = [] if SERVER_URI else ["test_documentdb_documents.py"]


@pytest.fixture(scope="session")
def commands() -> Commands:
    """The names of the commands sent."""
    return Commands()


@pytest.fixture(scope="session")
def mongo(commands: Commands) -> Iterator[MongoDocuments]:
    documents = MongoDocuments(SERVER_URI, listeners=[commands])
    documents.check()
    yield documents
    documents.close()


@pytest.fixture
def tenant(mongo: MongoDocuments) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:20]}"
    yield name
    mongo.drop_tenant(name)
