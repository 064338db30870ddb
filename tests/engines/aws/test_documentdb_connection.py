"""What a caller learns when there is no server to ask."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pymongo import ReadPreference

from chalicelib.core.documents import Index
from chalicelib.core.errors import InvalidName, Unavailable
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.core.query.pipeline import parse_pipeline
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from tests.live import reserved_port

AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUJBTmQgS+fAPskVilpF6YwB/n7howCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMTk1NDQ2WhgPMjEy
NjEwMjgxOTU0NDZaMBkxFzAVBgNVBAMMDnRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEzqHNaGBKnnWW5NA7vzvNQttttCq4+o292NNQv1n3
bsXGqWCNj5Ram0NEBYuKRDCEfuvrXepWUeAE/m5tX+QcCqNTMFEwHQYDVR0OBBYE
FCd1CTQZZl0/v0+FdssSYsgO86O3MB8GA1UdIwQYMBaAFCd1CTQZZl0/v0+FdssS
YsgO86O3MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAJgF3nNF
0qPeFLe3guyIrB0sTekjmD/B6Bw7yo4gL2zAAiEA+F2rFQdxo98Y1zoh9YR76JM9
RA2LYhhbdFOczIi+r1Y=
-----END CERTIFICATE-----
"""
"""A certificate authority that signs nothing."""

SET = parse_update({"$set": {"a": 1}})

CALLS: dict[str, Callable[[MongoDocuments], object]] = {
    "insert": lambda mongo: mongo.insert("t", "c", {"_id": "1"}),
    "find_one": lambda mongo: mongo.find_one("t", "c", EVERYTHING),
    "find": lambda mongo: list(mongo.find("t", "c", Query())),
    "count": lambda mongo: mongo.count("t", "c", EVERYTHING),
    "update_one": lambda mongo: mongo.update_one("t", "c", EVERYTHING, SET),
    "upsert_one": lambda mongo: mongo.upsert_one("t", "c", "1", SET),
    "replace_one": lambda mongo: mongo.replace_one("t", "c", EVERYTHING, {"_id": "1"}),
    "delete_one": lambda mongo: mongo.delete_one("t", "c", EVERYTHING),
    "update_many": lambda mongo: mongo.update_many("t", "c", EVERYTHING, SET, timeout_ms=500),
    "delete_many": lambda mongo: mongo.delete_many("t", "c", EVERYTHING, timeout_ms=500),
    "aggregate": lambda mongo: list(mongo.aggregate("t", "c", parse_pipeline([]))),
    "create_index": lambda mongo: mongo.create_index("t", "c", Index("i", (("a", 1),))),
    "drop_index": lambda mongo: mongo.drop_index("t", "c", "i"),
    "indexes": lambda mongo: mongo.indexes("t", "c"),
    "drop_collection": lambda mongo: mongo.drop_collection("t", "c"),
    "drop_tenant": lambda mongo: mongo.drop_tenant("t"),
    "check": lambda mongo: mongo.check(),
}


@pytest.fixture(scope="module")
def nobody() -> Iterator[MongoDocuments]:
    """An engine whose server does not exist."""
    with reserved_port() as port:
        documents = MongoDocuments(f"mongodb://127.0.0.1:{port}/?directConnection=true", server_selection_timeout_ms=20)
        yield documents
        documents.close()


@pytest.fixture(scope="module")
def errors(nobody: MongoDocuments) -> dict[str, BaseException | None]:
    """What each call raises; asked at once, since each waits for a server for a while."""
    with ThreadPoolExecutor(len(CALLS)) as pool:
        calls = {name: pool.submit(call, nobody) for name, call in CALLS.items()}
        return {name: call.exception() for name, call in calls.items()}


@pytest.mark.parametrize("name", CALLS)
def test_without_a_server_every_call_says_so(errors: dict[str, BaseException | None], name: str) -> None:
    raised = errors[name]
    assert type(raised) is Unavailable
    assert raised.__cause__ is not None
    assert "127.0.0.1" not in str(raised)


def test_making_the_engine_connects_to_nobody() -> None:
    MongoDocuments("mongodb://127.0.0.1:1/", ca_file=None).close()


def test_a_tenant_whose_name_cannot_be_a_database_is_refused(nobody: MongoDocuments) -> None:
    with pytest.raises(InvalidName):
        nobody.create_tenant("a/b")


def test_a_replica_is_asked_only_where_it_may_be(nobody: MongoDocuments) -> None:
    # A single server is told nothing about preferences, so what is asked for is looked at here.
    assert nobody._collection("t", "c").read_preference == ReadPreference.PRIMARY
    assert nobody._collection("t", "c", stale_reads=True).read_preference == ReadPreference.SECONDARY_PREFERRED


def test_with_authorities_to_trust_the_connection_is_by_tls_and_checked(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(AUTHORITY)
    documents = MongoDocuments("mongodb://database.example.org/", ca_file=str(bundle))
    context = documents._client.options.pool_options._ssl_context
    documents.close()
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1
