"""What others do to an object at the same moment."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.errors import RequestConflict
from chalicelib.core.objects import replays
from chalicelib.core.objects.model import Done
from chalicelib.core.objects.replays import Replays
from chalicelib.core.objects.service import OVERWRITE_ATTEMPTS
from tests.core.objects.world import BUCKET, OPEN
from tests.core.site import FixedClock, Site


@pytest.fixture
def caller(site: Site) -> Caller:
    site.core.buckets.put(site.master, BucketKind.OBJECTS, BUCKET, BucketContents("", OPEN, OPEN))
    return Caller(site.tenant, user="anne")


def test_a_full_update_gives_up_when_others_keep_getting_in_first(site: Site, caller: Caller) -> None:
    objects = site.core.objects
    made = objects.create(caller, BUCKET, {"n": 0})
    site.documents.before(
        "replace_one", *[lambda: objects.update(caller, BUCKET, made["_id"], {"$inc": {"n": 1}})] * OVERWRITE_ATTEMPTS
    )
    with pytest.raises(RequestConflict):
        objects.overwrite(caller, BUCKET, made["_id"], {"ACL": made["ACL"]})
    assert objects.get(caller, BUCKET, made["_id"])["n"] == OVERWRITE_ATTEMPTS


def test_an_object_that_was_closed_for_a_moment_is_in_conflict(site: Site, caller: Caller) -> None:
    objects = site.core.objects
    made = objects.create(caller, BUCKET, {})

    def own(owner: str) -> Any:
        return objects.update(site.master, BUCKET, made["_id"], {"$set": {"ACL.owner": owner}})

    site.documents.before("update_one", lambda: own("bert"))
    site.documents.before("find_one", lambda: own("anne"))
    with pytest.raises(RequestConflict):
        objects.update(caller, BUCKET, made["_id"], {"n": 1})


def test_of_two_answers_to_one_request_the_first_is_kept(site: Site, caller: Caller, clock: FixedClock) -> None:
    kept = Replays(site.core.documents, clock, kept_hours=1)
    kept.keep(caller, "key", [Done("1", {"_id": "1"})])
    kept.keep(caller, "key", [Done("2", {"_id": "2"})])
    assert kept.recall(caller, "key") == [Done("1", {"_id": "1"})]


def test_an_answer_too_large_to_be_kept_is_made_again(
    site: Site, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "MAX_KEPT_BYTES", 10)
    first = site.core.objects.create(caller, BUCKET, {"a": 1}, request_token="t")
    assert site.core.objects.create(caller, BUCKET, {"a": 2}, request_token="t") == first
