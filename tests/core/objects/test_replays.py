from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import AccessDenied, DuplicateId, VersionMismatch
from chalicelib.core.objects.model import Change, Delete, Done, Failed, Insert, Operation
from tests.core.objects.world import BUCKET, World


def test_a_create_sent_again_gets_the_first_answer_and_makes_nothing(world: World) -> None:
    first = world.core.objects.create(world.guest, BUCKET, {"a": 1}, request_token="t")
    world.core.objects.update(world.guest, BUCKET, first["_id"], {"a": 2})

    again = world.core.objects.create(world.guest, BUCKET, {"a": 1}, request_token="t")

    assert again == first
    assert len(world.stored()) == 1


def test_a_create_that_was_carried_out_but_not_answered_makes_its_object_once(world: World) -> None:
    first = world.core.objects.create(world.guest, BUCKET, {"a": 1}, request_token="t")
    world.core.documents.drop_collection(world.tenant_id, "_request_tokens")

    assert world.core.objects.create(world.guest, BUCKET, {"a": 1}, request_token="t") == first
    assert len(world.stored()) == 1


def test_a_token_is_worth_nothing_to_another_user_bucket_or_operation(world: World) -> None:
    world.bucket("others")
    objects = world.core.objects
    objects.create(world.user("anne"), BUCKET, {"secret": 1}, request_token="t")

    assert "secret" not in objects.create(world.user("bert"), BUCKET, {}, request_token="t")
    assert "secret" not in objects.create(world.user("anne"), "others", {}, request_token="t")
    assert objects.batch(world.user("anne"), BUCKET, [], request_token="t") == []


def test_a_refused_create_is_not_kept(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {})

    with pytest.raises(DuplicateId):
        world.core.objects.create(world.guest, BUCKET, {"_id": made["_id"]}, request_token="t")
    world.core.objects.delete(world.guest, BUCKET, made["_id"])

    assert world.core.objects.create(world.guest, BUCKET, {"_id": made["_id"]}, request_token="t")["_id"] == made["_id"]


def test_a_batch_sent_again_gets_the_same_outcomes_errors_included(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"n": 1})
    operations: list[Operation] = [
        Insert({"n": 2}),
        Change(made["_id"], {"$inc": {"n": 1}}),
        Change(made["_id"], {"n": 9}, etag="wrong"),
        Insert({"_id": made["_id"]}),
        Delete("no-such-id"),
    ]

    first = world.core.objects.batch(world.user("anne"), BUCKET, operations, request_token="t")
    again = world.core.objects.batch(world.user("anne"), BUCKET, operations, request_token="t")

    assert [_facts(outcome) for outcome in again] == [_facts(outcome) for outcome in first]
    assert isinstance(again[2], Failed)
    assert isinstance(again[2].error, VersionMismatch)
    assert again[2].error.current["n"] == 2
    assert world.core.objects.get(world.user("anne"), BUCKET, made["_id"])["n"] == 2


def test_an_answer_goes_with_its_hours(world: World) -> None:
    world.core.objects.create(world.guest, BUCKET, {}, request_token="t")

    assert world.core.purge.run() == 0


def _facts(outcome: Done | Failed) -> tuple[Any, ...]:
    if isinstance(outcome, Done):
        return (outcome.object_id, outcome.document)
    return (outcome.object_id, type(outcome.error), str(outcome.error))


def test_a_batch_runs_in_order_and_each_entry_stands_alone(world: World) -> None:
    world.core.objects.create(world.user("bert"), BUCKET, {"_id": "b" * 24, "ACL": {}})
    operations: list[Operation] = [
        Insert({"_id": "a" * 24, "n": 1}),
        Change("a" * 24, {"$inc": {"n": 1}}),
        Change("b" * 24, {"n": 1}),
        Delete("a" * 24),
        Delete("a" * 24),
    ]

    outcomes = world.core.objects.batch(world.user("anne"), BUCKET, operations)

    assert [type(outcome) for outcome in outcomes] == [Done, Done, Failed, Done, Failed]
    assert isinstance(outcomes[1], Done)
    assert outcomes[1].document is not None
    assert outcomes[1].document["n"] == 2
    assert isinstance(outcomes[2], Failed)
    assert isinstance(outcomes[2].error, AccessDenied)
    assert outcomes[3] == Done("a" * 24, None)


def test_deletes_of_a_batch_leave_marks_when_asked(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {})

    outcomes = world.core.objects.batch(world.guest, BUCKET, [Delete(made["_id"]), Delete(made["_id"])], mark_only=True)

    assert all(isinstance(outcome, Done) and outcome.document and outcome.document["_deleted"] for outcome in outcomes)
