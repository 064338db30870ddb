"""What the engine asks of the server: how many commands, and how each is bounded and settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.documents import Index
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from tests.engines.aws.commands import Commands

ONE = parse_filter({"_id": "1"})
INC = parse_update({"$inc": {"n": 1}})
UNSET = parse_update({"$unset": {"n": ""}})
NEAR = parse_filter({"at": {"$nearSphere": {"$geometry": {"type": "Point", "coordinates": [0, 0]}}}})
JOIN = {"$lookup": {"from": "b", "localField": "n", "foreignField": "n", "as": "found"}}

Call = Callable[[MongoDocuments, str], Any]

CALLS: dict[str, tuple[Call, list[str]]] = {
    "insert": (lambda mongo, tenant: mongo.insert(tenant, "a", {"_id": "9"}), ["insert"]),
    "find one": (lambda mongo, tenant: mongo.find_one(tenant, "a", ONE), ["find"]),
    "find": (lambda mongo, tenant: list(mongo.find(tenant, "a", Query())), ["find"]),
    "find none": (lambda mongo, tenant: list(mongo.find(tenant, "a", Query(limit=0))), []),
    "find a page": (lambda mongo, tenant: list(mongo.find(tenant, "a", Query(skip=1, limit=2))), ["find"]),
    "find near": (lambda mongo, tenant: list(mongo.find(tenant, "a", Query(filter=NEAR))), ["find"]),
    "count": (lambda mongo, tenant: mongo.count(tenant, "a", ONE), ["aggregate"]),
    "update": (lambda mongo, tenant: mongo.update_one(tenant, "a", ONE, INC), ["findAndModify"]),
    "update of limited size": (
        lambda mongo, tenant: mongo.update_one(tenant, "a", ONE, INC, max_bytes=1000),
        ["find", "findAndModify"],
    ),
    "shrinking update of limited size": (
        lambda mongo, tenant: mongo.update_one(tenant, "a", ONE, UNSET, max_bytes=1000),
        ["findAndModify"],
    ),
    "upsert": (lambda mongo, tenant: mongo.upsert_one(tenant, "a", "1", INC), ["findAndModify"]),
    "replace": (lambda mongo, tenant: mongo.replace_one(tenant, "a", ONE, {"_id": "1"}), ["findAndModify"]),
    "delete": (lambda mongo, tenant: mongo.delete_one(tenant, "a", ONE), ["findAndModify"]),
    "update many": (lambda mongo, tenant: mongo.update_many(tenant, "a", EVERYTHING, INC), ["update"]),
    "delete many": (lambda mongo, tenant: mongo.delete_many(tenant, "a", EVERYTHING), ["delete"]),
    "aggregate": (
        lambda mongo, tenant: list(mongo.aggregate(tenant, "a", parse_pipeline([{"$count": "n"}]))),
        ["aggregate"],
    ),
    "aggregate with a lookup of what is visible": (
        lambda mongo, tenant: list(
            mongo.aggregate(
                tenant,
                "a",
                parse_pipeline([JOIN]).resolved(lambda name: ForeignCollection(name, parse_filter({"v": 1}))),
            )
        ),
        ["aggregate", "find"],
    ),
    "aggregate with a lookup of everything": (
        lambda mongo, tenant: list(
            mongo.aggregate(
                tenant, "a", parse_pipeline([JOIN]).resolved(lambda name: ForeignCollection(name, EVERYTHING))
            )
        ),
        ["aggregate"],
    ),
}


@pytest.fixture
def stored(mongo: MongoDocuments, tenant: str, commands: Commands) -> str:
    """A tenant with three documents in the collection `a`."""
    for number in (1, 2, 3):
        mongo.insert(tenant, "a", {"_id": str(number), "n": number, "at": [number, 0]})
    commands.clear()
    return tenant


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_as_many_commands_as_it_must_be(
    mongo: MongoDocuments, stored: str, commands: Commands, name: str
) -> None:
    call, expected = CALLS[name]
    call(mongo, stored)
    assert commands.names == expected


@pytest.mark.parametrize("name", [name for name, (_, sent) in CALLS.items() if sent and name != "insert"])
def test_every_command_that_searches_has_a_time_limit(
    mongo: MongoDocuments, stored: str, commands: Commands, name: str
) -> None:
    CALLS[name][0](mongo, stored)
    assert all(command.get("maxTimeMS", 0) > 0 for command in commands.sent)


@pytest.mark.parametrize("name", CALLS)
def test_no_command_is_retryable_or_has_a_hint(
    mongo: MongoDocuments, stored: str, commands: Commands, name: str
) -> None:
    CALLS[name][0](mongo, stored)
    assert not any({"txnNumber", "hint"} & set(command) for command in commands.sent)


@pytest.mark.parametrize("name", ["insert", "update", "upsert", "replace", "delete", "update many", "delete many"])
def test_every_write_waits_for_a_majority_and_its_journals(
    mongo: MongoDocuments, stored: str, commands: Commands, name: str
) -> None:
    CALLS[name][0](mongo, stored)
    assert [command["writeConcern"] for command in commands.sent] == [{"w": "majority", "j": True}]


def test_every_search_is_sorted_down_to_the_id(mongo: MongoDocuments, stored: str, commands: Commands) -> None:
    list(mongo.find(stored, "a", Query(order=parse_order([("n", -1)]))))
    list(mongo.find(stored, "a", Query()))
    assert [dict(command["sort"]) for command in commands.sent] == [{"n": -1, "_id": 1}, {"_id": 1}]


def test_fields_that_nobody_wants_are_not_sent(mongo: MongoDocuments, stored: str, commands: Commands) -> None:
    found = list(mongo.find(stored, "a", Query(projection=parse_projection({"n": 1, "_id": 0}))))
    assert found == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert commands.sent[0]["projection"] == {"n": 1, "_id": 0}


def test_many_documents_come_in_few_batches(mongo: MongoDocuments, tenant: str, commands: Commands) -> None:
    for number in range(1200):
        mongo.insert(tenant, "a", {"_id": f"{number:04}"})
    commands.clear()
    assert len(list(mongo.find(tenant, "a", Query(limit=1000)))) == 1000
    assert commands.names == ["find"]
    commands.clear()
    assert len(list(mongo.find(tenant, "a", Query()))) == 1200
    assert commands.names == ["find", "getMore"]


def test_tenants_are_databases_of_the_installation(mongo: MongoDocuments, stored: str, commands: Commands) -> None:
    mongo.create_index(stored, "a", Index("by_n", (("n", 1),)))
    assert {command["$db"] for command in commands.sent} == {f"yorozu_{stored}"}
