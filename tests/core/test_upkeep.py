"""Data that an older version made, under a newer one."""

from __future__ import annotations

import pytest

from chalicelib.core.accounts.stored import CONFIRMATIONS
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.buckets.stored import BUCKETS
from chalicelib.core.core import Core
from chalicelib.core.errors import DuplicateKey
from chalicelib.core.push.stored import INSTALLATIONS
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.core.query.query import Query
from chalicelib.core.stats.stored import SLOTS
from chalicelib.core.tenants.service import SYSTEM_INDEXES
from chalicelib.jobs.purge import purge
from tests.core.site import Site


def names(core: Core, tenant: str, collection: str) -> set[str]:
    return {index.name for index in core.documents.indexes(tenant, collection)}


def contents_of(core: Core, tenant: str) -> str:
    (record,) = core.documents.find(tenant, BUCKETS, Query(EVERYTHING))
    collection: str = record["collection"]
    return collection


def test_a_new_tenant_with_buckets_lacks_nothing(core: Core, site: Site) -> None:
    for kind in BucketKind:
        core.buckets.put(site.master, kind, "things", BucketContents())

    assert core.upkeep.missing(site.tenant) == []
    assert core.upkeep.run() == 0


def test_indexes_that_were_declared_later_are_made_for_tenants_and_buckets(core: Core, site: Site) -> None:
    core.buckets.put(site.master, BucketKind.OBJECTS, "things", BucketContents())
    contents = contents_of(core, site.tenant_id)
    older = [(SLOTS, "slot"), (CONFIRMATIONS, "expiry"), (INSTALLATIONS, "device_key"), (contents, "deleted_idx")]
    for collection, index in older:
        core.documents.drop_index(site.tenant_id, collection, index)

    assert {(collection, index.name) for collection, index in core.upkeep.missing(site.tenant)} == set(older)
    assert core.upkeep.run() == len(older)

    for collection, index in older:
        assert index in names(core, site.tenant_id, collection)
    assert core.upkeep.run() == 0


def test_an_index_that_cannot_be_made_keeps_no_other_and_no_purge_from_it(core: Core, site: Site) -> None:
    for collection, index in [(INSTALLATIONS, "device_key"), (SLOTS, "slot")]:
        core.documents.drop_index(site.tenant_id, collection, index)
    for device in ("a", "b"):
        core.documents.insert(site.tenant_id, INSTALLATIONS, {"_id": device, "token": "same"})
    site.documents.calls.clear()

    with pytest.raises(DuplicateKey):
        purge(core)

    assert "slot" in names(core, site.tenant_id, SLOTS)
    assert "delete_many" in site.documents.calls


def test_a_tenant_that_is_deleted_meanwhile_does_not_come_back(core: Core, site: Site) -> None:
    tenant = site.tenant
    site.documents.before("indexes", lambda: None, lambda: core.tenants.delete(tenant.id))

    assert core.upkeep.run() == 0
    assert core.documents.indexes(tenant.id, SLOTS) == []


def test_a_bucket_that_is_deleted_meanwhile_does_not_come_back(core: Core, site: Site) -> None:
    core.buckets.put(site.master, BucketKind.OBJECTS, "things", BucketContents())
    contents, collections = contents_of(core, site.tenant_id), len({name for name, _ in SYSTEM_INDEXES})
    waits = [lambda: None] * collections
    site.documents.before("indexes", *waits, lambda: core.buckets.delete(site.master, BucketKind.OBJECTS, "things"))

    assert core.upkeep.run() == 0
    assert core.documents.indexes(site.tenant_id, contents) == []
